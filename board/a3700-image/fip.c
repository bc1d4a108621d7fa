// SPDX-License-Identifier: BSD-2-Clause
#include "board/a3700-image/fip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board/common/bytes.h"

#define FIP_NAME	0xaa640001u
#define FIP_HEADER_SIZE 16
#define FIP_ENTRY_SIZE	40
/* BL1 is padded to a multiple of this. */
#define BL1_UNIT	0x20000u

static const struct known {
	uint8_t uuid[16];
	const char *name;
} known[] = {
	{ { 0x5f, 0xf9, 0xec, 0x0b, 0x4d, 0x22, 0x3e, 0x4d, 0xa5, 0x44, 0xc3, 0x9d, 0x81, 0xc7,
	    0x3f, 0x0a },
	  "BL2" },
	{ { 0x47, 0xd4, 0x08, 0x6d, 0x4c, 0xfe, 0x98, 0x46, 0x9b, 0x95, 0x29, 0x50, 0xcb, 0xbd,
	    0x5a, 0x00 },
	  "BL31" },
	{ { 0x05, 0xd0, 0xe1, 0x89, 0x53, 0xdc, 0x13, 0x47, 0x8d, 0x2b, 0x50, 0x0a, 0x4b, 0x7a,
	    0x3e, 0x38 },
	  "BL32" },
	{ { 0xd6, 0xd0, 0xee, 0xa7, 0xfc, 0xea, 0xd5, 0x4b, 0x97, 0x82, 0x99, 0x34, 0xf2, 0x34,
	    0xb6, 0xe4 },
	  "BL33" },
};

static void entry_name(const uint8_t *uuid, char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (memcmp(uuid, known[i].uuid, sizeof(known[i].uuid)) == 0) {
			snprintf(name, FIP_NAME_SIZE, "%s", known[i].name);
			return;
		}
	}
	for (int i = 0; i < 16; i++)
		snprintf(name + 2 * i, FIP_NAME_SIZE - 2 * (size_t)i, "%02x", uuid[i]);
}

static int parse_entry(const uint8_t *at, size_t fip_size, struct fip_entry *entry,
		       struct board_error *error)
{
	entry_name(at, entry->name);
	entry->offset = get_le64(at + 16);
	entry->size = get_le64(at + 24);
	if (entry->offset > fip_size || entry->size > fip_size - entry->offset)
		return board_fail(error, EINVAL, "FIP: %s lies outside the boot image",
				  entry->name);
	return 0;
}

/* Entries until one with a UUID of zeros */
static int parse_entries(const uint8_t *bytes, size_t size, struct fip *fip,
			 struct board_error *error)
{
	static const uint8_t zeros[16];

	for (size_t at = FIP_HEADER_SIZE; size - at >= FIP_ENTRY_SIZE; at += FIP_ENTRY_SIZE) {
		int result;

		if (memcmp(bytes + at, zeros, sizeof(zeros)) == 0)
			return 0;
		if (fip->num_entries == FIP_MAX_ENTRIES)
			return board_fail(error, EINVAL, "FIP: more than %d entries",
					  FIP_MAX_ENTRIES);
		result = parse_entry(bytes + at, size, &fip->entries[fip->num_entries], error);
		if (result != 0)
			return result;
		fip->num_entries++;
	}
	return board_fail(error, EINVAL, "FIP: its table does not end");
}

int fip_parse(const uint8_t *bytes, size_t size, struct fip *fip, struct board_error *error)
{
	memset(fip, 0, sizeof(*fip));
	for (size_t at = 0; size >= FIP_HEADER_SIZE && at <= size - FIP_HEADER_SIZE;
	     at += BL1_UNIT) {
		if (get_le32(bytes + at) != FIP_NAME)
			continue;
		fip->offset = at;
		return parse_entries(bytes + at, size - at, fip, error);
	}
	return board_fail(error, ENOENT, "no FIP in the boot image: is it TF-A's?");
}
