// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exceptions that EL2 makes the guest take (Arm ARM D1.10: vector offsets, PSTATE, syndromes).
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PC	0x40080000
#define VECTORS 0x50000000
#define FAR	0x12345678
#define DAIF	(PSR_D | PSR_A | PSR_I | PSR_F)
#define FLAGS	UINT64_C(0xf0000000)

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	fake.current = 0;
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].vbar_el1 = VECTORS;
	id_init(HYP_CPU_FIRST);
	return 0;
}

static void inject(uint32_t what, uint64_t pstate)
{
	fake.cpu[0].spsr_el2 = pstate;
	guest.vcpu[0].inject = what;
	guest.vcpu[0].inject_far = FAR;
	inject_pending(&guest.vcpu[0]);
	assert_int_equal(guest.vcpu[0].inject, 0);
}

static void nothing_to_inject_changes_nothing(void **state)
{
	(void)state;
	inject(0, PSR_MODE_EL0T);
	assert_int_equal(fake.cpu[0].elr_el2, PC);
	assert_int_equal(fake.cpu[0].spsr_el2, PSR_MODE_EL0T);
}

static void the_vector_depends_on_where_it_comes_from(void **state)
{
	static const struct {
		uint64_t pstate, offset;
	} from[] = {
		{ PSR_MODE_EL1T, 0x000 },
		{ PSR_MODE_EL1H, 0x200 },
		{ PSR_MODE_EL0T, 0x400 },
		{ PSR_MODE32, 0x600 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		fake.cpu[0].elr_el2 = PC;
		inject(HYP_INJECT_UNDEF, from[i].pstate);
		assert_int_equal(fake.cpu[0].elr_el2, VECTORS + from[i].offset);
		assert_int_equal(fake.cpu[0].elr_el1, PC);
		assert_int_equal(fake.cpu[0].spsr_el1, from[i].pstate);
	}
}

static void the_handler_runs_at_el1h_with_exceptions_masked(void **state)
{
	(void)state;
	inject(HYP_INJECT_UNDEF, PSR_MODE_EL0T | PSR_SS | ARM64_BIT(20));
	assert_int_equal(fake.cpu[0].spsr_el2 & 0x1f, PSR_MODE_EL1H);
	assert_int_equal(fake.cpu[0].spsr_el2 & DAIF, DAIF);
	assert_false(fake.cpu[0].spsr_el2 & PSR_SS);
	assert_false(fake.cpu[0].spsr_el2 & ARM64_BIT(20)); /* IL */
}

static void the_interrupted_state_is_kept_whole(void **state)
{
	(void)state;
	inject(HYP_INJECT_UNDEF, FLAGS | PSR_I | PSR_MODE_EL1H);
	assert_int_equal(fake.cpu[0].spsr_el1, FLAGS | PSR_I | PSR_MODE_EL1H);
}

static void undefined_has_an_empty_syndrome(void **state)
{
	(void)state;
	inject(HYP_INJECT_UNDEF, PSR_MODE_EL1H);
	assert_int_equal(fake.cpu[0].esr_el1, ESR_IL);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_UNDEF_INJECTED], 1);
}

static void abort_of_a_store_says_so_and_that_of_a_fetch_does_not(void **state)
{
	(void)state;
	guest.vcpu[0].exit.esr = ISS_DABT_WNR;
	inject(HYP_INJECT_DATA_ABORT, PSR_MODE_EL1H);
	assert_true(fake.cpu[0].esr_el1 & ISS_DABT_WNR);
	inject(HYP_INJECT_INSTRUCTION_ABORT, PSR_MODE_EL1H);
	assert_false(fake.cpu[0].esr_el1 & ISS_DABT_WNR);
	guest.vcpu[0].exit.esr = 0;
	inject(HYP_INJECT_DATA_ABORT, PSR_MODE_EL1H);
	assert_false(fake.cpu[0].esr_el1 & ISS_DABT_WNR);
}

static void aborts_name_their_address_class_and_cause(void **state)
{
	(void)state;
	inject(HYP_INJECT_DATA_ABORT, PSR_MODE_EL1H);
	assert_int_equal(ESR_EC(fake.cpu[0].esr_el1), EC_DABT_SAME);
	assert_int_equal(fake.cpu[0].esr_el1 & 0x3f, 0x10); /* synchronous external abort */
	assert_true(fake.cpu[0].esr_el1 & ESR_IL);
	assert_int_equal(fake.cpu[0].far_el1, FAR);
	inject(HYP_INJECT_DATA_ABORT, PSR_MODE_EL0T);
	assert_int_equal(ESR_EC(fake.cpu[0].esr_el1), EC_DABT_LOWER);
	inject(HYP_INJECT_DATA_ABORT, PSR_MODE32);
	assert_int_equal(ESR_EC(fake.cpu[0].esr_el1), EC_DABT_LOWER);
	inject(HYP_INJECT_INSTRUCTION_ABORT, PSR_MODE_EL1T);
	assert_int_equal(ESR_EC(fake.cpu[0].esr_el1), EC_IABT_SAME);
	inject(HYP_INJECT_INSTRUCTION_ABORT, PSR_MODE_EL0T);
	assert_int_equal(ESR_EC(fake.cpu[0].esr_el1), EC_IABT_LOWER);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_ABORT_INJECTED], 5);
}

/* PAN: set on entry when SCTLR_EL1.SPAN is 0, else kept; on a CPU without it the bit is RES0. */
static void pan_is_set_as_sctlr_says(void **state)
{
	(void)state;
	inject(HYP_INJECT_UNDEF, PSR_MODE_EL1H);
	assert_false(fake.cpu[0].spsr_el2 & PSR_PAN);
	fake.cpu[0].id_aa64mmfr1_el1 = UINT64_C(1) << 20;
	id_init(HYP_CPU_FIRST);
	inject(HYP_INJECT_UNDEF, PSR_MODE_EL1H);
	assert_true(fake.cpu[0].spsr_el2 & PSR_PAN);
	fake.cpu[0].sctlr_el1 = SCTLR_SPAN;
	inject(HYP_INJECT_UNDEF, PSR_MODE_EL1H);
	assert_false(fake.cpu[0].spsr_el2 & PSR_PAN);
	inject(HYP_INJECT_UNDEF, PSR_MODE_EL1H | PSR_PAN);
	assert_true(fake.cpu[0].spsr_el2 & PSR_PAN);
}

static void an_unknown_request_is_dropped(void **state)
{
	(void)state;
	inject(99, PSR_MODE_EL1H);
	assert_int_equal(fake.cpu[0].elr_el2, PC);
}

static void a_trap_of_an_unknown_class_is_undefined(void **state)
{
	(void)state;
	fake.cpu[0].spsr_el2 = PSR_MODE_EL1H;
	assert_int_equal(guest_trap(0, UINT64_C(0x3f) << ESR_EC_SHIFT), 0);
	assert_int_equal(fake.cpu[0].elr_el2, VECTORS + 0x200);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_EXIT_OTHER], 1);
}

#define TEST(test) cmocka_unit_test_setup(test, boot)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_inject_changes_nothing),
		TEST(the_vector_depends_on_where_it_comes_from),
		TEST(the_handler_runs_at_el1h_with_exceptions_masked),
		TEST(the_interrupted_state_is_kept_whole),
		TEST(undefined_has_an_empty_syndrome),
		TEST(abort_of_a_store_says_so_and_that_of_a_fetch_does_not),
		TEST(aborts_name_their_address_class_and_cause),
		TEST(pan_is_set_as_sctlr_says),
		TEST(an_unknown_request_is_dropped),
		TEST(a_trap_of_an_unknown_class_is_undefined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
