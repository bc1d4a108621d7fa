/* SPDX-License-Identifier: BSD-2-Clause */
/* SMBIOS tables, see smbios.h. Section numbers are those of SMBIOS 3.0. */
#include "bhyve/smbios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/version.h"

/* Entry point, 5.2.2 */
#define ANCHOR_CHECKSUM	      5u
#define ANCHOR_SIZE	      24u
#define VERSION_MAJOR	      3u
#define VERSION_MINOR	      0u
#define ENTRY_POINT_REVISION  1u

/* The one structure of its kind has this handle; of processors, the first one. */
#define HANDLE(type)	      ((type) << 8)
#define NO_HANDLE	      0xffffu
#define NO_ERROR_INFORMATION  0xfffeu

/* Types, 7 */
#define BIOS		      0u
#define SYSTEM		      1u
#define CHASSIS		      3u
#define PROCESSOR	      4u
#define MEMORY_ARRAY	      16u
#define MEMORY_DEVICE	      17u
#define MEMORY_RANGE	      19u
#define BOOT		      32u
#define END_OF_TABLE	      127u

/* 7.1.1, 7.1.2.2 */
#define NO_CHARACTERISTICS    (1u << 3)
#define IS_UEFI		      (1u << 3)
#define IS_VIRTUAL	      (1u << 4)
#define NO_RELEASE	      0xffu

#define WAKE_UP_POWER_SWITCH  6u /* 7.2.2 */
#define CHASSIS_OTHER	      1u /* 7.4.1 */
#define STATE_SAFE	      3u /* 7.4.2 */
#define SECURITY_NONE	      3u /* 7.4.3 */

/* 7.5.1, 7.5.2, 7.5, 7.5.5, 7.5.9 */
#define CENTRAL_PROCESSOR     3u
#define FAMILY_IS_2	      0xfeu
#define FAMILY_ARMV8	      0x101u
#define POPULATED_AND_ENABLED 0x41u
#define UPGRADE_NONE	      6u
#define CAPABLE_OF_64_BITS    (1u << 2)

/* 7.17.1 to 7.17.3 */
#define LOCATION_OTHER	      1u
#define USE_SYSTEM_MEMORY     3u
#define NO_CORRECTION	      3u
#define CAPACITY_EXTENDED     0x80000000u /* KiB */

/* 7.18, 7.18.1 to 7.18.3 */
#define WIDTH_UNKNOWN	      0xffffu
#define SIZE_EXTENDED	      0x7fffu /* MiB */
#define FORM_DIMM	      9u
#define MEMORY_RAM	      7u
#define DETAIL_OTHER	      (1u << 1)

#define STRINGS_MAX	      8u
#define LENGTH_OFFSET	      1u

/* Vendor, manufacturer and product are what systems know a guest of bhyve by. */
#define VENDOR		      "BHYVE"

/* A structure that is being written: its strings follow its fields. */
struct builder {
	const struct fdt_machine *machine;
	struct blob *out;
	size_t start;
	const char *strings[STRINGS_MAX];
	unsigned count;
};

static void number(struct builder *b, uint64_t value, unsigned size)
{
	blob_number(b->out, value, size);
}

static void begin(struct builder *b, unsigned type, unsigned handle)
{
	b->start = b->out->len;
	b->count = 0;
	number(b, type, 1);
	number(b, 0, 1); /* length, by end() */
	number(b, handle, 2);
}

/* A field that names a string. */
static void string(struct builder *b, const char *text)
{
	b->strings[b->count++] = text;
	number(b, b->count, 1);
}

/* The fields are complete: puts the strings behind them, 6.1.3. */
static void end(struct builder *b)
{
	blob_patch(b->out, b->start + LENGTH_OFFSET, b->out->len - b->start, 1);
	for (unsigned i = 0; i < b->count; i++)
		blob_bytes(b->out, b->strings[i], strlen(b->strings[i]) + 1);
	blob_zero(b->out, b->count ? 1 : 2);
}

static void bios(struct builder *b)
{
	begin(b, BIOS, HANDLE(BIOS));
	string(b, VENDOR);
	string(b, BHYVE_VERSION);
	number(b, 0, 2); /* segment: none with UEFI */
	string(b, "01/01/2026");
	number(b, 0, 1); /* size */
	number(b, NO_CHARACTERISTICS, 8);
	number(b, 0, 1);
	number(b, IS_UEFI | IS_VIRTUAL, 1);
	number(b, NO_RELEASE, 1); /* releases of system firmware and of the embedded controller */
	number(b, NO_RELEASE, 1);
	number(b, NO_RELEASE, 1);
	number(b, NO_RELEASE, 1);
	end(b);
}

/* 7.2.1: the first three fields are numbers, and little-endian. All zeroes: there is none. */
static void uuid(struct builder *b)
{
	static const unsigned sizes[] = { 4, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1 };
	const char *text = b->machine->uuid ? b->machine->uuid : "";

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char digits[9] = "";

		text += *text == '-';
		snprintf(digits, 2 * sizes[i] + 1, "%s", text);
		text += strlen(digits);
		number(b, strtoul(digits, NULL, 16), sizes[i]);
	}
}

static void system_information(struct builder *b)
{
	begin(b, SYSTEM, HANDLE(SYSTEM));
	string(b, "bhyve-armv8");
	string(b, VENDOR);
	string(b, BHYVE_VERSION);
	string(b, "None"); /* serial number */
	uuid(b);
	number(b, WAKE_UP_POWER_SWITCH, 1);
	string(b, "None"); /* SKU */
	string(b, "Virtual Machine");
	end(b);
}

static void chassis(struct builder *b)
{
	begin(b, CHASSIS, HANDLE(CHASSIS));
	string(b, "bhyve-armv8");
	number(b, CHASSIS_OTHER, 1);
	string(b, BHYVE_VERSION);
	string(b, "None"); /* serial number */
	string(b, "None"); /* asset tag */
	number(b, STATE_SAFE, 1);
	number(b, STATE_SAFE, 1); /* power supply */
	number(b, STATE_SAFE, 1); /* temperature */
	number(b, SECURITY_NONE, 1);
	number(b, 0, 4);   /* OEM-defined */
	number(b, 0, 4);   /* height, power cords, contained elements: count and length */
	string(b, "None"); /* SKU */
	end(b);
}

/* One socket. */
static void processor(struct builder *b, unsigned socket, unsigned cores, unsigned threads)
{
	char name[16];

	snprintf(name, sizeof(name), "CPU %u", socket);
	begin(b, PROCESSOR, HANDLE(PROCESSOR) + socket);
	string(b, name);
	number(b, CENTRAL_PROCESSOR, 1);
	number(b, FAMILY_IS_2, 1);
	string(b, "bhyve-armv8");
	number(b, 0, 8); /* identification: in the processor's own register */
	string(b, "ARMv8-A");
	number(b, 0, 1); /* voltage, clocks: unknown */
	number(b, 0, 2);
	number(b, 0, 2);
	number(b, 0, 2);
	number(b, POPULATED_AND_ENABLED, 1);
	number(b, UPGRADE_NONE, 1);
	number(b, NO_HANDLE, 2); /* caches */
	number(b, NO_HANDLE, 2);
	number(b, NO_HANDLE, 2);
	string(b, "None"); /* serial number */
	string(b, "None"); /* asset tag */
	string(b, "None"); /* part number */
	number(b, cores, 1);
	number(b, cores, 1);
	number(b, threads, 1);
	number(b, CAPABLE_OF_64_BITS, 2);
	number(b, FAMILY_ARMV8, 2);
	number(b, cores, 2);
	number(b, cores, 2);
	number(b, threads, 2);
	end(b);
}

/* A machine that was given no topology is one socket, as in the ACPI tables. */
static void processors(struct builder *b)
{
	const struct fdt_machine *machine = b->machine;
	unsigned sockets = machine->sockets ? machine->sockets : 1;
	unsigned cores = machine->sockets ? machine->cores : machine->cpus;
	unsigned threads = machine->sockets ? machine->threads : 1;

	for (unsigned i = 0; i < sockets; i++)
		processor(b, i, cores, cores * threads);
}

static void memory_array(struct builder *b)
{
	begin(b, MEMORY_ARRAY, HANDLE(MEMORY_ARRAY));
	number(b, LOCATION_OTHER, 1);
	number(b, USE_SYSTEM_MEMORY, 1);
	number(b, NO_CORRECTION, 1);
	number(b, CAPACITY_EXTENDED, 4);
	number(b, NO_ERROR_INFORMATION, 2);
	number(b, 1, 2); /* devices */
	number(b, b->machine->memory_size, 8);
	end(b);
}

static void memory_device(struct builder *b)
{
	begin(b, MEMORY_DEVICE, HANDLE(MEMORY_DEVICE));
	number(b, HANDLE(MEMORY_ARRAY), 2);
	number(b, NO_ERROR_INFORMATION, 2);
	number(b, WIDTH_UNKNOWN, 2);
	number(b, WIDTH_UNKNOWN, 2);
	number(b, SIZE_EXTENDED, 2);
	number(b, FORM_DIMM, 1);
	number(b, 0, 1); /* of no set */
	string(b, "DIMM 0");
	string(b, "None"); /* bank */
	number(b, MEMORY_RAM, 1);
	number(b, DETAIL_OTHER, 2);
	number(b, 0, 2); /* speed: unknown */
	string(b, "bhyve-armv8");
	string(b, "None"); /* serial number */
	string(b, "None"); /* asset tag */
	string(b, "None"); /* part number */
	number(b, 0, 1);   /* rank: unknown */
	number(b, b->machine->memory_size >> 20, 4);
	number(b, 0, 2); /* configured speed, voltages: unknown */
	number(b, 0, 2);
	number(b, 0, 2);
	number(b, 0, 2);
	end(b);
}

/* Addresses are in KiB, and the last one is in the range. */
static void memory_range(struct builder *b)
{
	uint64_t base = b->machine->memory_base, last = base + b->machine->memory_size - 1;

	begin(b, MEMORY_RANGE, HANDLE(MEMORY_RANGE));
	number(b, base >> 10, 4);
	number(b, last >> 10, 4);
	number(b, HANDLE(MEMORY_ARRAY), 2);
	number(b, 1, 1); /* devices side by side */
	number(b, 0, 8); /* extended addresses: not needed */
	number(b, 0, 8);
	end(b);
}

static void boot_information(struct builder *b)
{
	begin(b, BOOT, HANDLE(BOOT));
	number(b, 0, 6);
	number(b, 0, 1); /* no errors */
	end(b);
}

/* The entry point, whose bytes sum up to 0. */
static void anchor(struct blob *out, size_t tables_size)
{
	uint8_t sum = 0;

	blob_text(out, "_SM3_", 5, 0);
	blob_number(out, 0, 1);
	blob_number(out, ANCHOR_SIZE, 1);
	blob_number(out, VERSION_MAJOR, 1);
	blob_number(out, VERSION_MINOR, 1);
	blob_number(out, 0, 1); /* revision of the document */
	blob_number(out, ENTRY_POINT_REVISION, 1);
	blob_number(out, 0, 1);
	blob_number(out, tables_size, 4);
	blob_number(out, 0, 8); /* address, by firmware */
	if (out->error)
		return;
	for (size_t i = 0; i < out->len; i++)
		sum = (uint8_t)(sum + out->data[i]);
	blob_patch(out, ANCHOR_CHECKSUM, (uint8_t)-sum, 1);
}

int smbios_build(const struct fdt_machine *machine, struct smbios_files *files)
{
	struct builder b = { .machine = machine, .out = &files->tables };

	*files = (struct smbios_files){ 0 };
	bios(&b);
	system_information(&b);
	chassis(&b);
	processors(&b);
	memory_array(&b);
	memory_device(&b);
	memory_range(&b);
	boot_information(&b);
	begin(&b, END_OF_TABLE, HANDLE(END_OF_TABLE));
	end(&b);
	anchor(&files->anchor, files->tables.len);
	return files->tables.error ? files->tables.error : files->anchor.error;
}

void smbios_free(struct smbios_files *files)
{
	blob_free(&files->tables);
	blob_free(&files->anchor);
}
