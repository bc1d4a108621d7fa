// SPDX-License-Identifier: BSD-2-Clause
/* Decoding of A64 loads and stores: see decode.h. One function for each group of Arm ARM C4.1.94.
 */
#include "decode.h"
#include "host.h"

/* "count" bits of an instruction from bit "low" up. */
static inline uint32_t bits(uint32_t instruction, unsigned int low, unsigned int count)
{
	return (instruction >> low) & ((1u << count) - 1);
}

static inline int32_t sign_extend(uint32_t value, unsigned int width)
{
	return (int32_t)(value << (32 - width)) >> (32 - width);
}

static void set_defaults(uint32_t instruction, struct decoded *out)
{
	*out = (struct decoded){
		.count = 1,
		.rt = (uint8_t)bits(instruction, 0, 5),
		.rt2 = (uint8_t)bits(instruction, 10, 5),
		.rn = (uint8_t)bits(instruction, 5, 5),
		.rs = DECODE_NO_REGISTER,
		.rm = DECODE_NO_REGISTER,
		.status = DECODE_NO_REGISTER,
	};
}

/* Compare and swap: CAS{A}{L}{B,H}. Pairs (CASP) are not known here. */
static int decode_cas(uint32_t instruction, struct decoded *out)
{
	if (out->rt2 != 31)
		return -ENOENT;
	out->kind = DECODE_COMPARE;
	out->rs = (uint8_t)bits(instruction, 16, 5);
	return 0;
}

/*
 * Load/store exclusive and ordered. A device has no exclusive monitor that software could rely on
 * (B2.9), so an exclusive access is done as a plain one, and a store-exclusive succeeds.
 */
static int decode_exclusive(uint32_t instruction, struct decoded *out)
{
	bool ordered = bits(instruction, 23, 1);
	bool pair = bits(instruction, 21, 1);
	bool load = bits(instruction, 22, 1);

	out->size_log2 = (uint8_t)bits(instruction, 30, 2);
	out->wide = out->size_log2 == 3;
	if (ordered && pair)
		return decode_cas(instruction, out);
	if (pair && out->size_log2 < 2)
		return -ENOENT;
	out->count = pair ? 2 : 1;
	out->kind = load ? DECODE_LOAD : DECODE_STORE;
	if (!ordered && !load)
		out->status = (uint8_t)bits(instruction, 16, 5);
	return 0;
}

/* Load register (literal). */
static int decode_literal(uint32_t instruction, struct decoded *out)
{
	uint32_t opc = bits(instruction, 30, 2);

	out->fp = bits(instruction, 26, 1);
	if (opc == 3 && out->fp)
		return -ENOENT;
	out->kind = opc == 3 ? DECODE_PREFETCH : DECODE_LOAD;
	out->base = DECODE_BASE_PC;
	out->offset = sign_extend(bits(instruction, 5, 19), 19) * 4;
	out->sign = !out->fp && opc == 2;
	out->wide = !out->fp && opc != 0;
	out->size_log2 = (uint8_t)(out->sign || opc == 3 ? 2 : 2 + opc);
	return 0;
}

/* Load/store pair: no-allocate, offset, pre- and post-indexed. */
static int decode_pair(uint32_t instruction, struct decoded *out)
{
	uint32_t opc = bits(instruction, 30, 2);
	uint32_t mode = bits(instruction, 23, 2);
	bool load = bits(instruction, 22, 1);

	out->fp = bits(instruction, 26, 1);
	out->sign = !out->fp && opc == 1;
	if (opc == 3 || (out->sign && (!load || mode == 0)))
		return -ENOENT;
	out->kind = load ? DECODE_LOAD : DECODE_STORE;
	out->count = 2;
	out->size_log2 = (uint8_t)(out->fp ? 2 + opc : opc == 2 ? 3 : 2);
	out->wide = opc != 0;
	out->offset = sign_extend(bits(instruction, 15, 7), 7) * (1 << out->size_log2);
	out->writeback = mode == 1 || mode == 3;
	out->post = mode == 1;
	return 0;
}

/* Size, direction and extension of all single-register forms, from size, V and opc. */
static int decode_transfer(uint32_t instruction, struct decoded *out)
{
	uint32_t size = bits(instruction, 30, 2);
	uint32_t opc = bits(instruction, 22, 2);

	out->fp = bits(instruction, 26, 1);
	if (out->fp) {
		if (opc >= 2 && size != 0)
			return -ENOENT;
		out->size_log2 = (uint8_t)(opc >= 2 ? 4 : size);
		out->kind = (opc & 1) ? DECODE_LOAD : DECODE_STORE;
		return 0;
	}
	if (opc == 3 && size >= 2)
		return -ENOENT;
	out->size_log2 = (uint8_t)size;
	out->kind = opc == 0 ? DECODE_STORE : DECODE_LOAD;
	out->sign = opc >= 2;
	out->wide = opc == 2 || (opc == 1 && size == 3);
	if (opc == 2 && size == 3)
		out->kind = DECODE_PREFETCH;
	return 0;
}

static int decode_register_offset(uint32_t instruction, struct decoded *out)
{
	int error = decode_transfer(instruction, out);

	out->extend = (uint8_t)bits(instruction, 13, 3);
	out->rm = (uint8_t)bits(instruction, 16, 5);
	out->shift = bits(instruction, 12, 1) ? out->size_log2 : 0;
	return (out->extend & 2) ? error : -ENOENT;
}

/* Unscaled, unprivileged, pre- and post-indexed: a signed 9-bit offset. */
static int decode_immediate9(uint32_t instruction, struct decoded *out)
{
	uint32_t mode = bits(instruction, 10, 2);
	int error = decode_transfer(instruction, out);

	out->offset = sign_extend(bits(instruction, 12, 9), 9);
	out->writeback = mode == 1 || mode == 3;
	out->post = mode == 1;
	if (out->kind == DECODE_PREFETCH && mode != 0)
		return -ENOENT;
	return (out->fp && mode == 2) ? -ENOENT : error;
}

static int decode_unsigned_offset(uint32_t instruction, struct decoded *out)
{
	int error = decode_transfer(instruction, out);

	out->offset = (int32_t)(bits(instruction, 10, 12) << out->size_log2);
	return error;
}

/* Atomic memory operations, and LDAPR, which shares their encoding. */
static int decode_atomic_operation(uint32_t instruction, struct decoded *out)
{
	uint32_t operation = bits(instruction, 12, 4);

	if (bits(instruction, 26, 1))
		return -ENOENT;
	out->size_log2 = (uint8_t)bits(instruction, 30, 2);
	out->wide = out->size_log2 == 3;
	out->rs = (uint8_t)bits(instruction, 16, 5);
	out->atomic = (uint8_t)operation;
	out->kind = DECODE_ATOMIC;
	if (operation == 12 && bits(instruction, 22, 2) == 2 && out->rs == 31)
		out->kind = DECODE_LOAD;
	else if (operation > DECODE_SWP)
		return -ENOENT;
	return 0;
}

static int decode_single(uint32_t instruction, struct decoded *out)
{
	if (bits(instruction, 24, 1))
		return decode_unsigned_offset(instruction, out);
	if (!bits(instruction, 21, 1))
		return decode_immediate9(instruction, out);
	if (bits(instruction, 10, 2) == 2)
		return decode_register_offset(instruction, out);
	if (bits(instruction, 10, 2) == 0)
		return decode_atomic_operation(instruction, out);
	return -ENOENT;
}

/* DC ZVA, Xt (C5.3): the address is in Xt. */
static int decode_zero(struct decoded *out)
{
	out->kind = DECODE_ZERO;
	out->rn = out->rt;
	return 0;
}

int decode(uint32_t instruction, struct decoded *out)
{
	set_defaults(instruction, out);
	if ((instruction & 0xffffffe0) == 0xd50b7420)
		return decode_zero(out);
	if ((instruction & 0x3f000000) == 0x08000000)
		return decode_exclusive(instruction, out);
	if ((instruction & 0x3b000000) == 0x18000000)
		return decode_literal(instruction, out);
	if ((instruction & 0x3a000000) == 0x28000000)
		return decode_pair(instruction, out);
	if ((instruction & 0x3a000000) == 0x38000000)
		return decode_single(instruction, out);
	return -ENOENT;
}

/* A zero-extended value as a signed number. */
static int64_t as_signed(uint64_t value, unsigned int size_log2)
{
	unsigned int unused = 64 - (8u << size_log2);

	return (int64_t)(value << unused) >> unused;
}

uint64_t decode_compute(enum decode_atomic atomic, uint64_t memory, uint64_t operand,
			unsigned int size_log2)
{
	uint64_t mask = size_log2 == 3 ? UINT64_MAX : (UINT64_C(1) << (8u << size_log2)) - 1;
	int64_t left = as_signed(memory, size_log2), right = as_signed(operand, size_log2);

	memory &= mask;
	operand &= mask;
	switch (atomic) {
	case DECODE_ADD:
		return (memory + operand) & mask;
	case DECODE_CLR:
		return memory & ~operand;
	case DECODE_EOR:
		return memory ^ operand;
	case DECODE_SET:
		return memory | operand;
	case DECODE_SMAX:
		return left > right ? memory : operand;
	case DECODE_SMIN:
		return left < right ? memory : operand;
	case DECODE_UMAX:
		return memory > operand ? memory : operand;
	case DECODE_UMIN:
		return memory < operand ? memory : operand;
	case DECODE_SWP:
		return operand;
	}
	return memory;
}
