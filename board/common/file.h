/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files in memory. */
#ifndef BOARD_COMMON_FILE_H
#define BOARD_COMMON_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "board/common/error.h"

/** A file's bytes; free with file_free(). */
struct file {
	uint8_t *bytes;
	size_t size;
};

/**
 * Read a regular file or a pipe whole. limit: bytes that it may have at most; of a disk, no more
 * than these are read.
 * Returns 0, or -errno with a line in error: what open(2) and read(2) give, -EFBIG, -ENOMEM.
 */
int file_read(const char *path, size_t limit, struct file *file, struct board_error *error);

/**
 * Write bytes to path; a symbolic link is followed, and stays.
 * A regular file appears whole or not at all: a new one is renamed over the old one, whose mode it
 * takes. Anything else is written in place: a disk must have the room, must not be in use, and is
 * read back; a pipe or a terminal is just written to. Raw flash (MTD) is refused.
 * Returns 0, or -errno with a line in error: -ENOSPC (too small), -EBUSY (in use), -EROFS (a disk
 * that is read-only), -EIO (read back otherwise), -ENOTSUP (raw flash), -EISDIR, and what open(2)
 * and write(2) give.
 */
int file_write(const char *path, const uint8_t *bytes, size_t size, struct board_error *error);

/**
 * Write out what was printed to a stream, which name calls, and find out whether all of it arrived.
 * Returns 0, or -errno with a line in error: what write(2) gives, or -EIO where that is not known
 * any more.
 */
int file_flush(FILE *stream, const char *name, struct board_error *error);

/** Free what file_read() got; a zeroed struct file is fine too. */
void file_free(struct file *file);

#endif
