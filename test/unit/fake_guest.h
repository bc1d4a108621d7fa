/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest on fake CPUs: what the driver does for its vCPUs, what its instructions do to EL2 (traps)
 * and to the virtual CPU interface, and physical interrupts, which every CPU that runs a vCPU takes
 * as soon as they are pending.
 *
 * vCPU N runs on CPU N unless a test says otherwise. The host's own calls are made on the last CPU.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include "hyp.h"
#include "cpu_interface.h"

#define HOST_CPU	       (FAKE_CPUS - 1)

/* GICv3 registers, named as in IHI 0069, 12.8 to 12.11; addresses in the guest. */
#define GICD(offset)	       (VM_GICD_BASE + (offset))
#define GICR(vcpu, offset)     (VM_GICR_BASE + (vcpu) * (uint64_t)VM_GICR_STRIDE + (offset))
#define GICR_SGI(vcpu, offset) (GICR(vcpu, 0x10000) + (offset))
#define CTLR		       0x0000
#define TYPER		       0x0004
#define IIDR		       0x0008
#define RD_TYPER	       0x0008
#define RD_WAKER	       0x0014
#define PIDR2		       0xffe8
#define IGROUP(intid)	       (0x0080 + (intid) / 32 * 4)
#define ISENABLE(intid)	       (0x0100 + (intid) / 32 * 4)
#define ICENABLE(intid)	       (0x0180 + (intid) / 32 * 4)
#define ISPEND(intid)	       (0x0200 + (intid) / 32 * 4)
#define ICPEND(intid)	       (0x0280 + (intid) / 32 * 4)
#define ISACTIVE(intid)	       (0x0300 + (intid) / 32 * 4)
#define ICACTIVE(intid)	       (0x0380 + (intid) / 32 * 4)
#define IPRIORITY(intid)       (0x0400 + (intid))
#define ICFG(intid)	       (0x0c00 + (intid) / 16 * 4)
#define IROUTER(intid)	       (0x6000 + (intid) * 8)
#define IROUTER_ANY	       ARM64_BIT(31)
#define BIT(intid)	       (1u << ((intid) % 32))
#define DEFAULT_PRIORITY       0xa0
#define PRIORITY_MASK_OPEN     0xf8

struct fake_guest {
	struct hyp_vm vm;
	struct hyp_vcpu vcpu[HYP_MAX_VCPUS];
	unsigned int cpu[HYP_MAX_VCPUS];   /* the CPU each vCPU runs on when it runs */
	uint32_t woken;			   /* vCPUs that EL2 asked the host to wake */
	uint32_t host_kicks;		   /* vCPUs that EL2 asked the host to interrupt */
	unsigned int host_interrupts;	   /* kick SGIs that were the host's */
	unsigned int interrupts;	   /* physical interrupts taken at EL2 by all vCPUs */
	uint64_t left_with[HYP_MAX_VCPUS]; /* enum hyp_exit of the last exit, 0: none since
					      vcpu_enter() */
};
extern struct fake_guest guest;

/* Resets the fake machine; a VM whose GIC is as the driver leaves it after reset. No vCPU runs. */
void guest_create(unsigned int vcpus);

/* As guest_create(); then the GIC is set up as a kernel does it: group 1 everywhere and enabled,
 * SGIs and PPIs enabled, SPIs disabled, level-triggered and routed to vCPU 0, all priorities 0xa0,
 * every redistributor awake, priority mask open. All vCPUs run, which needs vcpus < FAKE_CPUS. */
void guest_boot(unsigned int vcpus);

/* What HYP_RUN does on entry and on return. */
void vcpu_enter(unsigned int vcpu);
void vcpu_leave(unsigned int vcpu);
bool vcpu_runs(unsigned int vcpu);

/* All running vCPUs take their physical interrupts until none is pending. */
void guest_settle(void);

/* Accesses of a running vCPU, by a stage-2 abort; of one that does not run, by the host's call. */
uint64_t guest_read(unsigned int vcpu, uint64_t address, unsigned int size);
void guest_write(unsigned int vcpu, uint64_t address, unsigned int size, uint64_t value);
static inline uint32_t guest_read32(unsigned int vcpu, uint64_t address)
{
	return (uint32_t)guest_read(vcpu, address, 4);
}
static inline void guest_write32(unsigned int vcpu, uint64_t address, uint32_t value)
{
	guest_write(vcpu, address, 4, value);
}

/* A trapped instruction of a running vCPU, by its ESR_EL2; returns what guest_sync() returned,
 * after leaving if it is not 0 and entering again at once if it is HYP_EXIT_WAKE. */
uint64_t guest_trap(unsigned int vcpu, uint64_t esr);
uint64_t guest_msr(unsigned int vcpu, uint32_t encoding, uint64_t value);
uint64_t guest_mrs(unsigned int vcpu, uint32_t encoding, uint64_t *value);
/* WFI. True: the vCPU left and the driver has put it to sleep (HYP_STATE_BLOCKED). */
bool guest_wfi(unsigned int vcpu);
void guest_send_sgi(unsigned int vcpu, uint64_t sgi1r);

/* The CPU interface of a running vCPU, group 1. */
unsigned int guest_acknowledge(unsigned int vcpu);
void guest_end(unsigned int vcpu, unsigned int intid);
/* ICC_DIR_EL1, with VMCR_EOI_MODE: to the CPU interface, or trapped when EL2 asked for that. */
void guest_deactivate(unsigned int vcpu, unsigned int intid);
bool guest_signalled(unsigned int vcpu);
void guest_set_priority_mask(unsigned int vcpu, unsigned int mask);
/* Acknowledges and ends; returns the INTID or 1023. */
unsigned int guest_handle(unsigned int vcpu);

/* The host drives an input: an SPI, or a PPI of the vCPU. */
void guest_line(unsigned int intid, bool level, unsigned int vcpu);
void guest_pulse(unsigned int intid);
static inline void guest_raise(unsigned int intid)
{
	guest_line(intid, true, 0);
}
static inline void guest_lower(unsigned int intid)
{
	guest_line(intid, false, 0);
}

/* Set up one SPI, as vCPU 0. */
void spi_enable(unsigned int intid, unsigned int priority);
void spi_set_edge(unsigned int intid);
void spi_route(unsigned int intid, uint64_t route);

/* Time passes: the counter advances and timers that expire interrupt. */
void guest_pass_time(uint64_t ticks);

/* Ends the process unless: in-flight bits are what list registers hold, an interrupt is in one list
 * register at most, and locks are free. */
void guest_check(void);

#endif
