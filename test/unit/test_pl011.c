// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL011 (Arm DDI 0183), as Linux, FreeBSD, EDK2 and U-Boot use it. The console is a Unix socket,
 * whose other end the test holds.
 */
/* sources: bhyve/device/pl011.c bhyve/backend/console.c bhyve/backend/console_open.c */
/* sources: bhyve/backend/terminal.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c test/unit/console_peer.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "console_peer.h"
#include "fake_vm.h"

#define DR    0x00u
#define RSR   0x04u
#define FR    0x18u
#define ILPR  0x20u
#define IBRD  0x24u
#define FBRD  0x28u
#define LCR_H 0x2cu
#define CR    0x30u
#define IFLS  0x34u
#define IMSC  0x38u
#define RIS   0x3cu
#define MIS   0x40u
#define ICR   0x44u
#define DMACR 0x48u

#define RXFE  0x10u
#define TXFF  0x20u
#define RXFF  0x40u
#define TXFE  0x80u
#define BUSY  0x08u

#define RX    0x10u
#define TX    0x20u
#define RT    0x40u

#define FEN   0x10u

static struct device *uart;
static int peer;

static uint32_t get(uint32_t offset)
{
	return (uint32_t)fake_read(PL011_BASE + offset, 4);
}

static void set(uint32_t offset, uint32_t value)
{
	fake_write(PL011_BASE + offset, 4, value);
}

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	config_set("console", console_peer_description());
	if (pl011_create(&uart, err, sizeof(err)))
		return -1;
	peer = console_peer_connect();
	fake_settle();
	set(LCR_H, 0x60 | FEN);
	set(CR, 0x301);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	uart->ops->destroy(uart);
	close(peer);
	fake_vm_stop();
	return 0;
}

static void type(const char *text)
{
	assert_int_equal(write(peer, text, strlen(text)), strlen(text));
	fake_settle();
}

static void identification_is_that_of_a_pl011_r1p5(void **state)
{
	static const uint8_t expected[] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(get(0xfe0 + 4 * i), expected[i]);
	assert_int_equal(get(0xfdc), 0);
}

static void character_written_reaches_the_console(void **state)
{
	(void)state;
	set(DR, 'A');
	assert_int_equal(console_peer_read_byte(peer), 'A');
	assert_int_equal(get(FR) & (TXFE | TXFF | BUSY), TXFE);
}

static void byte_and_halfword_accesses_work(void **state)
{
	(void)state;
	fake_write(PL011_BASE + DR, 1, 'x');
	fake_write(PL011_BASE + DR, 2, 'y');
	assert_int_equal(console_peer_read_byte(peer), 'x');
	assert_int_equal(console_peer_read_byte(peer), 'y');
	assert_int_equal(fake_read(PL011_BASE + FR, 2), get(FR));
	assert_int_equal(fake_read(PL011_BASE + 0xfe0, 1), 0x11);
}

static void typed_characters_are_received_in_order(void **state)
{
	(void)state;
	assert_true(get(FR) & RXFE);
	type("abc");
	assert_false(get(FR) & RXFE);
	assert_int_equal(get(DR), 'a');
	assert_int_equal(get(DR), 'b');
	assert_int_equal(get(DR), 'c');
	assert_true(get(FR) & RXFE);
	assert_int_equal(get(DR), 0);
}

static void few_characters_raise_the_receive_timeout(void **state)
{
	(void)state;
	set(IMSC, RX | RT);
	type("a");
	assert_int_equal(get(RIS) & (RX | RT), RT);
	assert_true(fake_irq_level(PL011_INTID));
	get(DR);
	assert_int_equal(get(RIS) & (RX | RT), 0);
	assert_false(fake_irq_level(PL011_INTID));
}

static void trigger_level_raises_the_receive_interrupt(void **state)
{
	(void)state;
	set(IFLS, 0); /* 1/8 of 32: four characters */
	type("abc");
	assert_false(get(RIS) & RX);
	type("d");
	assert_true(get(RIS) & RX);
	get(DR);
	assert_false(get(RIS) & RX);
	assert_true(get(RIS) & RT);
}

static void without_fifo_one_character_is_held(void **state)
{
	(void)state;
	set(LCR_H, 0x60);
	set(IMSC, RX);
	type("ab");
	assert_true(get(FR) & RXFF);
	assert_true(get(RIS) & RX);
	assert_int_equal(get(DR), 'a');
	assert_true(get(FR) & RXFE);
	fake_settle();
	assert_int_equal(get(DR), 'b');
}

static void full_fifo_leaves_the_rest_with_the_sender(void **state)
{
	char sent[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		sent[i] = (char)(' ' + i % 90);
	assert_int_equal(write(peer, sent, 100), 100);
	fake_settle();
	assert_true(get(FR) & RXFF);
	for (int i = 0; i < 100; i++) {
		assert_false(get(FR) & RXFE);
		assert_int_equal(get(DR), sent[i]);
		fake_settle();
	}
	assert_true(get(FR) & RXFE);
}

static void switching_the_fifos_empties_them(void **state)
{
	(void)state;
	type("abc");
	set(LCR_H, 0x60);
	assert_true(get(FR) & RXFE);
	assert_int_equal(get(RIS) & (RX | RT), 0);
}

static void interrupt_needs_its_mask(void **state)
{
	(void)state;
	type("a");
	assert_true(get(RIS) & RT);
	assert_int_equal(get(MIS), 0);
	assert_false(fake_irq_level(PL011_INTID));
	set(IMSC, RT);
	assert_int_equal(get(MIS), RT);
	assert_true(fake_irq_level(PL011_INTID));
	set(ICR, RT);
	assert_int_equal(get(MIS), 0);
	assert_false(fake_irq_level(PL011_INTID));
}

static void transmit_interrupt_comes_when_there_is_room(void **state)
{
	(void)state;
	set(IMSC, TX);
	assert_false(fake_irq_level(PL011_INTID));
	set(DR, 'a');
	assert_true(fake_irq_level(PL011_INTID));
	set(ICR, TX);
	assert_false(fake_irq_level(PL011_INTID));
}

static void slow_reader_fills_the_transmit_fifo(void **state)
{
	unsigned sent = 0;

	(void)state;
	while (!(get(FR) & TXFF)) {
		set(DR, sent++ & 0xff);
		assert_true(sent < 10000000);
	}
	assert_true(get(FR) & BUSY);
	set(ICR, TX);
	for (unsigned i = 0; i < sent; i++)
		assert_int_equal(console_peer_read_byte(peer), i & 0xff);
	assert_int_equal(get(FR) & (TXFF | TXFE), TXFE);
	assert_true(get(RIS) & TX);
}

/* FreeBSD and Linux write as much as the level promises at the interrupt, and do not look at UARTFR
 * in between. */
static void transmit_interrupt_promises_room_behind_its_level(void **state)
{
	static const unsigned room[] = { 28, 24, 16, 8, 4 };

	(void)state;
	for (unsigned level = 0; level < 5; level++) {
		unsigned sent = 0, promised = 0;

		set(IFLS, level);
		while (!(get(FR) & TXFF)) {
			set(DR, '.');
			sent++;
			if (get(RIS) & TX)
				promised = sent;
		}
		assert_int_equal(sent - promised, room[level]);
		while (sent--)
			assert_int_equal(console_peer_read_byte(peer), '.');
		assert_true(get(RIS) & TX);
	}
}

static void last_words_are_written_when_the_machine_ends(void **state)
{
	char err[256];

	(void)state;
	set(DR, '.');
	uart->ops->destroy(uart);
	assert_int_equal(console_peer_read_byte(peer), '.');
	mmio_clear();
	assert_int_equal(pl011_create(&uart, err, sizeof(err)), 0);
}

/* A reader that comes later gets the latest of it. */
static void output_without_a_reader_is_dropped(void **state)
{
	unsigned kept = 0;
	int byte;

	(void)state;
	close(peer);
	fake_settle();
	for (int i = 0; i < 100000; i++)
		set(DR, 'x');
	assert_int_equal(get(FR) & (TXFF | TXFE), TXFE);
	peer = console_peer_connect();
	fake_settle();
	set(DR, 'y');
	for (byte = 'x'; byte == 'x'; kept++)
		byte = console_peer_read_byte(peer);
	assert_int_equal(byte, 'y');
	assert_in_range(kept, 1, 4096);
}

static void loopback_receives_what_is_sent(void **state)
{
	(void)state;
	set(CR, 0x301 | 0x80);
	set(DR, 'q');
	assert_int_equal(get(DR), 'q');
	assert_true(console_peer_is_silent(peer));
}

static void control_registers_keep_their_bits(void **state)
{
	(void)state;
	set(IBRD, 0xffffffff);
	set(FBRD, 0xffffffff);
	set(ILPR, 0xffffffff);
	set(IFLS, 0xffffffff);
	set(IMSC, 0xffffffff);
	set(DMACR, 7);
	assert_int_equal(get(IBRD), 0xffff);
	assert_int_equal(get(FBRD), 0x3f);
	assert_int_equal(get(ILPR), 0xff);
	assert_int_equal(get(IFLS), 0x3f);
	assert_int_equal(get(IMSC), 0x7ff);
	assert_int_equal(get(DMACR), 0);
	assert_int_equal(get(RSR), 0);
}

static void reset_restores_the_initial_values(void **state)
{
	(void)state;
	set(IMSC, RX | RT);
	type("abc");
	assert_true(fake_irq_level(PL011_INTID));
	uart->ops->reset(uart);
	assert_false(fake_irq_level(PL011_INTID));
	assert_int_equal(get(CR), 0x300);
	assert_int_equal(get(IFLS), 0x12);
	assert_int_equal(get(LCR_H), 0);
	assert_int_equal(get(IMSC), 0);
	assert_int_equal(get(FR) & (RXFE | TXFE), RXFE | TXFE);
}

static void unknown_console_is_refused_with_the_choices(void **state)
{
	struct device *second;
	char err[256] = "";

	(void)state;
	config_set("console", "tcp=1");
	assert_true(pl011_create(&second, err, sizeof(err)) < 0);
	assert_string_equal(err, "console: tcp=1: not a console; use stdio, pty, socket, "
				 "socket:PATH, unix:PATH, null "
				 "or the path of a terminal");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identification_is_that_of_a_pl011_r1p5),
		TEST(character_written_reaches_the_console),
		TEST(byte_and_halfword_accesses_work),
		TEST(typed_characters_are_received_in_order),
		TEST(few_characters_raise_the_receive_timeout),
		TEST(trigger_level_raises_the_receive_interrupt),
		TEST(without_fifo_one_character_is_held),
		TEST(full_fifo_leaves_the_rest_with_the_sender),
		TEST(switching_the_fifos_empties_them),
		TEST(interrupt_needs_its_mask),
		TEST(transmit_interrupt_comes_when_there_is_room),
		TEST(slow_reader_fills_the_transmit_fifo),
		TEST(transmit_interrupt_promises_room_behind_its_level),
		TEST(last_words_are_written_when_the_machine_ends),
		TEST(output_without_a_reader_is_dropped),
		TEST(loopback_receives_what_is_sent),
		TEST(control_registers_keep_their_bits),
		TEST(reset_restores_the_initial_values),
		TEST(unknown_console_is_refused_with_the_choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
