// SPDX-License-Identifier: BSD-2-Clause
/* Commands for firmware, see linker.h. */
#include "bhyve/acpi/linker.h"

static size_t begin(struct blob *script, enum linker_command command, const char *file)
{
	size_t start = script->len;

	blob_number(script, command, 4);
	blob_text(script, file, LINKER_NAME_SIZE, '\0');
	return start;
}

static void end(struct blob *script, size_t start)
{
	blob_zero(script, LINKER_COMMAND_SIZE - (script->len - start));
}

void linker_allocate(struct blob *script, const char *file, uint32_t align, enum linker_zone zone)
{
	size_t start = begin(script, LINKER_ALLOCATE, file);

	blob_number(script, align, 4);
	blob_number(script, zone, 1);
	end(script, start);
}

void linker_add_pointer(struct blob *script, const char *file, const char *target, uint32_t offset,
			uint8_t size)
{
	size_t start = begin(script, LINKER_ADD_POINTER, file);

	blob_text(script, target, LINKER_NAME_SIZE, '\0');
	blob_number(script, offset, 4);
	blob_number(script, size, 1);
	end(script, start);
}

void linker_add_checksum(struct blob *script, const char *file, uint32_t offset, uint32_t start,
			 uint32_t length)
{
	size_t command = begin(script, LINKER_ADD_CHECKSUM, file);

	blob_number(script, offset, 4);
	blob_number(script, start, 4);
	blob_number(script, length, 4);
	end(script, command);
}
