/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ABI between the driver (vmm/core) and the code at EL2 (vmm/hyp): the image's header, the
 * calls, and the structures that both see. EL2 trusts the host kernel; neither trusts a value of
 * the guest.
 *
 * Ownership: a struct hyp_vcpu belongs to EL2 between HYP_RUN's entry and its return, to the driver
 * otherwise, except for the members marked "shared", which are accessed with the atomics of the
 * side concerned. A struct hyp_vm is written by the driver before the first vCPU is shared and by
 * EL2 afterwards, under vgic_lock where it says so.
 *
 * Calls are made with HVC #0, x0 = function, x1.. = arguments; the result is in x0; x1 to x17 are
 * clobbered; interrupts are masked by the caller. A host that runs at EL2 itself makes them by
 * hyp_vhe_call (entry.S), with x5 = this CPU's struct hyp_cpu.
 *
 * "Address" of a structure below: its physical address, which must have been mapped at EL2; of a
 * host at EL2, where the host has it.
 */
#ifndef HYP_ABI_H
#define HYP_ABI_H

#define HYP_MAGIC	       0x31707968656d6d76 /* "vmmehyp1" */

/* Calls of the kernel's own EL2 stub that our vectors go on answering (arch/arm64 "HYP stub" ABI).
 */
#define HYP_STUB_SET_VECTORS   0
#define HYP_STUB_SOFT_RESTART  1
#define HYP_STUB_RESET_VECTORS 2
#define HYP_STUB_CALLS	       4
#define HYP_STUB_UNKNOWN       0xbadca11 /* the stub's answer to an unknown call */

/*
 * Our calls. A structure is passed by its address.
 *
 * VERSION     returns HYP_MAGIC's low 32 bits
 * FINI        gives this CPU's EL2 back to the stub
 * RUN         x1 = struct hyp_vcpu; returns enum hyp_exit
 * TLBI_IPA    x1 = VTTBR, x2 = first IPA, x3 = bytes (0: all of the VMID)
 * TLBI_ALL    every VMID (roll-over), all CPUs
 * TLBI_EL2    EL2's own translations, all CPUs
 * IRQ         x1 = struct hyp_vm, x2 = INTID, x3 = level, x4 = vCPU; returns the mask of vCPUs
 *             to wake. A level that falls unacknowledged is gone when the call returns, save from
 *             vCPUs of that mask
 * KICK        x1 = struct hyp_vcpu: if it runs, makes it look at "request"; returns 1 if the host
 *             must
 * VGIC_MMIO   x1 = struct hyp_vcpu, x2 = IPA, x3 = size | write << 8, x4 = value; returns the value
 *             read; hyp_vcpu.exit.wake has the mask of vCPUs to wake
 * INIT        prepares this CPU, of a host at EL2; 0. The others are prepared as they enter EL2
 */
#define HYP_CALL_BASE	       0x564d4d00
#define HYP_CALL_VERSION       (HYP_CALL_BASE + 0)
#define HYP_CALL_FINI	       (HYP_CALL_BASE + 1)
#define HYP_CALL_RUN	       (HYP_CALL_BASE + 2)
#define HYP_CALL_TLBI_IPA      (HYP_CALL_BASE + 3)
#define HYP_CALL_TLBI_ALL      (HYP_CALL_BASE + 4)
#define HYP_CALL_TLBI_EL2      (HYP_CALL_BASE + 5)
#define HYP_CALL_IRQ	       (HYP_CALL_BASE + 6)
#define HYP_CALL_KICK	       (HYP_CALL_BASE + 7)
#define HYP_CALL_VGIC_MMIO     (HYP_CALL_BASE + 8)
#define HYP_CALL_INIT	       (HYP_CALL_BASE + 9)

/* What a call returns when EL2 took a fault in it; the report is in struct hyp_cpu.crash. */
#define HYP_CALL_FAILED	       0xfffffffffffffff2

/* Size and layout of the block of memory that EL2 has per CPU: aligned to its size. */
#define HYP_CPU_BLOCK_SIZE     16384
#define HYP_CPU_BLOCK_SHIFT    14
/* One page that is not mapped, so that a stack overflow faults; of a host at EL2, only room. */
#define HYP_CPU_GUARD_OFFSET   4096
#define HYP_CPU_STACK_TOP \
	16368 /* below the end, so that the pointer masks to this block even when empty */

#define HYP_CPU_FAULT_STACK 1024 /* bytes in front of the guard page, for hyp_fault() */
#define HYP_CALL_FRAME	    128	 /* what a call of the host keeps at the stack's top */

/*
 * System registers of EL1 and EL0, in pairs that stand side by side in memory; indexes of struct
 * hyp_vcpu.sys and of the host's saved copy. PAIR(NAME, register, NAME, register). The first list
 * is what a host kernel keeps in registers across a call; the second is dead between an exception's
 * entry and its return, where HYP_CALL_RUN is made, and is clobbered by it.
 */
#define HYP_SYSREGS_LIVE(PAIR)   \
	HYP_SYSREGS_SHARED(PAIR) \
	HYP_SYSREGS_EL1(PAIR)
/* A host's whichever level it runs at, */
#define HYP_SYSREGS_SHARED(PAIR)                             \
	PAIR(SP_EL0, sp_el0, SP_EL1, sp_el1)                 \
	PAIR(TPIDR_EL0, tpidr_el0, TPIDRRO_EL0, tpidrro_el0) \
	PAIR(TPIDR_EL1, tpidr_el1, MDSCR_EL1, mdscr_el1)
/* and of a host at EL1 alone. */
#define HYP_SYSREGS_EL1(PAIR)                                    \
	PAIR(SCTLR_EL1, sctlr_el1, TCR_EL1, tcr_el1)             \
	PAIR(TTBR0_EL1, ttbr0_el1, TTBR1_EL1, ttbr1_el1)         \
	PAIR(CPACR_EL1, cpacr_el1, MAIR_EL1, mair_el1)           \
	PAIR(VBAR_EL1, vbar_el1, CONTEXTIDR_EL1, contextidr_el1) \
	PAIR(AMAIR_EL1, amair_el1, CNTKCTL_EL1, cntkctl_el1)
#define HYP_SYSREGS_DEAD(PAIR)                           \
	PAIR(ELR_EL1, elr_el1, SPSR_EL1, spsr_el1)       \
	PAIR(ESR_EL1, esr_el1, FAR_EL1, far_el1)         \
	PAIR(AFSR0_EL1, afsr0_el1, AFSR1_EL1, afsr1_el1) \
	PAIR(PAR_EL1, par_el1, CSSELR_EL1, csselr_el1)

/* Registers that have state of their own only in AArch32; indexes of struct hyp_vcpu.aarch32. */
#define HYP_SYSREGS_AARCH32(ONE)    \
	ONE(SPSR_ABT, spsr_abt)     \
	ONE(SPSR_UND, spsr_und)     \
	ONE(SPSR_IRQ, spsr_irq)     \
	ONE(SPSR_FIQ, spsr_fiq)     \
	ONE(DACR32_EL2, dacr32_el2) \
	ONE(IFSR32_EL2, ifsr32_el2) \
	ONE(FPEXC32_EL2, fpexc32_el2)

/* Byte offsets that assembly needs; checked against the structures in vmm/hyp/main.c. */
#define HYP_VCPU_X	   0
#define HYP_VCPU_PC	   248
#define HYP_VCPU_PSTATE	   256

#define HYP_CPU_TTBR0	   0
#define HYP_CPU_TCR	   8
#define HYP_CPU_MAIR	   16
#define HYP_CPU_SCTLR	   24
#define HYP_CPU_STUB	   32
#define HYP_CPU_FRAME	   88
#define HYP_CPU_RETURN	   96
#define HYP_CPU_VECTORS	   112
#define HYP_CPU_ENTRY_CALL 120
#define HYP_CPU_HISTORY	   128
#define HYP_CPU_CRASH	   136

#ifndef __ASSEMBLER__
#include "vmm_types.h"

enum hyp_sysreg {
#define HYP_SYSREG_ENUM(name1, reg1, name2, reg2) HYP_##name1, HYP_##name2,
	HYP_SYSREGS_LIVE(HYP_SYSREG_ENUM) HYP_SYSREGS_DEAD(HYP_SYSREG_ENUM)
#undef HYP_SYSREG_ENUM
		HYP_SYSREG_COUNT
};

enum hyp_sysreg_aarch32 {
#define HYP_SYSREG_ENUM(name, reg) HYP_##name,
	HYP_SYSREGS_AARCH32(HYP_SYSREG_ENUM)
#undef HYP_SYSREG_ENUM
		HYP_SYSREG_AARCH32_COUNT
};

#define HYP_MAX_VCPUS	16
#define HYP_MAX_LRS	16
#define HYP_SPI_BANKS	8 /* 256 SPIs: INTID 32 to 287 */
#define HYP_SPI_LAST	(32 * HYP_SPI_BANKS + 31)
#define HYP_BREAKPOINTS 16
#define HYP_TLB_CPUS \
	64 /* on CPUs with higher numbers every entry invalidates the VM's TLB entries */

/* First bytes of the EL2 image. Offsets are from the image's start and multiples of 4096, except
 * for entry. */
struct hyp_image {
	uint64_t magic;
	uint64_t entry; /* offset of the code that the stub's SOFT_RESTART branches to, with x0 = PA
			   of struct hyp_cpu */
	uint64_t rodata; /* [0, rodata) is text: read and execute; header included */
	uint64_t data;	 /* [rodata, data) is read only */
	uint64_t end; /* [data, end) is read and write, zeroes included (the file may be shorter) */
	uint64_t config; /* offset of struct hyp_config, in data */
};

/* Written by the driver into the image's copy before the first CPU enters EL2. */
struct hyp_config {
	uint32_t kick_sgi;	  /* SGI number that is ours (8 to 15), or HYP_NO_KICK_SGI */
	uint32_t vtimer_ppi;	  /* INTIDs of the machine's interrupts: virtual timer (27), */
	uint32_t hyptimer_ppi;	  /* hypervisor physical timer (26), */
	uint32_t maintenance_ppi; /* GIC maintenance (25) */
	uint32_t pmu_ppi;	  /* performance monitors (23), or HYP_NO_PPI */
	uint32_t pad;
};
#define HYP_NO_KICK_SGI 0xffffffff
#define HYP_NO_PPI	0xffffffff
/* Beside the vCPUs of hyp_exit_record.wake: this CPU's wake_list has somebody to wake. */
#define HYP_WAKE_LIST	0x80000000

/* What a fault at EL2 leaves for the driver to print. */
struct hyp_crash {
	uint64_t valid;
	uint64_t vector; /* 0 sync, 1 irq, 2 fiq, 3 serror */
	uint64_t esr, far, elr, spsr, hpfar, sp, lr;
	uint64_t x[8];
};

struct hyp_fp {
	uint64_t v[64]; /* V0..V31, 16 bytes each */
	uint64_t fpsr, fpcr;
} __attribute__((aligned(16)));

/* Performance monitors of one world: vmm/hyp/pmu.c. Event counters beyond these are not offered. */
#define HYP_PMU_COUNTERS 8
struct hyp_pmu {
	uint64_t pmcr, enabled, interrupts, overflows, selected, user;
	uint64_t cycles, cycle_filter;
	uint64_t counter[HYP_PMU_COUNTERS], event[HYP_PMU_COUNTERS];
};

/* struct hyp_vcpu.pmu */
#define HYP_PMU_OFFERED	  1 /* driver: the VM has performance monitors */
#define HYP_PMU_ACTIVE	  2 /* EL2: something counts, or an overflow waits */
#define HYP_PMU_INTERRUPT 4 /* EL2: the physical interrupt is active on its behalf */

/* When a CPU is taken, what it lacks may be taken from what guests are offered, or not. */
enum hyp_cpu_rule {
	HYP_CPU_FIRST, /* it says what guests are offered */
	HYP_CPU_EARLY, /* no guest has seen that yet: what this one lacks is not offered */
	HYP_CPU_LATE,  /* it must have all of it */
};

/*
 * Calls of firmware against speculation across exception levels (Arm DEN 0028, 7.4 to 7.6), and
 * what SMCCC_ARCH_FEATURES answers for them: 0: needed on this CPU; 1: not needed; negative:
 * firmware does not know the call.
 */
enum hyp_workaround {
	HYP_WORKAROUND_1, /* CVE-2017-5715, branch target injection */
	HYP_WORKAROUND_2, /* CVE-2018-3639, speculative store bypass */
	HYP_WORKAROUND_3, /* CVE-2022-23960, branch history injection; and what 1 does */
	HYP_WORKAROUND_COUNT,
};

/* struct hyp_cpu.extensions */
#define HYP_EXTENSION_RAS  1
#define HYP_EXTENSION_SME  2
#define HYP_EXTENSION_MPAM 4
#define HYP_EXTENSION_SPE  8  /* statistical profiling, if the host may use it */
#define HYP_EXTENSION_TRF  16 /* trace filter controls */
#define HYP_EXTENSION_TRBE 32 /* trace buffer, if the host may use it */
/* PSTATE.DIT and .TCO, of a host that runs at EL2 */
#define HYP_EXTENSION_DIT  64
#define HYP_EXTENSION_TCO  128

/*
 * One CPU's block at EL2, at the start of HYP_CPU_BLOCK_SIZE bytes. The driver fills in the first
 * part before it calls HYP_STUB_SOFT_RESTART on that CPU (and cleans it from the data cache: EL2
 * starts with the MMU off).
 */
struct hyp_cpu {
	uint64_t ttbr0_el2, tcr_el2, mair_el2, sctlr_el2; /* how to run */
	uint64_t stub[7]; /* EL2: what the stub had: VBAR, SCTLR, TTBR0, TCR, MAIR, TPIDR, HCR; or
			     what a host at EL2 has that calls: VBAR, DAIF, SP, TPIDR, PAN, -,
			     HCR */
	uint64_t frame;	  /* EL2: guest_enter()'s frame, for unwinding; 0 outside */
	uint64_t call_elr, call_spsr; /* EL2: where the host's call returns to */
	uint64_t vectors;	      /* EL2: of guests on this CPU: see vmm/hyp/speculation.c, */
	uint64_t entry_call;	      /* EL2: and firmware's function that they call, or 0 */
	uint64_t history_branches;    /* EL2: how many branches fill this CPU's branch history, see
					 vmm/hyp/errata.c; 0: it need not be */
	struct hyp_crash crash;	      /* EL2 writes, driver reads and clears valid */
	uint64_t gicr;	 /* driver: address of this CPU's redistributor (RD frame), device memory */
	uint64_t mpidr;	 /* driver: MPIDR_EL1 affinity of this CPU */
	uint64_t number; /* driver: number of this CPU in the host */
	uint64_t takes_kicks; /* driver, shared: config.kick_sgi can be sent to this CPU */
	uint64_t wake_list; /* shared: address of the first struct hyp_vcpu whose thread this CPU's
			       host is to wake (atomics): see vmm/hyp/kick.c */
	uint32_t rule;	    /* driver: enum hyp_cpu_rule */
	int32_t firmware[HYP_WORKAROUND_COUNT]; /* driver: what firmware answers on this CPU for
						   each: see enum hyp_workaround */
	/* EL2: this CPU, for the driver to look at when it has been taken: */
	uint64_t ich_vtr, ctr, dczid; /* ICH_VTR_EL2, CTR_EL0, DCZID_EL0 */
	uint64_t pmu_version;	      /* ID_AA64DFR0_EL1.PMUVer that guests are offered, 0: none */
	uint64_t lacks_features;      /* something that guests are offered: HYP_CPU_LATE only */
	/* EL2's own: */
	uint64_t lr_count;
	uint64_t vcpu;	   /* address of the struct hyp_vcpu that is being run, 0 if none */
	uint64_t switched; /* the host's EL1 registers are in "sys", a guest's in the CPU */
	uint64_t mdcr_el2, cptr_el2, cnthctl_el2;
	uint64_t timer_ctl, timer_cval;	      /* CNTHP_*, of a host that runs at EL2 */
	uint64_t extensions;		      /* HYP_EXTENSION_* that this CPU has */
	uint64_t tpidr2, mpam2, pmscr, trfcr; /* the host's, see vmm/hyp/extension.c */
	uint64_t sys[HYP_SYSREG_COUNT];
	uint64_t mpidr_el1;		    /* what the host reads as MPIDR_EL1 */
	uint64_t fp_loaded;		    /* the guest's FP/SIMD registers are in the CPU */
	struct hyp_fp fp;		    /* the host's, while fp_loaded */
	uint64_t debug_loaded;		    /* the guest's breakpoints are in the CPU */
	uint64_t debug[4][HYP_BREAKPOINTS]; /* the host's, while debug_loaded */
	uint64_t pmu_loaded;		    /* the guest's performance monitors are in the CPU */
	struct hyp_pmu pmu;		    /* the host's, while pmu_loaded */
	uint64_t dit, tco;		    /* the host's, see vmm/hyp/extension.c */
};

/* State of 32 interrupts; bit N is interrupt 32 * bank + N. See vmm/hyp/vgic.c. */
struct vgic_bank {
	uint32_t group; /* 1: group 1 */
	uint32_t enabled;
	uint32_t latch; /* pending by an edge, a software write or an SGI */
	uint32_t line;	/* level of the input */
	uint32_t active;
	uint32_t edge;	   /* configured edge-triggered */
	uint32_t inflight; /* in a list register of some vCPU */
	uint32_t irm;	   /* SPIs: any vCPU will do (GICD_IROUTER.Interrupt_Routing_Mode) */
	uint8_t priority[32];
	uint8_t active_priority[32]; /* of active ones: what they had when they became active */
};

/* Why HYP_RUN returned. */
enum hyp_exit {
	HYP_EXIT_IRQ = 1, /* a physical interrupt for the host is pending */
	HYP_EXIT_WFI =
		2, /* the guest waits: block until "wake" or a deadline, unless exit.no_block */
	HYP_EXIT_ABORT =
		3, /* stage-2 data or instruction abort: exit.esr, .far, .ipa; memory or a device */
	HYP_EXIT_HVC = 4,  /* SMCCC call that EL2 does not answer: x0..; PC is behind the HVC */
	HYP_EXIT_WAKE = 5, /* vCPUs of exit.wake sleep in the host and have an interrupt: wake them,
			      go on */
	HYP_EXIT_REQUEST = 6, /* "request" was set */
	HYP_EXIT_SERROR = 7,  /* physical SError: the host's */
	HYP_EXIT_CRASH = 8,   /* fault at EL2: struct hyp_cpu.crash; the VM must not be run again */
	HYP_EXIT_WFE = 9, /* the guest waits for another CPU, a lock say, by WFE or by spinning: let
			     somebody else run */
};

enum hyp_run_state {
	HYP_STATE_OUTSIDE = 0, /* in the host, not sleeping */
	HYP_STATE_GUEST = 1,   /* set by EL2: on CPU "cpu" */
	HYP_STATE_BLOCKED = 2, /* set by the driver before it sleeps, followed by a full barrier and
				  a look at "wake" */
};

/* struct hyp_vcpu.irq_work */
#define HYP_WORK_NEW		     1 /* something that no list register holds became deliverable */
#define HYP_WORK_ALL		     2 /* what list registers hold may have to change, too */

/* Exceptions that EL2 injects on the next entry, struct hyp_vcpu.inject. */
#define HYP_INJECT_UNDEF	     1
#define HYP_INJECT_DATA_ABORT	     2 /* synchronous external abort, FAR = inject_far */
#define HYP_INJECT_INSTRUCTION_ABORT 3

struct hyp_exit_record {
	uint64_t esr;
	uint64_t far; /* guest virtual address */
	uint64_t ipa; /* with the page offset */
	uint64_t par; /* data abort without valid syndrome: PAR_EL1 of the instruction's address
			 (bit 0: failed) */
	uint32_t wake;
	uint32_t no_block;
};

/* One virtual CPU: a page of its own, mapped at EL2. */
struct hyp_vcpu {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate; /* SPSR_EL2 format; EL2 forces a mode that the guest may be in */
	uint64_t vm;	 /* address of struct hyp_vm */
	uint64_t sys[HYP_SYSREG_COUNT];
	uint64_t vmpidr;
	uint64_t hcr; /* driver: HCR_GUEST, or HCR_GUEST32 while its EL1 is in AArch32; and HCR_TWE
			 while others want the CPU */
	uint64_t cntv_ctl, cntv_cval;
	uint64_t cntp_ctl, cntp_cval; /* emulated physical timer */
	struct hyp_exit_record exit;
	uint32_t index;
	uint32_t inject; /* HYP_INJECT_* or 0; cleared by EL2 */
	uint64_t inject_far;
	uint64_t self; /* address of this structure */

	/* shared: */
	uint32_t state;	  /* enum hyp_run_state */
	uint32_t request; /* the driver wants HYP_RUN to return; cleared by the driver */
	uint32_t wake; /* an interrupt came in since the last WFI; set by EL2, cleared by EL2 on WFI
			*/
	uint32_t irq_work; /* list registers must be looked at before the guest goes on: HYP_WORK_*
			    */
	uint32_t sync_request; /* another vCPU waits for this one's list registers to be folded back
				*/
	uint32_t wake_queued;  /* it is on a hyp_cpu.wake_list, or was a moment ago */
	uint64_t wake_next;    /* address of the next one there */
	uint64_t driver;       /* the driver's own, EL2 does not look at it */
	uint64_t cpu;	       /* address of struct hyp_cpu it runs on or ran on last */
	uint32_t wait_ticks;   /* driver: how long WFI may wait at EL2, in ticks of the counter; 0:
				  not at all. See wfi_wait() in vmm/hyp/trap.c */
	uint32_t waited;       /* EL2: it did, and nothing has come for the guest since; cleared by
				  the driver, too */
	uint32_t kicked;       /* a kick SGI is on its way to it */
	uint32_t pmu;	       /* HYP_PMU_* */
	uint32_t spin_ticks; /* driver: time between looks whether its kernel spins, in ticks of the
				counter; 0: none. See vmm/hyp/spin.c */
	uint32_t pad;
	uint64_t physical_deadline; /* EL2: when the physical timer's line rises */
	uint64_t next_look, spin_pc,
		spin_sp; /* EL2: when the next one is; where it was at the last */

	/* vGIC, under vgic_lock (see vmm/hyp/lock.c): */
	uint64_t vgic_lock;
	struct vgic_bank bank; /* INTID 0 to 31 */
	uint32_t gicr_ctlr, gicr_waker;
	uint16_t lr_intid[HYP_MAX_LRS]; /* what each list register holds, while lr_used has its bit
					 */
	uint32_t lr_used;
	uint32_t lr_latch;     /* list registers loaded because of "latch" */
	uint32_t lr_spi;       /* list registers that hold SPIs */
	uint32_t lr_overruled; /* list registers that are wrong about "active": software has written
				  it */
	uint32_t returned; /* SPI banks (bit N) with something that its list registers gave back and
			      that is for others */
	uint32_t active_overflow; /* active interrupts that found no list register */
	uint32_t overflow;	  /* more interrupts than list registers */
	uint32_t vtimer_active;	  /* the physical virtual-timer interrupt is active on its behalf */
	uint64_t vmcr, ap0r, ap1r;

	uint64_t debug[4][HYP_BREAKPOINTS]; /* DBGBVR, DBGBCR, DBGWVR, DBGWCR */
	uint64_t oslar;
	uint64_t aarch32[HYP_SYSREG_AARCH32_COUNT]; /* switched only then */
	struct hyp_pmu pmu_state;
	struct hyp_fp fp;
	uint64_t stats[64]; /* enum vmm_stat of vmm_ioctl.h; EL2 and the driver count */
};

/* Time that a vCPU was ready to run and did not (Arm DEN 0057, 3.2.2): what its guest reads, one
 * after the other in a page of the VM. */
struct hyp_pvtime {
	uint32_t revision, attributes; /* 0 */
	uint64_t stolen_ns;
	uint64_t pad[6];
};

/* One virtual machine: its own pages, mapped at EL2. */
struct hyp_vm {
	uint64_t vttbr, vtcr; /* the driver may change vttbr's VMID while no vCPU runs */
	uint64_t cntvoff;
	uint64_t pvtime; /* IPA of the vCPUs' struct hyp_pvtime; 0: the guest is not offered it */
	uint64_t vcpu[HYP_MAX_VCPUS]; /* address of each vCPU; 0 if it was not created */
	uint64_t vcpu_count;	      /* highest created + 1 */

	/* vGIC distributor, under vgic_lock; lock order: hyp_vm.vgic_lock, then one
	 * hyp_vcpu.vgic_lock: */
	uint64_t vgic_lock;
	uint32_t gicd_ctlr;
	uint32_t spi_summary; /* bit N: bank N may hold an SPI to deliver */
	struct vgic_bank bank[HYP_SPI_BANKS];
	uint32_t router[HYP_SPI_BANKS * 32]; /* Aff3.Aff2.Aff1.Aff0 of GICD_IROUTERn */
	uint8_t owner[HYP_SPI_BANKS * 32];   /* vCPU that has it in a list register or active */
	uint8_t last_vcpu[HYP_TLB_CPUS]; /* by hyp_cpu.number: index + 1 of the vCPU that ran there
					    last */
};

#endif
#endif
