// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest's performance monitors (Arm ARM D11): who has the CPU's when, and the interrupt.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PMCR	     SYSREG(3, 3, 9, 12, 0)
#define PMINTENSET   SYSREG(3, 0, 9, 14, 1)
#define PMEVCNTR(n)  SYSREG(3, 3, 14, 8 + (n) / 8, (n) % 8)
#define PMCCFILTR    SYSREG(3, 3, 14, 15, 7)
#define CNTP_CTL     SYSREG(3, 3, 14, 2, 1)
#define ID_AA64DFR0  SYSREG(3, 0, 0, 5, 0)
#define PMUVER(v)    ((uint64_t)(v) << 8)
#define PMCR_N(n)    ((uint64_t)(n) << 11)
#define CYCLES	     (1u << 31)
#define HOST_CYCLES  12345
#define HOST_EVENT   0x11
#define HOST_ENABLED (CYCLES | 3)
#define COUNTERS     6
#define LINE	     (1u << VM_PPI_PMU)

static struct fake_cpu *cpu(void)
{
	return &fake.cpu[0];
}

static void init_cpu(unsigned int number, uint64_t version, uint64_t count, enum hyp_cpu_rule rule)
{
	fake.current = number;
	fake.cpu[number].id_aa64dfr0_el1 = PMUVER(version);
	fake.cpu[number].pmcr_el0 = PMCR_N(count);
	assert_true(pmu_init(this_cpu(), rule));
	fake.current = HOST_CPU;
}

/* A vCPU that has monitors runs on a CPU whose own the host uses. */
static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	vcpu_leave(0);
	guest.vcpu[0].pmu = HYP_PMU_OFFERED;
	init_cpu(0, 4, COUNTERS, HYP_CPU_FIRST);
	cpu()->pmcr_el0 |= 1;
	cpu()->pmcntenset_el0 = HOST_ENABLED;
	cpu()->pmccntr_el0 = HOST_CYCLES;
	cpu()->s3_3_c14_c12_1 = HOST_EVENT;
	cpu()->hyp.mdcr_el2 = COUNTERS;
	cpu()->mdcr_el2 = COUNTERS | MDCR_TPM | MDCR_TPMCR | MDCR_TDA;
	vcpu_enter(0);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* The first access, which is made again behind it: ELR is where it was. */
static void touch(uint32_t encoding)
{
	uint64_t before = cpu()->elr_el2, value;

	assert_int_equal(guest_mrs(0, encoding, &value), 0);
	assert_int_equal(cpu()->elr_el2, before);
}

/* With its monitors in the CPU the guest starts to count cycles, and has them interrupt. */
static void start_counting(void)
{
	touch(PMCR);
	cpu()->pmcr_el0 = PMCR_N(COUNTERS) | 1;
	cpu()->pmcntenset_el0 = CYCLES;
	cpu()->pmintenset_el1 = CYCLES;
}

static void assert_host_has_its_own(void)
{
	assert_int_equal(cpu()->pmcntenset_el0, HOST_ENABLED);
	assert_int_equal(cpu()->pmccntr_el0, HOST_CYCLES);
	assert_int_equal(cpu()->s3_3_c14_c12_1, HOST_EVENT);
	assert_int_equal(cpu()->pmcr_el0 & 1, 1);
	assert_int_equal(cpu()->pmintenset_el1, 0);
	assert_int_equal(cpu()->pmovsset_el0, 0);
}

static void nothing_is_switched_for_a_guest_that_does_not_count(void **state)
{
	(void)state;
	assert_host_has_its_own();
	assert_int_equal(cpu()->hyp.pmu_loaded, 0);
	assert_true(cpu()->mdcr_el2 & MDCR_TPM);
}

static void the_first_access_brings_the_guests_monitors(void **state)
{
	(void)state;
	touch(PMINTENSET);
	assert_int_equal(cpu()->pmcntenset_el0, 0);
	assert_int_equal(cpu()->pmccntr_el0, 0);
	assert_int_equal(cpu()->s3_3_c14_c12_1, 0);
	assert_int_equal(cpu()->pmcr_el0 & 1, 0);
	assert_int_equal(cpu()->mdcr_el2, COUNTERS | MDCR_HPMD | MDCR_TDA);
	vcpu_leave(0);
	assert_host_has_its_own();
}

static void each_register_of_the_monitors_brings_them(void **state)
{
	static const uint32_t registers[] = { PMCR, PMINTENSET, PMEVCNTR(0), PMEVCNTR(30),
					      PMCCFILTR };

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		touch(registers[i]);
		assert_int_equal(cpu()->hyp.pmu_loaded, 1);
		vcpu_leave(0);
		cpu()->mdcr_el2 = COUNTERS | MDCR_TPM | MDCR_TPMCR;
		vcpu_enter(0);
	}
	assert_int_equal(guest_msr(0, CNTP_CTL, 0), 0);
	assert_int_equal(cpu()->hyp.pmu_loaded, 0);
}

static void a_guest_without_monitors_gets_undefined(void **state)
{
	uint64_t value;

	(void)state;
	guest.vcpu[0].pmu = 0;
	cpu()->vbar_el1 = 0x1000;
	assert_int_equal(guest_mrs(0, PMCR, &value), 0);
	assert_int_equal(cpu()->elr_el2, 0x1200);
	assert_host_has_its_own();
	assert_int_equal(guest_mrs(0, ID_AA64DFR0, &value), 0);
	assert_int_equal(value & PMUVER(0xf), 0);
}

static void the_guest_is_told_what_all_cpus_have(void **state)
{
	uint64_t value;

	(void)state;
	init_cpu(1, 9, 31, HYP_CPU_EARLY);
	assert_int_equal(guest_mrs(0, ID_AA64DFR0, &value), 0);
	assert_int_equal(value & PMUVER(0xf), PMUVER(4));
	init_cpu(2, 1, 4, HYP_CPU_EARLY);
	assert_int_equal(guest_mrs(0, ID_AA64DFR0, &value), 0);
	assert_int_equal(value & PMUVER(0xf), PMUVER(1));
	touch(PMCR);
	assert_int_equal(cpu()->mdcr_el2 & MDCR_HPMN_MASK, 4);
	fake.current = 1;
	fake.cpu[1].id_aa64dfr0_el1 = PMUVER(0xf); /* its own kind of monitors */
	assert_false(pmu_init(this_cpu(), HYP_CPU_LATE));
}

static void what_counts_goes_on_counting_at_the_next_entry(void **state)
{
	(void)state;
	start_counting();
	cpu()->pmccntr_el0 = 77;
	cpu()->s3_3_c14_c8_5 = 55;
	vcpu_leave(0);
	assert_host_has_its_own();
	cpu()->mdcr_el2 = COUNTERS | MDCR_TPM | MDCR_TPMCR;
	vcpu_enter(0);
	assert_int_equal(cpu()->pmccntr_el0, 77);
	assert_int_equal(cpu()->s3_3_c14_c8_5, 55);
	assert_int_equal(cpu()->pmcntenset_el0, CYCLES);
	assert_false(cpu()->mdcr_el2 & (MDCR_TPM | MDCR_TPMCR));
}

static void what_stands_still_is_left_out_at_the_next_entry(void **state)
{
	(void)state;
	start_counting();
	cpu()->pmccntr_el0 = 77;
	cpu()->pmcr_el0 = PMCR_N(COUNTERS);
	vcpu_leave(0);
	vcpu_enter(0);
	assert_host_has_its_own();
	touch(PMCR);
	assert_int_equal(cpu()->pmccntr_el0, 77);
}

static void an_overflow_interrupts_until_it_is_cleared(void **state)
{
	(void)state;
	start_counting();
	cpu()->pmovsset_el0 = CYCLES;
	guest_settle();
	assert_true(cpu()->gicr_active & LINE); /* it does not come again and again */
	assert_int_equal(guest_acknowledge(0), VM_PPI_PMU);
	guest_end(0, VM_PPI_PMU);
	assert_int_equal(guest_acknowledge(0), VM_PPI_PMU);
	cpu()->pmovsset_el0 = 0;
	guest_end(0, VM_PPI_PMU);
	guest_settle();
	assert_false(guest_signalled(0));
	assert_false(cpu()->gicr_active & LINE);
	cpu()->pmovsset_el0 = CYCLES;
	guest_settle();
	assert_int_equal(guest_acknowledge(0), VM_PPI_PMU);
}

/* ICH_LR of a level that has fallen is withdrawn at an exit; a read of the level does not wait. */
static void an_overflow_that_is_cleared_reads_as_not_pending(void **state)
{
	(void)state;
	start_counting();
	guest_write32(0, GICR_SGI(0, ICENABLE(0)), LINE);
	cpu()->pmovsset_el0 = CYCLES;
	guest_settle();
	assert_true(guest_read32(0, GICR_SGI(0, ISPEND(0))) & LINE);
	cpu()->pmovsset_el0 = 0;
	assert_false(guest_read32(0, GICR_SGI(0, ISPEND(0))) & LINE);
	assert_false(cpu()->gicr_active & LINE);
}

static void an_overflow_outlives_leaving_and_entering(void **state)
{
	(void)state;
	start_counting();
	guest_write32(0, GICR_SGI(0, ICENABLE(0)), LINE);
	cpu()->pmovsset_el0 = CYCLES;
	guest_settle();
	cpu()->pmcntenset_el0 = 0;
	vcpu_leave(0);
	assert_host_has_its_own();
	assert_false(cpu()->gicr_active & LINE);
	vcpu_enter(0);
	guest_write32(0, GICR_SGI(0, ISENABLE(0)), LINE);
	guest_settle();
	assert_int_equal(guest_acknowledge(0), VM_PPI_PMU);
}

static void an_overflow_of_the_hosts_is_the_hosts(void **state)
{
	(void)state;
	cpu()->pmintenset_el1 = CYCLES;
	cpu()->pmovsset_el0 = CYCLES;
	guest_settle();
	assert_int_equal(guest.left_with[0], HYP_EXIT_IRQ);
	assert_int_equal(guest.vcpu[0].bank.line & LINE, 0);
	cpu()->pmintenset_el1 = cpu()->pmovsset_el0 = 0;
}

static void after_a_crash_the_host_has_its_own(void **state)
{
	(void)state;
	start_counting();
	fake.current = 0;
	pmu_abandon(this_cpu());
	assert_host_has_its_own();
	assert_int_equal(cpu()->hyp.pmu_loaded, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_switched_for_a_guest_that_does_not_count),
		TEST(the_first_access_brings_the_guests_monitors),
		TEST(each_register_of_the_monitors_brings_them),
		TEST(a_guest_without_monitors_gets_undefined),
		TEST(the_guest_is_told_what_all_cpus_have),
		TEST(what_counts_goes_on_counting_at_the_next_entry),
		TEST(what_stands_still_is_left_out_at_the_next_entry),
		TEST(an_overflow_interrupts_until_it_is_cleared),
		TEST(an_overflow_that_is_cleared_reads_as_not_pending),
		TEST(an_overflow_outlives_leaving_and_entering),
		TEST(an_overflow_of_the_hosts_is_the_hosts),
		TEST(after_a_crash_the_host_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
