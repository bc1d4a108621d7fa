// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traps from the guest: by exception class (ESR_EL2.EC), and physical interrupts.
 */
#include "hyp.h"

static uint64_t fp_trap(struct hyp_vcpu *vcpu)
{
	struct hyp_cpu *cpu = this_cpu();

	vcpu_count(vcpu, VMM_STAT_EXIT_FP);
	write_sysreg(cptr_el2, ARCH_CPTR_GUEST ^ ARCH_CPTR_FP);
	arch_isb();
	fp_save(&cpu->fp);
	fp_restore(&vcpu->fp);
	cpu->fp_loaded = 1;
	return 0;
}

/*
 * The guest waits for an interrupt. Where nobody else wants the CPU it waits here for a while, and
 * what comes for the guest reaches it without the host: a kick, its timer. Any physical interrupt
 * ends it, masked as it is, and is taken when the guest goes on, which must take a WFI that ends
 * early anyhow (Arm ARM D1.6.2). If it was one of the host's, its tick say, or if nothing comes in
 * that time, the vCPU's thread sleeps, so that an idle guest leaves the CPU idle. A vCPU that the
 * host is to wake, for what this one's list registers gave back, does not wait for all that.
 */
static uint64_t wfi_wait(struct hyp_vcpu *vcpu)
{
	if (!vgic_wfi_blocks(vcpu))
		return 0;
	if (!vcpu->wait_ticks || vcpu->exit.wake)
		return HYP_EXIT_WFI;
	vcpu->waited = 1;
	vcpu_count(vcpu, VMM_STAT_WFI_WAITS);
	return timer_wait(vcpu, vcpu->wait_ticks) ? 0 : HYP_EXIT_WFI;
}

/* Behind the instruction, which may end at once: WFE waits for no interrupt, and what is pending
 * does not matter. */
static uint64_t wfx_trap(struct hyp_vcpu *vcpu, uint64_t esr)
{
	if (esr & ISS_WFX_WFE) {
		vcpu_count(vcpu, VMM_STAT_EXIT_WFE);
		return HYP_EXIT_WFE;
	}
	vcpu_count(vcpu, VMM_STAT_EXIT_WFI);
	return wfi_wait(vcpu);
}

static uint64_t wfx_trap64(struct hyp_vcpu *vcpu, uint64_t esr)
{
	trap_skip();
	return wfx_trap(vcpu, esr);
}

static uint64_t smc_trap(struct hyp_vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_EXIT_SMC);
	inject_undefined(vcpu);
	return 0;
}

static uint64_t other_trap(struct hyp_vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_EXIT_OTHER);
	inject_undefined(vcpu);
	return 0;
}

static uint64_t sync_by_class(struct hyp_vcpu *vcpu, uint64_t esr)
{
	uint32_t class = ESR_EC(esr);

	if (class == EC_SYSREG)
		return sysreg_trap(vcpu, esr);
	if (class == EC_DABT_LOWER || class == EC_IABT_LOWER)
		return abort_trap(vcpu, esr);
	if (class == EC_HVC64)
		return smccc_call(vcpu);
	if (class == EC_WFX)
		return wfx_trap64(vcpu, esr);
	if (class == EC_FP)
		return fp_trap(vcpu);
	if (class == EC_SMC64)
		return smc_trap(vcpu);
	return other_trap(vcpu);
}

static uint64_t wfx_trap32(struct hyp_vcpu *vcpu, uint64_t esr)
{
	aarch32_skip(esr);
	return wfx_trap(vcpu, esr);
}

static uint64_t sync32_by_class(struct hyp_vcpu *vcpu, uint64_t esr)
{
	switch (ESR_EC(esr)) {
	case EC_DABT_LOWER:
	case EC_IABT_LOWER:
		return abort_trap32(vcpu, esr);
	case EC_CP15_32:
	case EC_CP15_64:
	case EC_CP14_32:
	case EC_CP14_LDC:
	case EC_CP14_64:
	case EC_FP_ID:
		return coproc_trap(vcpu, esr);
	case EC_HVC32:
		return smccc_call32(vcpu);
	case EC_WFX:
		return wfx_trap32(vcpu, esr);
	case EC_FP:
		return fp_trap(vcpu);
	case EC_SMC32:
		return smc_trap(vcpu);
	default:
		return other_trap(vcpu);
	}
}

/* The guest goes on, unless what its list registers gave back is for a vCPU that sleeps in the
 * host. */
static uint64_t done(struct hyp_vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_DONE_EL2);
	if (__atomic_load_n(&vcpu->irq_work, __ATOMIC_RELAXED))
		vgic_flush(vcpu);
	return vcpu->exit.wake ? HYP_EXIT_WAKE : 0;
}

/* After an interrupt that was for the guest. */
static uint64_t irq_done(struct hyp_vcpu *vcpu)
{
	vcpu->waited = 0;
	return done(vcpu);
}

/* Called by entry.S. The list registers are brought up to date when the handler changed what is
 * pending. */
uint64_t guest_sync(struct hyp_vcpu *vcpu);
uint64_t guest_sync(struct hyp_vcpu *vcpu)
{
	uint64_t reason;

	vcpu_count(vcpu, VMM_STAT_EXITS);
	reason = sync_by_class(vcpu, read_sysreg(esr_el2));
	if (reason)
		return reason;
	return done(vcpu);
}

/* Called by entry.S for what AArch32 did, at EL1 or at EL0. */
uint64_t guest_sync32(struct hyp_vcpu *vcpu);
uint64_t guest_sync32(struct hyp_vcpu *vcpu)
{
	uint64_t esr = read_sysreg(esr_el2), reason = 0;

	vcpu_count(vcpu, VMM_STAT_EXITS);
	if (aarch32_condition_holds(esr, read_sysreg(spsr_el2)))
		reason = sync32_by_class(vcpu, esr);
	else
		aarch32_skip(esr);
	return reason ? reason : done(vcpu);
}

/*
 * Called by entry.S for a physical interrupt. Nothing is acknowledged here: our own interrupts are
 * silenced at their source (or made active, the virtual timer), so that an interrupt of the host
 * can never be taken by mistake.
 */
uint64_t guest_irq(struct hyp_vcpu *vcpu);
uint64_t guest_irq(struct hyp_vcpu *vcpu)
{
	uint32_t intid = (uint32_t)read_sysreg(icc_hppir1_el1);

	vcpu_count(vcpu, VMM_STAT_EXITS);
	vcpu_count(vcpu, VMM_STAT_EXIT_IRQ);
	if (intid == hyp_config.kick_sgi) {
		intid = kick_received(vcpu);
		if (__atomic_load_n(&vcpu->request, __ATOMIC_RELAXED))
			return HYP_EXIT_REQUEST;
		vgic_sync_requested(vcpu);
		if (__atomic_load_n(&this_cpu()->wake_list, __ATOMIC_RELAXED))
			return HYP_EXIT_WAKE;
		if (intid == hyp_config.kick_sgi || intid >= GIC_INTID_SPECIAL)
			return irq_done(vcpu);
	}
	if (intid == hyp_config.vtimer_ppi) {
		timer_virtual_fired(vcpu);
	} else if (intid == hyp_config.maintenance_ppi) {
		vcpu_count(vcpu, VMM_STAT_MAINTENANCE);
		vgic_work(vcpu, HYP_WORK_ALL);
	} else if (intid == hyp_config.hyptimer_ppi) {
		uint64_t reason = timer_el2_fired(vcpu);

		if (reason)
			return reason;
	} else if (intid != hyp_config.pmu_ppi || !pmu_fired(vcpu)) {
		return HYP_EXIT_IRQ;
	}
	return irq_done(vcpu);
}

/* Called by entry.S. A physical SError: taking it has consumed it. The driver ends the VM. */
uint64_t guest_serror(struct hyp_vcpu *vcpu);
uint64_t guest_serror(struct hyp_vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_EXITS);
	vcpu->exit.esr = read_sysreg(esr_el2);
	return HYP_EXIT_SERROR;
}
