// SPDX-License-Identifier: BSD-2-Clause
/*
 * Identification registers as the guest sees them (Arm ARM D13.2.57 to D13.2.90): the CPU's own,
 * less what the virtual machine does not have: EL2, SVE, MTE, pointer authentication, RAS, nested
 * translation, what HCRX_EL2 would have to enable; performance monitors are added where a vCPU has
 * them (pmu.c). Where CPUs differ (big.LITTLE), what all of them have: each field is the lowest
 * that a CPU has, as a vCPU runs on any of them.
 */
#include "hyp.h"

#define FIELD(shift)	   (UINT64_C(0xf) << (shift))
#define AT(value, shift)   (UINT64_C(value) << (shift))
#define ALL		   UINT64_MAX

#define PFR0_KEPT	   (FIELD(0) | FIELD(4) | FIELD(16) | FIELD(20) | FIELD(56) | FIELD(60))
#define PFR0_GIC	   (UINT64_C(1) << 24)
#define DFR0_KEPT	   (FIELD(12) | FIELD(20) | FIELD(28))
#define DFR0_DEBUG_V8	   6
/* What guests may see at most in fields whose higher values need what HCR_EL2 or HCRX_EL2 does not
 * enable: CSV2 1 (2: SCXTNUM), HAFDBS 2 (3: TCR2_EL1). */
#define PFR0_MOST	   ((ALL & ~FIELD(56)) | AT(1, 56))
#define MMFR1_MOST	   ((ALL & ~FIELD(0)) | AT(2, 0))
#define AA32_PFR0_MOST	   ((ALL & ~FIELD(16)) | AT(1, 16))
#define ISAR0_DROPPED	   FIELD(24) /* transactional memory */
#define ISAR1_DROPPED	   (FIELD(4) | FIELD(8) | FIELD(24) | FIELD(28) | FIELD(56) | FIELD(60))
#define MMFR0_KEPT	   UINT64_C(0xffffffff)
#define MMFR0_MOST	   0x001ffff2 /* 40 bits of address, granules without 52-bit addresses */
#define MMFR1_KEPT	   (FIELD(0) | FIELD(12) | FIELD(20))
#define MMFR2_KEPT	   (FIELD(0) | FIELD(4))
/* The same for AArch32 */
#define AA32_PFR0_DROPPED  (FIELD(20) | FIELD(24) | FIELD(28))
#define AA32_PFR1_KEPT	   (FIELD(0) | FIELD(8) | FIELD(16))
#define AA32_PFR1_GIC	   (UINT64_C(1) << 28)
#define AA32_DFR0_DEBUG_V8 6
/* SError that is speculative, ACTLR2, stage 2 and EL2 */
#define AA32_MMFR4_DROPPED (FIELD(0) | FIELD(4) | FIELD(8) | FIELD(28))
#define AA32_PFR2_DROPPED  FIELD(8) /* RAS_frac */

/* What is offered. Indexed by CRm and op2; CRm 1 to 7. */
#define REGISTERS	   64
static uint64_t id_table[REGISTERS];

#define INDEX(crm, op2) (((crm) << 3) | (op2))
#define RAW(crm, op2)	id[INDEX(crm, op2)] = read_sysreg(s3_0_c0_c##crm##_##op2)
#define RAW_ROW(crm) \
	RAW(crm, 0); \
	RAW(crm, 1); \
	RAW(crm, 2); \
	RAW(crm, 3); \
	RAW(crm, 4); \
	RAW(crm, 5); \
	RAW(crm, 6); \
	RAW(crm, 7)

/* Fields in which 0xf is less than 0: "not implemented" (Arm ARM D17.1.3). */
static uint64_t signed_fields(unsigned int index)
{
	if (index == INDEX(4, 0))
		return FIELD(16) | FIELD(20); /* FP, AdvSIMD */
	if (index == INDEX(7, 0))
		return FIELD(24) | FIELD(28);	     /* TGran64, TGran4 */
	return index == INDEX(1, 4) ? FIELD(28) : 0; /* InnerShr */
}

/* The lower one of each field. */
static uint64_t at_most(uint64_t a, uint64_t b, uint64_t is_signed)
{
	uint64_t result = 0;

	for (unsigned int shift = 0; shift < 64; shift += 4) {
		uint64_t flip = is_signed & (UINT64_C(8) << shift);
		uint64_t x = (a ^ flip) & FIELD(shift), y = (b ^ flip) & FIELD(shift);

		result |= (x < y ? x : y) ^ flip;
	}
	return result;
}

static void aarch64_features(uint64_t *id)
{
	id[INDEX(4, 0)] = at_most(read_sysreg(id_aa64pfr0_el1) & PFR0_KEPT, PFR0_MOST, 0) |
			  PFR0_GIC;
	id[INDEX(5, 0)] = (read_sysreg(id_aa64dfr0_el1) & DFR0_KEPT) | DFR0_DEBUG_V8;
	id[INDEX(6, 0)] = read_sysreg(id_aa64isar0_el1) & ~ISAR0_DROPPED;
	id[INDEX(6, 1)] = read_sysreg(id_aa64isar1_el1) & ~ISAR1_DROPPED;
	id[INDEX(7, 0)] = at_most(read_sysreg(id_aa64mmfr0_el1) & MMFR0_KEPT, MMFR0_MOST,
				  signed_fields(INDEX(7, 0)));
	id[INDEX(7, 1)] = at_most(read_sysreg(id_aa64mmfr1_el1) & MMFR1_KEPT, MMFR1_MOST, 0);
	id[INDEX(7, 2)] = read_sysreg(s3_0_c0_c7_2) & MMFR2_KEPT;
}

/* No EL2, EL3, RAS, AMU, DIT; no performance monitors, no trace, no secure debug. */
static void aarch32_features(uint64_t *id)
{
	if (id[INDEX(1, 0)] == 0) /* a CPU without AArch32 */
		return;
	id[INDEX(1, 0)] = at_most(id[INDEX(1, 0)] & ~AA32_PFR0_DROPPED, AA32_PFR0_MOST, 0);
	id[INDEX(1, 1)] = (id[INDEX(1, 1)] & AA32_PFR1_KEPT) | AA32_PFR1_GIC;
	id[INDEX(1, 2)] = AA32_DFR0_DEBUG_V8;
	id[INDEX(2, 6)] &= ~AA32_MMFR4_DROPPED;
	id[INDEX(3, 4)] &= ~AA32_PFR2_DROPPED;
	id[INDEX(3, 5)] = 0; /* ID_DFR1: performance monitors */
}

/* What this CPU could offer. */
static void read_cpu(uint64_t *id)
{
	for (unsigned int i = 0; i < REGISTERS; i++)
		id[i] = 0;
	RAW_ROW(1);
	RAW_ROW(2);
	RAW_ROW(3);
	aarch32_features(id);
	aarch64_features(id);
}

static bool take_common(const uint64_t *id, bool change)
{
	bool same = true;

	for (unsigned int i = 0; i < REGISTERS; i++) {
		uint64_t both = at_most(id_table[i], id[i], signed_fields(i));

		if (both == id_table[i])
			continue;
		same = false;
		if (change)
			id_table[i] = both;
	}
	return same;
}

/* Once per CPU. False: it lacks something that is offered. */
bool id_init(enum hyp_cpu_rule rule)
{
	uint64_t id[REGISTERS];

	read_cpu(id);
	if (rule != HYP_CPU_FIRST)
		return take_common(id, rule == HYP_CPU_EARLY) || rule == HYP_CPU_EARLY;
	for (unsigned int i = 0; i < REGISTERS; i++)
		id_table[i] = id[i];
	return true;
}

uint64_t id_register(uint32_t encoding)
{
	return id_table[((encoding >> 1) & 0xf) << 3 | ((encoding >> 17) & 7)];
}

/* EL0 in AArch32, ID_AA64PFR0_EL1.EL0 */
bool id_has_aarch32_el0(void)
{
	return (id_table[INDEX(4, 0)] & FIELD(0)) == 2;
}

bool id_has_pan(void)
{
	return (id_table[INDEX(7, 1)] & FIELD(20)) != 0;
}
