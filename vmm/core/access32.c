// SPDX-License-Identifier: BSD-2-Clause
/* Accesses of AArch32 to devices: see access32.h. */
#include "vcpu.h"
#include "access32.h"
#include "aarch32.h"
#include "arm64.h"

/* Which of x[] is R0 to R14 of the vCPU's mode. */
static unsigned int index_of(const struct hyp_vcpu *hyp, unsigned int number, bool user)
{
	return aarch32_x(user ? AARCH32_MODE_USR : hyp->pstate, number);
}

static uint32_t read_r(const struct hyp_vcpu *hyp, unsigned int number, bool user)
{
	return (uint32_t)hyp->x[index_of(hyp, number, user)];
}

static void write_r(struct hyp_vcpu *hyp, unsigned int number, bool user, uint32_t value)
{
	hyp->x[index_of(hyp, number, user)] = value;
}

/* The offset register, shifted (Arm ARM E1.2, Shift_C). */
static uint32_t register_offset(const struct hyp_vcpu *hyp, const struct decoded32 *op)
{
	uint32_t value = read_r(hyp, op->rm, false), amount = op->amount;

	switch (op->shift) {
	case DECODE32_LSL:
		return value << amount;
	case DECODE32_LSR:
		return amount < 32 ? value >> amount : 0;
	case DECODE32_ASR:
		return (uint32_t)((int64_t)(int32_t)value >> amount);
	default:
		if (amount)
			return value >> amount | value << (32 - amount);
		return value >> 1 | (hyp->pstate & AARCH32_C ? 1u << 31 : 0);
	}
}

/* The PC reads as two instructions on, and as a base without its lowest bits. */
static uint32_t base(const struct hyp_vcpu *hyp, const struct decoded32 *op)
{
	if (op->rn != DECODE32_PC)
		return read_r(hyp, op->rn, false);
	return ((uint32_t)hyp->pc + (hyp->pstate & AARCH32_T ? 4 : 8)) & ~3u;
}

static uint32_t effective_address(const struct hyp_vcpu *hyp, struct access *access)
{
	const struct decoded32 *op = &access->op32;
	uint32_t start = base(hyp, op), offset;

	if (op->rm == DECODE32_NO_REGISTER) {
		access->address = (uint32_t)(start + (uint32_t)op->update);
		return start + (uint32_t)op->start;
	}
	offset = register_offset(hyp, op);
	offset = op->subtract ? -offset : offset;
	access->address = (uint32_t)(start + offset);
	return op->post ? start : start + offset;
}

/* The second halfword of T32 may lie in the next page, of which nothing is known. */
static bool fetch_thumb(const uint16_t *page, unsigned int offset, struct decoded32 *op)
{
	const uint16_t *at = page + offset / 2;
	uint16_t first = HOST_READ(at[0]);

	if (decode32_thumb_is_short(first))
		return decode32_thumb(first, 0, op) == 0;
	return offset + 2 < VMM_PAGE_SIZE && decode32_thumb(first, HOST_READ(at[1]), op) == 0;
}

static bool fetch(const struct hyp_vcpu *hyp, const void *page, struct decoded32 *op)
{
	unsigned int offset = (unsigned int)hyp->pc & (VMM_PAGE_SIZE - 1);

	if (hyp->pstate & AARCH32_T)
		return fetch_thumb(page, offset & ~1u, op);
	return decode32_arm(HOST_READ(((const uint32_t *)page)[offset / 4]), op) == 0;
}

bool access32_decode(struct hyp_vcpu *hyp, const void *page, struct access *access,
		     uint64_t *address)
{
	const struct decoded32 *op = &access->op32;

	if (!fetch(hyp, page, &access->op32))
		return false;
	access->op = (struct decoded){
		.kind = op->load ? DECODE_LOAD : DECODE_STORE,
		.size_log2 = op->size_log2,
		.count = op->count,
		.status = DECODE_NO_REGISTER,
	};
	*address = effective_address(hyp, access);
	return true;
}

/* S registers are halves of the D registers that fp.v has one after the other (G1.9.3). */
static uint64_t read_fp(const struct hyp_vcpu *hyp, const struct decoded32 *op, unsigned int number)
{
	if (op->size_log2 == 3)
		return hyp->fp.v[number];
	return (uint32_t)(hyp->fp.v[number / 2] >> 32 * (number % 2));
}

static void write_fp(struct hyp_vcpu *hyp, const struct decoded32 *op, unsigned int number,
		     uint64_t value)
{
	unsigned int shift = 32 * (number % 2);
	uint64_t *d = &hyp->fp.v[op->size_log2 == 3 ? number : number / 2];

	if (op->size_log2 == 3)
		*d = value;
	else
		*d = (*d & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)(uint32_t)value << shift;
}

void access32_store(const struct hyp_vcpu *hyp, struct access *access)
{
	const struct decoded32 *op = &access->op32;
	uint64_t mask = UINT64_MAX >> (64 - (8u << op->size_log2));
	unsigned int i;

	for (i = 0; i < op->count; i++)
		access->data[i] = op->fp ? read_fp(hyp, op, op->first + i)
					 : read_r(hyp, op->registers[i], op->user) & mask;
}

static uint32_t extend(const struct decoded32 *op, uint64_t value)
{
	unsigned int unused = 32 - (8u << op->size_log2);
	uint32_t high = (uint32_t)value << unused;

	return op->sign ? (uint32_t)((int32_t)high >> unused) : high >> unused;
}

static void load(struct hyp_vcpu *hyp, const struct access *access)
{
	const struct decoded32 *op = &access->op32;
	unsigned int i;

	for (i = 0; i < op->count; i++) {
		if (op->fp)
			write_fp(hyp, op, op->first + i, access->data[i]);
		else
			write_r(hyp, op->registers[i], op->user, extend(op, access->data[i]));
	}
}

void access32_finish(struct hyp_vcpu *hyp, struct access *access)
{
	const struct decoded32 *op = &access->op32;

	/* the base first: a register that is loaded and written back holds what was loaded */
	if (op->writeback)
		write_r(hyp, op->rn, false, (uint32_t)access->address);
	if (op->load)
		load(hyp, access);
	if (op->status != DECODE32_NO_REGISTER)
		write_r(hyp, op->status, false, 0);
	hyp->pc = (uint32_t)(hyp->pc + op->length);
	hyp->pstate = aarch32_advance(hyp->pstate);
}
