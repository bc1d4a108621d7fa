/*
 * What the files of the virtual GIC share. Functions on a bank return one bit for each of its 32
 * interrupts.
 */
#ifndef HYP_VGIC_H
#define HYP_VGIC_H

#include "hyp.h"

#define VGIC_NOBODY  0xff
#define VGIC_PRIVATE 32

static inline struct vgic_bank *vgic_bank_of(struct hyp_vcpu *vcpu, unsigned int intid)
{
	return intid < VGIC_PRIVATE ? &vcpu->bank : &vcpu_vm(vcpu)->bank[intid / 32 - 1];
}

static inline uint32_t vgic_pending(const struct vgic_bank *bank)
{
	return bank->latch | (bank->line & ~bank->edge);
}

/* Bits of the interrupts whose group the distributor forwards (GICD_CTLR.EnableGrp0 and
 * EnableGrp1). */
static inline uint32_t vgic_forwarded(const struct hyp_vm *vm, const struct vgic_bank *bank)
{
	uint32_t ctlr = vm->gicd_ctlr;

	return ((ctlr & 2) ? bank->group : 0) | ((ctlr & 1) ? ~bank->group : 0);
}

static inline uint32_t vgic_deliverable(const struct hyp_vm *vm, const struct vgic_bank *bank)
{
	return vgic_pending(bank) & bank->enabled & vgic_forwarded(vm, bank);
}

/* vgic.c: with vcpu->vgic_lock, vm->vgic_lock and vm->vgic_lock held. The first two return masks of
 * vCPUs to wake. */
uint32_t vgic_notify_locked(struct hyp_vcpu *vcpu, uint32_t work);
uint32_t vgic_notify_spis(struct hyp_vm *vm, unsigned int bank, uint32_t bits, uint32_t work);
void vgic_summary_update(struct hyp_vm *vm, unsigned int bank);

/* vgic_lr.c: with vcpu->vgic_lock held */
bool vgic_load_sgi(struct hyp_vcpu *vcpu, unsigned int sgi);

#endif
