// SPDX-License-Identifier: BSD-2-Clause
/* Level-sensitive and edge-triggered interrupts (IHI 0069, 4.1.2), with the PL011's transmit
 * interrupt as the line. */
#include "property.h"

#define SPI 102

static void line_up(void)
{
	write32(PL011_IMSC, PL011_TX);
	print_char('#');
	print_char('\n');
}

static void line_down(void)
{
	write32(PL011_IMSC, 0);
	write32(PL011_ICR, PL011_TX);
}

static bool line_is_up(void)
{
	return WAIT(read32(PL011_MIS) & PL011_TX, PATIENCE_MS);
}

static void setup(bool edge)
{
	line_down();
	gic_set_edge(PL011_INTID, edge);
	gic_set(0, ICPENDR, PL011_INTID);
	gic_enable(PL011_INTID);
}

PROPERTY(level_interrupt_is_resampled_after_eoi)
{
	setup(false);
	line_up();
	CHECK(line_is_up());
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQUAL(gic_acknowledge_wait(), PL011_INTID);
		gic_end(PL011_INTID);
	}
	CHECK_EQUAL(gic_acknowledge_wait(), PL011_INTID);
	line_down();
	gic_end(PL011_INTID);
	CHECK(!gic_pending(PL011_INTID));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(level_interrupt_that_fell_before_acknowledge_is_not_delivered)
{
	setup(false);
	line_up();
	CHECK(line_is_up());
	CHECK(WAIT(gic_pending(PL011_INTID), PATIENCE_MS));
	line_down();
	CHECK(WAIT(!gic_pending(PL011_INTID), PATIENCE_MS));
	CHECK(WAIT(gic_acknowledge() == SPURIOUS, 0));
}

/* CPU 1 has the interrupt pending, masked, and acknowledges when it is told to. */
static volatile unsigned int phase;
static volatile uint32_t acknowledged;

static void acknowledge_when_told(void *argument)
{
	(void)argument;
	phase = 1;
	while (phase != 2)
		;
	acknowledged = gic_acknowledge();
	if (acknowledged != SPURIOUS)
		gic_end(acknowledged);
	phase = 3;
}

PROPERTY_CPUS(level_interrupt_that_fell_is_withdrawn_from_another_cpu, 2)
{
	setup(false);
	gic_route(PL011_INTID, 1);
	for (unsigned int i = 0; i < 20; i++) {
		phase = 0;
		CHECK_EQUAL(cpu_start(1, acknowledge_when_told, NULL), PSCI_SUCCESS);
		CHECK(WAIT(phase == 1, PATIENCE_MS));
		line_up();
		CHECK(line_is_up());
		CHECK(WAIT(gic_pending(PL011_INTID), PATIENCE_MS));
		line_down();
		phase = 2;
		CHECK(WAIT(phase == 3, PATIENCE_MS));
		CHECK_EQUAL(acknowledged, SPURIOUS);
		CHECK(cpu_join(1));
	}
}

PROPERTY(level_interrupt_stays_pending_while_its_line_is_high)
{
	write32(PL011_IMSC, 0);
	gic_disable(PL011_INTID);
	line_up();
	CHECK(line_is_up());
	CHECK(WAIT(gic_pending(PL011_INTID), PATIENCE_MS));
	gic_set(0, ICPENDR, PL011_INTID);
	CHECK(gic_pending(PL011_INTID));
	line_down();
	CHECK(WAIT(!gic_pending(PL011_INTID), PATIENCE_MS));
}

PROPERTY(level_interrupt_is_active_and_pending_while_its_line_is_high)
{
	setup(false);
	line_up();
	CHECK(line_is_up());
	CHECK_EQUAL(gic_acknowledge_wait(), PL011_INTID);
	CHECK(gic_active(PL011_INTID));
	CHECK(gic_pending(PL011_INTID));
	line_down();
	CHECK(WAIT(!gic_pending(PL011_INTID), PATIENCE_MS));
	CHECK(gic_active(PL011_INTID));
	gic_end(PL011_INTID);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(level_interrupt_set_pending_by_register_is_taken_once)
{
	gic_set_edge(SPI, false);
	gic_enable(SPI);
	gic_pend(SPI);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	CHECK(!gic_pending(SPI));
	gic_end(SPI);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(level_interrupt_set_pending_by_register_can_be_cleared)
{
	gic_set_edge(SPI, false);
	gic_enable(SPI);
	gic_pend(SPI);
	gic_set(0, ICPENDR, SPI);
	CHECK(!gic_pending(SPI));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(edge_interrupt_comes_once_for_one_rise_of_its_line)
{
	setup(true);
	line_up();
	CHECK(line_is_up());
	CHECK_EQUAL(gic_acknowledge_wait(), PL011_INTID);
	gic_end(PL011_INTID);
	CHECK(!gic_pending(PL011_INTID));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	line_down();
	line_up();
	CHECK(line_is_up());
	CHECK_EQUAL(gic_acknowledge_wait(), PL011_INTID);
	line_down();
	gic_end(PL011_INTID);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(edge_interrupt_is_kept_when_its_line_falls)
{
	setup(true);
	line_up();
	CHECK(line_is_up());
	line_down();
	CHECK(WAIT(gic_pending(PL011_INTID), PATIENCE_MS));
	CHECK_EQUAL(gic_acknowledge_wait(), PL011_INTID);
	gic_end(PL011_INTID);
}

PROPERTY(edge_while_active_is_kept_and_comes_again)
{
	gic_setup(SPI, 0x80);
	gic_pend(SPI);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	gic_pend(SPI);
	gic_end(SPI);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	gic_end(SPI);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

static void acknowledge_device(uint32_t intid)
{
	(void)intid;
	if (irq_log(0)->count >= 3)
		line_down();
}

PROPERTY(level_interrupt_not_served_is_taken_again_and_again)
{
	setup(false);
	irq_set_handler(0, acknowledge_device);
	line_up();
	irq_unmask();
	CHECK(WAIT(irq_log(0)->count >= 3, PATIENCE_MS));
	isb();
	irq_mask();
	CHECK_EQUAL(irq_log(0)->count, 3);
}
