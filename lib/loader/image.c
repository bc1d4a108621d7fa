// SPDX-License-Identifier: BSD-2-Clause
/* Recognises kernel files. */
#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/loader/bytes.h"
#include "lib/loader/foreign.h"

#define LINUX_HEADER_SIZE      64
#define LINUX_MAGIC_OFFSET     56
#define LINUX_FLAG_BIG_ENDIAN  0x1
#define LINUX_FLAGS_PAGE_SHIFT 1
#define LINUX_FLAG_ANYWHERE    0x8
/* Kernels before 3.17 leave image_size 0, and are put here. */
#define LINUX_OLD_TEXT_OFFSET  0x80000ULL

/* zImage: magic, end of the file, and the table with what it unpacks to */
#define ZIMAGE_MAGIC_OFFSET    0x24
#define ZIMAGE_START	       0x28
#define ZIMAGE_END	       0x2c
#define ZIMAGE_MAGIC2_OFFSET   0x34
#define ZIMAGE_TABLE	       0x38
#define ZIMAGE_TABLE_WORDS     4 /* tag, place of the size, BSS, text offset */

static const char advice[] =
	"give an arm64 Linux Image (arch/arm64/boot/Image), FreeBSD's kernel or kernel.bin, an "
	"arm64 ELF file, or a 32-bit zImage";

static bool has(const uint8_t *head, size_t len, size_t offset, const void *magic, size_t size)
{
	return len >= offset + size && memcmp(head + offset, magic, size) == 0;
}

static const char *elf_machine(const uint8_t *head, size_t len)
{
	unsigned machine;

	if (len < 20)
		return "truncated";
	/* EI_DATA 2: big-endian */
	machine = head[5] == 2 ? (unsigned)(head[18] << 8 | head[19]) : le16(head + 18);
	switch (machine) {
	case 183:
		return head[5] == 2 ? "big-endian arm64" : "arm64";
	case 62:
		return "x86-64";
	case 3:
		return "x86";
	case 40:
		return "32-bit Arm";
	case 243:
		return "RISC-V";
	case 21:
		return "PowerPC";
	default:
		return "of another machine";
	}
}

/*
 * Bytes that the file must have by the section table of its PE header (kernels with an EFI stub
 * have one): the size without the BSS, which the Linux header does not say. 0 without a PE header.
 */
static uint64_t pe_file_size(const uint8_t *head, size_t len)
{
	size_t pe = le32(head + 60), section;
	uint64_t end = 0;
	unsigned count;

	if (!has(head, len, 0, "MZ", 2) || pe > len || !has(head, len, pe, "PE\0\0", 4) ||
	    len < pe + 24)
		return 0;
	count = le16(head + pe + 6);
	section = pe + 24 + le16(head + pe + 20);
	for (unsigned i = 0; i < count && section + 40 <= len; i++, section += 40) {
		uint64_t raw_end = (uint64_t)le32(head + section + 16) + le32(head + section + 20);

		if (raw_end > end)
			end = raw_end;
	}
	return end;
}

static int parse_linux(const uint8_t *head, size_t len, struct image *image, char *err,
		       size_t errlen)
{
	static const unsigned page_sizes[] = { 0, 4096, 16384, 65536 };
	uint64_t flags = le64(head + 24);

	image->text_offset = le64(head + 8);
	image->memory_size = le64(head + 16);
	if (image->memory_size == 0) {
		image->text_offset = LINUX_OLD_TEXT_OFFSET;
		return 0;
	}
	if (flags & LINUX_FLAG_BIG_ENDIAN) {
		snprintf(err, errlen, "a big-endian arm64 kernel; give a little-endian one");
		return -ENOEXEC;
	}
	if (image->text_offset % 4096) {
		snprintf(err, errlen, "malformed header (text_offset 0x%llx); %s",
			 (unsigned long long)image->text_offset, advice);
		return -ENOEXEC;
	}
	image->page_size = page_sizes[flags >> LINUX_FLAGS_PAGE_SHIFT & 3];
	image->anywhere = flags & LINUX_FLAG_ANYWHERE;
	image->file_size = pe_file_size(head, len);
	return 0;
}

/* Where it is linked to run, if it is not position-independent, is of no interest: none is today.
 */
static int parse_zimage(const uint8_t *head, struct image *image, char *err, size_t errlen)
{
	uint32_t start = le32(head + ZIMAGE_START), end = le32(head + ZIMAGE_END);

	if (end < start || end - start < LINUX_HEADER_SIZE) {
		snprintf(err, errlen,
			 "malformed zImage header (start 0x%x, end 0x%x); copy it again", start,
			 end);
		return -ENOEXEC;
	}
	image->aarch32 = true;
	image->text_offset = IMAGE_ZIMAGE_OFFSET;
	image->file_size = end - start;
	return 0;
}

int image_zimage_table(const void *file, size_t len, struct image_unpacked *unpacked)
{
	const uint8_t *head = file;
	uint32_t table;

	memset(unpacked, 0, sizeof(*unpacked));
	if (!has(head, len, ZIMAGE_MAGIC2_OFFSET, "\x45\x45\x45\x45", 4) || len < ZIMAGE_TABLE + 4)
		return -ENOENT;
	table = le32(head + ZIMAGE_TABLE);
	if (table > len || len - table < 4 + 4 * ZIMAGE_TABLE_WORDS ||
	    le32(head + table) < ZIMAGE_TABLE_WORDS || !has(head, len, table + 4, "KLSZ", 4))
		return -ENOENT;
	unpacked->at = le32(head + table + 8);
	unpacked->bss = le32(head + table + 12);
	unpacked->text_offset = le32(head + table + 16);
	if (unpacked->at > len || len - unpacked->at < 4)
		return -ENOENT;
	unpacked->size = le32(head + unpacked->at);
	return 0;
}

int image_parse(const void *data, size_t len, struct image *image, char *err, size_t errlen)
{
	const uint8_t *head = data;
	const char *what;

	memset(image, 0, sizeof(*image));
	if (len == 0) {
		snprintf(err, errlen, "the file is empty; %s", advice);
		return -ENOEXEC;
	}
	if (has(head, len, 0, "\177ELF", 4)) {
		snprintf(err, errlen, "an ELF file (%s), not of 64-bit little-endian Arm; %s",
			 elf_machine(head, len), advice);
		return -ENOEXEC;
	}
	if (len >= LINUX_HEADER_SIZE && has(head, len, ZIMAGE_MAGIC_OFFSET, "\x18\x28\x6f\x01", 4))
		return parse_zimage(head, image, err, errlen);
	if (len >= LINUX_HEADER_SIZE && has(head, len, LINUX_MAGIC_OFFSET, "ARM\x64", 4))
		return parse_linux(head, len, image, err, errlen);
	if (has(head, len, 0, "MZ", 2) && len < LINUX_HEADER_SIZE) {
		snprintf(err, errlen, "truncated; %s", advice);
		return -ENOEXEC;
	}
	what = foreign_format(head, len);
	if (what) {
		snprintf(err, errlen, "is %s; %s", what, advice);
		return -ENOEXEC;
	}
	image->raw = true;
	image->text_offset = IMAGE_RAW_OFFSET;
	return 0;
}
