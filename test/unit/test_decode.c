// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmm/core/decode.c. Instruction words were assembled by GNU as; each is named in its test.
 */
/* sources: vmm/core/decode.c */
/* cflags: -Ivmm/core */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "decode.h"

static struct decoded got(uint32_t instruction)
{
	struct decoded decoded;

	assert_int_equal(decode(instruction, &decoded), 0);
	return decoded;
}

static void unknown(uint32_t instruction)
{
	struct decoded decoded;

	assert_int_equal(decode(instruction, &decoded), -ENOENT);
}

static void unsigned_offsets_are_scaled(void **state)
{
	struct decoded d = got(0xf9400c41); /* ldr x1, [x2, #24] */

	(void)state;
	assert_int_equal(d.kind, DECODE_LOAD);
	assert_int_equal(d.size_log2, 3);
	assert_int_equal(d.rt, 1);
	assert_int_equal(d.rn, 2);
	assert_int_equal(d.offset, 24);
	assert_true(d.wide && !d.sign && !d.writeback && !d.fp);
	assert_int_equal(d.count, 1);
	d = got(0x390ffc41); /* strb w1, [x2, #1023] */
	assert_int_equal(d.kind, DECODE_STORE);
	assert_int_equal(d.size_log2, 0);
	assert_int_equal(d.offset, 1023);
	d = got(0x79bffc41); /* ldrsh x1, [x2, #8190] */
	assert_true(d.sign && d.wide);
	assert_int_equal(d.offset, 8190);
	d = got(0x79fffc41); /* ldrsh w1, [x2, #8190] */
	assert_true(d.sign && !d.wide);
	d = got(0xb9800041); /* ldrsw x1, [x2] */
	assert_true(d.sign && d.wide);
	assert_int_equal(d.size_log2, 2);
}

static void post_and_pre_index_write_the_base_back(void **state)
{
	struct decoded d = got(0xf8410441); /* ldr x1, [x2], #16 */

	(void)state;
	assert_true(d.writeback && d.post);
	assert_int_equal(d.offset, 16);
	d = got(0xb81f0c41); /* str w1, [x2, #-16]! */
	assert_true(d.writeback && !d.post);
	assert_int_equal(d.kind, DECODE_STORE);
	assert_int_equal(d.offset, -16);
	d = got(0xf85ff041); /* ldur x1, [x2, #-1] */
	assert_true(!d.writeback && !d.post);
	assert_int_equal(d.offset, -1);
	d = got(0xf8408841); /* ldtr x1, [x2, #8] */
	assert_false(d.writeback);
	assert_int_equal(d.offset, 8);
}

static void register_offsets_are_extended_and_shifted(void **state)
{
	struct decoded d = got(0xf8637841); /* ldr x1, [x2, x3, lsl #3] */

	(void)state;
	assert_int_equal(d.rm, 3);
	assert_int_equal(d.extend, 3);
	assert_int_equal(d.shift, 3);
	d = got(0xb863c841); /* ldr w1, [x2, w3, sxtw] */
	assert_int_equal(d.extend, 6);
	assert_int_equal(d.shift, 0);
	d = got(0x3ce37841); /* ldr q1, [x2, x3, lsl #4] */
	assert_true(d.fp);
	assert_int_equal(d.size_log2, 4);
	assert_int_equal(d.shift, 4);
	unknown(0xf8630841); /* option 0 */
}

static void pairs_have_two_registers(void **state)
{
	struct decoded d = got(0xa9400c41); /* ldp x1, x3, [x2] */

	(void)state;
	assert_int_equal(d.count, 2);
	assert_int_equal(d.rt, 1);
	assert_int_equal(d.rt2, 3);
	assert_int_equal(d.size_log2, 3);
	d = got(0xa8bf0c41); /* stp x1, x3, [x2], #-16 */
	assert_int_equal(d.kind, DECODE_STORE);
	assert_int_equal(d.offset, -16);
	assert_true(d.writeback && d.post);
	d = got(0x69c10c41); /* ldpsw x1, x3, [x2, #8]! */
	assert_true(d.sign && d.wide && d.writeback && !d.post);
	assert_int_equal(d.size_log2, 2);
	assert_int_equal(d.offset, 8);
	d = got(0xad410c41); /* ldp q1, q3, [x2, #32] */
	assert_true(d.fp);
	assert_int_equal(d.size_log2, 4);
	assert_int_equal(d.offset, 32);
	d = got(0x28400c41); /* ldnp w1, w3, [x2] */
	assert_int_equal(d.size_log2, 2);
	assert_false(d.writeback);
	unknown(0xe9400c41); /* opc 3 */
	unknown(0x69000c41); /* STGP: memory tagging is not offered */
}

static void floating_point_sizes_go_from_byte_to_quadword(void **state)
{
	(void)state;
	assert_int_equal(got(0x3d400041).size_log2, 0);	      /* ldr b1, [x2] */
	assert_int_equal(got(0x7d400041).size_log2, 1);	      /* ldr h1, [x2] */
	assert_int_equal(got(0xbd400041).size_log2, 2);	      /* ldr s1, [x2] */
	assert_int_equal(got(0xfd400041).size_log2, 3);	      /* ldr d1, [x2] */
	assert_int_equal(got(0x3dc00041).size_log2, 4);	      /* ldr q1, [x2] */
	assert_int_equal(got(0x3d800041).kind, DECODE_STORE); /* str q1, [x2] */
	assert_true(got(0x3d800041).fp);
}

static void exclusives_are_plain_and_succeed(void **state)
{
	struct decoded d = got(0xc85f7c41); /* ldxr x1, [x2] */

	(void)state;
	assert_int_equal(d.kind, DECODE_LOAD);
	assert_int_equal(d.status, DECODE_NO_REGISTER);
	d = got(0xc8047c41); /* stxr w4, x1, [x2] */
	assert_int_equal(d.kind, DECODE_STORE);
	assert_int_equal(d.status, 4);
	d = got(0xc87f0c41); /* ldxp x1, x3, [x2] */
	assert_int_equal(d.count, 2);
	assert_int_equal(d.rt2, 3);
	d = got(0x88dffc41); /* ldar w1, [x2] */
	assert_int_equal(d.kind, DECODE_LOAD);
	assert_int_equal(d.size_log2, 2);
	d = got(0x089ffc41); /* stlrb w1, [x2] */
	assert_int_equal(d.kind, DECODE_STORE);
	assert_int_equal(d.size_log2, 0);
	assert_int_equal(d.status, DECODE_NO_REGISTER);
}

static void atomics_read_and_write(void **state)
{
	struct decoded d = got(0xf8240041); /* ldadd x4, x1, [x2] */

	(void)state;
	assert_int_equal(d.kind, DECODE_ATOMIC);
	assert_int_equal(d.atomic, DECODE_ADD);
	assert_int_equal(d.rs, 4);
	d = got(0xb8e48041); /* swpal w4, w1, [x2] */
	assert_int_equal(d.atomic, DECODE_SWP);
	assert_int_equal(d.size_log2, 2);
	d = got(0xc8a47c41); /* cas x4, x1, [x2] */
	assert_int_equal(d.kind, DECODE_COMPARE);
	assert_int_equal(d.rs, 4);
	d = got(0xb8bfc041); /* ldapr w1, [x2] */
	assert_int_equal(d.kind, DECODE_LOAD);
	unknown(0x48247c42); /* casp x4, x5, x2, x3, [x2] */
}

static void zeroing_takes_its_address_from_a_register(void **state)
{
	struct decoded d = got(0xd50b7423); /* dc zva, x3 */

	(void)state;
	assert_int_equal(d.kind, DECODE_ZERO);
	assert_int_equal(d.rn, 3);
}

static void literals_are_relative_to_the_pc(void **state)
{
	struct decoded d = got(0x58ffffe1); /* ldr x1, .-4 */

	(void)state;
	assert_int_equal(d.base, DECODE_BASE_PC);
	assert_int_equal(d.offset, -4);
	assert_int_equal(d.size_log2, 3);
	assert_int_equal(got(0x98000041).sign, true);		 /* ldrsw x1, .+8 */
	assert_int_equal(got(0x9c000041).size_log2, 4);		 /* ldr q1, .+8 */
	assert_int_equal(got(0xd8000041).kind, DECODE_PREFETCH); /* prfm */
}

static void other_instructions_are_refused(void **state)
{
	(void)state;
	unknown(0xd503201f);		/* nop */
	unknown(0x00000000);		/* udf */
	unknown(0x14000000);		/* b . */
	unknown(0x8b030041);		/* add x1, x2, x3 */
	unknown(0x4c407041);		/* ld1 {v1.16b}, [x2] */
	unknown(0xb9c00041 | 1u << 30); /* size 3, opc 3 */
}

static void prefetches_access_nothing(void **state)
{
	(void)state;
	assert_int_equal(got(0xf9800041).kind, DECODE_PREFETCH);
	assert_int_equal(got(0xf8a36841).kind, DECODE_PREFETCH);
	unknown(0xf8808441); /* its encoding with post-index is not allocated */
}

static void arithmetic_of_atomics_is_of_their_size(void **state)
{
	(void)state;
	assert_int_equal(decode_compute(DECODE_ADD, 0xff, 2, 0), 1);
	assert_int_equal(decode_compute(DECODE_CLR, 0xff, 0x0f, 0), 0xf0);
	assert_int_equal(decode_compute(DECODE_EOR, 0xff, 0x0f, 1), 0xf0);
	assert_int_equal(decode_compute(DECODE_SET, 0xf0, 0x0f, 2), 0xff);
	assert_int_equal(decode_compute(DECODE_SMAX, 0x80, 1, 0), 1);
	assert_int_equal(decode_compute(DECODE_SMIN, 0x80, 1, 0), 0x80);
	assert_int_equal(decode_compute(DECODE_UMAX, 0x80, 1, 0), 0x80);
	assert_int_equal(decode_compute(DECODE_UMIN, 0x80, 1, 0), 1);
	assert_int_equal(decode_compute(DECODE_SWP, 1, 0x1ff, 0), 0xff);
	assert_int_equal(decode_compute(DECODE_ADD, UINT64_MAX, 2, 3), 1);
	assert_int_equal(decode_compute(DECODE_SMAX, UINT64_MAX, 0, 3), 0);
}

/* Whatever the word, the description keeps to its ranges: registers, sizes, counts. */
static void no_word_yields_a_description_out_of_range(void **state)
{
	uint32_t word = 1;
	struct decoded d;

	(void)state;
	for (unsigned int i = 0; i < 3000000; i++) {
		word = word * 1664525 + 1013904223;
		if (decode(word, &d))
			continue;
		assert_true(d.kind <= DECODE_PREFETCH && d.size_log2 <= 4);
		assert_true(d.count == 1 || d.count == 2);
		assert_true(d.rt < 32 && d.rt2 < 32 && d.rn < 32);
		assert_true(d.rm < 32 || d.rm == DECODE_NO_REGISTER);
		assert_true(d.fp || d.size_log2 <= 3);
		if (d.kind == DECODE_ATOMIC || d.kind == DECODE_COMPARE)
			assert_true(d.rs < 32 && d.atomic <= DECODE_SWP && d.count == 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsigned_offsets_are_scaled),
		cmocka_unit_test(post_and_pre_index_write_the_base_back),
		cmocka_unit_test(register_offsets_are_extended_and_shifted),
		cmocka_unit_test(pairs_have_two_registers),
		cmocka_unit_test(floating_point_sizes_go_from_byte_to_quadword),
		cmocka_unit_test(exclusives_are_plain_and_succeed),
		cmocka_unit_test(atomics_read_and_write),
		cmocka_unit_test(zeroing_takes_its_address_from_a_register),
		cmocka_unit_test(literals_are_relative_to_the_pc),
		cmocka_unit_test(other_instructions_are_refused),
		cmocka_unit_test(prefetches_access_nothing),
		cmocka_unit_test(arithmetic_of_atomics_is_of_their_size),
		cmocka_unit_test(no_word_yields_a_description_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
