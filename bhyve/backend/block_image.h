/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a disk image, and the reasons not to.
 */
#ifndef BHYVE_BACKEND_BLOCK_IMAGE_H
#define BHYVE_BACKEND_BLOCK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/backend/block.h"

struct block_image {
	int fd;
	bool is_device;
	uint64_t size;	   /* bytes */
	uint32_t logical;  /* bytes, 512 for a file */
	uint32_t physical; /* bytes */
};

/* As block_open(): the caller closes image->fd. */
int block_image_open(const struct block_options *options, struct block_image *image, char *err,
		     size_t errlen);

/* Reads the size of an open image anew, and its sector sizes. As block_open(). */
int block_image_measure(const char *path, struct block_image *image, char *err, size_t errlen);

#endif
