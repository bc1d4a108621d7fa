// SPDX-License-Identifier: BSD-2-Clause
/* Finds the kernel in a compressed EFI kernel. */
#include "lib/loader/zboot.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/loader/bytes.h"

/* The header: "MZ", 0, 0; magic; the payload's offset and size; 8 bytes; how it is compressed, with
 * a NUL. */
#define MAGIC_OFFSET   4
#define PAYLOAD_OFFSET 8
#define PAYLOAD_SIZE   12
#define METHOD_OFFSET  24
#define METHOD_MAX     (ZBOOT_HEAD_SIZE - METHOD_OFFSET)

/* The words that Linux's build has for what it compresses with. */
static const struct {
	const char *word, *method;
	uint8_t magic[ZBOOT_MAGIC_SIZE];
} methods[] = {
	{ "gzip", "gzip", { 0x1f, 0x8b, 0x08 } },
	{ "zstd22", "zstd", { 0x28, 0xb5, 0x2f } },
	{ "zstd", "zstd", { 0x28, 0xb5, 0x2f } },
};

/* False: none that is known. */
static bool find_method(const char *word, struct zboot *zboot)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strncmp(word, methods[i].word, METHOD_MAX) != 0)
			continue;
		zboot->method = methods[i].method;
		zboot->magic = methods[i].magic;
		return true;
	}
	return false;
}

int zboot_parse(const uint8_t head[ZBOOT_HEAD_SIZE], uint64_t size, struct zboot *zboot, char *err,
		size_t errlen)
{
	const char *word = (const char *)head + METHOD_OFFSET;
	uint64_t length;

	if (size < ZBOOT_HEAD_SIZE || memcmp(head, "MZ\0\0", 4) != 0 ||
	    memcmp(head + MAGIC_OFFSET, "zimg", 4) != 0)
		return 0;
	if (!find_method(word, zboot)) {
		snprintf(err, errlen,
			 "is a compressed EFI kernel of a kind that is not supported (%.*s, not "
			 "gzip or zstd); give the arm64 Linux Image that it was made of",
			 (int)strnlen(word, METHOD_MAX), word);
		return -ENOEXEC;
	}
	zboot->offset = le32(head + PAYLOAD_OFFSET);
	length = le32(head + PAYLOAD_SIZE);
	if (zboot->offset >= ZBOOT_HEAD_SIZE && length && zboot->offset + length <= size)
		return 1;
	snprintf(err, errlen,
		 "truncated: its header has %llu bytes at %llu, the file %llu; copy it again",
		 (unsigned long long)length, (unsigned long long)zboot->offset,
		 (unsigned long long)size);
	return -ENOEXEC;
}
