// SPDX-License-Identifier: BSD-2-Clause
/*
 * Guests whose EL1 is in AArch32 (vmm/hyp/aarch32.c, inject32.c, coproc.c): conditions and lengths
 * of trapped instructions, exceptions, CP15 and CP14, and whose registers are in the CPU.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "aarch32.h"

#define PC	  0x40080000
#define VECTORS	  0x50000000
#define HIGH	  0xffff0000
#define FAR	  0x12345678
#define Z	  UINT64_C(0x40000000)
#define C	  UINT64_C(0x20000000)
#define V	  UINT64_C(0x10000000)
#define N	  UINT64_C(0x80000000)
#define SVC	  (PSR_A | PSR_I | PSR_F | AARCH32_MODE_SVC)
#define ALWAYS	  (ISS_CV | 0xe << 20)
#define EC(class) ((uint64_t)(class) << ESR_EC_SHIFT | ESR_IL)
#define CP15(opc1, crn, crm, opc2) \
	(EC(EC_CP15_32) | ALWAYS | SYSREG(0, opc1, crn, crm, opc2) | 2 << 5)
#define CP14(opc1, crn, crm, opc2) \
	(EC(EC_CP14_32) | ALWAYS | SYSREG(0, opc1, crn, crm, opc2) | 2 << 5)
#define CP15_64(opc1, crm) (EC(EC_CP15_64) | ALWAYS | (opc1) << 16 | 3 << 10 | 2 << 5 | (crm) << 1)
#define IT(state)	   (((state) & 0xfc) << 8 | (uint64_t)((state) & 3) << 25)
#define READ		   1

uint64_t guest_sync32(struct hyp_vcpu *vcpu);

static struct hyp_vcpu *vcpu;
static struct fake_cpu *cpu;

static int boot(void **state)
{
	(void)state;
	guest_boot(2);
	fake.current = 0;
	cpu = &fake.cpu[0];
	vcpu = &guest.vcpu[0];
	vcpu->hcr = HCR_GUEST32;
	cpu->elr_el2 = PC;
	cpu->spsr_el2 = SVC;
	cpu->vbar_el1 = VECTORS;
	id_init(HYP_CPU_FIRST);
	return 0;
}

/* As the vectors call it. */
static uint64_t trap(uint64_t esr)
{
	fake.current = 0;
	cpu->esr_el2 = esr;
	return guest_sync32(vcpu);
}

static uint32_t read(uint64_t esr)
{
	vcpu->x[2] = 0x5a5a5a5a5a5a5a5a;
	cpu->elr_el2 = PC;
	assert_int_equal(trap(esr | READ), 0);
	assert_int_equal(cpu->elr_el2, PC + 4);
	assert_int_equal(vcpu->x[2] >> 32, 0);
	return (uint32_t)vcpu->x[2];
}

static void write(uint64_t esr, uint64_t value)
{
	vcpu->x[2] = value;
	cpu->elr_el2 = PC;
	assert_int_equal(trap(esr), 0);
	assert_int_equal(cpu->elr_el2, PC + 4);
}

static bool is_undefined(uint64_t esr)
{
	cpu->elr_el2 = PC;
	cpu->spsr_el2 = SVC;
	assert_int_equal(trap(esr), 0);
	if (cpu->elr_el2 == PC + 4)
		return false;
	assert_int_equal(cpu->elr_el2, VECTORS + 4);
	assert_int_equal(vcpu->x[AARCH32_LR_UND], PC + 4);
	return true;
}

/* Arm ARM F2.3, table F2-1: for each condition a PSTATE with which it holds and one with which not.
 */
static void conditions_hold_as_flags_say(void **state)
{
	static const struct {
		uint64_t yes, no;
	} table[] = {
		{ Z, N | C | V }, { N | C | V, Z },	/* EQ NE */
		{ C, N | Z | V }, { N | Z | V, C },	/* CS CC */
		{ N, Z | C | V }, { Z | C | V, N },	/* MI PL */
		{ V, N | Z | C }, { N | Z | C, V },	/* VS VC */
		{ C | N, C | Z }, { C | Z, C },		/* HI LS */
		{ N | V, N },	  { V, Z },		/* GE LT */
		{ C, Z },	  { Z | N | V, N | V }, /* GT LE */
	};

	(void)state;
	for (uint64_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint64_t esr = EC(EC_WFX) | ISS_CV | i << 20;

		assert_true(aarch32_condition_holds(esr, table[i].yes));
		assert_false(aarch32_condition_holds(esr, table[i].no));
	}
	assert_true(aarch32_condition_holds(EC(EC_WFX) | ISS_CV | 0xe << 20, 0));
	assert_true(aarch32_condition_holds(EC(EC_WFX) | ISS_CV | 0xf << 20, 0));
}

static void syndrome_without_condition_leaves_it_to_the_it_state(void **state)
{
	uint64_t ne = IT(0x18) | AARCH32_T; /* IT NE, one instruction */

	(void)state;
	assert_false(aarch32_condition_holds(EC(EC_CP15_32), ne | Z));
	assert_true(aarch32_condition_holds(EC(EC_CP15_32), ne));
	assert_true(aarch32_condition_holds(EC(EC_CP15_32), AARCH32_T | Z)); /* no IT block */
	assert_true(aarch32_condition_holds(EC(EC_CP15_32), Z));	     /* A32 */
}

/* An abort is no conditional trap: bits 24 to 20 of its syndrome are others. */
static void aborts_and_hvc_are_never_conditional(void **state)
{
	(void)state;
	assert_true(aarch32_condition_holds(EC(EC_DABT_LOWER) | ISS_DABT_ISV, 0));
	assert_true(aarch32_condition_holds(EC(EC_IABT_LOWER) | ISS_CV, 0));
	assert_true(aarch32_condition_holds(EC(EC_HVC32) | ISS_CV, 0));
}

static void trap_whose_condition_fails_does_nothing(void **state)
{
	(void)state;
	assert_int_equal(trap(EC(EC_SMC32) | ISS_CV), 0); /* SMCEQ */
	assert_int_equal(cpu->elr_el2, PC + 4);
	assert_int_equal(vcpu->stats[VMM_STAT_UNDEF_INJECTED], 0);
	cpu->spsr_el2 |= Z;
	assert_int_equal(trap(EC(EC_SMC32) | ISS_CV), 0);
	assert_int_equal(cpu->elr_el2, VECTORS + 4);
}

static void instruction_of_2_bytes_is_stepped_over(void **state)
{
	(void)state;
	cpu->spsr_el2 |= AARCH32_T;
	trap((EC(EC_WFX) | ALWAYS) & ~ESR_IL);
	assert_int_equal(cpu->elr_el2, PC + 2);
}

static void it_state_advances(void **state)
{
	(void)state;
	cpu->spsr_el2 = SVC | AARCH32_T | IT(0x0e) | Z; /* ITTT EQ: 0000 1110 */
	trap((EC(EC_WFX) | ALWAYS) & ~ESR_IL);
	assert_int_equal(aarch32_it(cpu->spsr_el2), 0x1c & 0x1f);
	trap((EC(EC_WFX) | ALWAYS) & ~ESR_IL);
	assert_int_equal(aarch32_it(cpu->spsr_el2), 0x18);
	trap((EC(EC_WFX) | ALWAYS) & ~ESR_IL);
	assert_int_equal(aarch32_it(cpu->spsr_el2), 0);
	assert_int_equal(cpu->spsr_el2, SVC | AARCH32_T | Z);
}

static void program_counter_wraps_at_4_gib(void **state)
{
	(void)state;
	cpu->elr_el2 = 0xfffffffc;
	trap(EC(EC_WFX) | ALWAYS);
	assert_int_equal(cpu->elr_el2, 0);
}

static void inject(uint32_t what, uint64_t pstate)
{
	cpu->elr_el2 = PC;
	cpu->spsr_el2 = pstate;
	vcpu->inject = what;
	vcpu->inject_far = FAR;
	inject_pending(vcpu);
}

static void undefined_goes_to_its_mode_with_its_own_return_address(void **state)
{
	(void)state;
	inject(HYP_INJECT_UNDEF, AARCH32_MODE_USR | N | AARCH32_IL | PSR_SS);
	assert_int_equal(cpu->elr_el2, VECTORS + 4);
	assert_int_equal(cpu->spsr_el2, N | PSR_I | AARCH32_MODE_UND);
	assert_int_equal(cpu->spsr_und, AARCH32_MODE_USR | N | AARCH32_IL | PSR_SS);
	assert_int_equal(vcpu->x[AARCH32_LR_UND], PC + 4);
	inject(HYP_INJECT_UNDEF, SVC | AARCH32_T | IT(0x0e));
	assert_int_equal(vcpu->x[AARCH32_LR_UND], PC + 2);
	assert_int_equal(cpu->spsr_el2, PSR_A | PSR_F | PSR_I | AARCH32_MODE_UND);
}

static void sctlr_says_where_and_in_what_state_the_handler_runs(void **state)
{
	(void)state;
	cpu->sctlr_el1 = AARCH32_SCTLR_V | AARCH32_SCTLR_TE | AARCH32_SCTLR_EE;
	inject(HYP_INJECT_UNDEF, SVC);
	assert_int_equal(cpu->elr_el2, HIGH + 4);
	assert_true(cpu->spsr_el2 & AARCH32_T);
	assert_true(cpu->spsr_el2 & AARCH32_E);
	cpu->sctlr_el1 = 0;
	inject(HYP_INJECT_UNDEF, SVC | AARCH32_E);
	assert_false(cpu->spsr_el2 & AARCH32_E);
}

static void data_abort_fills_dfsr_in_either_format(void **state)
{
	(void)state;
	cpu->far_el1 = UINT64_C(0xaaaaaaaabbbbbbbb);
	vcpu->exit.esr = ISS_DABT_WNR;
	inject(HYP_INJECT_DATA_ABORT, AARCH32_MODE_SYS);
	assert_int_equal(cpu->elr_el2, VECTORS + 0x10);
	assert_int_equal(cpu->spsr_el2, PSR_A | PSR_I | AARCH32_MODE_ABT);
	assert_int_equal(cpu->spsr_abt, AARCH32_MODE_SYS);
	assert_int_equal(vcpu->x[AARCH32_LR_ABT], PC + 8);
	assert_int_equal(cpu->esr_el1, 0x808);
	assert_int_equal(cpu->far_el1, UINT64_C(0xaaaaaaaa00000000) | FAR);
	vcpu->exit.esr = ISS_DABT_CM;
	cpu->tcr_el1 = AARCH32_TTBCR_EAE;
	inject(HYP_INJECT_DATA_ABORT, SVC | AARCH32_T);
	assert_int_equal(vcpu->x[AARCH32_LR_ABT], PC + 8);
	assert_int_equal(cpu->esr_el1, 0x2210);
	assert_int_equal(vcpu->stats[VMM_STAT_ABORT_INJECTED], 2);
}

static void prefetch_abort_fills_ifsr_and_ifar(void **state)
{
	(void)state;
	cpu->far_el1 = UINT64_C(0xaaaaaaaabbbbbbbb);
	inject(HYP_INJECT_INSTRUCTION_ABORT, SVC);
	assert_int_equal(cpu->elr_el2, VECTORS + 0xc);
	assert_int_equal(vcpu->x[AARCH32_LR_ABT], PC + 4);
	assert_int_equal(cpu->ifsr32_el2, 0x8);
	assert_int_equal(cpu->far_el1, (uint64_t)FAR << 32 | 0xbbbbbbbb);
	cpu->tcr_el1 = AARCH32_TTBCR_EAE;
	inject(HYP_INJECT_INSTRUCTION_ABORT, SVC);
	assert_int_equal(cpu->ifsr32_el2, 0x210);
}

static void pan_is_set_as_sctlr_says(void **state)
{
	(void)state;
	cpu->id_aa64mmfr1_el1 = UINT64_C(1) << 20;
	id_init(HYP_CPU_FIRST);
	inject(HYP_INJECT_UNDEF, SVC);
	assert_true(cpu->spsr_el2 & PSR_PAN);
	cpu->sctlr_el1 = AARCH32_SCTLR_SPAN;
	inject(HYP_INJECT_UNDEF, SVC);
	assert_false(cpu->spsr_el2 & PSR_PAN);
}

/* User mode under a kernel in AArch64 takes its exceptions there. */
static void user_mode_of_a_64_bit_guest_traps_to_its_kernel(void **state)
{
	(void)state;
	vcpu->hcr = HCR_GUEST;
	cpu->spsr_el2 = AARCH32_MODE_USR;
	trap(EC(EC_CP14_LDC) | ALWAYS);
	assert_int_equal(cpu->elr_el2, VECTORS + 0x600);
	assert_int_equal(cpu->elr_el1, PC);
}

static void identification_is_that_of_aarch64_without_what_is_not_there(void **state)
{
	(void)state;
	cpu->s3_0_c0_c1_0 = 0xf0000131;
	cpu->s3_0_c0_c1_1 = 0x00011011;
	cpu->s3_0_c0_c3_0 = 0x10110222; /* AArch64 has MVFR0 here */
	cpu->s3_0_c0_c3_4 = 0x00000011;
	cpu->id_aa64pfr0_el1 = ~UINT64_C(0);
	id_init(HYP_CPU_FIRST);
	assert_int_equal(read(CP15(0, 0, 1, 0)), 0x131);
	assert_int_equal(read(CP15(0, 0, 1, 1)), 0x10010001);
	assert_int_equal(read(CP15(0, 0, 3, 0)), 0);
	assert_int_equal(read(CP15(0, 0, 3, 4)), 0x11);
	assert_int_equal(read(CP15(0, 0, 4, 0)), 0);
	assert_int_equal(read(EC(EC_FP_ID) | ALWAYS | 7 << 10 | 2 << 5), 0x10110222);
	assert_true(is_undefined(EC(EC_FP_ID) | ALWAYS | 4 << 10 | 2 << 5 | READ));
	assert_true(is_undefined(CP15(0, 0, 1, 0))); /* MCR */
}

static void timer_and_gic_are_those_of_aarch64(void **state)
{
	(void)state;
	fake.counter = 1000;
	write(CP15(0, 14, 2, 0), 0xffffff00); /* CNTP_TVAL: -256 */
	assert_int_equal(vcpu->cntp_cval, 744);
	vcpu->x[3] = 0x5;
	write(CP15_64(2, 14),
	      0xffffffff00000009); /* what is above 32 bits is not of the register */
	assert_int_equal(vcpu->cntp_cval, UINT64_C(0x500000009));
	assert_int_equal(read(CP15_64(2, 14)), 9);
	assert_int_equal(vcpu->x[3], 5);
	write(CP15(0, 14, 2, 1), 1);
	assert_int_equal(read(CP15(0, 14, 2, 1)), 1);
	assert_int_equal(read(CP15(0, 12, 12, 5)), 7); /* ICC_SRE */
	assert_int_equal(read(CP15(0, 1, 0, 1)), 0);   /* ACTLR */
}

static void sgi_by_mcrr_reaches_its_target(void **state)
{
	(void)state;
	vcpu->x[3] = 0;
	write(CP15_64(0, 12), 0x05000000 | 2); /* SGI 5 to vCPU 1 */
	guest_settle();
	assert_int_equal(guest_handle(1), 5);
	assert_true(is_undefined(CP15_64(3, 12)));
	assert_true(is_undefined(CP15_64(0, 12) | READ));
}

static void debug_registers_are_those_of_aarch64(void **state)
{
	(void)state;
	cpu->id_aa64dfr0_el1 = 1 << 28 | 3 << 20 | 5 << 12 | 6;
	assert_int_equal(read(CP14(0, 0, 0, 0)), 0x35168000); /* DBGDIDR */
	write(CP14(0, 0, 3, 4), 0x1000);
	assert_int_equal(vcpu->debug[0][3], 0x1000);
	write(CP14(0, 0, 2, 2), 0x8000); /* DBGDSCRext */
	assert_int_equal(cpu->mdscr_el1, 0x8000);
	assert_int_equal(read(CP14(0, 0, 1, 0)), 0x8000); /* DBGDSCRint */
	assert_int_equal(read(CP14(0, 7, 2, 7)), 0);	  /* DBGDEVID */
	cpu->spsr_el2 = SVC | N | Z;
	trap((CP14(0, 0, 1, 0) & ~(UINT64_C(0x1f) << 5)) | 31 << 5 | READ); /* to the flags */
	assert_int_equal(cpu->spsr_el2, SVC);
	assert_true(is_undefined(CP14(1, 0, 0, 0) | READ)); /* trace */
	assert_true(is_undefined(EC(EC_CP14_LDC) | ALWAYS));
	assert_false(is_undefined(EC(EC_CP14_64) | ALWAYS | 3 << 10 | 2 << 5 | 1 << 1 | READ));
	assert_true(is_undefined(EC(EC_CP14_64) | ALWAYS | 3 << 10 | 2 << 5 | 9 << 1 | READ));
}

static void register_that_is_not_offered_is_undefined(void **state)
{
	(void)state;
	assert_true(is_undefined(CP15(0, 9, 12, 0) | READ)); /* PMCR */
	assert_true(is_undefined(CP15(0, 15, 0, 0) | READ)); /* implementation defined */
	assert_true(is_undefined(CP15(1, 9, 0, 2) | READ));  /* L2CTLR */
	assert_true(is_undefined(CP15_64(0, 9) | READ));     /* PMCCNTR */
	assert_true(is_undefined(CP15(0, 1, 0, 3)));	     /* ACTLR2 */
}

static uint64_t call(uint64_t function, uint64_t argument)
{
	vcpu->x[0] = function;
	vcpu->x[1] = argument;
	return trap(EC(EC_HVC32));
}

static void psci_has_32_bits(void **state)
{
	(void)state;
	assert_int_equal(call(UINT64_C(0xdead00000000) | 0x84000000, 0), 0);
	assert_int_equal(vcpu->x[0], 0x10000);
	assert_int_equal(call(0xc4000003, 0), 0); /* CPU_ON of the 64-bit convention */
	assert_int_equal((uint32_t)vcpu->x[0], 0xffffffff);
	assert_int_equal(call(0x8400000a, 0xc4000003), 0);
	assert_int_equal(vcpu->x[0], 0xffffffff);
	assert_int_equal(call(0x84000003, UINT64_C(0xffffffff00000001)), HYP_EXIT_HVC);
	assert_int_equal(vcpu->x[1], 1);
	assert_int_equal(cpu->elr_el2, PC); /* behind the HVC already */
}

static struct fake_cpu during;

static uint64_t enter(struct hyp_vcpu *entered)
{
	(void)entered;
	during = *cpu;
	cpu->spsr_irq = 0x60000193;
	cpu->dacr32_el2 = 0x5555;
	cpu->fpexc32_el2 = 0x40000000;
	return HYP_EXIT_IRQ;
}

static void run(void)
{
	fake.guest = enter;
	fake.current = 0;
	hyp_run(vcpu);
}

static void registers_of_aarch32_are_switched(void **state)
{
	(void)state;
	vcpu_leave(0);
	cpu->dbgvcr32_el2 = 0xff;
	cpu->hyp.stub[6] = 0x80000000;
	vcpu->hcr = HCR_GUEST32;
	vcpu->pstate = SVC;
	vcpu->aarch32[HYP_SPSR_ABT] = 0x1d7;
	vcpu->aarch32[HYP_IFSR32_EL2] = 0x405;
	run();
	assert_int_equal(during.hcr_el2, HCR_GUEST32);
	assert_int_equal(during.spsr_el2, SVC);
	assert_int_equal(during.spsr_abt, 0x1d7);
	assert_int_equal(during.ifsr32_el2, 0x405);
	assert_int_equal(during.dbgvcr32_el2, 0);
	assert_int_equal(cpu->hcr_el2, 0x80000000);
	assert_int_equal(vcpu->aarch32[HYP_SPSR_IRQ], 0x60000193);
	assert_int_equal(vcpu->aarch32[HYP_DACR32_EL2], 0x5555);
	assert_int_equal(vcpu->aarch32[HYP_FPEXC32_EL2], 0x40000000);
}

static void guest_in_aarch64_does_not_touch_them(void **state)
{
	(void)state;
	vcpu_leave(0);
	vcpu->hcr = HCR_GUEST;
	vcpu->pstate = PSR_MODE_EL1H;
	vcpu->aarch32[HYP_SPSR_ABT] = 0x1d7;
	run();
	assert_int_equal(during.spsr_abt, 0);
	assert_int_equal(vcpu->aarch32[HYP_SPSR_IRQ], 0);
}

/* A return to a mode that is none would be illegal, and stay at EL2. */
static void only_modes_of_aarch32_are_entered(void **state)
{
	static const uint64_t modes[] = { 0x10, 0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f };

	(void)state;
	for (uint64_t mode = 0; mode < 32; mode++) {
		uint64_t entered = aarch32_pstate(UINT64_C(0xff00000000) | N | mode);
		bool known = false;

		for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
			known |= modes[i] == mode;
		assert_int_equal(entered, N | (known ? mode : AARCH32_MODE_SVC));
	}
}

#define TEST(test) cmocka_unit_test_setup(test, boot)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conditions_hold_as_flags_say),
		TEST(syndrome_without_condition_leaves_it_to_the_it_state),
		TEST(aborts_and_hvc_are_never_conditional),
		TEST(trap_whose_condition_fails_does_nothing),
		TEST(instruction_of_2_bytes_is_stepped_over),
		TEST(it_state_advances),
		TEST(program_counter_wraps_at_4_gib),
		TEST(undefined_goes_to_its_mode_with_its_own_return_address),
		TEST(sctlr_says_where_and_in_what_state_the_handler_runs),
		TEST(data_abort_fills_dfsr_in_either_format),
		TEST(prefetch_abort_fills_ifsr_and_ifar),
		TEST(pan_is_set_as_sctlr_says),
		TEST(user_mode_of_a_64_bit_guest_traps_to_its_kernel),
		TEST(identification_is_that_of_aarch64_without_what_is_not_there),
		TEST(timer_and_gic_are_those_of_aarch64),
		TEST(sgi_by_mcrr_reaches_its_target),
		TEST(debug_registers_are_those_of_aarch64),
		TEST(register_that_is_not_offered_is_undefined),
		TEST(psci_has_32_bits),
		TEST(registers_of_aarch32_are_switched),
		TEST(guest_in_aarch64_does_not_touch_them),
		TEST(only_modes_of_aarch32_are_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
