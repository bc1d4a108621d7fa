// SPDX-License-Identifier: BSD-2-Clause
/* Enables, pending and active state of SPIs (IHI 0069, 4.1 and 12.9). */
#include "property.h"

#define SPI_A 100
#define SPI_B 101

PROPERTY(nothing_pending_acknowledges_1023)
{
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK_EQUAL(read_sysreg(icc_hppir1_el1), SPURIOUS);
}

PROPERTY(disabled_spi_is_pending_and_not_delivered)
{
	gic_pend(SPI_A);
	CHECK(gic_pending(SPI_A));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(enabling_a_pending_spi_delivers_it)
{
	gic_set_edge(SPI_A, true);
	gic_pend(SPI_A);
	gic_enable(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
}

PROPERTY(disabling_a_pending_spi_withdraws_it)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	gic_disable(SPI_A);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(gic_pending(SPI_A));
	gic_enable(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
}

PROPERTY(enable_registers_read_back_what_is_enabled)
{
	uint64_t set = gic_register(0, ISENABLER, SPI_A), clear = gic_register(0, ICENABLER, SPI_A);

	write32(set, 0xa5a5a5a5);
	CHECK_EQUAL(read32(set), 0xa5a5a5a5);
	CHECK_EQUAL(read32(clear), 0xa5a5a5a5);
	write32(set, 0);
	CHECK_EQUAL(read32(set), 0xa5a5a5a5);
	write32(clear, 0x05050505);
	CHECK_EQUAL(read32(set), 0xa0a0a0a0);
	write32(clear, 0);
	CHECK_EQUAL(read32(clear), 0xa0a0a0a0);
}

PROPERTY(clearing_pending_withdraws_the_interrupt)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	gic_set(0, ICPENDR, SPI_A);
	CHECK(!gic_pending(SPI_A));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(acknowledge_moves_pending_to_active_and_end_clears_it)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	CHECK(!gic_pending(SPI_A));
	CHECK(gic_active(SPI_A));
	gic_end(SPI_A);
	CHECK(!gic_active(SPI_A));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(active_spi_is_not_delivered_again_until_it_ends)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_pend(SPI_A);
	CHECK(gic_pending(SPI_A) && gic_active(SPI_A));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_end(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(setting_active_by_register_holds_an_interrupt_back)
{
	gic_setup(SPI_A, 0x80);
	gic_set(0, ISACTIVER, SPI_A);
	CHECK(gic_active(SPI_A));
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	gic_set(0, ICACTIVER, SPI_A);
	CHECK(!gic_active(SPI_A));
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
}

PROPERTY(clearing_active_by_register_lets_it_come_again)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_set(0, ICACTIVER, SPI_A);
	CHECK(!gic_active(SPI_A));
	gic_end(SPI_A); /* drops the priority; there is nothing left to deactivate */
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
	CHECK_EQUAL(read_sysreg(icc_rpr_el1), 0xff);
}

PROPERTY(pending_twice_is_taken_once)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(distributor_with_group_1_off_delivers_nothing)
{
	gic_setup(SPI_A, 0x80);
	write32(GICD_CTLR, GICD_CTLR_ARE);
	gic_pend(SPI_A);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	write32(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
}

PROPERTY(cpu_interface_with_group_1_off_delivers_nothing)
{
	gic_setup(SPI_A, 0x80);
	write_sysreg(icc_igrpen1_el1, 0);
	isb();
	gic_pend(SPI_A);
	CHECK_EQUAL(read_sysreg(icc_hppir1_el1), SPURIOUS);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
	CHECK_EQUAL(gic_acknowledge_wait(), SPI_A);
	gic_end(SPI_A);
}

PROPERTY(highest_pending_is_visible_before_it_is_acknowledged)
{
	gic_setup(SPI_A, 0x80);
	gic_setup(SPI_B, 0x40);
	gic_pend(SPI_A);
	CHECK(WAIT(read_sysreg(icc_hppir1_el1) == SPI_A, PATIENCE_MS));
	gic_pend(SPI_B);
	CHECK(WAIT(read_sysreg(icc_hppir1_el1) == SPI_B, PATIENCE_MS));
	CHECK_EQUAL(read_sysreg(isr_el1) & 0x80, 0x80);
}

PROPERTY(masked_interrupt_is_taken_when_unmasked)
{
	gic_setup(SPI_A, 0x80);
	gic_pend(SPI_A);
	CHECK_EQUAL(irq_log(0)->count, 0);
	irq_unmask();
	CHECK(WAIT(irq_log(0)->count == 1, PATIENCE_MS));
	CHECK_EQUAL(irq_log(0)->intid[0], SPI_A);
}

static volatile uint32_t fiq_intid;

static void take_group0(void)
{
	fiq_intid = (uint32_t)read_sysreg(icc_iar0_el1);
	write_sysreg(icc_eoir0_el1, fiq_intid);
	isb();
}

PROPERTY(group_0_interrupt_is_an_fiq)
{
	fiq_intid = 0;
	fiq_set_handler(take_group0);
	gic_set_group(SPI_A, 0);
	gic_setup(SPI_A, 0x80);
	write32(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1 | GICD_CTLR_GRP0);
	write_sysreg(icc_igrpen0_el1, 1);
	isb();
	gic_pend(SPI_A);
	asm volatile("msr daifclr, #1" ::: "memory");
	CHECK(WAIT(fiq_intid != 0, PATIENCE_MS));
	asm volatile("msr daifset, #1" ::: "memory");
	CHECK_EQUAL(fiq_intid, SPI_A);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(!gic_active(SPI_A));
}

PROPERTY(every_spi_can_be_taken)
{
	for (unsigned int n = 32; n < gic_intids(); n++) {
		gic_setup(n, 0x80);
		gic_pend(n);
		CHECK_EQUAL(gic_acknowledge_wait(), n);
		gic_end(n);
		gic_disable(n);
		gic_set_edge(n, false);
	}
}
