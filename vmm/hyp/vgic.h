/* SPDX-License-Identifier: BSD-2-Clause */
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

static inline bool vgic_is_routed_elsewhere(const struct hyp_vcpu *vcpu, unsigned int spi)
{
	const struct hyp_vm *vm = vcpu_vm(vcpu);

	return !(vm->bank[spi / 32].irm & (1u << (spi % 32))) && vm->router[spi] != vcpu->index;
}

/* vgic_fold.c: list registers back into the banks. With the locks of vgic_lock_lrs(). */
void vgic_spi_given_back(struct hyp_vcpu *vcpu, unsigned int spi);
void vgic_fold(struct hyp_vcpu *vcpu);
void vgic_fold_ended_any(struct hyp_vcpu *vcpu, uint32_t ended);

/* The same as the last one if none of them holds an SPI and none was overruled. */
static inline void vgic_fold_ended_private(struct hyp_vcpu *vcpu, uint32_t ended)
{
	uint32_t bits = 0;

	for (uint32_t left = ended; left; left &= left - 1)
		bits |= 1u << vcpu->lr_intid[__builtin_ctz(left)];
	vcpu->bank.inflight &= ~bits;
	vcpu->bank.active &= ~bits;
	vcpu->lr_used &= ~ended;
	vcpu->lr_latch &= ~ended;
}

/* vgic_choose.c: the best candidates so far, best first. A key orders by priority, then active
 * before pending, then INTID. */
struct vgic_choice {
	unsigned int count, limit;
	bool active_overflow;
	uint32_t waiting; /* best pending one that found no room */
	uint32_t key[HYP_MAX_LRS];
};

#define VGIC_KEY_PENDING    0x8000
#define VGIC_KEY_NONE	    UINT32_MAX
#define VGIC_KEY_INTID(key) ((key) & 0x3ff)

void vgic_choose(struct vgic_choice *choice, struct hyp_vcpu *vcpu, bool spis);
uint32_t vgic_spis_for(const struct hyp_vm *vm, unsigned int bank, const struct hyp_vcpu *vcpu);

/* vgic_lr.c: banks into list registers. The last two with the locks of vgic_lock_lrs(), and with
 * vcpu->vgic_lock. */
bool vgic_lock_lrs(struct hyp_vcpu *vcpu);
void vgic_refresh_timer(struct hyp_vcpu *vcpu);
bool vgic_load_sgi(struct hyp_vcpu *vcpu, unsigned int sgi);

static inline void vgic_unlock_lrs(struct hyp_vcpu *vcpu, bool spis)
{
	arch_unlock(&vcpu->vgic_lock);
	if (spis)
		arch_unlock(&vcpu_vm(vcpu)->vgic_lock);
}

#endif
