/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel file is: recognising the arm64 Linux Image, and what is none.
 *
 * Linux Documentation/arm64/booting.rst, 4 ("Call the kernel image"). FreeBSD's kernel.bin has the
 * same header. A 32-bit kernel is a zImage (Documentation/arm/booting.rst, 4.1).
 */
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/loader/foreign.h"

/* A file's first bytes, enough for everything image_parse() looks at. */
#define IMAGE_HEAD_SIZE	    FOREIGN_HEAD_SIZE

/* Where a raw binary without a header is put, from the start of memory. */
#define IMAGE_RAW_OFFSET    0x80000ULL

/* Where a zImage is put: out of the way of what it unpacks itself to, so that it need not move. */
#define IMAGE_ZIMAGE_OFFSET 0x2000000ULL

struct image {
	bool aarch32;	      /* a zImage */
	bool raw;	      /* no header: a raw binary */
	uint64_t text_offset; /* from the start of memory, in bytes; also the entry point */
	uint64_t memory_size; /* bytes from text_offset that the kernel needs, its BSS included; 0:
				 not said */
	uint64_t file_size;   /* bytes that the file must have at least, where the header says so;
				 else 0 */
	unsigned page_size;   /* of the kernel: 4096, 16384, 65536; 0: not said */
	bool anywhere;	      /* it may lie anywhere in memory, at a multiple of 2 MiB */
};

/* The kernel that a zImage unpacks to, by the table that its header names (tag "KLSZ"). Bytes. */
struct image_unpacked {
	uint32_t at;   /* where the file has the size */
	uint32_t size; /* without BSS */
	uint32_t bss;
	uint32_t text_offset; /* from the start of memory */
};

/* Reads it from the whole file. -ENOENT: this zImage does not say. */
int image_zimage_table(const void *file, size_t len, struct image_unpacked *unpacked);

/*
 * Parses the first len bytes (all there are, up to IMAGE_HEAD_SIZE, after decompression) of a
 * kernel file. -ENOEXEC, with the reason and what to do in err, if it is for another machine, of
 * another format, or malformed.
 */
int image_parse(const void *head, size_t len, struct image *image, char *err, size_t errlen);

#endif
