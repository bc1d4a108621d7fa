// SPDX-License-Identifier: BSD-2-Clause
/* Bytes that grow, see blob.h. */
#include "bhyve/acpi/blob.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024u

/* Room for len bytes more. */
static bool reserve(struct blob *blob, size_t len)
{
	size_t room = blob->room ? blob->room : FIRST_ROOM;
	uint8_t *data;

	if (blob->error)
		return false;
	while (room - blob->len < len)
		room *= 2;
	if (room == blob->room)
		return true;
	data = realloc(blob->data, room);
	if (!data) {
		blob->error = -ENOMEM;
		return false;
	}
	blob->data = data;
	blob->room = room;
	return true;
}

void blob_bytes(struct blob *blob, const void *bytes, size_t len)
{
	blob_insert(blob, blob->len, bytes, len);
}

void blob_zero(struct blob *blob, size_t len)
{
	if (!reserve(blob, len))
		return;
	memset(blob->data + blob->len, 0, len);
	blob->len += len;
}

static void put(uint8_t *at, uint64_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void blob_number(struct blob *blob, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	put(bytes, value, size);
	blob_bytes(blob, bytes, size);
}

void blob_text(struct blob *blob, const char *text, size_t len, char fill)
{
	size_t used = strnlen(text, len);

	blob_bytes(blob, text, used);
	for (; used < len; used++)
		blob_bytes(blob, &fill, 1);
}

void blob_patch(struct blob *blob, size_t offset, uint64_t value, unsigned size)
{
	if (!blob->error)
		put(blob->data + offset, value, size);
}

void blob_insert(struct blob *blob, size_t offset, const void *bytes, size_t len)
{
	if (!reserve(blob, len))
		return;
	memmove(blob->data + offset + len, blob->data + offset, blob->len - offset);
	memcpy(blob->data + offset, bytes, len);
	blob->len += len;
}

void blob_free(struct blob *blob)
{
	free(blob->data);
	*blob = (struct blob){ 0 };
}
