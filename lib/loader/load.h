/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts a kernel, an initial RAM disk and a user's device tree into guest memory.
 */
#ifndef LOADER_LOAD_H
#define LOADER_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/loader/record.h"

#define LOADER_RAM_BASE	   0x40000000ULL

/* What a 32-bit guest may have: RAM ends where 32-bit addresses do. And what of it a 32-bit kernel
 * has mapped when it looks for the initrd (low memory), in bytes. */
#define LOADER_MEMORY_32   0xc0000000ULL
#define LOADER_LOWMEM_32   0x20000000ULL

/* Memory is given in multiples of this, in bytes. */
#define LOADER_MEMORY_STEP 0x200000ULL

/* Room for the device tree: one naturally aligned 2 MiB block, which is what Linux and FreeBSD map
 * for it. */
#define LOADER_DTB_ROOM	   0x200000ULL

/* Room for the tree that bhyve generates, in bytes: more than the largest one has, with 16 vCPUs,
 * 32 devices and the longest command line. For kernels that map what they get in pages, such as an
 * ELF FreeBSD kernel; naturally aligned, so that it crosses no 2 MiB boundary. */
#define LOADER_DTB_SMALL   0x10000ULL

/* What there must be below a bare-metal program for a copy of the device tree to lie at the start
 * of memory, in bytes. */
#define LOADER_DTB_LOW	   0x10000ULL

/* Where the initrd and the device tree of a bare-metal program begin, from the start of memory:
 * half of the memory, and at most this, in bytes. It is where QEMU's machine has them. */
#define LOADER_PROGRAM_TOP 0x8000000ULL

/* Longest message of the functions here. */
#define LOADER_ERROR_MAX   5120

/* What lies where. Offsets are from the start of memory, in bytes. */
struct layout {
	uint64_t initrd;
	uint64_t dtb;
};

/*
 * Places the device tree and the initrd (0: none) above the kernel's end: at the top of the first
 * GiB, or above it when they do not fit there, within the 32 GiB window that Linux wants kernel and
 * initrd in (booting.rst, 3). -ENOSPC: they do not fit.
 */
int layout_place(uint64_t memory_size, uint64_t kernel_end, uint64_t initrd_size,
		 struct layout *layout);

/*
 * The same for a bare-metal program, which may take the end of memory for its stack: the initrd,
 * and above it the device tree, from LOADER_PROGRAM_TOP or the middle of memory on, or from the
 * program's end if that is higher.
 */
int layout_place_program(uint64_t memory_size, uint64_t program_end, uint64_t initrd_size,
			 struct layout *layout);

/*
 * Loads the files named in the record (kernel, initrd, dtb; memory_size and cmdline are given too)
 * into ram, the host mapping of all record->memory_size bytes at LOADER_RAM_BASE, and fills in the
 * rest of the record, fresh included. Returns a negative errno with the sentence, which starts with
 * the file's name, in err.
 */
int load_guest(struct record *record, void *ram, char *err, size_t errlen);

/* Makes a path absolute, for a record. -ENAMETOOLONG, -ENOENT (no current folder). */
int load_absolute(const char *path, char out[PATH_MAX]);

/* For memory sizes: 0, or -EINVAL with the sentence in err if it is 0, too small, too large or not
 * a multiple. */
int load_check_memory(uint64_t size, char *err, size_t errlen);

#endif
