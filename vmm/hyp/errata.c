// SPDX-License-Identifier: BSD-2-Clause
/*
 * What this CPU's implementation needs beyond the architecture, by its MIDR_EL1.
 */
#include "hyp.h"

#define FIELD(value, shift) ((value) >> (shift) & 0xf)
#define PFR0_CSV2	    56
#define CSV2_HISTORY_TOO    3 /* branch history of another context has no effect */
#define MMFR1_ECBHB	    60
#define ISAR2_CLRBHB	    28
#define ID_AA64ISAR2_EL1    s3_0_c0_c6_2
/* The macro sees what the name stands for. */
#define READ(reg)	    read_sysreg(reg)

/* Implementer and part number */
#define MIDR_CPU(midr)	    ((uint32_t)(midr) & 0xff00fff0)
#define ARM(part)	    (0x41000000 | (part) << 4)
#define QUALCOMM(part)	    (0x51000000 | (part) << 4)
#define AMPERE(part)	    (0xc0000000 | (part) << 4)

/* How many taken branches fill the branch history (Arm, "Spectre-BHB", table of affected cores).
 * Cortex-A57 and A72 are firmware's matter: see speculation.c. */
static const struct {
	uint32_t cpu, branches;
} histories[] = {
	{ AMPERE(0xac3), 11 },	 /* Ampere-1 */
	{ ARM(0xd0b), 24 },	 /* Cortex-A76 */
	{ ARM(0xd0c), 24 },	 /* Neoverse N1 */
	{ ARM(0xd0d), 24 },	 /* Cortex-A77 */
	{ ARM(0xd0e), 24 },	 /* Cortex-A76AE */
	{ QUALCOMM(0x804), 24 }, /* Kryo 4xx Gold */
	{ ARM(0xd40), 32 },	 /* Neoverse V1 */
	{ ARM(0xd41), 32 },	 /* Cortex-A78 */
	{ ARM(0xd42), 32 },	 /* Cortex-A78AE */
	{ ARM(0xd44), 32 },	 /* Cortex-X1 */
	{ ARM(0xd47), 32 },	 /* Cortex-A710 */
	{ ARM(0xd48), 32 },	 /* Cortex-X2 */
	{ ARM(0xd49), 32 },	 /* Neoverse N2 */
	{ ARM(0xd4b), 32 },	 /* Cortex-A78C */
	{ ARM(0xd4c), 32 },	 /* Cortex-X1C */
	{ ARM(0xd4d), 38 },	 /* Cortex-A715 */
	{ ARM(0xd81), 38 },	 /* Cortex-A720 */
	{ ARM(0xd4e), 132 },	 /* Cortex-X3 */
	{ ARM(0xd4f), 132 },	 /* Neoverse V2 */
};

/* A TLBI that is broadcast may complete too early; a second one, behind a DSB, finds it complete.
 */
static const uint32_t early_tlbis[] = {
	ARM(0xd05), /* Cortex-A55, 2441007 */
	ARM(0xd0b), /* Cortex-A76, 1286807 */
	ARM(0xd46), /* Cortex-A510, 2441009 */
};

uint32_t errata_tlbi_again;

static uint32_t history_branches(uint32_t cpu)
{
	if (FIELD(read_sysreg(id_aa64pfr0_el1), PFR0_CSV2) >= CSV2_HISTORY_TOO ||
	    FIELD(read_sysreg(id_aa64mmfr1_el1), MMFR1_ECBHB) ||
	    FIELD(READ(ID_AA64ISAR2_EL1), ISAR2_CLRBHB)) /* the instruction, always, in entry.S */
		return 0;
	for (unsigned int i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
		if (histories[i].cpu == cpu)
			return histories[i].branches;
	}
	return 0;
}

/* Once per CPU. Who does TLB maintenance does it for all CPUs. */
void errata_init(struct hyp_cpu *cpu)
{
	uint32_t midr = MIDR_CPU(read_sysreg(midr_el1));

	cpu->history_branches = history_branches(midr);
	for (unsigned int i = 0; i < sizeof(early_tlbis) / sizeof(early_tlbis[0]); i++) {
		if (early_tlbis[i] == midr)
			errata_tlbi_again = 1;
	}
}
