/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding of the loads and stores of AArch32 (Arm ARM F2.7 to F2.9, encodings in F3 for T32 and F4
 * for A32), for data aborts of which ESR_EL2 says nothing (ISV = 0: multiple and dual transfers,
 * writeback, exclusives, floating point). Pure: an instruction in, a description out.
 */
#ifndef VMM_CORE_DECODE32_H
#define VMM_CORE_DECODE32_H

#include "vmm_types.h"

#define DECODE32_NO_REGISTER 0xff
#define DECODE32_PC	     15

/* Registers that one instruction transfers at most: VLDM of single-precision ones. */
#define DECODE32_MAX	     32

enum decode32_shift {
	DECODE32_LSL,
	DECODE32_LSR,
	DECODE32_ASR,
	DECODE32_ROR,
};

/* What one instruction does to memory. Register numbers are those of AArch32, 0 to 14. */
struct decoded32 {
	bool load;
	bool sign;	       /* loads: sign-extend to 32 bits */
	bool fp;	       /* SIMD and floating-point registers: from first on */
	bool user;	       /* registers of User mode (LDM and STM with ^) */
	bool post;	       /* the access is at the base, without the offset */
	bool writeback;	       /* the base gets base + update, or + the offset register */
	bool subtract;	       /* the offset register is subtracted */
	uint8_t length;	       /* bytes of the instruction: 2 or 4 */
	uint8_t size_log2;     /* bytes of a register in memory: 1 to 8 */
	uint8_t count;	       /* registers, 1 to DECODE32_MAX */
	uint8_t first;	       /* of fp: S or D, by the size */
	uint8_t registers[16]; /* others */
	uint8_t rn;	       /* base; DECODE32_PC: the instruction's address, a multiple of 4 */
	uint8_t rm;	       /* offset register, or DECODE32_NO_REGISTER */
	uint8_t shift;	       /* enum decode32_shift, of rm, by "amount" bits; ROR by 0 is RRX */
	uint8_t amount;	       /* 0 to 32 */
	uint8_t status;	       /* store-exclusive: gets 0 (success), or DECODE32_NO_REGISTER */
	int32_t start;	       /* of the access, bytes from the base */
	int32_t update;	       /* of the base, bytes */
};

/* Decodes an instruction of A32. -ENOENT: it is no load or store, or none that is known here. */
int decode32_arm(uint32_t instruction, struct decoded32 *out);

/* Whether the first halfword of an instruction of T32 is all of it. */
bool decode32_thumb_is_short(uint16_t first);

/* Decodes an instruction of T32, "second" being its second halfword, if it has one. As above. */
int decode32_thumb(uint16_t first, uint16_t second, struct decoded32 *out);

#endif
