// SPDX-License-Identifier: BSD-2-Clause
/*
 * The guest's calls by HVC and SMC (SMC Calling Convention 1.1, Arm DEN 0028; PSCI 1.0, DEN 0022).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PSCI_VERSION	       0x84000000
#define PSCI_CPU_OFF	       0x84000002
#define PSCI_MIGRATE_INFO_TYPE 0x84000006
#define PSCI_SYSTEM_OFF	       0x84000008
#define PSCI_SYSTEM_RESET      0x84000009
#define PSCI_FEATURES	       0x8400000a
#define NOT_SUPPORTED	       ((uint64_t)-1)
#define PC		       0x40080004 /* ELR_EL2 of an HVC is behind it */

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	speculation_init(&fake.cpu[0].hyp);
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].vbar_el1 = 0x50000000;
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

/* A call that EL2 answers. */
static uint64_t call(uint64_t function, uint64_t argument)
{
	uint64_t *x = guest.vcpu[0].x;

	x[0] = function;
	x[1] = argument;
	x[2] = 0x1234;
	assert_int_equal(guest_trap(0, (uint64_t)EC_HVC64 << ESR_EC_SHIFT | ESR_IL), 0);
	assert_int_equal(fake.cpu[0].elr_el2, PC);
	assert_int_equal(x[1], argument);
	assert_int_equal(x[2], 0x1234);
	return x[0];
}

static void versions_are_psci_1_0_and_smccc_1_1(void **state)
{
	(void)state;
	assert_int_equal(call(PSCI_VERSION, 0), 0x10000);
	assert_int_equal(call(SMCCC_VERSION, 0), 0x10001);
}

static void upper_bits_of_the_function_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(call(0xdeadbeef00000000 | PSCI_VERSION, 0), 0x10000);
}

static void migration_of_a_trusted_os_is_not_needed(void **state)
{
	(void)state;
	assert_int_equal(call(PSCI_MIGRATE_INFO_TYPE, 0), 2);
}

static void arch_features_names_what_there_is(void **state)
{
	(void)state;
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_VERSION), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_FEATURES), 0);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, 0x80008000), NOT_SUPPORTED);
	assert_int_equal(call(SMCCC_ARCH_FEATURES, 0x12345678), NOT_SUPPORTED);
}

#define PV_TIME_FEATURES 0xc5000020
#define PV_TIME_ST	 0xc5000021

static void stolen_time_is_where_the_vcpu_is_told(void **state)
{
	(void)state;
	guest.vm.pvtime = VM_PVTIME_BASE;
	assert_int_equal(call(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES), 0);
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_FEATURES), 0);
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_ST), 0);
	assert_int_equal(call(PV_TIME_FEATURES, PSCI_VERSION), NOT_SUPPORTED);
	assert_int_equal(call(PV_TIME_ST, 0), VM_PVTIME_BASE + 64 * guest.vcpu[0].index);
	assert_int_equal(call(PV_TIME_ST + 1, 0), NOT_SUPPORTED);
	guest.vm.pvtime = 0;
	assert_int_equal(call(SMCCC_ARCH_FEATURES, PV_TIME_FEATURES), NOT_SUPPORTED);
	assert_int_equal(call(PV_TIME_FEATURES, PV_TIME_ST), NOT_SUPPORTED);
	assert_int_equal(call(PV_TIME_ST, 0), NOT_SUPPORTED);
}

static void psci_features_agrees_with_what_is_answered(void **state)
{
	static const uint32_t there[] = { PSCI_VERSION,	   PSCI_CPU_OFF,  PSCI_MIGRATE_INFO_TYPE,
					  PSCI_SYSTEM_OFF, PSCI_FEATURES, PSCI_SYSTEM_RESET,
					  0x84000001,	   0xc4000001,	  0x84000003,
					  0xc4000003,	   0x84000004,	  0xc4000004,
					  SMCCC_VERSION };
	static const uint32_t not_there[] = { 0x84000005, 0xc4000005, 0x84000007, 0xc4000008,
					      0xc4000002, 0x8400000b, 0x84000012, 0xc4000012,
					      0x04000003, 0 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		assert_int_equal(call(PSCI_FEATURES, there[i]), 0);
	for (unsigned int i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++) {
		assert_int_equal(call(PSCI_FEATURES, not_there[i]), NOT_SUPPORTED);
		assert_int_equal(call(not_there[i], 0), NOT_SUPPORTED);
	}
}

static void calls_that_change_the_machine_go_to_user_space(void **state)
{
	static const uint32_t functions[] = { 0x84000001, 0xc4000001, 0x84000002,
					      0x84000003, 0xc4000003, 0x84000004,
					      0xc4000004, 0x84000008, 0x84000009 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		guest.vcpu[0].x[0] = functions[i];
		guest.vcpu[0].x[1] = 77;
		assert_int_equal(guest_trap(0, (uint64_t)EC_HVC64 << ESR_EC_SHIFT | ESR_IL),
				 HYP_EXIT_HVC);
		assert_int_equal(guest.vcpu[0].x[0], functions[i]);
		assert_int_equal(guest.vcpu[0].x[1], 77);
		assert_int_equal(guest.vcpu[0].pc, PC);
		vcpu_enter(0);
	}
}

static void unknown_services_are_not_supported(void **state)
{
	static const uint32_t functions[] = { 0,	  1,	      0x7fffffff,
					      0xffffffff, 0x86000000, 0x8400001f,
					      0xc400ffff, 0x564d4d02, 0xbf000001 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		assert_int_equal(call(functions[i], 0), NOT_SUPPORTED);
}

/* A host without EL3 firmware for its guest: SMC is UNDEFINED, at the instruction itself. */
static void smc_is_undefined(void **state)
{
	(void)state;
	assert_int_equal(guest_trap(0, (uint64_t)EC_SMC64 << ESR_EC_SHIFT | ESR_IL), 0);
	assert_int_equal(fake.cpu[0].elr_el1, PC);
	assert_int_equal(fake.cpu[0].elr_el2, 0x50000200);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stolen_time_is_where_the_vcpu_is_told),
		TEST(versions_are_psci_1_0_and_smccc_1_1),
		TEST(upper_bits_of_the_function_are_ignored),
		TEST(migration_of_a_trusted_os_is_not_needed),
		TEST(arch_features_names_what_there_is),
		TEST(psci_features_agrees_with_what_is_answered),
		TEST(calls_that_change_the_machine_go_to_user_space),
		TEST(unknown_services_are_not_supported),
		TEST(smc_is_undefined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
