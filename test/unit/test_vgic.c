// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where interrupts go (IHI 0069: 3.1 to 3.3 affinity routing, 12.2.17 ICC_SGI1R_EL1, 4.7 physical
 * groups, 4.1 states): SGIs, PPIs, routing of SPIs, 1 of N, waiting vCPUs.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SGI(n)	  ((uint64_t)(n) << 24)
#define IRM	  ARM64_BIT(40)
#define ICC_SGI0R SYSREG(3, 0, 12, 11, 7)
#define PPI	  20
#define VCPUS	  3

static int boot(void **state)
{
	(void)state;
	guest_boot(VCPUS);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* An edge-triggered SPI with priority 0x80 for the vCPU. */
static void edge_spi(unsigned int intid, uint64_t route)
{
	spi_set_edge(intid);
	spi_route(intid, route);
	spi_enable(intid, 0x80);
}

static void sgi_goes_to_the_vcpus_of_its_list(void **state)
{
	(void)state;
	guest_send_sgi(0, SGI(5) | 0x6);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	assert_int_equal(guest_handle(1), 5);
	assert_int_equal(guest_handle(2), 5);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
}

static void sgi_to_all_but_self_spares_the_sender(void **state)
{
	(void)state;
	guest_send_sgi(1, SGI(2) | IRM);
	assert_int_equal(guest_handle(0), 2);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
	assert_int_equal(guest_handle(2), 2);
}

static void sgi_to_self_arrives(void **state)
{
	(void)state;
	guest_send_sgi(1, SGI(15) | 0x2);
	assert_int_equal(guest_handle(1), 15);
}

static void sgi_to_another_cluster_goes_nowhere(void **state)
{
	static const uint64_t elsewhere[] = { UINT64_C(1) << 16, UINT64_C(1) << 32,
					      UINT64_C(1) << 48, UINT64_C(1) << 44 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		guest_send_sgi(0, SGI(5) | 0xf | elsewhere[i]);
	for (unsigned int i = 0; i < VCPUS; i++)
		assert_int_equal(guest_handle(i), GIC_SPURIOUS);
}

static void sgi_to_vcpus_that_do_not_exist_is_ignored(void **state)
{
	(void)state;
	guest_send_sgi(0, SGI(5) | 0xfff8);
	for (unsigned int i = 0; i < VCPUS; i++)
		assert_int_equal(guest_handle(i), GIC_SPURIOUS);
}

static void sgi_to_a_vcpu_that_was_not_created_is_ignored(void **state)
{
	(void)state;
	vcpu_leave(2);
	guest.vm.vcpu[2] = 0;
	guest_send_sgi(0, SGI(5) | 0x6);
	assert_int_equal(guest_handle(1), 5);
	guest.vm.vcpu_count = 2;
}

static void sgi_of_the_other_group_is_not_generated(void **state)
{
	(void)state;
	guest_msr(0, ICC_SGI0R, SGI(5) | 0x2);
	assert_int_equal(guest_read32(1, GICR_SGI(1, ISPEND(0))), 0);
	guest_write32(1, GICR_SGI(1, IGROUP(0)), ~0u & ~BIT(5));
	guest_send_sgi(0, SGI(5) | 0x2);
	assert_int_equal(guest_read32(1, GICR_SGI(1, ISPEND(0))), 0);
	guest_msr(0, ICC_SGI0R, SGI(5) | 0x2);
	assert_int_equal(guest_read32(1, GICR_SGI(1, ISPEND(0))), BIT(5));
}

static void sgi_while_active_is_not_lost(void **state)
{
	(void)state;
	guest_send_sgi(0, SGI(5) | 0x2);
	assert_int_equal(guest_acknowledge(1), 5);
	guest_send_sgi(0, SGI(5) | 0x2);
	guest_send_sgi(0, SGI(5) | 0x2);
	assert_int_equal(guest_acknowledge(1), GIC_SPURIOUS);
	guest_end(1, 5);
	assert_int_equal(guest_handle(1), 5);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
}

static void all_sixteen_sgis_arrive_in_order_of_priority(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 16; i++)
		guest_write(1, GICR_SGI(1, IPRIORITY(i)), 1, 0xf0 - 8 * i);
	for (unsigned int i = 0; i < 16; i++)
		guest_send_sgi(0, SGI(i) | 0x2);
	for (unsigned int i = 16; i > 0; i--)
		assert_int_equal(guest_handle(1), i - 1);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
}

static void disabled_sgi_waits(void **state)
{
	(void)state;
	guest_write32(1, GICR_SGI(1, ICENABLE(0)), BIT(5));
	guest_send_sgi(0, SGI(5) | 0x2);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
	guest_write32(1, GICR_SGI(1, ISENABLE(0)), BIT(5));
	assert_int_equal(guest_handle(1), 5);
}

static void ppi_goes_to_its_vcpu_only(void **state)
{
	(void)state;
	guest_line(PPI, true, 1);
	assert_int_equal(guest_handle(0), GIC_SPURIOUS);
	assert_int_equal(guest_acknowledge(1), PPI);
	guest_line(PPI, false, 1);
	guest_end(1, PPI);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
}

static void lines_that_do_not_exist_are_ignored(void **state)
{
	struct hyp_vm before = guest.vm;

	(void)state;
	guest_line(3, true, 0);
	guest_line(PPI, true, VCPUS);
	for (unsigned int intid = HYP_SPI_LAST + 1; intid < 1024; intid++)
		guest_line(intid, true, 0);
	guest_line(0xffffffff, true, 0);
	assert_memory_equal(&guest.vm, &before, sizeof(before));
	for (unsigned int i = 0; i < VCPUS; i++)
		assert_int_equal(guest_handle(i), GIC_SPURIOUS);
}

static void the_last_spi_works(void **state)
{
	(void)state;
	edge_spi(287, 2);
	guest_pulse(287);
	assert_int_equal(guest_handle(2), 287);
}

static void spi_goes_where_it_is_routed(void **state)
{
	(void)state;
	for (unsigned int target = 0; target < VCPUS; target++) {
		edge_spi(40, target);
		guest_pulse(40);
		for (unsigned int i = 0; i < VCPUS; i++)
			assert_int_equal(guest_handle(i), i == target ? 40 : GIC_SPURIOUS);
	}
}

static void spi_routed_to_nobody_stays_pending(void **state)
{
	(void)state;
	edge_spi(40, 9);
	guest_pulse(40);
	for (unsigned int i = 0; i < VCPUS; i++)
		assert_int_equal(guest_handle(i), GIC_SPURIOUS);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	spi_route(40, 1);
	assert_int_equal(guest_handle(1), 40);
}

static void pending_spi_follows_its_route(void **state)
{
	(void)state;
	edge_spi(40, 1);
	guest_pulse(40);
	assert_true(guest_signalled(1));
	spi_route(40, 2);
	assert_false(guest_signalled(1));
	assert_int_equal(guest_handle(2), 40);
}

static void pending_spi_follows_its_route_away_from_the_vcpu_that_changes_it(void **state)
{
	(void)state;
	edge_spi(40, 0);
	guest_pulse(40);
	assert_true(guest_signalled(0));
	spi_route(40, 2);
	assert_false(guest_signalled(0));
	assert_int_equal(guest_handle(2), 40);
}

static void pending_spi_follows_its_route_while_kicks_are_slow(void **state)
{
	(void)state;
	edge_spi(40, 1);
	guest_pulse(40);
	assert_true(guest_signalled(1));
	fake.sgis_are_slow = true;
	spi_route(40, 2);
	fake.sgis_are_slow = false;
	fake_deliver_sgis();
	assert_false(guest_signalled(1));
	assert_int_equal(guest_handle(2), 40);
}

static void routing_wakes_a_sleeping_target(void **state)
{
	(void)state;
	assert_true(guest_wfi(2));
	edge_spi(40, 1);
	guest_pulse(40);
	assert_true(guest_signalled(1));
	spi_route(40, 2);
	assert_int_equal(guest.woken, 1u << 2);
	vcpu_enter(2);
	assert_int_equal(guest_handle(2), 40);
}

static void active_spi_stays_with_its_vcpu_when_the_route_changes(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(1), 40);
	spi_route(40, 2);
	assert_int_equal(guest_acknowledge(2), GIC_SPURIOUS);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
	guest_end(1, 40);
	assert_int_equal(guest_acknowledge(1), GIC_SPURIOUS);
	assert_int_equal(guest_acknowledge(2), 40);
}

/* Active at one vCPU, pending again and for another: there after the first has ended it, not
 * before. */
static void spi_pending_and_active_follows_its_route_when_it_is_ended(void **state)
{
	(void)state;
	edge_spi(40, 0);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_pulse(40);
	spi_route(40, 2);
	assert_int_equal(guest_acknowledge(2), GIC_SPURIOUS);
	assert_int_equal(guest_read32(1, GICD(ISPEND(40))), BIT(40));
	guest_end(0, 40);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	assert_int_equal(guest_handle(2), 40);
	assert_int_equal(guest_handle(2), GIC_SPURIOUS);
}

/* More active interrupts than list registers; the one that is ended without one was routed to
 * another vCPU meanwhile, and its line is still asserted. */
static void spi_ended_beyond_the_list_registers_follows_its_route(void **state)
{
	enum { DEPTH = FAKE_LR_COUNT + 2, MOVED = 41 };

	(void)state;
	for (unsigned int i = 40; i < 40 + DEPTH; i++) {
		if (i != MOVED)
			spi_set_edge(i);
		spi_enable(i, 0xf0 - 8 * (i - 40));
		guest_raise(i);
		assert_int_equal(guest_acknowledge(0), i);
	}
	spi_route(MOVED, 2);
	for (unsigned int i = 40 + DEPTH; i > 40; i--)
		guest_end(0, i - 1);
	assert_int_equal(guest_acknowledge(2), MOVED);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(MOVED));
}

static void disabled_spi_is_gone_when_the_write_returns(void **state)
{
	(void)state;
	edge_spi(40, 1);
	guest_pulse(40);
	fake.sgis_are_slow = true;
	guest_write32(0, GICD(ICENABLE(40)), BIT(40));
	assert_false(cpu_interface_signals(&fake.cpu[1], true));
}

static void interrupts_of_a_disabled_group_are_gone_everywhere_when_the_write_returns(void **state)
{
	(void)state;
	edge_spi(40, 1);
	guest_pulse(40);
	fake.sgis_are_slow = true;
	guest_write32(0, GICD(CTLR), 0x10);
	assert_false(cpu_interface_signals(&fake.cpu[1], true));
	fake.sgis_are_slow = false;
	guest_write32(0, GICD(CTLR), 0x12);
	assert_int_equal(guest_handle(1), 40);
}

static void one_of_n_spi_goes_to_exactly_one(void **state)
{
	unsigned int taken = 0;

	(void)state;
	edge_spi(40, IROUTER_ANY);
	for (unsigned int round = 0; round < 10; round++) {
		guest_pulse(40);
		taken = 0;
		for (unsigned int i = 0; i < VCPUS; i++)
			taken += guest_handle(i) == 40;
		assert_int_equal(taken, 1);
	}
}

static void one_of_n_spi_prefers_a_vcpu_that_runs(void **state)
{
	(void)state;
	assert_true(guest_wfi(0));
	assert_true(guest_wfi(1));
	guest_write(2, GICD(IPRIORITY(40)), 1, 0x80);
	guest_write(2, GICD(IROUTER(40)), 8, IROUTER_ANY);
	guest_write32(2, GICD(ISENABLE(40)), BIT(40));
	guest_raise(40);
	assert_int_equal(guest.woken, 0);
	assert_int_equal(guest_acknowledge(2), 40);
}

static void one_of_n_spi_spares_redistributors_that_sleep(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < VCPUS; i++)
		assert_true(guest_wfi(i));
	guest_write32(1, GICR(0, RD_WAKER), 2);
	guest_write32(1, GICR(1, RD_WAKER), 2);
	guest_write(1, GICD(IROUTER(40)), 8, IROUTER_ANY);
	guest_write32(1, GICD(ISENABLE(40)), BIT(40));
	guest_raise(40);
	assert_int_equal(guest.woken, 1u << 2);
}

static void active_one_of_n_spi_is_not_given_to_another(void **state)
{
	unsigned int owner = 0;

	(void)state;
	spi_route(40, IROUTER_ANY);
	spi_enable(40, 0x80);
	guest_raise(40);
	while (owner < VCPUS && guest_acknowledge(owner) != 40)
		owner++;
	assert_in_range(owner, 0, VCPUS - 1);
	guest_send_sgi(0, SGI(1) | 0x7);
	for (unsigned int i = 0; i < VCPUS; i++)
		assert_int_not_equal(guest_acknowledge(i), 40);
}

static void wfi_blocks_when_nothing_is_pending(void **state)
{
	uint64_t pc;

	(void)state;
	pc = fake.cpu[0].elr_el2;
	assert_true(guest_wfi(0));
	assert_int_equal(guest.left_with[0], HYP_EXIT_WFI);
	assert_int_equal(guest.vcpu[0].pc, pc + 4);
}

static void wfi_goes_on_when_an_interrupt_is_signalled(void **state)
{
	(void)state;
	edge_spi(40, 0);
	guest_pulse(40);
	assert_false(guest_wfi(0));
	assert_int_equal(guest_handle(0), 40);
}

static void wfi_blocks_on_an_interrupt_behind_the_priority_mask(void **state)
{
	(void)state;
	edge_spi(40, 0);
	guest_set_priority_mask(0, 0x80);
	guest_pulse(40);
	assert_true(guest_wfi(0));
	vcpu_enter(0);
	guest_set_priority_mask(0, 0x88);
	assert_false(guest_wfi(0));
}

static void wfi_blocks_on_an_interrupt_of_a_group_disabled_at_the_cpu(void **state)
{
	(void)state;
	edge_spi(40, 0);
	fake.cpu[0].ich_vmcr_el2 &= ~ICH_VMCR_VENG1;
	guest_pulse(40);
	assert_true(guest_wfi(0));
}

static void wfi_blocks_while_an_interrupt_is_only_active(void **state)
{
	(void)state;
	edge_spi(40, 0);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(0), 40);
	assert_true(guest_wfi(0));
	vcpu_enter(0);
	guest_end(0, 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
}

static void wfi_blocks_on_an_interrupt_for_another_vcpu(void **state)
{
	(void)state;
	edge_spi(40, 1);
	guest_pulse(40);
	assert_true(guest_wfi(0));
}

static void wfi_goes_on_for_a_timer_that_has_expired(void **state)
{
	(void)state;
	fake.cpu[0].cntv_cval_el0 = 0;
	fake.cpu[0].cntv_ctl_el0 = CNT_CTL_ENABLE;
	assert_false(guest_wfi(0));
	assert_int_equal(guest_acknowledge(0), VM_PPI_VTIMER);
}

static void interrupts_wake_a_sleeping_vcpu(void **state)
{
	(void)state;
	edge_spi(40, 1);
	assert_true(guest_wfi(1));
	guest_pulse(40);
	assert_int_equal(guest.woken, 1u << 1);
	vcpu_enter(1);
	assert_int_equal(guest_handle(1), 40);
}

static void sgis_wake_sleeping_vcpus(void **state)
{
	(void)state;
	assert_true(guest_wfi(1));
	assert_true(guest_wfi(2));
	guest_send_sgi(0, SGI(1) | IRM);
	assert_int_equal(guest.woken, 0x6);
	assert_int_equal(guest.left_with[0], 0);
	assert_true(vcpu_runs(0));
	vcpu_enter(1);
	vcpu_enter(2);
	assert_int_equal(guest_handle(1), 1);
	assert_int_equal(guest_handle(2), 1);
}

static void disabled_interrupts_wake_nobody(void **state)
{
	(void)state;
	spi_route(40, 1);
	assert_true(guest_wfi(1));
	guest_raise(40);
	assert_int_equal(guest.woken, 0);
	guest_write32(0, GICD(ISENABLE(40)), BIT(40));
	assert_int_equal(guest.woken, 1u << 1);
}

static void a_lowered_line_wakes_nobody(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(1), 40);
	guest_lower(40);
	guest_end(1, 40);
	assert_true(guest_wfi(1));
	guest_lower(40);
	assert_int_equal(guest.woken, 0);
}

/* Level-sensitive: an interrupt whose line falls before it is acknowledged is none (4.1.2). */
static void a_level_that_falls_is_withdrawn_when_the_call_returns(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	guest_line(PPI, true, 2);
	guest_raise(40);
	assert_true(guest_signalled(1));
	assert_true(guest_signalled(2));
	fake.sgis_are_slow = true;
	fake.current = HOST_CPU;
	assert_int_equal(vgic_inject(&guest.vm, 40, false, 0), 0);
	assert_int_equal(vgic_inject(&guest.vm, PPI, false, 2), 0);
	assert_false(cpu_interface_signals(&fake.cpu[1], true));
	assert_false(cpu_interface_signals(&fake.cpu[2], true));
	fake.sgis_are_slow = false;
	guest_raise(40);
	assert_int_equal(guest_acknowledge(1), 40);
}

static void a_level_that_falls_while_active_ends_as_usual(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(1), 40);
	guest_lower(40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
	guest_end(1, 40);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
}

/* What is pending by a write of the guest does not hang on the line. */
static void a_level_set_pending_by_register_stays_when_its_line_falls(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	guest_write32(0, GICD(ISPEND(40)), BIT(40));
	guest_raise(40);
	guest_lower(40);
	assert_int_equal(guest_handle(1), 40);
	assert_int_equal(guest_handle(1), GIC_SPURIOUS);
}

/* The usual case: the vCPU that has acknowledged it makes the device lower its line, in the host;
 * edges; lines that were low. */
static void a_line_that_falls_kicks_only_who_has_its_level(void **state)
{
	unsigned int before;

	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	edge_spi(41, 1);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(1), 40);
	vcpu_leave(1);
	before = fake.cpu[1].sgis_received;
	guest_lower(40);
	vcpu_enter(1);
	guest_end(1, 40);
	guest_lower(40);
	assert_int_equal(fake.cpu[1].sgis_received, before);
	guest_raise(41);
	before = fake.cpu[1].sgis_received;
	guest_lower(41);
	assert_int_equal(fake.cpu[1].sgis_received, before);
	assert_int_equal(guest_handle(1), 41);
}

static void a_level_that_falls_is_withdrawn_through_the_host_without_a_kick_sgi(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_true(guest_signalled(1));
	fake.cpu[1].hyp.takes_kicks = 0;
	guest_lower(40);
	assert_int_equal(guest.host_kicks, 1u << 1);
	vcpu_leave(1); /* the host's interrupt */
	vcpu_enter(1);
	assert_int_equal(guest_acknowledge(1), GIC_SPURIOUS);
}

/* Between the decision to block and the sleep in the driver: "wake" tells. */
static void an_interrupt_between_wfi_and_sleep_is_seen(void **state)
{
	(void)state;
	edge_spi(40, 1);
	assert_int_equal(guest_trap(1, (uint64_t)EC_WFX << ESR_EC_SHIFT), HYP_EXIT_WFI);
	guest_pulse(40);
	assert_int_equal(guest.woken, 0);
	assert_int_equal(guest.vcpu[1].wake, 1);
}

static void a_vcpu_takes_its_interrupts_along_to_another_cpu(void **state)
{
	(void)state;
	vcpu_leave(2);
	edge_spi(40, 1);
	edge_spi(41, 1);
	guest_pulse(40);
	guest_pulse(41);
	assert_int_equal(guest_acknowledge(1), 40);
	vcpu_leave(1);
	guest.cpu[1] = 2;
	vcpu_enter(1);
	guest_end(1, 40);
	assert_int_equal(guest_handle(1), 41);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sgi_goes_to_the_vcpus_of_its_list),
		TEST(sgi_to_all_but_self_spares_the_sender),
		TEST(sgi_to_self_arrives),
		TEST(sgi_to_another_cluster_goes_nowhere),
		TEST(sgi_to_vcpus_that_do_not_exist_is_ignored),
		TEST(sgi_to_a_vcpu_that_was_not_created_is_ignored),
		TEST(sgi_of_the_other_group_is_not_generated),
		TEST(sgi_while_active_is_not_lost),
		TEST(all_sixteen_sgis_arrive_in_order_of_priority),
		TEST(disabled_sgi_waits),
		TEST(ppi_goes_to_its_vcpu_only),
		TEST(lines_that_do_not_exist_are_ignored),
		TEST(the_last_spi_works),
		TEST(spi_goes_where_it_is_routed),
		TEST(spi_routed_to_nobody_stays_pending),
		TEST(pending_spi_follows_its_route),
		TEST(pending_spi_follows_its_route_away_from_the_vcpu_that_changes_it),
		TEST(pending_spi_follows_its_route_while_kicks_are_slow),
		TEST(routing_wakes_a_sleeping_target),
		TEST(active_spi_stays_with_its_vcpu_when_the_route_changes),
		TEST(spi_pending_and_active_follows_its_route_when_it_is_ended),
		TEST(spi_ended_beyond_the_list_registers_follows_its_route),
		TEST(disabled_spi_is_gone_when_the_write_returns),
		TEST(interrupts_of_a_disabled_group_are_gone_everywhere_when_the_write_returns),
		TEST(one_of_n_spi_goes_to_exactly_one),
		TEST(one_of_n_spi_prefers_a_vcpu_that_runs),
		TEST(one_of_n_spi_spares_redistributors_that_sleep),
		TEST(active_one_of_n_spi_is_not_given_to_another),
		TEST(wfi_blocks_when_nothing_is_pending),
		TEST(wfi_goes_on_when_an_interrupt_is_signalled),
		TEST(wfi_blocks_on_an_interrupt_behind_the_priority_mask),
		TEST(wfi_blocks_on_an_interrupt_of_a_group_disabled_at_the_cpu),
		TEST(wfi_blocks_while_an_interrupt_is_only_active),
		TEST(wfi_blocks_on_an_interrupt_for_another_vcpu),
		TEST(wfi_goes_on_for_a_timer_that_has_expired),
		TEST(interrupts_wake_a_sleeping_vcpu),
		TEST(sgis_wake_sleeping_vcpus),
		TEST(disabled_interrupts_wake_nobody),
		TEST(a_lowered_line_wakes_nobody),
		TEST(a_level_that_falls_is_withdrawn_when_the_call_returns),
		TEST(a_level_that_falls_while_active_ends_as_usual),
		TEST(a_level_set_pending_by_register_stays_when_its_line_falls),
		TEST(a_line_that_falls_kicks_only_who_has_its_level),
		TEST(a_level_that_falls_is_withdrawn_through_the_host_without_a_kick_sgi),
		TEST(an_interrupt_between_wfi_and_sleep_is_seen),
		TEST(a_vcpu_takes_its_interrupts_along_to_another_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
