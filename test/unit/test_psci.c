// SPDX-License-Identifier: BSD-2-Clause
/*
 * PSCI as Arm DEN0022D (PSCI 1.0) and the SMC Calling Convention (DEN0028) have it.
 *
 * sources: bhyve/psci.c
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bhyve/psci.h"

#define RAM_BASE	   0x40000000ULL
#define RAM_SIZE	   0x10000000ULL

/* Results, by the specification's names. */
#define NOT_SUPPORTED	   ((uint64_t)-1)
#define INVALID_PARAMETERS ((uint64_t)-2)
#define ALREADY_ON	   ((uint64_t)-4)
#define INTERNAL_FAILURE   ((uint64_t)-6)
#define INVALID_ADDRESS	   ((uint64_t)-9)

static struct {
	unsigned calls;
	unsigned vcpu;
	uint64_t entry;
	uint64_t context;
	int result;
	uint32_t on;
} fake;

static bool is_ram(uint64_t ipa)
{
	return ipa >= RAM_BASE && ipa - RAM_BASE < RAM_SIZE;
}

static int cpu_on(unsigned vcpu, uint64_t entry, uint64_t context)
{
	fake.calls++;
	fake.vcpu = vcpu;
	fake.entry = entry;
	fake.context = context;
	return fake.result;
}

static uint32_t cpus_on(void)
{
	return fake.on;
}

static const struct psci_machine machine = {
	.vcpus = 4,
	.is_ram = is_ram,
	.cpu_on = cpu_on,
	.cpus_on = cpus_on,
};

static uint64_t ret[4];

static enum psci_action call4(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
	const uint64_t arg[8] = { x0, x1, x2, x3, 4, 5, 6, 7 };

	return psci_call(&machine, arg, ret);
}

/* The result of a call that must return to its caller. */
static uint64_t result(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3)
{
	assert_int_equal(call4(x0, x1, x2, x3), PSCI_CONTINUE);
	return ret[0];
}

static int reset(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	return 0;
}

static void version_is_1_0(void **state)
{
	(void)state;
	assert_int_equal(result(0x84000000, 0, 0, 0), 0x10000);
}

static void cpu_on_starts_the_target(void **state)
{
	(void)state;
	assert_int_equal(result(0xc4000003, 2, 0x40200000, 0x123456789abcULL), 0);
	assert_int_equal(fake.calls, 1);
	assert_int_equal(fake.vcpu, 2);
	assert_int_equal(fake.entry, 0x40200000);
	assert_int_equal(fake.context, 0x123456789abcULL);
}

static void smc32_cpu_on_takes_32_bits_of_its_arguments(void **state)
{
	(void)state;
	assert_int_equal(result(0x84000003, 0xffffffff00000001ULL, 0xffffffff40200000ULL,
				0xf00000007ULL),
			 0);
	assert_int_equal(fake.vcpu, 1);
	assert_int_equal(fake.entry, 0x40200000);
	assert_int_equal(fake.context, 7);
}

static void upper_half_of_function_identifier_is_ignored(void **state)
{
	(void)state;
	assert_int_equal(result(0xffffffff84000000ULL, 0, 0, 0), 0x10000);
}

static void cpu_on_of_no_vcpu_is_invalid_parameters(void **state)
{
	static const uint64_t bad[] = { 4,	     0x100,	    0x10000,
					0x100000000, 0x80000000ULL, 0x1000000ULL,
					UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(result(0xc4000003, bad[i], 0x40200000, 0), INVALID_PARAMETERS);
	assert_int_equal(fake.calls, 0);
}

static void cpu_on_outside_memory_is_invalid_address(void **state)
{
	static const uint64_t bad[] = { 0, 0x09000000, RAM_BASE - 4, RAM_BASE + RAM_SIZE,
					UINT64_MAX - 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(result(0xc4000003, 1, bad[i], 0), INVALID_ADDRESS);
	assert_int_equal(fake.calls, 0);
}

static void cpu_on_at_an_unaligned_entry_is_invalid_address(void **state)
{
	(void)state;
	assert_int_equal(result(0xc4000003, 1, 0x40200001, 0), INVALID_ADDRESS);
	assert_int_equal(result(0xc4000003, 1, 0x40200002, 0), INVALID_ADDRESS);
	assert_int_equal(fake.calls, 0);
}

static void cpu_on_twice_is_already_on(void **state)
{
	(void)state;
	fake.result = -EALREADY;
	assert_int_equal(result(0xc4000003, 1, 0x40200000, 0), ALREADY_ON);
	fake.result = -ENOENT;
	assert_int_equal(result(0xc4000003, 1, 0x40200000, 0), INTERNAL_FAILURE);
}

static void affinity_info_tells_on_from_off(void **state)
{
	(void)state;
	fake.on = 0x5;
	assert_int_equal(result(0xc4000004, 0, 0, 0), 0);
	assert_int_equal(result(0xc4000004, 1, 0, 0), 1);
	assert_int_equal(result(0x84000004, 2, 0, 0), 0);
	assert_int_equal(result(0xc4000004, 4, 0, 0), INVALID_PARAMETERS);
}

static void affinity_info_of_a_cluster_is_on_while_any_vcpu_is(void **state)
{
	(void)state;
	fake.on = 0x8;
	assert_int_equal(result(0xc4000004, 0, 1, 0), 0);
	assert_int_equal(result(0xc4000004, 2, 3, 0), 0);
	assert_int_equal(result(0xc4000004, 0x100, 1, 0), INVALID_PARAMETERS);
	assert_int_equal(result(0xc4000004, 0x100, 2, 0), 0);
	assert_int_equal(result(0xc4000004, 0, 4, 0), INVALID_PARAMETERS);
	fake.on = 0;
	assert_int_equal(result(0xc4000004, 0, 1, 0), 1);
}

static void calls_that_change_the_vm_are_actions(void **state)
{
	(void)state;
	assert_int_equal(call4(0x84000002, 0, 0, 0), PSCI_CPU_OFF);
	assert_int_equal(call4(0x84000008, 0, 0, 0), PSCI_SYSTEM_OFF);
	assert_int_equal(call4(0x84000009, 0, 0, 0), PSCI_SYSTEM_RESET);
}

static void calls_that_are_smc32_only_have_no_smc64_form(void **state)
{
	(void)state;
	assert_int_equal(result(0xc4000002, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(result(0xc4000008, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(result(0xc4000009, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(result(0xc4000000, 0, 0, 0), NOT_SUPPORTED);
}

static void trusted_os_does_not_need_migration(void **state)
{
	(void)state;
	assert_int_equal(result(0x84000006, 0, 0, 0), 2);
}

static void cpu_suspend_returns_at_once(void **state)
{
	(void)state;
	assert_int_equal(result(0xc4000001, 0, 0, 0), 0);
	assert_int_equal(result(0x84000001, 0x00010000, 0x40200000, 0), 0);
	assert_int_equal(result(0xc4000001, 0x80000000, 0, 0), INVALID_PARAMETERS);
	assert_int_equal(result(0xc4000001, 0x00020000, 0, 0), INVALID_PARAMETERS);
}

static void features_lists_exactly_what_there_is(void **state)
{
	static const uint32_t there[] = { 0x84000000, 0x84000001, 0xc4000001, 0x84000002,
					  0x84000003, 0xc4000003, 0x84000004, 0xc4000004,
					  0x84000006, 0x84000008, 0x84000009, 0x8400000a,
					  0x80000000 };
	static const uint32_t missing[] = { 0x84000005, 0x84000007, 0x8400000b, 0xc400000e,
					    0xc4000012, 0x84000020, 0,		0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		assert_int_equal(result(0x8400000a, there[i], 0, 0), 0);
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		assert_int_equal(result(0x8400000a, missing[i], 0, 0), NOT_SUPPORTED);
}

static void calling_convention_is_1_1(void **state)
{
	(void)state;
	assert_int_equal(result(0x80000000, 0, 0, 0), 0x10001);
	assert_int_equal(result(0x80000001, 0x80000000, 0, 0), 0);
	assert_int_equal(result(0x80000001, 0x80000001, 0, 0), 0);
	assert_int_equal(result(0x80000001, 0x80008000, 0, 0), NOT_SUPPORTED);
}

static void unknown_calls_are_not_supported(void **state)
{
	static const uint32_t ids[] = { 0, 1, 0x84000005, 0x8400001f, 0xc600ff01, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(result(ids[i], 0, 0, 0), NOT_SUPPORTED);
}

static void registers_without_a_result_are_preserved(void **state)
{
	(void)state;
	result(0x84000000, 11, 22, 33);
	assert_int_equal(ret[1], 11);
	assert_int_equal(ret[2], 22);
	assert_int_equal(ret[3], 33);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(version_is_1_0),
		TEST(cpu_on_starts_the_target),
		TEST(smc32_cpu_on_takes_32_bits_of_its_arguments),
		TEST(upper_half_of_function_identifier_is_ignored),
		TEST(cpu_on_of_no_vcpu_is_invalid_parameters),
		TEST(cpu_on_outside_memory_is_invalid_address),
		TEST(cpu_on_at_an_unaligned_entry_is_invalid_address),
		TEST(cpu_on_twice_is_already_on),
		TEST(affinity_info_tells_on_from_off),
		TEST(affinity_info_of_a_cluster_is_on_while_any_vcpu_is),
		TEST(calls_that_change_the_vm_are_actions),
		TEST(calls_that_are_smc32_only_have_no_smc64_form),
		TEST(trusted_os_does_not_need_migration),
		TEST(cpu_suspend_returns_at_once),
		TEST(features_lists_exactly_what_there_is),
		TEST(calling_convention_is_1_1),
		TEST(unknown_calls_are_not_supported),
		TEST(registers_without_a_result_are_preserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
