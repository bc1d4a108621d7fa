// SPDX-License-Identifier: BSD-2-Clause
/*
 * CFI flash: its commands, as drivers of EDK2, U-Boot and Linux give them.
 *
 * sources: bhyve/device/cfi_flash.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bhyve/device/cfi_flash.h"

#define BLOCK	  CFI_FLASH_BLOCK_SIZE
#define BLOCKS	  4u /* that can be written; what is behind is locked */
#define READY	  0x00800080u
#define BOTH(x)	  ((x) * 0x00010001u)
#define SEQUENCE  (CFI_STATUS_READY | CFI_STATUS_ERASE | CFI_STATUS_PROGRAM)
#define PROTECTED (CFI_STATUS_READY | CFI_STATUS_LOCKED)

static uint8_t cells[BLOCKS * BLOCK];
static unsigned writes, erasures, syncs;
static int failure;
static struct cfi_flash flash;

static int read_cells(void *opaque, uint32_t offset, void *buf, uint32_t len)
{
	(void)opaque;
	memset(buf, 0xff, len);
	if (offset < sizeof(cells))
		memcpy(buf, cells + offset, len);
	return 0;
}

static int write_cells(void *opaque, uint32_t offset, const void *buf, uint32_t len)
{
	(void)opaque;
	assert_true(len > 0 && offset / BLOCK == (offset + len - 1) / BLOCK);
	assert_true(offset + len <= sizeof(cells));
	writes++;
	if (!failure)
		memcpy(cells + offset, buf, len);
	return failure;
}

static int erase_cells(void *opaque, uint32_t offset, uint32_t len)
{
	(void)opaque;
	assert_true(offset % BLOCK == 0 && len == BLOCK && offset + len <= sizeof(cells));
	erasures++;
	if (!failure)
		memset(cells + offset, 0xff, len);
	return failure;
}

static int sync_cells(void *opaque)
{
	(void)opaque;
	syncs++;
	return 0;
}

static const struct cfi_flash_array array = {
	.writable = sizeof(cells),
	.read = read_cells,
	.write = write_cells,
	.erase = erase_cells,
	.sync = sync_cells,
};

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells); i++)
		cells[i] = 0xff;
	writes = erasures = syncs = 0;
	failure = 0;
	cfi_flash_reset(&flash, &array);
	return 0;
}

static void put(uint32_t offset, uint32_t value)
{
	cfi_flash_write(&flash, offset, 4, value);
}

static uint32_t get(uint32_t offset)
{
	return cfi_flash_read(&flash, offset, 4);
}

static void command(uint32_t offset, uint8_t code)
{
	put(offset, BOTH(code));
}

/* The status, which is in both halves. */
static uint32_t status(void)
{
	uint32_t word = get(0);

	assert_int_equal(word & 0xffff, word >> 16);
	return word & 0xffff;
}

static void reads_the_array_after_power_up(void **state)
{
	(void)state;
	memcpy(cells + 8, "\x11\x22\x33\x44", 4);
	assert_true(cfi_flash_is_memory(&flash));
	assert_int_equal(get(8), 0x44332211);
	assert_int_equal(cfi_flash_read(&flash, 9, 1), 0x22);
	assert_int_equal(cfi_flash_read(&flash, 10, 2), 0x4433);
	assert_int_equal(cfi_flash_read(&flash, 9, 2), 0); /* not aligned */
	assert_int_equal(get(CFI_FLASH_SIZE - 4), UINT32_MAX);
}

static uint8_t query(uint32_t word)
{
	uint32_t value = get(word * 4);

	assert_int_equal(value, BOTH(value & 0xff));
	return (uint8_t)value;
}

static void query_describes_two_chips_of_half_the_bank(void **state)
{
	uint32_t blocks, size;

	(void)state;
	command(0x55 * 4, 0x98);
	assert_false(cfi_flash_is_memory(&flash));
	assert_int_equal(query(0x10), 'Q');
	assert_int_equal(query(0x11), 'R');
	assert_int_equal(query(0x12), 'Y');
	assert_int_equal(query(0x13), 1); /* Intel/Sharp extended */
	assert_int_equal(query(query(0x15)), 'P');
	assert_int_equal(2u << query(0x27), CFI_FLASH_SIZE);
	assert_int_equal(2u << query(0x2a), CFI_FLASH_BUFFER_SIZE);
	assert_int_equal(query(0x2c), 1);
	blocks = (query(0x2d) | query(0x2e) << 8u) + 1;
	size = (query(0x2f) | query(0x30) << 8u) * 256u;
	assert_int_equal(blocks, CFI_FLASH_BLOCKS);
	assert_int_equal(size * 2, BLOCK);
	assert_int_equal(query(0), 0);
	assert_int_equal(query(0x400000), 0);
	command(0, 0xff);
	assert_int_equal(get(0x40), UINT32_MAX);
	assert_true(cfi_flash_is_memory(&flash));
}

static void identifies_itself_and_the_locks(void **state)
{
	(void)state;
	command(0, 0x90);
	assert_int_equal(get(0), BOTH(0x89));
	assert_int_equal(get(4), BOTH(0x18));
	assert_int_equal(get(8), 0);
	assert_int_equal(get(12), 0);
	assert_int_equal(get(BLOCKS * BLOCK + 8), BOTH(1));
	command(BLOCK, 0x60);
	command(BLOCK, 0x01);
	command(BLOCK, 0x90);
	assert_int_equal(get(BLOCK + 8), BOTH(1));
	assert_int_equal(get(8), 0);
}

static void a_word_is_programmed_and_bits_only_fall(void **state)
{
	(void)state;
	command(0x100, 0x40);
	put(0x100, 0xf0f0f0f0);
	assert_int_equal(get(0x100), READY);
	command(0x100, 0x10);
	put(0x100, 0x1234ffff);
	command(0, 0xff);
	assert_int_equal(get(0x100), 0x1030f0f0);
	assert_int_equal(get(0x104), UINT32_MAX);
	assert_int_equal(writes, 2);
}

static void what_changes_nothing_is_not_written(void **state)
{
	(void)state;
	command(0, 0x40);
	put(0, UINT32_MAX);
	assert_int_equal(get(0), READY);
	assert_int_equal(writes, 0);
	command(0, 0xff);
	assert_int_equal(syncs, 0);
}

static void changes_last_when_the_array_is_read_again(void **state)
{
	(void)state;
	command(0, 0x40);
	put(0, 1);
	command(0, 0x40);
	put(4, 1);
	assert_int_equal(syncs, 0);
	command(0, 0xff);
	assert_int_equal(syncs, 1);
	command(0, 0xff);
	assert_int_equal(syncs, 1);
}

static void narrow_writes_program_narrowly(void **state)
{
	(void)state;
	command(0, 0x40);
	cfi_flash_write(&flash, 2, 2, 0xabcd);
	command(0, 0x40);
	cfi_flash_write(&flash, 1, 1, 0x77);
	command(0, 0xff);
	assert_int_equal(get(0), 0xabcd77ff);
	cfi_flash_write(&flash, 2, 2, 0x90); /* not on the command's lines */
	cfi_flash_write(&flash, 1, 4, 0x90); /* not aligned */
	assert_true(cfi_flash_is_memory(&flash));
}

static void a_block_is_erased(void **state)
{
	(void)state;
	memset(cells, 0, sizeof(cells));
	command(BLOCK + 0x500, 0x20);
	command(BLOCK + 0x500, 0xd0);
	assert_int_equal(get(0), READY);
	command(0, 0xff);
	assert_int_equal(get(BLOCK - 4), 0);
	assert_int_equal(get(BLOCK), UINT32_MAX);
	assert_int_equal(get(2 * BLOCK - 4), UINT32_MAX);
	assert_int_equal(get(2 * BLOCK), 0);
	assert_int_equal(syncs, 1);
}

/* 0xe8, count less one, data, confirmation. */
static void buffered(uint32_t offset, uint32_t count, uint8_t confirm)
{
	command(offset, 0xe8);
	assert_int_equal(get(offset), READY);
	command(offset, (uint8_t)(count - 1));
	for (uint32_t i = 0; i < count; i++)
		put(offset + 4 * i, 0x1000 + i);
	command(offset, confirm);
}

static void a_buffer_is_programmed_at_once(void **state)
{
	(void)state;
	buffered(BLOCK + 0x40, 32, 0xd0);
	assert_int_equal(status(), CFI_STATUS_READY);
	assert_int_equal(writes, 1);
	command(0, 0xff);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(get(BLOCK + 0x40 + 4 * i), 0x1000 + i);
	assert_int_equal(get(BLOCK + 0x3c), UINT32_MAX);
	assert_int_equal(get(BLOCK + 0xc0), UINT32_MAX);
}

/* As EDK2 does it. */
static void a_buffer_is_confirmed_at_any_address(void **state)
{
	(void)state;
	command(2 * BLOCK, 0xe8);
	command(2 * BLOCK, 0);
	put(2 * BLOCK, 0x1234);
	command(0, 0xd0);
	assert_int_equal(status(), CFI_STATUS_READY);
	command(0, 0xff);
	assert_int_equal(get(2 * BLOCK), 0x1234);
}

static void a_buffer_of_halfwords_ends_with_the_block(void **state)
{
	uint32_t start = BLOCK - 1024;

	(void)state;
	cfi_flash_write(&flash, 0, 2, 0xe8);
	cfi_flash_write(&flash, 0, 2, 511);
	for (uint32_t i = 0; i < 512; i++)
		cfi_flash_write(&flash, start + 2 * i, 2, i);
	cfi_flash_write(&flash, 0, 2, 0xd0);
	assert_int_equal(status(), CFI_STATUS_READY);
	command(0, 0xff);
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(cfi_flash_read(&flash, start + 2 * i, 2), i);
	assert_int_equal(get(BLOCK), UINT32_MAX);
}

static void buffers_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	buffered(0, 4, 0xff); /* not confirmed */
	assert_int_equal(status(), SEQUENCE);
	command(0, 0x50);
	assert_int_equal(writes, 0);
	command(0, 0xe8);
	put(0, BOTH(CFI_FLASH_BUFFER_SIZE / 4)); /* one word too many */
	assert_int_equal(status(), SEQUENCE);
	command(0, 0x50);
	command(0, 0xe8);
	command(0, 1);
	put(0x100, 0);
	put(0x0fc, 0); /* before its start */
	assert_int_equal(status(), SEQUENCE);
	command(0, 0x50);
	command(0, 0xe8);
	command(0, 1);
	put(BLOCK - 4, 0);
	put(BLOCK, 0); /* another block */
	assert_int_equal(status(), SEQUENCE);
	assert_int_equal(writes, 0);
}

static void an_erasure_that_is_not_confirmed_is_refused(void **state)
{
	(void)state;
	command(0, 0x20);
	command(0, 0xff);
	assert_int_equal(status(), SEQUENCE);
	assert_int_equal(erasures, 0);
	command(0, 0x50);
	command(0, 0x70);
	assert_int_equal(status(), CFI_STATUS_READY);
}

static void lock(uint32_t offset, uint8_t how)
{
	command(offset, 0x60);
	command(offset, how);
}

static void locked_blocks_keep_what_they_have(void **state)
{
	(void)state;
	lock(BLOCK, 0x01);
	command(BLOCK, 0x40);
	put(BLOCK, 0);
	assert_int_equal(status(), PROTECTED | CFI_STATUS_PROGRAM);
	command(0, 0x50);
	command(BLOCK, 0x20);
	command(BLOCK, 0xd0);
	assert_int_equal(status(), PROTECTED | CFI_STATUS_ERASE);
	assert_int_equal(writes + erasures, 0);
	command(0, 0x50);
	lock(BLOCK, 0xd0);
	command(BLOCK, 0x40);
	put(BLOCK, 0);
	assert_int_equal(status(), CFI_STATUS_READY);
	assert_int_equal(writes, 1);
}

static void blocks_locked_down_are_so_until_the_reset(void **state)
{
	(void)state;
	lock(0, 0x2f);
	lock(0, 0xd0);
	command(0, 0x90);
	assert_int_equal(get(8), BOTH(3));
	cfi_flash_reset(&flash, &array);
	command(0, 0x90);
	assert_int_equal(get(8), 0);
	lock(0, 0x55);
	assert_int_equal(status(), SEQUENCE);
}

static void blocks_that_are_not_there_are_locked(void **state)
{
	(void)state;
	command(BLOCKS * BLOCK, 0x40);
	put(BLOCKS * BLOCK, 0);
	assert_int_equal(status(), PROTECTED | CFI_STATUS_PROGRAM);
	command(0, 0x50);
	command(CFI_FLASH_SIZE - 4, 0x20);
	command(CFI_FLASH_SIZE - 4, 0xd0);
	assert_int_equal(status(), PROTECTED | CFI_STATUS_ERASE);
	assert_int_equal(writes + erasures, 0);
}

static void a_disk_that_fails_is_seen_in_the_status(void **state)
{
	(void)state;
	failure = -ENOSPC;
	command(0, 0x40);
	put(0, 0);
	assert_int_equal(status(), CFI_STATUS_READY | CFI_STATUS_PROGRAM);
	command(0, 0x50);
	command(0, 0x20);
	command(0, 0xd0);
	assert_int_equal(status(), CFI_STATUS_READY | CFI_STATUS_ERASE);
	command(0, 0xff);
	assert_int_equal(get(0), UINT32_MAX);
}

static void suspending_and_resuming_show_the_status(void **state)
{
	(void)state;
	command(0, 0xb0);
	assert_int_equal(status(), CFI_STATUS_READY);
	command(0, 0xff);
	command(0, 0xd0);
	assert_int_equal(status(), CFI_STATUS_READY);
	command(0, 0xaa); /* no command */
	assert_true(cfi_flash_is_memory(&flash));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_the_array_after_power_up),
		TEST(query_describes_two_chips_of_half_the_bank),
		TEST(identifies_itself_and_the_locks),
		TEST(a_word_is_programmed_and_bits_only_fall),
		TEST(what_changes_nothing_is_not_written),
		TEST(changes_last_when_the_array_is_read_again),
		TEST(narrow_writes_program_narrowly),
		TEST(a_block_is_erased),
		TEST(a_buffer_is_programmed_at_once),
		TEST(a_buffer_is_confirmed_at_any_address),
		TEST(a_buffer_of_halfwords_ends_with_the_block),
		TEST(buffers_that_make_no_sense_are_refused),
		TEST(an_erasure_that_is_not_confirmed_is_refused),
		TEST(locked_blocks_keep_what_they_have),
		TEST(blocks_locked_down_are_so_until_the_reset),
		TEST(blocks_that_are_not_there_are_locked),
		TEST(a_disk_that_fails_is_seen_in_the_status),
		TEST(suspending_and_resuming_show_the_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
