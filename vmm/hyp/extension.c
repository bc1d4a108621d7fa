/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of extensions that guests are not offered, and that they or the host reach all the same
 * because no trap covers them: nothing may stay in them for the next guest, and what the host has
 * set up in them must not go on while a guest runs.
 *
 * RAS: with HCR_EL2.AMO, DISR_EL1 is VDISR_EL2 (Arm ARM D17.2.44). SME: TPIDR2_EL0. MPAM: a guest
 * must neither see nor choose partitions of caches (DDI 0598). Statistical profiling and trace: the
 * host's would sample the guest, and write to its buffer by the guest's translations (D15.3, D6.3).
 *
 * A host at EL2 goes on with what an exception from the guest leaves in PSTATE (D1.10): DIT is the
 * guest's, TCO is set. (PAN is in entry.S.)
 */
#include "hyp.h"

#define FIELD(value, shift) ((value) >> (shift) & 0xf)
#define PFR0_RAS	    28
#define PFR0_MPAM	    40
#define PFR1_MPAM_FRAC	    16
#define PFR0_DIT	    48
#define PFR1_MTE	    8
#define PFR1_SME	    24
#define DFR0_PMSVER	    32
#define DFR0_TRACEFILT	    40
#define DFR0_TRACEBUFFER    44

/* Names that older assemblers do not know */
#define VDISR_EL2	    s3_4_c12_c1_1
#define VSESR_EL2	    s3_4_c5_c2_3
#define TPIDR2_EL0	    s3_3_c13_c0_5
#define MPAM2_EL2	    s3_4_c10_c5_0
#define PMSCR_EL1	    s3_0_c9_c9_0
#define PMBLIMITR_EL1	    s3_0_c9_c10_0
#define PMBIDR_EL1	    s3_0_c9_c10_7
#define TRFCR_EL1	    s3_0_c1_c2_1
#define TRBLIMITR_EL1	    s3_0_c9_c11_0
#define TRBIDR_EL1	    s3_0_c9_c11_7
#define PSTATE_DIT	    s3_3_c4_c2_5
#define PSTATE_TCO	    s3_3_c4_c2_7
/* A guest's, of a host at EL2; its own have the names above. */
#define PMSCR_EL12	    s3_5_c9_c9_0
#define TRFCR_EL12	    s3_5_c1_c2_1
/* The macros see what the name stands for. */
#define READ(reg)	    read_sysreg(reg)
#define WRITE(reg, value)   write_sysreg(reg, value)

/* The controls of profiling and trace that hold in a guest are of unknown value at reset; guests do
 * not reach them. */
static void init_host_at_el2(struct hyp_cpu *cpu, uint64_t pfr0, uint64_t pfr1)
{
	if (FIELD(pfr0, PFR0_DIT))
		cpu->extensions |= HYP_EXTENSION_DIT;
	if (FIELD(pfr1, PFR1_MTE))
		cpu->extensions |= HYP_EXTENSION_TCO;
	if (cpu->extensions & HYP_EXTENSION_SPE)
		WRITE(PMSCR_EL12, 0);
	if (cpu->extensions & HYP_EXTENSION_TRF)
		WRITE(TRFCR_EL12, 0);
}

/* Once per CPU. */
void extension_init(struct hyp_cpu *cpu)
{
	uint64_t pfr0 = read_sysreg(id_aa64pfr0_el1), pfr1 = read_sysreg(id_aa64pfr1_el1);
	uint64_t dfr0 = read_sysreg(id_aa64dfr0_el1);

	cpu->extensions = 0;
	if (FIELD(pfr0, PFR0_RAS))
		cpu->extensions |= HYP_EXTENSION_RAS;
	if (FIELD(pfr1, PFR1_SME))
		cpu->extensions |= HYP_EXTENSION_SME;
	if (FIELD(pfr0, PFR0_MPAM) || FIELD(pfr1, PFR1_MPAM_FRAC))
		cpu->extensions |= HYP_EXTENSION_MPAM;
	if (FIELD(dfr0, DFR0_PMSVER) && !(READ(PMBIDR_EL1) & BUFFER_IDR_P))
		cpu->extensions |= HYP_EXTENSION_SPE;
	if (FIELD(dfr0, DFR0_TRACEFILT))
		cpu->extensions |= HYP_EXTENSION_TRF;
	if (FIELD(dfr0, DFR0_TRACEBUFFER) && !(READ(TRBIDR_EL1) & BUFFER_IDR_P))
		cpu->extensions |= HYP_EXTENSION_TRBE;
	if (ARCH_HOST_AT_EL2)
		init_host_at_el2(cpu, pfr0, pfr1);
}

/* What was sampled is in memory before the host's translations are gone. */
static void stop_profiling(struct hyp_cpu *cpu)
{
	cpu->pmscr = READ(PMBLIMITR_EL1) & LIMITR_E ? READ(PMSCR_EL1) : 0;
	if (cpu->pmscr == 0)
		return;
	WRITE(PMSCR_EL1, 0);
	arch_isb();
	arch_drain_profile();
}

static void stop_trace(struct hyp_cpu *cpu)
{
	cpu->trfcr = READ(TRFCR_EL1);
	if (cpu->trfcr == 0)
		return;
	WRITE(TRFCR_EL1, 0);
	arch_isb();
	if ((cpu->extensions & HYP_EXTENSION_TRBE) && (READ(TRBLIMITR_EL1) & LIMITR_E))
		arch_drain_trace();
}

/* The host's registers are in the CPU; a guest's will be. */
void extension_enter_any(struct hyp_cpu *cpu)
{
	if (cpu->extensions & HYP_EXTENSION_SPE)
		stop_profiling(cpu);
	if (cpu->extensions & HYP_EXTENSION_TRF)
		stop_trace(cpu);
	if (cpu->extensions & HYP_EXTENSION_RAS) {
		WRITE(VDISR_EL2, 0);
		WRITE(VSESR_EL2, 0);
	}
	if (cpu->extensions & HYP_EXTENSION_SME) {
		cpu->tpidr2 = READ(TPIDR2_EL0);
		WRITE(TPIDR2_EL0, 0);
	}
	if (cpu->extensions & HYP_EXTENSION_MPAM) {
		cpu->mpam2 = READ(MPAM2_EL2);
		WRITE(MPAM2_EL2, cpu->mpam2 | MPAM2_TRAPMPAM1EL1 | MPAM2_TRAPMPAM0EL1);
	}
	if (ARCH_HOST_AT_EL2 && (cpu->extensions & HYP_EXTENSION_DIT))
		cpu->dit = READ(PSTATE_DIT);
	if (ARCH_HOST_AT_EL2 && (cpu->extensions & HYP_EXTENSION_TCO))
		cpu->tco = READ(PSTATE_TCO);
}

/* The host's registers are in the CPU again. */
void extension_leave_any(struct hyp_cpu *cpu)
{
	if (ARCH_HOST_AT_EL2 && (cpu->extensions & HYP_EXTENSION_DIT))
		WRITE(PSTATE_DIT, cpu->dit);
	if (ARCH_HOST_AT_EL2 && (cpu->extensions & HYP_EXTENSION_TCO))
		WRITE(PSTATE_TCO, cpu->tco);
	if (cpu->extensions & HYP_EXTENSION_MPAM)
		WRITE(MPAM2_EL2, cpu->mpam2);
	if (cpu->extensions & HYP_EXTENSION_SME)
		WRITE(TPIDR2_EL0, cpu->tpidr2);
	if ((cpu->extensions & HYP_EXTENSION_TRF) && cpu->trfcr)
		WRITE(TRFCR_EL1, cpu->trfcr);
	if ((cpu->extensions & HYP_EXTENSION_SPE) && cpu->pmscr)
		WRITE(PMSCR_EL1, cpu->pmscr);
}
