// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kicks: a physical SGI is sent only to a CPU that runs the vCPU, is consumed at EL2, and never
 * reaches the host (vmm/hyp/kick.c); and what a vCPU is interrupted for.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define KICK_SGI 8
#define SGI_1	 (UINT64_C(1) << 24) /* ICC_SGI1R_EL1.INTID */
#define SGI_2	 (UINT64_C(2) << 24)

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	spi_set_edge(40);
	spi_route(40, 1);
	spi_enable(40, 0x80);
	fake.cpu[0].sgis_received = fake.cpu[1].sgis_received = 0;
	return 0;
}

static int check(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_CPUS; i++)
		assert_int_equal(fake.cpu[i].gicr_pending, 0);
	guest_check();
	return 0;
}

/* The driver's call, from the host's CPU. */
static bool kick(unsigned int vcpu)
{
	bool host;

	fake.current = HOST_CPU;
	host = kick_vcpu(&guest.vcpu[vcpu]);
	guest_settle();
	return host;
}

static void no_sgi_is_sent_to_a_vcpu_outside(void **state)
{
	(void)state;
	vcpu_leave(1);
	assert_false(kick(1));
	guest_pulse(40);
	assert_int_equal(fake.cpu[1].sgis_received, 0);
}

static void no_sgi_is_sent_to_a_vcpu_that_sleeps(void **state)
{
	(void)state;
	assert_true(guest_wfi(1));
	assert_false(kick(1));
	guest_pulse(40);
	assert_int_equal(fake.cpu[1].sgis_received, 0);
	assert_int_equal(guest.woken, 1u << 1);
}

static void a_sleeping_vcpu_is_woken_by_the_host_of_its_cpu(void **state)
{
	(void)state;
	assert_true(guest_wfi(1));
	guest_send_sgi(0, 1 << 1 | SGI_1);
	assert_int_equal(guest.left_with[0], 0);
	assert_int_equal(guest.host_interrupts, 1);
	assert_int_equal(guest.woken, 1u << 1);
	assert_int_equal(guest.vcpu[1].wake_queued, 0);
	vcpu_enter(1);
	assert_int_equal(guest_handle(1), 1);
}

static void a_second_interrupt_for_who_is_being_woken_sends_no_second_sgi(void **state)
{
	(void)state;
	assert_true(guest_wfi(1));
	fake.sgis_are_slow = true;
	guest_send_sgi(0, 1 << 1 | SGI_1);
	guest_send_sgi(0, 1 << 1 | SGI_2);
	assert_int_equal(fake.cpu[1].sgis_received, 1);
	assert_int_equal(guest.woken, 0);
	fake_deliver_sgis();
	guest_settle();
	assert_int_equal(guest.woken, 1u << 1);
}

static void who_cannot_be_woken_by_an_sgi_is_woken_by_the_caller(void **state)
{
	(void)state;
	fake.cpu[1].hyp.takes_kicks = 0;
	assert_true(guest_wfi(1));
	guest_send_sgi(0, 1 << 1 | SGI_1);
	assert_int_equal(guest.left_with[0], HYP_EXIT_WAKE);
	assert_int_equal(guest.woken, 1u << 1);
	assert_int_equal(fake.cpu[1].sgis_received, 0);
}

static void who_slept_on_the_callers_cpu_is_woken_by_the_caller(void **state)
{
	(void)state;
	vcpu_leave(0);
	assert_true(guest_wfi(1));
	guest.cpu[0] = guest.cpu[1];
	vcpu_enter(0);
	guest_send_sgi(0, 1 << 1 | SGI_1);
	assert_int_equal(guest.left_with[0], HYP_EXIT_WAKE);
	assert_int_equal(guest.woken, 1u << 1);
}

static void a_guest_is_left_when_its_host_has_somebody_to_wake(void **state)
{
	(void)state;
	guest_boot(3);
	assert_true(guest_wfi(1));
	vcpu_leave(2);
	guest.cpu[2] = guest.cpu[1];
	vcpu_enter(2);
	guest_send_sgi(0, 1 << 1 | SGI_1);
	assert_int_equal(guest.left_with[0], 0);
	assert_int_equal(guest.left_with[2], HYP_EXIT_WAKE);
	assert_true(vcpu_runs(2));
	assert_int_equal(guest.woken, 1u << 1);
}

static void a_request_takes_a_running_vcpu_out(void **state)
{
	(void)state;
	guest.vcpu[1].request = 1;
	assert_false(kick(1));
	assert_int_equal(guest.left_with[1], HYP_EXIT_REQUEST);
	assert_false(vcpu_runs(1));
	assert_int_equal(fake.cpu[1].sgis_received, 1);
}

static void a_kick_without_request_does_not_take_it_out(void **state)
{
	uint64_t before = guest.vcpu[1].stats[VMM_STAT_KICKS];

	(void)state;
	assert_false(kick(1));
	assert_true(vcpu_runs(1));
	assert_int_equal(fake.cpu[1].sgis_received, 1);
	assert_int_equal(guest.vcpu[1].stats[VMM_STAT_KICKS], before + 1);
}

static void a_vcpu_on_this_cpu_is_not_kicked(void **state)
{
	(void)state;
	guest_send_sgi(0, 1);
	assert_int_equal(fake.cpu[0].sgis_received, 0);
	assert_int_equal(guest_handle(0), 0);
}

static void one_sgi_is_on_its_way_at_a_time(void **state)
{
	(void)state;
	fake.sgis_are_slow = true;
	assert_false(kick(1));
	assert_false(kick(1));
	guest_pulse(40);
	assert_int_equal(fake.cpu[1].sgis_received, 1);
	fake_deliver_sgis();
	assert_int_equal(guest_handle(1), 40);
	fake.sgis_are_slow = false;
	guest_pulse(40);
	assert_int_equal(fake.cpu[1].sgis_received, 2);
	assert_int_equal(guest_handle(1), 40);
}

static void a_kick_on_its_way_is_drained_before_the_host_runs(void **state)
{
	(void)state;
	fake.sgis_are_slow = true;
	guest_pulse(40);
	assert_int_equal(guest.vcpu[1].kicked, 1);
	vcpu_leave(1);
	assert_int_equal(guest.vcpu[1].kicked, 0);
	fake_deliver_sgis();
	assert_int_equal(fake.cpu[1].gicr_pending, 0);
	vcpu_enter(1);
	assert_int_equal(guest_handle(1), 40);
}

static void a_kick_that_arrived_is_drained_before_the_host_runs(void **state)
{
	(void)state;
	fake.sgis_are_slow = true;
	guest_pulse(40);
	fake_deliver_sgis();
	assert_int_equal(fake.cpu[1].gicr_pending, 1u << KICK_SGI);
	vcpu_leave(1);
	assert_int_equal(fake.cpu[1].gicr_pending, 0);
}

static void the_sgi_names_the_cpu_by_its_affinity(void **state)
{
	(void)state;
	fake.cpu[1].hyp.mpidr = UINT64_C(0x7) << 32 | 0x050302;
	guest_pulse(40);
	assert_int_equal(fake.last_sgi1r, UINT64_C(0x7) << 48 | UINT64_C(0x5) << 32 | 0x3 << 16 |
						  KICK_SGI << 24 | 1 << 2);
	assert_int_equal(guest_handle(1), 40);
}

static void without_an_sgi_the_host_must_kick(void **state)
{
	(void)state;
	fake.cpu[1].hyp.takes_kicks = 0;
	assert_true(kick(1));
	guest_pulse(40);
	assert_int_equal(guest.host_kicks, 1u << 1);
	assert_int_equal(fake.cpu[1].sgis_received, 0);
	vcpu_leave(1);
	vcpu_enter(1);
	assert_int_equal(guest_handle(1), 40);
}

static void without_an_sgi_state_is_read_without_waiting(void **state)
{
	(void)state;
	guest_pulse(40);
	fake.cpu[1].hyp.takes_kicks = 0;
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
}

static void two_vcpus_that_wait_for_each_other_both_go_on(void **state)
{
	(void)state;
	guest_pulse(40);
	guest_send_sgi(0, 1);
	guest.vcpu[0].sync_request =
		1; /* vCPU 1 waits for vCPU 0 on its CPU while vCPU 0 traps to ask the same */
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	assert_int_equal(guest.vcpu[0].sync_request, 0);
	assert_int_equal(guest_handle(0), 0);
	assert_int_equal(guest_handle(1), 40);
}

static void leaving_answers_who_waits(void **state)
{
	(void)state;
	guest_pulse(40);
	guest.vcpu[1].sync_request = 1;
	vcpu_leave(1);
	assert_int_equal(guest.vcpu[1].sync_request, 0);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
}

static void physical_interrupts_of_the_host_end_the_run(void **state)
{
	(void)state;
	fake.cpu[1].gicr_pending = 1u << 30;
	guest_settle();
	assert_int_equal(guest.left_with[1], HYP_EXIT_IRQ);
	assert_int_equal(fake.cpu[1].gicr_pending, 1u << 30); /* the host takes it */
	fake.cpu[1].gicr_pending = 0;
}

/* Kicks have the lowest INTID: a flood of them would come first for ever. */
static void a_kick_does_not_hide_an_interrupt_of_the_host(void **state)
{
	(void)state;
	fake.sgis_are_slow = true;
	guest_pulse(40);
	fake_deliver_sgis();
	fake.cpu[1].gicr_pending |= 1u << 30;
	guest.interrupts = 0;
	guest_settle();
	assert_int_equal(guest.interrupts, 1); /* without a return to the guest in between */
	assert_int_equal(guest.left_with[1], HYP_EXIT_IRQ);
	fake.cpu[1].gicr_pending = 0;
	vcpu_enter(1);
	assert_int_equal(guest_handle(1), 40);
}

/* Nor does one of ours behind which it waits. */
static void a_timer_that_comes_with_a_kick_is_handled_at_once(void **state)
{
	(void)state;
	fake.sgis_are_slow = true;
	guest_pulse(40);
	fake_deliver_sgis();
	fake.cpu[1].cntv_cval_el0 = 0;
	fake.cpu[1].cntv_ctl_el0 = CNT_CTL_ENABLE;
	guest.interrupts = 0;
	guest_settle();
	assert_int_equal(guest.interrupts, 1);
	assert_int_equal(guest.vcpu[1].stats[VMM_STAT_TIMER_VIRTUAL], 1);
	fake.cpu[1].cntv_ctl_el0 = 0;
	assert_int_equal(guest_handle(1), 40);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_sgi_is_sent_to_a_vcpu_outside),
		TEST(no_sgi_is_sent_to_a_vcpu_that_sleeps),
		TEST(a_sleeping_vcpu_is_woken_by_the_host_of_its_cpu),
		TEST(a_second_interrupt_for_who_is_being_woken_sends_no_second_sgi),
		TEST(who_cannot_be_woken_by_an_sgi_is_woken_by_the_caller),
		TEST(who_slept_on_the_callers_cpu_is_woken_by_the_caller),
		TEST(a_guest_is_left_when_its_host_has_somebody_to_wake),
		TEST(a_request_takes_a_running_vcpu_out),
		TEST(a_kick_without_request_does_not_take_it_out),
		TEST(a_vcpu_on_this_cpu_is_not_kicked),
		TEST(one_sgi_is_on_its_way_at_a_time),
		TEST(a_kick_on_its_way_is_drained_before_the_host_runs),
		TEST(a_kick_that_arrived_is_drained_before_the_host_runs),
		TEST(the_sgi_names_the_cpu_by_its_affinity),
		TEST(without_an_sgi_the_host_must_kick),
		TEST(without_an_sgi_state_is_read_without_waiting),
		TEST(two_vcpus_that_wait_for_each_other_both_go_on),
		TEST(leaving_answers_who_waits),
		TEST(physical_interrupts_of_the_host_end_the_run),
		TEST(a_kick_does_not_hide_an_interrupt_of_the_host),
		TEST(a_timer_that_comes_with_a_kick_is_handled_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
