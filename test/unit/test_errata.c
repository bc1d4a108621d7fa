// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the implementation of a CPU needs (vmm/hyp/errata.c).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define CORTEX_A53  0x410fd034
#define CORTEX_A55  0x412fd050
#define CORTEX_A72  0x410fd083
#define CORTEX_A76  0x414fd0b1
#define NEOVERSE_N1 0x414fd0c1
#define NEOVERSE_V2 0x410fd4f1

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	fake.current = 0;
	errata_tlbi_again = 0;
	return 0;
}

static uint64_t branches_of(uint32_t midr)
{
	fake.cpu[0].midr_el1 = midr;
	errata_init(&fake.cpu[0].hyp);
	return fake.cpu[0].hyp.history_branches;
}

static void a_cpu_whose_history_others_share_has_it_filled(void **state)
{
	(void)state;
	assert_int_equal(branches_of(CORTEX_A53), 0);
	assert_int_equal(branches_of(CORTEX_A72), 0); /* firmware's */
	assert_int_equal(branches_of(CORTEX_A76), 24);
	assert_int_equal(branches_of(NEOVERSE_N1), 24);
	assert_int_equal(branches_of(NEOVERSE_V2), 132);
	assert_int_equal(branches_of(NEOVERSE_V2 ^ 0x02000000), 0); /* somebody else's */
}

static void a_cpu_that_says_that_it_need_not_is_believed(void **state)
{
	(void)state;
	fake.cpu[0].id_aa64pfr0_el1 = UINT64_C(2) << 56; /* CSV2 */
	assert_int_equal(branches_of(NEOVERSE_V2), 132);
	fake.cpu[0].id_aa64pfr0_el1 = UINT64_C(3) << 56;
	assert_int_equal(branches_of(NEOVERSE_V2), 0);
	fake.cpu[0].id_aa64pfr0_el1 = 0;
	fake.cpu[0].id_aa64mmfr1_el1 = UINT64_C(1) << 60; /* ECBHB */
	assert_int_equal(branches_of(NEOVERSE_V2), 0);
	fake.cpu[0].id_aa64mmfr1_el1 = 0;
	fake.cpu[0].s3_0_c0_c6_2 = 1 << 28; /* ID_AA64ISAR2_EL1.CLRBHB */
	assert_int_equal(branches_of(NEOVERSE_V2), 0);
}

/* Also on a CPU that does not need it, for one that does. */
static void maintenance_is_done_twice_where_one_cpu_needs_it(void **state)
{
	(void)state;
	branches_of(CORTEX_A53);
	assert_int_equal(errata_tlbi_again, 0);
	branches_of(NEOVERSE_N1);
	assert_int_equal(errata_tlbi_again, 0);
	branches_of(CORTEX_A55);
	assert_int_equal(errata_tlbi_again, 1);
	branches_of(CORTEX_A53);
	assert_int_equal(errata_tlbi_again, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, boot)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_cpu_whose_history_others_share_has_it_filled),
		TEST(a_cpu_that_says_that_it_need_not_is_believed),
		TEST(maintenance_is_done_twice_where_one_cpu_needs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
