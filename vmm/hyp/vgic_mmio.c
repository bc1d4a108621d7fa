// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtual GICv3's memory-mapped registers (IHI 0069, 12.8 distributor, 12.9 to 12.11
 * redistributor), as a GIC with one security state (GICD_CTLR.DS = 1) and affinity routing (ARE =
 * 1), without LPIs and message-based SPIs. What is reserved, or accessed with a size that the
 * register does not have, reads as zero and ignores writes.
 */
#include "hyp.h"

/* Distributor */
#define GICD_CTLR	      0x0000
#define GICD_TYPER	      0x0004
#define GICD_IIDR	      0x0008
#define GICD_IROUTER	      0x6000
#define GICD_IROUTER_END      0x8000
#define CTLR_GROUPS	      3
#define CTLR_ARE	      ARM64_BIT(4)
#define CTLR_DS		      ARM64_BIT(6)
#define TYPER_ITLINES	      HYP_SPI_BANKS
#define TYPER_IDBITS	      (UINT32_C(9) << 19) /* INTIDs of 10 bits */
#define IIDR_VALUE	      0x6200043b	  /* product 'b', implementer Arm */
#define IROUTER_IRM	      ARM64_BIT(31)

/* In the distributor and, for INTIDs 0 to 31, in the redistributor's SGI frame */
#define IGROUPR		      0x080
#define ISENABLER	      0x100
#define ICENABLER	      0x180
#define ISPENDR		      0x200
#define ICPENDR		      0x280
#define ISACTIVER	      0x300
#define ICACTIVER	      0x380
#define IPRIORITYR	      0x400
#define IPRIORITYR_END	      0x800
#define ICFGR		      0xc00
#define ICFGR_END	      0xd00
#define PRIORITY_MASK	      0xf8 /* 5 bits are implemented */

/* Redistributor, RD frame */
#define GICR_CTLR	      0x0000
#define GICR_IIDR	      0x0004
#define GICR_TYPER	      0x0008
#define GICR_TYPER_HIGH	      0x000c
#define GICR_WAKER	      0x0014
#define TYPER_LAST	      ARM64_BIT(4)
#define WAKER_PROCESSOR_SLEEP 2u
#define WAKER_CHILDREN_ASLEEP 4u

/* Identification, last page of either */
#define PIDR_FIRST	      0xffd0

bool vgic_mmio_is(const struct hyp_vm *vm, uint64_t ipa)
{
	return ipa - VM_GICD_BASE < VM_GICD_SIZE ||
	       ipa - VM_GICR_BASE < vm->vcpu_count * VM_GICR_STRIDE;
}

/* PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR0 to CIDR3: an Arm GICv3. */
static uint32_t identification(uint32_t offset)
{
	static const uint8_t ids[] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

	return ids[(offset - PIDR_FIRST) / 4];
}

/* 32 interrupts: registers that both frames have.
 * -------------------------------------------------------------- */

/* Two bits for each of 16 interrupts, of which the upper one says "edge". */
static uint32_t config_read(const struct vgic_bank *bank, unsigned int half)
{
	uint32_t bits = (bank->edge >> (16 * half)) & 0xffff, value = 0;

	for (; bits; bits &= bits - 1)
		value |= 2u << (2 * __builtin_ctz(bits));
	return value;
}

static void config_write(struct vgic_bank *bank, unsigned int half, uint32_t value)
{
	for (unsigned int n = 0; n < 16; n++) {
		uint32_t bit = 1u << (16 * half + n);

		if (value & (2u << (2 * n)))
			bank->edge |= bit;
		else
			bank->edge &= ~bit;
	}
}

static uint32_t priority_read(const struct vgic_bank *bank, unsigned int first, unsigned int size)
{
	uint32_t value = 0;

	for (unsigned int i = size; i > 0; i--)
		value = value << 8 | bank->priority[first + i - 1];
	return value;
}

static void priority_write(struct vgic_bank *bank, unsigned int first, unsigned int size,
			   uint32_t value)
{
	for (unsigned int i = 0; i < size; i++, value >>= 8)
		bank->priority[first + i] = value & PRIORITY_MASK;
}

/* "reg" is the offset of the register's array, IGROUPR to ICACTIVER. */
static uint32_t bits_read(const struct vgic_bank *bank, uint32_t reg)
{
	if (reg == ISENABLER || reg == ICENABLER)
		return bank->enabled;
	if (reg == IGROUPR)
		return bank->group;
	if (reg == ISPENDR || reg == ICPENDR)
		return bank->latch | (bank->line & ~bank->edge);
	return bank->active;
}

static void bits_write(struct vgic_bank *bank, uint32_t reg, uint32_t bits)
{
	if (reg == ISENABLER)
		bank->enabled |= bits;
	else if (reg == ICENABLER)
		bank->enabled &= ~bits;
	else if (reg == IGROUPR)
		bank->group = bits;
	else if (reg == ISPENDR)
		bank->latch |= bits;
	else if (reg == ICPENDR)
		bank->latch &= ~bits;
	else if (reg == ISACTIVER)
		vgic_set_active(bank, bits);
	else
		bank->active &= ~bits;
}

/* Registers whose truth may be in list registers. */
static bool is_state(uint32_t offset)
{
	return offset >= ISPENDR && offset < IPRIORITYR;
}

static bool is_pending(uint32_t offset)
{
	return offset >= ISPENDR && offset < ISACTIVER;
}

/* Before the bank is written, with vcpu->vgic_lock: what the list registers of the vCPU will no
 * longer say. */
static void lr_write(struct hyp_vcpu *vcpu, unsigned int first, uint32_t offset, uint32_t bits)
{
	if (offset >= ICPENDR && offset < ISACTIVER)
		vgic_lr_drop_pending(vcpu, first, bits);
	else if (offset >= ISACTIVER && offset < IPRIORITYR)
		vgic_lr_overrule_active(vcpu, first, bits);
}

/* Interrupts that a write takes away from who has them: they are gone when it is done
 * (GICD_CTLR.RWP). */
static uint32_t withdrawn(uint32_t offset, uint32_t value)
{
	return offset >= ICENABLER && offset < ISPENDR ? value : 0;
}

/* A register of the arrays IGROUPR to ICFGR for bank "bank", at "offset" from IGROUPR's frame. */
static bool bank_read(const struct vgic_bank *bank, uint32_t offset, unsigned int size,
		      uint64_t *value)
{
	if (offset >= IPRIORITYR && offset < IPRIORITYR_END) {
		if (size == 1 || size == 4)
			*value = priority_read(bank, offset % 32, size);
		return size == 1 || size == 4;
	}
	if (size != 4)
		return false;
	if (offset >= ICFGR && offset < ICFGR_END)
		*value = config_read(bank, (offset / 4) % 2);
	else if (offset >= IGROUPR && offset < IPRIORITYR)
		*value = bits_read(bank, offset & ~0x7fu);
	else
		return false;
	return true;
}

static bool bank_write(struct vgic_bank *bank, uint32_t offset, unsigned int size, uint32_t value)
{
	if (offset >= IPRIORITYR && offset < IPRIORITYR_END) {
		if (size != 1 && size != 4)
			return false;
		priority_write(bank, offset % 32, size, value);
		return true;
	}
	if (size != 4)
		return false;
	if (offset >= ICFGR && offset < ICFGR_END)
		config_write(bank, (offset / 4) % 2, value);
	else if (offset >= IGROUPR && offset < IPRIORITYR)
		bits_write(bank, offset & ~0x7fu, value);
	else
		return false;
	return true;
}

/* Which 32 interrupts an offset of the arrays is about. */
static unsigned int offset_bank(uint32_t offset)
{
	if (offset >= ICFGR)
		return (offset - ICFGR) / 8;
	if (offset >= IPRIORITYR)
		return (offset - IPRIORITYR) / 32;
	return (offset % 0x80) / 4;
}

/* Edges that are in list registers of a vCPU that runs, of INTIDs first to first + 31. */
static uint32_t latched(struct hyp_vcpu *vcpu, unsigned int first)
{
	uint32_t bits;

	arch_lock(&vcpu->vgic_lock);
	bits = vgic_lr_latched(vcpu, first);
	arch_unlock(&vcpu->vgic_lock);
	return bits;
}

/* Distributor
 * ---------------------------------------------------------------------------------------------------
 */

static uint64_t router_read(const struct hyp_vm *vm, unsigned int spi)
{
	uint32_t affinity = vm->router[spi];
	uint64_t irm = (vm->bank[spi / 32].irm >> (spi % 32)) & 1;

	return (uint64_t)(affinity >> 24) << 32 | irm << 31 | (affinity & 0xffffff);
}

static void router_write(struct hyp_vm *vm, unsigned int spi, uint64_t value)
{
	uint32_t bit = 1u << (spi % 32);

	vm->router[spi] = (uint32_t)((value >> 32) & 0xff) << 24 | (value & 0xffffff);
	if (value & IROUTER_IRM)
		vm->bank[spi / 32].irm |= bit;
	else
		vm->bank[spi / 32].irm &= ~bit;
}

/* GICD_IROUTERn: 64 bits, or either half. */
static uint64_t irouter_read(const struct hyp_vm *vm, uint32_t offset, unsigned int size)
{
	unsigned int intid = (offset - GICD_IROUTER) / 8;
	uint64_t value;

	if (intid < 32 || intid > HYP_SPI_LAST || size < 4)
		return 0;
	value = router_read(vm, intid - 32);
	return size == 8 ? value : (uint32_t)(value >> (8 * (offset & 4)));
}

static void irouter_write(struct hyp_vm *vm, uint32_t offset, unsigned int size, uint64_t value)
{
	unsigned int intid = (offset - GICD_IROUTER) / 8;
	unsigned int shift = 8 * (offset & 4);

	if (size < 4)
		return;
	if (size == 4)
		value = (router_read(vm, intid - 32) & ~(UINT64_C(0xffffffff) << shift)) |
			(value & 0xffffffff) << shift;
	router_write(vm, intid - 32, value);
}

/* Edges that are in list registers of vCPUs that run, of SPIs first to first + 31. */
static uint32_t spis_latched(struct hyp_vm *vm, unsigned int first)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; i < vm->vcpu_count; i++)
		bits |= vm_vcpu(vm, i) ? latched(vm_vcpu(vm, i), first) : 0;
	return bits;
}

static void distributor_read(struct hyp_vcpu *vcpu, uint32_t offset, unsigned int size,
			     uint64_t *value)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	unsigned int bank;

	if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
		*value = irouter_read(vm, offset, size);
	} else if (offset >= IGROUPR && offset < ICFGR_END) {
		bank = offset_bank(offset);
		if (bank == 0 || bank > HYP_SPI_BANKS)
			return;
		if (is_state(offset))
			vgic_sync(vcpu, ~0u);
		if (bank_read(&vm->bank[bank - 1], offset, size, value) && is_pending(offset))
			*value |= spis_latched(vm, 32 * bank);
	} else if (size != 4) {
		return;
	} else if (offset == GICD_CTLR) {
		*value = vm->gicd_ctlr | CTLR_ARE | CTLR_DS;
	} else if (offset == GICD_TYPER) {
		*value = TYPER_ITLINES | TYPER_IDBITS;
	} else if (offset == GICD_IIDR) {
		*value = IIDR_VALUE;
	} else if (offset >= PIDR_FIRST) {
		*value = identification(offset);
	}
}

/* With vm->vgic_lock: before active or pending state of SPIs is written. */
static void spi_state_write(struct hyp_vm *vm, unsigned int bank, uint32_t offset, uint32_t bits)
{
	if (offset >= ISACTIVER && offset < ICACTIVER)
		vgic_spis_set_active(vm, bank, bits);
	for (unsigned int i = 0; i < vm->vcpu_count; i++) {
		struct hyp_vcpu *vcpu = vm_vcpu(vm, i);

		if (vcpu == NULL)
			continue;
		arch_lock(&vcpu->vgic_lock);
		lr_write(vcpu, 32 * (bank + 1), offset, bits);
		arch_unlock(&vcpu->vgic_lock);
	}
}

/* A register of the arrays of SPIs, or of GICD_IROUTERn. */
static uint32_t spis_write(struct hyp_vcpu *vcpu, unsigned int bank, uint32_t offset,
			   unsigned int size, uint64_t value)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	uint32_t wake, holders;

	arch_lock(&vm->vgic_lock);
	if (offset >= GICD_IROUTER)
		irouter_write(vm, offset, size, value);
	else if (is_state(offset) && size == 4)
		spi_state_write(vm, bank, offset, (uint32_t)value);
	if (offset < GICD_IROUTER)
		bank_write(&vm->bank[bank], offset, size, (uint32_t)value);
	holders = vgic_holders(vm, bank, withdrawn(offset, (uint32_t)value));
	wake = vgic_bank_changed(vm, bank);
	arch_unlock(&vm->vgic_lock);
	vgic_sync(vcpu, holders);
	return wake;
}

static uint32_t gicd_ctlr_write(struct hyp_vcpu *vcpu, uint32_t value)
{
	struct hyp_vm *vm = vcpu_vm(vcpu);
	uint32_t wake, before;

	arch_lock(&vm->vgic_lock);
	before = vm->gicd_ctlr;
	vm->gicd_ctlr = value & CTLR_GROUPS;
	wake = vgic_all_changed(vm);
	arch_unlock(&vm->vgic_lock);
	if (before & ~value & CTLR_GROUPS)
		vgic_sync(vcpu, ~0u);
	return wake;
}

static uint32_t distributor_write(struct hyp_vcpu *vcpu, uint32_t offset, unsigned int size,
				  uint64_t value)
{
	unsigned int bank = 0;

	if (offset == GICD_CTLR)
		return size == 4 ? gicd_ctlr_write(vcpu, (uint32_t)value) : 0;
	if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END)
		bank = (offset - GICD_IROUTER) / (8 * 32);
	else if (offset >= IGROUPR && offset < ICFGR_END)
		bank = offset_bank(offset);
	return bank >= 1 && bank <= HYP_SPI_BANKS ? spis_write(vcpu, bank - 1, offset, size, value)
						  : 0;
}

/* Redistributor
 * ---------------------------------------------------------------------------------------------------
 */

static uint64_t gicr_typer(const struct hyp_vm *vm, const struct hyp_vcpu *vcpu)
{
	uint64_t last = vcpu->index + 1 == vm->vcpu_count ? TYPER_LAST : 0;

	return (uint64_t)vcpu->index << 32 | (uint64_t)vcpu->index << 8 | last;
}

static uint64_t rd_frame_read(const struct hyp_vm *vm, const struct hyp_vcpu *target,
			      uint32_t offset, unsigned int size)
{
	if (offset == GICR_TYPER)
		return size == 8   ? gicr_typer(vm, target)
		       : size == 4 ? (uint32_t)gicr_typer(vm, target)
				   : 0;
	if (size != 4)
		return 0;
	if (offset == GICR_TYPER_HIGH)
		return gicr_typer(vm, target) >> 32;
	if (offset == GICR_IIDR)
		return IIDR_VALUE;
	if (offset == GICR_WAKER)
		return target->gicr_waker;
	return offset >= PIDR_FIRST ? identification(offset) : 0;
}

static void redistributor_read(struct hyp_vcpu *vcpu, struct hyp_vcpu *target, uint32_t offset,
			       unsigned int size, uint64_t *value)
{
	if (offset < GICR_SGI_FRAME) {
		*value = rd_frame_read(vcpu_vm(vcpu), target, offset, size);
		return;
	}
	offset -= GICR_SGI_FRAME;
	if (offset >= PIDR_FIRST && size == 4)
		*value = identification(offset);
	if (offset < IGROUPR || offset >= ICFGR_END || offset_bank(offset) != 0)
		return;
	if (is_state(offset)) {
		vgic_sync(vcpu, 1u << target->index);
		if (target == vcpu && vgic_is_resident(vcpu)) {
			vgic_set_line(vcpu, VM_PPI_VTIMER, timer_virtual_line());
			if (vcpu->bank.line & (1u << VM_PPI_PMU))
				pmu_refresh(vcpu);
		}
	}
	if (bank_read(&target->bank, offset, size, value) && is_pending(offset))
		*value |= latched(target, 0);
}

static uint32_t sgi_frame_write(struct hyp_vcpu *vcpu, struct hyp_vcpu *target, uint32_t offset,
				unsigned int size, uint32_t value)
{
	uint32_t wake;
	bool written;

	if (offset < IGROUPR || offset >= ICFGR_END || offset_bank(offset) != 0 || offset == ICFGR)
		return 0;
	arch_lock(&target->vgic_lock);
	if (size == 4)
		lr_write(target, 0, offset, value);
	written = bank_write(&target->bank, offset, size, value);
	arch_unlock(&target->vgic_lock);
	wake = written ? vgic_private_changed(target) : 0;
	if (withdrawn(offset, value) && target != vcpu)
		vgic_sync(vcpu, 1u << target->index);
	return wake;
}

static uint32_t redistributor_write(struct hyp_vcpu *vcpu, struct hyp_vcpu *target, uint32_t offset,
				    unsigned int size, uint64_t value)
{
	if (offset >= GICR_SGI_FRAME)
		return sgi_frame_write(vcpu, target, offset - GICR_SGI_FRAME, size,
				       (uint32_t)value);
	if (offset == GICR_WAKER && size == 4)
		target->gicr_waker = (value & WAKER_PROCESSOR_SLEEP)
					     ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP
					     : 0;
	return 0;
}

/* -----------------------------------------------------------------------------------------------------------------
 */

static struct hyp_vcpu *redistributor_of(const struct hyp_vm *vm, uint64_t ipa)
{
	return vm_vcpu(vm, (unsigned int)((ipa - VM_GICR_BASE) / VM_GICR_STRIDE));
}

/* ipa is in the virtual GIC (vgic_mmio_is). The value is zero-extended. */
uint32_t vgic_mmio_read(struct hyp_vcpu *vcpu, uint64_t ipa, unsigned int size, uint64_t *value)
{
	struct hyp_vcpu *target;

	*value = 0;
	if (ipa & (size - 1))
		return 0;
	if (ipa - VM_GICD_BASE < VM_GICD_SIZE) {
		distributor_read(vcpu, (uint32_t)(ipa - VM_GICD_BASE), size, value);
		return 0;
	}
	target = redistributor_of(vcpu_vm(vcpu), ipa);
	if (target)
		redistributor_read(vcpu, target, (ipa - VM_GICR_BASE) % VM_GICR_STRIDE, size,
				   value);
	return 0;
}

uint32_t vgic_mmio_write(struct hyp_vcpu *vcpu, uint64_t ipa, unsigned int size, uint64_t value)
{
	struct hyp_vcpu *target;

	if (ipa & (size - 1))
		return 0;
	if (ipa - VM_GICD_BASE < VM_GICD_SIZE)
		return distributor_write(vcpu, (uint32_t)(ipa - VM_GICD_BASE), size, value);
	target = redistributor_of(vcpu_vm(vcpu), ipa);
	return target ? redistributor_write(vcpu, target, (ipa - VM_GICR_BASE) % VM_GICR_STRIDE,
					    size, value)
		      : 0;
}
