// SPDX-License-Identifier: BSD-2-Clause
/*
 * Delivery through list registers (IHI 0069, 4.6 and 12.4): what becomes pending is added to free
 * ones; when there are more interrupts than list registers, or what they hold has to change, all
 * are read back ("folded") and chosen afresh by priority. Interrupts that find no room raise a
 * maintenance interrupt when the list registers have none pending left (NPIE), or when the guest
 * ends an active one that found no room (LRENPIE, EOIcount).
 *
 * Locks as in vgic.c; hyp_vm.vgic_lock is taken only when SPIs may be concerned.
 */
#include "vgic.h"

/* The virtual timer: its physical interrupt must be active while a list register with the HW bit
 * refers to it. */
static uint64_t hardware_bits(struct hyp_vcpu *vcpu)
{
	mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ISACTIVER0, 1u << hyp_config.vtimer_ppi);
	vcpu->vtimer_active = 1;
	return ICH_LR_HW | (uint64_t)hyp_config.vtimer_ppi << ICH_LR_PINTID_SHIFT;
}

/* Of an active interrupt: whether it is also pending in the list register, so that it comes again
 * at once when the guest ends it. Not the virtual timer, and not what is for another vCPU or of
 * another priority by then. */
static bool is_pending_again(const struct hyp_vcpu *vcpu, const struct vgic_bank *bank,
			     unsigned int intid)
{
	if (!((bank->latch & vgic_deliverable(vcpu_vm(vcpu), bank)) & (1u << (intid % 32))))
		return false;
	return intid != VM_PPI_VTIMER &&
	       bank->priority[intid % 32] == bank->active_priority[intid % 32] &&
	       (intid < VGIC_PRIVATE || !vgic_is_routed_elsewhere(vcpu, intid - VGIC_PRIVATE));
}

static uint64_t lr_value(struct hyp_vcpu *vcpu, struct vgic_bank *bank, unsigned int intid)
{
	unsigned int n = intid % 32;
	uint32_t bit = 1u << n;
	uint64_t lr = intid;

	if (bank->group & bit)
		lr |= ICH_LR_GROUP;
	if (!(bank->active & bit))
		lr |= (uint64_t)bank->priority[n] << ICH_LR_PRIORITY_SHIFT | ICH_LR_PENDING;
	else
		lr |= (uint64_t)bank->active_priority[n] << ICH_LR_PRIORITY_SHIFT | ICH_LR_ACTIVE |
		      (is_pending_again(vcpu, bank, intid) ? ICH_LR_PENDING : 0);
	if (intid == VM_PPI_VTIMER)
		lr |= hardware_bits(vcpu);
	else if ((bank->line & ~bank->edge & bit) ||
		 ((bank->latch & bit) && !(lr & ICH_LR_PENDING)))
		lr |= ICH_LR_EOI; /* look at the interrupt again when the guest ends it */
	return lr;
}

static void load_one(struct hyp_vcpu *vcpu, unsigned int index, unsigned int intid)
{
	struct vgic_bank *bank = vgic_bank_of(vcpu, intid);
	uint32_t bit = 1u << (intid % 32);
	uint64_t lr = lr_value(vcpu, bank, intid);

	vcpu->lr_intid[index] = (uint16_t)intid;
	bank->inflight |= bit;
	if ((lr & ICH_LR_PENDING) && (bank->latch & bit)) {
		bank->latch &= ~bit;
		vcpu->lr_latch |= 1u << index;
	}
	if (intid >= VGIC_PRIVATE) {
		vcpu->lr_spi |= 1u << index;
		vcpu_vm(vcpu)->owner[intid - VGIC_PRIVATE] = (uint8_t)vcpu->index;
		vgic_summary_update(vcpu_vm(vcpu), intid / 32 - 1);
	}
	arch_write_lr(index, lr);
	vcpu_count(vcpu, VMM_STAT_IRQ_INJECTED);
}

/* Lines of the virtual timer and the performance monitors are in the CPU; what we noted may be old.
 */
void vgic_refresh_timer(struct hyp_vcpu *vcpu)
{
	uint32_t bit = 1u << VM_PPI_VTIMER;

	if (vcpu->bank.line & (1u << VM_PPI_PMU))
		pmu_refresh(vcpu);
	if (!(vcpu->bank.line & bit) && !vcpu->vtimer_active)
		return;
	if (timer_virtual_line())
		return;
	vcpu->bank.line &= ~bit;
	if (vcpu->vtimer_active && !(vcpu->bank.active & bit)) {
		mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ICACTIVER0, 1u << hyp_config.vtimer_ppi);
		vcpu->vtimer_active = 0;
	}
}

/* With the locks: list registers for the best candidates. */
static void load(struct hyp_vcpu *vcpu, bool spis)
{
	struct vgic_choice choice = { .limit = (unsigned int)vcpu_cpu(vcpu)->lr_count,
				      .waiting = VGIC_KEY_NONE };
	uint64_t hcr = ICH_HCR_EN;

	vgic_refresh_timer(vcpu);
	vgic_choose(&choice, vcpu, spis);
	for (uint32_t unused = vcpu->lr_used & ~((1u << choice.count) - 1); unused;
	     unused &= unused - 1)
		arch_write_lr((unsigned int)__builtin_ctz(unused), 0);
	vcpu->lr_used = (1u << choice.count) - 1;
	vcpu->lr_latch = vcpu->lr_overruled = vcpu->lr_spi = 0;
	for (unsigned int i = 0; i < choice.count; i++)
		load_one(vcpu, i, VGIC_KEY_INTID(choice.key[i]));
	vcpu->active_overflow = choice.active_overflow;
	vcpu->overflow = choice.active_overflow || choice.waiting != VGIC_KEY_NONE;
	if (choice.waiting != VGIC_KEY_NONE)
		hcr |= ICH_HCR_NPIE;
	if (choice.active_overflow)
		hcr |= ICH_HCR_LRENPIE | icc_dir_trap(read_sysreg(ich_vtr_el2));
	write_sysreg(ich_hcr_el2, hcr);
}

/* The locks that loading and reading back list registers need; true: the VM's, too. */
bool vgic_lock_lrs(struct hyp_vcpu *vcpu)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	bool spis = vcpu->lr_spi || vcpu->active_overflow ||
		    __atomic_load_n(&vm->spi_summary, __ATOMIC_RELAXED);

	if (spis)
		arch_lock(&vm->vgic_lock);
	arch_lock(&vcpu->vgic_lock);
	return spis;
}

/* List registers that the guest has done with are free again. */
static void fold_ended(struct hyp_vcpu *vcpu)
{
	uint32_t ended;

	if (vcpu->lr_used == 0)
		return;
	ended = (uint32_t)arch_empty_lrs() & vcpu->lr_used;
	if (!(vcpu->lr_spi | vcpu->lr_overruled))
		vgic_fold_ended_private(vcpu, ended);
	else
		vgic_fold_ended_any(vcpu, ended);
}

static bool load_bits(struct hyp_vcpu *vcpu, uint32_t bits, unsigned int first)
{
	uint32_t all = (1u << vcpu_cpu(vcpu)->lr_count) - 1;

	for (; bits; bits &= bits - 1) {
		unsigned int index = (unsigned int)__builtin_ctz(~vcpu->lr_used);

		if (vcpu->lr_used == all)
			return false;
		vcpu->lr_used |= 1u << index;
		load_one(vcpu, index, first + (unsigned int)__builtin_ctz(bits));
	}
	return true;
}

/* With the locks: new interrupts into free list registers, the others untouched. False: that is not
 * all there is to do. */
static bool load_beside(struct hyp_vcpu *vcpu, bool spis)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	struct vgic_bank *bank = &vcpu->bank;

	fold_ended(vcpu);
	vgic_refresh_timer(vcpu);
	if (bank->latch & bank->inflight)
		return false; /* an edge while it is being handled: pending and active */
	if (!load_bits(vcpu, (vgic_deliverable(vm, bank) | bank->active) & ~bank->inflight, 0))
		return false;
	for (uint32_t banks = spis ? vm->spi_summary : 0; banks; banks &= banks - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(banks);

		if (!load_bits(vcpu, vgic_spis_for(vm, i, vcpu), 32 * (i + 1)))
			return false;
	}
	return true;
}

/* No lock held. Tells the vCPUs that SPIs are for which this one gave back; exit.wake has those
 * that the host wakes. */
static void tell_others(struct hyp_vcpu *vcpu)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	uint32_t banks = vcpu->returned;

	if (banks == 0)
		return;
	vcpu->returned = 0;
	arch_lock(&vm->vgic_lock);
	for (; banks; banks &= banks - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(banks);

		vcpu->exit.wake |= vgic_notify_spis(
			vm, i, vgic_deliverable(vm, &vm->bank[i]) & ~vm->bank[i].inflight,
			HYP_WORK_NEW);
	}
	arch_unlock(&vm->vgic_lock);
}

/* The resident vCPU has irq_work: add to its list registers, or choose afresh what is in them. */
void vgic_flush(struct hyp_vcpu *vcpu)
{
	uint32_t work = __atomic_exchange_n(&vcpu->irq_work, 0, __ATOMIC_ACQ_REL);
	bool spis = vgic_lock_lrs(vcpu);

	if (work != HYP_WORK_NEW || vcpu->overflow || !load_beside(vcpu, spis)) {
		vgic_fold(vcpu);
		load(vcpu, spis);
	}
	vgic_unlock_lrs(vcpu, spis);
	tell_others(vcpu);
}

/* With vcpu->vgic_lock: a new SGI, which may be delivered, straight into a free list register.
 * False: there is more to do than that. */
bool vgic_load_sgi(struct hyp_vcpu *vcpu, unsigned int sgi)
{
	struct vgic_bank *bank = &vcpu->bank;
	uint32_t bit = 1u << sgi;
	unsigned int index;

	if (vcpu->irq_work | vcpu->overflow | vcpu->lr_spi | vcpu->lr_overruled)
		return false;
	vgic_fold_ended_private(vcpu, (uint32_t)arch_empty_lrs() & vcpu->lr_used);
	index = (unsigned int)__builtin_ctz(~vcpu->lr_used);
	if (((bank->inflight | bank->active | bank->latch) & bit) ||
	    index >= vcpu_cpu(vcpu)->lr_count)
		return false;
	bank->inflight |= bit;
	vcpu->lr_used |= 1u << index;
	vcpu->lr_latch |= 1u << index;
	vcpu->lr_intid[index] = (uint16_t)sgi;
	arch_write_lr(index, sgi | (uint64_t)bank->priority[sgi] << ICH_LR_PRIORITY_SHIFT |
				     (bank->group & bit ? ICH_LR_GROUP : 0) | ICH_LR_PENDING);
	vcpu_count(vcpu, VMM_STAT_IRQ_INJECTED);
	return true;
}

/* vgic_fold_self(), when list registers are in use. */
void vgic_fold_used(struct hyp_vcpu *vcpu)
{
	bool spis = vgic_lock_lrs(vcpu);

	vgic_fold(vcpu);
	for (uint32_t used = vcpu->lr_used; used; used &= used - 1)
		arch_write_lr((unsigned int)__builtin_ctz(used), 0);
	vcpu->lr_used = vcpu->lr_latch = vcpu->lr_overruled = vcpu->lr_spi = 0;
	vcpu->overflow = 0;
	write_sysreg(ich_hcr_el2, ICH_HCR_EN);
	vgic_work(vcpu, HYP_WORK_NEW);
	vgic_unlock_lrs(vcpu, spis);
	tell_others(vcpu);
}

/* A trapped write of ICC_DIR_EL1 (IHI 0069, 12.2.6): it is trapped while active interrupts are in
 * no list register, which the guest may name. Only with EOImode 1 it has an effect. */
void vgic_deactivate(struct hyp_vcpu *vcpu, uint32_t intid)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	struct vgic_bank *bank;
	uint32_t bit = 1u << (intid % 32);

	if (intid > HYP_SPI_LAST || !(read_sysreg(ich_vmcr_el2) & ICH_VMCR_VEOIM))
		return;
	vgic_fold_self(vcpu);
	bank = vgic_bank_of(vcpu, intid);
	arch_lock(&vm->vgic_lock);
	arch_lock(&vcpu->vgic_lock);
	if (intid < VGIC_PRIVATE) {
		bank->active &= ~bit;
	} else if ((bank->active & bit) && vm->owner[intid - VGIC_PRIVATE] == vcpu->index) {
		bank->active &= ~bit;
		vgic_spi_given_back(vcpu, intid - VGIC_PRIVATE);
	}
	arch_unlock(&vcpu->vgic_lock);
	arch_unlock(&vm->vgic_lock);
	vgic_work(vcpu, HYP_WORK_ALL);
}
