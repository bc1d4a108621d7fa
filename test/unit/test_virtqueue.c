// SPDX-License-Identifier: BSD-2-Clause
/*
 * Split virtqueues (virtio 1.2, 2.7): what a driver may do, and what a hostile one does.
 */
/* sources: bhyve/device/virtqueue.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "bhyve/device/virtqueue.h"
#include "fake_vm.h"

#define SIZE	 8u
#define DESC	 FAKE_RAM
#define AVAIL	 (FAKE_RAM + 0x1000u)
#define USED	 (FAKE_RAM + 0x2000u)
#define BUFFER	 (FAKE_RAM + 0x10000u)
#define INDIRECT (FAKE_RAM + 0x20000u)

static struct virtqueue queue;
static struct virtqueue_chain chain;

static struct vring_avail *avail(void)
{
	return fake_ram(AVAIL);
}

static struct vring_used *used(void)
{
	return fake_ram(USED);
}

static void put_at(uint64_t table, unsigned index, uint64_t ipa, uint32_t len, unsigned flags,
		   unsigned next)
{
	struct vring_desc *desc = fake_ram(table);

	desc[index] = (struct vring_desc){ ipa, len, (uint16_t)flags, (uint16_t)next };
}

static void put(unsigned index, uint64_t ipa, uint32_t len, unsigned flags, unsigned next)
{
	put_at(DESC, index, ipa, len, flags, next);
}

static void offer(unsigned head)
{
	avail()->ring[avail()->idx % SIZE] = (uint16_t)head;
	avail()->idx++;
}

static int pop(void)
{
	return virtqueue_pop(&queue, &chain);
}

static void layout(void)
{
	memset(&queue, 0, sizeof(queue));
	queue.size = SIZE;
	queue.desc_ipa = DESC;
	queue.avail_ipa = AVAIL;
	queue.used_ipa = USED;
}

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	layout();
	return virtqueue_start(&queue, false);
}

static int teardown(void **state)
{
	(void)state;
	fake_vm_stop();
	return 0;
}

static void empty_queue_has_no_chain(void **state)
{
	(void)state;
	assert_int_equal(pop(), 0);
	assert_false(virtqueue_has_work(&queue));
}

static void queue_that_was_not_started_has_no_chain(void **state)
{
	(void)state;
	virtqueue_stop(&queue);
	assert_int_equal(pop(), 0);
	assert_false(virtqueue_enable_notify(&queue));
}

static void chain_lists_readable_then_writable_buffers(void **state)
{
	(void)state;
	put(3, BUFFER, 16, VRING_DESC_F_NEXT, 1);
	put(1, BUFFER + 0x100, 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 7);
	put(7, BUFFER + 0x400, 1, VRING_DESC_F_WRITE, 0);
	offer(3);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.head, 3);
	assert_int_equal(chain.readable, 1);
	assert_int_equal(chain.writable, 2);
	assert_int_equal(chain.readable_bytes, 16);
	assert_int_equal(chain.writable_bytes, 513);
	assert_ptr_equal(chain.iov[0].iov_base, fake_ram(BUFFER));
	assert_ptr_equal(chain.iov[1].iov_base, fake_ram(BUFFER + 0x100));
	assert_int_equal(chain.iov[1].iov_len, 512);
	assert_int_equal(pop(), 0);
}

static void indirect_table_is_followed(void **state)
{
	(void)state;
	put(0, INDIRECT, 3 * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	put_at(INDIRECT, 0, BUFFER, 16, VRING_DESC_F_NEXT, 2);
	put_at(INDIRECT, 2, BUFFER + 16, 32, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	put_at(INDIRECT, 1, BUFFER + 64, 64, VRING_DESC_F_WRITE, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.readable_bytes, 16);
	assert_int_equal(chain.writable_bytes, 96);
}

static void indirect_table_may_follow_direct_buffers(void **state)
{
	(void)state;
	put(0, BUFFER, 8, VRING_DESC_F_NEXT, 1);
	put(1, INDIRECT, sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	put_at(INDIRECT, 0, BUFFER + 16, 32, VRING_DESC_F_WRITE, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.readable_bytes, 8);
	assert_int_equal(chain.writable_bytes, 32);
}

static void largest_indirect_chain_is_taken(void **state)
{
	(void)state;
	put(0, INDIRECT, VIRTQUEUE_SIZE_MAX * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	for (unsigned i = 0; i < VIRTQUEUE_SIZE_MAX; i++)
		put_at(INDIRECT, i, BUFFER + i, 1,
		       i + 1 < VIRTQUEUE_SIZE_MAX ? VRING_DESC_F_NEXT : 0, i + 1);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.readable, VIRTQUEUE_SIZE_MAX);
}

static void empty_buffer_is_skipped(void **state)
{
	(void)state;
	put(0, 0, 0, VRING_DESC_F_NEXT, 1);
	put(1, BUFFER, 4, 0, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.readable, 1);
}

static void unpopped_chain_is_taken_again(void **state)
{
	(void)state;
	put(2, BUFFER, 4, 0, 0);
	offer(2);
	assert_int_equal(pop(), 1);
	virtqueue_unpop(&queue);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.head, 2);
}

static void indices_wrap_around(void **state)
{
	(void)state;
	put(5, BUFFER, 4, 0, 0);
	for (unsigned i = 0; i < 70000; i++) {
		offer(5);
		assert_int_equal(pop(), 1);
		virtqueue_push(&queue, chain.head, i);
	}
	assert_int_equal(used()->idx, (uint16_t)70000);
	assert_int_equal(used()->ring[(uint16_t)(70000 - 1) % SIZE].len, 69999);
	assert_int_equal(pop(), 0);
}

/* ---- hostile drivers ---- */

static void loop_of_descriptors_is_refused(void **state)
{
	(void)state;
	put(0, BUFFER, 4, VRING_DESC_F_NEXT, 1);
	put(1, BUFFER, 4, VRING_DESC_F_NEXT, 0);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void loop_of_empty_descriptors_is_refused(void **state)
{
	(void)state;
	put(0, BUFFER, 0, VRING_DESC_F_NEXT, 0);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void loop_in_indirect_table_is_refused(void **state)
{
	(void)state;
	put(0, INDIRECT, 2 * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	put_at(INDIRECT, 0, BUFFER, 4, VRING_DESC_F_NEXT, 0);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void buffer_outside_memory_is_refused(void **state)
{
	static const struct {
		uint64_t ipa;
		uint32_t len;
	} outside[] = {
		{ 0, 16 },
		{ FAKE_RAM - 1, 2 },
		{ FAKE_RAM + FAKE_RAM_SIZE, 1 },
		{ FAKE_RAM + FAKE_RAM_SIZE - 1, 2 },
		{ UINT64_MAX, 2 },
		{ UINT64_MAX - 0xffff, UINT32_MAX },
		{ FAKE_RAM, UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		layout();
		assert_int_equal(virtqueue_start(&queue, false), 0);
		avail()->idx = 0;
		put(0, outside[i].ipa, outside[i].len, 0, 0);
		offer(0);
		assert_int_equal(pop(), -EPROTO);
	}
}

static void readable_behind_writable_is_refused(void **state)
{
	(void)state;
	put(0, BUFFER, 4, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	put(1, BUFFER, 4, 0, 0);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void head_outside_the_table_is_refused(void **state)
{
	(void)state;
	offer(SIZE);
	assert_int_equal(pop(), -EPROTO);
}

static void next_outside_the_table_is_refused(void **state)
{
	(void)state;
	put(0, BUFFER, 4, VRING_DESC_F_NEXT, 0xffff);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void next_outside_the_indirect_table_is_refused(void **state)
{
	(void)state;
	put(0, INDIRECT, 2 * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	put_at(INDIRECT, 0, BUFFER, 4, VRING_DESC_F_NEXT, 2);
	put_at(INDIRECT, 2, BUFFER, 4, 0, 0);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void indirect_table_in_an_indirect_table_is_refused(void **state)
{
	(void)state;
	put(0, INDIRECT, sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	put_at(INDIRECT, 0, INDIRECT + 0x100, sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void indirect_table_with_a_next_is_refused(void **state)
{
	(void)state;
	put(0, INDIRECT, sizeof(struct vring_desc), VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

static void indirect_table_of_odd_size_or_place_is_refused(void **state)
{
	static const struct {
		uint64_t ipa;
		uint32_t len;
	} tables[] = {
		{ INDIRECT, 0 },
		{ INDIRECT, 15 },
		{ INDIRECT, 17 },
		{ INDIRECT + 4, 16 },
		{ FAKE_RAM + FAKE_RAM_SIZE - 16, 32 },
		{ 0, 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		layout();
		assert_int_equal(virtqueue_start(&queue, false), 0);
		avail()->idx = 0;
		put(0, tables[i].ipa, tables[i].len, VRING_DESC_F_INDIRECT, 0);
		offer(0);
		assert_int_equal(pop(), -EPROTO);
	}
}

static void chain_of_too_many_buffers_is_refused(void **state)
{
	(void)state;
	put(0, INDIRECT, (VIRTQUEUE_SIZE_MAX + 1) * sizeof(struct vring_desc),
	    VRING_DESC_F_INDIRECT, 0);
	for (unsigned i = 0; i <= VIRTQUEUE_SIZE_MAX; i++)
		put_at(INDIRECT, i, BUFFER + i, 1, i < VIRTQUEUE_SIZE_MAX ? VRING_DESC_F_NEXT : 0,
		       i + 1);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
}

/* 2.7.5: a chain is at most 2^32 bytes long; used->len cannot say more than 2^32 - 1. */
static void chain_of_four_gibibytes_is_refused(void **state)
{
	unsigned count = (unsigned)((1ULL << 32) / FAKE_RAM_SIZE);

	(void)state;
	put(0, INDIRECT, count * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
	for (unsigned i = 0; i < count; i++)
		put_at(INDIRECT, i, FAKE_RAM, FAKE_RAM_SIZE, i + 1 < count ? VRING_DESC_F_NEXT : 0,
		       i + 1);
	offer(0);
	assert_int_equal(pop(), -EPROTO);
	put_at(INDIRECT, 0, FAKE_RAM, FAKE_RAM_SIZE - 1, VRING_DESC_F_NEXT, 1);
	assert_int_equal(pop(), 1);
	assert_int_equal(chain.readable_bytes, UINT32_MAX);
}

static void avail_index_that_ran_away_is_refused(void **state)
{
	(void)state;
	avail()->idx = SIZE + 1;
	assert_int_equal(pop(), -EPROTO);
	avail()->idx = 0xffff;
	assert_int_equal(pop(), -EPROTO);
}

static void layout_that_is_not_allowed_is_refused(void **state)
{
	static const uint32_t sizes[] = { 0, 3, 12, VIRTQUEUE_SIZE_MAX * 2, 0x80000000u, 65536 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		layout();
		queue.size = sizes[i];
		assert_int_equal(virtqueue_start(&queue, false), -EINVAL);
		assert_false(queue.ready);
	}
	layout();
	queue.desc_ipa += 8;
	assert_int_equal(virtqueue_start(&queue, false), -EINVAL);
	layout();
	queue.avail_ipa += 1;
	assert_int_equal(virtqueue_start(&queue, false), -EINVAL);
	layout();
	queue.used_ipa += 2;
	assert_int_equal(virtqueue_start(&queue, false), -EINVAL);
}

static void rings_outside_memory_are_refused(void **state)
{
	(void)state;
	layout();
	queue.desc_ipa = 0;
	assert_int_equal(virtqueue_start(&queue, false), -EFAULT);
	layout();
	queue.avail_ipa = FAKE_RAM + FAKE_RAM_SIZE - 4;
	assert_int_equal(virtqueue_start(&queue, false), -EFAULT);
	layout();
	queue.used_ipa = ~7ULL;
	assert_int_equal(virtqueue_start(&queue, false), -EFAULT);
	assert_false(queue.ready);
}

/* The last byte of both rings is the event word behind the entries. */
static void rings_may_end_where_memory_ends(void **state)
{
	uint64_t bytes = sizeof(struct vring_used) + SIZE * sizeof(struct vring_used_elem) + 2;

	(void)state;
	layout();
	queue.used_ipa = (FAKE_RAM + FAKE_RAM_SIZE - bytes) & ~3ULL;
	assert_int_equal(virtqueue_start(&queue, true), 0);
	put(0, BUFFER, 4, 0, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	virtqueue_push(&queue, 0, 0);
	assert_false(virtqueue_enable_notify(&queue));
	layout();
	queue.used_ipa = ((FAKE_RAM + FAKE_RAM_SIZE - bytes) & ~3ULL) + 4;
	assert_int_equal(virtqueue_start(&queue, true), -EFAULT);
}

/* ---- notifications ---- */

static void driver_without_event_index_gets_an_interrupt_unless_it_says_no(void **state)
{
	(void)state;
	assert_false(virtqueue_should_interrupt(&queue)); /* nothing was pushed */
	virtqueue_push(&queue, 0, 0);
	assert_true(virtqueue_should_interrupt(&queue));
	assert_false(virtqueue_should_interrupt(&queue));
	avail()->flags = VRING_AVAIL_F_NO_INTERRUPT;
	virtqueue_push(&queue, 0, 0);
	assert_false(virtqueue_should_interrupt(&queue));
}

static void used_event_says_when_to_interrupt(void **state)
{
	uint16_t *used_event = &avail()->ring[SIZE];

	(void)state;
	queue.event_idx = true;
	*used_event = 2;
	virtqueue_push(&queue, 0, 0);
	assert_false(virtqueue_should_interrupt(&queue));
	virtqueue_push(&queue, 0, 0);
	assert_false(virtqueue_should_interrupt(&queue));
	virtqueue_push(&queue, 0, 0);
	assert_true(virtqueue_should_interrupt(&queue));
	virtqueue_push(&queue, 0, 0);
	assert_false(virtqueue_should_interrupt(&queue));
}

static void interrupt_is_due_when_a_batch_passes_used_event(void **state)
{
	(void)state;
	queue.event_idx = true;
	avail()->ring[SIZE] = 1;
	for (int i = 0; i < 5; i++)
		virtqueue_note(&queue, 0, 0);
	assert_int_equal(used()->idx, 0);
	virtqueue_publish(&queue);
	assert_int_equal(used()->idx, 5);
	assert_true(virtqueue_should_interrupt(&queue));
}

static void avail_event_is_written_where_notifications_are_wanted(void **state)
{
	uint16_t *avail_event = (uint16_t *)(void *)&used()->ring[SIZE];

	(void)state;
	queue.event_idx = true;
	put(0, BUFFER, 4, 0, 0);
	offer(0);
	assert_int_equal(pop(), 1);
	assert_false(virtqueue_enable_notify(&queue));
	assert_int_equal(*avail_event, 1);
	offer(0);
	assert_true(virtqueue_enable_notify(&queue));
}

static void no_notify_flag_is_set_and_cleared(void **state)
{
	(void)state;
	virtqueue_disable_notify(&queue);
	assert_int_equal(used()->flags, VRING_USED_F_NO_NOTIFY);
	assert_false(virtqueue_enable_notify(&queue));
	assert_int_equal(used()->flags, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_queue_has_no_chain),
		TEST(queue_that_was_not_started_has_no_chain),
		TEST(chain_lists_readable_then_writable_buffers),
		TEST(indirect_table_is_followed),
		TEST(indirect_table_may_follow_direct_buffers),
		TEST(largest_indirect_chain_is_taken),
		TEST(empty_buffer_is_skipped),
		TEST(unpopped_chain_is_taken_again),
		TEST(indices_wrap_around),
		TEST(loop_of_descriptors_is_refused),
		TEST(loop_of_empty_descriptors_is_refused),
		TEST(loop_in_indirect_table_is_refused),
		TEST(buffer_outside_memory_is_refused),
		TEST(readable_behind_writable_is_refused),
		TEST(head_outside_the_table_is_refused),
		TEST(next_outside_the_table_is_refused),
		TEST(next_outside_the_indirect_table_is_refused),
		TEST(indirect_table_in_an_indirect_table_is_refused),
		TEST(indirect_table_with_a_next_is_refused),
		TEST(indirect_table_of_odd_size_or_place_is_refused),
		TEST(chain_of_too_many_buffers_is_refused),
		TEST(chain_of_four_gibibytes_is_refused),
		TEST(avail_index_that_ran_away_is_refused),
		TEST(layout_that_is_not_allowed_is_refused),
		TEST(rings_outside_memory_are_refused),
		TEST(rings_may_end_where_memory_ends),
		TEST(driver_without_event_index_gets_an_interrupt_unless_it_says_no),
		TEST(used_event_says_when_to_interrupt),
		TEST(interrupt_is_due_when_a_batch_passes_used_event),
		TEST(avail_event_is_written_where_notifications_are_wanted),
		TEST(no_notify_flag_is_set_and_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
