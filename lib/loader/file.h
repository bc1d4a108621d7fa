/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the files that go into guest memory. Private to the loader. */
#ifndef LOADER_FILE_H
#define LOADER_FILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Opens a regular file for reading. The descriptor and its size in bytes; or negative errno with
 * the sentence in err, which starts with the path, as all sentences here.
 */
int file_open(const char *path, uint64_t *size, char *err, size_t errlen);

/*
 * Opens a file now and keeps it open: file_open() of the same path takes it from then on, also
 * where the path cannot be opened any more, or names another file. At most FILES_KEPT. 0, or
 * negative errno with the sentence in err.
 */
#define FILES_KEPT 4
int file_keep(const char *path, char *err, size_t errlen);

/* Reads exactly size bytes; -EIO if there are fewer. */
int file_read(int fd, const char *path, void *buf, uint64_t size, char *err, size_t errlen);

#endif
