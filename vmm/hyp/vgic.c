// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtual GICv3's state, who is told when it changes, and where interrupts come from: lines and
 * SGIs (IHI 0069, 4.5 to 4.8). How they are delivered is in vgic_lr.c, vgic_choose.c, vgic_fold.c.
 *
 * The state of each interrupt is in a struct vgic_bank: of SGIs and PPIs in the vCPU's, of SPIs in
 * the VM's. An interrupt that a list register holds has its "inflight" bit set; then the list
 * register is right about "pending" and "active", until it is read back (folded). Outside the guest
 * nothing is in flight.
 *
 * Locks: hyp_vm.vgic_lock for the VM's banks, then hyp_vcpu.vgic_lock for the vCPU's bank and list
 * registers.
 */
#include "vgic.h"

/* Asks the vCPU to look at its list registers before the guest goes on: HYP_WORK_*. Any lock or
 * none. */
void vgic_work(struct hyp_vcpu *vcpu, uint32_t work)
{
	__atomic_fetch_or(&vcpu->irq_work, work, __ATOMIC_RELEASE); /* spi_summary is seen before */
}

/* With vcpu->vgic_lock. There is something new for the vCPU. Returns its bit if the host must wake
 * it. */
uint32_t vgic_notify_locked(struct hyp_vcpu *vcpu, uint32_t work)
{
	uint32_t state;

	vgic_work(vcpu, work);
	__atomic_store_n(&vcpu->wake, 1,
			 __ATOMIC_RELEASE); /* a WFI that clears it after this finds irq_work */
	arch_mb(); /* pairs with run_prepare() and with the driver before it sleeps */
	state = __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE);
	if (state == HYP_STATE_OUTSIDE)
		return 0;
	if (state == HYP_STATE_GUEST) {
		if (vcpu_cpu(vcpu) == this_cpu())
			return 0;
		if (!kick_locked(vcpu))
			return 0;
	} else if (kick_sleeper(vcpu)) {
		return 0;
	}
	return 1u << vcpu->index;
}

static uint32_t notify(struct hyp_vcpu *vcpu, uint32_t work)
{
	uint32_t wake;

	arch_lock(&vcpu->vgic_lock);
	wake = vgic_notify_locked(vcpu, work);
	arch_unlock(&vcpu->vgic_lock);
	return wake;
}

/* The vCPU that an SPI goes to: who has it in hand, else where it is routed; 1 of N goes to one
 * that is running. */
static struct hyp_vcpu *spi_target(struct hyp_vm *vm, unsigned int spi)
{
	struct vgic_bank *bank = &vm->bank[spi / 32];
	uint32_t bit = 1u << (spi % 32);
	struct hyp_vcpu *any = NULL;

	if ((bank->inflight | bank->active) & bit)
		return vm->owner[spi] == VGIC_NOBODY ? NULL : vm_vcpu(vm, vm->owner[spi]);
	if (!(bank->irm & bit))
		return vm->router[spi] < vm->vcpu_count ? vm_vcpu(vm, vm->router[spi]) : NULL;
	for (unsigned int i = 0; i < vm->vcpu_count; i++) {
		struct hyp_vcpu *vcpu = vm_vcpu(vm, i);

		if (vcpu == NULL || (vcpu->gicr_waker & 2))
			continue;
		if (vcpu->state == HYP_STATE_GUEST)
			return vcpu;
		any = any ? any : vcpu;
	}
	return any;
}

/* With vm->vgic_lock: whether an SPI bank holds something to deliver. */
void vgic_summary_update(struct hyp_vm *vm, unsigned int bank)
{
	struct vgic_bank *b = &vm->bank[bank];

	if ((vgic_deliverable(vm, b) | b->active) & ~b->inflight)
		vm->spi_summary |= 1u << bank;
	else
		vm->spi_summary &= ~(1u << bank);
}

/* With vm->vgic_lock: the bits of an SPI bank changed in a way that may matter to those vCPUs. */
uint32_t vgic_notify_spis(struct hyp_vm *vm, unsigned int bank, uint32_t bits, uint32_t work)
{
	uint32_t wake = 0;

	vgic_summary_update(vm, bank);
	for (; bits; bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);
		struct hyp_vcpu *target = spi_target(vm, bank * 32 + n);

		if (target)
			wake |= notify(target, work);
	}
	return wake;
}

/* With vm->vgic_lock: registers of the bank were written. */
uint32_t vgic_bank_changed(struct hyp_vm *vm, unsigned int bank)
{
	struct vgic_bank *b = &vm->bank[bank];

	return vgic_notify_spis(vm, bank, vgic_deliverable(vm, b) | b->inflight | b->active,
				HYP_WORK_ALL);
}

/* Registers of the vCPU's private bank were written. No lock held. */
uint32_t vgic_private_changed(struct hyp_vcpu *vcpu)
{
	return notify(vcpu, HYP_WORK_ALL);
}

/* With vm->vgic_lock: GICD_CTLR was written. */
uint32_t vgic_all_changed(struct hyp_vm *vm)
{
	uint32_t wake = 0;

	for (unsigned int i = 0; i < HYP_SPI_BANKS; i++)
		vgic_summary_update(vm, i);
	for (unsigned int i = 0; i < vm->vcpu_count; i++)
		if (vm_vcpu(vm, i))
			wake |= notify(vm_vcpu(vm, i), HYP_WORK_ALL);
	return wake;
}

/* A line changes: returns whether somebody should look. */
static bool line_update(struct vgic_bank *bank, uint32_t bit, bool level)
{
	bool rose = level && !(bank->line & bit);

	if (!level) {
		bank->line &= ~bit;
		return false;
	}
	bank->line |= bit;
	if (rose && (bank->edge & bit))
		bank->latch |= bit;
	return rose;
}

/* What there is to do for an interrupt whose line rose: a list register that holds it may lack the
 * EOI bit. Not so for an edge, which vgic_flush() finds in "latch", and for the virtual timer,
 * which has its own way. */
static uint32_t work_for(const struct vgic_bank *bank, uint32_t bit)
{
	return bank->inflight & ~bank->edge & bit ? HYP_WORK_ALL : HYP_WORK_NEW;
}

/* A private interrupt of the resident vCPU: the timers. A list register that holds it may have been
 * ended meanwhile, or lack the EOI bit, so it is looked at again even while it is in flight. */
void vgic_set_line(struct hyp_vcpu *vcpu, unsigned int intid, bool level)
{
	struct vgic_bank *bank = &vcpu->bank;
	uint32_t bit = 1u << intid;

	arch_lock(&vcpu->vgic_lock);
	if (!level && (bank->line & bank->inflight & bit))
		vgic_work(vcpu, HYP_WORK_ALL);
	line_update(bank, bit, level);
	if (level && (vgic_deliverable(vcpu_vm(vcpu), bank) & bit)) {
		vgic_work(vcpu, intid == VM_PPI_VTIMER ? HYP_WORK_NEW : work_for(bank, bit));
		__atomic_store_n(&vcpu->wake, 1, __ATOMIC_RELAXED);
	}
	arch_unlock(&vcpu->vgic_lock);
}

/* A line falls, of a level that a list register holds: if the guest has not acknowledged it, it
 * must not do so any more. */
static bool is_to_withdraw(const struct vgic_bank *bank, uint32_t bit, bool level)
{
	return !level && (bank->line & bank->inflight & ~bank->edge & bit);
}

static uint32_t inject_private(struct hyp_vcpu *vcpu, uint32_t bit, bool level)
{
	uint32_t wake = 0;
	bool withdraw;

	arch_lock(&vcpu->vgic_lock);
	withdraw = is_to_withdraw(&vcpu->bank, bit, level);
	if (line_update(&vcpu->bank, bit, level) &&
	    ((vgic_deliverable(vcpu_vm(vcpu), &vcpu->bank) | vcpu->bank.inflight) & bit))
		wake = vgic_notify_locked(vcpu, work_for(&vcpu->bank, bit));
	arch_unlock(&vcpu->vgic_lock);
	return withdraw ? vgic_withdraw(vcpu_vm(vcpu), 1u << vcpu->index) : wake;
}

/* HYP_CALL_IRQ: the host drives a line. Returns the mask of vCPUs to wake. Bad INTIDs are ignored.
 */
uint32_t vgic_inject(struct hyp_vm *vm, unsigned int intid, bool level, unsigned int vcpu)
{
	struct vgic_bank *bank;
	uint32_t wake = 0, holders = 0, bit = 1u << (intid % 32);

	if (intid < VGIC_PRIVATE)
		return vcpu < vm->vcpu_count && vm_vcpu(vm, vcpu) && intid >= 16
			       ? inject_private(vm_vcpu(vm, vcpu), bit, level)
			       : 0;
	if (intid / 32 > HYP_SPI_BANKS)
		return 0;
	arch_lock(&vm->vgic_lock);
	bank = &vm->bank[intid / 32 - 1];
	if (is_to_withdraw(bank, bit, level))
		holders = vgic_holders(vm, intid / 32 - 1, bit);
	if (line_update(bank, bit, level))
		wake = vgic_notify_spis(vm, intid / 32 - 1,
					(vgic_deliverable(vm, bank) | bank->inflight) & bit,
					bank->inflight & bit ? HYP_WORK_ALL : HYP_WORK_NEW);
	arch_unlock(&vm->vgic_lock);
	return holders ? vgic_withdraw(vm, holders) : wake;
}

/* Software generated interrupts.
 * ------------------------------------------------------------------------------- */

/* The SGI becomes pending at the target. Returns the target's bit if the host must wake it. */
static uint32_t sgi_to(struct hyp_vcpu *target, uint32_t bit, bool group1)
{
	struct vgic_bank *bank = &target->bank;
	uint32_t wake = 0;

	arch_lock(&target->vgic_lock);
	if (!(bank->group & bit) == !group1) {
		bank->latch |= bit;
		if (vgic_deliverable(vcpu_vm(target), bank) & bit)
			wake = vgic_notify_locked(target, HYP_WORK_NEW);
	}
	arch_unlock(&target->vgic_lock);
	return wake;
}

/* The SGI becomes pending at the resident vCPU that sends it. */
static void sgi_to_self(struct hyp_vcpu *vcpu, unsigned int sgi, bool group1)
{
	struct vgic_bank *bank = &vcpu->bank;
	uint32_t bit = 1u << sgi;

	arch_lock(&vcpu->vgic_lock);
	if (!(bank->group & bit) == !group1) {
		bool forwarded = bank->enabled & vgic_forwarded(vcpu_vm(vcpu), bank) & bit;

		if (!forwarded || !vgic_load_sgi(vcpu, sgi))
			bank->latch |= bit;
		if (forwarded && (bank->latch & bit))
			vgic_work(vcpu, HYP_WORK_NEW);
	}
	arch_unlock(&vcpu->vgic_lock);
}

/* The target list of a write to ICC_SGI1R_EL1: there are only vCPUs with affinity 0.0.0.n, n
 * below 16. */
static uint32_t sgi_targets(const struct hyp_vcpu *sender, uint64_t sgi1r)
{
	uint32_t all = (1u << vcpu_vm(sender)->vcpu_count) - 1;

	if (sgi1r & ICC_SGI1R_IRM)
		return all & ~(1u << sender->index);
	return sgi1r & ICC_SGI1R_HIGHER_AFFINITY ? 0 : sgi1r & all;
}

static __attribute__((noinline)) uint32_t sgi_to_list(struct hyp_vcpu *sender, uint32_t targets,
						      unsigned int sgi, bool group1)
{
	uint32_t wake = 0;

	for (; targets; targets &= targets - 1) {
		struct hyp_vcpu *target =
			vm_vcpu(vcpu_vm(sender), (unsigned int)__builtin_ctz(targets));

		if (target == sender)
			sgi_to_self(sender, sgi, group1);
		else if (target)
			wake |= sgi_to(target, 1u << sgi, group1);
	}
	return wake;
}

/* A write of ICC_SGI1R_EL1 (or ICC_SGI0R_EL1: group1 false); IHI 0069, 12.2.17. Returns the mask to
 * wake. */
uint32_t vgic_send_sgi(struct hyp_vcpu *sender, uint64_t sgi1r, bool group1)
{
	unsigned int sgi = (sgi1r >> 24) & 0xf;

	vcpu_count(sender, VMM_STAT_SGI_SENT);
	if ((sgi1r & ~ICC_SGI1R_INTID_MASK) != UINT64_C(1) << sender->index)
		return sgi_to_list(sender, sgi_targets(sender, sgi1r), sgi, group1);
	sgi_to_self(sender, sgi, group1);
	return 0;
}
