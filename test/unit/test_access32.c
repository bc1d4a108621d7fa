// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmm/core/access32.c: instructions of AArch32 at an address, and the registers of the vCPU's mode.
 */
/* sources: vmm/core/access32.c vmm/core/decode32.c vmm/core/decode32_thumb.c */
/* cflags: -Ivmm/core */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "access32.h"
#include "aarch32.h"

#define PAGE   0x40123000u
#define DEVICE 0x0a000000u

static union {
	uint32_t words[VMM_PAGE_SIZE / 4];
	uint16_t halves[VMM_PAGE_SIZE / 2];
} page;
static struct hyp_vcpu hyp;
static struct access access;
static uint64_t address;

static int setup(void **state)
{
	(void)state;
	memset(&hyp, 0, sizeof(hyp));
	memset(&access, 0xa5, sizeof(access));
	memset(&page, 0, sizeof(page));
	hyp.pstate = AARCH32_MODE_SVC;
	hyp.x[2] = DEVICE;
	return 0;
}

/* An instruction of A32 at an offset of the page. */
static bool arm(uint32_t instruction, unsigned int offset)
{
	page.words[offset / 4] = instruction;
	hyp.pc = PAGE + offset;
	hyp.pstate &= ~AARCH32_T;
	return access32_decode(&hyp, &page, &access, &address);
}

static bool thumb(uint16_t first, uint16_t second, unsigned int offset)
{
	page.halves[offset / 2] = first;
	if (offset + 2 < VMM_PAGE_SIZE)
		page.halves[offset / 2 + 1] = second;
	hyp.pc = PAGE + offset;
	hyp.pstate |= AARCH32_T;
	return access32_decode(&hyp, &page, &access, &address);
}

static void multiple_load_writes_registers_and_base_at_the_end(void **state)
{
	(void)state;
	hyp.x[1] = hyp.x[3] = 7;
	assert_true(arm(0xe8b2400a, 0x100)); /* ldm r2!, {r1, r3, lr} */
	assert_int_equal(access.op.kind, DECODE_LOAD);
	assert_int_equal(access.op.count, 3);
	assert_int_equal(access.op.size_log2, 2);
	assert_int_equal(address, DEVICE);
	assert_int_equal(hyp.x[1], 7);
	access.data[0] = 0xffffffff11111111;
	access.data[1] = 0x33333333;
	access.data[2] = 0xeeeeeeee;
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.x[1], 0x11111111);
	assert_int_equal(hyp.x[3], 0x33333333);
	assert_int_equal(hyp.x[18], 0xeeeeeeee); /* LR_svc */
	assert_int_equal(hyp.x[14], 0);
	assert_int_equal(hyp.x[2], DEVICE + 12);
	assert_int_equal(hyp.pc, PAGE + 0x104);
}

/* Arm ARM D1.20.1 */
static void each_mode_has_its_registers(void **state)
{
	static const struct {
		uint64_t mode;
		unsigned int r8, sp, lr;
	} modes[] = {
		{ AARCH32_MODE_USR, 8, 13, 14 },  { AARCH32_MODE_SYS, 8, 13, 14 },
		{ AARCH32_MODE_IRQ, 8, 17, 16 },  { AARCH32_MODE_SVC, 8, 19, 18 },
		{ AARCH32_MODE_ABT, 8, 21, 20 },  { AARCH32_MODE_UND, 8, 23, 22 },
		{ AARCH32_MODE_FIQ, 24, 29, 30 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		for (unsigned int n = 0; n < 31; n++)
			hyp.x[n] = 0x100 + n;
		hyp.x[2] = DEVICE;
		hyp.pstate = modes[i].mode;
		assert_true(arm(0xe8826180, 0)); /* stm r2, {r7, r8, sp, lr} */
		access32_store(&hyp, &access);
		assert_int_equal(access.data[0], 0x107);
		assert_int_equal(access.data[1], 0x100 + modes[i].r8);
		assert_int_equal(access.data[2], 0x100 + modes[i].sp);
		assert_int_equal(access.data[3], 0x100 + modes[i].lr);
		assert_true(arm(0xe8c26180, 0)); /* stm r2, {r7, r8, sp, lr}^ */
		access32_store(&hyp, &access);
		assert_int_equal(access.data[1], 0x108);
		assert_int_equal(access.data[2], 0x10d);
	}
}

/* What ESR_ELx.SRT has on CPUs is Xn already. */
static void numbers_of_aarch64_are_left_alone(void **state)
{
	static const unsigned int modes[] = {
		AARCH32_MODE_USR, AARCH32_MODE_FIQ, AARCH32_MODE_IRQ,
		AARCH32_MODE_SVC, AARCH32_MODE_ABT, AARCH32_MODE_UND
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		for (unsigned int n = 15; n < 32; n++)
			assert_int_equal(aarch32_x(modes[i], n), n);
		for (unsigned int n = 0; n < 8; n++)
			assert_int_equal(aarch32_x(modes[i], n), n);
	}
}

static void offsets_are_shifted_and_may_be_subtracted(void **state)
{
	(void)state;
	hyp.x[3] = 0xfffffff0;
	assert_true(arm(0xe7121183, 0)); /* ldr r1, [r2, -r3, lsl #3] */
	assert_int_equal(address, DEVICE + 0x80);
	assert_true(arm(0xe79211c3, 0)); /* ldr r1, [r2, r3, asr #3] */
	assert_int_equal(address, DEVICE - 2);
	assert_true(arm(0xe7921043, 0)); /* asr #32 */
	assert_int_equal(address, DEVICE - 1);
	assert_true(arm(0xe7921e23, 0)); /* lsr #28 */
	assert_int_equal(address, DEVICE + 15);
	assert_true(arm(0xe7921023, 0)); /* lsr #32 */
	assert_int_equal(address, DEVICE);
	hyp.x[3] = 0x12;
	assert_true(arm(0xe7b21263, 0)); /* ldr r1, [r2, r3, ror #4]! */
	assert_int_equal(address, 0x2a000001);
	assert_int_equal(access.address, 0x2a000001);
	assert_true(arm(0xe6121063, 0)); /* ldr r1, [r2], -r3, rrx */
	assert_int_equal(address, DEVICE);
	assert_int_equal(access.address, DEVICE - 9);
	hyp.pstate |= AARCH32_C;
	assert_true(arm(0xe6921063, 0)); /* ldr r1, [r2], r3, rrx */
	assert_int_equal(access.address, DEVICE + 0x80000009u);
}

static void pc_is_two_instructions_on_and_aligned(void **state)
{
	(void)state;
	assert_true(arm(0xe51f1008, 0x20)); /* ldr r1, [pc, #-8] */
	assert_int_equal(address, PAGE + 0x20);
	assert_true(thumb(0x4904, 0, 0x22)); /* ldr r1, [pc, #16] */
	assert_int_equal(address, PAGE + 0x34);
}

static void loads_are_extended_to_32_bits(void **state)
{
	(void)state;
	assert_true(arm(0xe17210d1, 0)); /* ldrsb r1, [r2, #-1]! */
	assert_int_equal(address, DEVICE - 1);
	access.data[0] = 0x80;
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.x[1], 0xffffff80);
	assert_int_equal(hyp.x[2], DEVICE - 1);
	assert_true(arm(0xe1d210b0, 0)); /* ldrh r1, [r2] */
	access.data[0] = 0x18765;
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.x[1], 0x8765);
	hyp.x[1] = 0x12345678;
	assert_true(arm(0xe4421001, 0)); /* strb r1, [r2], #-1 */
	access32_store(&hyp, &access);
	assert_int_equal(access.data[0], 0x78);
}

static void thumb_is_stepped_over_by_its_length_within_an_it_block(void **state)
{
	(void)state;
	hyp.pstate |= (uint64_t)0x08 << 8;   /* IT[7:2] of 0x0a: one more instruction */
	assert_true(thumb(0xca0a, 0, 0x10)); /* ldmia r2!, {r1, r3} */
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.pc, PAGE + 0x12);
	assert_int_equal(aarch32_it(hyp.pstate), 0);
	assert_true(thumb(0xe9f2, 0x1302, 0x10)); /* ldrd r1, r3, [r2, #8]! */
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.pc, PAGE + 0x14);
}

/* Its second half lies where nobody looked up the page. */
static void thumb_across_the_pages_end_is_not_known(void **state)
{
	(void)state;
	assert_false(thumb(0xe9f2, 0x1302, VMM_PAGE_SIZE - 2));
	assert_true(thumb(0xe9f2, 0x1302, VMM_PAGE_SIZE - 4));
	assert_true(thumb(0xca0a, 0, VMM_PAGE_SIZE - 2));
	assert_false(arm(0xe1a00000, 0)); /* nop */
}

static void store_exclusive_succeeds(void **state)
{
	(void)state;
	hyp.x[4] = 9;
	assert_true(arm(0xe1824f91, 0)); /* strex r4, r1, [r2] */
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.x[4], 0);
}

static void floating_point_registers_are_halves_and_doublewords(void **state)
{
	(void)state;
	hyp.fp.v[1] = 0x1111111122222222;
	hyp.fp.v[2] = 0x3333333344444444;
	assert_true(arm(0xecc21a03, 0)); /* vstmia r2, {s3-s5} */
	access32_store(&hyp, &access);
	assert_int_equal(access.data[0], 0x11111111);
	assert_int_equal(access.data[1], 0x44444444);
	assert_int_equal(access.data[2], 0x33333333);
	assert_true(arm(0xedd21a00, 0)); /* vldr s3, [r2] */
	access.data[0] = 0x55555555;
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.fp.v[1], 0x5555555522222222);
	assert_true(arm(0xecf20b20, 0)); /* vldmia r2!, {d16-d31} */
	assert_int_equal(access.op.count, 16);
	for (unsigned int i = 0; i < 16; i++)
		access.data[i] = UINT64_MAX - i;
	access32_finish(&hyp, &access);
	assert_int_equal(hyp.fp.v[16], UINT64_MAX);
	assert_int_equal(hyp.fp.v[31], UINT64_MAX - 15);
	assert_int_equal(hyp.x[2], DEVICE + 128);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(multiple_load_writes_registers_and_base_at_the_end),
		TEST(each_mode_has_its_registers),
		TEST(numbers_of_aarch64_are_left_alone),
		TEST(offsets_are_shifted_and_may_be_subtracted),
		TEST(pc_is_two_instructions_on_and_aligned),
		TEST(loads_are_extended_to_32_bits),
		TEST(thumb_is_stepped_over_by_its_length_within_an_it_block),
		TEST(thumb_across_the_pages_end_is_not_known),
		TEST(store_exclusive_succeeds),
		TEST(floating_point_registers_are_halves_and_doublewords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
