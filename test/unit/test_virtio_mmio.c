// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtio-mmio transport (virtio 1.2, 2.1, 2.2, 4.2), with a device of the test's own.
 */
/* sources: bhyve/device/virtio_mmio.c bhyve/device/virtqueue.c test/unit/fake_vm.c */
/* sources: test/unit/virtio_driver.c bhyve/mevent.c bhyve/mmio.c bhyve/config.c bhyve/config_file.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/device/virtio.h"
#include "virtio_driver.h"

#define SLOT	 3u
#define BASE	 VIRTIO_MMIO_BASE(SLOT)
#define INTID	 VIRTIO_MMIO_INTID(SLOT)
#define FEATURE	 (1ULL << 5)
#define VERSION1 (1ULL << VIRTIO_F_VERSION_1)

static struct virtio_device *device;
static uint8_t config[6] = { 1, 2, 3, 4, 5, 6 };
static unsigned notified;
static unsigned resets;
static unsigned served;
static int serve_result;
static uint64_t config_written;

static int serve(struct virtio_device *virtio, struct virtqueue *queue,
		 struct virtqueue_chain *chain)
{
	(void)virtio;
	if (serve_result)
		return serve_result;
	served++;
	virtqueue_push(queue, chain->head, 0);
	return 0;
}

static void test_notify(struct virtio_device *virtio)
{
	notified++;
	virtio_serve(virtio, 0, serve);
}

static void test_reset(struct virtio_device *virtio)
{
	(void)virtio;
	resets++;
}

static void test_config_write(struct virtio_device *virtio, uint64_t offset, unsigned size,
			      uint64_t value)
{
	(void)virtio;
	config_written = offset << 32 | size << 16 | value;
}

static const struct virtio_ops ops = {
	.id = 42,
	.notify = test_notify,
	.reset = test_reset,
	.config_write = test_config_write,
};

static const struct device_ops device_ops = { .name = "test" };

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	notified = resets = served = 0;
	serve_result = 0;
	config_written = 0;
	device = calloc(1, sizeof(*device));
	device->ops = &ops;
	device->features = FEATURE;
	device->config = config;
	device->config_size = sizeof(config);
	device->queue_count = 2;
	return virtio_mmio_attach(device, &device_ops, SLOT, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	virtio_mmio_detach(device);
	free(device);
	fake_vm_stop();
	return 0;
}

static uint32_t get(uint32_t offset)
{
	return driver_get(SLOT, offset);
}

static void set(uint32_t offset, uint32_t value)
{
	driver_set(SLOT, offset, value);
}

static void identification_registers_are_those_of_version_2(void **state)
{
	(void)state;
	assert_int_equal(get(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
	assert_int_equal(get(VIRTIO_MMIO_VERSION), 2);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_ID), 42);
	assert_int_not_equal(get(VIRTIO_MMIO_VENDOR_ID), 0);
}

static void features_are_read_by_selector(void **state)
{
	(void)state;
	assert_int_equal(driver_offered(SLOT), FEATURE | VERSION1 |
						       1ULL << VIRTIO_RING_F_INDIRECT_DESC |
						       1ULL << VIRTIO_RING_F_EVENT_IDX);
	set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 2);
	assert_int_equal(get(VIRTIO_MMIO_DEVICE_FEATURES), 0);
}

static void driver_that_takes_offered_features_is_accepted(void **state)
{
	(void)state;
	assert_true(driver_negotiate(SLOT, FEATURE | VERSION1));
	assert_true(virtio_has_feature(device, 5));
	assert_false(virtio_has_feature(device, VIRTIO_RING_F_EVENT_IDX));
}

static void driver_that_takes_other_features_is_refused(void **state)
{
	(void)state;
	assert_false(driver_negotiate(SLOT, VERSION1 | 1ULL << 6));
}

static void driver_that_is_not_modern_is_refused(void **state)
{
	(void)state;
	assert_false(driver_negotiate(SLOT, FEATURE));
}

static void features_are_fixed_after_features_ok(void **state)
{
	(void)state;
	assert_true(driver_negotiate(SLOT, VERSION1));
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(VIRTIO_MMIO_DRIVER_FEATURES, FEATURE);
	assert_false(virtio_has_feature(device, 5));
}

static void third_word_of_driver_features_is_ignored(void **state)
{
	(void)state;
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 2);
	set(VIRTIO_MMIO_DRIVER_FEATURES, UINT32_MAX);
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0x80000000);
	set(VIRTIO_MMIO_DRIVER_FEATURES, UINT32_MAX);
	assert_int_equal(device->driver_features, 0);
}

static void driver_ok_needs_acceptable_features(void **state)
{
	(void)state;
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER_OK);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_CONFIG_S_ACKNOWLEDGE);
	driver_negotiate(SLOT, VERSION1 | 1ULL << 6);
	driver_ok(SLOT);
	assert_false(get(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_DRIVER_OK);
}

/* What FreeBSD does between the reset and DRIVER_OK: no FEATURES_OK. */
static void negotiate_as_freebsd(uint64_t features)
{
	set(VIRTIO_MMIO_STATUS, 0);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
	set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
}

static void offer_and_ring(void)
{
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	fake_settle();
}

static void driver_without_features_ok_is_served(void **state)
{
	(void)state;
	negotiate_as_freebsd(FEATURE | VERSION1);
	driver_setup_queue(SLOT, 0, DRIVER_QUEUE_SIZE);
	driver_ok(SLOT);
	assert_true(get(VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_DRIVER_OK);
	offer_and_ring();
	assert_int_equal(served, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 0);
	assert_true(virtio_has_feature(device, 5));
}

static void status_bits_stay_until_reset(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_FAILED);
	assert_int_equal(get(VIRTIO_MMIO_STATUS),
			 VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
				 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK |
				 VIRTIO_CONFIG_S_FAILED);
	set(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
}

static void driver_cannot_set_needs_reset(void **state)
{
	(void)state;
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_ACKNOWLEDGE);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void queue_that_is_not_there_has_size_zero(void **state)
{
	(void)state;
	set(VIRTIO_MMIO_QUEUE_SEL, 1);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), VIRTQUEUE_SIZE_MAX);
	set(VIRTIO_MMIO_QUEUE_SEL, 2);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	set(VIRTIO_MMIO_QUEUE_NUM, 4);
	set(VIRTIO_MMIO_QUEUE_DESC_LOW, 4);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	set(VIRTIO_MMIO_QUEUE_SEL, UINT32_MAX);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
}

static void queue_is_ready_when_its_layout_is_right(void **state)
{
	(void)state;
	driver_negotiate(SLOT, VERSION1);
	driver_setup_queue(SLOT, 1, 8);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
	set(VIRTIO_MMIO_QUEUE_NUM, 4); /* too late */
	assert_int_equal(device->queues[1].size, 8);
	set(VIRTIO_MMIO_QUEUE_READY, 0);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
}

static void queue_of_forbidden_size_asks_for_a_reset(void **state)
{
	(void)state;
	driver_negotiate(SLOT, VERSION1);
	driver_setup_queue(SLOT, 0, 3);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	assert_true(driver_needs_reset(SLOT));
}

static void queue_with_high_addresses_outside_memory_asks_for_a_reset(void **state)
{
	(void)state;
	driver_negotiate(SLOT, VERSION1);
	driver_setup_queue(SLOT, 0, 8);
	set(VIRTIO_MMIO_QUEUE_READY, 0);
	driver_negotiate(SLOT, VERSION1);
	set(VIRTIO_MMIO_QUEUE_SEL, 0);
	set(VIRTIO_MMIO_QUEUE_NUM, 8);
	set(VIRTIO_MMIO_QUEUE_DESC_LOW, FAKE_RAM);
	set(VIRTIO_MMIO_QUEUE_DESC_HIGH, 1);
	set(VIRTIO_MMIO_QUEUE_AVAIL_LOW, FAKE_RAM + 0x1000);
	set(VIRTIO_MMIO_QUEUE_USED_LOW, FAKE_RAM + 0x2000);
	set(VIRTIO_MMIO_QUEUE_READY, 1);
	assert_true(driver_needs_reset(SLOT));
}

static void notification_before_driver_ok_starts_the_device(void **state)
{
	(void)state;
	negotiate_as_freebsd(FEATURE | VERSION1);
	driver_setup_queue(SLOT, 0, DRIVER_QUEUE_SIZE);
	offer_and_ring();
	assert_int_equal(served, 1);
	set(VIRTIO_MMIO_DRIVER_FEATURES, 0); /* too late */
	assert_true(virtio_has_feature(device, 5));
	set(VIRTIO_MMIO_QUEUE_READY, 0); /* requests may be in flight */
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 1);
	set(VIRTIO_MMIO_STATUS, 0);
	driver_kick(SLOT, 0);
	fake_settle();
	assert_int_equal(notified, 1);
}

static void notification_of_a_driver_that_is_not_ready_starts_nothing(void **state)
{
	(void)state;
	driver_kick(SLOT, 0);
	fake_settle();
	negotiate_as_freebsd(FEATURE | VERSION1); /* and no queue */
	driver_kick(SLOT, 0);
	fake_settle();
	negotiate_as_freebsd(FEATURE); /* not modern */
	driver_setup_queue(SLOT, 0, DRIVER_QUEUE_SIZE);
	offer_and_ring();
	negotiate_as_freebsd(VERSION1);
	driver_setup_queue(SLOT, 0, DRIVER_QUEUE_SIZE);
	set(VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_FAILED);
	offer_and_ring();
	assert_int_equal(notified, 0);
}

static void used_buffer_interrupts_until_acknowledged(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	fake_settle();
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_VRING);
	assert_true(fake_irq_level(INTID));
	set(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_CONFIG);
	assert_true(fake_irq_level(INTID));
	set(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	assert_false(fake_irq_level(INTID));
}

static void cause_left_after_acknowledge_makes_a_new_edge(void **state)
{
	unsigned edges;

	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	fake_settle();
	edges = fake_irq_edges(INTID);
	virtio_lock(device);
	virtio_config_changed(device);
	virtio_unlock(device);
	assert_int_equal(fake_irq_edges(INTID), edges);
	set(VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING);
	assert_int_equal(fake_irq_edges(INTID), edges + 1);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
}

static void config_change_has_a_new_generation(void **state)
{
	uint32_t before;

	(void)state;
	driver_start(SLOT, 0, 2);
	before = get(VIRTIO_MMIO_CONFIG_GENERATION);
	virtio_lock(device);
	virtio_config_changed(device);
	virtio_unlock(device);
	assert_int_not_equal(get(VIRTIO_MMIO_CONFIG_GENERATION), before);
	assert_true(fake_irq_level(INTID));
}

static void broken_queue_asks_for_a_reset_and_interrupts(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(0, 0, 0, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_needs_reset(SLOT));
	assert_int_equal(served, 0);
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), VIRTIO_MMIO_INT_CONFIG);
	assert_true(fake_irq_level(INTID));
}

static void device_that_needs_a_reset_works_again_after_it(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(0, 0, 0, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_needs_reset(SLOT));
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_kick(SLOT, 0);
	fake_settle();
	assert_int_equal(served, 0);
	driver_start(SLOT, 0, 2);
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	assert_int_equal(served, 1);
}

static void handler_that_fails_asks_for_a_reset(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	serve_result = -EPROTO;
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_needs_reset(SLOT));
}

static void chain_that_must_wait_is_taken_again(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	serve_result = -EAGAIN;
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	fake_settle();
	assert_int_equal(served, 0);
	assert_false(driver_needs_reset(SLOT));
	serve_result = 0;
	virtio_kick(device);
	assert_true(driver_wait_used(0, 1));
	assert_int_equal(served, 1);
}

/* The queue below is never empty, as its one chain is offered again by being served. */
static int serve_for_ever(struct virtio_device *virtio, struct virtqueue *queue,
			  struct virtqueue_chain *chain)
{
	(void)virtio;
	served++;
	virtqueue_push(queue, chain->head, 0);
	driver_offer(0, 0);
	return 0;
}

static void driver_that_never_stops_leaves_others_their_turn(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	virtio_lock(device);
	virtio_serve(device, 0, serve_for_ever);
	virtio_unlock(device);
	assert_int_equal(served, 2 * DRIVER_QUEUE_SIZE);
	fake_settle(); /* the rest is served in the next turn */
	assert_int_equal(served, 2 * DRIVER_QUEUE_SIZE + 1);
}

static void reset_forgets_queues_features_and_interrupts(void **state)
{
	(void)state;
	driver_start(SLOT, FEATURE, 2);
	driver_put(0, 0, DRIVER_BUFFER_IPA, 4, 0, 0);
	driver_offer(0, 0);
	driver_kick(SLOT, 0);
	assert_true(driver_wait_used(0, 1));
	fake_settle();
	resets = 0;
	set(VIRTIO_MMIO_STATUS, 0);
	assert_int_equal(resets, 1);
	assert_false(fake_irq_level(INTID));
	assert_int_equal(get(VIRTIO_MMIO_INTERRUPT_STATUS), 0);
	set(VIRTIO_MMIO_QUEUE_SEL, 0);
	assert_int_equal(get(VIRTIO_MMIO_QUEUE_READY), 0);
	assert_int_equal(device->driver_features, 0);
}

static void registers_are_accessed_by_aligned_words_only(void **state)
{
	(void)state;
	assert_int_equal(fake_read(BASE + VIRTIO_MMIO_MAGIC_VALUE, 1), 0);
	assert_int_equal(fake_read(BASE + VIRTIO_MMIO_MAGIC_VALUE, 2), 0);
	assert_int_equal(fake_read(BASE + VIRTIO_MMIO_MAGIC_VALUE + 2, 4), 0);
	fake_write(BASE + VIRTIO_MMIO_STATUS, 1, 1);
	assert_int_equal(get(VIRTIO_MMIO_STATUS), 0);
}

static void registers_that_are_not_there_read_as_zero(void **state)
{
	(void)state;
	for (uint32_t offset = 0x200 - 4; offset >= VIRTIO_MMIO_CONFIG + 8; offset -= 4)
		assert_int_equal(get(offset), 0);
	assert_int_equal(get(0x018), 0);
	set(0x018, UINT32_MAX);
	set(VIRTIO_MMIO_MAGIC_VALUE, 1);
	assert_int_equal(get(VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
}

static void shared_memory_regions_have_length_minus_one(void **state)
{
	(void)state;
	set(VIRTIO_MMIO_SHM_SEL, 0);
	assert_int_equal(get(VIRTIO_MMIO_SHM_LEN_LOW), UINT32_MAX);
	assert_int_equal(get(VIRTIO_MMIO_SHM_LEN_HIGH), UINT32_MAX);
}

static void configuration_space_is_read_by_any_width(void **state)
{
	(void)state;
	assert_int_equal(fake_read(BASE + 0x100, 1), 1);
	assert_int_equal(fake_read(BASE + 0x102, 2), 0x0403);
	assert_int_equal(fake_read(BASE + 0x100, 4), 0x04030201);
	assert_int_equal(fake_read(BASE + 0x104, 4), 0x0605);
	assert_int_equal(fake_read(BASE + 0x100, 8), 0x060504030201ULL);
	assert_int_equal(fake_read(BASE + 0x106, 1), 0);
	assert_int_equal(fake_read(BASE + 0x1f8, 8), 0);
}

static void configuration_space_is_written_inside_only(void **state)
{
	(void)state;
	fake_write(BASE + 0x102, 1, 7);
	assert_int_equal(config_written, 2ULL << 32 | 1 << 16 | 7);
	config_written = 0;
	fake_write(BASE + 0x106, 1, 7);
	assert_int_equal(config_written, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identification_registers_are_those_of_version_2),
		TEST(features_are_read_by_selector),
		TEST(driver_that_takes_offered_features_is_accepted),
		TEST(driver_that_takes_other_features_is_refused),
		TEST(driver_that_is_not_modern_is_refused),
		TEST(features_are_fixed_after_features_ok),
		TEST(third_word_of_driver_features_is_ignored),
		TEST(driver_ok_needs_acceptable_features),
		TEST(driver_without_features_ok_is_served),
		TEST(status_bits_stay_until_reset),
		TEST(driver_cannot_set_needs_reset),
		TEST(queue_that_is_not_there_has_size_zero),
		TEST(queue_is_ready_when_its_layout_is_right),
		TEST(queue_of_forbidden_size_asks_for_a_reset),
		TEST(queue_with_high_addresses_outside_memory_asks_for_a_reset),
		TEST(notification_before_driver_ok_starts_the_device),
		TEST(notification_of_a_driver_that_is_not_ready_starts_nothing),
		TEST(used_buffer_interrupts_until_acknowledged),
		TEST(cause_left_after_acknowledge_makes_a_new_edge),
		TEST(config_change_has_a_new_generation),
		TEST(broken_queue_asks_for_a_reset_and_interrupts),
		TEST(device_that_needs_a_reset_works_again_after_it),
		TEST(handler_that_fails_asks_for_a_reset),
		TEST(chain_that_must_wait_is_taken_again),
		TEST(driver_that_never_stops_leaves_others_their_turn),
		TEST(reset_forgets_queues_features_and_interrupts),
		TEST(registers_are_accessed_by_aligned_words_only),
		TEST(registers_that_are_not_there_read_as_zero),
		TEST(shared_memory_regions_have_length_minus_one),
		TEST(configuration_space_is_read_by_any_width),
		TEST(configuration_space_is_written_inside_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
