// SPDX-License-Identifier: BSD-2-Clause
/* Reads kernel files through libzstd, or through zlib, which passes on what is not compressed. */
#include "lib/loader/stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Bytes that zlib reads at once. */
#define BUFFER_SIZE (1U << 17)
/* gzread() takes and returns int. */
#define READ_MAX    (1U << 30)

static int no_memory(struct stream *stream)
{
	snprintf(stream->err, stream->errlen, "%s: the host is out of memory", stream->path);
	return -ENOMEM;
}

int stream_open(struct stream *stream, int fd)
{
	stream->gz = NULL;
	stream->zstd = NULL;
	if (zstd_is_frame(fd))
		stream->zstd = zstd_open(fd);
	else
		stream->gz = gzdopen(fd, "rb");
	if (!stream->gz && !stream->zstd) {
		close(fd);
		return no_memory(stream);
	}
	if (stream->gz)
		gzbuffer(stream->gz, BUFFER_SIZE);
	return 0;
}

void stream_close(struct stream *stream)
{
	if (stream->zstd)
		zstd_close(stream->zstd);
	else
		gzclose(stream->gz);
}

/* Says what is wrong with compressed data. */
static int bad_data(struct stream *stream, const char *kind, bool truncated)
{
	if (truncated)
		snprintf(stream->err, stream->errlen,
			 "%s: truncated (the %s data ends early); copy it again", stream->path,
			 kind);
	else
		snprintf(stream->err, stream->errlen,
			 "%s: damaged (the %s data is inconsistent); copy it again", stream->path,
			 kind);
	return -EIO;
}

static int bad_zstd(struct stream *stream, int error)
{
	if (error == -ENOMEM)
		return no_memory(stream);
	if (error != -E2BIG)
		return bad_data(stream, "zstd", error == -EPIPE);
	snprintf(stream->err, stream->errlen,
		 "%s: takes more than %u MiB of memory to unpack; compress it without zstd's "
		 "--long",
		 stream->path, 1U << (ZSTD_WINDOW_LOG - 20));
	return error;
}

static int64_t read_gzip(struct stream *stream, void *buf, uint64_t len)
{
	uint64_t done = 0;
	int number;

	while (done < len) {
		unsigned part = len - done > READ_MAX ? READ_MAX : (unsigned)(len - done);
		int got = gzread(stream->gz, (char *)buf + done, part);

		if (got <= 0)
			break;
		done += (uint64_t)got;
	}
	gzerror(stream->gz, &number);
	if (number == Z_OK || number == Z_STREAM_END)
		return (int64_t)done;
	return bad_data(stream, "gzip", number == Z_BUF_ERROR);
}

int64_t stream_read(struct stream *stream, void *buf, uint64_t len)
{
	int64_t got;

	if (!stream->zstd)
		return read_gzip(stream, buf, len);
	got = zstd_read(stream->zstd, buf, len);
	return got < 0 ? bad_zstd(stream, (int)got) : got;
}

/* Whether the offset can be gone to; *got is an error that has been said. */
static bool seek(struct stream *stream, uint64_t offset, int64_t *got)
{
	int error;

	if (!stream->zstd)
		return gzseek(stream->gz, (z_off_t)offset, SEEK_SET) >= 0;
	error = zstd_seek(stream->zstd, offset);
	if (error)
		*got = bad_zstd(stream, error);
	return !error;
}

int stream_read_at(struct stream *stream, uint64_t offset, void *buf, uint64_t len)
{
	int64_t got = 0;

	if (offset <= INT64_MAX - len && seek(stream, offset, &got))
		got = stream_read(stream, buf, len);
	if (got < 0)
		return (int)got;
	if ((uint64_t)got == len)
		return 0;
	snprintf(stream->err, stream->errlen,
		 "%s: truncated: its headers name bytes up to %llu; copy it again", stream->path,
		 (unsigned long long)offset + len);
	return -ENOEXEC;
}
