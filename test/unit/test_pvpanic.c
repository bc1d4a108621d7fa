/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvpanic, and what is done about a guest that has failed.
 */
/* sources: bhyve/device/pvpanic.c bhyve/device/failure.c test/unit/fake_vm.c bhyve/mevent.c */
/* sources: bhyve/mmio.c bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "bhyve/config.h"
#include "bhyve/device.h"
#include "fake_vm.h"
#include "vmmapi.h"

#define PANICKED     1u
#define CRASH_LOADED 2u

static struct device *panic;

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	panic = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (panic)
		panic->ops->destroy(panic);
	fake_vm_stop();
	return 0;
}

static void create(const char *action)
{
	char err[256];

	if (action)
		config_set("panic.action", action);
	assert_int_equal(pvpanic_create(&panic, err, sizeof(err)), 0);
}

static void register_reads_as_the_events_it_knows(void **state)
{
	(void)state;
	create(NULL);
	assert_int_equal(fake_read(PVPANIC_BASE, 1), PANICKED | CRASH_LOADED);
	assert_int_equal(fake_read(PVPANIC_BASE + 1, 1), 0);
}

static void panic_is_said_once_and_the_guest_goes_on(void **state)
{
	(void)state;
	create(NULL);
	fake_write(PVPANIC_BASE, 1, PANICKED);
	assert_non_null(strstr(fake_report, "the guest panicked; panic.action="));
	assert_int_equal(fake_suspends.count, 0);
	fake_report[0] = '\0';
	fake_write(PVPANIC_BASE, 1, PANICKED);
	assert_string_equal(fake_report, "");
	panic->ops->reset(panic);
	fake_write(PVPANIC_BASE, 1, PANICKED);
	assert_non_null(strstr(fake_report, "the guest panicked"));
}

static void action_ends_the_machine_as_it_says(void **state)
{
	static const struct {
		const char *name;
		uint32_t how;
	} actions[] = { { "halt", VMM_SUSPEND_HALT },
			{ "poweroff", VMM_SUSPEND_POWEROFF },
			{ "reset", VMM_SUSPEND_RESET } };

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		create(actions[i].name);
		fake_write(PVPANIC_BASE, 1, PANICKED);
		assert_int_equal(fake_suspends.count, 1);
		assert_int_equal(fake_suspends.how, actions[i].how);
		assert_string_equal(fake_report, "the guest panicked");
		teardown(state);
		setup(state);
	}
	create("report");
	fake_write(PVPANIC_BASE, 1, PANICKED);
	assert_int_equal(fake_suspends.count, 0);
}

static void guest_with_a_crash_kernel_goes_on_with_it(void **state)
{
	(void)state;
	create("poweroff");
	fake_write(PVPANIC_BASE, 1, CRASH_LOADED);
	assert_non_null(strstr(fake_report, "has loaded a kernel"));
	assert_int_equal(fake_suspends.count, 0);
	fake_write(PVPANIC_BASE + 1, 1, PANICKED);
	fake_write(PVPANIC_BASE, 1, 0xfc);
	assert_int_equal(fake_suspends.count, 0);
}

static void unknown_action_is_refused(void **state)
{
	char err[256];

	(void)state;
	config_set("panic.action", "burn");
	assert_int_equal(pvpanic_create(&panic, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "panic.action=burn: give report, halt, poweroff or reset");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(register_reads_as_the_events_it_knows),
		TEST(panic_is_said_once_and_the_guest_goes_on),
		TEST(action_ends_the_machine_as_it_says),
		TEST(guest_with_a_crash_kernel_goes_on_with_it),
		TEST(unknown_action_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
