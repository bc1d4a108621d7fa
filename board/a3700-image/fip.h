/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot image that the TIM calls OBMI: TF-A's BL1, padded to 128 KiB, and its firmware image
 * package (FIP). */
#ifndef BOARD_A3700_IMAGE_FIP_H
#define BOARD_A3700_IMAGE_FIP_H

#include <stddef.h>
#include <stdint.h>

#include "board/common/error.h"

#define FIP_MAX_ENTRIES 16
#define FIP_NAME_SIZE	40

/** One file of a FIP; offset is from the start of the FIP. */
struct fip_entry {
	char name[FIP_NAME_SIZE]; /**< "BL31", or the UUID */
	uint64_t offset, size;
};

/** A FIP that was found. offset: where it begins in the boot image, which is also the room of BL1.
 */
struct fip {
	size_t offset;
	unsigned int num_entries;
	struct fip_entry entries[FIP_MAX_ENTRIES];
};

/**
 * Find and read the FIP of a boot image. Returns 0; -ENOENT where there is none; -EINVAL where it
 * is broken; with a line in error.
 */
int fip_parse(const uint8_t *bytes, size_t size, struct fip *fip, struct board_error *error);

#endif
