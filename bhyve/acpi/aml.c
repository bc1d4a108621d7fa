// SPDX-License-Identifier: BSD-2-Clause
/* Writes AML, see aml.h. Section numbers are those of ACPI 6.3. */
#include "bhyve/acpi/aml.h"

#include <string.h>

/* 20.3 */
#define ZERO_OP		0x00
#define ONE_OP		0x01
#define NAME_OP		0x08
#define BYTE_PREFIX	0x0a
#define WORD_PREFIX	0x0b
#define DWORD_PREFIX	0x0c
#define STRING_PREFIX	0x0d
#define QWORD_PREFIX	0x0e
#define SCOPE_OP	0x10
#define BUFFER_OP	0x11
#define PACKAGE_OP	0x12
#define METHOD_OP	0x14
#define DUAL_NAME	0x2e
#define MULTI_NAME	0x2f
#define EXTENDED	0x5b
#define REGION_OP	0x80 /* behind EXTENDED */
#define FIELD_OP	0x81
#define DEVICE_OP	0x82
#define LOCAL0_OP	0x60
#define STORE_OP	0x70
#define AND_OP		0x7b
#define NOTIFY_OP	0x86
#define IF_OP		0xa0

#define METHOD_SERIAL	0x08
#define SYSTEM_MEMORY	0x00
/* DWordAcc, NoLock, WriteAsZeros */
#define FIELD_FLAGS	0x43

/* Resource descriptors, 6.4 */
#define MEMORY32_FIXED	0x86
#define MEMORY_WRITABLE 1
#define INTERRUPT	0x89
#define IRQ_CONSUMER	0x01
#define IRQ_EDGE	0x02
#define END_TAG		0x79

static void op(struct aml *aml, unsigned code)
{
	blob_number(aml->out, code, 1);
}

static void integer(struct aml *aml, uint64_t value)
{
	static const uint8_t prefix[] = { BYTE_PREFIX, WORD_PREFIX, DWORD_PREFIX, QWORD_PREFIX };
	unsigned log = value > UINT32_MAX ? 3 : value > UINT16_MAX ? 2 : value > UINT8_MAX ? 1 : 0;

	if (value <= 1) {
		op(aml, value ? ONE_OP : ZERO_OP);
		return;
	}
	op(aml, prefix[log]);
	blob_number(aml->out, value, 1u << log);
}

/* NameString, 20.2.2 */
static void path(struct aml *aml, const char *text)
{
	unsigned names = 1;

	if (*text == '\\')
		op(aml, (unsigned char)*text++);
	for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.'))
		names++;
	if (names == 2) {
		op(aml, DUAL_NAME);
	} else if (names > 2) {
		op(aml, MULTI_NAME);
		op(aml, names);
	}
	while (names-- > 0) {
		size_t len = strcspn(text, ".");

		blob_text(aml->out, text, len < 4 ? len : 4, '_');
		blob_text(aml->out, "", len < 4 ? 4 - len : 0, '_');
		text += len + 1;
	}
}

static void begin(struct aml *aml)
{
	aml->open[aml->depth++] = aml->out->len;
}

/* PkgLength, 20.2.4: the length counts its own bytes. */
void aml_end(struct aml *aml)
{
	size_t start = aml->open[--aml->depth], len = aml->out->len - start;
	uint8_t bytes[4] = { 0 };
	unsigned more = 0;

	while (len + more + 1 >= (more ? 1u << (4 + 8 * more) : 1u << 6))
		more++;
	len += more + 1;
	bytes[0] = (uint8_t)(more ? more << 6 | (len & 0xf) : len);
	for (unsigned i = 1; i <= more; i++)
		bytes[i] = (uint8_t)(len >> (8 * i - 4));
	blob_insert(aml->out, start, bytes, more + 1);
}

void aml_scope(struct aml *aml, const char *name)
{
	op(aml, SCOPE_OP);
	begin(aml);
	path(aml, name);
}

void aml_device(struct aml *aml, const char *name)
{
	op(aml, EXTENDED);
	op(aml, DEVICE_OP);
	begin(aml);
	path(aml, name);
}

void aml_method(struct aml *aml, const char *name, unsigned arguments)
{
	op(aml, METHOD_OP);
	begin(aml);
	path(aml, name);
	op(aml, arguments | METHOD_SERIAL);
}

void aml_if_local0(struct aml *aml, uint64_t mask)
{
	op(aml, IF_OP);
	begin(aml);
	op(aml, AND_OP);
	op(aml, LOCAL0_OP);
	integer(aml, mask);
	op(aml, ZERO_OP); /* the result is stored nowhere */
}

static void name(struct aml *aml, const char *text)
{
	op(aml, NAME_OP);
	path(aml, text);
}

void aml_name_integer(struct aml *aml, const char *text, uint64_t value)
{
	name(aml, text);
	integer(aml, value);
}

void aml_name_string(struct aml *aml, const char *text, const char *value)
{
	name(aml, text);
	op(aml, STRING_PREFIX);
	blob_bytes(aml->out, value, strlen(value) + 1);
}

void aml_name_package(struct aml *aml, const char *text, const uint8_t *values, unsigned count)
{
	name(aml, text);
	op(aml, PACKAGE_OP);
	begin(aml);
	op(aml, count);
	for (unsigned i = 0; i < count; i++)
		integer(aml, values[i]);
	aml_end(aml);
}

static unsigned hex_digit(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

/* Three letters of five bits each, four digits; the bytes in the order of the letters, 19.3.4 */
void aml_name_eisaid(struct aml *aml, const char *text, const char *id)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 3; i++)
		value = value << 5 | (uint32_t)(id[i] - 'A' + 1);
	for (unsigned i = 3; i < 7; i++)
		value = value << 4 | hex_digit(id[i]);
	aml_name_integer(aml, text, __builtin_bswap32(value));
}

void aml_region(struct aml *aml, const char *region, uint64_t base, uint64_t size,
		const char *field)
{
	uint64_t bits = size * 8;

	op(aml, EXTENDED);
	op(aml, REGION_OP);
	path(aml, region);
	op(aml, SYSTEM_MEMORY);
	integer(aml, base);
	integer(aml, size);
	op(aml, EXTENDED);
	op(aml, FIELD_OP);
	begin(aml);
	path(aml, region);
	op(aml, FIELD_FLAGS);
	path(aml, field);
	op(aml, (unsigned)bits); /* a PkgLength; below 64 it is one byte */
	aml_end(aml);
}

void aml_load_local0(struct aml *aml, const char *text)
{
	op(aml, STORE_OP);
	path(aml, text);
	op(aml, LOCAL0_OP);
}

void aml_store(struct aml *aml, uint64_t value, const char *text)
{
	op(aml, STORE_OP);
	integer(aml, value);
	path(aml, text);
}

void aml_notify(struct aml *aml, const char *text, uint64_t value)
{
	op(aml, NOTIFY_OP);
	path(aml, text);
	integer(aml, value);
}

void aml_resources(struct aml *aml)
{
	name(aml, "_CRS");
	op(aml, BUFFER_OP);
	begin(aml);
	begin(aml); /* the size of the contents stands before them */
}

void aml_memory32(struct aml *aml, uint32_t base, uint32_t size)
{
	op(aml, MEMORY32_FIXED);
	blob_number(aml->out, 9, 2);
	op(aml, MEMORY_WRITABLE);
	blob_number(aml->out, base, 4);
	blob_number(aml->out, size, 4);
}

void aml_interrupt(struct aml *aml, uint32_t intid, bool edge)
{
	op(aml, INTERRUPT);
	blob_number(aml->out, 6, 2);
	op(aml, IRQ_CONSUMER | (edge ? IRQ_EDGE : 0));
	op(aml, 1);
	blob_number(aml->out, intid, 4);
}

void aml_resources_end(struct aml *aml)
{
	uint8_t size[2] = { BYTE_PREFIX };
	size_t start = aml->open[--aml->depth];

	op(aml, END_TAG);
	op(aml, 0); /* no checksum */
	size[1] = (uint8_t)(aml->out->len - start);
	blob_insert(aml->out, start, size, sizeof(size));
	aml_end(aml);
}
