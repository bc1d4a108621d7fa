/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of a disk.
 */
#ifndef BHYVE_DEVICE_VIRTIO_BLK_OPTIONS_H
#define BHYVE_DEVICE_VIRTIO_BLK_OPTIONS_H

#include <linux/virtio_blk.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/backend/block.h"
#include "bhyve/device.h"

struct blk_options {
	struct block_options image;
	/* Sizes of sectors in bytes, powers of two; 0 until blk_options_fit(), unless given. */
	uint32_t logical;
	uint32_t physical;
	char serial[VIRTIO_BLK_ID_BYTES]; /* padded with zeros */
};

extern const struct device_key blk_keys[];

/* Reads the options of a slot. 0, or negative errno with one line in err. */
int blk_options_read(struct blk_options *options, unsigned slot, char *err, size_t errlen);

/* Chooses the sector sizes that were not given, and checks them against the opened image. */
int blk_options_fit(struct blk_options *options, const struct block *block, unsigned slot,
		    char *err, size_t errlen);

#endif
