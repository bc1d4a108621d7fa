// SPDX-License-Identifier: BSD-2-Clause
/* Firmware that loads ACPI tables, see fake_firmware.h. */
#include "fake_firmware.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bhyve/acpi/linker.h"

#define FILES 2

/* A file in memory: where the guest would see it, and our copy. */
struct loaded {
	const char *name;
	const struct blob *blob;
	uint64_t address;
	uint8_t *copy;
	bool allocated;
};

static struct loaded loaded[FILES];

uint64_t firmware_number(const uint8_t *at, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

uint8_t firmware_sum(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	while (len-- > 0)
		sum = (uint8_t)(sum + *bytes++);
	return sum;
}

size_t firmware_length(const uint8_t *table)
{
	return firmware_number(table + 4, 4);
}

static struct loaded *file(const uint8_t *name)
{
	assert_int_equal(name[LINKER_NAME_SIZE - 1], 0);
	for (unsigned i = 0; i < FILES; i++)
		if (strcmp(loaded[i].name, (const char *)name) == 0)
			return &loaded[i];
	fail_msg("the script names %s", (const char *)name);
	return NULL;
}

static void allocate(const uint8_t *command)
{
	struct loaded *which = file(command + 4);
	uint64_t align = firmware_number(command + 60, 4);
	uint64_t zone = firmware_number(command + 64, 1);

	assert_false(which->allocated);
	assert_true(align && (align & (align - 1)) == 0);
	assert_true(zone == LINKER_ZONE_HIGH || zone == LINKER_ZONE_FSEG);
	assert_int_equal(which->address % align, 0);
	which->allocated = true;
	which->copy = malloc(which->blob->len);
	assert_non_null(which->copy);
	memcpy(which->copy, which->blob->data, which->blob->len);
}

static void add_pointer(const uint8_t *command)
{
	struct loaded *which = file(command + 4), *target = file(command + 60);
	uint64_t offset = firmware_number(command + 116, 4), size = command[120], value;

	assert_true(which->allocated && target->allocated);
	assert_int_equal(size, 8);
	assert_true(offset + size <= which->blob->len);
	value = firmware_number(which->copy + offset, 8);
	assert_true(value < target->blob->len);
	value += target->address;
	memcpy(which->copy + offset, &value, 8);
}

static void add_checksum(const uint8_t *command)
{
	struct loaded *which = file(command + 4);
	uint64_t offset = firmware_number(command + 60, 4);
	uint64_t start = firmware_number(command + 64, 4);
	uint64_t length = firmware_number(command + 68, 4);

	assert_true(which->allocated);
	assert_true(start + length <= which->blob->len);
	assert_true(offset >= start && offset < start + length);
	assert_int_equal(which->copy[offset], 0);
	which->copy[offset] = (uint8_t)-firmware_sum(which->copy + start, length);
}

void firmware_load(const struct acpi_files *files)
{
	const struct blob *script = &files->linker;

	loaded[0] = (struct loaded){ ACPI_TABLES_FILE, &files->tables, 0x17bfd0000, NULL, false };
	loaded[1] = (struct loaded){ ACPI_RSDP_FILE, &files->rsdp, 0x17bff0000, NULL, false };
	assert_int_equal(script->len % LINKER_COMMAND_SIZE, 0);
	for (size_t at = 0; at < script->len; at += LINKER_COMMAND_SIZE) {
		const uint8_t *command = script->data + at;

		switch (firmware_number(command, 4)) {
		case LINKER_ALLOCATE:
			allocate(command);
			break;
		case LINKER_ADD_POINTER:
			add_pointer(command);
			break;
		case LINKER_ADD_CHECKSUM:
			add_checksum(command);
			break;
		default:
			fail_msg("an unknown command");
		}
	}
	for (unsigned i = 0; i < FILES; i++)
		assert_true(loaded[i].allocated);
}

/* The copy of what the guest sees at an address: a whole table, or the test ends. */
static const uint8_t *at_address(uint64_t address)
{
	uint64_t offset = address - loaded[0].address;

	assert_true(offset + 36 <= loaded[0].blob->len);
	assert_true(offset + firmware_length(loaded[0].copy + offset) <= loaded[0].blob->len);
	return loaded[0].copy + offset;
}

const uint8_t *firmware_rsdp(void)
{
	return loaded[1].copy;
}

const uint8_t *firmware_table(const char *signature)
{
	const uint8_t *xsdt = at_address(firmware_number(firmware_rsdp() + 24, 8));

	if (strcmp(signature, "XSDT") == 0)
		return xsdt;
	if (strcmp(signature, "DSDT") == 0) {
		const uint8_t *fadt = firmware_table("FACP");

		return fadt ? at_address(firmware_number(fadt + 140, 8)) : NULL;
	}
	for (size_t at = 36; at + 8 <= firmware_length(xsdt); at += 8) {
		const uint8_t *table = at_address(firmware_number(xsdt + at, 8));

		if (memcmp(table, signature, 4) == 0)
			return table;
	}
	return NULL;
}

void firmware_unload(void)
{
	for (unsigned i = 0; i < FILES; i++) {
		free(loaded[i].copy);
		loaded[i].copy = NULL;
	}
}
