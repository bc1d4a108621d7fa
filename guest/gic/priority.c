// SPDX-License-Identifier: BSD-2-Clause
/* Priorities: mask, preemption, grouping, many interrupts at once (IHI 0069, 4.8). */
#include "property.h"

#define FIRST	     96
#define COUNT	     64
#define CTLR_EOIMODE 2
#define IDLE	     0xff

PROPERTY(priority_of_five_bits_at_least_reads_back)
{
	gic_set_priority(FIRST, 0xff);
	CHECK_EQUAL(read8(GICD + IPRIORITYR + FIRST) & 0xf0, 0xf0);
	gic_set_priority(FIRST, 0x58);
	CHECK_EQUAL(read8(GICD + IPRIORITYR + FIRST), 0x58);
	CHECK_EQUAL((read32(GICD + IPRIORITYR + FIRST) & 0xff), 0x58);
}

PROPERTY(priority_mask_holds_back_equal_and_lower)
{
	gic_setup(FIRST, 0x80);
	write_sysreg(icc_pmr_el1, 0x80);
	isb();
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	write_sysreg(icc_pmr_el1, 0x88);
	isb();
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_end(FIRST);
}

PROPERTY(priority_mask_reads_back_its_implemented_bits)
{
	write_sysreg(icc_pmr_el1, 0x50);
	CHECK_EQUAL(read_sysreg(icc_pmr_el1), 0x50);
	write_sysreg(icc_pmr_el1, 0xff);
	CHECK_EQUAL(read_sysreg(icc_pmr_el1) & 0xf8, 0xf8);
}

PROPERTY(running_priority_follows_what_is_active)
{
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0x40);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0x80);
	gic_pend(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0x40);
	gic_end(FIRST + 1);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0x80);
	gic_end(FIRST);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
}

PROPERTY(equal_priority_does_not_preempt)
{
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0x80);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_pend(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_end(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
}

/* Two levels: the handler of the lower is interrupted by the higher. */
static void preempt(uint32_t intid)
{
	uint64_t elr, spsr;

	if (intid != FIRST)
		return;
	elr = read_sysreg(elr_el1);
	spsr = read_sysreg(spsr_el1);
	gic_pend(FIRST + 1);
	irq_unmask();
	WAIT(irq_log(0)->count >= 2, PATIENCE_MS);
	irq_mask();
	write_sysreg(elr_el1, elr);
	write_sysreg(spsr_el1, spsr);
}

PROPERTY(higher_priority_preempts_a_running_handler)
{
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0x40);
	irq_set_handler(0, preempt);
	gic_pend(FIRST);
	irq_unmask();
	CHECK(WAIT(irq_log(0)->count == 2, PATIENCE_MS));
	irq_mask();
	CHECK_EQUAL(irq_log(0)->intid[0], FIRST);
	CHECK_EQUAL(irq_log(0)->priority[0], 0x80);
	CHECK_EQUAL(irq_log(0)->intid[1], FIRST + 1);
	CHECK_EQUAL(irq_log(0)->priority[1], 0x40);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
}

PROPERTY(lower_priority_waits_until_the_handler_ends)
{
	gic_setup(FIRST, 0x40);
	gic_setup(FIRST + 1, 0x80);
	irq_set_handler(0, NULL);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_pend(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(gic_pending(FIRST + 1));
	gic_end(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
}

PROPERTY(binary_point_keeps_one_group_from_preempting)
{
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0x60);
	gic_setup(FIRST + 2, 0x20);
	/* group priority is bits 7:6 for group 1 with ICC_BPR1_EL1 = 6: 0x60 and 0x40..0x7f are one
	 * group */
	write_sysreg(icc_bpr1_el1, 6);
	isb();
	CHECK_EQUAL(read_sysreg(icc_bpr1_el1), 6);
	gic_set_priority(FIRST, 0x78);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_pend(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_pend(FIRST + 2);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 2);
	gic_end(FIRST + 2);
	gic_end(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
}

PROPERTY(highest_priority_of_several_comes_first)
{
	static const uint8_t priority[] = { 0xa0, 0x20, 0x60, 0x40, 0x80 };
	static const uint8_t order[] = { 1, 3, 2, 4, 0 };

	for (unsigned int i = 0; i < 5; i++) {
		gic_setup(FIRST + i, priority[i]);
		gic_pend(FIRST + i);
	}
	for (unsigned int i = 0; i < 5; i++) {
		CHECK_EQUAL(gic_acknowledge_wait(), FIRST + order[i]);
		gic_end(FIRST + order[i]);
	}
}

PROPERTY(changing_the_priority_of_a_pending_interrupt_reorders)
{
	gic_setup(FIRST, 0x40);
	gic_setup(FIRST + 1, 0x80);
	gic_pend(FIRST);
	gic_pend(FIRST + 1);
	gic_set_priority(FIRST, 0xa0);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_end(FIRST);
}

/* Priorities 0x08..0x80 in steps of 8, in an order that is neither up nor down. */
static uint8_t scattered_priority(unsigned int i)
{
	return (uint8_t)(((i * 7 + 3) % 16 + 1) * 8);
}

static void pend_all(void)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		gic_setup(FIRST + i, scattered_priority(i));
		gic_pend(FIRST + i);
	}
}

PROPERTY(sixty_four_pending_interrupts_come_in_order_of_priority)
{
	uint64_t seen = 0;
	unsigned int last = 0;

	pend_all();
	for (unsigned int i = 0; i < COUNT; i++) {
		uint32_t intid = gic_acknowledge_wait();

		CHECK(intid >= FIRST && intid < FIRST + COUNT);
		CHECK(!(seen & (UINT64_C(1) << (intid - FIRST))));
		CHECK(scattered_priority(intid - FIRST) >= last);
		last = scattered_priority(intid - FIRST);
		seen |= UINT64_C(1) << (intid - FIRST);
		gic_end(intid);
	}
	CHECK_EQUAL(seen, UINT64_MAX);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(sixty_four_pending_interrupts_are_all_taken_by_the_handler)
{
	irq_unmask();
	pend_all();
	CHECK(WAIT(irq_log(0)->count >= COUNT, PATIENCE_MS));
	irq_mask();
	CHECK_EQUAL(irq_log(0)->count, COUNT);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(higher_priority_arriving_late_overtakes_sixty_four_pending)
{
	pend_all();
	CHECK(gic_acknowledge_wait() != SPURIOUS);
	gic_setup(FIRST + COUNT, 0);
	gic_pend(FIRST + COUNT);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + COUNT);
}

/* More levels than a CPU has list registers. */
#define LEVELS 12

PROPERTY(twelve_nested_levels_end_in_order)
{
	for (unsigned int i = 0; i < LEVELS; i++) {
		gic_setup(FIRST + i, (uint8_t)(0xc0 - 8 * i));
		gic_pend(FIRST + i);
		CHECK_EQUAL(gic_acknowledge_wait(), FIRST + i);
		CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0xc0 - 8 * i);
	}
	for (unsigned int i = 0; i < LEVELS; i++)
		CHECK(gic_active(FIRST + i));
	for (unsigned int i = LEVELS; i-- > 0;) {
		gic_end(FIRST + i);
		CHECK(!gic_active(FIRST + i));
		CHECK_EQUAL(read_sysreg(icc_rpr_el1), i ? 0xc0 - 8 * (i - 1) : IDLE);
	}
	for (unsigned int i = 0; i < LEVELS; i++) {
		gic_pend(FIRST + i);
		CHECK_EQUAL(gic_acknowledge_wait(), FIRST + i);
		gic_end(FIRST + i);
	}
}

/* 4.8.5, 4.8.6: the running priority, and what an end drops, is the priority of the acknowledge. */
PROPERTY(priority_written_while_active_does_not_change_the_running_priority)
{
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0x60);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_set_priority(FIRST, 0x20);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0x80);
	gic_pend(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0x80);
	gic_set_priority(FIRST, 0xa0);
	gic_end(FIRST);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
	CHECK(!gic_active(FIRST));
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0xa0);
	gic_end(FIRST);
}

PROPERTY(priority_written_while_active_counts_when_it_comes_again)
{
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0xa0);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_pend(FIRST);
	gic_pend(FIRST + 1);
	gic_set_priority(FIRST, 0xc0);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_end(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_end(FIRST);
	CHECK(!gic_active(FIRST));
}

PROPERTY(twelve_nested_levels_end_in_order_whatever_their_priorities_are_by_then)
{
	for (unsigned int i = 0; i < LEVELS; i++) {
		gic_setup(FIRST + i, (uint8_t)(0xc0 - 8 * i));
		gic_pend(FIRST + i);
		CHECK_EQUAL(gic_acknowledge_wait(), FIRST + i);
	}
	for (unsigned int i = 0; i < LEVELS; i++)
		gic_set_priority(FIRST + i, (uint8_t)(0x20 + 8 * i));
	for (unsigned int i = LEVELS; i-- > 0;) {
		CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0xc0 - 8 * i);
		gic_end(FIRST + i);
		CHECK(!gic_active(FIRST + i));
	}
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
}

PROPERTY(separate_deactivation_keeps_an_interrupt_active)
{
	write_sysreg(icc_ctlr_el1, CTLR_EOIMODE);
	isb();
	gic_setup(FIRST, 0x80);
	gic_setup(FIRST + 1, 0x80);
	gic_pend(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_end(FIRST);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), IDLE);
	CHECK(gic_active(FIRST));
	gic_pend(FIRST);
	gic_pend(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST + 1);
	gic_end(FIRST + 1);
	gic_deactivate(FIRST + 1);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_deactivate(FIRST);
	CHECK_EQUAL(gic_acknowledge_wait(), FIRST);
	gic_end(FIRST);
	gic_deactivate(FIRST);
	CHECK(!gic_active(FIRST));
}

PROPERTY(twelve_interrupts_are_deactivated_in_any_order)
{
	write_sysreg(icc_ctlr_el1, CTLR_EOIMODE);
	isb();
	for (unsigned int i = 0; i < LEVELS; i++) {
		gic_setup(FIRST + i, 0x80);
		gic_pend(FIRST + i);
		CHECK_EQUAL(gic_acknowledge_wait(), FIRST + i);
		gic_end(FIRST + i);
	}
	for (unsigned int i = 0; i < LEVELS; i++) {
		unsigned int n = FIRST + (i * 5 + 2) % LEVELS;

		CHECK(gic_active(n));
		gic_deactivate(n);
		CHECK(!gic_active(n));
	}
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}
