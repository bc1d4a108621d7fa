// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest's performance monitors (Arm ARM D11, PMUv3): the CPU's own, which the host and the
 * guest have in turn. They are switched only for a vCPU that uses them: its first access is trapped
 * (MDCR_EL2.TPM), and gives it the registers until it leaves the CPU; while something of its
 * counts, or an overflow of its waits, it gets them at once when it enters. The host's counters
 * stand still meanwhile.
 *
 * MDCR_EL2.HPMN says how many event counters the guest has. The interrupt of the monitors is the
 * host's, level-triggered: while the guest's line is up it is kept active in the physical GIC, so
 * that it does not come again, until the guest has cleared the overflow.
 */
#include "hyp.h"

/* ID_AA64DFR0_EL1.PMUVer: what is offered at most is PMUv3 for Armv8.5 */
#define PMUVER_SHIFT		8
#define PMUVER_V3P1		4
#define PMUVER_V3P5		6
#define PMUVER_NOT_V3		0xf

#define PMCR_E			ARM64_BIT(0)
#define PMCR_N_SHIFT		11
/* What a PMCR_EL0 keeps: E, X, DP, LC, LP. P and C are commands. */
#define PMCR_KEPT		0xf1
#define PM_CYCLES		ARM64_BIT(31)
#define PM_ALL			0xffffffff

#define ENCODING_WITHOUT_OP2(e) ((e) & SYSREG(3, 7, 15, 15, 0))

/* PMEVCNTR<n>_EL0 and PMEVTYPER<n>_EL0 under names that all assemblers know */
#define EACH_COUNTER(X)                     \
	X(0, s3_3_c14_c8_0, s3_3_c14_c12_0) \
	X(1, s3_3_c14_c8_1, s3_3_c14_c12_1) \
	X(2, s3_3_c14_c8_2, s3_3_c14_c12_2) \
	X(3, s3_3_c14_c8_3, s3_3_c14_c12_3) \
	X(4, s3_3_c14_c8_4, s3_3_c14_c12_4) \
	X(5, s3_3_c14_c8_5, s3_3_c14_c12_5) \
	X(6, s3_3_c14_c8_6, s3_3_c14_c12_6) \
	X(7, s3_3_c14_c8_7, s3_3_c14_c12_7)

/* What all CPUs have. */
static uint64_t version, counters;

static void read_cpu(uint64_t *this_version, uint64_t *this_counters)
{
	*this_version = read_sysreg(id_aa64dfr0_el1) >> PMUVER_SHIFT & 0xf;
	*this_counters = 0;
	if (*this_version == PMUVER_NOT_V3)
		*this_version = 0;
	if (*this_version == 0)
		return;
	if (*this_version > PMUVER_V3P5)
		*this_version = PMUVER_V3P5;
	*this_counters = read_sysreg(pmcr_el0) >> PMCR_N_SHIFT & 0x1f;
	if (*this_counters > HYP_PMU_COUNTERS)
		*this_counters = HYP_PMU_COUNTERS;
}

bool pmu_init(struct hyp_cpu *cpu, enum hyp_cpu_rule rule)
{
	uint64_t this_version, this_counters;
	bool same;

	cpu->pmu_loaded = 0;
	read_cpu(&this_version, &this_counters);
	if (rule == HYP_CPU_FIRST) {
		version = this_version;
		counters = this_counters;
	}
	same = this_version >= version && this_counters >= counters;
	if (!same && rule == HYP_CPU_EARLY) {
		version = this_version < version ? this_version : version;
		counters = this_counters < counters ? this_counters : counters;
	}
	cpu->pmu_version = version;
	return same || rule != HYP_CPU_LATE;
}

uint64_t pmu_id(const struct hyp_vcpu *vcpu)
{
	return vcpu->pmu & HYP_PMU_OFFERED ? version << PMUVER_SHIFT : 0;
}

/* Counters that a world has a say in: the guest's are the first ones. */
static uint64_t mask_of(uint64_t count)
{
	return PM_CYCLES | ((UINT64_C(1) << count) - 1);
}

/* Reads all back; nothing counts, and nothing interrupts, afterwards. */
static __attribute__((noinline)) void save(struct hyp_pmu *pmu, uint64_t count)
{
	pmu->enabled = read_sysreg(pmcntenset_el0);
	write_sysreg(pmcntenclr_el0, PM_ALL);
	pmu->interrupts = read_sysreg(pmintenset_el1);
	write_sysreg(pmintenclr_el1, PM_ALL);
	arch_isb();
	pmu->overflows = read_sysreg(pmovsset_el0);
	write_sysreg(pmovsclr_el0, PM_ALL);
	pmu->pmcr = read_sysreg(pmcr_el0) & PMCR_KEPT;
	pmu->selected = read_sysreg(pmselr_el0);
	pmu->user = read_sysreg(pmuserenr_el0);
	pmu->cycles = read_sysreg(pmccntr_el0);
	pmu->cycle_filter = read_sysreg(s3_3_c14_c15_7);
#define SAVE_COUNTER(n, value, type)                  \
	if (count > (n)) {                            \
		pmu->counter[n] = read_sysreg(value); \
		pmu->event[n] = read_sysreg(type);    \
	}
	EACH_COUNTER(SAVE_COUNTER)
}

/* Behind save(). */
static __attribute__((noinline)) void load(const struct hyp_pmu *pmu, uint64_t count, uint64_t mask)
{
	write_sysreg(pmcr_el0, pmu->pmcr);
	write_sysreg(pmselr_el0, pmu->selected);
	write_sysreg(pmuserenr_el0, pmu->user);
	write_sysreg(pmccntr_el0, pmu->cycles);
	write_sysreg(s3_3_c14_c15_7, pmu->cycle_filter);
#define LOAD_COUNTER(n, value, type)                  \
	if (count > (n)) {                            \
		write_sysreg(value, pmu->counter[n]); \
		write_sysreg(type, pmu->event[n]);    \
	}
	EACH_COUNTER(LOAD_COUNTER)
	write_sysreg(pmovsset_el0, pmu->overflows & mask);
	write_sysreg(pmintenset_el1, pmu->interrupts & mask);
	arch_isb();
	write_sysreg(pmcntenset_el0, pmu->enabled & mask);
}

/* What happens at EL2 is not the guest's to count, where the CPU can leave it out. */
static void let_guest_in(const struct hyp_cpu *cpu)
{
	uint64_t mdcr = read_sysreg(mdcr_el2) & ~(uint64_t)(MDCR_TPM | MDCR_TPMCR | MDCR_HPMN_MASK);

	if (cpu->pmu_version >= PMUVER_V3P1)
		mdcr |= MDCR_HPMD;
	if (cpu->pmu_version >= PMUVER_V3P5)
		mdcr |= MDCR_HCCD;
	write_sysreg(mdcr_el2, mdcr | counters);
	arch_isb();
}

static void take(const struct hyp_vcpu *vcpu, struct hyp_cpu *cpu)
{
	save(&cpu->pmu, counters);
	cpu->pmu_loaded = 1;
	load(&vcpu->pmu_state, counters, mask_of(counters));
	let_guest_in(cpu);
}

bool pmu_line(const struct hyp_cpu *cpu)
{
	return cpu->pmu_loaded && (read_sysreg(pmcr_el0) & PMCR_E) &&
	       (read_sysreg(pmovsset_el0) & read_sysreg(pmintenset_el1) & mask_of(counters));
}

void pmu_enter_any(struct hyp_vcpu *vcpu)
{
	struct hyp_cpu *cpu = vcpu_cpu(vcpu);

	if (vcpu->pmu & HYP_PMU_ACTIVE)
		take(vcpu, cpu);
	vgic_set_line(vcpu, VM_PPI_PMU, pmu_line(cpu));
}

/* The physical interrupt may come again. */
static void deactivate(struct hyp_vcpu *vcpu)
{
	if (!(vcpu->pmu & HYP_PMU_INTERRUPT))
		return;
	mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ICACTIVER0, 1u << hyp_config.pmu_ppi);
	arch_mmio_done();
	vcpu->pmu &= ~(uint32_t)HYP_PMU_INTERRUPT;
}

static bool is_active(const struct hyp_pmu *pmu)
{
	return (pmu->pmcr & PMCR_E) && (pmu->enabled | (pmu->overflows & pmu->interrupts));
}

void pmu_leave_any(struct hyp_vcpu *vcpu)
{
	struct hyp_cpu *cpu = vcpu_cpu(vcpu);

	save(&vcpu->pmu_state, counters);
	vcpu->pmu &= ~(uint32_t)HYP_PMU_ACTIVE;
	if (is_active(&vcpu->pmu_state))
		vcpu->pmu |= HYP_PMU_ACTIVE;
	pmu_abandon(cpu);
	deactivate(vcpu);
}

void pmu_abandon(struct hyp_cpu *cpu)
{
	if (!cpu->pmu_loaded)
		return;
	cpu->pmu_loaded = 0;
	write_sysreg(pmcntenclr_el0, PM_ALL);
	write_sysreg(pmintenclr_el1, PM_ALL);
	write_sysreg(pmovsclr_el0, PM_ALL);
	write_sysreg(mdcr_el2, cpu->mdcr_el2);
	arch_isb();
	load(&cpu->pmu, counters, PM_ALL);
}

void pmu_refresh(struct hyp_vcpu *vcpu)
{
	if (pmu_line(vcpu_cpu(vcpu)))
		return;
	vcpu->bank.line &= ~(1u << VM_PPI_PMU);
	deactivate(vcpu);
}

bool pmu_fired(struct hyp_vcpu *vcpu)
{
	if (!pmu_line(vcpu_cpu(vcpu)))
		return false;
	mmio_write32(vcpu_cpu(vcpu)->gicr + GICR_ISACTIVER0, 1u << hyp_config.pmu_ppi);
	arch_mmio_done();
	vcpu->pmu |= HYP_PMU_INTERRUPT;
	vgic_set_line(vcpu, VM_PPI_PMU, true);
	return true;
}

/* PMCR_EL0 and those behind it (CRn 9, CRm 12 to 14), PMINTENSET_EL1, PMINTENCLR_EL1 and PMMIR_EL1;
 * the counters one by one and their events (CRn 14, CRm 8 to 15). */
static bool is_register(uint32_t encoding)
{
	uint32_t group = ENCODING_WITHOUT_OP2(encoding);

	return group == SYSREG(3, 3, 9, 12, 0) || group == SYSREG(3, 3, 9, 13, 0) ||
	       group == SYSREG(3, 3, 9, 14, 0) || group == SYSREG(3, 0, 9, 14, 0) ||
	       (group & ~SYSREG(0, 0, 0, 7, 0)) == SYSREG(3, 3, 14, 8, 0);
}

bool pmu_trap(struct hyp_vcpu *vcpu, uint32_t encoding)
{
	struct hyp_cpu *cpu = vcpu_cpu(vcpu);

	if (!(vcpu->pmu & HYP_PMU_OFFERED) || cpu->pmu_loaded || !is_register(encoding))
		return false;
	take(vcpu, cpu);
	return true;
}
