// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-rnd (virtio 1.2, 5.4).
 */
/* sources: bhyve/device/virtio_rnd.c bhyve/device/option.c bhyve/device/virtio_mmio.c */
/* sources: bhyve/device/virtqueue.c test/unit/fake_vm.c test/unit/virtio_driver.c */
/* sources: bhyve/mevent.c bhyve/mmio.c bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/virtio_ids.h>
#include <string.h>

#include "bhyve/device/option.h"
#include "virtio_driver.h"

#define SLOT   1u
#define BUFFER DRIVER_BUFFER_IPA

static struct device *rnd;

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	return virtio_rnd_device.create(SLOT, &rnd, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	rnd->ops->destroy(rnd);
	fake_vm_stop();
	return 0;
}

static void device_is_an_entropy_source(void **state)
{
	(void)state;
	assert_int_equal(driver_get(SLOT, VIRTIO_MMIO_DEVICE_ID), VIRTIO_ID_RNG);
}

static bool all_zero(uint64_t ipa, size_t len)
{
	const uint8_t *bytes = fake_ram(ipa);

	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static void buffer_is_filled_and_not_more(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 1);
	driver_put(0, 0, BUFFER, 64, VRING_DESC_F_WRITE, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	assert_int_equal(driver_used(0)->ring[0].len, 64);
	assert_false(all_zero(BUFFER, 32));
	assert_false(all_zero(BUFFER + 32, 32));
	assert_true(all_zero(BUFFER + 64, 64));
}

static void all_buffers_of_a_chain_are_filled(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 1);
	driver_put(0, 0, BUFFER, 32, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	driver_put(0, 1, BUFFER + 4096, 32, VRING_DESC_F_WRITE, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	assert_int_equal(driver_used(0)->ring[0].len, 64);
	assert_false(all_zero(BUFFER, 32));
	assert_false(all_zero(BUFFER + 4096, 32));
}

static void huge_buffer_is_filled_in_part(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 1);
	driver_put(0, 0, BUFFER, 1 << 20, VRING_DESC_F_WRITE, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	assert_int_equal(driver_used(0)->ring[0].len, 4096);
	assert_true(all_zero(BUFFER + 4096, 4096));
}

static void buffer_to_read_asks_for_a_reset(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 1);
	driver_put(0, 0, BUFFER, 64, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_needs_reset(SLOT));
}

static void two_buffers_differ(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 1);
	for (unsigned i = 0; i < 2; i++) {
		driver_put(0, i, BUFFER + i * 64, 64, VRING_DESC_F_WRITE, 0);
		driver_offer(0, i);
	}
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 2));
	assert_memory_not_equal(fake_ram(BUFFER), fake_ram(BUFFER + 64), 64);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(device_is_an_entropy_source),	 TEST(buffer_is_filled_and_not_more),
		TEST(all_buffers_of_a_chain_are_filled), TEST(huge_buffer_is_filled_in_part),
		TEST(buffer_to_read_asks_for_a_reset),	 TEST(two_buffers_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
