// SPDX-License-Identifier: BSD-2-Clause
/*
 * Performance monitors (Arm ARM D11): the cycle counter, its filters, software increments, and the
 * interrupt, which a vCPU has for itself. Where there are none, reading one is UNDEFINED.
 */
#include "property.h"

#define PMU_INTID     23
#define PMCR_E	      1
#define PMCR_P	      2
#define PMCR_C	      4
#define PMCR_LC	      64
#define PMCR_N(pmcr)  (((pmcr) >> 11) & 0x1f)
#define CYCLES	      (UINT64_C(1) << 31)
#define FILTER_EL1    (UINT64_C(1) << 31) /* P: not at EL1 */
#define FILTER_EL0    (UINT64_C(1) << 30) /* U: not at EL0 */
#define EVENT_SW_INCR 0
#define ROUNDS	      20

static bool have_monitors(void)
{
	uint64_t version = (read_sysreg(id_aa64dfr0_el1) >> 8) & 0xf;

	return version != 0 && version != 0xf;
}

static void off(void)
{
	write_sysreg(pmcr_el0, PMCR_P | PMCR_C | PMCR_LC);
	write_sysreg(pmcntenclr_el0, UINT64_C(0xffffffff));
	write_sysreg(pmintenclr_el1, UINT64_C(0xffffffff));
	write_sysreg(pmovsclr_el0, UINT64_C(0xffffffff));
	write_sysreg(pmccfiltr_el0, 0);
	isb();
}

static void count_cycles(uint64_t from, uint64_t filter)
{
	off();
	write_sysreg(pmccfiltr_el0, filter);
	write_sysreg(pmccntr_el0, from);
	write_sysreg(pmcntenset_el0, CYCLES);
	write_sysreg(pmcr_el0, PMCR_E | PMCR_LC);
	isb();
}

static uint64_t cycles(void)
{
	isb();
	return read_sysreg(pmccntr_el0);
}

static bool overflowed(void)
{
	isb();
	return read_sysreg(pmovsset_el0) & CYCLES;
}

PROPERTY(cycles_are_counted_while_they_are_asked_for)
{
	uint64_t value;

	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	off();
	value = cycles();
	CHECK_EQUAL(value, 0);
	for (unsigned int i = 0; i < ROUNDS; i++)
		CHECK_EQUAL(cycles(), value);
	count_cycles(0, 0);
	value = cycles();
	CHECK(WAIT(cycles() > value, PATIENCE_MS));
	write_sysreg(pmcr_el0, PMCR_LC);
	value = cycles();
	for (unsigned int i = 0; i < ROUNDS; i++)
		CHECK_EQUAL(cycles(), value);
	off();
}

/* A device access and the calls of firmware leave the vCPU, which may be given to another CPU. */
PROPERTY(counting_goes_on_across_exits)
{
	uint64_t before, after;

	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	count_cycles(UINT64_C(1) << 40, 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		before = cycles();
		hvc(PSCI_VERSION, 0, 0, 0);
		after = cycles();
		CHECK(after > before);
		CHECK(after < UINT64_C(1) << 41);
	}
	off();
}

PROPERTY(a_filter_of_el1_leaves_the_kernel_out)
{
	uint64_t value;

	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	count_cycles(1000, FILTER_EL1);
	value = cycles();
	for (unsigned int i = 0; i < ROUNDS; i++)
		CHECK_EQUAL(cycles(), value);
	off();
}

PROPERTY(each_event_counter_counts_by_itself)
{
	uint64_t count = 0;

	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	count = PMCR_N(read_sysreg(pmcr_el0));
	off();
	for (uint64_t n = 0; n < count; n++) {
		write_sysreg(pmselr_el0, n);
		isb();
		write_sysreg(pmxevtyper_el0, EVENT_SW_INCR);
	}
	write_sysreg(pmcntenset_el0, (UINT64_C(1) << count) - 1);
	write_sysreg(pmcr_el0, PMCR_E | PMCR_LC);
	isb();
	for (uint64_t n = 0; n < count; n++)
		for (uint64_t i = 0; i <= n; i++) {
			write_sysreg(pmswinc_el0, UINT64_C(1) << n);
			isb();
		}
	for (uint64_t n = 0; n < count; n++) {
		write_sysreg(pmselr_el0, n);
		isb();
		CHECK_EQUAL(read_sysreg(pmxevcntr_el0), n + 1);
	}
	off();
}

PROPERTY(an_overflow_interrupts_until_it_is_cleared)
{
	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	gic_enable(PMU_INTID);
	count_cycles(UINT64_MAX - 1000, 0);
	write_sysreg(pmintenset_el1, CYCLES);
	CHECK(WAIT(overflowed(), PATIENCE_MS));
	CHECK_EQUAL(gic_acknowledge_wait(), PMU_INTID);
	gic_end(PMU_INTID);
	CHECK_EQUAL(gic_acknowledge_wait(), PMU_INTID);
	write_sysreg(pmovsclr_el0, CYCLES);
	isb();
	gic_end(PMU_INTID);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	off();
}

PROPERTY(every_overflow_interrupts)
{
	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	gic_enable(PMU_INTID);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		count_cycles(UINT64_MAX - 1000, 0);
		write_sysreg(pmintenset_el1, CYCLES);
		CHECK_EQUAL(gic_acknowledge_wait(), PMU_INTID);
		CHECK(overflowed());
		off();
		gic_end(PMU_INTID);
	}
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

static volatile bool others_count;

static void other(void *unused)
{
	(void)unused;
	count_cycles(UINT64_C(1) << 50, 0);
	others_count = WAIT(cycles() > UINT64_C(1) << 50, PATIENCE_MS);
	off();
}

PROPERTY_CPUS(each_cpu_has_monitors_of_its_own, 2)
{
	if (!have_monitors())
		SKIP("the CPU has no performance monitors");
	off();
	CHECK_EQUAL(cpu_start(1, other, NULL), PSCI_SUCCESS);
	CHECK(cpu_join(1));
	CHECK(others_count);
	CHECK_EQUAL(cycles(), 0);
}
