/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scatter-gather lists: struct iovec arrays seen as one string of bytes. Lengths and offsets are in
 * bytes; what lies past the end of a list is neither read nor written.
 */
#ifndef BHYVE_DEVICE_IOV_H
#define BHYVE_DEVICE_IOV_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

size_t iov_length(const struct iovec *iov, size_t count);

/* Copies out of and into the list, from offset on; the number of bytes copied. */
size_t iov_read(const struct iovec *iov, size_t count, size_t offset, void *buf, size_t len);
size_t iov_write(const struct iovec *iov, size_t count, size_t offset, const void *buf, size_t len);

/* Makes in out, which has room elements, the list of bytes [offset, offset + len) of iov, or up to
 * its end. The number of elements, or -ENOSPC. */
ssize_t iov_slice(struct iovec *out, size_t room, const struct iovec *iov, size_t count,
		  size_t offset, size_t len);

#endif
