// SPDX-License-Identifier: BSD-2-Clause
/* Loads a guest: kernel low, device tree and initrd above it. */
#include "lib/loader/load.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/loader/devicetree.h"
#include "lib/loader/file.h"
#include "lib/loader/kernel.h"
#include "lib/vmmapi/vmmapi.h"

#define GIB		 (1ULL << 30)
#define INITRD_ALIGNMENT 0x10000ULL /* the largest page of a kernel */
#define LINUX_WINDOW	 (32 * GIB)

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t align_down(uint64_t value, uint64_t alignment)
{
	return value & ~(alignment - 1);
}

static uint64_t align_up(uint64_t value, uint64_t alignment)
{
	return align_down(value + alignment - 1, alignment);
}

/* The device tree in the last 2 MiB below top, the initrd right below it. */
static int place_below(uint64_t top, uint64_t kernel_end, uint64_t initrd_size,
		       struct layout *layout)
{
	if (top < LOADER_DTB_ROOM || initrd_size > top - LOADER_DTB_ROOM)
		return -ENOSPC;
	layout->dtb = align_down(top - LOADER_DTB_ROOM, LOADER_DTB_ROOM);
	if (layout->dtb < initrd_size)
		return -ENOSPC;
	layout->initrd = align_down(layout->dtb - initrd_size, INITRD_ALIGNMENT);
	return layout->initrd >= kernel_end ? 0 : -ENOSPC;
}

int layout_place(uint64_t memory_size, uint64_t kernel_end, uint64_t initrd_size,
		 struct layout *layout)
{
	if (place_below(smaller(memory_size, GIB), kernel_end, initrd_size, layout) == 0)
		return 0;
	return place_below(smaller(memory_size, LINUX_WINDOW), kernel_end, initrd_size, layout);
}

int layout_place_program(uint64_t memory_size, uint64_t program_end, uint64_t initrd_size,
			 struct layout *layout)
{
	uint64_t start = smaller(memory_size / 2, LOADER_PROGRAM_TOP);

	if (start < program_end)
		start = program_end;
	layout->initrd = align_up(start, INITRD_ALIGNMENT);
	if (layout->initrd > memory_size || initrd_size > memory_size - layout->initrd)
		return -ENOSPC;
	layout->dtb = align_up(layout->initrd + initrd_size, LOADER_DTB_ROOM);
	return layout->dtb + LOADER_DTB_ROOM <= memory_size ? 0 : -ENOSPC;
}

int load_absolute(const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX] = "";
	int len;

	if (path[0] != '/' && !getcwd(folder, sizeof(folder)))
		return -errno;
	len = snprintf(out, PATH_MAX, "%s%s%s", folder, folder[0] ? "/" : "", path);
	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int load_check_memory(uint64_t size, char *err, size_t errlen)
{
	const char *why = NULL;

	if (size == 0)
		why = "memory of 0 bytes";
	else if (size % LOADER_MEMORY_STEP)
		why = "not a multiple of 2M";
	else if (size < 2 * LOADER_DTB_ROOM)
		why = "less than 4M";
	else if (size > VM_RAM_MAX)
		why = "more than 255G, which is what fits below the PCI windows";
	if (!why)
		return 0;
	snprintf(err, errlen, "memory.size: %s; give a size such as 512M with -m", why);
	return -EINVAL;
}

/* Opens the initrd and finds its size. The descriptor, -1 if there is none to load, or -errno below
 * that. */
static int open_initrd(struct record *record, char *err, size_t errlen)
{
	int fd;

	record->initrd_size = 0;
	if (!record->initrd[0])
		return 0;
	fd = file_open(record->initrd, &record->initrd_size, err, errlen);
	if (fd >= 0 && record->initrd_size == 0) {
		snprintf(err, errlen, "%s: the file is empty; give an initrd (cpio archive)",
			 record->initrd);
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static int place(struct record *record, char *err, size_t errlen)
{
	uint64_t kernel_end = record->kernel_ipa - LOADER_RAM_BASE + record->kernel_size;
	struct layout layout;
	uint64_t limit = record->aarch32 ? LOADER_LOWMEM_32 : record->memory_size;
	uint64_t size = smaller(record->memory_size, limit);
	int error = -ENOSPC;

	if (record->bare)
		error = layout_place_program(size, kernel_end, record->initrd_size, &layout);
	if (error)
		error = layout_place(size, kernel_end, record->initrd_size, &layout);

	if (error) {
		snprintf(err, errlen,
			 "%s: does not fit: kernel (%llu MiB), initrd (%llu MiB) and device tree "
			 "(2 MiB) are more than the virtual machine's %llu MiB; give more memory "
			 "with -m",
			 record->initrd[0] ? record->initrd : record->kernel,
			 (unsigned long long)(kernel_end >> 20),
			 (unsigned long long)(record->initrd_size >> 20),
			 (unsigned long long)(record->memory_size >> 20));
		return error;
	}
	record->dtb_ipa = LOADER_RAM_BASE + layout.dtb;
	record->initrd_ipa = record->initrd_size ? LOADER_RAM_BASE + layout.initrd : 0;
	return 0;
}

/* Loads what comes beside the kernel, whose place is known: FreeBSD's in its own order, which has
 * an argument. */
static int load_rest(struct record *record, uint8_t *ram, int initrd_fd, char *err, size_t errlen)
{
	uint8_t *dtb;
	int error = record->argument ? 0 : place(record, err, errlen);

	if (error)
		return error;
	dtb = ram + (record->dtb_ipa - LOADER_RAM_BASE);
	if (record->initrd_size) {
		uint8_t *initrd = ram + (record->initrd_ipa - LOADER_RAM_BASE);

		error = file_read(initrd_fd, record->initrd, initrd, record->initrd_size, err,
				  errlen);
		if (error)
			return error;
		vm_sync_memory(initrd, record->initrd_size);
	}
	if (record->dtb[0])
		error = devicetree_load(record, dtb, err, errlen);
	if (record->dtb[0] && !error)
		devicetree_ready(record, ram);
	return error;
}

int load_guest(struct record *record, void *ram, char *err, size_t errlen)
{
	int initrd_fd, error = load_check_memory(record->memory_size, err, errlen);

	if (error)
		return error;
	initrd_fd = open_initrd(record, err, errlen);
	if (initrd_fd < 0)
		return initrd_fd;
	error = kernel_load(record, ram, err, errlen);
	if (!error)
		error = load_rest(record, ram, initrd_fd, err, errlen);
	if (record->initrd[0])
		close(initrd_fd);
	record->fresh = error == 0;
	return error;
}
