// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls of the host, start of a CPU, and what happens after a fault at EL2.
 */
#include "hyp.h"

_Static_assert(offsetof(struct hyp_vcpu, x) == HYP_VCPU_X, "entry.S");
_Static_assert(offsetof(struct hyp_vcpu, pc) == HYP_VCPU_PC, "entry.S");
_Static_assert(offsetof(struct hyp_vcpu, pstate) == HYP_VCPU_PSTATE, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, ttbr0_el2) == HYP_CPU_TTBR0, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, tcr_el2) == HYP_CPU_TCR, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, mair_el2) == HYP_CPU_MAIR, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, sctlr_el2) == HYP_CPU_SCTLR, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, stub) == HYP_CPU_STUB, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, crash) == HYP_CPU_CRASH, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, call_elr) == HYP_CPU_RETURN, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, vectors) == HYP_CPU_VECTORS, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, entry_call) == HYP_CPU_ENTRY_CALL, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, frame) == HYP_CPU_FRAME, "entry.S");
_Static_assert(offsetof(struct hyp_cpu, history_branches) == HYP_CPU_HISTORY, "entry.S");
_Static_assert(offsetof(struct hyp_crash, x) == 72, "entry.S");
_Static_assert(HYP_CPU_BLOCK_SIZE == 1 << HYP_CPU_BLOCK_SHIFT, "entry.S");
_Static_assert(sizeof(struct hyp_vcpu) <= 4096, "one page");
_Static_assert(sizeof(struct hyp_cpu) <= HYP_CPU_GUARD_OFFSET - HYP_CPU_FAULT_STACK,
	       "in front of the guard page, and of the stack for faults");

struct hyp_config hyp_config;

/* Called by entry.S on each CPU, on its stack, with the MMU on. */
void hyp_cpu_init(void);
void hyp_cpu_init(void)
{
	struct hyp_cpu *cpu = this_cpu();

	cpu->lr_count = (read_sysreg(ich_vtr_el2) & 0x1f) + 1;
	cpu->mpidr_el1 = read_sysreg(vmpidr_el2);
	cpu->mdcr_el2 = read_sysreg(mdcr_el2);
	cpu->cptr_el2 = read_sysreg(cptr_el2);
	cpu->cnthctl_el2 = read_sysreg(cnthctl_el2);
	cpu->vcpu = 0;
	cpu->switched = cpu->fp_loaded = cpu->debug_loaded = 0;
	cpu->lacks_features = !id_init((enum hyp_cpu_rule)cpu->rule);
	cpu->lacks_features |= !pmu_init(cpu, (enum hyp_cpu_rule)cpu->rule);
	cpu->ich_vtr = read_sysreg(ich_vtr_el2);
	cpu->ctr = read_sysreg(ctr_el0);
	cpu->dczid = read_sysreg(dczid_el0);
	extension_init(cpu);
	speculation_init(cpu);
	errata_init(cpu);
	for (unsigned int i = 0; i < cpu->lr_count; i++)
		arch_write_lr(i, 0);
	write_sysreg(ich_hcr_el2, 0);
	write_sysreg(hstr_el2, 0);
}

/* What more pages than these cost one by one, all of the VMID costs less. */
#define TLBI_PAGES 64

/*
 * While VTTBR_EL2 has the guest's VMID, stage-1 walks of EL1&0 are off: a speculative one would
 * leave translations of somebody else under it (Cortex-A53 erratum 1530924, A72 1319367, A76
 * 1165522). Of a host at EL2 the MMU of EL1&0 may be off, where these bits say nothing: it is on
 * meanwhile.
 */
static uint64_t tlbi_ipa(uint64_t vttbr, uint64_t ipa, uint64_t bytes)
{
	uint64_t saved_vttbr = read_sysreg(vttbr_el2), saved_tcr = read_sysreg(tcr_el1);
	uint64_t saved_sctlr, regime;

	write_sysreg(tcr_el1, saved_tcr | TCR_EPD0 | TCR_EPD1);
	saved_sctlr = arch_mmu_of_guests_on();
	arch_isb();
	write_sysreg(vttbr_el2, vttbr);
	arch_isb();
	regime = arch_regime_of_guests();
	if (bytes == 0 || bytes > TLBI_PAGES * VMM_PAGE_SIZE)
		arch_tlbi_guest();
	else
		arch_tlbi_guest_pages(ipa, ipa + bytes);
	arch_regime_of_host(regime);
	write_sysreg(vttbr_el2, saved_vttbr);
	arch_isb();
	write_sysreg(tcr_el1, saved_tcr);
	arch_mmu_of_guests(saved_sctlr);
	arch_isb();
	return 0;
}

/*
 * What a read finds; no register has HYP_CALL_FAILED for a value. What the guest writes is not
 * returned: it could be that.
 */
static uint64_t vgic_mmio_call(struct hyp_vcpu *vcpu, uint64_t ipa, uint64_t how, uint64_t value)
{
	unsigned int size = how & 0xff;

	if (how >> 8) {
		vcpu->exit.wake |= vgic_mmio_write(vcpu, ipa, size, value);
		return 0;
	}
	vcpu->exit.wake |= vgic_mmio_read(vcpu, ipa, size, &value);
	return value;
}

/* Called by entry.S for an HVC of the host that is neither the stub's nor HYP_CALL_FINI. */
uint64_t hyp_host_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
uint64_t hyp_host_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	if (function == HYP_CALL_RUN)
		return hyp_run((struct hyp_vcpu *)a1);
	if (function == HYP_CALL_IRQ)
		return vgic_inject((struct hyp_vm *)a1, (unsigned int)a2, a3 != 0,
				   (unsigned int)a4);
	if (function == HYP_CALL_KICK)
		return kick_vcpu((struct hyp_vcpu *)a1);
	if (function == HYP_CALL_TLBI_IPA)
		return tlbi_ipa(a1, a2, a3);
	if (function == HYP_CALL_VGIC_MMIO)
		return vgic_mmio_call((struct hyp_vcpu *)a1, a2, a3, a4);
	if (function == HYP_CALL_VERSION)
		return (uint32_t)HYP_MAGIC;
	if (ARCH_HOST_AT_EL2 && function == HYP_CALL_INIT) {
		hyp_cpu_init();
		return 0;
	}
	if (function == HYP_CALL_TLBI_ALL)
		arch_tlbi_all();
	else if (function == HYP_CALL_TLBI_EL2)
		arch_tlbi_el2();
	else
		return (uint64_t)-1;
	return 0;
}

/* What host_call in entry.S leaves on the stack. */
struct call_frame {
	uint64_t x29_x30[2], x19_x28[10];
	uint64_t function, argument;
	uint64_t x18, pad;
};
_Static_assert(sizeof(struct call_frame) == HYP_CALL_FRAME, "entry.S");

/* The VM whose locks a call may hold, or null. */
static struct hyp_vm *vm_of_call(const struct call_frame *frame)
{
	if (frame->argument == 0)
		return NULL;
	if (frame->function == HYP_CALL_IRQ)
		return (struct hyp_vm *)frame->argument;
	if (frame->function == HYP_CALL_KICK || frame->function == HYP_CALL_VGIC_MMIO)
		return vcpu_vm((const struct hyp_vcpu *)frame->argument);
	return NULL;
}

/*
 * Called by entry.S after a fault at EL2 with the report written: what the host's call returns.
 * Leaves by guest_enter()'s frame if the guest was entered. What may fault again is done last, and
 * not again then: first of all the CPU is the host's.
 */
uint64_t hyp_fault(struct hyp_cpu *cpu, struct call_frame *frame);
uint64_t hyp_fault(struct hyp_cpu *cpu, struct call_frame *frame)
{
	struct hyp_vcpu *vcpu = (struct hyp_vcpu *)cpu->vcpu;
	const struct call_frame call = *frame;
	struct hyp_vm *vm;

	cpu->vcpu = 0;
	if (vcpu && cpu->frame)
		hyp_unwind(cpu->frame, HYP_EXIT_CRASH);
	run_host_again(cpu);
	frame->argument = 0;
	vm = vm_of_call(&call);
	if (vcpu)
		vgic_abandon(vcpu);
	else if (vm)
		vgic_unlock_mine(vm);
	return call.function == HYP_CALL_RUN ? HYP_EXIT_CRASH : HYP_CALL_FAILED;
}
