// SPDX-License-Identifier: BSD-2-Clause
/* The register maps: identification, reserved registers, access sizes (IHI 0069, 12.8 to 12.11). */
#include "property.h"

#define SPI 120

PROPERTY(distributor_says_it_is_a_gicv3_with_one_security_state)
{
	uint32_t typer = read32(GICD_TYPER);

	CHECK_EQUAL((read32(GICD_PIDR2) >> 4) & 0xf, 3);
	CHECK(read32(GICD_CTLR) & GICD_CTLR_DS);
	CHECK(read32(GICD_CTLR) & GICD_CTLR_ARE);
	CHECK(gic_intids() >= 64);
	CHECK(((typer >> 19) & 0x1f) >= 9); /* IDbits: 10 bits at least */
}

PROPERTY(affinity_routing_cannot_be_turned_off)
{
	write32(GICD_CTLR, 0);
	CHECK(read32(GICD_CTLR) & GICD_CTLR_ARE);
	CHECK(!(read32(GICD_CTLR) & (GICD_CTLR_GRP0 | GICD_CTLR_GRP1)));
}

PROPERTY(read_only_registers_ignore_writes)
{
	uint32_t typer = read32(GICD_TYPER), iidr = read32(GICD_IIDR), pidr2 = read32(GICD_PIDR2);
	uint64_t gicr_typer = read64(GICR_TYPER(0));

	write32(GICD_TYPER, ~typer);
	write32(GICD_IIDR, ~iidr);
	write32(GICD_PIDR2, ~pidr2);
	write32(GICR_TYPER(0), 0xffffffff);
	CHECK_EQUAL(read32(GICD_TYPER), typer);
	CHECK_EQUAL(read32(GICD_IIDR), iidr);
	CHECK_EQUAL(read32(GICD_PIDR2), pidr2);
	CHECK_EQUAL(read64(GICR_TYPER(0)), gicr_typer);
}

PROPERTY(reserved_registers_read_zero_and_ignore_writes)
{
	static const uint16_t reserved[] = {
		0x0030, 0x0070, 0x1000, 0x3000, 0x5ffc, 0x8000, 0xc000
	};

	for (unsigned int i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		write32(GICD + reserved[i], 0xffffffff);
		CHECK_EQUAL(read32(GICD + reserved[i]), 0);
	}
	write32(GICR(0) + 0x0030, 0xffffffff);
	CHECK_EQUAL(read32(GICR(0) + 0x0030), 0);
	write32(GICR_SGI(0) + 0x0030, 0xffffffff);
	CHECK_EQUAL(read32(GICR_SGI(0) + 0x0030), 0);
}

PROPERTY(private_interrupts_are_not_in_the_distributor)
{
	static const uint16_t arrays[] = {
		IGROUPR, ISENABLER, ISPENDR, ISACTIVER, IPRIORITYR, ICFGR
	};

	for (unsigned int i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		write32(GICD + arrays[i], 0xffffffff);
		CHECK_EQUAL(read32(GICD + arrays[i]), 0);
	}
	CHECK_EQUAL(read32(GICR_SGI(0) + ISPENDR), 0);
	CHECK_EQUAL(read32(GICR_SGI(0) + ISENABLER), 0);
}

PROPERTY(target_and_sgi_registers_of_the_old_gic_are_gone)
{
	write32(GICD + 0x0800 + SPI, 0xffffffff);
	CHECK_EQUAL(read32(GICD + 0x0800 + SPI), 0);
	gic_enable(0);
	write32(GICD + 0x0f00, 0x02000000);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(registers_beyond_the_last_spi_read_zero)
{
	unsigned int end = gic_intids();

	SKIP_ON_QEMU("registers beyond the last SPI keep what is written");
	if (end >= 1020)
		SKIP("all SPIs exist");
	for (unsigned int n = end; n < 1020; n += 32) {
		write32(GICD + ISENABLER + n / 8, 0xffffffff);
		write32(GICD + ISPENDR + n / 8, 0xffffffff);
		write32(GICD + IPRIORITYR + n, 0xffffffff);
		CHECK_EQUAL(read32(GICD + ISENABLER + n / 8), 0);
		CHECK_EQUAL(read32(GICD + ISPENDR + n / 8), 0);
		CHECK_EQUAL(read32(GICD + IPRIORITYR + n), 0);
	}
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(whole_distributor_can_be_written_and_read)
{
	for (uint64_t offset = 0x80; offset < 0x10000; offset += 4)
		write32(GICD + offset,
			offset >= ISPENDR && offset < ICACTIVER + 0x80 ? 0 : 0x5a5a5a5a);
	for (uint64_t offset = 0; offset < 0x10000; offset += 4)
		read32(GICD + offset);
	gic_reset_distributor();
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

PROPERTY(priorities_are_accessible_by_byte_and_by_word)
{
	uint64_t at = GICD + IPRIORITYR + SPI;

	write32(at, 0x40302010);
	CHECK_EQUAL(read8(at), 0x10);
	CHECK_EQUAL(read8(at + 1), 0x20);
	CHECK_EQUAL(read8(at + 3), 0x40);
	write8(at + 2, 0x88);
	CHECK_EQUAL(read32(at), 0x40882010);
	write32(GICR_SGI(0) + IPRIORITYR + 16, 0x80706050);
	CHECK_EQUAL(read8(GICR_SGI(0) + IPRIORITYR + 18), 0x70);
}

PROPERTY(routing_registers_are_accessible_whole_and_by_halves)
{
	uint64_t at = GICD_IROUTER(SPI);

	write64(at, 0x0000000200000003);
	CHECK_EQUAL(read64(at), 0x0000000200000003);
	CHECK_EQUAL(read32(at), 3);
	CHECK_EQUAL(read32(at + 4), 2);
	write32(at, 1);
	CHECK_EQUAL(read64(at), 0x0000000200000001);
	write32(at + 4, 0);
	CHECK_EQUAL(read64(at), 1);
}

PROPERTY(configuration_has_one_bit_for_each_interrupt)
{
	uint64_t at = GICD + ICFGR + 4 * (SPI / 16);

	write32(at, 0xaaaaaaaa);
	CHECK_EQUAL(read32(at) & 0xaaaaaaaa, 0xaaaaaaaa);
	write32(at, 0);
	CHECK_EQUAL(read32(at) & 0xaaaaaaaa, 0);
	write32(GICR_SGI(0) + ICFGR, 0);
	CHECK_EQUAL(read32(GICR_SGI(0) + ICFGR) & 0xaaaaaaaa,
		    0xaaaaaaaa); /* SGIs are edge-triggered */
}

PROPERTY(group_registers_read_back)
{
	uint64_t at = gic_register(0, IGROUPR, SPI);

	write32(at, 0x0f0f0f0f);
	CHECK_EQUAL(read32(at), 0x0f0f0f0f);
	write32(GICR_SGI(0) + IGROUPR, 0x12345678);
	CHECK_EQUAL(read32(GICR_SGI(0) + IGROUPR), 0x12345678);
}

PROPERTY(redistributors_name_their_cpus_and_the_last_one)
{
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		uint64_t typer = read64(GICR_TYPER(cpu));

		CHECK_EQUAL(typer >> 32, cpu);		 /* affinity */
		CHECK_EQUAL((typer >> 8) & 0xffff, cpu); /* processor number */
		CHECK_EQUAL((typer >> 4) & 1, cpu == cpu_count() - 1);
		CHECK_EQUAL(read32(GICR_TYPER(cpu)), (uint32_t)typer);
		CHECK_EQUAL(read32(GICR_TYPER(cpu) + 4), typer >> 32);
		CHECK_EQUAL((read32(GICR_PIDR2(cpu)) >> 4) & 0xf, 3);
	}
}

PROPERTY(redistributor_sleeps_and_wakes)
{
	write32(GICR_WAKER(0), WAKER_SLEEP);
	CHECK(WAIT(read32(GICR_WAKER(0)) & WAKER_ASLEEP, PATIENCE_MS));
	CHECK(read32(GICR_WAKER(0)) & WAKER_SLEEP);
	write32(GICR_WAKER(0), 0);
	CHECK(WAIT(!(read32(GICR_WAKER(0)) & WAKER_ASLEEP), PATIENCE_MS));
}

PROPERTY(redistributor_is_identified)
{
	uint32_t iidr = read32(GICR_IIDR(0));

	CHECK_EQUAL(iidr & 0xfff, read32(GICD_IIDR) & 0xfff); /* implementer */
	CHECK_EQUAL(read32(GICR(0) + 0xfff0), 0x0d);	      /* CIDR0 to CIDR3 */
	CHECK_EQUAL(read32(GICR(0) + 0xfff4), 0xf0);
	CHECK_EQUAL(read32(GICR(0) + 0xfff8), 0x05);
	CHECK_EQUAL(read32(GICR(0) + 0xfffc), 0xb1);
	CHECK_EQUAL(read32(GICD + 0xfff0), 0x0d);
	CHECK_EQUAL(read32(GICD + 0xfffc), 0xb1);
}

PROPERTY(cpu_interface_is_by_system_registers_only)
{
	CHECK_EQUAL(read_sysreg(icc_sre_el1) & 1, 1);
	write_sysreg(icc_sre_el1, 0);
	isb();
	CHECK_EQUAL(read_sysreg(icc_sre_el1) & 1, 1);
	CHECK_EQUAL((read_sysreg(id_aa64pfr0_el1) >> 24) & 0xf, 1);
	CHECK(((read_sysreg(icc_ctlr_el1) >> 8) & 7) >= 4); /* PRIbits: five at least */
}

PROPERTY(binary_point_has_a_smallest_value)
{
	write_sysreg(icc_bpr1_el1, 0);
	CHECK(read_sysreg(icc_bpr1_el1) >= 1 && read_sysreg(icc_bpr1_el1) <= 3);
	write_sysreg(icc_bpr1_el1, 7);
	CHECK_EQUAL(read_sysreg(icc_bpr1_el1), 7);
}

PROPERTY(active_priorities_register_shows_what_is_active)
{
	gic_setup(SPI, 0x80);
	gic_pend(SPI);
	CHECK_EQUAL(gic_acknowledge_wait(), SPI);
	CHECK_EQUAL(read_sysreg(icc_ap1r0_el1), 1u << (0x80 >> 3));
	gic_end(SPI);
	CHECK_EQUAL(read_sysreg(icc_ap1r0_el1), 0);
}
