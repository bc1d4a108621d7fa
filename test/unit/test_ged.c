// SPDX-License-Identifier: BSD-2-Clause
/*
 * The register that the event device of ACPI reads.
 */
/* sources: bhyve/device/ged.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bhyve/device.h"
#include "fake_vm.h"

#define POWER 2u

static struct device *ged;

static int setup(void **state)
{
	char err[256];

	(void)state;
	fake_vm_start();
	return ged_create(&ged, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	ged->ops->destroy(ged);
	fake_vm_stop();
	return 0;
}

static void a_guest_that_has_not_enabled_it_is_not_told(void **state)
{
	(void)state;
	assert_false(ged_press_power());
	assert_int_equal(fake_irq_edges(GED_INTID), 0);
	assert_int_equal(fake_read(GED_BASE, 4), 0);
	/* half a register is none */
	fake_write(GED_BASE, 2, POWER);
	assert_false(ged_press_power());
}

static void a_press_is_one_edge_and_one_event(void **state)
{
	(void)state;
	fake_write(GED_BASE, 4, POWER);
	assert_true(ged_press_power());
	assert_int_equal(fake_irq_edges(GED_INTID), 1);
	assert_false(fake_irq_level(GED_INTID));
	assert_int_equal(fake_read(GED_BASE, 1), 0);
	assert_int_equal(fake_read(GED_BASE, 4), POWER);
	assert_int_equal(fake_read(GED_BASE, 4), 0);
}

static void reset_disables_and_forgets(void **state)
{
	(void)state;
	fake_write(GED_BASE, 4, POWER);
	ged_press_power();
	ged->ops->reset(ged);
	assert_int_equal(fake_read(GED_BASE, 4), 0);
	assert_false(ged_press_power());
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_guest_that_has_not_enabled_it_is_not_told),
		TEST(a_press_is_one_edge_and_one_event),
		TEST(reset_disables_and_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
