// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtual CPU interface when a vCPU enters and leaves the CPU, and when it waits for an
 * interrupt (IHI 0069, 12.4).
 *
 * Locks as in vgic.c.
 */
#include "vgic.h"

void vgic_enter(struct hyp_vcpu *vcpu)
{
	write_sysreg(icc_sre_el2, 7); /* no ICC_SRE_EL1 for the guest */
	write_sysreg(ich_vmcr_el2, vcpu->vmcr);
	write_sysreg(ich_ap0r0_el2, vcpu->ap0r);
	write_sysreg(ich_ap1r0_el2, vcpu->ap1r);
	write_sysreg(ich_hcr_el2, ICH_HCR_EN);
	if (__atomic_load_n(&vcpu->irq_work, __ATOMIC_RELAXED))
		vgic_flush(vcpu);
}

/* The host's GIC again; whoever waits for the vCPU or kicks it is answered. */
static void out_of_the_cpu(struct hyp_vcpu *vcpu)
{
	write_sysreg(ich_hcr_el2, 0);
	write_sysreg(icc_sre_el2, 7 | ICC_SRE_EL2_ENABLE);
	arch_lock(&vcpu->vgic_lock);
	__atomic_store_n(&vcpu->state, HYP_STATE_OUTSIDE, __ATOMIC_RELAXED);
	arch_unlock(&vcpu->vgic_lock);
	__atomic_store_n(&vcpu->sync_request, 0, __ATOMIC_RELEASE);
	kick_drain(vcpu);
}

void vgic_leave(struct hyp_vcpu *vcpu)
{
	vgic_fold_self(vcpu);
	vcpu->vmcr = read_sysreg(ich_vmcr_el2);
	vcpu->ap0r = read_sysreg(ich_ap0r0_el2);
	vcpu->ap1r = read_sysreg(ich_ap1r0_el2);
	out_of_the_cpu(vcpu);
}

static void unlock_mine(uint64_t *lock)
{
	if ((uint32_t)__atomic_load_n(lock, __ATOMIC_RELAXED) == arch_lock_mine())
		arch_unlock(lock);
}

/* After a fault at EL2: the locks that this CPU holds. */
void vgic_unlock_mine(struct hyp_vm *vm)
{
	for (unsigned int i = 0; i < vm->vcpu_count; i++)
		if (vm_vcpu(vm, i))
			unlock_mine(&vm_vcpu(vm, i)->vgic_lock);
	unlock_mine(&vm->vgic_lock);
}

/*
 * As vgic_leave() after a fault at EL2, without a look at state that may be broken. The locks that
 * the fault left held are released: the VM will not run again, but its other vCPUs and the host
 * must not wait for ever.
 */
void vgic_abandon(struct hyp_vcpu *vcpu)
{
	vgic_unlock_mine(vcpu_vm(vcpu));
	for (unsigned int i = 0; i < vcpu_cpu(vcpu)->lr_count; i++)
		arch_write_lr(i, 0);
	vcpu->lr_used = 0;
	out_of_the_cpu(vcpu);
}

/* Whether an interrupt in the bank would be signalled to the guest: priority mask and group enables
 * of ICC_*. */
static bool bank_signals(const struct vgic_bank *bank, uint32_t bits, uint64_t vmcr)
{
	unsigned int mask = (vmcr >> ICH_VMCR_VPMR_SHIFT) & 0xff;

	bits &= ~bank->active;
	bits &= ((vmcr & ICH_VMCR_VENG1) ? bank->group : 0) |
		((vmcr & ICH_VMCR_VENG0) ? ~bank->group : 0);
	for (; bits; bits &= bits - 1)
		if (bank->priority[__builtin_ctz(bits)] < mask)
			return true;
	return false;
}

/* WFI of the resident vCPU: true if it is to sleep in the host. An interrupt wakes it whatever
 * PSTATE.I says. */
bool vgic_wfi_blocks(struct hyp_vcpu *vcpu)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	uint64_t vmcr;
	bool spis, signals;

	__atomic_store_n(&vcpu->wake, 0, __ATOMIC_RELAXED);
	arch_mb();
	/* The driver takes a line that is up for one that does not wake the vCPU. */
	if ((vcpu->bank.line & (1u << VM_PPI_VTIMER)) && !timer_virtual_line())
		vgic_set_line(vcpu, VM_PPI_VTIMER, false);
	if (vcpu->lr_used == 0 && !__atomic_load_n(&vcpu->irq_work, __ATOMIC_RELAXED))
		return true;
	vgic_fold_self(vcpu);
	vmcr = read_sysreg(ich_vmcr_el2);
	spis = vgic_lock_lrs(vcpu);
	vgic_refresh_timer(vcpu);
	signals = bank_signals(&vcpu->bank, vgic_deliverable(vm, &vcpu->bank), vmcr);
	for (unsigned int i = 0; spis && !signals && i < HYP_SPI_BANKS; i++)
		signals = bank_signals(&vm->bank[i], vgic_spis_for(vm, i, vcpu), vmcr);
	vgic_unlock_lrs(vcpu, spis);
	vgic_work(vcpu, HYP_WORK_NEW);
	return !signals;
}
