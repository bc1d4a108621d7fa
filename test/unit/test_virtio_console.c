// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-console (virtio 1.2, 5.3), over Unix sockets whose other ends the test holds.
 */
/* sources: bhyve/device/virtio_console.c bhyve/device/option.c bhyve/device/iov.c */
/* sources: bhyve/device/virtio_mmio.c bhyve/device/virtqueue.c test/unit/fake_vm.c */
/* sources: bhyve/backend/console.c bhyve/backend/console_open.c bhyve/backend/terminal.c */
/* sources: test/unit/virtio_driver.c test/unit/console_peer.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/virtio_console.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "bhyve/device/option.h"
#include "bhyve/mmio.h"
#include "console_peer.h"
#include "virtio_driver.h"

#define SLOT	   4u
#define RX0	   0u
#define TX0	   1u
#define CONTROL_RX 2u
#define CONTROL_TX 3u
#define RX1	   4u
#define TX1	   5u
#define MULTIPORT  (1ULL << VIRTIO_CONSOLE_F_MULTIPORT)
#define BUFFER	   DRIVER_BUFFER_IPA
#define CONTROL	   (DRIVER_BUFFER_IPA + 0x100000u)
#define ROOM	   256u
#define WRITE	   VRING_DESC_F_WRITE

static struct device *device;
static int peer[2];
static uint16_t messages_read;

static void open_device(void)
{
	char err[512];

	if (virtio_console_device.create(SLOT, &device, err, sizeof(err))) {
		fprintf(stderr, "%s\n", err);
		abort();
	}
}

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	messages_read = 0;
	config_set("slot.4.port.0.backend", console_peer_description_of(0));
	config_set("slot.4.port.1.backend", console_peer_description_of(1));
	config_set("slot.4.port.1.name", "org.test.1");
	open_device();
	peer[0] = console_peer_connect_to(0);
	peer[1] = console_peer_connect_to(1);
	fake_settle();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	device->ops->destroy(device);
	close(peer[0]);
	close(peer[1]);
	fake_vm_stop();
	return 0;
}

static void give(unsigned queue, unsigned index, uint64_t ipa, uint32_t len)
{
	driver_put(queue, index, ipa, len, WRITE, 0);
	driver_offer(queue, index);
	driver_kick(SLOT, queue);
	fake_settle();
}

static void transmit(unsigned queue, const void *bytes, size_t len)
{
	uint16_t done = driver_used(queue)->idx;

	memcpy(fake_ram(BUFFER + 0x80000), bytes, len);
	driver_put(queue, 15, BUFFER + 0x80000, (uint32_t)len, 0, 0);
	driver_offer(queue, 15);
	driver_kick(SLOT, queue);
	assert_true(driver_wait_used(queue, (uint16_t)(done + 1)));
	fake_settle();
}

static void control(unsigned id, unsigned event, unsigned value)
{
	struct virtio_console_control message = {
		.id = id,
		.event = (uint16_t)event,
		.value = (uint16_t)value,
	};

	transmit(CONTROL_TX, &message, sizeof(message));
}

/* The next message that the device sent, or NULL. */
static const struct virtio_console_control *message(uint32_t *len)
{
	const struct vring_used_elem *used;

	fake_settle();
	if (driver_used(CONTROL_RX)->idx == messages_read)
		return NULL;
	used = &driver_used(CONTROL_RX)->ring[messages_read++ % DRIVER_QUEUE_SIZE];
	if (len)
		*len = used->len;
	return fake_ram(CONTROL + ROOM * used->id);
}

static void expect_message(unsigned id, unsigned event, unsigned value)
{
	const struct virtio_console_control *got = message(NULL);

	assert_non_null(got);
	assert_int_equal(got->id, id);
	assert_int_equal(got->event, event);
	assert_int_equal(got->value, value);
}

/* As Linux does: both ports are found, described and opened. */
static void start_multiport(void)
{
	driver_start(SLOT, MULTIPORT, 6);
	for (unsigned i = 0; i < 15; i++)
		give(CONTROL_RX, i, CONTROL + ROOM * i, ROOM);
	control(UINT32_MAX, VIRTIO_CONSOLE_DEVICE_READY, 1);
}

static void open_ports(void)
{
	for (unsigned i = 0; i < 2; i++) {
		control(i, VIRTIO_CONSOLE_PORT_READY, 1);
		control(i, VIRTIO_CONSOLE_PORT_OPEN, 1);
	}
}

static void expect_text(int fd, const char *text)
{
	for (; *text; text++)
		assert_int_equal(console_peer_read_byte(fd), *text);
}

static void first_port_works_without_multiport(void **state)
{
	(void)state;
	driver_start(SLOT, 0, 2);
	transmit(TX0, "hello", 5);
	expect_text(peer[0], "hello");
	give(RX0, 0, BUFFER, 100);
	assert_int_equal(write(peer[0], "world", 5), 5);
	assert_true(driver_wait_used(RX0, 1));
	assert_int_equal(driver_used(RX0)->ring[0].len, 5);
	assert_memory_equal(fake_ram(BUFFER), "world", 5);
}

static void number_of_ports_is_in_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(fake_read(VIRTIO_MMIO_BASE(SLOT) + 0x104, 4), 2);
	driver_set(SLOT, VIRTIO_MMIO_QUEUE_SEL, 5);
	assert_int_not_equal(driver_get(SLOT, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
	driver_set(SLOT, VIRTIO_MMIO_QUEUE_SEL, 6);
	assert_int_equal(driver_get(SLOT, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
}

static void ready_driver_is_told_of_the_ports(void **state)
{
	(void)state;
	start_multiport();
	expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1);
	expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1);
	assert_null(message(NULL));
}

/* As FreeBSD does, which waits for its message to be taken, and says DRIVER_OK then. */
static void driver_may_be_ready_before_driver_ok(void **state)
{
	(void)state;
	assert_true(driver_negotiate(SLOT, MULTIPORT | 1ULL << VIRTIO_F_VERSION_1));
	for (unsigned i = 0; i < 6; i++)
		driver_setup_queue(SLOT, i, DRIVER_QUEUE_SIZE);
	for (unsigned i = 0; i < 15; i++)
		give(CONTROL_RX, i, CONTROL + ROOM * i, ROOM);
	control(UINT32_MAX, VIRTIO_CONSOLE_DEVICE_READY, 1);
	driver_ok(SLOT);
	expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1);
	expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1);
}

static void port_without_a_name_is_a_console(void **state)
{
	(void)state;
	start_multiport();
	messages_read = 2;
	control(0, VIRTIO_CONSOLE_PORT_READY, 1);
	expect_message(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
	expect_message(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
	assert_null(message(NULL));
}

static void port_with_a_name_tells_it(void **state)
{
	const struct virtio_console_control *got;
	uint32_t length;

	(void)state;
	start_multiport();
	messages_read = 2;
	control(1, VIRTIO_CONSOLE_PORT_READY, 1);
	got = message(&length);
	assert_non_null(got);
	assert_int_equal(got->event, VIRTIO_CONSOLE_PORT_NAME);
	assert_int_equal(length, sizeof(*got) + strlen("org.test.1"));
	assert_memory_equal(got + 1, "org.test.1", strlen("org.test.1"));
	expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

static void messages_wait_for_buffers(void **state)
{
	(void)state;
	driver_start(SLOT, MULTIPORT, 6);
	control(UINT32_MAX, VIRTIO_CONSOLE_DEVICE_READY, 1);
	assert_null(message(NULL));
	give(CONTROL_RX, 0, CONTROL, ROOM);
	expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1);
	give(CONTROL_RX, 1, CONTROL + ROOM, ROOM);
	expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1);
}

static void driver_that_asks_without_end_is_not_answered_without_end(void **state)
{
	(void)state;
	driver_start(SLOT, MULTIPORT, 6);
	for (int i = 0; i < 1000; i++)
		control(0, VIRTIO_CONSOLE_PORT_READY, 1);
	assert_false(driver_needs_reset(SLOT));
	for (unsigned i = 0; i < 15; i++)
		give(CONTROL_RX, i, CONTROL + ROOM * i, ROOM);
	expect_message(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
}

static void client_that_comes_and_goes_is_reported(void **state)
{
	(void)state;
	start_multiport();
	open_ports();
	while (message(NULL))
		;
	give(RX1, 0, BUFFER, 100);
	close(peer[1]);
	expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 0);
	peer[1] = console_peer_connect_to(1);
	expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
	transmit(TX1, "again", 5);
	expect_text(peer[1], "again");
}

static void ports_do_not_mix(void **state)
{
	(void)state;
	start_multiport();
	open_ports();
	transmit(TX0, "zero", 4);
	transmit(TX1, "one", 3);
	expect_text(peer[0], "zero");
	expect_text(peer[1], "one");
	assert_true(console_peer_is_silent(peer[0]));
	give(RX1, 0, BUFFER, 100);
	assert_int_equal(write(peer[1], "11", 2), 2);
	assert_true(driver_wait_used(RX1, 1));
	assert_memory_equal(fake_ram(BUFFER), "11", 2);
}

static void input_waits_until_the_guest_opens_the_port(void **state)
{
	(void)state;
	start_multiport();
	give(RX1, 0, BUFFER, 100);
	assert_int_equal(write(peer[1], "early", 5), 5);
	fake_settle();
	assert_int_equal(driver_used(RX1)->idx, 0);
	control(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
	assert_true(driver_wait_used(RX1, 1));
	assert_int_equal(driver_used(RX1)->ring[0].len, 5);
}

static void input_is_cut_into_the_guests_buffers(void **state)
{
	(void)state;
	start_multiport();
	open_ports();
	for (unsigned i = 0; i < 3; i++)
		give(RX0, i, BUFFER + 16 * i, 4);
	assert_int_equal(write(peer[0], "abcdefghij", 10), 10);
	assert_true(driver_wait_used(RX0, 3));
	assert_int_equal(driver_used(RX0)->ring[2].len, 2);
	assert_memory_equal(fake_ram(BUFFER), "abcd", 4);
	assert_memory_equal(fake_ram(BUFFER + 16), "efgh", 4);
	assert_memory_equal(fake_ram(BUFFER + 32), "ij", 2);
}

/* The peer reads slower than the guest writes: no byte may be lost or doubled. */
static void write_to_slow_peer(unsigned chunk)
{
	const unsigned total = 1 << 20;
	unsigned offered = 0, got = 0;
	uint8_t *bytes = malloc(chunk);

	start_multiport();
	open_ports();
	while (got < total) {
		ssize_t length;

		if (offered < total && driver_used(TX1)->idx == offered / chunk) {
			uint8_t *data = fake_ram(BUFFER);

			for (unsigned i = 0; i < chunk; i++)
				data[i] = (uint8_t)((offered + i) * 7 >> 3);
			driver_put(TX1, 0, BUFFER, chunk, 0, 0);
			driver_offer(TX1, 0);
			driver_kick(SLOT, TX1);
			offered += chunk;
		}
		fake_settle();
		length = recv(peer[1], bytes, chunk / 8, MSG_DONTWAIT);
		for (ssize_t i = 0; i < length; i++, got++)
			assert_int_equal(bytes[i], (uint8_t)(got * 7 >> 3));
	}
	assert_int_equal(got, total);
	free(bytes);
}

static void slow_peer_gets_every_byte(void **state)
{
	(void)state;
	write_to_slow_peer(65536);
}

/* What a socket takes whole or not at all stops at a chain's first byte. */
static void slow_peer_gets_every_byte_of_small_buffers(void **state)
{
	(void)state;
	write_to_slow_peer(4096);
}

static void emergency_write_needs_no_driver(void **state)
{
	(void)state;
	driver_set(SLOT, VIRTIO_MMIO_STATUS, 0);
	fake_write(VIRTIO_MMIO_BASE(SLOT) + 0x108, 4, '!');
	assert_int_equal(console_peer_read_byte(peer[0]), '!');
}

static void message_for_a_port_that_is_not_there_is_ignored(void **state)
{
	(void)state;
	start_multiport();
	messages_read = 2;
	control(2, VIRTIO_CONSOLE_PORT_READY, 1);
	control(16, VIRTIO_CONSOLE_PORT_READY, 1);
	control(UINT32_MAX, VIRTIO_CONSOLE_PORT_OPEN, 1);
	control(0, 77, 1);
	assert_null(message(NULL));
	assert_false(driver_needs_reset(SLOT));
}

static void half_a_message_asks_for_a_reset(void **state)
{
	(void)state;
	start_multiport();
	driver_put(CONTROL_TX, 0, BUFFER, 7, 0, 0);
	driver_offer(CONTROL_TX, 0);
	driver_kick(SLOT, CONTROL_TX);
	assert_true(driver_needs_reset(SLOT));
}

static void reset_closes_the_ports(void **state)
{
	(void)state;
	start_multiport();
	open_ports();
	messages_read = 0;
	start_multiport();
	give(RX0, 0, BUFFER, 100);
	assert_int_equal(write(peer[0], "x", 1), 1);
	fake_settle();
	assert_int_equal(driver_used(RX0)->idx, 0);
}

static void other_ways_to_name_a_socket_work(void **state)
{
	static const char *const keys[] = { "slot.6.port.3.path", "slot.6.port3", "slot.6.sock" };
	static const unsigned ports[] = { 4, 4, 1 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct device *other;
		char err[512];
		char path[64];

		config_clear();
		mmio_clear();
		snprintf(path, sizeof(path), "/tmp/bhyve-test-%d.path", getpid());
		config_set(keys[i], path);
		assert_int_equal(virtio_console_device.create(6, &other, err, sizeof(err)), 0);
		assert_int_equal(fake_read(VIRTIO_MMIO_BASE(6) + 0x104, 4), ports[i]);
		assert_int_equal(access(path, F_OK), 0);
		other->ops->destroy(other);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void options_that_are_wrong_are_refused(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		const char *says;
	} wrong[] = {
		{ "slot.6.unused", "1", "slot 6: virtio-console: no port; name one: " },
		{ "slot.6.port.0.backend", "pipe", "slot 6: port 0: pipe: not a console; " },
		{ "slot.6.port.2.path", "/nonexistent/x", "its directory does not exist" },
		{ "slot.6.port.0.backend", "unix:", "the path must have 1 to" },
		{ "slot.6.port.0.path", "/dev/null", "is there and is no socket" },
		{ "slot.6.port.0.backend", "/nonexistent", "No such file" },
		{ "slot.6.port.0.backend", "/proc/self/comm", "is not a terminal" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct device *other;
		char err[512] = "";

		config_clear();
		config_set(wrong[i].key, wrong[i].value);
		if (virtio_console_device.create(6, &other, err, sizeof(err)) == 0)
			fail_msg("%s=%s is taken", wrong[i].key, wrong[i].value);
		if (!strstr(err, wrong[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err, wrong[i].says);
	}
}

static void socket_that_is_served_is_not_taken_over(void **state)
{
	struct device *other;
	char err[512] = "";

	(void)state;
	config_set("slot.6.port.0.backend", console_peer_description_of(0));
	assert_true(virtio_console_device.create(6, &other, err, sizeof(err)) < 0);
	assert_non_null(strstr(err, "another process listens there"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_port_works_without_multiport),
		TEST(number_of_ports_is_in_the_configuration),
		TEST(ready_driver_is_told_of_the_ports),
		TEST(driver_may_be_ready_before_driver_ok),
		TEST(port_without_a_name_is_a_console),
		TEST(port_with_a_name_tells_it),
		TEST(messages_wait_for_buffers),
		TEST(driver_that_asks_without_end_is_not_answered_without_end),
		TEST(client_that_comes_and_goes_is_reported),
		TEST(ports_do_not_mix),
		TEST(input_waits_until_the_guest_opens_the_port),
		TEST(input_is_cut_into_the_guests_buffers),
		TEST(slow_peer_gets_every_byte),
		TEST(slow_peer_gets_every_byte_of_small_buffers),
		TEST(emergency_write_needs_no_driver),
		TEST(message_for_a_port_that_is_not_there_is_ignored),
		TEST(half_a_message_asks_for_a_reset),
		TEST(reset_closes_the_ports),
		TEST(other_ways_to_name_a_socket_work),
		TEST(options_that_are_wrong_are_refused),
		TEST(socket_that_is_served_is_not_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
