/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generic watchdog.
 */
/* sources: bhyve/device/sbsa_gwdt.c bhyve/device/failure.c test/unit/fake_vm.c bhyve/mevent.c */
/* sources: bhyve/mmio.c bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "bhyve/config.h"
#include "bhyve/counter.h"
#include "bhyve/device.h"
#include "bhyve/mevent.h"
#include "fake_vm.h"
#include "vmmapi.h"

#define WCS	 (WATCHDOG_CONTROL_BASE + 0x00)
#define WOR	 (WATCHDOG_CONTROL_BASE + 0x08)
#define WOR_HIGH (WATCHDOG_CONTROL_BASE + 0x0c)
#define WCV	 (WATCHDOG_CONTROL_BASE + 0x10)
#define IIDR	 (WATCHDOG_CONTROL_BASE + 0xfcc)
#define WRR	 WATCHDOG_REFRESH_BASE
#define EN	 1u
#define WS0	 2u
#define WS1	 4u

#define OFFSET	 1000000u
#define HOUR	 (3600ULL * 1000000000)

static struct device *watchdog;
static uint64_t ticks;

/* A counter of 1 GHz: it stands until the test moves it, or runs with the clock that timers have.
 */
static bool stands;

uint64_t counter_now(void)
{
	return stands ? ticks : (uint64_t)mevent_now();
}

uint32_t counter_hz(void)
{
	return 1000000000;
}

int vm_get_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t *value)
{
	(void)vm;
	assert_int_equal(vcpu, 0);
	assert_int_equal(reg, VMM_REG_CNTVOFF_EL2);
	*value = OFFSET;
	return 0;
}

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	stands = false;
	return watchdog_create(&watchdog, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	if (watchdog)
		watchdog->ops->destroy(watchdog);
	watchdog = NULL;
	fake_vm_stop();
	return 0;
}

static bool line_is_high(void *arg)
{
	(void)arg;
	return fake_irq_level(WATCHDOG_INTID);
}

static bool machine_was_ended(void *arg)
{
	(void)arg;
	return fake_suspends.count > 0;
}

/* Two times this many ticks until the end. */
static void start(uint64_t offset)
{
	fake_write(WOR, 4, (uint32_t)offset);
	fake_write(WOR_HIGH, 4, offset >> 32);
	fake_write(WCS, 4, EN);
}

static void revision_is_1_whose_offset_has_48_bits(void **state)
{
	(void)state;
	assert_int_equal(fake_read(IIDR, 4) >> 16 & 0xf, 1);
	assert_int_equal(fake_read(WRR + 0xfcc, 4), fake_read(IIDR, 4));
	fake_write(WOR, 8, UINT64_MAX);
	assert_int_equal(fake_read(WOR, 8), (1ULL << 48) - 1);
	assert_int_equal(fake_read(WRR, 4), 0);
}

static void guest_that_does_not_refresh_is_interrupted_and_then_reset(void **state)
{
	(void)state;
	start(1000000);
	assert_true(fake_wait(line_is_high, NULL));
	assert_int_equal(fake_irq_edges(WATCHDOG_INTID), 1);
	assert_true(fake_wait(machine_was_ended, NULL));
	assert_int_equal(fake_suspends.how, VMM_SUSPEND_RESET);
	assert_int_equal(fake_read(WCS, 4), EN | WS0 | WS1);
	assert_string_equal(fake_report, "the guest's watchdog expired: it is reset");
	fake_settle();
	assert_int_equal(fake_suspends.count, 1);
}

static void refresh_takes_the_interrupt_back_and_counts_anew(void **state)
{
	static const uint64_t refreshes[] = { WRR, WCS, WOR };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		start(1000000);
		assert_true(fake_wait(line_is_high, NULL));
		/* before the clock goes on: it has an hour now */
		stands = true;
		ticks = (uint64_t)mevent_now();
		fake_write(WOR_HIGH, 4, HOUR >> 32);
		fake_write(WCV, 8, 0);
		fake_write(refreshes[i], 4, refreshes[i] == WCS ? EN : 0);
		assert_false(fake_irq_level(WATCHDOG_INTID));
		assert_int_equal(fake_read(WCS, 4), EN);
		assert_int_equal(fake_read(WCV, 8), ticks + fake_read(WOR, 8) - OFFSET);
		fake_settle();
		assert_int_equal(fake_read(WCS, 4), EN);
		watchdog->ops->reset(watchdog);
		stands = false;
	}
	assert_int_equal(fake_suspends.count, 0);
}

static void disabled_watchdog_never_expires(void **state)
{
	(void)state;
	start(1000000);
	assert_true(fake_wait(line_is_high, NULL));
	fake_write(WCS, 4, 0);
	assert_false(fake_irq_level(WATCHDOG_INTID));
	assert_int_equal(fake_read(WCS, 4), 0);
	fake_write(WCV, 8, 0);
	fake_settle();
	assert_int_equal(fake_read(WCS, 4), 0);
	assert_int_equal(fake_suspends.count, 0);
}

static void compare_value_is_in_ticks_of_the_guest(void **state)
{
	(void)state;
	stands = true;
	ticks = 5 * HOUR;
	start(HOUR);
	assert_int_equal(fake_read(WCV, 8), 6 * HOUR - OFFSET);
	fake_write(WCV, 8, UINT64_MAX / 2);
	assert_int_equal(fake_read(WCV, 8), UINT64_MAX / 2);
	fake_settle();
	assert_int_equal(fake_read(WCS, 4), EN);
	/* it is over at once */
	fake_write(WCV, 8, 5 * HOUR - OFFSET);
	assert_true(fake_wait(line_is_high, NULL));
	assert_int_equal(fake_read(WCS, 4), EN | WS0);
	assert_int_equal(fake_read(WCV, 8), 6 * HOUR - OFFSET);
}

static void other_accesses_than_words_do_nothing(void **state)
{
	(void)state;
	fake_write(WOR, 2, 0xffff);
	assert_int_equal(fake_read(WOR, 4), 0);
	fake_write(WCS, 1, EN);
	assert_int_equal(fake_read(WCS, 4), 0);
	start(HOUR);
	assert_int_equal(fake_read(WCS, 1), 0);
	assert_int_equal(fake_read(WCS + 2, 2), 0);
}

static void reset_of_the_machine_disables_it(void **state)
{
	(void)state;
	start(1000000);
	assert_true(fake_wait(line_is_high, NULL));
	watchdog->ops->reset(watchdog);
	assert_false(fake_irq_level(WATCHDOG_INTID));
	assert_int_equal(fake_read(WCS, 4), 0);
	assert_int_equal(fake_read(WOR, 8), 0);
}

static void action_can_be_another(void **state)
{
	char err[256];

	teardown(state);
	fake_vm_start();
	config_set("watchdog.action", "bark");
	assert_int_equal(watchdog_create(&watchdog, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "watchdog.action=bark: give report, halt, poweroff or reset");
	config_set("watchdog.action", "poweroff");
	assert_int_equal(watchdog_create(&watchdog, err, sizeof(err)), 0);
	start(1000);
	assert_true(fake_wait(machine_was_ended, NULL));
	assert_int_equal(fake_suspends.how, VMM_SUSPEND_POWEROFF);
	assert_string_equal(fake_report, "the guest's watchdog expired");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(revision_is_1_whose_offset_has_48_bits),
		TEST(guest_that_does_not_refresh_is_interrupted_and_then_reset),
		TEST(refresh_takes_the_interrupt_back_and_counts_anew),
		TEST(disabled_watchdog_never_expires),
		TEST(compare_value_is_in_ticks_of_the_guest),
		TEST(other_accesses_than_words_do_nothing),
		TEST(reset_of_the_machine_disables_it),
		TEST(action_can_be_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
