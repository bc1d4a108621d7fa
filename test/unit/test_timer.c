// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest's timers (Arm ARM D11.2: timer conditions are unsigned comparisons; CNTP_* D13.8.16 to
 * D13.8.18), and the virtual timer's way through a list register with the HW bit (IHI 0069, 6.3).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define CNTP_TVAL SYSREG(3, 3, 14, 2, 0)
#define CNTP_CTL  SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL SYSREG(3, 3, 14, 2, 2)
#define VTIMER	  VM_PPI_VTIMER
#define PTIMER	  VM_PPI_PTIMER
#define NOW	  1000000
#define OFFSET	  400000

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	vcpu_leave(0);
	guest.vm.cntvoff = OFFSET;
	fake.counter = NOW;
	vcpu_enter(0);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* The virtual timer, as the guest sets it, for "ticks" from now. */
static void vtimer_set(uint64_t ticks)
{
	fake.cpu[0].cntv_cval_el0 = fake.counter - OFFSET + ticks;
	fake.cpu[0].cntv_ctl_el0 = CNT_CTL_ENABLE;
	guest_settle();
}

static bool physically_active(unsigned int intid)
{
	return (fake.cpu[0].gicr_active & 1u << intid) != 0;
}

static uint64_t cntp(uint32_t encoding)
{
	uint64_t value;

	assert_int_equal(guest_mrs(0, encoding, &value), 0);
	return value;
}

static void ptimer_set(uint64_t ticks)
{
	guest_msr(0, CNTP_CVAL, fake.counter + ticks);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
}

static void virtual_timer_interrupts_when_its_time_comes(void **state)
{
	(void)state;
	vtimer_set(100);
	guest_pass_time(99);
	assert_false(guest_signalled(0));
	guest_pass_time(1);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

/* What the driver is told at WFI: up, the expired timer wakes nobody; down, its time is ahead. */
static void the_line_of_the_virtual_timer_is_right_at_wfi(void **state)
{
	(void)state;
	guest_write32(0, GICR_SGI(0, ICENABLE(0)), 1u << VTIMER);
	vtimer_set(100);
	guest_pass_time(100);
	assert_true(guest_wfi(0));
	assert_true(guest.vcpu[0].bank.line & 1u << VTIMER);
	vcpu_enter(0);
	vtimer_set(100);
	assert_true(guest_wfi(0));
	assert_false(guest.vcpu[0].bank.line & 1u << VTIMER);
}

static void every_virtual_timer_tick_arrives_without_an_exit_between(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		vtimer_set(100);
		guest_pass_time(100);
		assert_int_equal(guest_acknowledge(0), VTIMER);
		vtimer_set(1000);
		guest_end(0, VTIMER);
		assert_false(guest_signalled(0));
	}
}

static void virtual_timer_that_stays_asserted_interrupts_again(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_int_equal(guest_handle(0), VTIMER);
	assert_int_equal(guest_handle(0), VTIMER);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

static void virtual_timer_uses_a_hardware_list_register(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_true(fake.cpu[0].lr[0] & ICH_LR_HW);
	assert_int_equal((fake.cpu[0].lr[0] >> ICH_LR_PINTID_SHIFT) & 0x3ff, hyp_config.vtimer_ppi);
	assert_true(physically_active(VTIMER));
}

static void eoi_of_the_virtual_timer_deactivates_the_physical_interrupt(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
	assert_true(physically_active(VTIMER));
	vtimer_set(1000);
	guest_end(0, VTIMER);
	assert_false(physically_active(VTIMER));
}

static void virtual_timer_at_the_end_of_time_never_fires(void **state)
{
	(void)state;
	fake.cpu[0].cntv_cval_el0 = UINT64_MAX;
	fake.cpu[0].cntv_ctl_el0 = CNT_CTL_ENABLE;
	guest_pass_time(1000);
	assert_false(guest_signalled(0));
	vcpu_leave(0);
	vcpu_enter(0);
	assert_false(guest_signalled(0));
}

static void masked_virtual_timer_is_silent(void **state)
{
	(void)state;
	fake.cpu[0].cntv_ctl_el0 = CNT_CTL_ENABLE | CNT_CTL_IMASK;
	guest_pass_time(1000);
	vcpu_leave(0);
	vcpu_enter(0);
	assert_false(guest_signalled(0));
}

static void leaving_takes_the_virtual_timer_out_of_the_cpu(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
	vcpu_leave(0);
	assert_int_equal(fake.cpu[0].cntv_ctl_el0, 0);
	assert_int_equal(fake.cpu[0].cntvoff_el2, 0);
	assert_false(physically_active(VTIMER));
	assert_int_equal(guest.vcpu[0].cntv_ctl, CNT_CTL_ENABLE);
	assert_int_equal(guest.vcpu[0].cntv_cval, NOW - OFFSET);
}

/* The host has a virtual timer, too. */
static void only_what_the_guest_made_active_is_deactivated_on_leaving(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_true(physically_active(VTIMER));
	vcpu_leave(0);
	assert_false(physically_active(VTIMER));
	guest.vcpu[0].cntv_ctl = 0;
	fake.cpu[0].gicr_active |= 1u << VTIMER;
	vcpu_enter(0);
	vcpu_leave(0);
	assert_true(physically_active(VTIMER));
}

static void active_virtual_timer_survives_leaving_and_entering(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
	vcpu_leave(0);
	vcpu_enter(0);
	assert_true(physically_active(VTIMER));
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	vtimer_set(50);
	guest_end(0, VTIMER);
	assert_false(physically_active(VTIMER));
	guest_pass_time(50);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

static void virtual_timer_that_expires_outside_is_pending_on_entry(void **state)
{
	(void)state;
	vtimer_set(100);
	vcpu_leave(0);
	fake.counter += 100;
	vcpu_enter(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
	assert_true(physically_active(VTIMER));
}

static void virtual_timer_moved_on_before_the_exit_is_not_pending_on_entry(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_true(guest_signalled(0));
	vtimer_set(1000);
	vcpu_leave(0);
	vcpu_enter(0);
	assert_false(guest_signalled(0));
	assert_false(physically_active(VTIMER));
	guest_pass_time(1000);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

static void disabled_virtual_timer_interrupt_waits_without_a_storm(void **state)
{
	(void)state;
	guest_write32(0, GICR_SGI(0, ICENABLE(0)), 1u << VTIMER);
	vtimer_set(0);
	assert_false(guest_signalled(0));
	assert_int_equal(guest_read32(0, GICR_SGI(0, ISPEND(0))), 1u << VTIMER);
	guest_write32(0, GICR_SGI(0, ISENABLE(0)), 1u << VTIMER);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

static void virtual_timer_moved_on_while_disabled_fires_later(void **state)
{
	(void)state;
	guest_write32(0, GICR_SGI(0, ICENABLE(0)), 1u << VTIMER);
	vtimer_set(0);
	vtimer_set(1000);
	guest_write32(0, GICR_SGI(0, ISENABLE(0)), 1u << VTIMER);
	assert_false(guest_signalled(0));
	guest_pass_time(1000);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

static void clearing_the_virtual_timers_active_state_lets_it_fire_again(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
	vtimer_set(1000);
	guest_send_sgi(0, 1);
	guest_write32(0, GICR_SGI(0, ICACTIVE(0)), 1u << VTIMER);
	fake.cpu[0].ich_ap1r0_el2 = 0;
	assert_int_equal(guest_handle(0), 0);
	guest_pass_time(1000);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

static void pending_state_of_the_virtual_timer_is_its_output(void **state)
{
	(void)state;
	assert_int_equal(guest_read32(0, GICR_SGI(0, ISPEND(0))), 0);
	vtimer_set(0);
	assert_int_equal(guest_read32(0, GICR_SGI(0, ISPEND(0))), 1u << VTIMER);
	vtimer_set(1000);
	assert_int_equal(guest_read32(0, GICR_SGI(0, ISPEND(0))), 0);
}

static void virtual_timer_set_pending_by_software_arrives(void **state)
{
	(void)state;
	guest_write32(0, GICR_SGI(0, ISPEND(0)), 1u << VTIMER);
	assert_int_equal(guest_handle(0), VTIMER);
	assert_false(guest_signalled(0));
	vtimer_set(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
}

/* Its list register has the HW bit, with which pending and active is not allowed (IHI 0069,
 * ICH_LR<n>_EL2.State): the fake CPU refuses that. */
static void virtual_timer_set_pending_while_active_comes_after_its_end(void **state)
{
	(void)state;
	vtimer_set(0);
	assert_int_equal(guest_acknowledge(0), VTIMER);
	vtimer_set(1000);
	guest_write32(0, GICR_SGI(0, ISPEND(0)), 1u << VTIMER);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	guest_end(0, VTIMER);
	guest_write32(0, GICR_SGI(0, ISENABLE(0)), 1u << VTIMER); /* whatever makes EL2 look */
	assert_int_equal(guest_handle(0), VTIMER);
}

static void physical_timer_registers_read_back(void **state)
{
	(void)state;
	guest_msr(0, CNTP_CVAL, 0x123456789abcdef0);
	assert_int_equal(cntp(CNTP_CVAL), 0x123456789abcdef0);
	guest_msr(0, CNTP_TVAL, 5000);
	assert_int_equal(cntp(CNTP_CVAL), NOW + 5000);
	assert_int_equal(cntp(CNTP_TVAL), 5000);
	guest_msr(0, CNTP_TVAL, 0xffffffff);
	assert_int_equal(cntp(CNTP_CVAL), NOW - 1);
	assert_int_equal(cntp(CNTP_TVAL), 0xffffffff);
	guest_msr(0, CNTP_CTL, ~UINT64_C(0));
	assert_int_equal(cntp(CNTP_CTL), 7);
	guest_msr(0, CNTP_CTL, 0);
	assert_int_equal(cntp(CNTP_CTL) & 3, 0);
}

static void physical_timer_interrupts_when_its_time_comes(void **state)
{
	(void)state;
	ptimer_set(100);
	assert_int_equal(cntp(CNTP_CTL), CNT_CTL_ENABLE);
	guest_pass_time(99);
	assert_false(guest_signalled(0));
	guest_pass_time(1);
	assert_int_equal(cntp(CNTP_CTL), CNT_CTL_ENABLE | CNT_CTL_ISTATUS);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

static void every_physical_timer_tick_arrives(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		ptimer_set(100);
		guest_pass_time(100);
		assert_int_equal(guest_acknowledge(0), PTIMER);
		ptimer_set(1000);
		guest_end(0, PTIMER);
		assert_false(guest_signalled(0));
	}
}

static void physical_timer_that_expires_while_its_interrupt_is_active_interrupts_again(void **state)
{
	(void)state;
	ptimer_set(0);
	assert_int_equal(guest_acknowledge(0), PTIMER);
	ptimer_set(100);
	guest_send_sgi(0, 1); /* the list registers are loaded while the line is low */
	guest_pass_time(100);
	guest_end(0, PTIMER);
	assert_int_equal(guest_handle(0), 0);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

static void physical_timer_moved_on_before_the_acknowledge_is_withdrawn(void **state)
{
	(void)state;
	ptimer_set(0);
	assert_true(guest_signalled(0));
	ptimer_set(100);
	assert_false(guest_signalled(0));
	guest_pass_time(100);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

static void physical_timer_at_the_end_of_time_never_fires(void **state)
{
	(void)state;
	guest_msr(0, CNTP_CVAL, UINT64_MAX);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
	assert_int_equal(cntp(CNTP_CTL), CNT_CTL_ENABLE);
	assert_false(guest_signalled(0));
	guest_pass_time(1000);
	assert_false(guest_signalled(0));
}

static void masked_physical_timer_shows_its_condition_only(void **state)
{
	(void)state;
	guest_msr(0, CNTP_CVAL, NOW);
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE | CNT_CTL_IMASK);
	assert_int_equal(cntp(CNTP_CTL), CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS);
	assert_false(guest_signalled(0));
	guest_msr(0, CNTP_CTL, CNT_CTL_ENABLE);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

static void physical_timer_leaves_the_cpu_with_the_vcpu(void **state)
{
	(void)state;
	ptimer_set(100);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE);
	vcpu_leave(0);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, 0);
	fake.counter += 50;
	guest.cpu[0] = 2;
	vcpu_enter(0);
	assert_int_equal(fake.cpu[2].cnthp_cval_el2, NOW + 100);
	guest_pass_time(50);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

static void physical_timer_that_expires_outside_is_pending_on_entry(void **state)
{
	(void)state;
	ptimer_set(100);
	vcpu_leave(0);
	fake.counter += 100;
	vcpu_enter(0);
	assert_int_equal(guest_acknowledge(0), PTIMER);
}

/* A host at EL2 has EL2's timer for its own, set for "ticks" from now. */
static void enter_with_host_timer(uint64_t ticks)
{
	vcpu_leave(0);
	fake.host_at_el2 = true;
	fake.cpu[0].cnthp_cval_el2 = fake.counter + ticks;
	fake.cpu[0].cnthp_ctl_el2 = CNT_CTL_ENABLE;
	vcpu_enter(0);
}

static void the_hosts_own_timer_goes_on_beside_a_guests(void **state)
{
	(void)state;
	enter_with_host_timer(500);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 500);
	ptimer_set(100);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 100);
	guest_pass_time(100);
	assert_int_equal(guest_acknowledge(0), PTIMER);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 500);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE);
	guest_pass_time(400);
	assert_int_equal(guest.left_with[0], HYP_EXIT_IRQ);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 500);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE);
}

static void the_hosts_own_timer_is_as_it_was_when_the_guest_leaves(void **state)
{
	(void)state;
	enter_with_host_timer(500);
	ptimer_set(100);
	vcpu_leave(0);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 500);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE);
	fake.cpu[0].cnthp_ctl_el2 = CNT_CTL_ENABLE | CNT_CTL_IMASK;
	vcpu_enter(0);
	assert_int_equal(fake.cpu[0].cnthp_cval_el2, NOW + 100);
	vcpu_leave(0);
	assert_int_equal(fake.cpu[0].cnthp_ctl_el2, CNT_CTL_ENABLE | CNT_CTL_IMASK);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(virtual_timer_interrupts_when_its_time_comes),
		TEST(the_line_of_the_virtual_timer_is_right_at_wfi),
		TEST(every_virtual_timer_tick_arrives_without_an_exit_between),
		TEST(virtual_timer_that_stays_asserted_interrupts_again),
		TEST(virtual_timer_uses_a_hardware_list_register),
		TEST(eoi_of_the_virtual_timer_deactivates_the_physical_interrupt),
		TEST(virtual_timer_at_the_end_of_time_never_fires),
		TEST(masked_virtual_timer_is_silent),
		TEST(leaving_takes_the_virtual_timer_out_of_the_cpu),
		TEST(only_what_the_guest_made_active_is_deactivated_on_leaving),
		TEST(active_virtual_timer_survives_leaving_and_entering),
		TEST(virtual_timer_that_expires_outside_is_pending_on_entry),
		TEST(virtual_timer_moved_on_before_the_exit_is_not_pending_on_entry),
		TEST(disabled_virtual_timer_interrupt_waits_without_a_storm),
		TEST(virtual_timer_moved_on_while_disabled_fires_later),
		TEST(clearing_the_virtual_timers_active_state_lets_it_fire_again),
		TEST(pending_state_of_the_virtual_timer_is_its_output),
		TEST(virtual_timer_set_pending_by_software_arrives),
		TEST(virtual_timer_set_pending_while_active_comes_after_its_end),
		TEST(physical_timer_registers_read_back),
		TEST(physical_timer_interrupts_when_its_time_comes),
		TEST(every_physical_timer_tick_arrives),
		TEST(physical_timer_that_expires_while_its_interrupt_is_active_interrupts_again),
		TEST(physical_timer_moved_on_before_the_acknowledge_is_withdrawn),
		TEST(physical_timer_at_the_end_of_time_never_fires),
		TEST(masked_physical_timer_shows_its_condition_only),
		TEST(physical_timer_leaves_the_cpu_with_the_vcpu),
		TEST(physical_timer_that_expires_outside_is_pending_on_entry),
		TEST(the_hosts_own_timer_goes_on_beside_a_guests),
		TEST(the_hosts_own_timer_is_as_it_was_when_the_guest_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
