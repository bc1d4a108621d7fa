// SPDX-License-Identifier: BSD-2-Clause
/* Accesses to devices: see access.h. */
#include "vcpu.h"
#include "aarch32.h"
#include "access32.h"
#include "arm64.h"
#include "el2.h"

static inline bool in_vgic(uint64_t ipa)
{
	return ipa - VM_GICD_BASE < VM_GICD_SIZE || ipa - VM_GICR_BASE < VM_GICR_SIZE;
}

/* The value of a register in a store or an address: 31 is zero. */
static inline uint64_t read_x(const struct hyp_vcpu *hyp, unsigned int number)
{
	return number < 31 ? hyp->x[number] : 0;
}

static inline void write_x(struct hyp_vcpu *hyp, unsigned int number, uint64_t value)
{
	if (number < 31)
		hyp->x[number] = value;
}

/* The stack pointer in use (Arm ARM D1.3.2, PSTATE.SP). */
static uint64_t *stack_pointer(struct hyp_vcpu *hyp)
{
	bool own = (hyp->pstate & PSR_MODE_MASK) == PSR_MODE_EL1H;

	return &hyp->sys[own ? HYP_SP_EL1 : HYP_SP_EL0];
}

static uint64_t truncate(uint64_t value, unsigned int size_log2)
{
	return size_log2 >= 3 ? value : value & ((UINT64_C(1) << (8u << size_log2)) - 1);
}

/* What a general-purpose register gets from a load. */
static uint64_t extend(const struct decoded *op, uint64_t value)
{
	unsigned int unused = op->size_log2 >= 3 ? 0 : 64 - (8u << op->size_log2);

	value <<= unused;
	value = op->sign ? (uint64_t)((int64_t)value >> unused) : value >> unused;
	return op->wide ? value : (uint32_t)value;
}

/* Steps of an element: a quadword takes two. */
static inline unsigned int steps_of_element(const struct decoded *op)
{
	return op->size_log2 == 4 ? 2 : 1;
}

static void load_element(struct hyp_vcpu *hyp, const struct access *access, unsigned int element)
{
	const uint64_t *data = &access->data[element * steps_of_element(&access->op)];
	unsigned int number = element ? access->op.rt2 : access->op.rt;

	if (!access->op.fp) {
		write_x(hyp, number, extend(&access->op, *data));
		return;
	}
	hyp->fp.v[2 * number] = truncate(data[0], access->op.size_log2);
	hyp->fp.v[2 * number + 1] = access->op.size_log2 == 4 ? data[1] : 0;
}

static void store_element(const struct hyp_vcpu *hyp, struct access *access, unsigned int element)
{
	uint64_t *data = &access->data[element * steps_of_element(&access->op)];
	unsigned int number = element ? access->op.rt2 : access->op.rt;

	if (!access->op.fp) {
		*data = truncate(read_x(hyp, number), access->op.size_log2);
		return;
	}
	data[0] = truncate(hyp->fp.v[2 * number], access->op.size_log2);
	if (access->op.size_log2 == 4)
		data[1] = hyp->fp.v[2 * number + 1];
}

/* Writes registers when all steps are done, and steps over the instruction. */
static void finish(struct vcpu *vcpu)
{
	struct access *access = &vcpu->access;
	struct decoded *op = &access->op;
	struct hyp_vcpu *hyp = vcpu->hyp;
	unsigned int element;

	if (access->aarch32) {
		access32_finish(hyp, access);
		return;
	}
	/* The base first: a register that is loaded and written back holds what was loaded, as on
	 * most cores. */
	if (op->writeback && op->rn == 31)
		*stack_pointer(hyp) = access->address;
	else if (op->writeback)
		write_x(hyp, op->rn, access->address);
	for (element = 0; op->kind == DECODE_LOAD && element < op->count; element++)
		load_element(hyp, access, element);
	if (op->kind == DECODE_ATOMIC)
		write_x(hyp, op->rt, truncate(access->data[0], op->size_log2));
	else if (op->kind == DECODE_COMPARE)
		write_x(hyp, op->rs, truncate(access->data[0], op->size_log2));
	if (op->status != DECODE_NO_REGISTER)
		write_x(hyp, op->status, 0);
	vcpu_skip(vcpu);
}

static inline bool step_writes(const struct access *access)
{
	switch (access->op.kind) {
	case DECODE_LOAD:
		return false;
	case DECODE_ATOMIC:
	case DECODE_COMPARE:
		return access->step == 1;
	default:
		return true;
	}
}

/* The value that a write step writes. */
static uint64_t step_data(const struct access *access)
{
	return access->op.kind == DECODE_ZERO ? 0 : access->data[access->step];
}

/* A step is done; a read has its value. Read-modify-write instructions work out what they write. */
static void step_done(struct vcpu *vcpu, bool write, uint64_t data)
{
	struct access *access = &vcpu->access;
	const struct decoded *op = &access->op;

	if (!write)
		access->data[access->step] = data;
	access->step++;
	if (write || op->kind == DECODE_LOAD)
		return;
	if (op->kind == DECODE_ATOMIC)
		access->data[1] = decode_compute((enum decode_atomic)op->atomic, data,
						 read_x(vcpu->hyp, op->rs), op->size_log2);
	else if (truncate(data ^ read_x(vcpu->hyp, op->rs), op->size_log2))
		access->steps = 1;
	else
		access->data[1] = truncate(read_x(vcpu->hyp, op->rt), op->size_log2);
}

static int step_in_vgic(struct vcpu *vcpu, uint64_t ipa, bool write)
{
	struct access *access = &vcpu->access;
	uint64_t data = write ? step_data(access) : 0;
	int error = el2_call(HYP_CALL_VGIC_MMIO, vcpu->hyp->self, ipa,
			     access->step_size | ((uint64_t)write << 8), data, &data);

	if (error)
		return error;
	vm_wake(vcpu->vm, vcpu->hyp->exit.wake);
	vcpu->hyp->exit.wake = 0;
	vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
	step_done(vcpu, write, data);
	return VCPU_AGAIN;
}

static int step_in_user(struct vcpu *vcpu, uint64_t ipa, bool write)
{
	struct vmm_run *run = vcpu->run;

	run->exit_reason = VMM_EXIT_MMIO;
	run->pc = vcpu->hyp->pc;
	run->mmio.ipa = ipa;
	run->mmio.data = write ? step_data(&vcpu->access) : 0;
	run->mmio.size = vcpu->access.step_size;
	run->mmio.write = write;
	run->mmio.abort = 0;
	vcpu->pending = VCPU_PENDING_ACCESS;
	vcpu_count(vcpu, VMM_STAT_MMIO_USER);
	vcpu_count(vcpu, VMM_STAT_DONE_USER);
	return VCPU_EXIT;
}

/* Whether a doorbell took the write step. */
static bool ring_doorbell(struct vcpu *vcpu, uint64_t ipa)
{
	const struct access *access = &vcpu->access;

	if (!doorbell_ring(&vcpu->vm->doorbells, ipa, access->step_size, step_data(access)))
		return false;
	vcpu_count(vcpu, VMM_STAT_MMIO_DOORBELL);
	vcpu_count(vcpu, VMM_STAT_DONE_KERNEL);
	return true;
}

static int do_step(struct vcpu *vcpu)
{
	struct access *access = &vcpu->access;
	uint64_t ipa = access->ipa + (uint64_t)access->step_size * access->step;
	bool write = step_writes(access);

	if (access->op.kind == DECODE_ATOMIC || access->op.kind == DECODE_COMPARE)
		ipa = access->ipa;
	if (in_vgic(ipa))
		return step_in_vgic(vcpu, ipa, write);
	if (write && ring_doorbell(vcpu, ipa)) {
		step_done(vcpu, true, 0);
		return VCPU_AGAIN;
	}
	return step_in_user(vcpu, ipa, write);
}

static int go_on(struct vcpu *vcpu)
{
	while (vcpu->access.step < vcpu->access.steps) {
		int next = do_step(vcpu);

		if (next != VCPU_AGAIN)
			return next;
	}
	finish(vcpu);
	return VCPU_AGAIN;
}

/* The one step of an access that ESR_EL2 described is done. */
static int finish_simple(struct vcpu *vcpu, uint64_t data)
{
	const struct decoded *op = &vcpu->access.op;

	if (op->kind == DECODE_LOAD)
		write_x(vcpu->hyp, op->rt, extend(op, data));
	vcpu_skip(vcpu);
	return VCPU_AGAIN;
}

int access_answer(struct vcpu *vcpu, uint64_t data)
{
	if (vcpu->access.simple)
		return finish_simple(vcpu, data);
	step_done(vcpu, step_writes(&vcpu->access), truncate(data, vcpu->access.op.size_log2));
	return go_on(vcpu);
}

/*
 * The common case: ESR_EL2 describes the access (Arm ARM D17.2.37, ISS of a data abort, ISV = 1):
 * one step, and short ways through it.
 */
static int start_from_syndrome(struct vcpu *vcpu, uint64_t esr)
{
	struct access *access = &vcpu->access;
	uint64_t ipa = vcpu->hyp->exit.ipa;
	bool write = esr & ISS_DABT_WNR;

	access->op.kind = write ? DECODE_STORE : DECODE_LOAD;
	access->op.size_log2 = (uint8_t)ISS_DABT_SAS(esr);
	access->op.count = 1;
	access->op.rt = (uint8_t)ISS_DABT_SRT(esr);
	if (vcpu->hyp->pstate & PSR_MODE32)
		access->op.rt = (uint8_t)aarch32_x(vcpu->hyp->pstate, access->op.rt);
	access->op.status = DECODE_NO_REGISTER;
	access->op.fp = false;
	access->op.sign = esr & ISS_DABT_SSE;
	access->op.wide = esr & ISS_DABT_SF;
	access->op.writeback = false;
	access->aarch32 = false;
	access->ipa = ipa;
	access->step = 0;
	access->steps = 1;
	access->step_size = (uint8_t)(1u << access->op.size_log2);
	if (write)
		access->data[0] = truncate(read_x(vcpu->hyp, access->op.rt), access->op.size_log2);
	access->simple = !in_vgic(ipa);
	if (!access->simple)
		return go_on(vcpu);
	if (write && ring_doorbell(vcpu, ipa))
		return finish_simple(vcpu, 0);
	return step_in_user(vcpu, ipa, write);
}

/* The offset register, extended and shifted (Arm ARM C6.2, ExtendReg). */
static uint64_t register_offset(const struct hyp_vcpu *hyp, const struct decoded *op)
{
	uint64_t value = read_x(hyp, op->rm);

	if (op->extend == 2)
		value = (uint32_t)value;
	else if (op->extend == 6)
		value = (uint64_t)(int64_t)(int32_t)value;
	return value << op->shift;
}

/* The first byte that the instruction accesses; sets what the base register gets. */
static uint64_t effective_address(struct hyp_vcpu *hyp, struct access *access)
{
	const struct decoded *op = &access->op;
	uint64_t base = op->rn == 31 ? *stack_pointer(hyp) : hyp->x[op->rn];
	uint64_t offset = (uint64_t)(int64_t)op->offset;

	if (op->base == DECODE_BASE_PC)
		return hyp->pc + offset;
	if (op->kind == DECODE_ZERO)
		return read_x(hyp, op->rn) & ~((uint64_t)host_zero_block_size() - 1);
	if (op->rm != DECODE_NO_REGISTER)
		offset = register_offset(hyp, op);
	access->address = base + offset;
	return op->post ? base : base + offset;
}

static uint64_t bytes_of(const struct decoded *op)
{
	return op->kind == DECODE_ZERO ? host_zero_block_size()
				       : (uint64_t)op->count << op->size_log2;
}

/*
 * Finds the access's IPA. It lies in the page that faulted, and holds the address that faulted:
 * else the instruction is not the one that did it, or it crosses into another page, which Device
 * memory does not allow.
 */
static bool locate(struct hyp_vcpu *hyp, struct access *access, uint64_t address)
{
	uint64_t bytes = bytes_of(&access->op);
	uint64_t offset = address & (VMM_PAGE_SIZE - 1);
	/* Address tags (the top byte) differ between FAR and the register without meaning anything.
	 */
	uint64_t into = ((hyp->exit.far - address) << 16) >> 16;

	access->ipa = (hyp->exit.ipa & ~(VMM_PAGE_SIZE - 1)) | offset;
	return into < bytes && offset + bytes <= VMM_PAGE_SIZE;
}

static void set_steps(struct access *access)
{
	const struct decoded *op = &access->op;
	bool modifies = op->kind == DECODE_ATOMIC || op->kind == DECODE_COMPARE;

	access->step = 0;
	access->step_size = (uint8_t)(op->size_log2 >= 3 ? 8 : 1u << op->size_log2);
	if (op->kind == DECODE_ZERO)
		access->step_size = 8;
	access->steps = (uint16_t)(modifies ? 2 : bytes_of(op) / access->step_size);
	if (op->kind == DECODE_PREFETCH)
		access->steps = 0;
}

/*
 * Reads and decodes the instruction that exited. exit.par is the result of a translation through
 * both stages (PAR_EL1, Arm ARM D17.2.113): stage 2 being ours, the physical address is of a page
 * of the VM's own memory.
 */
static bool decode_exited(struct vcpu *vcpu, uint64_t *address)
{
	struct access *access = &vcpu->access;
	struct hyp_vcpu *hyp = vcpu->hyp;
	const uint32_t *page;

	if (hyp->exit.par & PAR_F)
		return false;
	page = host_va(pa_from(hyp->exit.par & PAR_PA_MASK));
	access->aarch32 = hyp->pstate & PSR_MODE32;
	if (access->aarch32)
		return access32_decode(hyp, page, access, address);
	if ((hyp->pc & 3) ||
	    decode(HOST_READ(page[(hyp->pc & (VMM_PAGE_SIZE - 1)) / 4]), &access->op))
		return false;
	*address = effective_address(hyp, access);
	return true;
}

static void take_stored(const struct hyp_vcpu *hyp, struct access *access)
{
	unsigned int element;

	if (access->aarch32)
		access32_store(hyp, access);
	else
		for (element = 0; element < access->op.count; element++)
			store_element(hyp, access, element);
}

/* Not inline, as the address would give the common case a stack protector. */
static __attribute__((__noinline__)) int start_from_instruction(struct vcpu *vcpu)
{
	struct access *access = &vcpu->access;
	uint64_t address;

	if (!decode_exited(vcpu, &address) || !locate(vcpu->hyp, access, address)) {
		vcpu_inject(vcpu, HYP_INJECT_DATA_ABORT, vcpu->hyp->exit.far);
		return VCPU_AGAIN;
	}
	vcpu_count(vcpu, VMM_STAT_MMIO_DECODED);
	access->simple = false;
	set_steps(access);
	if (access->op.kind == DECODE_STORE)
		take_stored(vcpu->hyp, access);
	return go_on(vcpu);
}

int access_start(struct vcpu *vcpu)
{
	uint64_t esr = vcpu->hyp->exit.esr;

	return (esr & ISS_DABT_ISV) ? start_from_syndrome(vcpu, esr) : start_from_instruction(vcpu);
}
