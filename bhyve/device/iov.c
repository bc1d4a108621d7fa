// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scatter-gather lists, see iov.h.
 */
#include "bhyve/device/iov.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t iov_length(const struct iovec *iov, size_t count)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++)
		length += iov[i].iov_len;
	return length;
}

size_t iov_read(const struct iovec *iov, size_t count, size_t offset, void *buf, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < count && done < len; i++) {
		size_t part;

		if (offset >= iov[i].iov_len) {
			offset -= iov[i].iov_len;
			continue;
		}
		part = smaller(iov[i].iov_len - offset, len - done);
		memcpy((uint8_t *)buf + done, (const uint8_t *)iov[i].iov_base + offset, part);
		done += part;
		offset = 0;
	}
	return done;
}

size_t iov_write(const struct iovec *iov, size_t count, size_t offset, const void *buf, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < count && done < len; i++) {
		size_t part;

		if (offset >= iov[i].iov_len) {
			offset -= iov[i].iov_len;
			continue;
		}
		part = smaller(iov[i].iov_len - offset, len - done);
		memcpy((uint8_t *)iov[i].iov_base + offset, (const uint8_t *)buf + done, part);
		done += part;
		offset = 0;
	}
	return done;
}

ssize_t iov_slice(struct iovec *out, size_t room, const struct iovec *iov, size_t count,
		  size_t offset, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < count && len > 0; i++) {
		size_t part;

		if (offset >= iov[i].iov_len) {
			offset -= iov[i].iov_len;
			continue;
		}
		if (used == room)
			return -ENOSPC;
		part = smaller(iov[i].iov_len - offset, len);
		out[used].iov_base = (uint8_t *)iov[i].iov_base + offset;
		out[used++].iov_len = part;
		len -= part;
		offset = 0;
	}
	return (ssize_t)used;
}
