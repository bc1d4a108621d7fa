/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding of A64 loads and stores (Arm ARM C4.1.94), for data aborts of which ESR_EL2 says nothing
 * (ISV = 0: pairs, writeback, SIMD and floating point, DC ZVA, atomics). Pure: an instruction word
 * in, a description out.
 */
#ifndef VMM_CORE_DECODE_H
#define VMM_CORE_DECODE_H

#include "vmm_types.h"

enum decode_kind {
	DECODE_LOAD,
	DECODE_STORE,
	DECODE_ATOMIC,	 /* read, compute, write: LDADD and its like, SWP */
	DECODE_COMPARE,	 /* CAS: read, and write if equal */
	DECODE_ZERO,	 /* DC ZVA: a block of zeroes */
	DECODE_PREFETCH, /* no access at all */
};

/* ARMv8.1 atomics, values of o3:opc (C4.1.94, "Atomic memory operations"). */
enum decode_atomic {
	DECODE_ADD = 0,
	DECODE_CLR = 1,
	DECODE_EOR = 2,
	DECODE_SET = 3,
	DECODE_SMAX = 4,
	DECODE_SMIN = 5,
	DECODE_UMAX = 6,
	DECODE_UMIN = 7,
	DECODE_SWP = 8,
};

enum decode_base {
	DECODE_BASE_REGISTER, /* X[rn], 31 is the stack pointer */
	DECODE_BASE_PC,
};

#define DECODE_NO_REGISTER 0xff

/* What one instruction does to memory. Register numbers are 0 to 31. */
struct decoded {
	uint8_t kind;	   /* enum decode_kind */
	uint8_t size_log2; /* bytes of an element, 0 (1 byte) to 4 (16 bytes) */
	uint8_t count;	   /* elements: 1, or 2 for a pair */
	uint8_t rt, rt2;   /* transferred registers */
	uint8_t rn;	   /* base */
	uint8_t rs;	   /* atomics: operand (CAS: compared and result) */
	uint8_t status; /* store-exclusive: register that gets 0 (success), or DECODE_NO_REGISTER */
	uint8_t atomic; /* enum decode_atomic */
	uint8_t base;	/* enum decode_base */
	uint8_t rm;	/* offset register, or DECODE_NO_REGISTER */
	uint8_t extend; /* option of the extended register: UXTW 2, LSL 3, SXTW 6, SXTX 7 */
	uint8_t shift;	/* of the offset register */
	bool fp;	/* rt and rt2 are SIMD and floating-point registers */
	bool sign;	/* loads: sign-extend */
	bool wide;	/* loads: to 64 bits (else 32, zero-extended) */
	bool writeback; /* X[rn] = base + offset afterwards */
	bool post;	/* the access is at base, not at base + offset */
	int32_t offset; /* bytes, where rm is DECODE_NO_REGISTER */
};

/* Decodes one instruction. -ENOENT: it is not a load or store, or one that is not known here. */
int decode(uint32_t instruction, struct decoded *out);

/* Result of an atomic operation on two values of 1 << size_log2 bytes (at most 8), zero-extended.
 */
uint64_t decode_compute(enum decode_atomic atomic, uint64_t memory, uint64_t operand,
			unsigned int size_log2);

#endif
