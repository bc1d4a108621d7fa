/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native twin of arch.h, for tests of the EL2 image's C on a PC (HYP_FAKE): a machine of up to
 * FAKE_CPUS CPUs in one thread. Physical addresses are the process's own. Each CPU has its system
 * registers, list registers and the part of a physical redistributor that EL2 uses; the counter is
 * common and moves only when a test moves it.
 *
 * A use that would hang or corrupt a real machine (a lock taken twice or out of order, waiting for
 * another CPU with a lock held, a device access that EL2 must not make) ends the process with a
 * message: see arch_fake_fail().
 */
#ifndef HYP_ARCH_FAKE_H
#define HYP_ARCH_FAKE_H

#include "arm64.h"
#include "hyp_abi.h"

#include <sched.h>

#define FAKE_CPUS	 4
#define FAKE_LR_COUNT	 4
#define FAKE_GICR_BASE	 UINT64_C(0x10000000)
#define FAKE_GICR_STRIDE UINT64_C(0x20000)

#define FAKE_ID_ROW(X, crm)   \
	X(s3_0_c0_c##crm##_0) \
	X(s3_0_c0_c##crm##_1) \
	X(s3_0_c0_c##crm##_2) \
	X(s3_0_c0_c##crm##_3) \
	X(s3_0_c0_c##crm##_4) \
	X(s3_0_c0_c##crm##_5) \
	X(s3_0_c0_c##crm##_6) \
	X(s3_0_c0_c##crm##_7)
#define FAKE_COUNTER_ROW(X, crm) \
	X(s3_3_c14_c##crm##_0)   \
	X(s3_3_c14_c##crm##_1)   \
	X(s3_3_c14_c##crm##_2)   \
	X(s3_3_c14_c##crm##_3)   \
	X(s3_3_c14_c##crm##_4)   \
	X(s3_3_c14_c##crm##_5)   \
	X(s3_3_c14_c##crm##_6)   \
	X(s3_3_c14_c##crm##_7)
#define FAKE_BREAKPOINT_REGS(X, n) X(dbgbvr##n##_el1) X(dbgbcr##n##_el1)
#define FAKE_WATCHPOINT_REGS(X, n) X(dbgwvr##n##_el1) X(dbgwcr##n##_el1)

/* Registers that EL2's C reads or writes, besides list registers and those of HYP_SYSREGS_*. */
/* clang-format off */
#define FAKE_SYSREGS(X)                                                                       \
	X(elr_el2) X(spsr_el2) X(esr_el2) X(far_el2) X(hpfar_el2) X(tpidr_el2)                \
	X(hcr_el2) X(vtcr_el2) X(vttbr_el2) X(vmpidr_el2) X(hstr_el2)                         \
	X(mdcr_el2) X(cptr_el2) X(cnthctl_el2) X(cntvoff_el2)                                 \
	X(cntpct_el0) X(cntv_ctl_el0) X(cntv_cval_el0) X(cnthp_ctl_el2) X(cnthp_cval_el2)     \
	X(ich_hcr_el2) X(ich_vmcr_el2) X(ich_vtr_el2) X(ich_ap0r0_el2) X(ich_ap1r0_el2)       \
	X(icc_sre_el2) X(icc_hppir1_el1) X(dbgvcr32_el2) X(ctr_el0) X(dczid_el0)              \
	X(id_aa64pfr0_el1) X(id_aa64dfr0_el1) X(id_aa64isar0_el1) X(id_aa64isar1_el1)         \
	X(id_aa64mmfr0_el1) X(id_aa64mmfr1_el1) X(id_aa64pfr1_el1)                            \
	X(s3_4_c12_c1_1) X(s3_4_c5_c2_3) X(s3_3_c13_c0_5) X(s3_4_c10_c5_0)                    \
	X(s3_0_c9_c9_0) X(s3_0_c9_c10_0) X(s3_0_c9_c10_7)                                     \
	X(s3_0_c1_c2_1) X(s3_0_c9_c11_0) X(s3_0_c9_c11_7)                                     \
	X(s3_3_c4_c2_5) X(s3_3_c4_c2_7) X(s3_5_c9_c9_0) X(s3_5_c1_c2_1)                       \
	X(midr_el1) X(s3_0_c0_c6_2)                                                           \
	X(pmcr_el0) X(pmcntenset_el0) X(pmcntenclr_el0) X(pmintenset_el1) X(pmintenclr_el1)   \
	X(pmovsset_el0) X(pmovsclr_el0) X(pmselr_el0) X(pmuserenr_el0) X(pmccntr_el0)         \
	FAKE_COUNTER_ROW(X, 8) FAKE_COUNTER_ROW(X, 12) X(s3_3_c14_c15_7)                      \
	FAKE_ID_ROW(X, 1) FAKE_ID_ROW(X, 2) FAKE_ID_ROW(X, 3) X(s3_0_c0_c7_2)                 \
	FAKE_BREAKPOINT_REGS(X, 0) FAKE_BREAKPOINT_REGS(X, 1) FAKE_BREAKPOINT_REGS(X, 2) FAKE_BREAKPOINT_REGS(X, 3) \
	FAKE_BREAKPOINT_REGS(X, 4) FAKE_BREAKPOINT_REGS(X, 5) FAKE_BREAKPOINT_REGS(X, 6) FAKE_BREAKPOINT_REGS(X, 7) \
	FAKE_BREAKPOINT_REGS(X, 8) FAKE_BREAKPOINT_REGS(X, 9) FAKE_BREAKPOINT_REGS(X, 10) FAKE_BREAKPOINT_REGS(X, 11) \
	FAKE_BREAKPOINT_REGS(X, 12) FAKE_BREAKPOINT_REGS(X, 13) FAKE_BREAKPOINT_REGS(X, 14) FAKE_BREAKPOINT_REGS(X, 15) \
	FAKE_WATCHPOINT_REGS(X, 0) FAKE_WATCHPOINT_REGS(X, 1) FAKE_WATCHPOINT_REGS(X, 2) FAKE_WATCHPOINT_REGS(X, 3) \
	FAKE_WATCHPOINT_REGS(X, 4) FAKE_WATCHPOINT_REGS(X, 5) FAKE_WATCHPOINT_REGS(X, 6) FAKE_WATCHPOINT_REGS(X, 7) \
	FAKE_WATCHPOINT_REGS(X, 8) FAKE_WATCHPOINT_REGS(X, 9) FAKE_WATCHPOINT_REGS(X, 10) FAKE_WATCHPOINT_REGS(X, 11) \
	FAKE_WATCHPOINT_REGS(X, 12) FAKE_WATCHPOINT_REGS(X, 13) FAKE_WATCHPOINT_REGS(X, 14) FAKE_WATCHPOINT_REGS(X, 15)
/* clang-format on */

/* One CPU. Tests read and write all of it. */
struct fake_cpu {
	struct hyp_cpu hyp; /* what this_cpu() returns */
#define FAKE_SYSREG_MEMBER(name)			  uint64_t name;
#define FAKE_HYP_SYSREG_MEMBERS(name1, reg1, name2, reg2) uint64_t reg1, reg2;
#define FAKE_HYP_SYSREG_MEMBER(name, reg)		  uint64_t reg;
	FAKE_SYSREGS(FAKE_SYSREG_MEMBER)
	HYP_SYSREGS_LIVE(FAKE_HYP_SYSREG_MEMBERS)
	HYP_SYSREGS_DEAD(FAKE_HYP_SYSREG_MEMBERS)
	HYP_SYSREGS_AARCH32(FAKE_HYP_SYSREG_MEMBER)
#undef FAKE_SYSREG_MEMBER
#undef FAKE_HYP_SYSREG_MEMBER
#undef FAKE_HYP_SYSREG_MEMBERS
	uint64_t lr[HYP_MAX_LRS];
	uint32_t gicr_pending, gicr_active; /* physical SGIs and PPIs, bit N is INTID N */
	unsigned int sgis_received;	    /* physical SGIs that other CPUs sent here */
	unsigned int fp_loads;		    /* calls of fp_restore */
	unsigned int forgotten;		    /* calls of arch_forget_translations */
	unsigned int waits;		    /* calls of arch_wfi, */
	uint64_t waits_until;		    /* and EL2's timer in the last one; UINT64_MAX: off */
	uint32_t firmware_call;		    /* the last one of arch_firmware_call, */
	uint64_t firmware_argument;	    /* and its argument */
};

/* Something that EL2 did, in the order in which it did it. */
struct fake_event {
	const char *what; /* the register that was written, or "isb", "forget" */
	uint64_t value;
};
#define FAKE_EVENTS 512

/* The whole machine. */
struct fake_machine {
	struct fake_cpu cpu[FAKE_CPUS];
	uint64_t counter;     /* CNTPCT of all CPUs */
	uint64_t wait_lasts;  /* ticks that pass in arch_wfi() */
	unsigned int current; /* the CPU that executes */
	uint64_t last_sgi1r;  /* last value given to arch_send_sgi() */
	bool host_at_el2;     /* as if built for a host that runs there itself */
	bool sgis_are_slow;   /* SGIs are on their way until fake_deliver_sgis() */
	/* What another CPU does while the current one waits for it (arch_relax); may be NULL. */
	void (*while_waiting)(void);
	/* The last TLB maintenance, and the registers while it was done. */
	struct {
		enum fake_tlbi {
			FAKE_TLBI_NONE,
			FAKE_TLBI_GUEST,
			FAKE_TLBI_PAGES,
			FAKE_TLBI_ALL,
			FAKE_TLBI_EL2
		} what;
		uint64_t ipa, end, vttbr, tcr, sctlr, hcr;
	} tlbi;
	/* What the guest does when hyp_run() enters it: its result is what the trap handler
	 * returned. */
	uint64_t (*guest)(struct hyp_vcpu *vcpu);
	/* What was done since the reset, as far as there is room; tests may set the count to 0. */
	struct fake_event events[FAKE_EVENTS];
	unsigned int event_count;
	/* Answers address translations; NULL: identity, without fault. */
	uint64_t (*translate)(unsigned int how, uint64_t address);
};
extern struct fake_machine fake;

/* All registers 0, FAKE_LR_COUNT list registers a CPU, CPU 0 executes, no lock is held, none is
 * known. */
void fake_reset(void);

/* The lock order to check: a lock of a higher rank is taken after one of a lower rank, and at most
 * one of each. Locks that were not declared are only checked for being taken twice. */
void fake_declare_lock(const uint64_t *lock, unsigned int rank);
/* Locks that are held now. */
unsigned int fake_locks_held(void);

/* SGIs that were sent while sgis_are_slow become pending. Whether there were any. */
bool fake_deliver_sgis(void);

/* The physical interrupt that the CPU would take at EL2 now: INTID, or 1023. Maintenance, timers
 * and SGIs. */
unsigned int fake_physical_interrupt(unsigned int cpu);

/* Ends the process with a message: EL2 did what would break a machine. */
void arch_fake_fail(const char *message) __attribute__((noreturn));

/* From here on: what arch.h offers. */

/* Adds to fake.events. */
void arch_fake_note(const char *what, uint64_t value);

/* Registers that the CPU computes are up to date after it. */
struct fake_cpu *arch_fake_registers(void);

#define read_sysreg(reg) (arch_fake_registers()->reg)
#define write_sysreg(reg, value) \
	arch_fake_note(#reg, arch_fake_registers()->reg = (uint64_t)(value))

static inline void arch_isb(void)
{
	arch_fake_note("isb", 0);
}

static inline void arch_drain_profile(void)
{
	arch_fake_note("drain profile", 0);
}

static inline void arch_drain_trace(void)
{
	arch_fake_note("drain trace", 0);
}

static inline void arch_mb(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void arch_mmio_done(void)
{
}

/* Of a thread of the test: it lets others run. */
static inline uint64_t arch_lock_wait(uint64_t *lock, uint64_t seen)
{
	uint64_t now = __atomic_load_n(lock, __ATOMIC_ACQUIRE);

	if (now == seen)
		sched_yield();
	return now;
}

void arch_wfi(void);
void arch_relax(void);
uint32_t arch_lock_mine(void);
void arch_lock(uint64_t *lock);
void arch_unlock(uint64_t *lock);
uint32_t mmio_read32(uint64_t address);
void mmio_write32(uint64_t address, uint32_t value);
uint64_t arch_read_lr(unsigned int index);
uint64_t arch_empty_lrs(void);
void arch_write_lr(unsigned int index, uint64_t value);
uint64_t arch_translate(enum arch_translation how, uint64_t address);
void arch_tlbi_guest(void);
void arch_tlbi_guest_pages(uint64_t ipa, uint64_t end);
void arch_tlbi_all(void);
void arch_tlbi_el2(void);
void arch_forget_translations(void);
struct hyp_cpu *this_cpu(void);
void arch_send_sgi(uint64_t sgi1r);
void arch_firmware_call(uint32_t function, uint64_t argument);

#endif
