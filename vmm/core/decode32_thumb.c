// SPDX-License-Identifier: BSD-2-Clause
/* Decoding of T32 loads and stores: see decode32.h. One function for each group of Arm ARM F3.1. */
#include "decode32_parts.h"

static int single(struct decoded32 *out, bool load, unsigned int size_log2, uint32_t rn,
		  int32_t offset, uint32_t rt)
{
	out->load = load;
	out->size_log2 = (uint8_t)size_log2;
	out->rn = (uint8_t)rn;
	out->start = offset;
	return decode32_register(out, rt);
}

/* Load/store (register offset), of 16 bits. */
static int decode_short_register(uint32_t first, struct decoded32 *out)
{
	/* STR, STRH, STRB, LDRSB, LDR, LDRH, LDRB, LDRSH */
	static const uint8_t sizes[] = { 2, 1, 0, 0, 2, 1, 0, 1 };
	uint32_t kind = decode32_bits(first, 9, 3);

	out->sign = kind == 3 || kind == 7;
	out->rm = (uint8_t)decode32_bits(first, 6, 3);
	return single(out, kind >= 3, sizes[kind], decode32_bits(first, 3, 3), 0,
		      decode32_bits(first, 0, 3));
}

/* Load/store (immediate offset), of 16 bits: a word, a byte, a halfword. */
static int decode_short_immediate(uint32_t first, unsigned int size_log2, struct decoded32 *out)
{
	return single(out, decode32_bits(first, 11, 1), size_log2, decode32_bits(first, 3, 3),
		      (int32_t)(decode32_bits(first, 6, 5) << size_log2),
		      decode32_bits(first, 0, 3));
}

/* Relative to the PC or to the stack pointer: words. */
static int decode_short_relative(uint32_t first, bool load, uint32_t rn, struct decoded32 *out)
{
	return single(out, load, 2, rn, 4 * (int32_t)decode32_bits(first, 0, 8),
		      decode32_bits(first, 8, 3));
}

/* PUSH, with LR, and POP; a POP of the PC is not known. */
static int decode_push_pop(uint32_t first, struct decoded32 *out)
{
	bool load = decode32_bits(first, 11, 1);
	uint32_t list = decode32_bits(first, 0, 8);

	if (decode32_bits(first, 8, 1))
		list |= load ? 1u << DECODE32_PC : 1u << 14;
	out->load = load;
	out->rn = 13;
	out->writeback = true;
	return decode32_list(out, list, load, !load);
}

static int decode_short_multiple(uint32_t first, struct decoded32 *out)
{
	uint32_t list = decode32_bits(first, 0, 8);

	out->load = decode32_bits(first, 11, 1);
	out->rn = (uint8_t)decode32_bits(first, 8, 3);
	out->writeback = !out->load || !(list & 1u << out->rn);
	return decode32_list(out, list, true, false);
}

static int decode_short(uint32_t first, struct decoded32 *out)
{
	switch (decode32_bits(first, 12, 4)) {
	case 4:
		if (decode32_bits(first, 11, 1))
			return decode_short_relative(first, true, DECODE32_PC, out);
		return -ENOENT;
	case 5:
		return decode_short_register(first, out);
	case 6:
		return decode_short_immediate(first, 2, out);
	case 7:
		return decode_short_immediate(first, 0, out);
	case 8:
		return decode_short_immediate(first, 1, out);
	case 9:
		return decode_short_relative(first, decode32_bits(first, 11, 1), 13, out);
	case 11:
		return decode32_bits(first, 9, 2) == 2 ? decode_push_pop(first, out) : -ENOENT;
	case 12:
		return decode_short_multiple(first, out);
	default:
		return -ENOENT;
	}
}

/* Load/store multiple. */
static int decode_multiple(uint32_t instruction, struct decoded32 *out)
{
	uint32_t mode =
		decode32_bits(instruction, 23, 2); /* 1: increment after; 2: decrement before */

	out->load = decode32_bits(instruction, 20, 1);
	out->writeback = decode32_bits(instruction, 21, 1);
	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	if (mode == 0 || mode == 3 || out->rn == DECODE32_PC)
		return -ENOENT;
	return decode32_list(out, decode32_bits(instruction, 0, 16), mode == 1, mode == 2);
}

/* LDREX and STREX, which have an offset. */
static int decode_exclusive_word(uint32_t instruction, struct decoded32 *out)
{
	bool load = decode32_bits(instruction, 20, 1);
	uint32_t rd = decode32_bits(instruction, 8, 4), rn = decode32_bits(instruction, 16, 4);

	if (rn == DECODE32_PC || (rd == DECODE32_PC) != load)
		return -ENOENT;
	if (!load)
		out->status = (uint8_t)rd;
	return single(out, load, 2, rn, 4 * (int32_t)decode32_bits(instruction, 0, 8),
		      decode32_bits(instruction, 12, 4));
}

/* Exclusive and ordered accesses of other sizes; table branches have the numbers below 4. */
static int decode_exclusive(uint32_t instruction, struct decoded32 *out)
{
	uint32_t kind = decode32_bits(instruction, 4, 4), rd = decode32_bits(instruction, 0, 4);
	uint32_t rt = decode32_bits(instruction, 12, 4), rt2 = decode32_bits(instruction, 8, 4);
	bool load = decode32_bits(instruction, 20, 1), ordered = (kind & 12) == 8;
	unsigned int size_log2 = kind & 3;

	/* the word's plain exclusive is another instruction, an ordered doubleword is none */
	if (kind < 4 || kind == 6 || kind == 11 || (rd == DECODE32_PC) != (load || ordered))
		return -ENOENT;
	out->load = load;
	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	if (!load && !ordered)
		out->status = (uint8_t)rd;
	if (out->rn == DECODE32_PC || (size_log2 != 3 && rt2 != DECODE32_PC))
		return -ENOENT;
	out->size_log2 = (uint8_t)size_log2;
	return size_log2 == 3 ? decode32_pair(out, rt, rt2) : decode32_register(out, rt);
}

/* Load/store dual, and exclusive. */
static int decode_dual(uint32_t instruction, struct decoded32 *out)
{
	int error;

	if (!decode32_bits(instruction, 24, 1) && !decode32_bits(instruction, 21, 1))
		return decode32_bits(instruction, 23, 1) ? decode_exclusive(instruction, out)
							 : decode_exclusive_word(instruction, out);
	error = decode32_address(out, instruction, 4 * (int32_t)decode32_bits(instruction, 0, 8));
	out->load = decode32_bits(instruction, 20, 1);
	if (error || (!out->load && out->rn == DECODE32_PC))
		return -ENOENT;
	return decode32_pair(out, decode32_bits(instruction, 12, 4),
			     decode32_bits(instruction, 8, 4));
}

/* P, U and W with 8 bits of offset; or, with none of these bits, a register that is shifted. */
static int decode_short_offset(uint32_t instruction, struct decoded32 *out)
{
	int32_t offset = (int32_t)decode32_bits(instruction, 0, 8);
	bool before = decode32_bits(instruction, 10, 1), up = decode32_bits(instruction, 9, 1);

	if (!decode32_bits(instruction, 11, 1)) {
		out->rm = (uint8_t)decode32_bits(instruction, 0, 4);
		out->amount = (uint8_t)decode32_bits(instruction, 4, 2);
		return decode32_bits(instruction, 6, 5) || out->rm == DECODE32_PC ? -ENOENT : 0;
	}
	out->writeback = decode32_bits(instruction, 8, 1);
	out->post = !before;
	if (out->post && !out->writeback)
		return -ENOENT;
	out->update = up ? offset : -offset;
	out->start = out->post ? 0 : out->update;
	return 0;
}

/* Load/store single. Bits: 24 signed, 23 long offset, [22:21] size, 20 load. */
static int decode_single(uint32_t instruction, struct decoded32 *out)
{
	uint32_t size_log2 = decode32_bits(instruction, 21, 2);
	int32_t offset = (int32_t)decode32_bits(instruction, 0, 12);
	bool up = decode32_bits(instruction, 23, 1);
	int error = 0;

	out->load = decode32_bits(instruction, 20, 1);
	out->sign = decode32_bits(instruction, 24, 1);
	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	out->size_log2 = (uint8_t)size_log2;
	if (size_log2 == 3 || (out->sign && (size_log2 == 2 || !out->load)))
		return -ENOENT;
	if (out->rn == DECODE32_PC && !out->load)
		return -ENOENT;
	if (up || out->rn == DECODE32_PC)
		out->start = up ? offset : -offset;
	else
		error = decode_short_offset(instruction, out);
	return error ? error : decode32_register(out, decode32_bits(instruction, 12, 4));
}

bool decode32_thumb_is_short(uint16_t first)
{
	return first >> 11 < 0x1d;
}

int decode32_thumb(uint16_t first, uint16_t second, struct decoded32 *out)
{
	uint32_t instruction = (uint32_t)first << 16 | second;

	decode32_defaults(out, decode32_thumb_is_short(first) ? 2 : 4);
	if (decode32_thumb_is_short(first))
		return decode_short(first, out);
	if ((instruction & 0xfe400000) == 0xe8000000)
		return decode_multiple(instruction, out);
	if ((instruction & 0xfe400000) == 0xe8400000)
		return decode_dual(instruction, out);
	if ((instruction & 0xfe000000) == 0xf8000000)
		return decode_single(instruction, out);
	if ((instruction & 0xfe000000) == 0xec000000)
		return decode32_fp(instruction, out);
	return -ENOENT;
}
