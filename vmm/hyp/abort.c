// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stage-2 aborts (Arm ARM D5.10, ISS encoding D13.2.37): accesses to the virtual GIC are finished
 * here, all others (memory on first touch, devices) go to the driver with an exit record.
 */
#include "hyp.h"
#include "aarch32.h"

/* Translates a guest virtual address as the CPU would: PAR_EL1's format. The guest's own PAR_EL1 is
 * kept. */
static uint64_t translate(enum arch_translation how, uint64_t address)
{
	uint64_t saved = read_sysreg(par_el1);
	uint64_t par = arch_translate(how, address);

	write_sysreg(par_el1, saved);
	return par;
}

/* HPFAR_EL2 is not valid for a permission fault that is not on a stage-1 walk: translate again,
 * stage 1 only. */
static uint64_t permission_fault_page(uint64_t far, bool write)
{
	uint64_t par = translate(write ? ARCH_STAGE1_WRITE : ARCH_STAGE1_READ, far);

	return par & PAR_F ? UINT64_MAX : par & PAR_PA_MASK;
}

/* False: the page cannot be told, as the tables have changed since the fault; the guest repeats the
 * access. */
static bool fault_ipa(uint64_t esr, uint64_t far, uint64_t *ipa)
{
	uint64_t page = HPFAR_TO_IPA(read_sysreg(hpfar_el2));

	if (FSC_TYPE(ISS_ABT_FSC(esr)) == FSC_PERMISSION && !(esr & ISS_ABT_S1PTW))
		page = permission_fault_page(far, (esr & ISS_DABT_WNR) != 0);
	*ipa = page | (far & (VMM_PAGE_SIZE - 1));
	return page != UINT64_MAX;
}

/* A load or store with a valid syndrome to the virtual GIC. */
static inline uint64_t vgic_access(struct hyp_vcpu *vcpu, uint64_t esr, uint64_t ipa, bool aarch32)
{
	unsigned int size = 1u << ISS_DABT_SAS(esr);
	unsigned int reg = ISS_DABT_SRT(esr);
	uint64_t value;

	vcpu_count(vcpu, VMM_STAT_MMIO_VGIC);
	if (aarch32) {
		reg = aarch32_x(read_sysreg(spsr_el2), reg);
		aarch32_skip(esr);
	} else {
		trap_skip();
	}
	if (esr & ISS_DABT_WNR) {
		vcpu->exit.wake |= vgic_mmio_write(vcpu, ipa, size, vcpu_get_x(vcpu, reg));
		return vcpu->exit.wake ? HYP_EXIT_WAKE : 0;
	}
	vcpu->exit.wake |= vgic_mmio_read(vcpu, ipa, size, &value);
	if ((esr & ISS_DABT_SSE) && size < 8) {
		unsigned int shift = 64 - 8 * size;

		value = (uint64_t)((int64_t)(value << shift) >> shift);
	}
	vcpu_set_x(vcpu, reg, esr & ISS_DABT_SF ? value : (uint32_t)value);
	return vcpu->exit.wake ? HYP_EXIT_WAKE : 0;
}

/* EL0t and User */
static bool is_el0(uint64_t pstate)
{
	return (pstate & PSR_MODE_MASK & ~(uint64_t)PSR_MODE32) == 0;
}

/* Twice, so that the one for AArch64 does not pay for the other. */
static inline __attribute__((always_inline)) uint64_t abort_from(struct hyp_vcpu *vcpu,
								 uint64_t esr, bool aarch32)
{
	uint64_t far = read_sysreg(far_el2);
	uint64_t ipa;
	bool data = ESR_EC(esr) == EC_DABT_LOWER;

	if (!fault_ipa(esr, far, &ipa))
		return 0;
	if (data && (esr & ISS_DABT_ISV) && vgic_mmio_is(vcpu_vm(vcpu), ipa)) {
		vcpu_count(vcpu, VMM_STAT_EXIT_DABT);
		return vgic_access(vcpu, esr, ipa, aarch32);
	}
	vcpu_count(vcpu, data ? VMM_STAT_EXIT_DABT : VMM_STAT_EXIT_IABT);
	vcpu->exit.esr = esr;
	vcpu->exit.far = far;
	vcpu->exit.ipa = ipa;
	if (data && !(esr & ISS_DABT_ISV))
		vcpu->exit.par = translate(is_el0(read_sysreg(spsr_el2)) ? ARCH_BOTH_STAGES_EL0
									 : ARCH_BOTH_STAGES_EL1,
					   read_sysreg(elr_el2));
	return HYP_EXIT_ABORT;
}

uint64_t abort_trap(struct hyp_vcpu *vcpu, uint64_t esr)
{
	return abort_from(vcpu, esr, false);
}

uint64_t abort_trap32(struct hyp_vcpu *vcpu, uint64_t esr)
{
	return abort_from(vcpu, esr, true);
}
