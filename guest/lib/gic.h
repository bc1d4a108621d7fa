/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver for GICv3 (IHI 0069) that gives properties each register by itself. "cpu" names whose
 * redistributor is meant for an INTID below 32; it does not matter for others.
 */
#ifndef GUEST_GIC_H
#define GUEST_GIC_H

#include "arch.h"

#define GICD		0x08000000
#define GICD_CTLR	(GICD + 0x0000)
#define GICD_TYPER	(GICD + 0x0004)
#define GICD_IIDR	(GICD + 0x0008)
#define GICD_IROUTER(n) (GICD + 0x6000 + 8 * (uint64_t)(n))
#define GICD_PIDR2	(GICD + 0xffe8)
#define GICD_CTLR_GRP0	1u
#define GICD_CTLR_GRP1	2u
#define GICD_CTLR_ARE	(1u << 4)
#define GICD_CTLR_DS	(1u << 6)
#define GICD_CTLR_RWP	(1u << 31)
#define GICD_NO_1_OF_N	(1u << 25)
#define IROUTER_ANY	(UINT64_C(1) << 31)

#define GICR(cpu)	(0x080a0000 + 0x20000 * (uint64_t)(cpu))
#define GICR_CTLR(cpu)	(GICR(cpu) + 0x0000)
#define GICR_IIDR(cpu)	(GICR(cpu) + 0x0004)
#define GICR_TYPER(cpu) (GICR(cpu) + 0x0008)
#define GICR_WAKER(cpu) (GICR(cpu) + 0x0014)
#define GICR_PIDR2(cpu) (GICR(cpu) + 0xffe8)
#define GICR_SGI(cpu)	(GICR(cpu) + 0x10000)
#define WAKER_SLEEP	2u
#define WAKER_ASLEEP	4u

/* Offsets of the arrays, in the distributor and in the redistributor's second frame */
#define IGROUPR		0x080
#define ISENABLER	0x100
#define ICENABLER	0x180
#define ISPENDR		0x200
#define ICPENDR		0x280
#define ISACTIVER	0x300
#define ICACTIVER	0x380
#define IPRIORITYR	0x400
#define ICFGR		0xc00

/* A bit-per-interrupt register of the interrupt, and its bit. */
uint64_t gic_register(unsigned int cpu, unsigned int array, unsigned int intid);
#define GIC_BIT(intid) (1u << ((intid) % 32))

static inline void gic_set(unsigned int cpu, unsigned int array, unsigned int intid)
{
	write32(gic_register(cpu, array, intid), GIC_BIT(intid));
}

static inline bool gic_get(unsigned int cpu, unsigned int array, unsigned int intid)
{
	return read32(gic_register(cpu, array, intid)) & GIC_BIT(intid);
}

/* Of the CPU that calls. Disabling waits until it has taken effect. */
void gic_enable(unsigned int intid);
void gic_disable(unsigned int intid);
void gic_set_group(unsigned int intid, unsigned int group);
void gic_set_priority(unsigned int intid, uint8_t priority);
void gic_set_edge(unsigned int intid, bool edge);
void gic_route(unsigned int intid, unsigned int cpu);
void gic_pend(unsigned int intid);
bool gic_pending(unsigned int intid);
bool gic_active(unsigned int intid);
/* Enables an edge-triggered SPI for CPU 0 with this priority. */
void gic_setup(unsigned int intid, uint8_t priority);

/* Number of implemented INTIDs: a multiple of 32, at most 1020. */
unsigned int gic_intids(void);

#define SPURIOUS 1023
static inline uint32_t gic_acknowledge(void)
{
	uint32_t intid;

	dsb();
	intid = (uint32_t)read_sysreg(icc_iar1_el1) & 0xffffff;
	dsb();
	return intid;
}

static inline void gic_end(uint32_t intid)
{
	write_sysreg(icc_eoir1_el1, intid);
	isb();
}

static inline void gic_deactivate(uint32_t intid)
{
	write_sysreg(icc_dir_el1, intid);
	isb();
}

/* Polls for an interrupt until one is acknowledged; SPURIOUS if none comes. */
uint32_t gic_acknowledge_wait(void);

#define SGI_OTHERS (UINT64_C(1) << 40)
/* ICC_SGI1R_EL1 for CPUs 0.0.0.n, or SGI_OTHERS */
static inline void gic_send_sgi(unsigned int intid, uint64_t targets)
{
	dsb();
	write_sysreg(icc_sgi1r_el1, (uint64_t)intid << 24 | targets);
	isb();
}

/* The state before a property: nothing enabled, pending or active, all in group 1, priority 0xa0,
 * level-triggered SPIs routed to CPU 0, all priorities let through. */
void gic_reset_distributor(void);
void gic_reset_cpu(void);

#endif
