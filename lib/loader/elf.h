/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF kernels: FreeBSD's, and bare-metal programs (ELF-64 Object File Format 1.5; ELF for the Arm
 * 64-bit Architecture). Private to the loader.
 */
#ifndef LOADER_ELF_H
#define LOADER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 16

/* Where FreeBSD/arm64 is linked, VM_MIN_KERNEL_ADDRESS; it may be moved by multiples of 2 MiB. */
#define ELF_FREEBSD_BASE 0xffff000000000000ULL
#define ELF_FREEBSD_SPAN 0x40000000ULL

/* A PT_LOAD program header. */
struct elf_segment {
	uint64_t offset; /* in the file, in bytes */
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t file_size;
	uint64_t memory_size; /* not less than file_size */
};

struct elf {
	bool freebsd;	  /* linked where FreeBSD/arm64 is; else a bare-metal program */
	uint64_t entry;	  /* virtual */
	uint64_t dynamic; /* virtual address of PT_DYNAMIC; 0: none */
	uint64_t section_offset;
	unsigned section_count; /* of 64 bytes each */
	unsigned segment_count;
	struct elf_segment
		segments[ELF_SEGMENTS_MAX]; /* of these with memory_size, in the file's order */
};

/* Whether a file that begins with these bytes is ELF for AArch64, little-endian, 64 bits. */
bool elf_is_arm64(const uint8_t *head, size_t len);

/*
 * Parses the headers of an ELF file for AArch64; the program headers must be in the first len
 * bytes. -ENOEXEC, with the reason and what to do in err, if it is none that can be run.
 */
int elf_parse(const uint8_t *head, size_t len, struct elf *elf, char *err, size_t errlen);

#endif
