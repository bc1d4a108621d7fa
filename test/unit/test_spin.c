// SPDX-License-Identifier: BSD-2-Clause
/*
 * A guest's kernel that spins where other threads want the CPU (vmm/hyp/spin.c): what counts as a
 * loop, and that EL2's timer serves the guest's physical timer all the same.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOW	  5000
#define LOOK	  1000
#define PC	  0x40080000
#define SP	  0x40090000
#define PTIMER	  30
#define CNTP_CTL  SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL SYSREG(3, 3, 14, 2, 2)

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	vcpu_leave(0);
	fake.counter = NOW;
	guest.vcpu[0].spin_ticks = LOOK;
	guest.vcpu[0].pc = PC;
	guest.vcpu[0].pstate = PSR_MODE_EL1H;
	vcpu_enter(0);
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].spsr_el2 = PSR_MODE_EL1H;
	fake.cpu[0].sp_el1 = SP;
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* Where the guest is at the next look. */
static void look_at(uint64_t pc, uint64_t sp)
{
	fake.cpu[0].elr_el2 = pc;
	fake.cpu[0].sp_el1 = sp;
	guest_pass_time(LOOK);
}

static void a_kernel_at_one_place_twice_leaves_for_the_host(void **state)
{
	(void)state;
	look_at(PC, SP);
	assert_true(vcpu_runs(0));
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_SPINS], 0);
	look_at(PC + 64, SP);
	assert_false(vcpu_runs(0));
	assert_int_equal(guest.left_with[0], HYP_EXIT_WFE);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_SPINS], 1);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, 0);
}

static void it_is_looked_at_no_earlier_than_the_driver_says(void **state)
{
	(void)state;
	guest_pass_time(LOOK - 1);
	assert_int_equal(guest.vcpu[0].spin_pc, 0);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + LOOK);
	guest_pass_time(1);
	assert_int_equal(guest.vcpu[0].spin_pc, PC);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 2 * LOOK);
}

static void a_kernel_that_gets_on_stays(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 10; i++)
		look_at(i % 2 ? PC : PC + 68, SP);
	for (unsigned int i = 0; i < 10; i++)
		look_at(PC, SP - 16 - 16 * (i % 2));
	assert_true(vcpu_runs(0));
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_SPINS], 0);
}

static void a_program_may_loop(void **state)
{
	static const uint64_t modes[] = { PSR_MODE_EL0T, PSR_MODE32 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		fake.cpu[0].spsr_el2 = modes[i];
		look_at(PC, SP);
		look_at(PC, SP);
		assert_true(vcpu_runs(0));
	}
	/* and its kernel was not there before */
	fake.cpu[0].spsr_el2 = PSR_MODE_EL1H;
	look_at(PC, SP);
	assert_true(vcpu_runs(0));
}

static void a_guest_that_left_meanwhile_is_not_in_a_loop(void **state)
{
	(void)state;
	look_at(PC, SP);
	vcpu_leave(0);
	vcpu_enter(0);
	look_at(PC, SP);
	assert_true(vcpu_runs(0));
	look_at(PC, SP);
	assert_false(vcpu_runs(0));
}

static void a_guest_with_a_cpu_of_its_own_may_loop(void **state)
{
	(void)state;
	vcpu_leave(0);
	guest.vcpu[0].spin_ticks = 0;
	vcpu_enter(0);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, 0);
	look_at(PC, SP);
	look_at(PC, SP);
	assert_true(vcpu_runs(0));
}

static void the_physical_timer_comes_at_its_time_between_looks(void **state)
{
	(void)state;
	guest_msr(0, CNTP_CVAL, NOW + LOOK / 2);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + LOOK / 2);
	guest_pass_time(LOOK / 2);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_TIMER_PHYSICAL], 1);
	assert_int_equal(guest_acknowledge(0), PTIMER);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + LOOK);
	assert_int_equal(guest.vcpu[0].spin_pc, 0);
}

static void the_physical_timer_comes_at_its_time_behind_looks(void **state)
{
	(void)state;
	guest_msr(0, CNTP_CVAL, NOW + LOOK + LOOK / 2);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + LOOK);
	guest_pass_time(LOOK);
	assert_false(guest_signalled(0));
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_TIMER_PHYSICAL], 0);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + LOOK + LOOK / 2);
	guest_pass_time(LOOK / 2);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_kernel_at_one_place_twice_leaves_for_the_host),
		TEST(it_is_looked_at_no_earlier_than_the_driver_says),
		TEST(a_kernel_that_gets_on_stays),
		TEST(a_program_may_loop),
		TEST(a_guest_that_left_meanwhile_is_not_in_a_loop),
		TEST(a_guest_with_a_cpu_of_its_own_may_loop),
		TEST(the_physical_timer_comes_at_its_time_between_looks),
		TEST(the_physical_timer_comes_at_its_time_behind_looks),
	};

	return cmocka_run_group_tests_name("spin", tests, NULL, NULL);
}
