// SPDX-License-Identifier: BSD-2-Clause
/*
 * Decoding of A32 loads and stores, and what T32 has in common with it: see decode32.h. One
 * function for each group of Arm ARM F4.1. What the architecture leaves CONSTRAINED UNPREDICTABLE
 * is not known here, and neither are loads of the PC, which no program makes from a device.
 */
#include "decode32_parts.h"

/* The addressing of all single and dual transfers: P, U and W, with the offset in "offset" or
 * rm. -ENOENT: a base that cannot be written back. */
int decode32_address(struct decoded32 *out, uint32_t instruction, int32_t offset)
{
	bool before = decode32_bits(instruction, 24, 1), up = decode32_bits(instruction, 23, 1);

	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	out->post = !before;
	out->writeback = out->post || decode32_bits(instruction, 21, 1);
	out->update = up ? offset : -offset;
	out->start = out->post ? 0 : out->update;
	out->subtract = !up;
	return out->writeback && out->rn == DECODE32_PC ? -ENOENT : 0;
}

/* One register; the PC is not one of them. */
int decode32_register(struct decoded32 *out, uint32_t number)
{
	out->registers[out->count++] = (uint8_t)number;
	return number == DECODE32_PC ? -ENOENT : 0;
}

/* Two, for LDRD and the exclusives of doublewords. */
int decode32_pair(struct decoded32 *out, uint32_t first, uint32_t second)
{
	int error = decode32_register(out, first);

	out->size_log2 = 2;
	return error ? error : decode32_register(out, second);
}

/* Those of a list, from the lowest address on: increment or decrement, after or before. */
int decode32_list(struct decoded32 *out, uint32_t list, bool up, bool before)
{
	int32_t bytes;
	unsigned int i;

	if (!list || (list & 1u << DECODE32_PC))
		return -ENOENT;
	for (i = 0; i < DECODE32_PC; i++)
		if (list & 1u << i)
			out->registers[out->count++] = (uint8_t)i;
	bytes = 4 * out->count;
	out->size_log2 = 2;
	out->update = up ? bytes : -bytes;
	out->start = (up ? 0 : -bytes) + (before == up ? 4 : 0);
	return 0;
}

/* A32's shift of an offset register: 0 stands for 32 with LSR and ASR (DecodeImmShift, F2.4). */
static void decode_shift(struct decoded32 *out, uint32_t instruction)
{
	out->rm = (uint8_t)decode32_bits(instruction, 0, 4);
	out->shift = (uint8_t)decode32_bits(instruction, 5, 2);
	out->amount = (uint8_t)decode32_bits(instruction, 7, 5);
	if (!out->amount && (out->shift == DECODE32_LSR || out->shift == DECODE32_ASR))
		out->amount = 32;
}

/* Load/store word and unsigned byte. */
static int decode_word(uint32_t instruction, struct decoded32 *out)
{
	bool by_register = decode32_bits(instruction, 25, 1);
	int error;

	if (by_register && decode32_bits(instruction, 4, 1))
		return -ENOENT;
	if (by_register)
		decode_shift(out, instruction);
	if (out->rm == DECODE32_PC)
		return -ENOENT;
	out->load = decode32_bits(instruction, 20, 1);
	out->size_log2 = decode32_bits(instruction, 22, 1) ? 0 : 2;
	error = decode32_address(out, instruction,
				 by_register ? 0 : (int32_t)decode32_bits(instruction, 0, 12));
	return error ? error : decode32_register(out, decode32_bits(instruction, 12, 4));
}

/* Extra load/store: halfword, signed byte and halfword, dual. Bits [6:5] are not 0. */
static int decode_extra(uint32_t instruction, struct decoded32 *out)
{
	bool load = decode32_bits(instruction, 20, 1);
	uint32_t kind = decode32_bits(instruction, 5, 2);
	uint32_t rt = decode32_bits(instruction, 12, 4);
	uint32_t offset = decode32_bits(instruction, 8, 4) << 4 | decode32_bits(instruction, 0, 4);
	int error;

	if (!decode32_bits(instruction, 22, 1)) {
		out->rm = (uint8_t)decode32_bits(instruction, 0, 4);
		offset = 0;
	}
	error = decode32_address(out, instruction, (int32_t)offset);
	if (error || out->rm == DECODE32_PC)
		return -ENOENT;
	out->load = load || kind == 2;
	out->sign = load && kind != 1;
	out->size_log2 = load && kind == 2 ? 0 : 1;
	if (load || kind == 1)
		return decode32_register(out, rt);
	/* dual: an even register; there is no unprivileged form */
	if ((rt & 1) || (out->post && decode32_bits(instruction, 21, 1)))
		return -ENOENT;
	return decode32_pair(out, rt, rt + 1);
}

/*
 * Exclusive and ordered accesses, of the size in bits [22:21]. A device has no exclusive monitor
 * that software could rely on, so an exclusive access is done as a plain one, and a store-exclusive
 * succeeds.
 */
static int decode_exclusive(uint32_t instruction, struct decoded32 *out)
{
	static const uint8_t sizes[] = { 2, 3, 0, 1 };
	uint32_t kind = decode32_bits(instruction, 8, 4); /* 12: ordered; 14, 15: exclusive */
	bool load = decode32_bits(instruction, 20, 1), ordered = kind == 12;
	uint32_t rt = decode32_bits(instruction, load ? 12 : 0, 4);
	uint32_t rd = decode32_bits(instruction, load ? 0 : 12, 4);

	out->size_log2 = sizes[decode32_bits(instruction, 21, 2)];
	if (kind < 12 || kind == 13 || (ordered && out->size_log2 == 3))
		return -ENOENT;
	if ((rd == DECODE32_PC) != (load || ordered))
		return -ENOENT;
	out->load = load;
	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	if (!load && !ordered)
		out->status = (uint8_t)rd;
	if (out->rn == DECODE32_PC || (out->size_log2 == 3 && (rt & 1)))
		return -ENOENT;
	return out->size_log2 == 3 ? decode32_pair(out, rt, rt + 1) : decode32_register(out, rt);
}

/* Load/store multiple. */
static int decode_multiple(uint32_t instruction, struct decoded32 *out)
{
	bool before = decode32_bits(instruction, 24, 1), up = decode32_bits(instruction, 23, 1);

	out->load = decode32_bits(instruction, 20, 1);
	out->user = decode32_bits(instruction, 22, 1);
	out->writeback = decode32_bits(instruction, 21, 1);
	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	if (out->rn == DECODE32_PC || (out->user && out->writeback))
		return -ENOENT;
	return decode32_list(out, decode32_bits(instruction, 0, 16), up, before);
}

/* VLDR, VSTR, VLDM and VSTM; the same in T32 (F3.1.10, F4.1.20). */
int decode32_fp(uint32_t instruction, struct decoded32 *out)
{
	uint32_t mode = decode32_bits(instruction, 23, 2) << 1 | decode32_bits(instruction, 21, 1);
	uint32_t vd = decode32_bits(instruction, 12, 4), d = decode32_bits(instruction, 22, 1);
	uint32_t words = decode32_bits(instruction, 0, 8);
	bool twice = decode32_bits(instruction, 8, 1), single = (mode & 5) == 4;
	int32_t bytes = 4 * (int32_t)words;

	/* P, U, W: 00x are other instructions, 111 is none */
	if (mode < 2 || mode == 7 || decode32_bits(instruction, 9, 3) != 5)
		return -ENOENT;
	out->fp = true;
	out->load = decode32_bits(instruction, 20, 1);
	out->rn = (uint8_t)decode32_bits(instruction, 16, 4);
	out->size_log2 = twice ? 3 : 2;
	out->first = (uint8_t)(twice ? d << 4 | vd : vd << 1 | d);
	if (single) {
		out->count = 1;
		return decode32_address(out, instruction, bytes);
	}
	if (!words || words > DECODE32_MAX * (1u + twice) || (twice && (words & 1)))
		return -ENOENT;
	out->count = (uint8_t)(words >> twice);
	out->writeback = mode & 1;
	out->update = (mode & 2) ? bytes : -bytes;
	out->start = (mode & 2) ? 0 : -bytes;
	if (out->rn == DECODE32_PC || out->first + out->count > DECODE32_MAX ||
	    (twice && out->count > 16))
		return -ENOENT;
	return 0;
}

void decode32_defaults(struct decoded32 *out, unsigned int length)
{
	*out = (struct decoded32){
		.length = (uint8_t)length,
		.rm = DECODE32_NO_REGISTER,
		.status = DECODE32_NO_REGISTER,
	};
}

int decode32_arm(uint32_t instruction, struct decoded32 *out)
{
	decode32_defaults(out, 4);
	/* no condition: preloads, SRS and RFE, SIMD structures */
	if (decode32_bits(instruction, 28, 4) == 15)
		return -ENOENT;
	if (decode32_bits(instruction, 26, 2) == 1)
		return decode_word(instruction, out);
	if ((instruction & 0x0e000000) == 0x08000000)
		return decode_multiple(instruction, out);
	if ((instruction & 0x0e000000) == 0x0c000000)
		return decode32_fp(instruction, out);
	if ((instruction & 0x0f8000f0) == 0x01800090)
		return decode_exclusive(instruction, out);
	if ((instruction & 0x0e000090) == 0x00000090 && (instruction & 0x60))
		return decode_extra(instruction, out);
	return -ENOENT;
}
