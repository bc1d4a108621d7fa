// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stage-2 aborts (Arm ARM D5.10; ISS of a data abort D13.2.37, HPFAR_EL2 D13.2.54): which are
 * finished at EL2, and what the driver is told of the others.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PC	    0x40080000
#define DATA	    ((uint64_t)EC_DABT_LOWER << ESR_EC_SHIFT | ESR_IL)
#define INSTRUCTION ((uint64_t)EC_IABT_LOWER << ESR_EC_SHIFT | ESR_IL)
#define VALID	    (DATA | ISS_DABT_ISV | FSC_TRANSLATION | 3)
#define SAS(log2)   ((uint64_t)(log2) << 22)
#define SRT(n)	    ((uint64_t)(n) << 16)
#define PAR_FAULT   0x809
#define PRIORITIES  GICD(IPRIORITY(40))

static uint64_t translated_address, translated_how;

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].spsr_el2 = PSR_MODE_EL1H;
	guest_write32(0, PRIORITIES, 0xf0e0d0c0);
	fake.cpu[0].elr_el2 = PC;
	return 0;
}

static int check(void **state)
{
	(void)state;
	guest_check();
	return 0;
}

static uint64_t fault(uint64_t esr, uint64_t far, uint64_t ipa)
{
	fake.cpu[0].far_el2 = far;
	fake.cpu[0].hpfar_el2 = ipa >> 12 << 4;
	return guest_trap(0, esr);
}

static void a_vgic_load_is_finished_here(void **state)
{
	(void)state;
	assert_int_equal(
		fault(VALID | SAS(2) | SRT(7), 0xffff000000000000 | PRIORITIES, PRIORITIES), 0);
	assert_int_equal(guest.vcpu[0].x[7], 0xf0e0d0c0);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_EXIT_DABT],
			 guest.vcpu[0].stats[VMM_STAT_MMIO_VGIC]);
}

static void a_byte_load_zero_extends_or_sign_extends(void **state)
{
	(void)state;
	fault(VALID | SAS(0) | SRT(1), PRIORITIES, PRIORITIES);
	assert_int_equal(guest.vcpu[0].x[1], 0xc0);
	fault(VALID | SAS(0) | SRT(1) | ISS_DABT_SSE, PRIORITIES, PRIORITIES);
	assert_int_equal(guest.vcpu[0].x[1], 0xffffffc0);
	fault(VALID | SAS(0) | SRT(1) | ISS_DABT_SSE | ISS_DABT_SF, PRIORITIES, PRIORITIES);
	assert_int_equal(guest.vcpu[0].x[1], 0xffffffffffffffc0);
	fault(VALID | SAS(2) | SRT(1) | ISS_DABT_SSE | ISS_DABT_SF, PRIORITIES, PRIORITIES);
	assert_int_equal(guest.vcpu[0].x[1], 0xfffffffff0e0d0c0);
}

static void a_load_into_xzr_is_discarded(void **state)
{
	(void)state;
	assert_int_equal(fault(VALID | SAS(2) | SRT(31), PRIORITIES, PRIORITIES), 0);
	assert_int_equal(fake.cpu[0].elr_el2, PC + 4);
}

static void a_store_of_xzr_writes_zero(void **state)
{
	(void)state;
	guest.vcpu[0].pc = 0xffffffff; /* what follows x30 in the structure */
	assert_int_equal(fault(VALID | SAS(2) | SRT(31) | ISS_DABT_WNR, PRIORITIES, PRIORITIES), 0);
	assert_int_equal(guest_read32(0, PRIORITIES), 0);
}

static void a_byte_store_writes_a_byte(void **state)
{
	(void)state;
	guest.vcpu[0].x[3] = 0xffffffffffffff08;
	fault(VALID | SAS(0) | SRT(3) | ISS_DABT_WNR, PRIORITIES + 1, PRIORITIES + 1);
	assert_int_equal(guest_read32(0, PRIORITIES), 0xf0e008c0);
}

static void a_store_that_wakes_a_vcpu_exits_to_the_host(void **state)
{
	(void)state;
	guest_boot(2);
	fake.cpu[1].hyp.takes_kicks = 0;
	spi_route(40, 1);
	guest_raise(40);
	assert_true(guest_wfi(1));
	guest.vcpu[0].x[3] = BIT(40);
	assert_int_equal(fault(VALID | SAS(2) | SRT(3) | ISS_DABT_WNR, GICD(ISENABLE(40)),
			       GICD(ISENABLE(40))),
			 HYP_EXIT_WAKE);
	assert_int_equal(guest.woken, 1u << 1);
}

static void memory_goes_to_the_driver_with_the_whole_address(void **state)
{
	(void)state;
	assert_int_equal(fault(VALID | SAS(3), 0xffff000012345678, 0x40345000), HYP_EXIT_ABORT);
	assert_int_equal(guest.vcpu[0].exit.esr, VALID | SAS(3));
	assert_int_equal(guest.vcpu[0].exit.far, 0xffff000012345678);
	assert_int_equal(guest.vcpu[0].exit.ipa, 0x40345678);
	assert_int_equal(guest.vcpu[0].pc, PC);
}

static void an_address_of_40_bits_is_passed_on(void **state)
{
	(void)state;
	assert_int_equal(fault(VALID | SAS(2), 0x10, UINT64_C(0xfffffff000)), HYP_EXIT_ABORT);
	assert_int_equal(guest.vcpu[0].exit.ipa, 0xfffffff010);
}

static void an_instruction_abort_goes_to_the_driver(void **state)
{
	(void)state;
	assert_int_equal(fault(INSTRUCTION | FSC_TRANSLATION | 3, PC, PC), HYP_EXIT_ABORT);
	assert_int_equal(guest.vcpu[0].exit.ipa, PC);
	assert_int_equal(guest.vcpu[0].stats[VMM_STAT_EXIT_IABT], 1);
}

/* Executing from the GIC's registers is not an access to them. */
static void an_instruction_abort_in_the_vgic_is_not_an_access(void **state)
{
	(void)state;
	assert_int_equal(fault(INSTRUCTION | ISS_DABT_ISV | FSC_TRANSLATION | 3, VM_GICD_BASE,
			       VM_GICD_BASE),
			 HYP_EXIT_ABORT);
}

static uint64_t record(unsigned int how, uint64_t address)
{
	translated_how = how;
	translated_address = address;
	return 0x48001000;
}

static uint64_t no_translation(unsigned int how, uint64_t address)
{
	translated_how = how;
	translated_address = address;
	return PAR_FAULT;
}

static void without_a_syndrome_the_instruction_is_located(void **state)
{
	(void)state;
	fake.translate = record;
	fake.cpu[0].par_el1 = 0x7777;
	assert_int_equal(fault(DATA | FSC_TRANSLATION | 3, VM_GICD_BASE, VM_GICD_BASE),
			 HYP_EXIT_ABORT);
	assert_int_equal(guest.vcpu[0].exit.par, 0x48001000);
	assert_int_equal(translated_address, PC);
	assert_int_equal(translated_how, ARCH_BOTH_STAGES_EL1);
	assert_int_equal(fake.cpu[0].par_el1, 0x7777); /* the guest's own is kept */
}

static void the_instruction_of_a_process_is_located_as_el0_sees_it(void **state)
{
	(void)state;
	fake.translate = no_translation;
	fake.cpu[0].spsr_el2 = PSR_MODE_EL0T;
	assert_int_equal(fault(DATA | FSC_TRANSLATION | 3, 0x1000, VM_GICD_BASE), HYP_EXIT_ABORT);
	assert_int_equal(translated_how, ARCH_BOTH_STAGES_EL0);
	assert_true(guest.vcpu[0].exit.par & PAR_F);
}

/* HPFAR_EL2 is UNKNOWN for a permission fault that is not on a stage-1 walk. */
static void a_permission_fault_is_translated_again(void **state)
{
	(void)state;
	fake.translate = record;
	assert_int_equal(fault(DATA | ISS_DABT_ISV | FSC_PERMISSION | 3 | ISS_DABT_WNR, 0x567,
			       0xdead000),
			 HYP_EXIT_ABORT);
	assert_int_equal(guest.vcpu[0].exit.ipa, 0x48001567);
	assert_int_equal(translated_how, ARCH_STAGE1_WRITE);
}

static void a_permission_fault_on_a_table_walk_has_its_address(void **state)
{
	(void)state;
	fake.translate = record;
	assert_int_equal(fault(DATA | FSC_PERMISSION | 3 | ISS_ABT_S1PTW, 0x567, 0x44000000),
			 HYP_EXIT_ABORT);
	assert_int_equal(guest.vcpu[0].exit.ipa & ~UINT64_C(0xfff), 0x44000000);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, boot, check)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vgic_load_is_finished_here),
		TEST(a_byte_load_zero_extends_or_sign_extends),
		TEST(a_load_into_xzr_is_discarded),
		TEST(a_store_of_xzr_writes_zero),
		TEST(a_byte_store_writes_a_byte),
		TEST(a_store_that_wakes_a_vcpu_exits_to_the_host),
		TEST(memory_goes_to_the_driver_with_the_whole_address),
		TEST(an_address_of_40_bits_is_passed_on),
		TEST(an_instruction_abort_goes_to_the_driver),
		TEST(an_instruction_abort_in_the_vgic_is_not_an_access),
		TEST(without_a_syndrome_the_instruction_is_located),
		TEST(the_instruction_of_a_process_is_located_as_el0_sees_it),
		TEST(a_permission_fault_is_translated_again),
		TEST(a_permission_fault_on_a_table_walk_has_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
