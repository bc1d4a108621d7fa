/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMBIOS tables, walked as an operating system walks them (DMTF DSP0134, 3.0).
 *
 * sources: bhyve/smbios.c bhyve/acpi/blob.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bhyve/smbios.h"

#define UUID "00112233-4455-6677-8899-aabbccddeeff"

static struct fdt_machine machine;
static struct smbios_files files;

static int setup(void **state)
{
	(void)state;
	machine = (struct fdt_machine){
		.cpus = 3,
		.memory_base = 0x40000000,
		.memory_size = 512ULL << 20,
		.uuid = UUID,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	smbios_free(&files);
	return 0;
}

static void build(void)
{
	smbios_free(&files);
	assert_int_equal(smbios_build(&machine, &files), 0);
}

static uint64_t number(const uint8_t *at, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

/* Behind the strings of a structure, which end with an empty one. */
static const uint8_t *next(const uint8_t *at)
{
	at += at[1];
	while (at[0] || at[1])
		at++;
	return at + 2;
}

/* The structure of a type; that of the number `skip` if there are several. NULL: there is none. */
static const uint8_t *find(unsigned type, unsigned skip)
{
	const uint8_t *end = files.tables.data + files.tables.len;

	for (const uint8_t *at = files.tables.data; at < end; at = next(at)) {
		assert_true(at[1] >= 4 && at + at[1] + 2 <= end);
		if (at[0] == type && skip-- == 0)
			return at;
	}
	return NULL;
}

static const uint8_t *structure(unsigned type, unsigned length)
{
	const uint8_t *at = find(type, 0);

	assert_non_null(at);
	assert_int_equal(at[1], length);
	return at;
}

static const char *string(const uint8_t *structure, unsigned offset)
{
	const char *text = (const char *)structure + structure[1];

	assert_true(structure[offset] > 0);
	for (unsigned i = 1; i < structure[offset]; i++)
		text += strlen(text) + 1;
	assert_true(*text);
	return text;
}

static void entry_point_is_the_64_bit_one_and_sums_to_zero(void **state)
{
	const uint8_t *anchor;
	uint8_t sum = 0;

	(void)state;
	build();
	anchor = files.anchor.data;
	assert_int_equal(files.anchor.len, 24);
	assert_memory_equal(anchor, "_SM3_", 5);
	assert_int_equal(anchor[6], 24);
	assert_int_equal(anchor[7], 3);
	assert_int_equal(anchor[10], 1);
	assert_int_equal(number(anchor + 12, 4), files.tables.len);
	assert_int_equal(number(anchor + 16, 8), 0);
	for (unsigned i = 0; i < 24; i++)
		sum = (uint8_t)(sum + anchor[i]);
	assert_int_equal(sum, 0);
}

static void table_has_each_type_and_ends(void **state)
{
	static const unsigned types[] = { 0, 1, 3, 4, 16, 17, 19, 32, 127 };
	const uint8_t *at, *end;
	unsigned handles[16], count = 0;

	(void)state;
	build();
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_non_null(find(types[i], 0));
	end = files.tables.data + files.tables.len;
	for (at = files.tables.data; at < end; at = next(at)) {
		handles[count] = (unsigned)number(at + 2, 2);
		for (unsigned i = 0; i < count; i++)
			assert_int_not_equal(handles[i], handles[count]);
		count++;
	}
	assert_int_equal(count, sizeof(types) / sizeof(types[0]));
	assert_ptr_equal(at, end);
	assert_ptr_equal(next(find(127, 0)), end);
}

/* FreeBSD knows by the vendor that it is a guest, and systemd by the product. */
static void vendor_and_product_are_those_of_a_guest_of_bhyve(void **state)
{
	const uint8_t *bios, *system;

	(void)state;
	build();
	bios = structure(0, 0x18);
	system = structure(1, 0x1b);
	assert_string_equal(string(bios, 4), "BHYVE");
	assert_int_equal(bios[0x13] & 0x18, 0x18); /* UEFI, virtual machine */
	assert_string_equal(string(bios, 8), "01/01/2026");
	assert_string_equal(string(system, 4), "bhyve-armv8");
	assert_string_equal(string(system, 5), "BHYVE");
	assert_string_equal(string(structure(3, 0x16), 4), "bhyve-armv8");
}

static void uuid_has_its_first_three_fields_little_endian(void **state)
{
	static const uint8_t wanted[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
					    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	static const uint8_t none[16];

	(void)state;
	build();
	assert_memory_equal(structure(1, 0x1b) + 8, wanted, 16);
	machine.uuid = NULL;
	build();
	assert_memory_equal(structure(1, 0x1b) + 8, none, 16);
}

static void processors_follow_the_topology(void **state)
{
	const uint8_t *cpu;

	(void)state;
	build();
	cpu = structure(4, 0x30);
	assert_int_equal(number(cpu + 0x28, 2), 0x101); /* ARMv8 */
	assert_int_equal(cpu[6], 0xfe);
	assert_int_equal(cpu[0x18], 0x41);
	assert_int_equal(cpu[0x23], 3);
	assert_int_equal(cpu[0x25], 3);
	assert_null(find(4, 1));
	machine.cpus = 16;
	machine.sockets = machine.cores = 2;
	machine.threads = 4;
	build();
	for (unsigned i = 0; i < 2; i++) {
		cpu = find(4, i);
		assert_non_null(cpu);
		assert_string_equal(string(cpu, 4), i ? "CPU 1" : "CPU 0");
		assert_int_equal(cpu[0x23], 2);
		assert_int_equal(cpu[0x25], 8);
		assert_int_equal(number(cpu + 0x2e, 2), 8);
	}
	assert_null(find(4, 2));
}

static void memory_is_what_the_machine_has(void **state)
{
	static const uint64_t sizes[] = { 4ULL << 20, 512ULL << 20, 255ULL << 30 };

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint8_t *array, *device, *range;

		machine.memory_size = sizes[i];
		build();
		array = structure(16, 0x17);
		device = structure(17, 0x28);
		range = structure(19, 0x1f);
		assert_int_equal(number(array + 7, 4), 0x80000000);
		assert_int_equal(number(array + 13, 2), 1);
		assert_int_equal(number(array + 15, 8), sizes[i]);
		assert_int_equal(number(device + 4, 2), number(array + 2, 2));
		assert_int_equal(number(device + 12, 2), 0x7fff);
		assert_int_equal(number(device + 28, 4), sizes[i] >> 20);
		assert_int_equal(number(range + 4, 4), 0x40000000 >> 10);
		assert_int_equal(number(range + 8, 4), (0x40000000 + sizes[i] - 1) >> 10);
		assert_int_equal(number(range + 12, 2), number(array + 2, 2));
	}
	structure(32, 0x0b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entry_point_is_the_64_bit_one_and_sums_to_zero),
		TEST(table_has_each_type_and_ends),
		TEST(vendor_and_product_are_those_of_a_guest_of_bhyve),
		TEST(uuid_has_its_first_three_fields_little_endian),
		TEST(processors_follow_the_topology),
		TEST(memory_is_what_the_machine_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
