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

#define PC     0x40080000
#define WFI    ((uint64_t)EC_WFX << ESR_EC_SHIFT | ESR_IL)
#define SPI    40
#define ENABLE (VM_GICD_BASE + 0x104)

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	guest.vcpu[0].wait_here = 1;
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

static void wfi_leaves_for_the_host_where_others_want_the_cpu(void **state)
{
	(void)state;
	guest.vcpu[0].wait_here = 0;
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
	guest.vcpu[1].wait_here = 0;
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
		TEST(wfi_leaves_for_the_host_where_others_want_the_cpu),
		TEST(wfi_does_not_wait_with_an_interrupt_pending),
		TEST(wfi_leaves_when_it_gives_back_what_is_for_a_sleeper),
		TEST(interrupt_of_another_vcpu_ends_it_without_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
