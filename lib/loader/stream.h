/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel file that is being read, plain or compressed with gzip or zstd. Private to the loader.
 */
#ifndef LOADER_STREAM_H
#define LOADER_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "lib/loader/zstd.h"

struct stream {
	const char *path;	/* for messages */
	struct zstd_file *zstd; /* NULL: the file is plain or compressed with gzip */
	gzFile gz;
	char *err; /* where sentences go, errlen bytes; the caller's */
	size_t errlen;
};

/* Reads from fd, from where it stands, and owns it. -ENOMEM, the descriptor closed. */
int stream_open(struct stream *stream, int fd);
void stream_close(struct stream *stream);

/* Reads up to len bytes. Their number; with the sentence -EIO: truncated or damaged compressed
 * data; -E2BIG, -ENOMEM: it takes too much memory. */
int64_t stream_read(struct stream *stream, void *buf, uint64_t len);

/* Reads the len bytes at an offset of the (uncompressed) file, all of them. Errors as
 * above; -ENOEXEC: the file ends before. */
int stream_read_at(struct stream *stream, uint64_t offset, void *buf, uint64_t len);

#endif
