// SPDX-License-Identifier: BSD-2-Clause
/*
 * WFI at EL2 (wfi_wait() in vmm/hyp/trap.c): the CPU waits there where the driver allows it, and
 * what ends it (Arm ARM D1.6.2).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "vmm_stats.h"

#define PC	  0x40080000
#define WFI	  ((uint64_t)EC_WFX << ESR_EC_SHIFT | ESR_IL)
#define WFE	  (WFI | ISS_WFX_WFE)
#define WFIT	  (WFI | 2)
#define WINDOW	  1000
#define CNTP_CTL  SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL SYSREG(3, 3, 14, 2, 2)
#define SPI	  40
#define ENABLE	  (VM_GICD_BASE + 0x104)

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	guest.vcpu[0].wait_ticks = WINDOW;
	fake.cpu[0].elr_el2 = PC;
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

static void wfi_waits_at_el2_where_the_driver_allows_it(void **state)
{
	(void)state;
	assert_int_equal(guest_trap(0, WFI), 0);
	assert_int_equal(fake.cpu[0].waits, 1);
	assert_int_equal(guest.vcpu[0].waited, 1);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_WFI_WAITS], 1);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
	assert_true(vcpu_runs(0));
}

/* EL2's timer ends it; it is off again when the host goes on. */
static void wfi_leaves_for_the_host_when_nothing_comes_in_its_time(void **state)
{
	(void)state;
	fake.counter = 5000;
	fake.wait_lasts = WINDOW;
	assert_int_equal(guest_trap(0, WFI), HYP_EXIT_WFI);
	assert_int_equal(fake.cpu[0].waits_until, 5000 + WINDOW);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, 0);
	assert_int_equal(guest.vcpu[0].waited, 1);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
}

static void wfi_goes_on_when_something_comes_in_its_time(void **state)
{
	(void)state;
	fake.counter = 5000;
	fake.wait_lasts = WINDOW - 1;
	assert_int_equal(guest_trap(0, WFI), 0);
	assert_int_equal(fake.cpu[0].waits_until, 5000 + WINDOW);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, 0);
}

/* The guest's physical timer is EL2's timer, too. */
static void wfi_lets_an_earlier_physical_timer_end_it(void **state)
{
	(void)state;
	fake.counter = 5000;
	guest_msr(0, CNTP_CVAL, 5000 + WINDOW / 2);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
	fake.wait_lasts = WINDOW / 4;
	assert_int_equal(guest_trap(0, WFI), 0);
	assert_int_equal(fake.cpu[0].waits_until, 5000 + WINDOW / 2);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, 5000 + WINDOW / 2);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE);
}

static void wfi_keeps_a_later_physical_timer(void **state)
{
	(void)state;
	fake.counter = 5000;
	guest_msr(0, CNTP_CVAL, 5000 + 3 * WINDOW);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
	fake.wait_lasts = WINDOW / 4;
	assert_int_equal(guest_trap(0, WFI), 0);
	assert_int_equal(fake.cpu[0].waits_until, 5000 + WINDOW);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, 5000 + 3 * WINDOW);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE);
}

static void wfit_is_a_wfi(void **state)
{
	(void)state;
	guest.vcpu[0].wait_ticks = 0;
	assert_int_equal(guest_trap(0, WFIT), HYP_EXIT_WFI);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_EXIT_WFI], 1);
}

static void wfe_leaves_for_the_host_and_waits_for_nothing(void **state)
{
	(void)state;
	assert_int_equal(guest_trap(0, WFE), HYP_EXIT_WFE);
	assert_int_equal(fake.cpu[0].waits, 0);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_EXIT_WFE], 1);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_EXIT_WFI], 0);
}

static void wfi_leaves_for_the_host_where_others_want_the_cpu(void **state)
{
	(void)state;
	guest.vcpu[0].wait_ticks = 0;
	assert_int_equal(guest_trap(0, WFI), HYP_EXIT_WFI);
	assert_int_equal(fake.cpu[0].waits, 0);
	assert_int_equal(guest.vcpu[0].waited, 0);
}

static void wfi_does_not_wait_with_an_interrupt_pending(void **state)
{
	(void)state;
	guest_write32(0, ENABLE, 1u << (SPI - 32));
	guest_line(SPI, true, 0);
	assert_int_equal(guest_trap(0, WFI), 0);
	assert_int_equal(fake.cpu[0].waits, 0);
	assert_true(guest_signalled(0));
}

/* An interrupt that vCPU 0 had in a list register is routed to vCPU 1, which sleeps. */
static void wfi_leaves_when_it_gives_back_what_is_for_a_sleeper(void **state)
{
	(void)state;
	guest.vcpu[1].wait_ticks = 0;
	assert_true(guest_wfi(1));
	guest.vcpu[0].exit.wake = 1u << 1;
	assert_int_equal(guest_trap(0, WFI), HYP_EXIT_WFI);
	assert_int_equal(fake.cpu[0].waits, 0);
	assert_int_equal(guest.woken, 1u << 1);
}

static void interrupt_of_another_vcpu_ends_it_without_the_host(void **state)
{
	(void)state;
	assert_int_equal(guest_trap(0, WFI), 0);
	guest_send_sgi(1, UINT64_C(1) << 24 | 1); /* SGI 1 to vCPU 0 */
	guest_settle();
	assert_int_equal(guest.vcpu[0].waited, 0);
	assert_int_equal(guest.left_with[0], 0);
	assert_int_equal(guest.woken, 0);
	assert_int_equal(guest_acknowledge(0), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wfi_waits_at_el2_where_the_driver_allows_it),
		TEST(wfi_leaves_for_the_host_when_nothing_comes_in_its_time),
		TEST(wfi_goes_on_when_something_comes_in_its_time),
		TEST(wfi_lets_an_earlier_physical_timer_end_it),
		TEST(wfi_keeps_a_later_physical_timer),
		TEST(wfit_is_a_wfi),
		TEST(wfe_leaves_for_the_host_and_waits_for_nothing),
		TEST(wfi_leaves_for_the_host_where_others_want_the_cpu),
		TEST(wfi_does_not_wait_with_an_interrupt_pending),
		TEST(wfi_leaves_when_it_gives_back_what_is_for_a_sleeper),
		TEST(interrupt_of_another_vcpu_ends_it_without_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
