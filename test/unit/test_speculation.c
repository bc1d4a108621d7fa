// SPDX-License-Identifier: BSD-2-Clause
/*
 * Firmware's calls against speculation across exception levels (Arm DEN 0028, 7.4 to 7.6): which
 * vectors a CPU has, and what guests are offered (vmm/hyp/speculation.c).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NEEDED	      0
#define NOT_NEEDED    1
#define UNKNOWN	      (-1)
#define NOT_SUPPORTED ((uint64_t)-1)

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* A CPU is taken on which firmware answers this for each workaround. */
static struct hyp_cpu *take(unsigned int cpu, int32_t first, int32_t second, int32_t third)
{
	struct hyp_cpu *hyp = &fake.cpu[cpu].hyp;

	hyp->rule = cpu ? HYP_CPU_EARLY : HYP_CPU_FIRST;
	hyp->firmware[HYP_WORKAROUND_1] = first;
	hyp->firmware[HYP_WORKAROUND_2] = second;
	hyp->firmware[HYP_WORKAROUND_3] = third;
	speculation_init(hyp);
	return hyp;
}

static uint64_t call(uint64_t function, uint64_t argument)
{
	guest.vcpu[0].x[0] = function;
	guest.vcpu[0].x[1] = argument;
	assert_int_equal(guest_trap(0, (uint64_t)EC_HVC64 << ESR_EC_SHIFT | ESR_IL), 0);
	return guest.vcpu[0].x[0];
}

static uint64_t offer(uint64_t workaround)
{
	return call(SMCCC_ARCH_FEATURES, workaround);
}

static void a_cpu_that_needs_nothing_has_the_vectors_that_do_nothing(void **state)
{
	static const int32_t answers[] = { NOT_NEEDED, UNKNOWN };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct hyp_cpu *cpu = take(0, answers[i], NEEDED, answers[i]);

		assert_int_equal(cpu->vectors, (uintptr_t)guest_vectors);
		assert_int_equal(cpu->entry_call, 0);
	}
}

static void each_cpu_has_the_vectors_that_it_needs(void **state)
{
	const struct hyp_cpu *little = take(0, NOT_NEEDED, NOT_NEEDED, NOT_NEEDED);
	const struct hyp_cpu *old = take(1, NEEDED, NOT_NEEDED, UNKNOWN);
	const struct hyp_cpu *big = take(2, NEEDED, NOT_NEEDED, NEEDED);

	(void)state;
	assert_int_equal(little->vectors, (uintptr_t)guest_vectors);
	assert_int_equal(old->vectors, (uintptr_t)guest_vectors_hardened);
	assert_int_equal(old->entry_call, SMCCC_ARCH_WORKAROUND_1);
	assert_int_equal(big->vectors, (uintptr_t)guest_vectors_hardened);
	assert_int_equal(big->entry_call, SMCCC_ARCH_WORKAROUND_3);
}

static void guests_are_offered_what_firmware_offers(void **state)
{
	static const int32_t answers[] = { NEEDED, NOT_NEEDED, UNKNOWN };

	(void)state;
	for (unsigned int i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		uint64_t answer = (uint64_t)(int64_t)answers[i];

		take(0, answers[i], UNKNOWN, NOT_NEEDED);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_1), answer);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_2), NOT_SUPPORTED);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_3), NOT_NEEDED);
		take(0, UNKNOWN, NOT_NEEDED, answers[i]);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_1), NOT_SUPPORTED);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_2), NOT_NEEDED);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_3), answer);
	}
}

/* What the trap has done already succeeds, and changes no register but x0. */
static void the_calls_are_answered_if_they_are_offered(void **state)
{
	(void)state;
	take(0, NEEDED, NEEDED, UNKNOWN);
	assert_int_equal(call(SMCCC_ARCH_WORKAROUND_1, 0x5a5a), 0);
	assert_int_equal(guest.vcpu[0].x[1], 0x5a5a);
	assert_int_equal(call(SMCCC_ARCH_WORKAROUND_2, 0), 0);
	assert_int_equal(call(SMCCC_ARCH_WORKAROUND_3, 0), NOT_SUPPORTED);
}

/* A vCPU runs on any of the CPUs. */
static void guests_are_told_the_worst_of_all_cpus(void **state)
{
	static const struct {
		int32_t a, b, all;
	} cases[] = {
		{ NEEDED, NOT_NEEDED, NEEDED },
		{ NOT_NEEDED, NEEDED, NEEDED },
		{ UNKNOWN, NEEDED, NEEDED },
		{ NEEDED, UNKNOWN, NEEDED },
		{ UNKNOWN, NOT_NEEDED, UNKNOWN },
		{ NOT_NEEDED, UNKNOWN, UNKNOWN },
		{ NOT_NEEDED, NOT_NEEDED, NOT_NEEDED },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		take(0, cases[i].a, UNKNOWN, UNKNOWN);
		take(1, cases[i].b, UNKNOWN, UNKNOWN);
		assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_1), (uint64_t)(int64_t)cases[i].all);
	}
}

static uint64_t leave_at_once(struct hyp_vcpu *vcpu)
{
	(void)vcpu;
	return HYP_EXIT_IRQ;
}

/* The guest cannot have it any other way, and is told that there is nothing to do. */
static void store_bypass_is_off_while_a_guest_runs(void **state)
{
	(void)state;
	vcpu_leave(0);
	fake.guest = leave_at_once;
	fake.current = 1;
	take(1, NEEDED, NOT_NEEDED, NEEDED);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[1].firmware_call, 0);
	take(1, NEEDED, NEEDED, NEEDED);
	hyp_run(&guest.vcpu[0]);
	assert_int_equal(fake.cpu[1].firmware_call, SMCCC_ARCH_WORKAROUND_2);
	assert_int_equal(fake.cpu[1].firmware_argument, 1);
	vcpu_enter(0);
	assert_int_equal(offer(SMCCC_ARCH_WORKAROUND_2), NOT_NEEDED);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cpu_that_needs_nothing_has_the_vectors_that_do_nothing),
		TEST(each_cpu_has_the_vectors_that_it_needs),
		TEST(guests_are_offered_what_firmware_offers),
		TEST(the_calls_are_answered_if_they_are_offered),
		TEST(guests_are_told_the_worst_of_all_cpus),
		TEST(store_bypass_is_off_while_a_guest_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
