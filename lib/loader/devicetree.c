// SPDX-License-Identifier: BSD-2-Clause
/* Loads and checks the user's device tree. */
#include "lib/loader/devicetree.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/loader/file.h"
#include "lib/loader/load.h"
#include "lib/vmmapi/vmmapi.h"

/* What setting /chosen may add to a tree, beside the command line. */
#define CHOSEN_ROOM 4096

static uint64_t cells(const fdt32_t *cell, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 32 | fdt32_to_cpu(cell[i]);
	return value;
}

/* Whether the memory that node describes lies in the VM's. */
static int check_memory_node(const void *blob, int node, uint64_t memory_size, char *err,
			     size_t errlen)
{
	int address_cells = fdt_address_cells(blob, 0), size_cells = fdt_size_cells(blob, 0);
	int len, step = address_cells + size_cells;
	const fdt32_t *reg = fdt_getprop(blob, node, "reg", &len);

	if (!reg || address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2)
		return 0;
	for (len /= 4; len >= step; len -= step, reg += step) {
		uint64_t base = cells(reg, address_cells);
		uint64_t size = cells(reg + address_cells, size_cells);

		if (base >= LOADER_RAM_BASE && size <= memory_size &&
		    base - LOADER_RAM_BASE <= memory_size - size)
			continue;
		snprintf(err, errlen,
			 "describes memory at 0x%llx, 0x%llx bytes; the virtual machine has 0x%llx "
			 "bytes at 0x%llx: correct it or give another -m",
			 (unsigned long long)base, (unsigned long long)size,
			 (unsigned long long)memory_size, LOADER_RAM_BASE);
		return -EINVAL;
	}
	return 0;
}

int devicetree_check(const void *blob, size_t size, uint64_t memory_size, char *err, size_t errlen)
{
	int error, node;

	if (size < sizeof(struct fdt_header))
		error = -FDT_ERR_TRUNCATED;
	else
		error = fdt_check_header(blob);
	/* libfdt 1.6 trips over names in version 3 and older, which dtc has not made since 2005 */
	if (!error && fdt_version(blob) < 16)
		error = -FDT_ERR_BADVERSION;
	if (!error)
		error = fdt_check_full(blob, size);
	if (error) {
		snprintf(err, errlen,
			 "not a valid device tree blob (%s); compile it with dtc -O dtb",
			 fdt_strerror(error));
		return -EINVAL;
	}
	node = fdt_node_offset_by_prop_value(blob, -1, "device_type", "memory", 7);
	while (node >= 0) {
		error = check_memory_node(blob, node, memory_size, err, errlen);
		if (error)
			return error;
		node = fdt_node_offset_by_prop_value(blob, node, "device_type", "memory", 7);
	}
	return 0;
}

/* Bytes below a bare-metal program for the copy of its tree; 0: none. */
static uint64_t room_of_copy(const struct record *record)
{
	uint64_t below = record->kernel_ipa - LOADER_RAM_BASE;

	return record->bare && below >= LOADER_DTB_LOW ? below : 0;
}

void devicetree_ready(const struct record *record, void *ram)
{
	const void *tree = (uint8_t *)ram + (record->dtb_ipa - LOADER_RAM_BASE);
	size_t size = fdt_totalsize(tree);

	vm_sync_memory(tree, size);
	if (size > room_of_copy(record))
		return;
	memmove(ram, tree, size);
	vm_sync_memory(ram, size);
}

uint64_t devicetree_small_room(uint64_t file_size)
{
	uint64_t size = file_size + RECORD_CMDLINE_MAX + CHOSEN_ROOM, room = LOADER_DTB_SMALL;

	while (file_size && room < size && room < LOADER_DTB_ROOM)
		room *= 2;
	return room;
}

static int set_chosen(void *fdt, const struct record *record)
{
	int error = 0, chosen = fdt_path_offset(fdt, "/chosen");

	if (chosen == -FDT_ERR_NOTFOUND)
		chosen = fdt_add_subnode(fdt, 0, "chosen");
	if (chosen < 0)
		return chosen;
	if (record->cmdline[0])
		error = fdt_setprop_string(fdt, chosen, "bootargs", record->cmdline);
	if (!error && record->initrd_size)
		error = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", record->initrd_ipa);
	if (!error && record->initrd_size)
		error = fdt_setprop_u64(fdt, chosen, "linux,initrd-end",
					record->initrd_ipa + record->initrd_size);
	return error;
}

/* Checks size bytes at blob and makes the guest's tree of them. */
static int install(const struct record *record, const void *blob, size_t size, void *room,
		   char *err, size_t errlen)
{
	char why[512];
	int error = devicetree_check(blob, size, record->memory_size, why, sizeof(why));

	if (error) {
		snprintf(err, errlen, "%s: %s", record->dtb, why);
		return error;
	}
	error = fdt_open_into(blob, room, (int)devicetree_room(record));
	if (!error)
		error = set_chosen(room, record);
	if (error) {
		snprintf(err, errlen, "%s: /chosen cannot be set (%s)", record->dtb,
			 fdt_strerror(error));
		return -EINVAL;
	}
	fdt_pack(room);
	return 0;
}

int devicetree_load(const struct record *record, void *room, char *err, size_t errlen)
{
	uint64_t size, room_size = devicetree_room(record);
	int fd = file_open(record->dtb, &size, err, errlen);
	void *blob = NULL;
	int error;

	if (fd < 0)
		return fd;
	if (size + RECORD_CMDLINE_MAX + CHOSEN_ROOM > room_size) {
		snprintf(err, errlen, "%s: larger than %llu KiB, for which there is room",
			 record->dtb, (unsigned long long)room_size >> 10);
		error = -EFBIG;
	} else {
		blob = malloc(size ? size : 1);
		error = blob ? file_read(fd, record->dtb, blob, size, err, errlen) : -ENOMEM;
	}
	if (!error)
		error = install(record, blob, size, room, err, errlen);
	free(blob);
	close(fd);
	return error;
}
