// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options of a disk, see virtio_blk_options.h.
 */
#include "bhyve/device/virtio_blk_options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/device/option.h"

/* The largest physical sector; and the largest logical one, the page size of most guests, above
 * which Linux takes none. */
#define SECTOR_MAX  65536u
#define LOGICAL_MAX 4096u

const struct device_key blk_keys[] = {
	{ "path", "raw disk image or block device" },
	{ "ro", "the guest cannot write" },
	{ "serial", "serial number, up to 20 characters" },
	{ "sectorsize", "LOGICAL or LOGICAL/PHYSICAL sector size, bytes" },
	{ "nocache", "bypass the host's page cache (O_DIRECT)" },
	{ "sync", "each write waits for stable storage (O_DSYNC)" },
	{ "direct", "the same as sync" },
	{ "nodelete", "the guest's discards free nothing in the image" },
	{ NULL, NULL },
};

/* A sector size at *text, which is moved behind it; 0: it is none. */
static uint32_t parse_sector_size(const char **text)
{
	unsigned long size = 0;
	char *end = NULL;

	if (isdigit((unsigned char)**text))
		size = strtoul(*text, &end, 10);
	if (!end || size < BLOCK_SECTOR || size > SECTOR_MAX || (size & (size - 1)))
		return 0;
	*text = end;
	return (uint32_t)size;
}

/* sectorsize=LOGICAL or LOGICAL/PHYSICAL. */
static int read_sector_sizes(struct blk_options *options, unsigned slot, char *err, size_t errlen)
{
	const char *text = option_get(slot, "sectorsize");
	const char *at = text;

	if (!text)
		return 0;
	options->logical = parse_sector_size(&at);
	if (options->logical && *at == '/') {
		at++;
		options->physical = parse_sector_size(&at);
		if (options->physical < options->logical)
			options->logical = 0;
	}
	if (options->logical > LOGICAL_MAX)
		return option_error(
			err, errlen, slot,
			"sectorsize=%s: guests take no sectors larger than a page; give "
			"%u at most, and a larger one behind it as the physical size: "
			"%u/%u",
			text, LOGICAL_MAX, LOGICAL_MAX, options->logical);
	if (options->logical && !*at)
		return 0;
	return option_error(
		err, errlen, slot,
		"sectorsize=%s: must be LOGICAL or LOGICAL/PHYSICAL, powers of two from "
		"%u to %u",
		text, BLOCK_SECTOR, SECTOR_MAX);
}

/* The serial number is the option, or made from the image's name, which stays the same. */
static int read_serial(struct blk_options *options, unsigned slot, char *err, size_t errlen)
{
	const char *serial = option_get(slot, "serial");
	char made[VIRTIO_BLK_ID_BYTES + 1];

	if (!serial) {
		snprintf(made, sizeof(made), "BHYVE-%08X",
			 (unsigned)option_hash(options->image.path, slot));
		serial = made;
	}
	if (strlen(serial) > sizeof(options->serial))
		return option_error(err, errlen, slot,
				    "serial=%s: is longer than %zu characters; shorten it", serial,
				    sizeof(options->serial));
	memcpy(options->serial, serial, strlen(serial));
	return 0;
}

static int read_flags(struct block_options *image, unsigned slot, char *err, size_t errlen)
{
	bool direct = false;
	const struct {
		const char *key;
		bool *value;
	} flags[] = {
		{ "ro", &image->read_only },	  { "nocache", &image->nocache },
		{ "sync", &image->sync },	  { "direct", &direct },
		{ "nodelete", &image->nodelete },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int error = option_bool(slot, flags[i].key, flags[i].value, err, errlen);

		if (error)
			return error;
	}
	image->sync |= direct;
	return 0;
}

int blk_options_read(struct blk_options *options, unsigned slot, char *err, size_t errlen)
{
	int error;

	memset(options, 0, sizeof(*options));
	options->image.path = option_get(slot, "path");
	if (!options->image.path || !options->image.path[0])
		return option_error(err, errlen, slot,
				    "virtio-blk: no disk image; name one: -s %u,virtio-blk,FILE",
				    slot);
	error = read_flags(&options->image, slot, err, errlen);
	if (!error)
		error = read_sector_sizes(options, slot, err, errlen);
	if (!error)
		error = read_serial(options, slot, err, errlen);
	return error;
}

int blk_options_fit(struct blk_options *options, const struct block *block, unsigned slot,
		    char *err, size_t errlen)
{
	uint32_t least = block_logical(block);

	if (!options->logical)
		options->logical = least;
	if (!options->physical)
		options->physical = block_physical(block);
	if (options->physical < options->logical)
		options->physical = options->logical;
	if (options->logical < least)
		return option_error(err, errlen, slot,
				    "%s: with nocache its sectors are of %u bytes at least; set "
				    "sectorsize=%u",
				    options->image.path, least, least);
	if (block_size(block) % options->logical)
		return option_error(err, errlen, slot,
				    "%s: its length is no multiple of the sector size of %u bytes; "
				    "choose another sectorsize",
				    options->image.path, options->logical);
	return 0;
}
