// SPDX-License-Identifier: BSD-2-Clause
/*
 * fw_cfg, as firmware uses it.
 */
/* sources: bhyve/device/fw_cfg.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bhyve/device/fw_cfg.h"
#include "fake_vm.h"

#define DATA	   (FW_CFG_BASE + 0)
#define SELECTOR   (FW_CFG_BASE + 8)
#define DMA	   (FW_CFG_BASE + 16)
#define DESCRIPTOR (FAKE_RAM + 0x1000)
#define BUFFER	   (FAKE_RAM + 0x2000)
#define SIGNATURE  0x00
#define ID	   0x01
#define CPUS	   0x05
#define DIRECTORY  0x19
#define FIRST_FILE 0x20
/* control word */
#define ERROR	   1u
#define READ	   2u
#define SKIP	   4u
#define SELECT	   8u
#define WRITE	   16u

static struct device *device;

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	return fw_cfg_create(&device, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	device->ops->destroy(device);
	fake_vm_stop();
	return 0;
}

static void set_file(const char *name, const char *text)
{
	assert_int_equal(fw_cfg_set_file(name, strdup(text), (uint32_t)strlen(text)), 0);
}

/* Little-endian guests swap what they write. */
static void select_item(unsigned item)
{
	fake_write(SELECTOR, 2, __builtin_bswap16((uint16_t)item));
}

static void put_descriptor(uint64_t at, uint32_t control, uint32_t length, uint64_t address)
{
	uint32_t words[2] = { htobe32(control), htobe32(length) };

	address = htobe64(address);
	memcpy(fake_ram(at), words, 8);
	memcpy((char *)fake_ram(at) + 8, &address, 8);
}

/* Runs a descriptor; the control word that comes back. */
static uint32_t run(uint32_t control, uint32_t length, uint64_t address)
{
	uint32_t answer;

	put_descriptor(DESCRIPTOR, control, length, address);
	fake_write(DMA, 8, __builtin_bswap64(DESCRIPTOR));
	memcpy(&answer, fake_ram(DESCRIPTOR), 4);
	return be32toh(answer);
}

static uint32_t read_item(unsigned item, uint32_t length)
{
	memset(fake_ram(BUFFER), 0xaa, 4096);
	return run(item << 16 | SELECT | READ, length, BUFFER);
}

static void firmware_finds_the_device_by_its_signature(void **state)
{
	(void)state;
	select_item(SIGNATURE);
	assert_int_equal(fake_read(DATA, 1), 'Q');
	assert_int_equal(fake_read(DATA, 1), 'E');
	assert_int_equal(fake_read(DATA, 1), 'M');
	assert_int_equal(fake_read(DATA, 1), 'U');
	select_item(ID);
	assert_int_equal(fake_read(DATA, 4), 3);
	/* "QEMU CFG", the first letter at the lowest address */
	assert_int_equal(fake_read(DMA, 8), __builtin_bswap64(0x51454d5520434647));
	assert_int_equal(fake_read(DMA + 4, 4), __builtin_bswap32(0x20434647));
}

static void data_keeps_the_order_of_bytes_at_every_width(void **state)
{
	(void)state;
	set_file("letters", "abcdefghijklmnopq");
	select_item(FIRST_FILE);
	assert_int_equal(fake_read(DATA, 8), 0x6867666564636261);
	assert_int_equal(fake_read(DATA, 4), 0x6c6b6a69);
	assert_int_equal(fake_read(DATA + 4, 2), 0x6e6d);
	assert_int_equal(fake_read(DATA, 1), 'o');
	/* zeroes behind the end */
	assert_int_equal(fake_read(DATA, 4), 0x7170);
	assert_int_equal(fake_read(DATA, 8), 0);
}

static void directory_names_the_files_with_their_items(void **state)
{
	const uint8_t *entry = fake_ram(BUFFER + 4);

	(void)state;
	set_file("etc/one", "1");
	set_file("etc/two", "22");
	assert_int_equal(read_item(DIRECTORY, 4 + 3 * 64), 0);
	assert_memory_equal(fake_ram(BUFFER), "\0\0\0\2", 4);
	assert_memory_equal(entry, "\0\0\0\1\0\x20\0\0etc/one", 16);
	assert_memory_equal(entry + 64, "\0\0\0\2\0\x21\0\0etc/two", 16);
	assert_int_equal(entry[128], 0);
	assert_int_equal(read_item(FIRST_FILE + 1, 4), 0);
	assert_memory_equal(fake_ram(BUFFER), "22\0\0\xaa", 5);
}

static void a_file_that_is_set_again_keeps_its_item(void **state)
{
	(void)state;
	set_file("one", "1");
	set_file("two", "2");
	select_item(FIRST_FILE);
	set_file("one", "again");
	assert_int_equal(read_item(FIRST_FILE, 6), 0);
	assert_memory_equal(fake_ram(BUFFER), "again", 6);
	assert_int_equal(read_item(DIRECTORY, 4), 0);
	assert_memory_equal(fake_ram(BUFFER), "\0\0\0\2", 4);
}

static void processors_are_counted(void **state)
{
	(void)state;
	fw_cfg_set_cpus(16);
	select_item(CPUS);
	assert_int_equal(fake_read(DATA, 2), 16);
}

static void dma_goes_on_where_it_was_and_skips(void **state)
{
	(void)state;
	set_file("letters", "abcdefgh");
	assert_int_equal(read_item(FIRST_FILE, 2), 0);
	assert_int_equal(run(SKIP, 3, 0), 0);
	assert_int_equal(run(READ, 5, BUFFER), 0);
	assert_memory_equal(fake_ram(BUFFER), "fgh\0\0\xaa", 6);
	assert_int_equal(run(FIRST_FILE << 16 | SELECT | SKIP, 0xffffffff, 0), 0);
	assert_int_equal(fake_read(DATA, 1), 0);
	/* selects alone */
	assert_int_equal(run(FIRST_FILE << 16 | SELECT, 99, 0), 0);
	assert_int_equal(fake_read(DATA, 1), 'a');
}

static void dma_is_started_by_the_lower_half(void **state)
{
	(void)state;
	set_file("file", "text");
	put_descriptor(DESCRIPTOR, FIRST_FILE << 16 | SELECT | READ, 4, BUFFER);
	fake_write(DMA, 4, 0);
	assert_memory_not_equal(fake_ram(BUFFER), "text", 4);
	fake_write(DMA + 4, 4, __builtin_bswap32((uint32_t)DESCRIPTOR));
	assert_memory_equal(fake_ram(BUFFER), "text", 4);
	/* an upper half is for one transfer only */
	memset(fake_ram(BUFFER), 0, 4);
	put_descriptor(DESCRIPTOR, FIRST_FILE << 16 | SELECT | READ, 4, BUFFER);
	fake_write(DMA, 4, __builtin_bswap32(7));
	fake_write(DMA + 4, 4, __builtin_bswap32((uint32_t)DESCRIPTOR));
	assert_memory_not_equal(fake_ram(BUFFER), "text", 4);
	fake_write(DMA + 4, 4, __builtin_bswap32((uint32_t)DESCRIPTOR));
	assert_memory_equal(fake_ram(BUFFER), "text", 4);
}

static void nothing_can_be_written(void **state)
{
	(void)state;
	set_file("file", "text");
	memcpy(fake_ram(BUFFER), "evil", 4);
	assert_int_equal(run((0x4000u | FIRST_FILE) << 16 | SELECT | WRITE, 4, BUFFER), ERROR);
	select_item(FIRST_FILE);
	fake_write(DATA, 4, 0x6c697665);
	assert_int_equal(read_item(FIRST_FILE, 4), 0);
	assert_memory_equal(fake_ram(BUFFER), "text", 4);
}

static void items_that_are_not_there_read_as_zeroes(void **state)
{
	static const unsigned items[] = { 2, 0x18, 0x1a, FIRST_FILE + 1, 0x8020, 0xffff };

	(void)state;
	set_file("file", "text");
	for (unsigned i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		assert_int_equal(read_item(items[i], 4), 0);
		assert_memory_equal(fake_ram(BUFFER), "\0\0\0\0\xaa", 5);
	}
}

static void dma_outside_of_memory_is_an_error(void **state)
{
	const uint64_t end = FAKE_RAM + FAKE_RAM_SIZE;

	(void)state;
	set_file("file", "text");
	select_item(FIRST_FILE);
	assert_int_equal(run(READ, 4, 0), ERROR);
	assert_int_equal(run(READ, 4, end - 3), ERROR);
	assert_int_equal(run(READ, 4, UINT64_MAX - 1), ERROR);
	assert_int_equal(run(READ, UINT32_MAX, BUFFER), ERROR);
	assert_int_equal(run(READ, 4, FW_CFG_BASE), ERROR);
	/* nothing was taken */
	assert_int_equal(fake_read(DATA, 4), 0x74786574);
	/* nothing is to be copied to nowhere */
	assert_int_equal(run(READ, 0, 0), 0);
	/* the last bytes of memory will do */
	assert_int_equal(run(FIRST_FILE << 16 | SELECT | READ, 4, end - 4), 0);
	assert_memory_equal(fake_ram(end - 4), "text", 4);
}

static void descriptors_outside_of_memory_are_ignored(void **state)
{
	static const uint64_t where[] = {
		0,	    FAKE_RAM - 8,    FAKE_RAM + FAKE_RAM_SIZE - 15,
		UINT64_MAX, UINT64_MAX - 15, FW_CFG_BASE
	};

	(void)state;
	set_file("file", "text");
	select_item(FIRST_FILE);
	for (unsigned i = 0; i < sizeof(where) / sizeof(where[0]); i++)
		fake_write(DMA, 8, __builtin_bswap64(where[i]));
	assert_int_equal(fake_read(DATA, 4), 0x74786574);
}

static void a_descriptor_may_be_copied_over(void **state)
{
	(void)state;
	set_file("file", "0123456789abcdef");
	assert_int_equal(run(FIRST_FILE << 16 | SELECT | READ, 16, DESCRIPTOR), 0);
	assert_memory_equal((char *)fake_ram(DESCRIPTOR) + 4, "456789abcdef", 12);
}

static void registers_that_are_not_there_read_as_zero(void **state)
{
	(void)state;
	assert_int_equal(fake_read(SELECTOR, 2), 0);
	assert_int_equal(fake_read(SELECTOR, 8), 0);
	fake_write(SELECTOR, 4, 0xffffffff);
	fake_write(SELECTOR + 2, 2, 0x2000);
	assert_int_equal(fake_read(DATA, 4), 0x554d4551);
}

static void reset_selects_the_signature(void **state)
{
	(void)state;
	set_file("file", "text");
	select_item(FIRST_FILE);
	fake_write(DMA, 4, 0xffffffff);
	device->ops->reset(device);
	assert_int_equal(fake_read(DATA, 4), 0x554d4551);
}

static void files_have_limits(void **state)
{
	char name[FW_CFG_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(fw_cfg_set_file(name, strdup(""), 0), -ENAMETOOLONG);
	for (unsigned i = 0; i < FW_CFG_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		set_file(name, "text");
	}
	assert_int_equal(fw_cfg_set_file("more", strdup("text"), 4), -ENOSPC);
	set_file("file0", "new");
	assert_int_equal(read_item(FIRST_FILE + FW_CFG_FILES_MAX - 1, 4), 0);
	assert_memory_equal(fake_ram(BUFFER), "text", 4);
}

static void there_is_one_at_most(void **state)
{
	struct device *second;
	char err[256];

	(void)state;
	assert_int_equal(fw_cfg_create(&second, err, sizeof(err)), -EEXIST);
	device->ops->destroy(device);
	assert_int_equal(fw_cfg_set_file("file", strdup("text"), 4), -ENODEV);
	fake_vm_stop();
	assert_int_equal(setup(NULL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(firmware_finds_the_device_by_its_signature),
		TEST(data_keeps_the_order_of_bytes_at_every_width),
		TEST(directory_names_the_files_with_their_items),
		TEST(a_file_that_is_set_again_keeps_its_item),
		TEST(processors_are_counted),
		TEST(dma_goes_on_where_it_was_and_skips),
		TEST(dma_is_started_by_the_lower_half),
		TEST(nothing_can_be_written),
		TEST(items_that_are_not_there_read_as_zeroes),
		TEST(dma_outside_of_memory_is_an_error),
		TEST(descriptors_outside_of_memory_are_ignored),
		TEST(a_descriptor_may_be_copied_over),
		TEST(registers_that_are_not_there_read_as_zero),
		TEST(reset_selects_the_signature),
		TEST(files_have_limits),
		TEST(there_is_one_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
