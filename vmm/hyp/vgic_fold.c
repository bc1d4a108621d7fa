// SPDX-License-Identifier: BSD-2-Clause
/*
 * List registers read back ("folded") into the banks (IHI 0069, 12.4): all of them, or those that
 * the guest has ended.
 *
 * Locks as in vgic.c.
 */
#include "vgic.h"

/* An SPI that this vCPU had: whether it is to be delivered, and not to it, because the route has
 * changed. */
static bool is_for_another(const struct hyp_vcpu *vcpu, unsigned int spi)
{
	const struct hyp_vm *vm = vcpu_vm(vcpu);
	const struct vgic_bank *bank = &vm->bank[spi / 32];
	uint32_t pending = vgic_deliverable(vm, bank) & ~bank->active;

	return ((pending >> (spi % 32)) & 1) && vgic_is_routed_elsewhere(vcpu, spi);
}

/* The SPI is in no list register any more, and no longer this vCPU's unless it is active. */
void vgic_spi_given_back(struct hyp_vcpu *vcpu, unsigned int spi)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);

	if (!(vm->bank[spi / 32].active & (1u << (spi % 32))))
		vm->owner[spi] = VGIC_NOBODY;
	vgic_summary_update(vm, spi / 32);
	if (is_for_another(vcpu, spi))
		vcpu->returned |= 1u << (spi / 32);
}

/* An active interrupt keeps the priority that it was acknowledged with: the CPU interface has it in
 * ICH_AP1R0_EL2, and ends the interrupt only if its list register has the same (pseudocode of
 * ICV_EOIR1_EL1). */
static void fold_state(struct hyp_vcpu *vcpu, unsigned int index, uint64_t lr)
{
	unsigned int intid = vcpu->lr_intid[index];
	struct vgic_bank *bank = vgic_bank_of(vcpu, intid);
	uint32_t bit = 1u << (intid % 32);

	bank->inflight &= ~bit;
	if (lr & ICH_LR_ACTIVE)
		bank->active_priority[intid % 32] = (uint8_t)(lr >> ICH_LR_PRIORITY_SHIFT);
	if (!(vcpu->lr_overruled & (1u << index)))
		bank->active = (lr & ICH_LR_ACTIVE) ? bank->active | bit : bank->active & ~bit;
	if ((lr & ICH_LR_PENDING) && (vcpu->lr_latch & (1u << index)))
		bank->latch |= bit;
	if (intid >= VGIC_PRIVATE)
		vgic_spi_given_back(vcpu, intid - VGIC_PRIVATE);
}

static void fold_one(struct hyp_vcpu *vcpu, unsigned int index)
{
	fold_state(vcpu, index, arch_read_lr(index));
}

/* Highest-priority active interrupt of this vCPU in the bank that no list register holds; bits in
 * "mask" only. */
static uint32_t highest_active(const struct vgic_bank *bank, uint32_t mask, unsigned int *priority)
{
	uint32_t found = 0;

	for (uint32_t bits = bank->active & ~bank->inflight & mask; bits; bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);

		if (bank->active_priority[n] < *priority) {
			*priority = bank->active_priority[n];
			found = 1u << n;
		}
	}
	return found;
}

static uint32_t owned_by(const struct hyp_vm *vm, unsigned int bank, unsigned int index)
{
	uint32_t mask = 0;

	for (uint32_t bits = vm->bank[bank].active; bits; bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);

		if (vm->owner[bank * 32 + n] == index)
			mask |= 1u << n;
	}
	return mask;
}

/* The guest ended interrupts that no list register held: the highest-priority active ones (IHI
 * 0069, EOIcount). */
static void fold_overflowed(struct hyp_vcpu *vcpu, unsigned int count)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);

	for (; count; count--) {
		unsigned int priority = 0x100;
		struct vgic_bank *bank = &vcpu->bank;
		uint32_t bit = highest_active(bank, ~0u, &priority);

		for (unsigned int i = 0; i < HYP_SPI_BANKS; i++) {
			uint32_t spi = highest_active(&vm->bank[i], owned_by(vm, i, vcpu->index),
						      &priority);

			if (spi) {
				bank = &vm->bank[i];
				bit = spi;
			}
		}
		bank->active &= ~bit;
		if (bit && bank != &vcpu->bank)
			vgic_spi_given_back(vcpu, 32 * (unsigned int)(bank - vm->bank) +
							  (unsigned int)__builtin_ctz(bit));
	}
}

/* With the locks. After it nothing of the vCPU is in flight; the list registers are not cleared. */
void vgic_fold(struct hyp_vcpu *vcpu)
{
	unsigned int ended = (read_sysreg(ich_hcr_el2) >> ICH_HCR_EOICOUNT_SHIFT) & 0x1f;

	/* With EOImode 1 the guest names what it ends: see vgic_deactivate(). */
	if (ended && vcpu->active_overflow && !(read_sysreg(ich_vmcr_el2) & ICH_VMCR_VEOIM))
		fold_overflowed(vcpu, ended);
	for (uint32_t used = vcpu->lr_used; used; used &= used - 1)
		fold_one(vcpu, (unsigned int)__builtin_ctz(used));
}

/* For list registers that the guest has ended. */
void vgic_fold_ended_any(struct hyp_vcpu *vcpu, uint32_t ended)
{
	for (uint32_t bits = ended; bits; bits &= bits - 1)
		fold_state(vcpu, (unsigned int)__builtin_ctz(bits), 0);
	vcpu->lr_used &= ~ended;
	vcpu->lr_latch &= ~ended;
	vcpu->lr_overruled &= ~ended;
	vcpu->lr_spi &= ~ended;
}
