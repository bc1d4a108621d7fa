/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few operations that only a CPU at EL2 can do: system registers, barriers, physical GIC
 * registers, locks. Native unit tests (HYP_FAKE) take the twin in fake/arch_fake.h.
 */
#ifndef HYP_ARCH_H
#define HYP_ARCH_H

#include "arm64.h"
#include "hyp_abi.h"

#ifdef HYP_VHE
#include "vhe.h"
#else
#ifdef HYP_FAKE
#define ARCH_HOST_AT_EL2 (fake.host_at_el2)
#else
#define ARCH_HOST_AT_EL2 0
#endif
#define ARCH_HCR_GUEST	0
#define ARCH_CPTR_GUEST (CPTR_RES1 | CPTR_TTA | CPTR_TAM | CPTR_TFP)
#define ARCH_CPTR_FP	CPTR_TFP
#define ARCH_CNTHCTL	CNTHCTL_EL1PCTEN
#endif

/* Address translations for arch_translate(): which stages, as which exception level, for what. */
enum arch_translation {
	ARCH_STAGE1_READ,     /* AT S1E1R */
	ARCH_STAGE1_WRITE,    /* AT S1E1W */
	ARCH_BOTH_STAGES_EL1, /* AT S12E1R */
	ARCH_BOTH_STAGES_EL0, /* AT S12E0R */
};

/* How often TLB maintenance is done again: see errata.c. */
extern uint32_t errata_tlbi_again;

#ifdef HYP_FAKE
#include "arch_fake.h"
#else

/* The register may be a macro. */
#define read_sysreg(reg)	 read_sysreg_named(reg)
#define write_sysreg(reg, value) write_sysreg_named(reg, value)

#define read_sysreg_named(reg)                                        \
	({                                                            \
		uint64_t read_value;                                  \
		__asm__ volatile("mrs %0, " #reg : "=r"(read_value)); \
		read_value;                                           \
	})
#define write_sysreg_named(reg, value) \
	__asm__ volatile("msr " #reg ", %x0" ::"rZ"((uint64_t)(value)))

static inline void arch_isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

/* Full barrier between CPUs: pairs a store with a later load (run state protocol). */
static inline void arch_mb(void)
{
	__asm__ volatile("dmb ish" ::: "memory");
}

/* A write to a device has arrived. */
static inline void arch_mmio_done(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/* Until an interrupt is pending, though it is masked. */
static inline void arch_wfi(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void arch_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* What a lock contains while this CPU holds it, which is not 0: lock_contended in entry.S has the
 * same. */
static inline uint32_t arch_lock_mine(void)
{
	uint64_t sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	return (uint32_t)(sp / HYP_CPU_BLOCK_SIZE) + ARCH_HOST_AT_EL2;
}

/* A lock that is free, and for which nobody waits, is taken here; else see lock.c. lock_contended
 * in entry.S keeps all registers but x16 and x17. */
static inline void arch_lock(uint64_t *lock)
{
	uint64_t seen;
	uint32_t failed;

	__asm__ volatile("1: ldaxr %0, %2\n"
			 "   cbnz %0, 3f\n"
			 "   stxr %w1, %x3, %2\n"
			 "   cbnz %w1, 1b\n"
			 "2:\n"
			 "   .subsection 1\n"
			 "3: mov x16, %4\n"
			 "   adr x17, 2b\n"
			 "   b lock_contended\n"
			 "   .previous\n"
			 : "=&r"(seen), "=&r"(failed), "+Q"(*lock)
			 : "r"((uint64_t)arch_lock_mine()), "r"(lock)
			 : "x16", "x17", "cc", "memory");
}

/* The lower half alone: those who wait have tickets in the upper one. */
static inline void arch_unlock(uint64_t *lock)
{
	__asm__ volatile("stlr wzr, %0" : "+Q"(*lock)::"memory");
}

/* What the lock contains. If that is "seen" still, it is waited for a change first, or for no
 * reason at all: a store to what was loaded exclusively is an event (Arm ARM D1.6.1). */
static inline uint64_t arch_lock_wait(uint64_t *lock, uint64_t seen)
{
	uint64_t now;

	__asm__ volatile("   ldaxr %0, %1\n"
			 "   cmp %0, %2\n"
			 "   b.ne 1f\n"
			 "   wfe\n"
			 "1:\n"
			 : "=&r"(now), "+Q"(*lock)
			 : "r"(seen)
			 : "cc", "memory");
	return now;
}

/* What the host's profiling (PSB CSYNC) and trace (TSB CSYNC) have recorded is in memory. */
static inline void arch_drain_profile(void)
{
	__asm__ volatile("hint #17\n\tdsb nsh" ::: "memory");
}

static inline void arch_drain_trace(void)
{
	__asm__ volatile("hint #18\n\tdsb nsh" ::: "memory");
}

/* A call of firmware at EL3 (Arm DEN 0028 1.1) that returns nothing. */
static inline void arch_firmware_call(uint32_t function, uint64_t argument)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = argument;

	__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1)::"x2", "x3", "memory");
}

static inline uint32_t mmio_read32(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, %1"
			 : "=r"(value)
			 : "Q"(*(volatile uint32_t *)address)
			 : "memory");
	return value;
}

static inline void mmio_write32(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, %1" ::"r"(value), "Q"(*(volatile uint32_t *)address) : "memory");
}

#define ICH_LR_CASE(n) \
	case n:        \
		return read_sysreg(ich_lr##n##_el2);
#define ICH_LR_WRITE_CASE(n)                          \
	case n:                                       \
		write_sysreg(ich_lr##n##_el2, value); \
		return;

/* clang-format off */
#define EACH_LR(CASE) \
	CASE(0) CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) \
	CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15)
/* clang-format on */

static inline uint64_t arch_read_lr(unsigned int index)
{
	switch (index) {
		EACH_LR(ICH_LR_CASE)
	}
	return 0;
}

static inline void arch_write_lr(unsigned int index, uint64_t value)
{
	if (index == 0) { /* the one most often used */
		write_sysreg(ich_lr0_el2, value);
		return;
	}
	switch (index) {
		EACH_LR(ICH_LR_WRITE_CASE)
	}
}

/* PAR_EL1 after the translation; PAR_EL1 is changed. */
static inline uint64_t arch_translate(enum arch_translation how, uint64_t address)
{
	if (how == ARCH_STAGE1_READ)
		__asm__ volatile("at s1e1r, %0\n isb" ::"r"(address) : "memory");
	else if (how == ARCH_STAGE1_WRITE)
		__asm__ volatile("at s1e1w, %0\n isb" ::"r"(address) : "memory");
	else if (how == ARCH_BOTH_STAGES_EL1)
		__asm__ volatile("at s12e1r, %0\n isb" ::"r"(address) : "memory");
	else
		__asm__ volatile("at s12e0r, %0\n isb" ::"r"(address) : "memory");
	return read_sysreg(par_el1);
}

#define TLBI_OF_ALL_CPUS(operation)                                                     \
	do {                                                                            \
		__asm__ volatile("dsb ishst" ::: "memory");                             \
		for (uint32_t done = 0; done <= errata_tlbi_again; done++)              \
			__asm__ volatile("tlbi " #operation "\n dsb ish" ::: "memory"); \
		__asm__ volatile("isb" ::: "memory");                                   \
	} while (0)

/* TLB maintenance on all CPUs, complete on return. Of the guest whose VMID VTTBR_EL2 has:
 * everything; */
static inline void arch_tlbi_guest(void)
{
	TLBI_OF_ALL_CPUS(vmalls12e1is);
}

/* stage 2 of the pages from ipa to end, and with it all that was combined from stage 1; */
static inline void arch_tlbi_guest_pages(uint64_t ipa, uint64_t end)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	for (uint32_t done = 0; done <= errata_tlbi_again; done++) {
		for (uint64_t page = ipa; page < end; page += VMM_PAGE_SIZE)
			__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(page >> VMM_PAGE_SHIFT)
					 : "memory");
		__asm__ volatile("dsb ish" ::: "memory");
	}
	TLBI_OF_ALL_CPUS(vmalle1is);
}

/* everything of EL1 and EL0, of all VMIDs; */
static inline void arch_tlbi_all(void)
{
	TLBI_OF_ALL_CPUS(alle1is);
}

/* EL2's own. */
static inline void arch_tlbi_el2(void)
{
	TLBI_OF_ALL_CPUS(alle2is);
}

/* This CPU forgets stage-1 translations and instructions of the current VMID. */
static inline void arch_forget_translations(void)
{
	__asm__ volatile("tlbi vmalle1\n ic iallu\n dsb nsh\n isb" ::: "memory");
}

/* Bit N: list register N holds nothing and has no EOI to report (IHI 0069, ICH_ELRSR_EL2). */
static inline uint64_t arch_empty_lrs(void)
{
	return read_sysreg(ich_elrsr_el2);
}

/* The block of this CPU: EL2's stack lies in it. */
static inline struct hyp_cpu *this_cpu(void)
{
	uint64_t sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	return (struct hyp_cpu *)(sp & ~(uint64_t)(HYP_CPU_BLOCK_SIZE - 1));
}

static inline void arch_send_sgi(uint64_t sgi1r)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	write_sysreg(icc_sgi1r_el1, sgi1r);
	arch_isb();
}

#endif

/*
 * Where the host is at EL2 itself, its own regime is what TLB maintenance and address translation
 * are for while HCR_EL2.TGE is set (Arm ARM D8.13.5).
 */
static inline uint64_t arch_regime_of_guests(void)
{
	uint64_t hcr = 0;

	if (ARCH_HOST_AT_EL2) {
		hcr = read_sysreg(hcr_el2);
		write_sysreg(hcr_el2, hcr & ~HCR_TGE);
		arch_isb();
	}
	return hcr;
}

static inline void arch_regime_of_host(uint64_t hcr)
{
	if (ARCH_HOST_AT_EL2) {
		write_sysreg(hcr_el2, hcr);
		arch_isb();
	}
}

/* What it was, for arch_mmu_of_guests(). Of a host at EL1 it is the host's, and on. */
static inline uint64_t arch_mmu_of_guests_on(void)
{
	uint64_t sctlr = 0;

	if (ARCH_HOST_AT_EL2) {
		sctlr = read_sysreg(sctlr_el1);
		write_sysreg(sctlr_el1, sctlr | SCTLR_M);
	}
	return sctlr;
}

static inline void arch_mmu_of_guests(uint64_t sctlr)
{
	if (ARCH_HOST_AT_EL2)
		write_sysreg(sctlr_el1, sctlr);
}

#endif
