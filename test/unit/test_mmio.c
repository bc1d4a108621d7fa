// SPDX-License-Identifier: BSD-2-Clause
/*
 * Finding the device of an address.
 *
 * sources: bhyve/mmio.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bhyve/mmio.h"

struct fake {
	uint64_t offset;
	uint64_t value;
	unsigned size;
	unsigned reads;
	unsigned writes;
	int result;
};

static int fake_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct fake *fake = opaque;

	fake->reads++;
	fake->offset = offset;
	fake->size = size;
	*value = fake->value;
	return fake->result;
}

static int fake_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct fake *fake = opaque;

	fake->writes++;
	fake->offset = offset;
	fake->size = size;
	fake->value = value;
	return fake->result;
}

static const struct mmio_ops ops = { fake_read, fake_write };
static struct fake a, b, c;

static int setup(void **state)
{
	(void)state;
	mmio_clear();
	a = b = c = (struct fake){ 0 };
	assert_int_equal(mmio_register("b", 0x2000, 0x200, &ops, &b), 0);
	assert_int_equal(mmio_register("a", 0x1000, 0x1000, &ops, &a), 0);
	assert_int_equal(mmio_register("c", 0x2200, 0x200, &ops, &c), 0);
	return 0;
}

static void access_reaches_its_device_with_the_offset(void **state)
{
	uint64_t value = 0;

	(void)state;
	b.value = 0x1234;
	assert_int_equal(mmio_access(0x2010, false, 4, &value), 0);
	assert_int_equal(value, 0x1234);
	assert_int_equal(b.offset, 0x10);
	assert_int_equal(b.size, 4);
	value = 99;
	assert_int_equal(mmio_access(0x23ff, true, 1, &value), 0);
	assert_int_equal(c.offset, 0x1ff);
	assert_int_equal(c.value, 99);
}

static void doubleword_is_two_words_the_lower_one_first(void **state)
{
	uint64_t value = 0x1122334455667788;

	(void)state;
	assert_int_equal(mmio_access(0x1000, true, 8, &value), 0);
	assert_int_equal(a.writes, 2);
	assert_int_equal(a.offset, 4);
	assert_int_equal(a.size, 4);
	assert_int_equal(a.value, 0x11223344);
	a.value = 0x99aabbcc;
	assert_int_equal(mmio_access(0x1000, false, 8, &value), 0);
	assert_int_equal(value, 0x99aabbcc99aabbcc);
}

static void last_hit_does_not_answer_for_others(void **state)
{
	uint64_t value = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(mmio_access(0x1ffc, false, 4, &value), 0);
		assert_int_equal(mmio_access(0x2000, false, 4, &value), 0);
		assert_int_equal(mmio_access(0x2200, false, 4, &value), 0);
	}
	assert_int_equal(a.reads, 3);
	assert_int_equal(b.reads, 3);
	assert_int_equal(c.reads, 3);
}

static void nobody_is_enoent(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_int_equal(mmio_access(0xfff, false, 1, &value), -ENOENT);
	assert_int_equal(mmio_access(0x2400, false, 1, &value), -ENOENT);
	assert_int_equal(mmio_access(0, true, 8, &value), -ENOENT);
	assert_int_equal(mmio_access(UINT64_MAX, true, 8, &value), -ENOENT);
}

static void access_across_the_end_is_enoent(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_int_equal(mmio_access(0x23fc, false, 8, &value), -ENOENT);
	assert_int_equal(mmio_access(0x1ffd, false, 4, &value), -ENOENT);
	assert_int_equal(a.reads + c.reads, 0);
}

static void device_errors_are_passed_on(void **state)
{
	uint64_t value = 0;

	(void)state;
	a.result = -EIO;
	assert_int_equal(mmio_access(0x1000, false, 4, &value), -EIO);
	assert_int_equal(mmio_access(0x1000, true, 4, &value), -EIO);
}

static void overlapping_regions_are_refused(void **state)
{
	(void)state;
	assert_int_equal(mmio_register("x", 0x1fff, 1, &ops, &a), -EEXIST);
	assert_int_equal(mmio_register("x", 0x0fff, 2, &ops, &a), -EEXIST);
	assert_int_equal(mmio_register("x", 0, 0x10000, &ops, &a), -EEXIST);
	assert_int_equal(mmio_register("x", 0x0fff, 1, &ops, &a), 0);
	assert_int_equal(mmio_register("x", 0x2400, 1, &ops, &a), 0);
}

static void empty_and_wrapping_regions_are_refused(void **state)
{
	(void)state;
	assert_int_equal(mmio_register("x", 0x5000, 0, &ops, &a), -EINVAL);
	assert_int_equal(mmio_register("x", UINT64_MAX, 2, &ops, &a), -EINVAL);
	assert_int_equal(mmio_register("x", UINT64_MAX, 1, &ops, &a), 0);
}

static void table_has_room_for_64_regions(void **state)
{
	(void)state;
	for (unsigned i = 3; i < MMIO_REGIONS_MAX; i++)
		assert_int_equal(mmio_register("x", 0x100000 + 0x1000ULL * i, 0x1000, &ops, &a), 0);
	assert_int_equal(mmio_register("x", 0x900000, 0x1000, &ops, &a), -ENOSPC);
}

static void names_are_those_given(void **state)
{
	(void)state;
	assert_string_equal(mmio_name(0x2001), "b");
	assert_null(mmio_name(0x9999));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(access_reaches_its_device_with_the_offset, setup),
		cmocka_unit_test_setup(doubleword_is_two_words_the_lower_one_first, setup),
		cmocka_unit_test_setup(last_hit_does_not_answer_for_others, setup),
		cmocka_unit_test_setup(nobody_is_enoent, setup),
		cmocka_unit_test_setup(access_across_the_end_is_enoent, setup),
		cmocka_unit_test_setup(device_errors_are_passed_on, setup),
		cmocka_unit_test_setup(overlapping_regions_are_refused, setup),
		cmocka_unit_test_setup(empty_and_wrapping_regions_are_refused, setup),
		cmocka_unit_test_setup(table_has_room_for_64_regions, setup),
		cmocka_unit_test_setup(names_are_those_given, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
