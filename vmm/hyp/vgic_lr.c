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

/* List registers back into the banks.
 * ------------------------------------------------------------------------ */

static bool is_routed_elsewhere(const struct hyp_vcpu *vcpu, unsigned int spi)
{
	const struct hyp_vm *vm = vcpu_vm(vcpu);

	return !(vm->bank[spi / 32].irm & (1u << (spi % 32))) && vm->router[spi] != vcpu->index;
}

/* An SPI that this vCPU had: whether it is to be delivered, and not to it, because the route has
 * changed. */
static bool is_for_another(const struct hyp_vcpu *vcpu, unsigned int spi)
{
	const struct hyp_vm *vm = vcpu_vm(vcpu);
	const struct vgic_bank *bank = &vm->bank[spi / 32];
	uint32_t pending = vgic_deliverable(vm, bank) & ~bank->active;

	return ((pending >> (spi % 32)) & 1) && is_routed_elsewhere(vcpu, spi);
}

/* The SPI is in no list register any more, and no longer this vCPU's unless it is active. */
static void spi_given_back(struct hyp_vcpu *vcpu, unsigned int spi)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);

	if (!(vm->bank[spi / 32].active & (1u << (spi % 32))))
		vm->owner[spi] = VGIC_NOBODY;
	vgic_summary_update(vm, spi / 32);
	if (is_for_another(vcpu, spi))
		vcpu->returned |= 1u << (spi / 32);
}

static void fold_state(struct hyp_vcpu *vcpu, unsigned int index, uint64_t lr)
{
	unsigned int intid = vcpu->lr_intid[index];
	struct vgic_bank *bank = vgic_bank_of(vcpu, intid);
	uint32_t bit = 1u << (intid % 32);

	bank->inflight &= ~bit;
	if (!(vcpu->lr_overruled & (1u << index)))
		bank->active = (lr & ICH_LR_ACTIVE) ? bank->active | bit : bank->active & ~bit;
	if ((lr & ICH_LR_PENDING) && (vcpu->lr_latch & (1u << index)))
		bank->latch |= bit;
	if (intid >= VGIC_PRIVATE)
		spi_given_back(vcpu, intid - VGIC_PRIVATE);
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

		if (bank->priority[n] < *priority) {
			*priority = bank->priority[n];
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
			spi_given_back(vcpu, 32 * (unsigned int)(bank - vm->bank) +
						     (unsigned int)__builtin_ctz(bit));
	}
}

/* With the locks. After it nothing of the vCPU is in flight; the list registers are not cleared. */
static void fold(struct hyp_vcpu *vcpu)
{
	unsigned int ended = (read_sysreg(ich_hcr_el2) >> ICH_HCR_EOICOUNT_SHIFT) & 0x1f;

	/* With EOImode 1 the guest names what it ends: see vgic_deactivate(). */
	if (ended && vcpu->active_overflow && !(read_sysreg(ich_vmcr_el2) & ICH_VMCR_VEOIM))
		fold_overflowed(vcpu, ended);
	for (uint32_t used = vcpu->lr_used; used; used &= used - 1)
		fold_one(vcpu, (unsigned int)__builtin_ctz(used));
}

/* Banks into list registers.
 * ---------------------------------------------------------------------------------- */

/* The best candidates so far, best first. A key orders by priority, then active before pending,
 * then INTID. */
struct choice {
	unsigned int count, limit;
	bool active_overflow;
	uint32_t waiting; /* best pending one that found no room */
	uint32_t key[HYP_MAX_LRS];
};

#define KEY_PENDING    0x8000
#define KEY_NONE       UINT32_MAX
#define KEY_INTID(key) ((key)&0x3ff)

static void choice_dropped(struct choice *choice, uint32_t key)
{
	if (!(key & KEY_PENDING))
		choice->active_overflow = true;
	else if (key < choice->waiting)
		choice->waiting = key;
}

static void choice_add(struct choice *choice, uint32_t key)
{
	unsigned int i = choice->count;

	if (i == choice->limit) {
		if (key > choice->key[--i]) {
			choice_dropped(choice, key);
			return;
		}
		choice_dropped(choice, choice->key[i]);
	} else {
		choice->count++;
	}
	for (; i > 0 && choice->key[i - 1] > key; i--)
		choice->key[i] = choice->key[i - 1];
	choice->key[i] = key;
}

/* One that waits gets the room of an active one if nothing chosen is pending: the guest can end an
 * active interrupt without its list register but not acknowledge one, and NPIE would be raised for
 * ever. */
static void choice_keep_pending(struct choice *choice)
{
	if (choice->waiting == KEY_NONE)
		return;
	for (unsigned int i = 0; i < choice->count; i++)
		if (choice->key[i] & KEY_PENDING)
			return;
	choice->key[choice->count - 1] = choice->waiting;
	choice->active_overflow = true;
}

static void choice_add_bits(struct choice *choice, const struct vgic_bank *bank, uint32_t bits,
			    unsigned int first)
{
	for (; bits; bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);
		uint32_t kind = (bank->active >> n) & 1 ? 0 : KEY_PENDING;

		choice_add(choice, (uint32_t)bank->priority[n] << 16 | kind | (first + n));
	}
}

/* Of an SPI bank, what this vCPU may take. */
static uint32_t spis_for(const struct hyp_vm *vm, unsigned int bank, const struct hyp_vcpu *vcpu)
{
	const struct vgic_bank *b = &vm->bank[bank];
	uint32_t mine = 0;

	for (uint32_t bits = (vgic_deliverable(vm, b) | b->active) & ~b->inflight; bits;
	     bits &= bits - 1) {
		unsigned int n = (unsigned int)__builtin_ctz(bits);
		unsigned int spi = bank * 32 + n;
		uint32_t bit = 1u << n;

		if (b->active & bit)
			mine |= vm->owner[spi] == vcpu->index ? bit : 0;
		else if ((b->irm & bit) || vm->router[spi] == vcpu->index)
			mine |= bit;
	}
	return mine;
}

static void choose(struct choice *choice, struct hyp_vcpu *vcpu, bool spis)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);

	choice_add_bits(
		choice, &vcpu->bank,
		(vgic_deliverable(vm, &vcpu->bank) | vcpu->bank.active) & ~vcpu->bank.inflight, 0);
	for (uint32_t banks = spis ? vm->spi_summary : 0; banks; banks &= banks - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(banks);

		choice_add_bits(choice, &vm->bank[i], spis_for(vm, i, vcpu), 32 * (i + 1));
	}
}

/* The virtual timer: its physical interrupt must be active while a list register with the HW bit
 * refers to it. */
static uint64_t hardware_bits(struct hyp_vcpu *vcpu)
{
	mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ISACTIVER0, 1u << hyp_config.vtimer_ppi);
	vcpu->vtimer_active = 1;
	return ICH_LR_HW | (uint64_t)hyp_config.vtimer_ppi << ICH_LR_PINTID_SHIFT;
}

/* Of an active interrupt: whether it is also pending in the list register, so that it comes again
 * at once when the guest ends it. Not the virtual timer, and not what is for another vCPU by then.
 */
static bool is_pending_again(const struct hyp_vcpu *vcpu, const struct vgic_bank *bank,
			     unsigned int intid)
{
	if (!((bank->latch & vgic_deliverable(vcpu_vm(vcpu), bank)) & (1u << (intid % 32))))
		return false;
	return intid != VM_PPI_VTIMER &&
	       (intid < VGIC_PRIVATE || !is_routed_elsewhere(vcpu, intid - VGIC_PRIVATE));
}

static uint64_t lr_value(struct hyp_vcpu *vcpu, struct vgic_bank *bank, unsigned int intid)
{
	unsigned int n = intid % 32;
	uint32_t bit = 1u << n;
	uint64_t lr = intid | (uint64_t)bank->priority[n] << ICH_LR_PRIORITY_SHIFT;

	if (bank->group & bit)
		lr |= ICH_LR_GROUP;
	if (!(bank->active & bit))
		lr |= ICH_LR_PENDING;
	else
		lr |= ICH_LR_ACTIVE | (is_pending_again(vcpu, bank, intid) ? ICH_LR_PENDING : 0);
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

/* The virtual timer's line is in the CPU; what we noted may be old. */
static void refresh_virtual_timer(struct hyp_vcpu *vcpu)
{
	uint32_t bit = 1u << VM_PPI_VTIMER;

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
	struct choice choice = { .limit = (unsigned int)vcpu_cpu(vcpu)->lr_count,
				 .waiting = KEY_NONE };
	uint64_t hcr = ICH_HCR_EN;

	refresh_virtual_timer(vcpu);
	choose(&choice, vcpu, spis);
	choice_keep_pending(&choice);
	for (uint32_t unused = vcpu->lr_used & ~((1u << choice.count) - 1); unused;
	     unused &= unused - 1)
		arch_write_lr((unsigned int)__builtin_ctz(unused), 0);
	vcpu->lr_used = (1u << choice.count) - 1;
	vcpu->lr_latch = vcpu->lr_overruled = vcpu->lr_spi = 0;
	for (unsigned int i = 0; i < choice.count; i++)
		load_one(vcpu, i, KEY_INTID(choice.key[i]));
	vcpu->active_overflow = choice.active_overflow;
	vcpu->overflow = choice.active_overflow || choice.waiting != KEY_NONE;
	if (choice.waiting != KEY_NONE)
		hcr |= ICH_HCR_NPIE;
	if (choice.active_overflow)
		hcr |= ICH_HCR_LRENPIE |
		       (read_sysreg(ich_vtr_el2) & ICH_VTR_TDS ? ICH_HCR_TDIR : 0);
	write_sysreg(ich_hcr_el2, hcr);
}

static bool lock_for_list_registers(struct hyp_vcpu *vcpu)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	bool spis = vcpu->lr_spi || vcpu->active_overflow ||
		    __atomic_load_n(&vm->spi_summary, __ATOMIC_RELAXED);

	if (spis)
		arch_lock(&vm->vgic_lock);
	arch_lock(&vcpu->vgic_lock);
	return spis;
}

static void unlock_list_registers(struct hyp_vcpu *vcpu, bool spis)
{
	arch_unlock(&vcpu->vgic_lock);
	if (spis)
		arch_unlock(&vcpu_vm(vcpu)->vgic_lock);
}

/* As fold_state() for list registers that the guest has ended and that hold private interrupts. */
static void fold_ended_private(struct hyp_vcpu *vcpu, uint32_t ended)
{
	uint32_t bits = 0;

	for (uint32_t left = ended; left; left &= left - 1)
		bits |= 1u << vcpu->lr_intid[__builtin_ctz(left)];
	vcpu->bank.inflight &= ~bits;
	vcpu->bank.active &= ~bits;
	vcpu->lr_used &= ~ended;
	vcpu->lr_latch &= ~ended;
}

/* List registers that the guest has done with are free again. */
static void fold_ended(struct hyp_vcpu *vcpu)
{
	uint32_t ended;

	if (vcpu->lr_used == 0)
		return;
	ended = (uint32_t)arch_empty_lrs() & vcpu->lr_used;
	if (!(vcpu->lr_spi | vcpu->lr_overruled)) {
		fold_ended_private(vcpu, ended);
		return;
	}
	for (uint32_t bits = ended; bits; bits &= bits - 1)
		fold_state(vcpu, (unsigned int)__builtin_ctz(bits), 0);
	vcpu->lr_used &= ~ended;
	vcpu->lr_latch &= ~ended;
	vcpu->lr_overruled &= ~ended;
	vcpu->lr_spi &= ~ended;
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
	refresh_virtual_timer(vcpu);
	if (bank->latch & bank->inflight)
		return false; /* an edge while it is being handled: pending and active */
	if (!load_bits(vcpu, (vgic_deliverable(vm, bank) | bank->active) & ~bank->inflight, 0))
		return false;
	for (uint32_t banks = spis ? vm->spi_summary : 0; banks; banks &= banks - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(banks);

		if (!load_bits(vcpu, spis_for(vm, i, vcpu), 32 * (i + 1)))
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
	bool spis = lock_for_list_registers(vcpu);

	if (work != HYP_WORK_NEW || vcpu->overflow || !load_beside(vcpu, spis)) {
		fold(vcpu);
		load(vcpu, spis);
	}
	unlock_list_registers(vcpu, spis);
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
	fold_ended_private(vcpu, (uint32_t)arch_empty_lrs() & vcpu->lr_used);
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

/* Reads the resident vCPU's list registers back, so that the banks are right; they are loaded again
 * by vgic_flush(). */
void vgic_fold_self(struct hyp_vcpu *vcpu)
{
	bool spis;

	if (vcpu->lr_used == 0)
		return;
	spis = lock_for_list_registers(vcpu);
	fold(vcpu);
	for (uint32_t used = vcpu->lr_used; used; used &= used - 1)
		arch_write_lr((unsigned int)__builtin_ctz(used), 0);
	vcpu->lr_used = vcpu->lr_latch = vcpu->lr_overruled = vcpu->lr_spi = 0;
	vcpu->overflow = 0;
	write_sysreg(ich_hcr_el2, ICH_HCR_EN);
	vgic_work(vcpu, HYP_WORK_NEW);
	unlock_list_registers(vcpu, spis);
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
		spi_given_back(vcpu, intid - VGIC_PRIVATE);
	}
	arch_unlock(&vcpu->vgic_lock);
	arch_unlock(&vm->vgic_lock);
	vgic_work(vcpu, HYP_WORK_ALL);
}

/* Entering and leaving.
 * --------------------------------------------------------------------------------------- */

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

static void unlock_mine(uint32_t *lock)
{
	if (__atomic_load_n(lock, __ATOMIC_RELAXED) == arch_lock_mine())
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
	spis = lock_for_list_registers(vcpu);
	refresh_virtual_timer(vcpu);
	signals = bank_signals(&vcpu->bank, vgic_deliverable(vm, &vcpu->bank), vmcr);
	for (unsigned int i = 0; spis && !signals && i < HYP_SPI_BANKS; i++)
		signals = bank_signals(&vm->bank[i], spis_for(vm, i, vcpu), vmcr);
	unlock_list_registers(vcpu, spis);
	vgic_work(vcpu, HYP_WORK_NEW);
	return !signals;
}
