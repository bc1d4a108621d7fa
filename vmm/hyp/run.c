// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world switch: one call of the host that runs a vCPU until the host is needed (Arm ARM D1, D5;
 * GIC 12.4).
 *
 * No speculative walk may combine the tables of one world with the VMID of the other (Cortex-A72
 * erratum 1319367, A55 1530923, A76 1165522). While registers of two worlds are mixed, stage-1
 * walks of EL1&0 are off (TCR_EL1.EPD0 and EPD1). Of a host at EL2, they are off while HCR_EL2.TGE
 * is set: it is cleared when all of the guest's are in, and set before anything else is done, and
 * the guest's registers of EL1 stay where they are, as they are nobody else's.
 */
#include "hyp.h"

/* Both registers first, then both words: one STP, one LDP. */
#define SAVE(name1, reg1, name2, reg2)                                          \
	{                                                                       \
		uint64_t first = read_sysreg(reg1), second = read_sysreg(reg2); \
		sys[HYP_##name1] = first;                                       \
		sys[HYP_##name2] = second;                                      \
	}
/* All but SCTLR_EL1 and TCR_EL1, which the callers put in when everything else is. */
#define LOAD(name1, reg1, name2, reg2)                                        \
	if (HYP_##name2 != HYP_TCR_EL1) {                                     \
		uint64_t first = sys[HYP_##name1], second = sys[HYP_##name2]; \
		write_sysreg(reg1, first);                                    \
		write_sysreg(reg2, second);                                   \
	}

static inline void live_save(uint64_t *sys)
{
	HYP_SYSREGS_LIVE(SAVE)
}

static inline void dead_save(uint64_t *sys)
{
	HYP_SYSREGS_DEAD(SAVE)
}

static inline void live_load(const uint64_t *sys)
{
	HYP_SYSREGS_LIVE(LOAD)
}

static inline void shared_save(uint64_t *sys)
{
	HYP_SYSREGS_SHARED(SAVE)
}

static inline void shared_load(const uint64_t *sys)
{
	HYP_SYSREGS_SHARED(LOAD)
}

/* Walks of EL1&0 are off from here, with its MMU on (the bits say nothing while it is off). */
static inline void walks_off(const uint64_t *host_sys)
{
	write_sysreg(tcr_el1, host_sys[HYP_TCR_EL1] | TCR_EPD0 | TCR_EPD1);
	arch_isb();
	write_sysreg(sctlr_el1, host_sys[HYP_SCTLR_EL1]);
	arch_isb();
}

/* Everything else of the world is in: its MMU as it has it, then its walks. */
static inline void walks_on(const uint64_t *sys)
{
	arch_isb();
	write_sysreg(sctlr_el1, sys[HYP_SCTLR_EL1]);
	arch_isb();
	write_sysreg(tcr_el1, sys[HYP_TCR_EL1]);
}

static inline void dead_load(const uint64_t *sys)
{
	HYP_SYSREGS_DEAD(LOAD)
}

/*
 * Only modes that the guest may be in: EL0t, EL1t, EL1h of AArch64, User of AArch32 where EL0 has
 * it; anything else becomes EL1h. A return to another mode would be illegal, and stay at EL2.
 */
static uint64_t pstate_sanitize(uint64_t pstate)
{
	uint64_t mode = pstate & PSR_MODE_MASK;

	if (mode == PSR_MODE_EL0T || mode == PSR_MODE_EL1T || mode == PSR_MODE_EL1H ||
	    (mode == PSR_MODE32 && id_has_aarch32_el0()))
		return pstate & 0xffffffff;
	return (pstate & 0xffffffff & ~(uint64_t)PSR_MODE_MASK) | PSR_MODE_EL1H;
}

/* TLB entries of two vCPUs of one VM share a VMID but not their address spaces: forget the other's.
 */
static void tlb_vcpu_changed(struct hyp_vm *vm, const struct hyp_vcpu *vcpu,
			     const struct hyp_cpu *cpu)
{
	if (cpu->number < HYP_TLB_CPUS) {
		uint8_t last = vm->last_vcpu[cpu->number];

		if (last == vcpu->index + 1)
			return;
		vm->last_vcpu[cpu->number] = (uint8_t)(vcpu->index + 1);
		if (last == 0)
			return;
	}
	arch_forget_translations();
}

static void traps_on(struct hyp_cpu *cpu)
{
	cpu->mdcr_el2 = read_sysreg(mdcr_el2);
	cpu->cptr_el2 = read_sysreg(cptr_el2);
	write_sysreg(mdcr_el2, (cpu->mdcr_el2 & MDCR_HPMN_MASK) | MDCR_TPMCR | MDCR_TPM | MDCR_TDA |
				       MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | MDCR_TTRF);
	write_sysreg(cptr_el2, ARCH_CPTR_GUEST);
	cpu->cnthctl_el2 = read_sysreg(cnthctl_el2);
	write_sysreg(cnthctl_el2, ARCH_CNTHCTL);
}

static void traps_off(struct hyp_cpu *cpu)
{
	write_sysreg(mdcr_el2, cpu->mdcr_el2);
	write_sysreg(cptr_el2, cpu->cptr_el2);
	write_sysreg(cnthctl_el2, cpu->cnthctl_el2);
}

static void world_to_guest(struct hyp_vcpu *vcpu, struct hyp_vm *vm, struct hyp_cpu *cpu)
{
	if (ARCH_HOST_AT_EL2)
		shared_save(cpu->sys);
	else
		live_save(cpu->sys);
	cpu->switched = 1;
	extension_enter(cpu);
	if (!ARCH_HOST_AT_EL2)
		walks_off(cpu->sys);
	live_load(vcpu->sys);
	dead_load(vcpu->sys);
	write_sysreg(vmpidr_el2, vcpu->vmpidr);
	write_sysreg(vtcr_el2, vm->vtcr);
	write_sysreg(vttbr_el2, vm->vttbr);
	if (vcpu_is_aarch32(vcpu)) {
		aarch32_load(vcpu);
		write_sysreg(spsr_el2, aarch32_pstate(vcpu->pstate));
	} else {
		write_sysreg(spsr_el2, pstate_sanitize(vcpu->pstate));
	}
	if (ARCH_HOST_AT_EL2)
		walks_on(vcpu->sys);
	traps_on(cpu);
	if (ARCH_HOST_AT_EL2)
		arch_isb(); /* all of it is in before TGE is clear */
	write_sysreg(hcr_el2, vcpu->hcr | ARCH_HCR_GUEST);
	arch_isb();
	tlb_vcpu_changed(vm, vcpu, cpu);
	if (!ARCH_HOST_AT_EL2)
		walks_on(vcpu->sys);
	write_sysreg(elr_el2, vcpu->pc);
}

/* The host's registers; the guest's are saved, or lost. The traps are off. */
static void host_load(struct hyp_cpu *cpu)
{
	if (cpu->fp_loaded) {
		fp_restore(&cpu->fp);
		cpu->fp_loaded = 0;
	}
	if (ARCH_HOST_AT_EL2) {
		write_sysreg(hcr_el2, cpu->stub[6]);
		arch_isb();
		shared_load(cpu->sys);
	} else {
		walks_off(cpu->sys);
		live_load(cpu->sys);
	}
	write_sysreg(vmpidr_el2, cpu->mpidr_el1);
	write_sysreg(vttbr_el2, 0);
	if (!ARCH_HOST_AT_EL2) {
		write_sysreg(hcr_el2, cpu->stub[6]);
		arch_isb();
		write_sysreg(tcr_el1, cpu->sys[HYP_TCR_EL1]);
	}
	extension_leave(cpu);
	cpu->switched = 0;
}

static void world_to_host(struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	vcpu->pc = read_sysreg(elr_el2);
	vcpu->pstate = read_sysreg(spsr_el2);
	live_save(vcpu->sys);
	dead_save(vcpu->sys);
	if (cpu->fp_loaded)
		fp_save(&vcpu->fp);
	traps_off(cpu);
	if (vcpu_is_aarch32(vcpu))
		aarch32_save(vcpu);
	host_load(cpu);
}

/* After a fault at EL2: if a guest's registers are in the CPU, they are lost, and the host's are
 * loaded. Looks at no vCPU. */
void run_host_again(struct hyp_cpu *cpu)
{
	if (!cpu->switched)
		return;
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntvoff_el2, 0);
	timer_give_back(cpu);
	write_sysreg(ich_hcr_el2, 0);
	write_sysreg(icc_sre_el2, 7 | ICC_SRE_EL2_ENABLE);
	debug_leave(cpu);
	pmu_abandon(cpu);
	traps_off(cpu);
	host_load(cpu);
	write_sysreg(tpidr_el2, 0);
}

/* Called by guest_enter() on its frame: what is left to do with the guest's context in the CPU. */
uint64_t run_prepare(struct hyp_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->state, HYP_STATE_GUEST,
			 __ATOMIC_RELEASE); /* "cpu" is seen before */
	arch_mb(); /* pairs with the one in vgic_notify() and in kick_vcpu() */
	timer_enter(vcpu);
	pmu_enter(vcpu);
	vgic_enter(vcpu);
	if (vcpu->inject)
		inject_pending(vcpu);
	return __atomic_load_n(&vcpu->request, __ATOMIC_RELAXED) ? HYP_EXIT_REQUEST : 0;
}

/* HYP_CALL_RUN. Interrupts are masked; the CPU's registers are the host's on entry and on return.
 */
uint64_t hyp_run(struct hyp_vcpu *vcpu)
{
	struct hyp_cpu *cpu = this_cpu();
	struct hyp_vm *vm = vcpu_vm(vcpu);
	uint64_t reason;

	if (vcpu->cpu != (uintptr_t)cpu) {
		if (vcpu->cpu)
			vcpu_count(vcpu, VMM_STAT_MIGRATIONS);
		vcpu->cpu = (uintptr_t)cpu;
	}
	vcpu->exit.wake = 0;
	speculation_enter(cpu);
	if (ARCH_HOST_AT_EL2)
		timer_take_host(cpu);
	cpu->vcpu = (uintptr_t)vcpu;
	world_to_guest(vcpu, vm, cpu);
	debug_load(vcpu);
	reason = guest_enter(vcpu);
	cpu->frame = 0;
	timer_leave(vcpu);
	pmu_leave(vcpu, cpu);
	if (reason == HYP_EXIT_CRASH)
		vgic_abandon(vcpu);
	else
		vgic_leave(vcpu);
	debug_leave(cpu);
	world_to_host(vcpu, cpu);
	cpu->vcpu = 0;
	/* The SGI for it may have been taken for a kick. */
	if (__atomic_load_n(&cpu->wake_list, __ATOMIC_RELAXED))
		vcpu->exit.wake |= HYP_WAKE_LIST;
	write_sysreg(tpidr_el2, 0);
	return reason;
}
