// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exceptions taken to the guest's EL1, as the architecture takes them (Arm ARM D1.10,
 * AArch64.TakeException).
 */
#include "hyp.h"

#define VECTOR_CURRENT_SP0 0x000
#define VECTOR_CURRENT_SPX 0x200
#define VECTOR_LOWER_64	   0x400
#define VECTOR_LOWER_32	   0x600

static uint64_t vector_offset(uint64_t pstate)
{
	if (pstate & PSR_MODE32)
		return VECTOR_LOWER_32;
	if ((pstate & PSR_MODE_MASK) == PSR_MODE_EL0T)
		return VECTOR_LOWER_64;
	return (pstate & PSR_MODE_MASK) == PSR_MODE_EL1T ? VECTOR_CURRENT_SP0 : VECTOR_CURRENT_SPX;
}

static void take_exception(uint64_t esr)
{
	uint64_t pstate = read_sysreg(spsr_el2);
	uint64_t next = PSR_MODE_EL1H | PSR_D | PSR_A | PSR_I | PSR_F;

	if (id_has_pan()) {
		next |= pstate & PSR_PAN;
		if (!(read_sysreg(sctlr_el1) & SCTLR_SPAN))
			next |= PSR_PAN;
	}
	write_sysreg(elr_el1, read_sysreg(elr_el2));
	write_sysreg(spsr_el1, pstate);
	write_sysreg(esr_el1, esr);
	write_sysreg(elr_el2, read_sysreg(vbar_el1) + vector_offset(pstate));
	write_sysreg(spsr_el2, next);
}

/* An UNDEFINED instruction exception for the instruction at ELR_EL2. */
void inject_undefined(struct hyp_vcpu *vcpu)
{
	vcpu_count(vcpu, VMM_STAT_UNDEF_INJECTED);
	if (vcpu_is_aarch32(vcpu))
		inject32_undefined(vcpu);
	else
		take_exception(((uint64_t)EC_UNKNOWN << ESR_EC_SHIFT) | ESR_IL);
}

/* "iss": what the abort's syndrome says beside the status code: WnR and CM of a data abort. */
static void inject_abort(struct hyp_vcpu *vcpu, uint32_t lower_class, uint32_t same_class,
			 uint64_t iss)
{
	uint64_t pstate = read_sysreg(spsr_el2);
	bool lower = (pstate & PSR_MODE32) || (pstate & PSR_MODE_MASK) == PSR_MODE_EL0T;

	vcpu_count(vcpu, VMM_STAT_ABORT_INJECTED);
	write_sysreg(far_el1, vcpu->inject_far);
	take_exception(((uint64_t)(lower ? lower_class : same_class) << ESR_EC_SHIFT) | ESR_IL |
		       iss | FSC_EXTERNAL);
}

static void pending32(struct hyp_vcpu *vcpu, uint32_t what)
{
	if (what != HYP_INJECT_DATA_ABORT && what != HYP_INJECT_INSTRUCTION_ABORT)
		return;
	vcpu_count(vcpu, VMM_STAT_ABORT_INJECTED);
	if (what == HYP_INJECT_DATA_ABORT)
		inject32_data_abort(vcpu);
	else
		inject32_prefetch_abort(vcpu);
}

/* What the driver asked for with struct hyp_vcpu.inject. */
void inject_pending(struct hyp_vcpu *vcpu)
{
	uint32_t what = vcpu->inject;

	vcpu->inject = 0;
	if (what == HYP_INJECT_UNDEF)
		inject_undefined(vcpu);
	else if (vcpu_is_aarch32(vcpu))
		pending32(vcpu, what);
	else if (what == HYP_INJECT_DATA_ABORT)
		inject_abort(vcpu, EC_DABT_LOWER, EC_DABT_SAME,
			     vcpu->exit.esr & (ISS_DABT_WNR | ISS_DABT_CM));
	else if (what == HYP_INJECT_INSTRUCTION_ABORT)
		inject_abort(vcpu, EC_IABT_LOWER, EC_IABT_SAME, 0);
}
