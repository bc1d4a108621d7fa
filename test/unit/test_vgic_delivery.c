// SPDX-License-Identifier: BSD-2-Clause
/*
 * Delivery of virtual interrupts through list registers, as the guest sees it (IHI 0069: 4.1 the
 * life of an interrupt, 4.5 lists and priorities, 4.8 prioritisation, 6.2 list registers, 12.4
 * maintenance interrupts).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define FIRST_SPI 32

static int boot_one(void **state)
{
	(void)state;
	guest_boot(1);
	return 0;
}

static int boot_two(void **state)
{
	(void)state;
	guest_boot(2);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

static void an_enabled_pending_interrupt_is_acknowledged_once(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	assert_true(guest_signalled(0));
	assert_int_equal(guest_handle(0), 40);
	assert_int_equal(guest_handle(0), GIC_SPURIOUS);
}

static void a_disabled_interrupt_stays_pending_until_it_is_enabled(void **state)
{
	(void)state;
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	spi_enable(40, 0x80);
	assert_int_equal(guest_acknowledge(0), 40);
}

static void an_interrupt_disabled_while_in_a_list_register_is_not_taken(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_true(guest_signalled(0));
	guest_write32(0, GICD(ICENABLE(40)), BIT(40));
	assert_false(guest_signalled(0));
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
}

static void an_edge_disabled_while_in_a_list_register_is_not_lost(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	guest_write32(0, GICD(ICENABLE(40)), BIT(40));
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	guest_write32(0, GICD(ISENABLE(40)), BIT(40));
	assert_int_equal(guest_handle(0), 40);
	assert_int_equal(guest_handle(0), GIC_SPURIOUS);
}

static void an_interrupt_of_a_disabled_group_is_not_taken(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_write32(0, GICD(CTLR), 0x11);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	guest_write32(0, GICD(CTLR), 0x12);
	assert_int_equal(guest_acknowledge(0), 40);
}

static void disabling_the_group_withdraws_a_pending_interrupt(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_true(guest_signalled(0));
	guest_write32(0, GICD(CTLR), 0x10);
	assert_false(guest_signalled(0));
}

static void a_group_0_interrupt_is_signalled_as_fiq(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_write32(0, GICD(IGROUP(40)), ~BIT(40));
	guest_write32(0, GICD(CTLR), 0x13);
	fake.cpu[0].ich_vmcr_el2 |= ICH_VMCR_VENG0;
	guest_raise(40);
	assert_true(cpu_interface_signals(&fake.cpu[0], false));
	assert_false(cpu_interface_signals(&fake.cpu[0], true));
	assert_int_equal(cpu_interface_acknowledge(&fake.cpu[0], false), 40);
}

static void sixty_four_pending_interrupts_come_in_order_of_priority(void **state)
{
	unsigned int last = 0;

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, (i * 37 % 31) * 8);
	}
	for (unsigned int i = 0; i < 64; i++)
		guest_pulse(FIRST_SPI + i);
	for (unsigned int i = 0; i < 64; i++) {
		unsigned int intid = guest_acknowledge(0);

		assert_in_range(intid, FIRST_SPI, FIRST_SPI + 63);
		assert_int_equal(cpu_interface_running_priority(&fake.cpu[0]),
				 guest_read(0, GICD(IPRIORITY(intid)), 1));
		assert_true(guest_read(0, GICD(IPRIORITY(intid)), 1) >= last);
		last = (unsigned int)guest_read(0, GICD(IPRIORITY(intid)), 1);
		guest_end(0, intid);
		guest_check();
	}
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
}

static void a_higher_priority_displaces_a_full_set_of_list_registers(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 2; i++) {
		spi_enable(FIRST_SPI + i, 0xa0);
		guest_raise(FIRST_SPI + i);
	}
	spi_enable(100, 0x20);
	guest_raise(100);
	assert_int_equal(guest_acknowledge(0), 100);
}

static void the_same_priority_goes_by_the_lowest_intid(void **state)
{
	(void)state;
	for (unsigned int i = 10; i > 0; i--) {
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0xa0);
		guest_pulse(FIRST_SPI + i);
	}
	for (unsigned int i = 1; i <= 10; i++)
		assert_int_equal(guest_handle(0), FIRST_SPI + i);
}

static void a_level_interrupt_is_resampled_after_eoi(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_end(0, 40);
	assert_true(guest_signalled(0));
	assert_int_equal(guest_acknowledge(0), 40);
	guest_lower(40);
	guest_end(0, 40);
	assert_false(guest_signalled(0));
}

static void a_level_interrupt_is_not_pending_and_active_by_its_line_alone(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
	assert_false(fake.cpu[0].lr[0] & ICH_LR_PENDING);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
}

static void a_line_that_rises_while_active_interrupts_again_after_eoi(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_lower(40);
	guest_send_sgi(0, 1); /* SGI 0 to vCPU 0: something reloads the list registers while the
				 line is low */
	guest_raise(40);
	guest_end(0, 40);
	assert_int_equal(guest_handle(0), 40);
}

static void a_line_lowered_before_the_exit_is_no_interrupt_on_the_next_entry(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_true(guest_signalled(0));
	vcpu_leave(0);
	guest_lower(40);
	vcpu_enter(0);
	assert_false(guest_signalled(0));
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), 0);
}

static void an_edge_while_active_makes_it_pending_and_active(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40));
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
	guest_end(0, 40);
	assert_int_equal(guest_handle(0), 40);
	assert_int_equal(guest_handle(0), GIC_SPURIOUS);
}

static void two_edges_before_the_acknowledge_are_one_interrupt(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	guest_pulse(40);
	assert_int_equal(guest_handle(0), 40);
	assert_int_equal(guest_handle(0), GIC_SPURIOUS);
}

static void an_edge_that_came_while_disabled_is_latched(void **state)
{
	(void)state;
	spi_set_edge(40);
	guest_pulse(40);
	spi_enable(40, 0x80);
	assert_int_equal(guest_handle(0), 40);
}

static void a_second_eoi_is_harmless(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_enable(41, 0x80);
	spi_set_edge(40);
	spi_set_edge(41);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_end(0, 40);
	guest_end(0, 40);
	guest_end(0, 41);
	guest_pulse(41);
	assert_int_equal(guest_handle(0), 41);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
}

/* An EOI of nothing is counted (EOIcount); it must not end what becomes active after it. */
static void an_eoi_of_nothing_does_not_end_what_software_makes_active(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_end(0, 40);
	guest_write32(0, GICD(ISACTIVE(40)), BIT(40));
	guest_check();
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
}

/* Preemption: each of more interrupts than list registers interrupts the handler of the one before.
 */
static void nested_interrupts_beyond_the_list_registers_all_end(void **state)
{
	enum { DEPTH = FAKE_LR_COUNT * 3 };

	(void)state;
	for (unsigned int i = 0; i < DEPTH; i++) {
		spi_enable(FIRST_SPI + i, 0xf0 - 8 * i);
		spi_set_edge(FIRST_SPI + i);
		guest_pulse(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
		guest_check();
	}
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(FIRST_SPI))), (1u << DEPTH) - 1);
	for (unsigned int i = DEPTH; i > 0; i--) {
		guest_end(0, FIRST_SPI + i - 1);
		assert_int_equal(guest_read32(0, GICD(ISACTIVE(FIRST_SPI))), (1u << (i - 1)) - 1);
	}
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
}

static void an_interrupt_ended_beyond_the_list_registers_comes_again(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 2; i++) {
		spi_enable(FIRST_SPI + i, 0xf0 - 8 * i);
		guest_raise(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
	}
	for (unsigned int i = FAKE_LR_COUNT + 2; i > 1; i--) {
		guest_lower(FIRST_SPI + i - 1);
		guest_end(0, FIRST_SPI + i - 1);
	}
	guest_end(0, FIRST_SPI);
	assert_int_equal(guest_acknowledge(0), FIRST_SPI);
}

/* EOImode 1: all list registers hold active interrupts whose priority was dropped; lower ones must
 * still come. */
static void dropped_active_interrupts_leave_room_for_pending_ones(void **state)
{
	(void)state;
	fake.cpu[0].ich_vmcr_el2 |= VMCR_EOI_MODE;
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 2; i++) {
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0x40 + 8 * i);
		guest_pulse(FIRST_SPI + i);
	}
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 2; i++) {
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
		guest_end(0, FIRST_SPI + i);
		guest_check();
	}
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
}

/* As many active interrupts as list registers, and a pending one that cannot preempt: the guest
 * must go on. */
static void active_interrupts_that_fill_the_list_registers_do_not_stop_the_guest(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_LR_COUNT; i++) {
		spi_enable(FIRST_SPI + i, 0x80 - 8 * i);
		spi_set_edge(FIRST_SPI + i);
		guest_pulse(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
	}
	spi_enable(100, 0xc0);
	guest_raise(100);
	for (unsigned int i = FAKE_LR_COUNT; i > 0; i--)
		guest_end(0, FIRST_SPI + i - 1);
	assert_int_equal(guest_acknowledge(0), 100);
}

static void eoi_mode_1_deactivates_by_dir(void **state)
{
	(void)state;
	fake.cpu[0].ich_vmcr_el2 |= VMCR_EOI_MODE;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_end(0, 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), BIT(40));
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	guest_deactivate(0, 40);
	assert_int_equal(guest_acknowledge(0), 40);
}

static void an_active_interrupt_survives_leaving_and_entering(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
	vcpu_leave(0);
	guest_check();
	guest.cpu[0] = 2;
	vcpu_enter(0);
	assert_int_equal(cpu_interface_running_priority(&fake.cpu[2]), 0x80);
	guest_lower(40);
	guest_end(0, 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
	assert_int_equal(cpu_interface_running_priority(&fake.cpu[2]), 0xff);
}

static void the_priority_mask_survives_leaving_and_entering(void **state)
{
	(void)state;
	guest_set_priority_mask(0, 0x50);
	vcpu_leave(0);
	guest.cpu[0] = 2;
	vcpu_enter(0);
	spi_enable(40, 0x50);
	guest_raise(40);
	assert_false(guest_signalled(0));
	guest_set_priority_mask(0, 0x58);
	assert_true(guest_signalled(0));
}

static void an_interrupt_that_comes_while_outside_is_there_on_entry(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	vcpu_leave(0);
	guest_raise(40);
	vcpu_enter(0);
	assert_int_equal(guest_acknowledge(0), 40);
}

static void an_interrupt_for_another_running_vcpu_kicks_it(void **state)
{
	unsigned int before;

	(void)state;
	spi_enable(40, 0x80);
	spi_route(40, 1);
	before = fake.cpu[1].sgis_received;
	guest_raise(40);
	assert_int_equal(fake.cpu[1].sgis_received, before + 1);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	assert_int_equal(guest_acknowledge(1), 40);
}

static void a_new_priority_reorders_what_is_in_list_registers(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_enable(41, 0x90);
	guest_raise(40);
	guest_raise(41);
	guest_write(0, GICD(IPRIORITY(41)), 1, 0x10);
	assert_int_equal(guest_acknowledge(0), 41);
}

/* 4.8.5, 4.8.6: the priority of the acknowledge is the running one, and what the end drops. */
static void a_priority_written_while_active_does_not_keep_it_active(void **state)
{
	static const unsigned int priorities[] = { 0x10, 0xf0, 0x80 };

	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	for (unsigned int i = 0; i < sizeof(priorities) / sizeof(priorities[0]); i++) {
		unsigned int running = (unsigned int)guest_read(0, GICD(IPRIORITY(40)), 1);

		guest_pulse(40);
		assert_int_equal(guest_acknowledge(0), 40);
		guest_write(0, GICD(IPRIORITY(40)), 1, priorities[i]);
		assert_int_equal(cpu_interface_running_priority(&fake.cpu[0]), running);
		guest_end(0, 40);
		assert_int_equal(cpu_interface_running_priority(&fake.cpu[0]), 0xff);
		assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
	}
}

static void a_priority_written_while_active_elsewhere_does_not_keep_it_active(void **state)
{
	(void)state;
	spi_route(40, 1);
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(1), 40);
	guest_write(0, GICD(IPRIORITY(40)), 1, 0x10);
	vcpu_leave(1);
	guest.cpu[1] = 2;
	vcpu_enter(1);
	guest_end(1, 40);
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(40))), 0);
	assert_int_equal(cpu_interface_running_priority(&fake.cpu[2]), 0xff);
}

static void a_priority_written_while_active_counts_when_it_comes_again(void **state)
{
	(void)state;
	for (unsigned int i = 40; i < 42; i++) {
		spi_set_edge(i);
		spi_enable(i, 0x80);
		guest_pulse(i);
	}
	assert_int_equal(guest_acknowledge(0), 40);
	guest_pulse(40);
	guest_write(0, GICD(IPRIORITY(40)), 1, 0xa0);
	assert_int_equal(guest_read32(0, GICD(ISPEND(40))), BIT(40) | BIT(41));
	guest_end(0, 40);
	assert_int_equal(guest_handle(0), 41);
	assert_int_equal(guest_handle(0), 40);
	assert_int_equal(guest_handle(0), GIC_SPURIOUS);
}

static void priorities_written_while_active_do_not_reorder_what_is_ended(void **state)
{
	enum { DEPTH = FAKE_LR_COUNT * 3 };

	(void)state;
	for (unsigned int i = 0; i < DEPTH; i++) {
		spi_enable(FIRST_SPI + i, 0xf0 - 8 * i);
		spi_set_edge(FIRST_SPI + i);
		guest_pulse(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
	}
	for (unsigned int i = 0; i < DEPTH; i++)
		guest_write(0, GICD(IPRIORITY(FIRST_SPI + i)), 1, 8 * i);
	for (unsigned int i = DEPTH; i > 0; i--) {
		guest_end(0, FIRST_SPI + i - 1);
		assert_int_equal(guest_read32(0, GICD(ISACTIVE(FIRST_SPI))), (1u << (i - 1)) - 1);
	}
}

/* Made active by software: no acknowledge has fixed a priority; the one that it has by then. */
static void an_interrupt_made_active_by_software_has_the_priority_of_that_moment(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	guest_write32(0, GICD(ISACTIVE(40)), BIT(40));
	assert_int_equal((fake.cpu[0].lr[0] >> 48) & 0xff, 0x80);
	guest_write(0, GICD(IPRIORITY(40)), 1, 0x10);
	assert_int_equal((fake.cpu[0].lr[0] >> 48) & 0xff, 0x80);
	guest_write32(0, GICD(ICACTIVE(40)), BIT(40));
	guest_write32(0, GICD(ISACTIVE(40)), BIT(40));
	assert_int_equal((fake.cpu[0].lr[0] >> 48) & 0xff, 0x10);
}

static void list_registers_hold_what_the_specification_says(void **state)
{
	uint64_t lr;

	(void)state;
	spi_enable(40, 0x80);
	guest_raise(40);
	lr = fake.cpu[0].lr[0];
	assert_int_equal(lr & 0xffffffff, 40);
	assert_int_equal((lr >> 48) & 0xff, 0x80);
	assert_true(lr & ARM64_BIT(62));  /* State: pending */
	assert_false(lr & ARM64_BIT(63)); /* State: active */
	assert_false(lr & ARM64_BIT(61)); /* HW */
	assert_true(lr & ARM64_BIT(60));  /* Group 1 */
	assert_true(lr & ARM64_BIT(41));  /* EOI maintenance interrupt, level-triggered */
}

static void an_edge_interrupt_asks_for_no_eoi_maintenance(void **state)
{
	unsigned int before;

	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	before = guest.interrupts;
	assert_int_equal(guest_handle(0), 40);
	assert_int_equal(guest.interrupts, before);
}

static void a_latched_edge_of_a_disabled_group_waits_behind_its_active_state(void **state)
{
	(void)state;
	spi_enable(40, 0x80);
	spi_set_edge(40);
	guest_pulse(40);
	assert_int_equal(guest_acknowledge(0), 40);
	guest_write32(0, GICD(CTLR), 0x10);
	guest_pulse(40);
	guest_end(0, 40);
	assert_int_equal(guest_acknowledge(0), GIC_SPURIOUS);
	guest_write32(0, GICD(CTLR), 0x12);
	assert_int_equal(guest_acknowledge(0), 40);
}

/* EOImode 1 lets the guest deactivate in any order, also what no list register holds. */
static void more_active_than_list_registers_are_deactivated_in_any_order(void **state)
{
	enum { COUNT = FAKE_LR_COUNT * 2, ALL = (1 << COUNT) - 1 };

	(void)state;
	fake.cpu[0].ich_vmcr_el2 |= VMCR_EOI_MODE;
	for (unsigned int i = 0; i < COUNT; i++) {
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0x40 + 8 * i);
		guest_pulse(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
		guest_end(0, FIRST_SPI + i);
	}
	assert_int_equal(guest_read32(0, GICD(ISACTIVE(FIRST_SPI))), ALL);
	for (unsigned int i = 0, active = ALL; i < COUNT; i++) {
		unsigned int n = (i * 3) % COUNT;

		guest_deactivate(0, FIRST_SPI + n);
		active &= ~(1u << n);
		assert_int_equal(guest_read32(0, GICD(ISACTIVE(FIRST_SPI))), active);
	}
}

/* As before, by ICH_HCR_EL2.TC, and only while it is needed. */
static void cpus_without_a_trap_for_dir_have_all_common_registers_trapped(void **state)
{
	fake.cpu[0].ich_vtr_el2 &= ~ICH_VTR_TDS;
	assert_false(fake.cpu[0].ich_hcr_el2 & ICH_HCR_TC);
	more_active_than_list_registers_are_deactivated_in_any_order(state);
	assert_false(fake.cpu[0].ich_hcr_el2 & (ICH_HCR_TC | ICH_HCR_TDIR));
}

static void a_level_deactivated_by_dir_beyond_the_list_registers_comes_again(void **state)
{
	(void)state;
	fake.cpu[0].ich_vmcr_el2 |= VMCR_EOI_MODE;
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 2; i++) {
		if (i != FAKE_LR_COUNT + 1)
			spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0x40 + 8 * i);
		guest_raise(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
		guest_end(0, FIRST_SPI + i);
	}
	assert_false(guest_signalled(0));
	guest_deactivate(0, FIRST_SPI + FAKE_LR_COUNT + 1);
	assert_int_equal(guest_acknowledge(0), FIRST_SPI + FAKE_LR_COUNT + 1);
}

static void dir_of_what_is_not_active_is_harmless(void **state)
{
	static const unsigned int intids[] = { 0, 27, 40, 287, 288, 1019, 1023 };

	(void)state;
	fake.cpu[0].ich_vmcr_el2 |= VMCR_EOI_MODE;
	for (unsigned int i = 0; i < sizeof(intids) / sizeof(intids[0]); i++) {
		guest_deactivate(0, intids[i]);
		guest_msr(0, SYSREG(3, 0, 12, 11, 1), intids[i]);
		guest_check();
	}
	spi_enable(40, 0x80);
	guest_raise(40);
	assert_int_equal(guest_acknowledge(0), 40);
}

/* 12.4.4 ICH_HCR_EL2: maintenance interrupts only while they are needed. */
static void more_pending_than_list_registers_asks_for_npie(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 1; i++) {
		assert_false(fake.cpu[0].ich_hcr_el2 & ICH_HCR_NPIE);
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0xa0);
		guest_pulse(FIRST_SPI + i);
	}
	assert_true(fake.cpu[0].ich_hcr_el2 & ICH_HCR_NPIE);
	for (unsigned int i = 0; i < FAKE_LR_COUNT; i++)
		assert_int_equal(guest_handle(0), FIRST_SPI + i);
	assert_false(fake.cpu[0].ich_hcr_el2 & ICH_HCR_NPIE);
	assert_int_equal(guest_handle(0), FIRST_SPI + FAKE_LR_COUNT);
}

static void more_active_than_list_registers_asks_for_lrenpie(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < FAKE_LR_COUNT + 1; i++) {
		assert_false(fake.cpu[0].ich_hcr_el2 & ICH_HCR_LRENPIE);
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0xf0 - 8 * i);
		guest_pulse(FIRST_SPI + i);
		assert_int_equal(guest_acknowledge(0), FIRST_SPI + i);
	}
	guest_send_sgi(0, 1); /* the list registers are chosen afresh */
	assert_true(fake.cpu[0].ich_hcr_el2 & ICH_HCR_LRENPIE);
	assert_int_equal(fake.cpu[0].ich_hcr_el2 >> ICH_HCR_EOICOUNT_SHIFT, 0);
}

static void a_full_set_of_list_registers_ends_in_few_maintenance_interrupts(void **state)
{
	enum { COUNT = 16 * FAKE_LR_COUNT };

	unsigned int before;

	(void)state;
	for (unsigned int i = 0; i < COUNT; i++) {
		spi_set_edge(FIRST_SPI + i);
		spi_enable(FIRST_SPI + i, 0xa0);
		guest_pulse(FIRST_SPI + i);
	}
	before = guest.interrupts;
	for (unsigned int i = 0; i < COUNT; i++)
		assert_int_equal(guest_handle(0), FIRST_SPI + i);
	/* one register holds the active interrupt when the others have been emptied */
	assert_in_range(guest.interrupts - before, 1, COUNT / (FAKE_LR_COUNT - 1));
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, boot_one, check)
#define TWO(test) cmocka_unit_test_setup_teardown(test, boot_two, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(an_enabled_pending_interrupt_is_acknowledged_once),
		ONE(a_disabled_interrupt_stays_pending_until_it_is_enabled),
		ONE(an_interrupt_disabled_while_in_a_list_register_is_not_taken),
		ONE(an_edge_disabled_while_in_a_list_register_is_not_lost),
		ONE(an_interrupt_of_a_disabled_group_is_not_taken),
		ONE(disabling_the_group_withdraws_a_pending_interrupt),
		ONE(a_group_0_interrupt_is_signalled_as_fiq),
		ONE(sixty_four_pending_interrupts_come_in_order_of_priority),
		ONE(a_higher_priority_displaces_a_full_set_of_list_registers),
		ONE(the_same_priority_goes_by_the_lowest_intid),
		ONE(a_level_interrupt_is_resampled_after_eoi),
		ONE(a_level_interrupt_is_not_pending_and_active_by_its_line_alone),
		ONE(a_line_that_rises_while_active_interrupts_again_after_eoi),
		ONE(a_line_lowered_before_the_exit_is_no_interrupt_on_the_next_entry),
		ONE(an_edge_while_active_makes_it_pending_and_active),
		ONE(two_edges_before_the_acknowledge_are_one_interrupt),
		ONE(an_edge_that_came_while_disabled_is_latched),
		ONE(a_second_eoi_is_harmless),
		ONE(an_eoi_of_nothing_does_not_end_what_software_makes_active),
		ONE(nested_interrupts_beyond_the_list_registers_all_end),
		ONE(an_interrupt_ended_beyond_the_list_registers_comes_again),
		ONE(dropped_active_interrupts_leave_room_for_pending_ones),
		ONE(active_interrupts_that_fill_the_list_registers_do_not_stop_the_guest),
		ONE(eoi_mode_1_deactivates_by_dir),
		ONE(more_active_than_list_registers_are_deactivated_in_any_order),
		ONE(cpus_without_a_trap_for_dir_have_all_common_registers_trapped),
		ONE(a_level_deactivated_by_dir_beyond_the_list_registers_comes_again),
		ONE(dir_of_what_is_not_active_is_harmless),
		ONE(an_active_interrupt_survives_leaving_and_entering),
		ONE(the_priority_mask_survives_leaving_and_entering),
		ONE(an_interrupt_that_comes_while_outside_is_there_on_entry),
		TWO(an_interrupt_for_another_running_vcpu_kicks_it),
		ONE(a_new_priority_reorders_what_is_in_list_registers),
		ONE(a_priority_written_while_active_does_not_keep_it_active),
		TWO(a_priority_written_while_active_elsewhere_does_not_keep_it_active),
		ONE(a_priority_written_while_active_counts_when_it_comes_again),
		ONE(priorities_written_while_active_do_not_reorder_what_is_ended),
		ONE(an_interrupt_made_active_by_software_has_the_priority_of_that_moment),
		ONE(list_registers_hold_what_the_specification_says),
		ONE(an_edge_interrupt_asks_for_no_eoi_maintenance),
		ONE(a_latched_edge_of_a_disabled_group_waits_behind_its_active_state),
		ONE(more_pending_than_list_registers_asks_for_npie),
		ONE(more_active_than_list_registers_asks_for_lrenpie),
		ONE(a_full_set_of_list_registers_ends_in_few_maintenance_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
