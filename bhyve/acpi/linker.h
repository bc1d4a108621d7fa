/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The script etc/table-loader, which tells firmware what to do with the other files: QEMU's
 * "BIOS linker/loader" interface. A command is 128 bytes, little-endian; unused ones are zero.
 */
#ifndef BHYVE_ACPI_LINKER_H
#define BHYVE_ACPI_LINKER_H

#include "bhyve/acpi/blob.h"

#define LINKER_COMMAND_SIZE 128u
#define LINKER_NAME_SIZE    56u

enum linker_command {
	LINKER_ALLOCATE = 1,	 /* name, alignment (4), zone (1) */
	LINKER_ADD_POINTER = 2,	 /* name to change, name pointed to, offset (4), size (1) */
	LINKER_ADD_CHECKSUM = 3, /* name, offset of the sum (4), start (4), length (4) */
};

enum linker_zone {
	LINKER_ZONE_HIGH = 1, /* anywhere */
	LINKER_ZONE_FSEG = 2, /* where the RSDP is looked for, on machines that have such a place */
};

/* Put the file into memory; align is a power of two, in bytes. */
void linker_allocate(struct blob *script, const char *file, uint32_t align, enum linker_zone zone);

/* At offset of `file`, in `size` bytes, is an offset into `target`: add where that is in memory. */
void linker_add_pointer(struct blob *script, const char *file, const char *target, uint32_t offset,
			uint8_t size);

/* Make the bytes of `file` from start on, length of them, sum to 0 by the byte at offset, which is
 * one of them. */
void linker_add_checksum(struct blob *script, const char *file, uint32_t offset, uint32_t start,
			 uint32_t length);

#endif
