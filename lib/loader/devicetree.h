/* SPDX-License-Identifier: BSD-2-Clause */
/* A device tree of the user's, in place of the generated one. */
#ifndef LOADER_DEVICETREE_H
#define LOADER_DEVICETREE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/loader/load.h"
#include "lib/loader/record.h"

/*
 * Checks a device tree blob of size bytes (Devicetree Specification 0.3, 5): its structure, and
 * that the memory it describes is within the VM's. -EINVAL with the reason in err.
 */
int devicetree_check(const void *blob, size_t size, uint64_t memory_size, char *err, size_t errlen);

/* Room for the device tree, in bytes. */
static inline uint64_t devicetree_room(const struct record *record)
{
	return record->dtb_room ? record->dtb_room : LOADER_DTB_ROOM;
}

/*
 * The room that a kernel leaves which is short of it: a power of two, LOADER_DTB_SMALL at least, to
 * be aligned to itself. file_size: bytes of the user's tree, 0 for bhyve's.
 */
uint64_t devicetree_small_room(uint64_t file_size);

/*
 * The guest's tree is in place, in ram at record->dtb_ipa: makes it visible to a guest whose caches
 * are off. A bare-metal program, if it leaves room, gets a copy at the start of memory, where
 * programs for QEMU's machine that do not look at X0 look for it (U-Boot is one).
 */
void devicetree_ready(const struct record *record, void *ram);

/*
 * Loads record->dtb to room (devicetree_room() bytes at record->dtb_ipa) and puts the record's
 * command line and initrd into its /chosen node where there are any. Negative errno with the
 * sentence in err.
 */
int devicetree_load(const struct record *record, void *room, char *err, size_t errlen);

#endif
