// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the guests run: instructions chosen at random among those that EL2 has something to do with
 * (system registers, hypercalls, accesses to devices, cache and TLB maintenance, waits). An
 * exception vector steps over what is refused, another takes interrupts.
 */
#include "fuzz.h"

#define VECTORS	     0x800 /* in the page */
#define VECTOR_WORDS 32
#define LONGEST	     16 /* words that one choice makes, and the way back */

/* Instructions (Arm ARM C6.2); registers are added where they are chosen. */
enum {
	MOVZ = 0xd2800000u,
	MOVK = 0xf2800000u,
	MSR = 0xd5000000u, /* and MRS, SYS, by the fields behind */
	SYSTEM_READ = 1u << 21,
	OP0_2 = 1u << 20,
	OP0_3 = 3u << 19,
	B = 0x14000000u,
	HVC = 0xd4000002u,
	SMC = 0xd4000003u,
	WFI = 0xd503207fu,
	WFE = 0xd503205fu,
	YIELD = 0xd503203fu,
	NOP = 0xd503201fu,
	ISB = 0xd5033fdfu,
	DAIFCLR_I = 0xd50342ffu,
	LOAD_STORE_X1 = 0x38000020u, /* of any size, from [x1, #imm] */
	PAIR_X1 = 0xa9000020u,
	VECTOR_X1 = 0x3d800020u,
	EXCLUSIVE_X1 = 0x08000020u,
	STR_W2_X1 = 0xb9000022u,
	ERET = 0xd69f03e0u,
	ADD_X30_4 = 0x910013deu,
};

/* op1, CRn, CRm, op2 as MSR has them */
#define ENCODING(op1, crn, crm, op2) ((op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)
#define VBAR_EL1		     (OP0_3 | ENCODING(0, 12, 0, 0))
#define CPACR_EL1		     (OP0_3 | ENCODING(0, 1, 0, 2))
#define ELR_EL1			     (OP0_3 | ENCODING(0, 4, 0, 1))
#define ICC_PMR			     (OP0_3 | ENCODING(0, 4, 6, 0))
#define ICC_IAR1		     (OP0_3 | ENCODING(0, 12, 12, 0))
#define ICC_EOIR1		     (OP0_3 | ENCODING(0, 12, 12, 1))
#define ICC_DIR			     (OP0_3 | ENCODING(0, 12, 11, 1))
#define ICC_SRE			     (OP0_3 | ENCODING(0, 12, 12, 5))
#define ICC_IGRPEN1		     (OP0_3 | ENCODING(0, 12, 12, 7))

/* Registers with something behind them: interrupts, timers, debug, MMU. */
static const uint32_t registers[] = {
	ICC_PMR,
	ICC_IAR1,
	ICC_EOIR1,
	ICC_DIR,
	ICC_IGRPEN1,
	OP0_3 | ENCODING(0, 12, 11, 5), /* ICC_SGI1R_EL1 */
	OP0_3 | ENCODING(0, 12, 11, 6), /* ICC_ASGI1R_EL1 */
	OP0_3 | ENCODING(0, 12, 11, 7), /* ICC_SGI0R_EL1 */
	OP0_3 | ENCODING(0, 12, 11, 3), /* ICC_RPR_EL1 */
	OP0_3 | ENCODING(0, 12, 12, 3), /* ICC_BPR1_EL1 */
	OP0_3 | ENCODING(0, 12, 12, 4), /* ICC_CTLR_EL1 */
	OP0_3 | ENCODING(0, 12, 9, 0),	/* ICC_AP1R0_EL1 */
	OP0_3 | ENCODING(3, 14, 2, 0),	/* CNTP_TVAL_EL0 */
	OP0_3 | ENCODING(3, 14, 2, 1),	/* CNTP_CTL_EL0 */
	OP0_3 | ENCODING(3, 14, 2, 2),	/* CNTP_CVAL_EL0 */
	OP0_3 | ENCODING(3, 14, 3, 0),	/* CNTV_TVAL_EL0 */
	OP0_3 | ENCODING(3, 14, 3, 1),	/* CNTV_CTL_EL0 */
	OP0_3 | ENCODING(3, 14, 3, 2),	/* CNTV_CVAL_EL0 */
	OP0_2 | ENCODING(0, 0, 2, 2),	/* MDSCR_EL1 */
	OP0_2 | ENCODING(0, 0, 0, 5),	/* DBGBCR0_EL1 */
	OP0_2 | ENCODING(0, 0, 0, 7),	/* DBGWCR0_EL1 */
	OP0_2 | ENCODING(0, 1, 0, 4),	/* OSLAR_EL1 */
	OP0_3 | ENCODING(0, 1, 0, 0),	/* SCTLR_EL1 */
	OP0_3 | ENCODING(0, 1, 0, 1),	/* ACTLR_EL1 */
	OP0_3 | ENCODING(0, 7, 4, 0),	/* PAR_EL1 */
	OP0_3 | ENCODING(3, 9, 12, 0),	/* PMCR_EL0 */
};

/* Function numbers of PSCI and SMCCC, and some beside them. */
static const uint32_t functions[] = {
	0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0xc4000003, 0xc4000004, 0x84000006,
	0x84000008, 0x84000009, 0x8400000a, 0xc400000e, 0xc4000012, 0x80000000, 0x80000001,
	0x80008000, 0x80007fff, 0x84000050, 0xc4000053, 0xc5000020, 0x86000000, 0,
};

/*
 * QEMU before 8.2 does nothing else any more when a timer's compare value and offset make more than
 * 64 bits: timers get values that do not, and are not written by instructions that are all random.
 */
#define TIMER_VALUE_MOST INT32_MAX

static bool is_timer(uint32_t word)
{
	return (word & (0xfffu << 20 | 0xfu << 12)) == (MSR | OP0_2 | 14u << 12);
}

static uint32_t *load(uint32_t *at, uint32_t reg, uint64_t value)
{
	for (uint32_t part = 0; part < 4; part++)
		*at++ = (part ? MOVK : MOVZ) | part << 21 |
			((uint32_t)(value >> 16 * part) & 0xffff) << 5 | reg;
	return at;
}

static uint32_t *set_register(uint32_t *at, uint32_t encoding, uint64_t value)
{
	at = load(at, 0, value);
	*at++ = MSR | encoding;
	return at;
}

static uint32_t *store(uint32_t *at, uint64_t address, uint64_t value)
{
	at = load(at, 1, address);
	at = load(at, 2, value);
	*at++ = STR_W2_X1;
	return at;
}

/* The GIC on, all interrupts enabled, and taken where the guest unmasks them. */
static uint32_t *prologue(struct fuzz_random *random, uint32_t *at)
{
	at = set_register(at, VBAR_EL1, FUZZ_RAM + VECTORS);
	at = set_register(at, CPACR_EL1, 3u << 20);
	*at++ = ISB;
	at = store(at, 0x08000000, 0x13);	/* GICD_CTLR */
	at = store(at, 0x08000104, UINT32_MAX); /* GICD_ISENABLER1 */
	at = store(at, 0x080b0100, UINT32_MAX); /* GICR_ISENABLER0 of the first vCPU */
	at = set_register(at, ICC_SRE, 7);
	at = set_register(at, ICC_PMR, 0xf0);
	at = set_register(at, ICC_IGRPEN1, 1);
	*at++ = fuzz_once_in(random, 3) ? (uint32_t)NOP : (uint32_t)DAIFCLR_I;
	return at;
}

static uint64_t address(struct fuzz_random *random)
{
	switch (fuzz_below(random, 6)) {
	case 0:
		return 0x08000000 + fuzz_below(random, 0x10000); /* distributor */
	case 1:
		return 0x080a0000 + fuzz_below(random, 0x80000); /* redistributors */
	case 2:
		return 0x0a000000 + fuzz_below(random, 0x2000); /* devices */
	case 3:
	case 4:
		return FUZZ_RAM + fuzz_below(random, FUZZ_RAM_SIZE);
	default:
		return fuzz_value(random);
	}
}

static uint32_t *access(struct fuzz_random *random, uint32_t *at)
{
	static const uint32_t kinds[] = { LOAD_STORE_X1, PAIR_X1, VECTOR_X1, EXCLUSIVE_X1 };
	/* size, opc, offset and the register, but not the base, x1 */
	uint32_t word = kinds[fuzz_below(random, 4)] | (fuzz_below(random, 4) << 30) |
			(fuzz_below(random, 0x1000) << 10) | fuzz_below(random, 31);

	at = load(at, 1, address(random) & (fuzz_once_in(random, 4) ? UINT64_MAX : ~UINT64_C(7)));
	*at++ = word;
	return at;
}

static uint32_t any_system_instruction(struct fuzz_random *random)
{
	/* MSR or MRS of any register; or SYS: caches, TLBs, address translation */
	uint32_t word = fuzz_once_in(random, 2) ? OP0_2 | fuzz_below(random, 2) << 21 |
							  fuzz_below(random, 0x8000) << 5
						: 1u << 19 | fuzz_below(random, 0x4000) << 5;

	word |= MSR | fuzz_below(random, 31);
	return is_timer(word) ? word | SYSTEM_READ : word;
}

static uint32_t *system_instruction(struct fuzz_random *random, uint32_t *at)
{
	uint32_t reg = fuzz_below(random, 31);
	uint32_t word = registers[fuzz_below(random, sizeof(registers) / sizeof(registers[0]))];

	if (fuzz_once_in(random, 2)) {
		*at++ = any_system_instruction(random);
		return at;
	}
	word |= MSR | fuzz_below(random, 2) << 21 | reg;
	at = load(at, reg, fuzz_value(random) & (is_timer(word) ? TIMER_VALUE_MOST : UINT64_MAX));
	*at++ = word;
	return at;
}

static uint32_t *call(struct fuzz_random *random, uint32_t *at)
{
	uint32_t count = sizeof(functions) / sizeof(functions[0]);

	at = load(at, 0, functions[fuzz_below(random, count)]);
	at = load(at, 1, fuzz_once_in(random, 3) ? fuzz_value(random) : fuzz_below(random, 4));
	at = load(at, 2, fuzz_once_in(random, 3) ? fuzz_value(random) : FUZZ_RAM);
	*at++ = fuzz_once_in(random, 4) ? (uint32_t)SMC : (uint32_t)HVC;
	return at;
}

static uint32_t *instruction(struct fuzz_random *random, uint32_t *at)
{
	switch (fuzz_below(random, 8)) {
	case 0:
	case 1:
	case 2:
		return access(random, at);
	case 3:
	case 4:
		return system_instruction(random, at);
	case 5:
		return fuzz_once_in(random, 4)
			       ? call(random, at)
			       : load(at, fuzz_below(random, 31), fuzz_value(random));
	case 6:
		*at++ = fuzz_once_in(random, 3)	  ? (uint32_t)WFI
			: fuzz_once_in(random, 2) ? (uint32_t)WFE
						  : (uint32_t)YIELD;
		return at;
	default:
		*at = (uint32_t)fuzz_random(random);
		if (is_timer(*at))
			*at = NOP;
		return at + 1;
	}
}

/* An interrupt is acknowledged and ended; what is refused is stepped over. */
static void write_vector(struct fuzz_random *random, uint32_t *at, bool interrupt)
{
	if (interrupt) {
		*at++ = MSR | SYSTEM_READ | ICC_IAR1 | 30;
		*at++ = MSR | ICC_EOIR1 | 30;
		*at++ = fuzz_once_in(random, 3) ? MSR | ICC_DIR | 30 : (uint32_t)NOP;
	} else {
		*at++ = MSR | SYSTEM_READ | ELR_EL1 | 30;
		*at++ = ADD_X30_4;
		*at++ = MSR | ELR_EL1 | 30;
	}
	*at = ERET;
}

void fuzz_write_guest(struct fuzz_random *random, uint32_t *page)
{
	uint32_t *end = page + VECTORS / 4, *at = prologue(random, page), *first = at;

	while (at < end - LONGEST)
		at = instruction(random, at);
	*at = B | ((uint32_t)(first - at) & 0x3ffffff);
	while (++at < end)
		*at = NOP;
	for (unsigned int vector = 0; vector < 16; vector++)
		write_vector(random, end + (size_t)vector * VECTOR_WORDS,
			     (vector & 3) == 1 || (vector & 3) == 2);
}
