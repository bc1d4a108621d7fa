// SPDX-License-Identifier: BSD-2-Clause
/*
 * CFI flash: any accesses to its bank. What it asks of its array is checked.
 */
/* sources: bhyve/device/cfi_flash.c */
#include <stdlib.h>
#include <string.h>

#include "bhyve/device/cfi_flash.h"

#define BLOCKS 3u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t cells[BLOCKS * CFI_FLASH_BLOCK_SIZE];

static int read_cells(void *opaque, uint32_t offset, void *buf, uint32_t len)
{
	(void)opaque;
	if (offset > CFI_FLASH_SIZE || len > CFI_FLASH_SIZE - offset)
		abort();
	memset(buf, 0xff, len);
	if (offset < sizeof(cells))
		memcpy(buf, cells + offset, len);
	return 0;
}

static int write_cells(void *opaque, uint32_t offset, const void *buf, uint32_t len)
{
	(void)opaque;
	if (len == 0 || len > CFI_FLASH_BUFFER_SIZE || offset >= sizeof(cells) ||
	    offset / CFI_FLASH_BLOCK_SIZE != (offset + len - 1) / CFI_FLASH_BLOCK_SIZE)
		abort();
	for (uint32_t i = 0; i < len; i++)
		if (((const uint8_t *)buf)[i] & ~cells[offset + i])
			abort(); /* a bit would rise */
	memcpy(cells + offset, buf, len);
	return offset % 7 == 0 ? -1 : 0;
}

static int erase_cells(void *opaque, uint32_t offset, uint32_t len)
{
	(void)opaque;
	if (offset % CFI_FLASH_BLOCK_SIZE || len != CFI_FLASH_BLOCK_SIZE || offset >= sizeof(cells))
		abort();
	memset(cells + offset, 0xff, len);
	return 0;
}

static int sync_cells(void *opaque)
{
	(void)opaque;
	return 0;
}

/* Six bytes an access: read or write and size, offset in 64 KiB, where these are, value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cfi_flash_array array = {
		.writable = sizeof(cells),
		.read = read_cells,
		.write = write_cells,
		.erase = erase_cells,
		.sync = sync_cells,
	};
	static struct cfi_flash flash;

	cfi_flash_reset(&flash, &array);
	for (; size >= 6; data += 6, size -= 6) {
		unsigned width = 1u << (data[0] >> 1) % 3;
		uint32_t offset = (uint32_t)(data[1] | data[2] << 8 | (data[3] & 15) << 16);
		uint32_t value = (data[4] | (uint32_t)data[5] << 8) * 0x10001u;

		if (data[3] & 0x80)
			offset += CFI_FLASH_SIZE - 0x100000;
		if (offset > CFI_FLASH_SIZE - width)
			offset = CFI_FLASH_SIZE - width;
		if (data[0] & 1)
			cfi_flash_write(&flash, offset, width, value);
		else
			cfi_flash_read(&flash, offset, width);
	}
	return 0;
}
