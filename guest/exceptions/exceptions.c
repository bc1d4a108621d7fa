// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exceptions to EL1 and what the CPU says about them (Arm ARM D1.10, D13.2.37): undefined
 * instructions and registers, external aborts, alignment.
 */
#include "property.h"

#define HOLE                                                                                   \
	UINT64_C(0x0b000000) /* between the virtio-mmio slots and the platform bus: nothing is \
				there */
#define ESR_UNDEF  ESR_IL    /* EC 0, ISS 0 */
#define PSR_EL1H_M 0x3c5
#define PSR_EL0T_M 0x3c0

void probe_load(uint64_t address);
void probe_load_byte(uint64_t address);
void probe_store(uint64_t address, uint64_t value);
void probe_store_byte(uint64_t address, uint64_t value);
void probe_load_pair(uint64_t address);
void probe_load_post(uint64_t address);
void probe_smc(void);
void probe_undefined(void);
void probe_breakpoint(void);
void probe_fp(void);
void probe_undefined_sp0(void);
void probe_sysreg_sp0(void);
void probe_load_sp0(uint64_t address);

#define CHECK_UNDEFINED(instruction)                                                         \
	do {                                                                                 \
		uint64_t register_ = 0x5a5a;                                                 \
		struct fault fault_ = FAULT_OF(asm volatile(instruction : "+r"(register_))); \
		CHECK(fault_.taken);                                                         \
		CHECK_EQUAL(fault_.esr, ESR_UNDEF);                                          \
		CHECK_EQUAL(fault_.vector, VECTOR_SYNC_SPX);                                 \
		CHECK_EQUAL(register_, 0x5a5a);                                              \
	} while (0)

PROPERTY(registers_of_el2_and_el3_are_undefined)
{
	CHECK_UNDEFINED("mrs %0, s3_4_c1_c1_0"); /* HCR_EL2 */
	CHECK_UNDEFINED("msr s3_4_c1_c1_0, %0");
	CHECK_UNDEFINED("mrs %0, s3_4_c12_c0_0");  /* VBAR_EL2 */
	CHECK_UNDEFINED("mrs %0, s3_4_c12_c9_5");  /* ICC_SRE_EL2 */
	CHECK_UNDEFINED("mrs %0, s3_4_c14_c0_3");  /* CNTVOFF_EL2 */
	CHECK_UNDEFINED("mrs %0, s3_4_c12_c11_0"); /* ICH_HCR_EL2 */
	CHECK_UNDEFINED("mrs %0, s3_6_c1_c1_0");   /* SCR_EL3 */
	CHECK_UNDEFINED("msr s3_6_c1_c1_0, %0");
}

PROPERTY(registers_of_features_that_are_absent_are_undefined)
{
	CHECK_UNDEFINED("mrs %0, s3_0_c1_c2_0"); /* ZCR_EL1: SVE */
	CHECK_UNDEFINED("msr s3_0_c1_c2_0, %0");
	CHECK_UNDEFINED("mrs %0, s3_0_c2_c1_0");  /* APIAKeyLo_EL1: pointer authentication */
	CHECK_UNDEFINED("mrs %0, s3_3_c2_c4_0");  /* RNDR */
	CHECK_UNDEFINED("mrs %0, s3_0_c10_c4_3"); /* LORC_EL1 */
	CHECK_UNDEFINED("mrs %0, s3_3_c13_c2_0"); /* AMCR_EL0: activity monitors */
	CHECK_UNDEFINED("mrs %0, s3_0_c5_c3_0");  /* ERRIDR_EL1: RAS */
	CHECK_UNDEFINED("mrs %0, s3_5_c14_c3_1"); /* CNTV_CTL_EL02 */
}

PROPERTY(reserved_encodings_are_undefined)
{
	CHECK_UNDEFINED("mrs %0, s3_0_c3_c7_7");
	CHECK_UNDEFINED("msr s3_0_c3_c7_7, %0");
	CHECK_UNDEFINED("mrs %0, s3_7_c13_c15_7");
	CHECK_UNDEFINED("mrs %0, s3_3_c12_c0_0");
	CHECK_UNDEFINED("mrs %0, s2_5_c3_c9_1");
	CHECK_UNDEFINED("msr s2_5_c3_c9_1, %0");
	CHECK_UNDEFINED("mrs %0, s3_2_c7_c3_5");
}

PROPERTY(implementation_defined_registers_are_undefined_or_harmless)
{
	uint64_t value = 0;
	struct fault fault;

	fault = FAULT_OF(asm volatile("mrs %0, s3_7_c15_c15_7" : "+r"(value)));
	CHECK(!fault.taken || fault.esr == ESR_UNDEF);
	fault = FAULT_OF(asm volatile("mrs %0, s3_0_c11_c1_1" : "+r"(value)));
	CHECK(!fault.taken || fault.esr == ESR_UNDEF);
	fault = FAULT_OF(asm volatile("msr s3_1_c15_c7_7, xzr"));
	CHECK(!fault.taken || fault.esr == ESR_UNDEF);
}

PROPERTY(writes_of_read_only_registers_are_undefined)
{
	CHECK_UNDEFINED("msr s3_0_c0_c0_0, %0");   /* MIDR_EL1 */
	CHECK_UNDEFINED("msr s3_0_c0_c4_0, %0");   /* ID_AA64PFR0_EL1 */
	CHECK_UNDEFINED("msr s3_0_c12_c12_0, %0"); /* ICC_IAR1_EL1 */
	CHECK_UNDEFINED("msr s3_0_c12_c11_3, %0"); /* ICC_RPR_EL1 */
	CHECK_UNDEFINED("msr s3_3_c14_c0_1, %0");  /* CNTPCT_EL0 */
	CHECK_UNDEFINED("msr s3_3_c14_c0_2, %0");  /* CNTVCT_EL0 */
}

PROPERTY(reads_of_write_only_registers_are_undefined)
{
	CHECK_UNDEFINED("mrs %0, s3_0_c12_c11_5"); /* ICC_SGI1R_EL1 */
	CHECK_UNDEFINED("mrs %0, s3_0_c12_c12_1"); /* ICC_EOIR1_EL1 */
	CHECK_UNDEFINED("mrs %0, s3_0_c12_c11_1"); /* ICC_DIR_EL1 */
}

PROPERTY(reserved_id_registers_read_zero)
{
	CHECK_EQUAL(read_sysreg(s3_0_c0_c7_7), 0);
	CHECK_EQUAL(read_sysreg(s3_0_c0_c4_7), 0);
	CHECK_EQUAL(read_sysreg(s3_0_c0_c5_7), 0);
}

PROPERTY(smc_is_undefined)
{
	struct fault fault = FAULT_OF(probe_smc());

	CHECK(fault.taken);
	CHECK_EQUAL(fault.esr, ESR_UNDEF);
	CHECK_EQUAL(fault.elr, (uint64_t)probe_smc);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_SPX);
}

PROPERTY(exception_saves_and_masks_pstate)
{
	struct fault fault;

	asm volatile("msr daifclr, #0xf; msr nzcv, %0" ::"r"(UINT64_C(0xa0000000)) : "cc");
	fault_expect();
	asm volatile("msr nzcv, %0\n"
		     "mrs x0, s3_4_c1_c1_0" ::"r"(UINT64_C(0x50000000))
		     : "x0", "cc");
	fault = fault_end();
	asm volatile("msr daifset, #0xf");
	CHECK(fault.taken);
	CHECK_EQUAL(fault.spsr, 0x50000005);	  /* Z and V, nothing masked, EL1h */
	CHECK_EQUAL(fault.pstate, 0x3c0 | 4 | 1); /* DAIF set, EL1, SP_EL1 */
}

PROPERTY(exceptions_with_sp_el0_selected_use_their_own_vector)
{
	struct fault fault;

	fault = FAULT_OF(probe_undefined_sp0());
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_SP0);
	CHECK_EQUAL(fault.spsr & 0xf, 4);
	fault = FAULT_OF(probe_sysreg_sp0());
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_SP0);
	CHECK_EQUAL(fault.spsr & 0xf, 4);
	fault = FAULT_OF(probe_load_sp0(HOLE));
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_SP0);
	CHECK_EQUAL(fault.spsr & 0xf, 4);
	CHECK_EQUAL(fault.far, HOLE);
}

static void el0_undefined(void *argument)
{
	(void)argument;
	asm volatile(".inst 0");
}

static void el0_smc(void *argument)
{
	(void)argument;
	asm volatile("smc #0");
}

static void el0_el1_register(void *argument)
{
	*(volatile uint64_t *)argument = read_sysreg(sctlr_el1);
}

static void el0_id_register(void *argument)
{
	*(volatile uint64_t *)argument = read_sysreg(s3_0_c0_c4_0);
}

static void el0_gic_register(void *argument)
{
	*(volatile uint64_t *)argument = read_sysreg(icc_iar1_el1);
}

PROPERTY(undefined_at_el0_is_taken_from_the_lower_level)
{
	static void (*const functions[])(void *) = { el0_undefined, el0_smc, el0_el1_register,
						     el0_id_register, el0_gic_register };
	static uint64_t value;

	for (unsigned int i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		struct fault fault = el0_call(functions[i], &value);

		CHECK(fault.taken);
		CHECK_EQUAL(fault.esr, ESR_UNDEF);
		CHECK_EQUAL(fault.vector, VECTOR_SYNC_LOWER);
		CHECK_EQUAL(fault.spsr & 0x1f, 0);
		CHECK(fault.elr >= (uint64_t)functions[i] + ALIAS_USER &&
		      fault.elr < (uint64_t)functions[i] + ALIAS_USER + 64);
	}
}

/* What a synchronous external abort of a data access at EL1 must say. */
static bool is_external_abort(const struct fault *fault, uint64_t address, uint64_t at, bool write)
{
	if (fault->taken && ESR_EC(fault->esr) == EC_DABT_SAME &&
	    ESR_FSC(fault->esr) == FSC_EXTERNAL && !(fault->esr & ESR_WNR) == !write &&
	    (fault->esr & ESR_IL) && fault->far == address && fault->elr == at &&
	    fault->vector == VECTOR_SYNC_SPX)
		return true;
	print("# at 0x%lx: taken %u, ESR 0x%lx, FAR 0x%lx, ELR 0x%lx (not 0x%lx), vector 0x%x\n",
	      address, fault->taken, fault->esr, fault->far, fault->elr, at, fault->vector);
	return false;
}

PROPERTY(load_from_a_hole_is_an_external_abort)
{
	struct fault fault;

	fault = FAULT_OF(probe_load(HOLE));
	CHECK(is_external_abort(&fault, HOLE, (uint64_t)probe_load, false));
	fault = FAULT_OF(probe_load_byte(HOLE + 0x123));
	CHECK(is_external_abort(&fault, HOLE + 0x123, (uint64_t)probe_load_byte, false));
}

PROPERTY(store_to_a_hole_is_an_external_abort)
{
	struct fault fault;

	fault = FAULT_OF(probe_store(HOLE + 8, 1));
	CHECK(is_external_abort(&fault, HOLE + 8, (uint64_t)probe_store, true));
	fault = FAULT_OF(probe_store_byte(HOLE + 0x321, 1));
	CHECK(is_external_abort(&fault, HOLE + 0x321, (uint64_t)probe_store_byte, true));
}

PROPERTY(access_without_a_syndrome_to_a_hole_is_an_external_abort)
{
	struct fault fault;

	fault = FAULT_OF(probe_load_pair(HOLE + 16));
	CHECK(is_external_abort(&fault, HOLE + 16, (uint64_t)probe_load_pair, false));
	fault = FAULT_OF(probe_load_post(HOLE + 64));
	CHECK(is_external_abort(&fault, HOLE + 64, (uint64_t)probe_load_post, false));
}

PROPERTY(memory_ends_where_the_device_tree_says)
{
	uint64_t end = ram_base() + ram_size();
	struct fault fault = FAULT_OF(probe_load(end - 8));

	CHECK(!fault.taken);
	fault = FAULT_OF(probe_load(end));
	CHECK(is_external_abort(&fault, end, (uint64_t)probe_load, false));
	fault = FAULT_OF(probe_store(end, 0));
	CHECK(is_external_abort(&fault, end, (uint64_t)probe_store, true));
}

PROPERTY(hole_far_above_memory_is_an_external_abort)
{
	struct fault fault = FAULT_OF(probe_load(HIGH_HOLE + 0x1000));

	CHECK(is_external_abort(&fault, HIGH_HOLE + 0x1000, (uint64_t)probe_load, false));
}

PROPERTY(fetch_from_a_hole_is_an_external_abort)
{
	uint64_t at = HOLE + ALIAS_NORMAL;
	struct fault fault = FAULT_OF(call_address(at));

	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_IABT_SAME);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_EXTERNAL);
	CHECK_EQUAL(fault.far, at);
	CHECK_EQUAL(fault.elr, at);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_SPX);
}

PROPERTY(fetch_behind_the_end_of_memory_is_an_external_abort)
{
	uint64_t at = ram_base() + ram_size();
	struct fault fault = FAULT_OF(call_address(at));

	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_IABT_SAME);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_EXTERNAL);
	CHECK_EQUAL(fault.far, at);
	CHECK_EQUAL(fault.elr, at);
}

static void el0_load(void *argument)
{
	(void)argument;
	read64(HOLE + 0x40 + ALIAS_USER);
}

static void el0_fetch(void *argument)
{
	(void)argument;
	asm volatile("br %0" ::"r"(HOLE + ALIAS_USER));
}

PROPERTY(load_from_a_hole_at_el0_is_taken_from_the_lower_level)
{
	struct fault fault = el0_call(el0_load, NULL);

	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_DABT_LOWER);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_EXTERNAL);
	CHECK_EQUAL(fault.far, HOLE + 0x40 + ALIAS_USER);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_LOWER);
	CHECK_EQUAL(fault.spsr & 0x1f, 0);
}

PROPERTY(fetch_from_a_hole_at_el0_is_taken_from_the_lower_level)
{
	struct fault fault = el0_call(el0_fetch, NULL);

	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_IABT_LOWER);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_EXTERNAL);
	CHECK_EQUAL(fault.far, HOLE + ALIAS_USER);
	CHECK_EQUAL(fault.elr, HOLE + ALIAS_USER);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_LOWER);
}

PROPERTY(unaligned_load_with_alignment_checking_is_an_alignment_fault)
{
	uint64_t sctlr = read_sysreg(sctlr_el1), address = free_ram() + 1;
	struct fault fault = FAULT_OF(probe_load(address));

	CHECK(!fault.taken);
	write_sysreg(sctlr_el1, sctlr | 2);
	isb();
	fault = FAULT_OF(probe_load(address));
	write_sysreg(sctlr_el1, sctlr);
	isb();
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_DABT_SAME);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_ALIGNMENT);
	CHECK_EQUAL(fault.far, address);
	CHECK_EQUAL(fault.elr, (uint64_t)probe_load);
}

PROPERTY(misaligned_pc_is_a_fault)
{
	uint64_t at = (uint64_t)probe_load + 2;
	struct fault fault = FAULT_OF(call_address(at));

	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_PC_ALIGN);
	CHECK_EQUAL(fault.far, at);
	CHECK_EQUAL(fault.elr, at);
}

PROPERTY(unmapped_page_is_a_translation_fault)
{
	struct fault fault;

	window_map(0, 0, 0);
	window_flush(0);
	fault = FAULT_OF(probe_load(window_address(0) + 0x10));
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_DABT_SAME);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_TRANSLATION_L3);
	CHECK_EQUAL(fault.far, window_address(0) + 0x10);
}

PROPERTY(store_to_a_read_only_page_is_a_permission_fault)
{
	struct fault fault;

	window_map(1, free_ram(), MAP_VALID);
	window_flush(1);
	fault = FAULT_OF(probe_load(window_address(1)));
	CHECK(!fault.taken);
	fault = FAULT_OF(probe_store(window_address(1), 1));
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_PERMISSION_L3);
	CHECK(fault.esr & ESR_WNR);
	CHECK_EQUAL(fault.far, window_address(1));
	fault = FAULT_OF(call_address(window_address(1)));
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_IABT_SAME);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_PERMISSION_L3);
}

PROPERTY(store_to_a_read_only_page_of_a_device_is_a_permission_fault)
{
	struct fault fault;

	window_map(2, PL011, MAP_VALID);
	window_flush(2);
	fault = FAULT_OF(probe_store(window_address(2) + 0x24, 1));
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_PERMISSION_L3);
	CHECK_EQUAL(fault.far, window_address(2) + 0x24);
}

PROPERTY(translation_table_in_a_hole_is_an_external_abort)
{
	uint64_t tables = read_sysreg(ttbr0_el1) & ~UINT64_C(0xfff), address = UINT64_C(310) << 30;
	volatile uint64_t *entry = (volatile uint64_t *)tables + 310;
	struct fault fault;

	*entry = HOLE | 3;
	dsb();
	isb();
	fault = FAULT_OF(probe_load(address));
	*entry = 0;
	asm volatile("dsb sy; tlbi vmalle1; dsb sy; isb");
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_DABT_SAME);
	/* external abort on a walk, level 2; a hypervisor may call it a plain external abort */
	CHECK(ESR_FSC(fault.esr) == 0x16 || ESR_FSC(fault.esr) == FSC_EXTERNAL);
	CHECK_EQUAL(fault.far, address);
}

PROPERTY(software_breakpoint_goes_to_el1)
{
	struct fault fault = FAULT_OF(probe_breakpoint());

	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_BRK64);
	CHECK_EQUAL(fault.esr & 0xffff, 0x1234);
	CHECK_EQUAL(fault.elr, (uint64_t)probe_breakpoint);
}

PROPERTY(supervisor_call_carries_its_number)
{
	struct fault fault;

	/* ELR is behind the SVC: the handler skips one more */
	fault_expect();
	asm volatile("svc #0x55\n nop");
	fault = fault_end();
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_SVC64);
	CHECK_EQUAL(fault.esr & 0xffff, 0x55);
}

PROPERTY(fp_access_that_the_guest_traps_goes_to_el1)
{
	struct fault fault;

	write_sysreg(cpacr_el1, 0);
	isb();
	fault = FAULT_OF(probe_fp());
	write_sysreg(cpacr_el1, 3 << 20);
	isb();
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_FP);
	CHECK_EQUAL(fault.elr, (uint64_t)probe_fp);
	fault = FAULT_OF(probe_fp());
	CHECK(!fault.taken);
}
