// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-net (virtio 1.2, 5.1), with a network that the test holds in its hands.
 */
/* sources: bhyve/device/virtio_net.c bhyve/device/option.c bhyve/device/iov.c */
/* sources: bhyve/device/virtio_mmio.c bhyve/device/virtqueue.c test/unit/fake_vm.c */
/* sources: test/unit/virtio_driver.c bhyve/mevent.c bhyve/mmio.c bhyve/config.c */
/* sources: bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/net.h"
#include "bhyve/config.h"
#include "bhyve/device/option.h"
#include "bhyve/mmio.h"
#include "virtio_driver.h"

#define SLOT   2u
#define RX     0u
#define TX     1u
#define BUFFER DRIVER_BUFFER_IPA
#define HEADER sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define MERGE  (1ULL << VIRTIO_NET_F_MRG_RXBUF)
#define WRITE  VRING_DESC_F_WRITE
#define NEXT   VRING_DESC_F_NEXT
#define FRAMES 512u
#define ROOM   2048u

/* ---- the network ---- */

static struct net network;
static struct net_options opened_with;
static uint8_t sent[NET_FRAME_MAX];
static size_t sent_length;
static unsigned sent_count;
static int send_error;
static size_t waiting_length[FRAMES];
static unsigned waiting_first;
static unsigned waiting_count;
static bool wanted;
static bool closed;

int net_open(const struct net_options *options, net_fn *callback, void *arg, struct net **out,
	     char *err, size_t errlen)
{
	opened_with = *options;
	if (strcmp(options->backend, "broken") == 0) {
		snprintf(err, errlen, "broken: cannot be opened");
		return -ENODEV;
	}
	network.callback = callback;
	network.arg = arg;
	*out = &network;
	return 0;
}

void net_close(struct net *net)
{
	closed = net != NULL;
}

int net_send(struct net *net, const struct iovec *iov, size_t count)
{
	assert_ptr_equal(net, &network);
	sent_length = 0;
	for (size_t i = 0; i < count; i++) {
		assert_true(sent_length + iov[i].iov_len <= sizeof(sent));
		memcpy(sent + sent_length, iov[i].iov_base, iov[i].iov_len);
		sent_length += iov[i].iov_len;
	}
	sent_count++;
	return send_error;
}

/* Frame N consists of bytes N, N + 1, ... */
ssize_t net_receive(struct net *net, void *buf, size_t len)
{
	size_t length;

	assert_ptr_equal(net, &network);
	if (!waiting_count)
		return 0;
	length = waiting_length[waiting_first % FRAMES];
	assert_true(length <= len);
	for (size_t i = 0; i < length; i++)
		((uint8_t *)buf)[i] = (uint8_t)(waiting_first + i);
	waiting_first++;
	waiting_count--;
	return (ssize_t)length;
}

void net_want(struct net *net, bool frames)
{
	assert_ptr_equal(net, &network);
	wanted = frames;
}

static void frame_comes(size_t length)
{
	waiting_length[(waiting_first + waiting_count++) % FRAMES] = length;
	if (wanted)
		network.callback(network.arg);
}

/* ---- the device ---- */

static struct device *device;

static void open_device(void)
{
	char err[512];

	mmio_clear();
	if (virtio_net_device.create(SLOT, &device, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		abort();
	}
}

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	sent_count = waiting_first = waiting_count = 0;
	send_error = 0;
	wanted = closed = false;
	config_set("slot.2.backend", "slirp");
	open_device();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	device->ops->destroy(device);
	fake_vm_stop();
	return 0;
}

static void give_buffer(unsigned index, uint32_t length)
{
	driver_put(RX, index, BUFFER + ROOM * index, length, WRITE, 0);
	driver_offer(RX, index);
	driver_kick(SLOT, RX);
	fake_settle();
}

static struct virtio_net_hdr_mrg_rxbuf *header_of(unsigned index)
{
	return fake_ram(BUFFER + ROOM * index);
}

static const uint8_t *frame_of(unsigned index)
{
	return (const uint8_t *)fake_ram(BUFFER + ROOM * index) + HEADER;
}

/* ---- sending ---- */

static void frame_is_sent_without_the_header(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	memcpy(fake_ram(BUFFER + HEADER), "ethernet frame", 14);
	driver_put(TX, 0, BUFFER, HEADER + 14, 0, 0);
	driver_offer(TX, 0);
	driver_kick(SLOT, TX);
	assert_true(driver_wait_used(TX, 1));
	assert_int_equal(sent_length, 14);
	assert_memory_equal(sent, "ethernet frame", 14);
	assert_int_equal(driver_used(TX)->ring[0].len, 0);
}

static void frame_may_be_in_pieces(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	memcpy(fake_ram(BUFFER + 0x1000), "abcdef", 6);
	driver_put(TX, 0, BUFFER, 5, NEXT, 1);
	driver_put(TX, 1, BUFFER + 5, HEADER - 5, NEXT, 2);
	driver_put(TX, 2, BUFFER + 0x1000, 2, NEXT, 3);
	driver_put(TX, 3, BUFFER + 0x1002, 4, 0, 0);
	driver_offer(TX, 0);
	driver_kick(SLOT, TX);
	assert_true(driver_wait_used(TX, 1));
	assert_int_equal(sent_length, 6);
	assert_memory_equal(sent, "abcdef", 6);
}

static void header_alone_sends_nothing(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(TX, 0, BUFFER, HEADER, 0, 0);
	driver_offer(TX, 0);
	driver_kick(SLOT, TX);
	assert_true(driver_wait_used(TX, 1));
	assert_int_equal(sent_count, 0);
}

static void frame_that_is_too_long_is_dropped(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(TX, 0, BUFFER, HEADER + NET_FRAME_MAX + 1, 0, 0);
	driver_offer(TX, 0);
	driver_put(TX, 1, BUFFER, HEADER + NET_FRAME_MAX, 0, 0);
	driver_offer(TX, 1);
	driver_kick(SLOT, TX);
	assert_true(driver_wait_used(TX, 2));
	assert_int_equal(sent_count, 1);
	assert_int_equal(sent_length, NET_FRAME_MAX);
}

static uint64_t counter(enum vm_device_stat_id stat)
{
	return device->stats[stat];
}

static void frames_sent_and_lost_are_counted(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	for (unsigned i = 0; i < 3; i++) {
		send_error = i == 2 ? -EAGAIN : 0;
		driver_put(TX, i, BUFFER, HEADER + 60 + i, 0, 0);
		driver_offer(TX, i);
		driver_kick(SLOT, TX);
		assert_true(driver_wait_used(TX, i + 1));
	}
	assert_int_equal(counter(VM_DEVICE_STAT_TRANSMIT_PACKETS), 2);
	assert_int_equal(counter(VM_DEVICE_STAT_TRANSMIT_BYTES), 121);
	assert_int_equal(counter(VM_DEVICE_STAT_TRANSMIT_DROPS), 1);
}

static void frames_received_and_lost_are_counted(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	give_buffer(0, ROOM);
	give_buffer(1, ROOM);
	frame_comes(100);
	frame_comes(ROOM); /* longer than the buffer, which is not merged with others */
	opened_with.dropped(network.arg, 5); /* by the back end */
	fake_settle();
	assert_int_equal(counter(VM_DEVICE_STAT_RECEIVE_PACKETS), 1);
	assert_int_equal(counter(VM_DEVICE_STAT_RECEIVE_BYTES), 100);
	assert_int_equal(counter(VM_DEVICE_STAT_RECEIVE_DROPS), 6);
}

static void half_a_header_asks_for_a_reset(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(TX, 0, BUFFER, HEADER - 1, 0, 0);
	driver_offer(TX, 0);
	driver_kick(SLOT, TX);
	assert_true(driver_needs_reset(SLOT));
}

static void writable_transmit_buffer_asks_for_a_reset(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	driver_put(TX, 0, BUFFER, 100, NEXT, 1);
	driver_put(TX, 1, BUFFER, 100, WRITE, 0);
	driver_offer(TX, 0);
	driver_kick(SLOT, TX);
	assert_true(driver_needs_reset(SLOT));
}

/* ---- receiving ---- */

static void frame_is_received_behind_a_header(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	give_buffer(0, ROOM);
	memset(fake_ram(BUFFER), 0xff, HEADER);
	frame_comes(60);
	assert_int_equal(driver_used(RX)->idx, 1);
	assert_int_equal(driver_used(RX)->ring[0].len, HEADER + 60);
	assert_int_equal(header_of(0)->num_buffers, 1);
	assert_int_equal(header_of(0)->hdr.flags, 0);
	assert_int_equal(header_of(0)->hdr.gso_type, 0);
	assert_int_equal(frame_of(0)[0], 0);
	assert_int_equal(frame_of(0)[59], 59);
	assert_true(fake_irq_level(VIRTIO_MMIO_INTID(SLOT)));
}

static void frame_waits_for_buffers(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	assert_true(wanted);
	frame_comes(60);
	frame_comes(61);
	assert_false(wanted);
	assert_int_equal(driver_used(RX)->idx, 0);
	give_buffer(0, ROOM);
	assert_int_equal(driver_used(RX)->idx, 1);
	give_buffer(1, ROOM);
	assert_int_equal(driver_used(RX)->idx, 2);
	assert_int_equal(driver_used(RX)->ring[1].len, HEADER + 61);
	assert_int_equal(frame_of(1)[0], 1);
	assert_true(wanted);
}

static void large_frame_is_spread_over_merged_buffers(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	for (unsigned i = 0; i < 4; i++)
		give_buffer(i, 512);
	frame_comes(1400);
	assert_int_equal(driver_used(RX)->idx, 3);
	assert_int_equal(header_of(0)->num_buffers, 3);
	assert_int_equal(driver_used(RX)->ring[0].len, 512);
	assert_int_equal(driver_used(RX)->ring[1].len, 512);
	assert_int_equal(driver_used(RX)->ring[2].len, HEADER + 1400 - 1024);
	assert_int_equal(*(uint8_t *)fake_ram(BUFFER + ROOM), (512 - HEADER) & 0xff);
}

static void partly_placed_frame_waits_for_the_rest(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	give_buffer(0, 512);
	frame_comes(1000);
	assert_int_equal(driver_used(RX)->idx, 0);
	give_buffer(1, 512);
	assert_int_equal(driver_used(RX)->idx, 2);
	assert_int_equal(header_of(0)->num_buffers, 2);
	assert_int_equal(frame_of(0)[0], 0);
}

static void header_in_pieces_gets_its_count(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	driver_put(RX, 0, BUFFER, 11, WRITE | NEXT, 1);
	driver_put(RX, 1, BUFFER + 0x800, 100, WRITE, 0);
	driver_offer(RX, 0);
	driver_kick(SLOT, RX);
	fake_settle();
	frame_comes(20);
	assert_int_equal(driver_used(RX)->idx, 1);
	assert_int_equal(((uint8_t *)fake_ram(BUFFER))[10], 1);
	assert_int_equal(((uint8_t *)fake_ram(BUFFER + 0x800))[0], 0);
	assert_int_equal(((uint8_t *)fake_ram(BUFFER + 0x800))[20], 19);
}

static void frame_larger_than_a_buffer_is_dropped_without_merging(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	give_buffer(0, 512);
	frame_comes(1400);
	assert_int_equal(driver_used(RX)->idx, 0);
	frame_comes(100);
	assert_int_equal(driver_used(RX)->idx, 1);
	assert_int_equal(driver_used(RX)->ring[0].len, HEADER + 100);
}

static void frame_larger_than_the_whole_queue_is_dropped(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	for (unsigned i = 0; i < DRIVER_QUEUE_SIZE; i++)
		give_buffer(i, 32);
	frame_comes(1400);
	assert_int_equal(driver_used(RX)->idx, 0);
	frame_comes(20);
	assert_int_equal(driver_used(RX)->idx, 1);
}

static void receive_buffer_without_room_for_the_header_asks_for_a_reset(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	give_buffer(0, 8);
	frame_comes(60);
	assert_true(driver_needs_reset(SLOT));
	assert_false(wanted);
}

static void readable_receive_buffer_asks_for_a_reset(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	driver_put(RX, 0, BUFFER, 100, 0, 0);
	driver_offer(RX, 0);
	driver_kick(SLOT, RX);
	fake_settle();
	frame_comes(60);
	assert_true(driver_needs_reset(SLOT));
}

static void many_frames_come_in_order(void **state)
{
	(void)state;
	driver_start(SLOT, MERGE, 2);
	for (unsigned i = 0; i < 300; i++) {
		give_buffer(i % DRIVER_QUEUE_SIZE, ROOM);
		frame_comes(64 + i);
		assert_int_equal(driver_used(RX)->idx, i + 1);
		assert_int_equal(driver_used(RX)->ring[i % DRIVER_QUEUE_SIZE].len, HEADER + 64 + i);
		assert_int_equal(frame_of(i % DRIVER_QUEUE_SIZE)[0], i & 0xff);
	}
}

static void reset_forgets_the_waiting_frame(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	frame_comes(60);
	driver_start(SLOT, 0, 2);
	give_buffer(0, ROOM);
	assert_int_equal(driver_used(RX)->idx, 0);
	frame_comes(70);
	assert_int_equal(driver_used(RX)->ring[0].len, HEADER + 70);
}

/* ---- configuration ---- */

static uint8_t config_byte(unsigned offset)
{
	return (uint8_t)fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x100 + offset, 1);
}

static void address_is_made_from_the_name_and_stays_the_same(void **state)
{
	uint8_t first[6];

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		first[i] = config_byte(i);
	assert_int_equal(first[0], 2);
	device->ops->destroy(device);
	open_device();
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(config_byte(i), first[i]);
	device->ops->destroy(device);
	config_set("name", "another");
	open_device();
	assert_false(config_byte(3) == first[3] && config_byte(4) == first[4] &&
		     config_byte(5) == first[5]);
}

static void address_and_mtu_can_be_chosen(void **state)
{
	static const uint8_t mac[] = { 0x52, 0x54, 0, 0xab, 0xcd, 0xef };

	(void)state;
	assert_false(driver_offered(SLOT) & 1ULL << VIRTIO_NET_F_MTU);
	device->ops->destroy(device);
	config_set("slot.2.mac", "52:54:00:AB:cd:ef");
	config_set("slot.2.mtu", "9000");
	open_device();
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(config_byte(i), mac[i]);
	assert_true(driver_offered(SLOT) & 1ULL << VIRTIO_NET_F_MTU);
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x10a, 2), 9000);
	assert_int_equal(opened_with.mtu, 9000);
}

static void link_is_up(void **state)
{
	(void)state;
	assert_true(driver_offered(SLOT) & 1ULL << VIRTIO_NET_F_STATUS);
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x106, 2), VIRTIO_NET_S_LINK_UP);
}

static void options_that_are_wrong_are_refused(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		const char *says;
	} wrong[] = {
		{ "mac", "52:54:00:ab:cd", "slot 5: mac=52:54:00:ab:cd: must be six" },
		{ "mac", "52:54:00:ab:cd:ef:01", "must be six hexadecimal bytes" },
		{ "mac", "01:00:00:00:00:00", "is a multicast address" },
		{ "mac", "ff:ff:ff:ff:ff:ff", "is a multicast address" },
		{ "mac", "00:00:00:00:00:00", "is no address" },
		{ "mtu", "10", "slot 5: mtu=10: must be a number from 68 to 65521" },
		{ "mtu", "many", "must be a number" },
		{ "backend", "broken", "slot 5: broken: cannot be opened" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct device *other;
		char err[512] = "";
		char key[32];

		config_clear();
		config_set("slot.5.backend", "slirp");
		snprintf(key, sizeof(key), "slot.5.%s", wrong[i].key);
		config_set(key, wrong[i].value);
		assert_true(virtio_net_device.create(5, &other, err, sizeof(err)) < 0);
		if (!strstr(err, wrong[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err, wrong[i].says);
	}
}

static void interface_without_a_back_end_is_refused(void **state)
{
	struct device *other;
	char err[512] = "";

	(void)state;
	assert_true(virtio_net_device.create(5, &other, err, sizeof(err)) < 0);
	assert_non_null(strstr(err, "slot 5: virtio-net: no back end; name one: "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frame_is_sent_without_the_header),
		TEST(frame_may_be_in_pieces),
		TEST(header_alone_sends_nothing),
		TEST(frame_that_is_too_long_is_dropped),
		TEST(frames_sent_and_lost_are_counted),
		TEST(frames_received_and_lost_are_counted),
		TEST(half_a_header_asks_for_a_reset),
		TEST(writable_transmit_buffer_asks_for_a_reset),
		TEST(frame_is_received_behind_a_header),
		TEST(frame_waits_for_buffers),
		TEST(large_frame_is_spread_over_merged_buffers),
		TEST(partly_placed_frame_waits_for_the_rest),
		TEST(header_in_pieces_gets_its_count),
		TEST(frame_larger_than_a_buffer_is_dropped_without_merging),
		TEST(frame_larger_than_the_whole_queue_is_dropped),
		TEST(receive_buffer_without_room_for_the_header_asks_for_a_reset),
		TEST(readable_receive_buffer_asks_for_a_reset),
		TEST(many_frames_come_in_order),
		TEST(reset_forgets_the_waiting_frame),
		TEST(address_is_made_from_the_name_and_stays_the_same),
		TEST(address_and_mtu_can_be_chosen),
		TEST(link_is_up),
		TEST(options_that_are_wrong_are_refused),
		TEST(interface_without_a_back_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
