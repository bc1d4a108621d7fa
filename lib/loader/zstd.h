/* SPDX-License-Identifier: BSD-2-Clause */
/* A file compressed with zstd (RFC 8878), read as a stream. Private to the loader. */
#ifndef LOADER_ZSTD_H
#define LOADER_ZSTD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Base-2 logarithm of the bytes that a frame may look back, and with them of the memory that
 * unpacking takes: what "zstd -22 --ultra" makes, which is what Linux's build calls.
 */
#define ZSTD_WINDOW_LOG 27

struct zstd_file;

/* Whether what fd stands at is a zstd frame. Does not move it. */
bool zstd_is_frame(int fd);

/* Reads from fd, from where it stands, and owns it from then on. NULL: no memory; fd stays the
 * caller's. */
struct zstd_file *zstd_open(int fd);
void zstd_close(struct zstd_file *file);

/*
 * Reads up to len unpacked bytes; fewer only at the end. What follows the last frame does not
 * count. Their number; -EPIPE: the data ends early; -EBADMSG: it is inconsistent; -E2BIG: it needs
 * a larger window; -ENOMEM; -EIO: the file cannot be read.
 */
int64_t zstd_read(struct zstd_file *file, void *buf, uint64_t len);

/* Goes to an offset of the unpacked data. 0, also behind the end; else as above. */
int zstd_seek(struct zstd_file *file, uint64_t offset);

#endif
