// SPDX-License-Identifier: BSD-2-Clause
/*
 * Trapped system registers (Arm ARM D13; ISS encoding D13.2.37): what is emulated, what is masked,
 * and that all else is UNDEFINED.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ID_AA64PFR0	    SYSREG(3, 0, 0, 4, 0)
#define ID_AA64PFR1	    SYSREG(3, 0, 0, 4, 1)
#define ID_AA64ZFR0	    SYSREG(3, 0, 0, 4, 4)
#define ID_AA64DFR0	    SYSREG(3, 0, 0, 5, 0)
#define ID_AA64ISAR0	    SYSREG(3, 0, 0, 6, 0)
#define ID_AA64ISAR1	    SYSREG(3, 0, 0, 6, 1)
#define ID_AA64MMFR0	    SYSREG(3, 0, 0, 7, 0)
#define ID_AA64MMFR1	    SYSREG(3, 0, 0, 7, 1)
#define ID_AA64MMFR2	    SYSREG(3, 0, 0, 7, 2)
#define ID_PFR0		    SYSREG(3, 0, 0, 1, 0)
#define ID_PFR1		    SYSREG(3, 0, 0, 1, 1)
#define ID_DFR0		    SYSREG(3, 0, 0, 1, 2)
#define ICC_SRE		    SYSREG(3, 0, 12, 12, 5)
#define ACTLR		    SYSREG(3, 0, 1, 0, 1)
#define MDSCR		    SYSREG(2, 0, 0, 2, 2)
#define OSLAR		    SYSREG(2, 0, 1, 0, 4)
#define OSLSR		    SYSREG(2, 0, 1, 1, 4)
#define DBGBVR(n)	    SYSREG(2, 0, 0, (n), 4)
#define DBGBCR(n)	    SYSREG(2, 0, 0, (n), 5)
#define DBGWVR(n)	    SYSREG(2, 0, 0, (n), 6)
#define DBGWCR(n)	    SYSREG(2, 0, 0, (n), 7)
#define PC		    0x40080000
#define VECTORS		    0x50000000
#define ALL_ONES	    (~UINT64_C(0))
#define FIELD(value, shift) (((value) >> (shift)) & 0xf)

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].vbar_el1 = VECTORS;
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

static bool read_undefined(uint32_t encoding)
{
	uint64_t value;

	fake.cpu[0].elr_el2 = PC;
	guest.vcpu[0].x[2] = 0x5a5a;
	assert_int_equal(guest_mrs(0, encoding, &value), 0);
	if (fake.cpu[0].elr_el2 == PC + 4)
		return false;
	assert_int_equal(fake.cpu[0].elr_el2, VECTORS + 0x200);
	assert_int_equal(fake.cpu[0].elr_el1, PC);
	assert_int_equal(fake.cpu[0].esr_el1, ESR_IL);
	assert_int_equal(value, 0x5a5a);
	return true;
}

static bool write_undefined(uint32_t encoding)
{
	fake.cpu[0].elr_el2 = PC;
	assert_int_equal(guest_msr(0, encoding, ALL_ONES), 0);
	return fake.cpu[0].elr_el2 != PC + 4;
}

static uint64_t read(uint32_t encoding)
{
	uint64_t value;

	fake.cpu[0].elr_el2 = PC;
	assert_int_equal(guest_mrs(0, encoding, &value), 0);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
	return value;
}

static void write(uint32_t encoding, uint64_t value)
{
	fake.cpu[0].elr_el2 = PC;
	assert_int_equal(guest_msr(0, encoding, value), 0);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
}

static void a_register_that_is_not_offered_is_undefined(void **state)
{
	static const uint32_t registers[] = {
		SYSREG(3, 3, 9, 12, 0),	 /* PMCR_EL0 */
		SYSREG(3, 0, 12, 12, 1), /* not allocated */
		SYSREG(3, 3, 15, 2, 0),	 /* implementation defined */
		SYSREG(3, 1, 15, 2, 0),	 /* implementation defined: L2ACTLR */
		SYSREG(3, 4, 1, 1, 0),	 /* HCR_EL2 */
		SYSREG(3, 6, 1, 1, 0),	 /* SCR_EL3 */
		SYSREG(2, 1, 0, 0, 2),	 /* trace */
		SYSREG(1, 0, 7, 8, 0),	 /* an instruction, not a register */
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		assert_true(read_undefined(registers[i]));
		assert_true(write_undefined(registers[i]));
	}
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_UNDEF_INJECTED], 16);
	assert_true(vcpu_runs(0));
}

static void identification_registers_cannot_be_written(void **state)
{
	(void)state;
	assert_true(write_undefined(ID_AA64PFR0));
	assert_true(write_undefined(ID_AA64MMFR0));
}

/* Every identification register that TID3 traps reads, those that are not allocated as zero. */
static void the_whole_identification_space_reads(void **state)
{
	(void)state;
	fake.current = 0;
	id_init(HYP_CPU_FIRST);
	for (uint32_t crm = 1; crm < 8; crm++)
		for (uint32_t op2 = 0; op2 < 8; op2++)
			assert_false(read_undefined(SYSREG(3, 0, 0, crm, op2)));
	assert_int_equal(read(ID_AA64PFR1), 0);
	assert_int_equal(read(ID_AA64ZFR0), 0);
	assert_int_equal(read(SYSREG(3, 0, 0, 7, 7)), 0);
}

static void a_cpu_with_everything_is_masked_to_what_is_offered(void **state)
{
	uint64_t value;

	(void)state;
	fake.current = 0;
	fake.cpu[0].id_aa64pfr0_el1 = UINT64_C(0x1111111122222222);
	fake.cpu[0].id_aa64dfr0_el1 = fake.cpu[0].id_aa64isar0_el1 = ALL_ONES;
	fake.cpu[0].id_aa64isar1_el1 = fake.cpu[0].id_aa64mmfr0_el1 = ALL_ONES;
	fake.cpu[0].id_aa64mmfr1_el1 = fake.cpu[0].s3_0_c0_c7_2 = ALL_ONES;
	fake.cpu[0].s3_0_c0_c1_0 = fake.cpu[0].s3_0_c0_c1_1 = ALL_ONES;
	fake.cpu[0].s3_0_c0_c1_2 = ALL_ONES;
	id_init(HYP_CPU_FIRST);
	value = read(ID_AA64PFR0);
	assert_int_equal(FIELD(value, 8), 0);  /* EL2 */
	assert_int_equal(FIELD(value, 12), 0); /* EL3 */
	assert_int_equal(FIELD(value, 24), 1); /* GIC system registers */
	assert_int_equal(FIELD(value, 28), 0); /* RAS */
	assert_int_equal(FIELD(value, 32), 0); /* SVE */
	assert_int_equal(FIELD(value, 40), 0); /* MPAM */
	assert_int_equal(FIELD(value, 44), 0); /* AMU */
	assert_int_equal(FIELD(value, 56), 1); /* CSV2 without SCXTNUM */
	value = read(ID_AA64DFR0);
	assert_int_equal(FIELD(value, 0), 6);  /* v8.0 debug */
	assert_int_equal(FIELD(value, 4), 0);  /* trace */
	assert_int_equal(FIELD(value, 8), 0);  /* PMU */
	assert_int_equal(FIELD(value, 32), 0); /* SPE */
	value = read(ID_AA64ISAR1);
	assert_int_equal(FIELD(value, 4), 0);		    /* APA: pointer authentication */
	assert_int_equal(FIELD(value, 8), 0);		    /* API */
	assert_int_equal(FIELD(value, 24), 0);		    /* GPA */
	assert_int_equal(FIELD(value, 28), 0);		    /* GPI */
	assert_int_equal(FIELD(value, 56), 0);		    /* XS */
	assert_int_equal(FIELD(value, 60), 0);		    /* LS64 */
	assert_int_equal(FIELD(read(ID_AA64MMFR0), 0), 2);  /* 40 bits of address */
	assert_int_equal(FIELD(read(ID_AA64MMFR1), 8), 0);  /* VHE */
	assert_int_equal(FIELD(read(ID_AA64MMFR1), 16), 0); /* LOR */
	assert_int_equal(FIELD(read(ID_AA64MMFR2), 24), 0); /* nested virtualisation */
	assert_int_equal(read(ID_DFR0), 6);		    /* v8.0 debug, no PMU, no trace */
	assert_int_equal(FIELD(read(ID_PFR0), 28), 0);	    /* AArch32 RAS */
	assert_int_equal(FIELD(read(ID_PFR1), 4), 0);	    /* EL3 */
	assert_int_equal(FIELD(read(ID_PFR1), 12), 0);	    /* EL2 */
	assert_int_equal(FIELD(read(ID_PFR1), 28), 1);	    /* GIC system registers */
	assert_int_equal(read(ID_AA64ISAR0), ALL_ONES & ~(UINT64_C(0xf) << 24)); /* TME */
	assert_int_equal(FIELD(read(ID_AA64MMFR1), 0), 2); /* HAFDBS without TCR2_EL1 */
	assert_int_equal(read(SYSREG(3, 0, 0, 3, 5)), 0);  /* ID_DFR1: PMU */
}

static void a_smaller_address_range_is_passed_on(void **state)
{
	(void)state;
	fake.current = 0;
	fake.cpu[0].id_aa64mmfr0_el1 = 1;
	id_init(HYP_CPU_FIRST);
	assert_int_equal(FIELD(read(ID_AA64MMFR0), 0), 1);
}

static void addresses_of_52_bits_are_not_offered(void **state)
{
	(void)state;
	fake.current = 0;
	fake.cpu[0].id_aa64mmfr0_el1 = 0x0000032310201126; /* with FEAT_LPA2 */
	id_init(HYP_CPU_FIRST);
	assert_int_equal(read(ID_AA64MMFR0), 0x00101122);
}

/* Cortex-A53 and Cortex-A72 side by side, and worse. */
static void cpus_that_differ_are_offered_as_what_all_of_them_have(void **state)
{
	(void)state;
	fake.cpu[0].id_aa64pfr0_el1 = 0x00002222;  /* FP and AdvSIMD, AArch32 everywhere */
	fake.cpu[0].id_aa64isar0_el1 = 0x00011120; /* AES and PMULL, SHA1, SHA2, CRC32 */
	fake.cpu[0].id_aa64mmfr0_el1 = 0x00001122; /* 40 bits, granules of 4 and 64 KiB */
	fake.cpu[0].id_aa64dfr0_el1 = 0x10305106;
	fake.cpu[0].s3_0_c0_c2_5 = 0x00011121;
	fake.cpu[1] = fake.cpu[0];
	fake.cpu[1].id_aa64pfr0_el1 = 0x1100000000ff1111; /* no FP, no AArch32; CSV2, CSV3 */
	fake.cpu[1].id_aa64isar0_el1 = 0x00210010;	  /* AES, CRC32, atomics */
	fake.cpu[1].id_aa64mmfr0_el1 = 0xf0101124;	  /* no 4 KiB granule, 16 KiB */
	fake.cpu[1].id_aa64dfr0_el1 = 0x20505106;
	fake.cpu[1].s3_0_c0_c2_5 = 0x00010001;
	fake.current = 0;
	assert_true(id_init(HYP_CPU_FIRST));
	fake.current = 1;
	assert_true(id_init(HYP_CPU_EARLY));
	assert_int_equal(read(ID_AA64PFR0), 0x01ff0011);
	assert_int_equal(read(ID_AA64ISAR0), 0x00010010);
	assert_int_equal(read(ID_AA64MMFR0), 0xf0001122);
	assert_int_equal(read(ID_AA64DFR0), 0x10305006);
	assert_int_equal(read(SYSREG(3, 0, 0, 2, 5)), 0x00010001);
	assert_true(id_init(HYP_CPU_LATE));
	fake.current = 0;
	assert_true(id_init(HYP_CPU_LATE));
	assert_int_equal(read(ID_AA64ISAR0), 0x00010010);
}

/* Guests have seen what is offered. */
static void a_late_cpu_that_lacks_something_changes_nothing_and_is_told(void **state)
{
	(void)state;
	fake.cpu[0].id_aa64isar0_el1 = 0x00011120;
	fake.cpu[1] = fake.cpu[0];
	fake.current = 0;
	assert_true(id_init(HYP_CPU_FIRST));
	fake.current = 1;
	assert_true(id_init(HYP_CPU_LATE));
	fake.cpu[1].id_aa64isar0_el1 = 0x00211110;
	assert_false(id_init(HYP_CPU_LATE));
	assert_int_equal(read(ID_AA64ISAR0), 0x00011120);
	fake.cpu[1].id_aa64isar0_el1 = 0x00211120; /* more does no harm */
	assert_true(id_init(HYP_CPU_LATE));
	assert_int_equal(read(ID_AA64ISAR0), 0x00011120);
}

static void icc_sre_is_fixed_to_system_registers(void **state)
{
	(void)state;
	assert_int_equal(read(ICC_SRE), 7);
	write(ICC_SRE, 0);
	assert_int_equal(read(ICC_SRE), 7);
}

static void actlr_reads_zero_and_ignores_writes(void **state)
{
	(void)state;
	write(ACTLR, ALL_ONES);
	assert_int_equal(read(ACTLR), 0);
}

static void xzr_is_an_operand(void **state)
{
	uint64_t esr = (uint64_t)EC_SYSREG << ESR_EC_SHIFT | ESR_IL | 31 << 5;

	(void)state;
	write(MDSCR, 0x8000);
	assert_int_equal(guest_trap(0, esr | MDSCR), 0); /* msr mdscr_el1, xzr */
	assert_int_equal(fake.cpu[0].mdscr_el1, 0);
	fake.cpu[0].elr_el2 = PC;
	assert_int_equal(guest_trap(0, esr | MDSCR | ISS_SYSREG_READ), 0); /* mrs xzr, mdscr_el1 */
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
}

static void a_finished_instruction_ends_a_single_step(void **state)
{
	(void)state;
	fake.cpu[0].spsr_el2 = PSR_MODE_EL1H | PSR_SS;
	read(ACTLR);
	assert_int_equal(fake.cpu[0].spsr_el2, PSR_MODE_EL1H);
}

static void an_sgi_register_cannot_be_read(void **state)
{
	(void)state;
	assert_true(read_undefined(SYSREG(3, 0, 12, 11, 5)));
	assert_true(read_undefined(SYSREG(3, 0, 12, 11, 7)));
}

static void sending_an_sgi_moves_past_the_instruction(void **state)
{
	(void)state;
	fake.cpu[0].elr_el2 = PC;
	guest_send_sgi(0, 0x2);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_SGI_SENT], 1);
}

static void breakpoints_keep_their_values(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 16; n++) {
		write(DBGBVR(n), 0x1000 + n);
		write(DBGBCR(n), 0x2000 + n);
		write(DBGWVR(n), 0x3000 + n);
		write(DBGWCR(n), 0x4000 + n);
	}
	for (uint32_t n = 0; n < 16; n++) {
		assert_int_equal(read(DBGBVR(n)), 0x1000 + n);
		assert_int_equal(read(DBGBCR(n)), 0x2000 + n);
		assert_int_equal(read(DBGWVR(n)), 0x3000 + n);
		assert_int_equal(read(DBGWCR(n)), 0x4000 + n);
	}
}

static void breakpoints_reach_the_cpu_when_debugging_is_enabled(void **state)
{
	(void)state;
	fake.cpu[0].id_aa64dfr0_el1 = 5 << 12 | 3 << 20;
	write(DBGBVR(3), 0x1234000);
	assert_int_equal(fake.cpu[0].dbgbvr3_el1, 0);
	write(MDSCR, ARM64_BIT(15));
	assert_int_equal(fake.cpu[0].dbgbvr3_el1, 0x1234000);
	write(DBGWCR(1), 0x1f);
	assert_int_equal(fake.cpu[0].dbgwcr1_el1, 0x1f);
	write(MDSCR, 0);
	write(DBGBVR(3), 0);
	assert_int_equal(fake.cpu[0].dbgbvr3_el1, 0x1234000);
}

static void breakpoints_that_the_cpu_does_not_have_are_not_touched(void **state)
{
	(void)state;
	fake.cpu[0].id_aa64dfr0_el1 = 1 << 12 | 1 << 20;
	write(MDSCR, ARM64_BIT(15));
	write(DBGBVR(1), 0x1000);
	write(DBGBVR(2), 0x2000);
	assert_int_equal(fake.cpu[0].dbgbvr1_el1, 0x1000);
	assert_int_equal(fake.cpu[0].dbgbvr2_el1, 0);
}

static void the_os_lock_reads_back(void **state)
{
	(void)state;
	write(OSLAR, 1);
	assert_int_equal(read(OSLSR), 0xa);
	write(OSLAR, 0);
	assert_int_equal(read(OSLSR), 0x8);
}

/* The arrays of breakpoints are CRn 0, op2 4 to 7; what stands beside them is not in them. */
static void registers_beside_the_breakpoints_do_not_change_them(void **state)
{
	struct hyp_vcpu before;

	(void)state;
	write(SYSREG(2, 0, 0, 3, 4), 0x1234000);
	before = guest.vcpu[0];
	for (unsigned int crm = 0; crm < 16; crm++) {
		for (unsigned int op2 = 0; op2 < 4; op2++)
			write_undefined(SYSREG(2, 0, 0, crm, op2));
		for (unsigned int op2 = 4; op2 < 8; op2++) {
			write_undefined(SYSREG(2, 0, 1, crm, op2));
			write_undefined(SYSREG(2, 1, 0, crm, op2));
		}
	}
	assert_memory_equal(guest.vcpu[0].debug, before.debug, sizeof(before.debug));
	assert_memory_equal(guest.vcpu[0].fp.v, before.fp.v, sizeof(before.fp.v));
	assert_int_equal(guest.vcpu[0].ap1r, before.ap1r);
	assert_int_equal(guest.vcpu[0].vmcr, before.vmcr);
}

static void debug_registers_without_effect_are_quiet(void **state)
{
	static const uint32_t registers[] = { SYSREG(2, 0, 1, 3, 4), SYSREG(2, 0, 7, 14, 6),
					      SYSREG(2, 3, 0, 1, 0), SYSREG(2, 0, 7, 9, 6),
					      SYSREG(2, 4, 0, 7, 0) };

	(void)state;
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		write(registers[i], ALL_ONES);
		assert_int_equal(read(registers[i]), 0);
	}
}

static void the_first_use_of_floating_point_loads_it(void **state)
{
	(void)state;
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].cptr_el2 = CPTR_RES1 | CPTR_TFP;
	assert_int_equal(guest_trap(0, (uint64_t)EC_FP << ESR_EC_SHIFT), 0);
	assert_int_equal(fake.cpu[0].elr_el2, PC); /* the instruction is executed again */
	assert_false(fake.cpu[0].cptr_el2 & CPTR_TFP);
	assert_int_equal(fake.cpu[0].fp_loads, 1);
	assert_int_equal(fake.cpu[0].hyp.fp_loaded, 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_register_that_is_not_offered_is_undefined),
		TEST(identification_registers_cannot_be_written),
		TEST(the_whole_identification_space_reads),
		TEST(a_cpu_with_everything_is_masked_to_what_is_offered),
		TEST(cpus_that_differ_are_offered_as_what_all_of_them_have),
		TEST(a_late_cpu_that_lacks_something_changes_nothing_and_is_told),
		TEST(addresses_of_52_bits_are_not_offered),
		TEST(a_smaller_address_range_is_passed_on),
		TEST(icc_sre_is_fixed_to_system_registers),
		TEST(actlr_reads_zero_and_ignores_writes),
		TEST(xzr_is_an_operand),
		TEST(a_finished_instruction_ends_a_single_step),
		TEST(an_sgi_register_cannot_be_read),
		TEST(sending_an_sgi_moves_past_the_instruction),
		TEST(breakpoints_keep_their_values),
		TEST(breakpoints_reach_the_cpu_when_debugging_is_enabled),
		TEST(breakpoints_that_the_cpu_does_not_have_are_not_touched),
		TEST(the_os_lock_reads_back),
		TEST(registers_beside_the_breakpoints_do_not_change_them),
		TEST(debug_registers_without_effect_are_quiet),
		TEST(the_first_use_of_floating_point_loads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
