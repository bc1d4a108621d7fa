// SPDX-License-Identifier: BSD-2-Clause
/*
 * State of interrupts that list registers of other CPUs hold. Reads of pending and active state
 * have those vCPUs fold their list registers into the banks first; writes overrule what the list
 * registers say, and writes that disable an interrupt are finished only when no other vCPU has it
 * any more (GICD_CTLR.RWP). So is a call of the host that lowers the line of a level.
 */
#include "hyp.h"

/* Another CPU waits for this vCPU's list registers. The vCPU is resident here. */
void vgic_sync_requested(struct hyp_vcpu *vcpu)
{
	if (!__atomic_load_n(&vcpu->sync_request, __ATOMIC_ACQUIRE))
		return;
	vgic_fold_self(vcpu);
	__atomic_store_n(&vcpu->sync_request, 0, __ATOMIC_RELEASE);
}

enum asked {
	ASKED_NOBODY, /* it has no list registers */
	ASKED_IT,     /* it answers by clearing sync_request */
	ASKED_HOST,   /* the host must interrupt it: it will answer, but nobody can wait for that */
};

static enum asked sync_ask(struct hyp_vcpu *vcpu)
{
	enum asked asked = ASKED_NOBODY;

	arch_lock(&vcpu->vgic_lock);
	if (__atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE) == HYP_STATE_GUEST && vcpu->lr_used) {
		__atomic_store_n(&vcpu->sync_request, 1, __ATOMIC_RELAXED);
		arch_mb(); /* pairs with allow_next(): seen there, or the kick is sent again */
		asked = kick_locked(vcpu) ? ASKED_HOST : ASKED_IT;
	}
	arch_unlock(&vcpu->vgic_lock);
	return asked;
}

/* Whether the vCPU's registers and list registers are in this CPU. */
bool vgic_is_resident(const struct hyp_vcpu *vcpu)
{
	return vcpu_cpu(vcpu) == this_cpu() && vcpu->state == HYP_STATE_GUEST;
}

/* No lock held. "resident" is the vCPU that is resident here, if any: it answers the same request
 * of others while it waits. */
static enum asked sync_with(struct hyp_vcpu *other, struct hyp_vcpu *resident)
{
	enum asked asked = sync_ask(other);

	if (asked != ASKED_IT)
		return asked;
	while (__atomic_load_n(&other->sync_request, __ATOMIC_ACQUIRE)) {
		if (resident)
			vgic_sync_requested(resident);
		arch_relax();
	}
	return asked;
}

/*
 * Has the vCPUs of the mask fold their list registers; those that run load them again at once, by
 * the rules as they are then. No lock held. "vcpu" is the one that is accessed through.
 */
void vgic_sync(struct hyp_vcpu *vcpu, uint32_t mask)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	struct hyp_vcpu *resident = vgic_is_resident(vcpu) ? vcpu : NULL;

	for (mask &= (1u << vm->vcpu_count) - 1; mask; mask &= mask - 1) {
		struct hyp_vcpu *other = vm_vcpu(vm, (unsigned int)__builtin_ctz(mask));

		if (other && other == resident)
			vgic_fold_self(vcpu);
		else if (other)
			sync_with(other, resident);
	}
}

/* The same in a call of the host, for vCPUs that there are. Returns the mask of those that the host
 * must interrupt. */
uint32_t vgic_withdraw(struct hyp_vm *vm, uint32_t mask)
{
	uint32_t host = 0;

	for (; mask; mask &= mask - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(mask);

		if (sync_with(vm_vcpu(vm, i), NULL) == ASKED_HOST)
			host |= 1u << i;
	}
	return host;
}

/* With vm->vgic_lock: the vCPUs that have SPIs of the bank in list registers, of those in "bits".
 */
uint32_t vgic_holders(const struct hyp_vm *vm, unsigned int bank, uint32_t bits)
{
	uint32_t mask = 0;

	for (bits &= vm->bank[bank].inflight; bits; bits &= bits - 1)
		mask |= 1u << vm->owner[bank * 32 + (unsigned int)__builtin_ctz(bits)];
	return mask;
}

/* With vcpu->vgic_lock: the list registers that hold interrupts first + N, where bit N of "bits" is
 * set. */
static uint32_t list_registers_of(const struct hyp_vcpu *vcpu, unsigned int first, uint32_t bits)
{
	uint32_t found = 0;

	for (uint32_t used = vcpu->lr_used; used; used &= used - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(used);
		unsigned int n = vcpu->lr_intid[i] - first;

		if (n < 32 && (bits & 1u << n))
			found |= 1u << i;
	}
	return found;
}

/* With vcpu->vgic_lock: interrupts first + N that its list registers were loaded with because they
 * were latched. */
uint32_t vgic_lr_latched(const struct hyp_vcpu *vcpu, unsigned int first)
{
	uint32_t bits = 0;

	for (uint32_t left = list_registers_of(vcpu, first, ~0u) & vcpu->lr_latch; left;
	     left &= left - 1)
		bits |= 1u << (vcpu->lr_intid[__builtin_ctz(left)] - first);
	return bits;
}

/* With vcpu->vgic_lock: software clears the pending state of those interrupts. */
void vgic_lr_drop_pending(struct hyp_vcpu *vcpu, unsigned int first, uint32_t bits)
{
	vcpu->lr_latch &= ~list_registers_of(vcpu, first, bits);
}

/* With vcpu->vgic_lock: software writes the active state of those interrupts: the bank is right,
 * not the list register. */
void vgic_lr_overrule_active(struct hyp_vcpu *vcpu, unsigned int first, uint32_t bits)
{
	vcpu->lr_overruled |= list_registers_of(vcpu, first, bits);
}

/* With the bank's lock: interrupts become active by software. No acknowledge fixes their priority;
 * it is the one of this moment. */
void vgic_set_active(struct vgic_bank *bank, uint32_t bits)
{
	for (uint32_t left = bits & ~bank->active; left; left &= left - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(left);

		bank->active_priority[n] = bank->priority[n];
	}
	bank->active |= bits;
}

/* With vm->vgic_lock: SPIs that become active by software belong to the vCPU that they are routed
 * to. */
void vgic_spis_set_active(struct hyp_vm *vm, unsigned int bank, uint32_t bits)
{
	struct vgic_bank *b = &vm->bank[bank];

	for (bits &= ~(b->active | b->inflight); bits; bits &= bits - 1) {
		unsigned int spi = bank * 32 + (unsigned int)__builtin_ctz(bits);

		vm->owner[spi] = vm->router[spi] < vm->vcpu_count ? (uint8_t)vm->router[spi] : 0;
	}
}
