// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL061 (Arm DDI 0190), and the power button at one of its pins.
 */
/* sources: bhyve/device/pl061.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bhyve/device.h"
#include "bhyve/mevent.h"
#include "fake_vm.h"

#define DATA		 0x3fcu /* of all pins */
#define DIR		 0x400u
#define IS		 0x404u
#define IBE		 0x408u
#define IEV		 0x40cu
#define IE		 0x410u
#define RIS		 0x414u
#define MIS		 0x418u
#define IC		 0x41cu
#define AFSEL		 0x420u
#define BUTTON		 8u
#define LONGER_THAN_HELD 300000000LL /* nanoseconds */

static struct device *gpio;

static uint32_t get(uint32_t offset)
{
	return (uint32_t)fake_read(PL061_BASE + offset, 4);
}

static void set(uint32_t offset, uint32_t value)
{
	fake_write(PL061_BASE + offset, 4, value);
}

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	return pl061_create(&gpio, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	gpio->ops->destroy(gpio);
	fake_vm_stop();
	return 0;
}

static bool line(void)
{
	return fake_irq_level(PL061_INTID);
}

static bool released(void *arg)
{
	(void)arg;
	return get(DATA) == 0;
}

static void identification_is_that_of_a_pl061(void **state)
{
	static const uint8_t expected[] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(get(0xfe0 + 4 * i), expected[i]);
}

static void a_guest_that_does_not_listen_is_not_told(void **state)
{
	(void)state;
	assert_false(pl061_press_power());
	set(IE, 0xff & ~BUTTON);
	assert_false(pl061_press_power());
	assert_int_equal(get(DATA), 0);
	assert_int_equal(get(RIS), 0);
}

static void both_edges_interrupt_and_the_button_is_let_go(void **state)
{
	(void)state;
	set(IBE, BUTTON);
	set(IC, 0xff);
	set(IE, BUTTON);
	assert_false(line());
	assert_true(pl061_press_power());
	assert_int_equal(get(DATA), BUTTON);
	assert_int_equal(get(MIS), BUTTON);
	assert_true(line());
	set(IC, BUTTON);
	assert_false(line());
	assert_int_equal(get(RIS), 0);
	/* held long enough that a driver can look again */
	assert_int_equal(get(DATA), BUTTON);
	assert_true(fake_wait(released, NULL));
	assert_true(line());
	assert_int_equal(get(MIS), BUTTON);
}

static bool later;

static void it_is_later(void *arg)
{
	(void)arg;
	later = true;
}

static bool is_later(void *arg)
{
	(void)arg;
	return later;
}

/* Of a busy host a guest may get to the button when nobody would press it any more. */
static void the_button_is_held_until_the_guest_has_looked(void **state)
{
	struct mevent_timer *timer = mevent_timer_create(it_is_later, NULL);

	(void)state;
	set(IBE, BUTTON);
	set(IE, BUTTON);
	pl061_press_power();
	set(IC, BUTTON);
	later = false;
	mevent_timer_set(timer, mevent_now() + LONGER_THAN_HELD);
	assert_true(fake_wait(is_later, NULL));
	mevent_timer_destroy(timer);
	assert_int_equal(get(RIS), 0);
	assert_int_equal(get(DATA), BUTTON);
	assert_true(fake_wait(released, NULL));
	assert_int_equal(get(RIS), BUTTON);
}

static void one_edge_interrupts_where_one_is_asked_for(void **state)
{
	(void)state;
	set(IEV, BUTTON);
	set(IE, BUTTON);
	pl061_press_power();
	assert_true(line());
	set(IC, BUTTON);
	fake_wait(released, NULL);
	assert_false(line());

	set(IEV, 0);
	pl061_press_power();
	assert_false(line());
	fake_wait(released, NULL);
	assert_true(line());
}

static void a_level_interrupts_as_long_as_it_lasts(void **state)
{
	(void)state;
	set(IEV, BUTTON);
	set(IS, BUTTON);
	set(IE, BUTTON);
	assert_false(line());
	pl061_press_power();
	assert_true(line());
	set(IC, BUTTON);
	assert_true(line());
	fake_wait(released, NULL);
	assert_false(line());
	/* low level */
	set(IEV, 0);
	assert_true(line());
}

static void an_interrupt_that_is_not_enabled_is_seen_in_the_raw_status(void **state)
{
	(void)state;
	set(IEV, BUTTON);
	set(IE, BUTTON);
	pl061_press_power();
	set(IE, 0);
	assert_false(line());
	assert_int_equal(get(RIS), BUTTON);
	assert_int_equal(get(MIS), 0);
}

static void outputs_are_written_through_the_mask_in_the_address(void **state)
{
	(void)state;
	set(DIR, 0xf0);
	set(DATA, 0xff);
	assert_int_equal(get(DATA), 0xf0);
	set(0x10 << 2, 0);
	assert_int_equal(get(DATA), 0xe0);
	assert_int_equal(get(0x20 << 2), 0x20);
	assert_int_equal(get(0), 0);
}

static void the_button_is_not_seen_at_an_output(void **state)
{
	(void)state;
	set(IE, BUTTON);
	set(IBE, BUTTON);
	set(DIR, BUTTON);
	pl061_press_power();
	assert_int_equal(get(DATA), 0);
	assert_false(line());
}

static void reset_lets_go_and_forgets(void **state)
{
	(void)state;
	set(IBE, BUTTON);
	set(IE, BUTTON);
	set(AFSEL, 0x55);
	pl061_press_power();
	assert_true(line());
	gpio->ops->reset(gpio);
	assert_false(line());
	assert_int_equal(get(DATA), 0);
	assert_int_equal(get(AFSEL), 0);
	assert_int_equal(get(IE), 0);
	assert_false(pl061_press_power());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(identification_is_that_of_a_pl061),
		TEST(a_guest_that_does_not_listen_is_not_told),
		TEST(both_edges_interrupt_and_the_button_is_let_go),
		TEST(the_button_is_held_until_the_guest_has_looked),
		TEST(one_edge_interrupts_where_one_is_asked_for),
		TEST(a_level_interrupts_as_long_as_it_lasts),
		TEST(an_interrupt_that_is_not_enabled_is_seen_in_the_raw_status),
		TEST(outputs_are_written_through_the_mask_in_the_address),
		TEST(the_button_is_not_seen_at_an_output),
		TEST(reset_lets_go_and_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
