// SPDX-License-Identifier: BSD-2-Clause
/*
 * PL031 (Arm DDI 0224).
 */
/* sources: bhyve/device/pl031.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bhyve/config.h"
#include "bhyve/device.h"
#include "bhyve/mevent.h"
#include "fake_vm.h"

#define DR   0x00u
#define MR   0x04u
#define LR   0x08u
#define CR   0x0cu
#define IMSC 0x10u
#define RIS  0x14u
#define MIS  0x18u
#define ICR  0x1cu

static struct device *rtc;

static uint32_t get(uint32_t offset)
{
	return (uint32_t)fake_read(PL031_BASE + offset, 4);
}

static void set(uint32_t offset, uint32_t value)
{
	fake_write(PL031_BASE + offset, 4, value);
}

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	return pl031_create(&rtc, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	rtc->ops->destroy(rtc);
	fake_vm_stop();
	return 0;
}

static void identification_is_that_of_a_pl031(void **state)
{
	static const uint8_t expected[] = { 0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(get(0xfe0 + 4 * i), expected[i]);
}

/* Of the clock that the device looks at: that of time(3) may be a tick behind. */
static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec;
}

/* The clock was set to "seconds" at "when" or up to a second after. */
static void expect_since(uint32_t seconds, time_t when)
{
	uint32_t shown = get(DR);

	assert_in_range(shown, seconds, seconds + (uint32_t)(now() - when) + 1);
}

static void clock_shows_the_hosts_time(void **state)
{
	time_t before = now();
	uint32_t shown = get(DR);

	(void)state;
	assert_in_range(shown, before, now());
	assert_int_equal(get(CR), 1);
}

static void clock_shows_local_time_if_asked(void **state)
{
	char err[256];
	struct tm tm;
	time_t before;
	uint32_t shown;

	(void)state;
	setenv("TZ", "XST-05:30", 1);
	tzset();
	config_set("rtc.use_localtime", "true");
	rtc->ops->destroy(rtc);
	fake_vm_stop();
	fake_vm_start();
	config_set("rtc.use_localtime", "true");
	assert_int_equal(pl031_create(&rtc, err, sizeof(err)), 0);
	before = now();
	localtime_r(&before, &tm);
	assert_int_equal(tm.tm_gmtoff, 19800);
	shown = get(DR);
	assert_in_range(shown, before + 19800, now() + 19800);
	unsetenv("TZ");
	tzset();
}

static void clock_can_be_set(void **state)
{
	time_t when = now();
	uint32_t shown;

	(void)state;
	set(LR, 1000);
	expect_since(1000, when);
	assert_true(get(LR) >= 1000);
	set(LR, 0xffffffff);
	shown = get(DR);
	assert_true(shown == 0xffffffff || shown <= now() - when);
}

static bool interrupt_came(void *arg)
{
	(void)arg;
	return get(RIS) == 1;
}

static void match_interrupts_when_the_clock_gets_there(void **state)
{
	(void)state;
	set(IMSC, 1);
	set(ICR, 1);
	set(LR, 5000);
	set(MR, 5002);
	assert_int_equal(get(RIS), 0);
	assert_false(fake_irq_level(PL031_INTID));
	assert_true(fake_wait(interrupt_came, NULL));
	assert_true(get(DR) >= 5002);
	assert_int_equal(get(MIS), 1);
	assert_true(fake_irq_level(PL031_INTID));
	set(ICR, 1);
	assert_int_equal(get(RIS), 0);
	assert_false(fake_irq_level(PL031_INTID));
}

static void match_of_now_interrupts_at_once(void **state)
{
	(void)state;
	set(LR, 5000);
	set(MR, get(DR));
	assert_int_equal(get(RIS), 1);
}

static void masked_interrupt_stays_low(void **state)
{
	(void)state;
	set(IMSC, 0);
	set(LR, 7000);
	set(MR, get(DR));
	assert_int_equal(get(RIS), 1);
	assert_int_equal(get(MIS), 0);
	assert_false(fake_irq_level(PL031_INTID));
	set(IMSC, 1);
	assert_true(fake_irq_level(PL031_INTID));
}

static void reset_keeps_the_time_and_drops_the_alarm(void **state)
{
	time_t when = now();

	(void)state;
	set(LR, 9000);
	set(IMSC, 1);
	set(MR, get(DR));
	assert_true(fake_irq_level(PL031_INTID));
	rtc->ops->reset(rtc);
	assert_false(fake_irq_level(PL031_INTID));
	assert_int_equal(get(IMSC), 0);
	assert_int_equal(get(RIS), 0);
	expect_since(9000, when);
}

static void registers_that_are_not_there_are_ignored(void **state)
{
	(void)state;
	set(0x20, 1);
	set(DR, 1);
	set(0xfe0, 1);
	assert_int_equal(get(0x20), 0);
	assert_int_equal(fake_read(PL031_BASE + 1, 1), 0);
	assert_int_equal(get(0xfe0), 0x31);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identification_is_that_of_a_pl031),
		TEST(clock_shows_the_hosts_time),
		TEST(clock_shows_local_time_if_asked),
		TEST(clock_can_be_set),
		TEST(match_interrupts_when_the_clock_gets_there),
		TEST(match_of_now_interrupts_at_once),
		TEST(masked_interrupt_stays_low),
		TEST(reset_keeps_the_time_and_drops_the_alarm),
		TEST(registers_that_are_not_there_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
