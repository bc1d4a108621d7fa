// SPDX-License-Identifier: BSD-2-Clause
/*
 * Registers of the CPU interface while ICH_HCR_EL2.TC traps them (IHI
 * 0069, 12.2.5, 12.2.19, 12.2.20 and 12.4.4): what the guest reads and writes is the state of the
 * virtual CPU interface.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * libs: build/obj/unit/libhyp.a
 */
#include "fake_guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ICC_PMR	    SYSREG(3, 0, 4, 6, 0)
#define ICC_RPR	    SYSREG(3, 0, 12, 11, 3)
#define ICC_CTLR    SYSREG(3, 0, 12, 12, 4)
#define PC	    0x40080000
#define VECTORS	    0x50000000
/* PRIbits and PREbits 5, IDbits 16, SEIS, A3V */
#define VTR	    UINT64_C(0x90600003)
#define CTLR_OF_VTR UINT64_C(0xc400)

static int boot(void **state)
{
	(void)state;
	guest_boot(1);
	fake.cpu[0].ich_vtr_el2 = VTR;
	fake.cpu[0].elr_el2 = PC;
	fake.cpu[0].vbar_el1 = VECTORS;
	return 0;
}

static uint64_t read(uint32_t encoding)
{
	uint64_t value, pc = fake.cpu[0].elr_el2;

	assert_int_equal(guest_mrs(0, encoding, &value), 0);
	assert_int_equal(fake.cpu[0].elr_el2, pc + 4);
	return value;
}

static void write(uint32_t encoding, uint64_t value)
{
	uint64_t pc = fake.cpu[0].elr_el2;

	assert_int_equal(guest_msr(0, encoding, value), 0);
	assert_int_equal(fake.cpu[0].elr_el2, pc + 4);
}

static void priority_mask_has_the_bits_that_priorities_have(void **state)
{
	(void)state;
	write(ICC_PMR, ~UINT64_C(0));
	assert_int_equal(read(ICC_PMR), 0xf8);
	write(ICC_PMR, 0x5f);
	assert_int_equal(read(ICC_PMR), 0x58);
	assert_int_equal(fake.cpu[0].ich_vmcr_el2 >> ICH_VMCR_VPMR_SHIFT, 0x58);
}

static void priority_mask_that_is_written_masks(void **state)
{
	(void)state;
	guest_write32(0, VM_GICD_BASE + 0x104, 1u << 8);
	guest_line(40, true, 0);
	assert_true(guest_signalled(0));
	write(ICC_PMR, 0xa0); /* the priority that all interrupts have */
	assert_false(guest_signalled(0));
	write(ICC_PMR, 0xa8);
	assert_true(guest_signalled(0));
}

static void control_says_what_the_cpu_has(void **state)
{
	(void)state;
	assert_int_equal(read(ICC_CTLR), CTLR_OF_VTR);
	fake.cpu[0].ich_vtr_el2 = 3;
	assert_int_equal(read(ICC_CTLR), 0);
}

static void control_keeps_eoimode_and_cbpr_alone(void **state)
{
	uint64_t rest = fake.cpu[0].ich_vmcr_el2;

	(void)state;
	write(ICC_CTLR, ~UINT64_C(0));
	assert_int_equal(read(ICC_CTLR), CTLR_OF_VTR | 3);
	assert_int_equal(fake.cpu[0].ich_vmcr_el2, rest | ICH_VMCR_VEOIM | ICH_VMCR_VCBPR);
	write(ICC_CTLR, 2);
	assert_int_equal(read(ICC_CTLR), CTLR_OF_VTR | 2);
	write(ICC_CTLR, 0);
	assert_int_equal(fake.cpu[0].ich_vmcr_el2, rest);
}

static void running_priority_is_the_highest_active_one(void **state)
{
	(void)state;
	assert_int_equal(read(ICC_RPR), 0xff);
	guest_write32(0, VM_GICD_BASE + 0x104, 1u << 8);
	guest_line(40, true, 0);
	assert_int_equal(guest_acknowledge(0), 40);
	assert_int_equal(read(ICC_RPR), 0xa0);
	fake.cpu[0].ich_ap0r0_el2 = 1u << 3;
	assert_int_equal(read(ICC_RPR), 3 << 3);
	fake.cpu[0].ich_ap0r0_el2 = 0;
	guest_end(0, 40);
	assert_int_equal(read(ICC_RPR), 0xff);
}

static void running_priority_is_not_written(void **state)
{
	(void)state;
	assert_int_equal(guest_msr(0, ICC_RPR, 0), 0);
	assert_int_equal(fake.cpu[0].elr_el2, VECTORS + 0x200);
	assert_int_equal(fake.cpu[0].elr_el1, PC);
}

#define TEST(name) cmocka_unit_test_setup(name, boot)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(priority_mask_has_the_bits_that_priorities_have),
		TEST(priority_mask_that_is_written_masks),
		TEST(control_says_what_the_cpu_has),
		TEST(control_keeps_eoimode_and_cbpr_alone),
		TEST(running_priority_is_the_highest_active_one),
		TEST(running_priority_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
