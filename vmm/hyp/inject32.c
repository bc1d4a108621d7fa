// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exceptions taken to the guest's EL1 in AArch32, as the architecture takes them (Arm ARM G1.12,
 * AArch32.EnterMode; fault status G8.2.37, G8.2.80).
 */
#include "hyp.h"

#include "aarch32.h"

#define VECTOR_UNDEFINED      0x04
#define VECTOR_PREFETCH_ABORT 0x0c
#define VECTOR_DATA_ABORT     0x10
#define FSR_LPAE	      ARM64_BIT(9)
#define FSR_EXTERNAL_LONG     UINT64_C(0x10) /* STATUS: synchronous external abort */
#define FSR_EXTERNAL_SHORT    UINT64_C(0x08) /* FS */
#define DFSR_WNR	      ARM64_BIT(11)
#define DFSR_CM		      ARM64_BIT(13)
#define FAR_DATA	      UINT64_C(0xffffffff) /* DFAR; IFAR is above */

/* PSTATE of the handler, in "mode", with "masks" set beside those that were. */
static uint64_t handler_pstate(uint64_t pstate, uint64_t sctlr, uint64_t mode, uint64_t masks)
{
	pstate &= ~(PSR_MODE_MASK | AARCH32_IT | AARCH32_T | AARCH32_E | AARCH32_IL | PSR_SS);
	pstate |= mode | masks;
	if (sctlr & AARCH32_SCTLR_TE)
		pstate |= AARCH32_T;
	if (sctlr & AARCH32_SCTLR_EE)
		pstate |= AARCH32_E;
	if (id_has_pan() && !(sctlr & AARCH32_SCTLR_SPAN))
		pstate |= PSR_PAN;
	return pstate;
}

static void enter(uint64_t mode, uint64_t masks, uint64_t vector)
{
	uint64_t sctlr = read_sysreg(sctlr_el1);
	uint64_t base = sctlr & AARCH32_SCTLR_V ? AARCH32_HIGH_VECTORS : read_sysreg(vbar_el1);

	write_sysreg(spsr_el2, handler_pstate(read_sysreg(spsr_el2), sctlr, mode, masks));
	write_sysreg(elr_el2, (uint32_t)(base + vector));
}

void inject32_undefined(struct hyp_vcpu *vcpu)
{
	uint64_t pstate = read_sysreg(spsr_el2);

	write_sysreg(spsr_und, pstate);
	vcpu->x[AARCH32_LR_UND] = (uint32_t)(read_sysreg(elr_el2) + (pstate & AARCH32_T ? 2 : 4));
	enter(AARCH32_MODE_UND, PSR_I, VECTOR_UNDEFINED);
}

/* Status of an external abort in the format that the guest's tables have. */
static uint64_t external_abort(void)
{
	return read_sysreg(tcr_el1) & AARCH32_TTBCR_EAE ? FSR_LPAE | FSR_EXTERNAL_LONG
							: FSR_EXTERNAL_SHORT;
}

static void take_abort(struct hyp_vcpu *vcpu, uint64_t vector, uint64_t offset)
{
	write_sysreg(spsr_abt, read_sysreg(spsr_el2));
	vcpu->x[AARCH32_LR_ABT] = (uint32_t)(read_sysreg(elr_el2) + offset);
	enter(AARCH32_MODE_ABT, PSR_A | PSR_I, vector);
}

void inject32_data_abort(struct hyp_vcpu *vcpu)
{
	uint64_t status = external_abort();

	if (vcpu->exit.esr & ISS_DABT_WNR)
		status |= DFSR_WNR;
	if (vcpu->exit.esr & ISS_DABT_CM)
		status |= DFSR_CM;
	write_sysreg(esr_el1, status);
	write_sysreg(far_el1, (read_sysreg(far_el1) & ~FAR_DATA) | (uint32_t)vcpu->inject_far);
	take_abort(vcpu, VECTOR_DATA_ABORT, 8);
}

void inject32_prefetch_abort(struct hyp_vcpu *vcpu)
{
	write_sysreg(ifsr32_el2, external_abort());
	write_sysreg(far_el1, (read_sysreg(far_el1) & FAR_DATA) | vcpu->inject_far << 32);
	take_abort(vcpu, VECTOR_PREFETCH_ABORT, 4);
}
