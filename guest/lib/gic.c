// SPDX-License-Identifier: BSD-2-Clause
/* GICv3: distributor, redistributors and the system register interface. */
#include "gic.h"
#include "cpu.h"

#define PRIORITY_DEFAULT 0xa0a0a0a0
#define CTLR_EOIMODE	 2

uint64_t gic_register(unsigned int cpu, unsigned int array, unsigned int intid)
{
	return (intid < 32 ? GICR_SGI(cpu) : GICD) + array + 4 * (uint64_t)(intid / 32);
}

static void wait_for_write(unsigned int intid)
{
	uint64_t ctlr = intid < 32 ? GICR_CTLR(cpu_self()) : GICD_CTLR;
	uint32_t pending = intid < 32 ? 1u << 3 : GICD_CTLR_RWP;

	while (read32(ctlr) & pending)
		;
}

void gic_enable(unsigned int intid)
{
	gic_set(cpu_self(), ISENABLER, intid);
}

void gic_disable(unsigned int intid)
{
	gic_set(cpu_self(), ICENABLER, intid);
	wait_for_write(intid);
}

void gic_set_group(unsigned int intid, unsigned int group)
{
	uint64_t at = gic_register(cpu_self(), IGROUPR, intid);

	write32(at, group ? read32(at) | GIC_BIT(intid) : read32(at) & ~GIC_BIT(intid));
}

void gic_set_priority(unsigned int intid, uint8_t priority)
{
	write8((intid < 32 ? GICR_SGI(cpu_self()) : GICD) + IPRIORITYR + intid, priority);
}

void gic_set_edge(unsigned int intid, bool edge)
{
	uint64_t at =
		(intid < 32 ? GICR_SGI(cpu_self()) : GICD) + ICFGR + 4 * (uint64_t)(intid / 16);
	uint32_t bit = 2u << (2 * (intid % 16));

	write32(at, edge ? read32(at) | bit : read32(at) & ~bit);
}

void gic_route(unsigned int intid, unsigned int cpu)
{
	write64(GICD_IROUTER(intid), cpu);
}

void gic_pend(unsigned int intid)
{
	gic_set(cpu_self(), ISPENDR, intid);
}

bool gic_pending(unsigned int intid)
{
	return gic_get(cpu_self(), ISPENDR, intid);
}

bool gic_active(unsigned int intid)
{
	return gic_get(cpu_self(), ISACTIVER, intid);
}

void gic_setup(unsigned int intid, uint8_t priority)
{
	gic_set_edge(intid, true);
	gic_set_priority(intid, priority);
	gic_enable(intid);
}

unsigned int gic_intids(void)
{
	unsigned int count = 32 * ((read32(GICD_TYPER) & 0x1f) + 1);

	return count > 1020 ? 1020 : count;
}

uint32_t gic_acknowledge_wait(void)
{
	uint32_t intid = SPURIOUS;

	WAIT((intid = gic_acknowledge()) != SPURIOUS, PATIENCE_MS);
	return intid;
}

static void reset_bank(uint64_t frame, unsigned int first)
{
	uint64_t bank = 4 * (first / 32);

	write32(frame + ICENABLER + bank, ~0u);
	write32(frame + IGROUPR + bank, ~0u);
	write32(frame + ICACTIVER + bank, ~0u);
	for (unsigned int n = first; n < first + 32; n += 4)
		write32(frame + IPRIORITYR + n, PRIORITY_DEFAULT);
	for (unsigned int n = first; n < first + 32; n += 16)
		write32(frame + ICFGR + n / 4, 0);
	write32(frame + ICPENDR + bank, ~0u);
}

void gic_reset_distributor(void)
{
	write32(GICD_CTLR, GICD_CTLR_ARE);
	wait_for_write(32);
	for (unsigned int first = 32; first < gic_intids(); first += 32)
		reset_bank(GICD, first);
	for (unsigned int n = 32; n < gic_intids(); n++)
		write64(GICD_IROUTER(n), 0);
	write32(GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
	wait_for_write(32);
}

static void reset_interface(void)
{
	write_sysreg(icc_sre_el1, 7);
	isb();
	write_sysreg(icc_ctlr_el1, 0);
	write_sysreg(icc_pmr_el1, 0xff);
	write_sysreg(icc_bpr0_el1, 0);
	write_sysreg(icc_bpr1_el1, 0);
	write_sysreg(icc_ap0r0_el1, 0);
	write_sysreg(icc_ap1r0_el1, 0);
	write_sysreg(icc_igrpen0_el1, 0);
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
}

void gic_reset_cpu(void)
{
	unsigned int cpu = cpu_self();

	write32(GICR_WAKER(cpu), 0);
	while (read32(GICR_WAKER(cpu)) & WAKER_ASLEEP)
		;
	reset_bank(GICR_SGI(cpu), 0);
	wait_for_write(0);
	reset_interface();
}
