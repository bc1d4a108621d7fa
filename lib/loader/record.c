// SPDX-License-Identifier: BSD-2-Clause
/* The record of what was loaded. */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/loader/devicetree.h"
#include "lib/loader/load.h"
#include "lib/loader/rom.h"

/* The members, by key: strings have a room, numbers have none. */
struct field {
	const char *key;
	size_t offset;
	size_t room;
};

#define STRING(key, member) \
	{ key, offsetof(struct record, member), sizeof(((struct record *)0)->member) }
#define NUMBER(key, member) { key, offsetof(struct record, member), 0 }

static const struct field fields[] = {
	STRING("kernel", kernel),
	STRING("initrd", initrd),
	STRING("bootrom", bootrom),
	STRING("bootvars", bootvars),
	STRING("dtb", dtb),
	STRING("cmdline", cmdline),
	STRING("arch", arch),
	NUMBER("memory.size", memory_size),
	NUMBER("entry", entry),
	NUMBER("argument", argument),
	NUMBER("kernel.ipa", kernel_ipa),
	NUMBER("kernel.size", kernel_size),
	NUMBER("kernel.aarch32", aarch32),
	NUMBER("kernel.raw", raw),
	NUMBER("kernel.bare", bare),
	NUMBER("kernel.pagesize", page_size),
	NUMBER("initrd.ipa", initrd_ipa),
	NUMBER("initrd.size", initrd_size),
	NUMBER("dtb.ipa", dtb_ipa),
	NUMBER("dtb.room", dtb_room),
	NUMBER("cpus", cpus),
	NUMBER("sockets", sockets),
	NUMBER("cores", cores),
	NUMBER("threads", threads),
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static int append(char *buf, size_t len, size_t *used, const char *key, const char *value)
{
	int written = snprintf(buf + *used, len - *used, "%s=%s\n", key, value);

	if (written < 0 || (size_t)written >= len - *used)
		return -ENOSPC;
	*used += (size_t)written;
	return 0;
}

int record_format(const struct record *record, char *buf, size_t len)
{
	size_t used = 0;
	int error = append(buf, len, &used, "fresh", record->fresh ? "true" : "false");

	for (size_t i = 0; i < FIELD_COUNT && !error; i++) {
		const char *member = (const char *)record + fields[i].offset;
		char number[24];
		uint64_t value;

		if (fields[i].room) {
			if (*member)
				error = append(buf, len, &used, fields[i].key, member);
			continue;
		}
		memcpy(&value, member, sizeof(value));
		snprintf(number, sizeof(number), "0x%" PRIx64, value);
		error = append(buf, len, &used, fields[i].key, number);
	}
	return error ? error : (int)used;
}

static int parse_number(const char *text, void *member)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (end == text || *end || errno)
		return -EINVAL;
	memcpy(member, &value, sizeof(value));
	return 0;
}

static int set_field(struct record *record, const char *key, const char *value)
{
	if (strcmp(key, "fresh") == 0)
		record->fresh = strcmp(value, "true") == 0;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		char *member = (char *)record + fields[i].offset;

		if (strcmp(key, fields[i].key) != 0)
			continue;
		if (!fields[i].room)
			return parse_number(value, member);
		if (strlen(value) >= fields[i].room)
			return -EINVAL;
		memcpy(member, value, strlen(value) + 1);
		return 0;
	}
	return 0;
}

static bool inside(const struct record *record, uint64_t ipa, uint64_t size)
{
	return ipa >= LOADER_RAM_BASE && ipa - LOADER_RAM_BASE <= record->memory_size &&
	       size <= record->memory_size - (ipa - LOADER_RAM_BASE);
}

static int check(const struct record *record)
{
	if (!inside(record, record->dtb_ipa, devicetree_room(record)))
		return -EINVAL;
	if (record->bootrom[0])
		return record->entry < ROM_SIZE_MAX ? 0 : -EINVAL;
	if (!record->kernel[0] || !inside(record, record->entry, 4) ||
	    !inside(record, record->kernel_ipa, record->kernel_size))
		return -EINVAL;
	if (record->initrd_size && !inside(record, record->initrd_ipa, record->initrd_size))
		return -EINVAL;
	return 0;
}

/* Cuts the copy into lines and these into key and value. */
static int parse_lines(char *copy, struct record *record)
{
	char *next = NULL;

	for (char *line = strtok_r(copy, "\n", &next); line; line = strtok_r(NULL, "\n", &next)) {
		char *value = strchr(line, '=');
		int error;

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		error = set_field(record, line, value);
		if (error)
			return error;
	}
	return check(record);
}

int record_parse(const char *blob, size_t len, struct record *record)
{
	char *copy;
	int error;

	memset(record, 0, sizeof(*record));
	if (len == 0)
		return -ENOENT;
	copy = strndup(blob, len);
	if (!copy)
		return -ENOMEM;
	error = parse_lines(copy, record);
	free(copy);
	return error;
}
