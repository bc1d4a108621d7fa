/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compressed EFI kernels ("zboot", vmlinuz.efi of Linux 6.1 and later): an EFI program that carries
 * an Image, compressed. Private to the loader.
 */
#ifndef LOADER_ZBOOT_H
#define LOADER_ZBOOT_H

#include <stdint.h>
#include <stdio.h>

/* Bytes at the start of the file that zboot_parse() looks at. */
#define ZBOOT_HEAD_SIZE 56

struct zboot {
	uint64_t offset;      /* of the compressed kernel, in the file, in bytes */
	const char *method;   /* what it is compressed with: "gzip", "zstd" */
	const uint8_t *magic; /* ZBOOT_MAGIC_SIZE bytes that it begins with */
};

#define ZBOOT_MAGIC_SIZE 3

/*
 * Finds the compressed kernel in a file of size bytes that begins with this head. 1: found; 0: no
 * such file; -ENOEXEC, with the reason and what to do in err: truncated, or compressed in a way
 * that is not known.
 */
int zboot_parse(const uint8_t head[ZBOOT_HEAD_SIZE], uint64_t size, struct zboot *zboot, char *err,
		size_t errlen);

#endif
