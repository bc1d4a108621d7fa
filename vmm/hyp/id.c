/*
 * Identification registers as the guest sees them (Arm ARM D13.2.57 to D13.2.90): the CPU's own,
 * less what the virtual machine does not have: EL2, performance monitors, SVE, MTE, pointer
 * authentication, RAS, nested translation.
 */
#include "hyp.h"

#define FIELD(shift)	   (UINT64_C(0xf) << (shift))

#define PFR0_KEPT	   (FIELD(0) | FIELD(4) | FIELD(16) | FIELD(20) | FIELD(56) | FIELD(60))
#define PFR0_GIC	   (UINT64_C(1) << 24)
#define DFR0_KEPT	   (FIELD(12) | FIELD(20) | FIELD(28))
#define DFR0_DEBUG_V8	   6
#define ISAR1_DROPPED	   (FIELD(4) | FIELD(8) | FIELD(24) | FIELD(28))
#define MMFR0_KEPT	   (FIELD(4) | FIELD(8) | FIELD(12) | FIELD(16) | FIELD(20) | FIELD(24) | FIELD(28))
#define MMFR0_PARANGE_40   2
#define MMFR1_KEPT	   (FIELD(0) | FIELD(12) | FIELD(20))
#define MMFR2_KEPT	   (FIELD(0) | FIELD(4))
/* The same for AArch32 */
#define AA32_PFR0_DROPPED  (FIELD(20) | FIELD(24) | FIELD(28))
#define AA32_PFR1_KEPT	   (FIELD(0) | FIELD(8) | FIELD(16))
#define AA32_PFR1_GIC	   (UINT64_C(1) << 28)
#define AA32_DFR0_DEBUG_V8 6
#define AA32_MMFR4_DROPPED FIELD(4) /* AC2: ACTLR2 */
#define AA32_PFR2_DROPPED  FIELD(8) /* RAS_frac */

/* Indexed by CRm and op2; CRm 1 to 7. */
static uint64_t id_table[64];

#define INDEX(crm, op2) (((crm) << 3) | (op2))
#define RAW(crm, op2)	id_table[INDEX(crm, op2)] = read_sysreg(s3_0_c0_c##crm##_##op2)
#define RAW_ROW(crm) \
	RAW(crm, 0); \
	RAW(crm, 1); \
	RAW(crm, 2); \
	RAW(crm, 3); \
	RAW(crm, 4); \
	RAW(crm, 5); \
	RAW(crm, 6); \
	RAW(crm, 7)

static void aarch64_features(void)
{
	uint64_t pa_range = read_sysreg(id_aa64mmfr0_el1) & 0xf;

	id_table[INDEX(4, 0)] = (read_sysreg(id_aa64pfr0_el1) & PFR0_KEPT) | PFR0_GIC;
	id_table[INDEX(5, 0)] = (read_sysreg(id_aa64dfr0_el1) & DFR0_KEPT) | DFR0_DEBUG_V8;
	id_table[INDEX(6, 0)] = read_sysreg(id_aa64isar0_el1);
	id_table[INDEX(6, 1)] = read_sysreg(id_aa64isar1_el1) & ~ISAR1_DROPPED;
	id_table[INDEX(7, 0)] = (read_sysreg(id_aa64mmfr0_el1) & MMFR0_KEPT) |
				(pa_range < MMFR0_PARANGE_40 ? pa_range : MMFR0_PARANGE_40);
	id_table[INDEX(7, 1)] = read_sysreg(id_aa64mmfr1_el1) & MMFR1_KEPT;
	id_table[INDEX(7, 2)] = read_sysreg(s3_0_c0_c7_2) & MMFR2_KEPT;
}

/* No EL2, EL3, RAS, AMU, DIT; no performance monitors, no trace, no secure debug. */
static void aarch32_features(void)
{
	if (id_table[INDEX(1, 0)] == 0) /* a CPU without AArch32 */
		return;
	id_table[INDEX(1, 0)] &= ~AA32_PFR0_DROPPED;
	id_table[INDEX(1, 1)] = (id_table[INDEX(1, 1)] & AA32_PFR1_KEPT) | AA32_PFR1_GIC;
	id_table[INDEX(1, 2)] = AA32_DFR0_DEBUG_V8;
	id_table[INDEX(2, 6)] &= ~AA32_MMFR4_DROPPED;
	id_table[INDEX(3, 4)] &= ~AA32_PFR2_DROPPED;
}

/* Once per CPU; the CPUs of a machine that vmm accepts are alike. */
void id_init(void)
{
	RAW_ROW(1);
	RAW_ROW(2);
	RAW_ROW(3);
	aarch32_features();
	aarch64_features();
}

uint64_t id_register(uint32_t encoding)
{
	return id_table[((encoding >> 1) & 0xf) << 3 | ((encoding >> 17) & 7)];
}

bool id_has_pan(void)
{
	return (id_table[INDEX(7, 1)] & FIELD(20)) != 0;
}
