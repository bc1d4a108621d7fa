// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmm/core/decode32.c, decode32_thumb.c. Instructions were assembled by GNU as from the text that
 * stands beside each.
 */
/* sources: vmm/core/decode32.c vmm/core/decode32_thumb.c */
/* cflags: -Ivmm/core */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "decode32.h"

/*
 * A description as text: load or store, bytes of a register ("s": sign-extended), the registers,
 * the base with the offset of the access; then what else there is: the offset register, what is
 * added to the base, the status register, "^" for registers of User mode.
 */
static const char *text_of(const struct decoded32 *d)
{
	static const char *const shifts[] = { "lsl", "lsr", "asr", "ror" };
	static char text[256];
	int at = snprintf(text, sizeof(text), "%s%s %d", d->load ? "load" : "store",
			  d->sign ? "s" : "", 1 << d->size_log2);

	for (unsigned int i = 0; i < d->count && !d->fp; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " r%d", d->registers[i]);
	if (d->fp)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " %c%d*%d",
			       d->size_log2 == 3 ? 'd' : 's', d->first, d->count);
	at += snprintf(text + at, sizeof(text) - (size_t)at, " [r%d%+d]", d->rn, d->start);
	if (d->rm != DECODE32_NO_REGISTER)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " %cr%d %s %d%s",
			       d->subtract ? '-' : '+', d->rm, shifts[d->shift], d->amount,
			       d->post ? " after" : "");
	if (d->writeback)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " base%+d", d->update);
	if (d->status != DECODE32_NO_REGISTER)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " status r%d", d->status);
	snprintf(text + at, sizeof(text) - (size_t)at, "%s", d->user ? " ^" : "");
	return text;
}

static void arm(uint32_t instruction, const char *text)
{
	struct decoded32 d;

	if (decode32_arm(instruction, &d))
		fail_msg("%08x (%s) is not known", instruction, text);
	assert_string_equal(text_of(&d), text);
	assert_int_equal(d.length, 4);
}

static void arm_unknown(uint32_t instruction)
{
	struct decoded32 d;

	if (decode32_arm(instruction, &d) != -ENOENT)
		fail_msg("%08x is taken for %s", instruction, text_of(&d));
}

static void thumb(uint32_t instruction, const char *text)
{
	struct decoded32 d;
	bool wide = instruction > 0xffff;
	uint16_t first = (uint16_t)(wide ? instruction >> 16 : instruction);

	assert_int_equal(decode32_thumb_is_short(first), !wide);
	if (decode32_thumb(first, (uint16_t)instruction, &d))
		fail_msg("%08x (%s) is not known", instruction, text);
	assert_string_equal(text_of(&d), text);
	assert_int_equal(d.length, wide ? 4 : 2);
}

static void thumb_unknown(uint32_t instruction)
{
	struct decoded32 d;
	uint16_t first = (uint16_t)(instruction > 0xffff ? instruction >> 16 : instruction);

	if (decode32_thumb(first, (uint16_t)instruction, &d) != -ENOENT)
		fail_msg("%08x is taken for %s", instruction, text_of(&d));
}

static void a32_words_and_bytes(void **state)
{
	(void)state;
	arm(0xe5921018, "load 4 r1 [r2+24]");		      /* ldr r1, [r2, #24] */
	arm(0xe5421fff, "store 1 r1 [r2-4095]");	      /* strb r1, [r2, #-4095] */
	arm(0xe4921004, "load 4 r1 [r2+0] base+4");	      /* ldr r1, [r2], #4 */
	arm(0xe5221008, "store 4 r1 [r2-8] base-8");	      /* str r1, [r2, #-8]! */
	arm(0xe4b21004, "load 4 r1 [r2+0] base+4");	      /* ldrt r1, [r2], #4 */
	arm(0xe51f1008, "load 4 r1 [r15-8]");		      /* ldr r1, [pc, #-8] */
	arm(0xe7121023, "load 4 r1 [r2+0] -r3 lsr 32");	      /* ldr r1, [r2, -r3, lsr #32] */
	arm(0xe7b212c3, "load 4 r1 [r2+0] +r3 asr 5 base+0"); /* ldr r1, [r2, r3, asr #5]! */
	arm(0xe6821063, "store 4 r1 [r2+0] +r3 ror 0 after base+0"); /* str r1, [r2], r3, rrx */
}

static void a32_halfwords_and_signed(void **state)
{
	(void)state;
	arm(0xe1d21abb, "load 2 r1 [r2+171]");			     /* ldrh r1, [r2, #0xab] */
	arm(0xe00210b3, "store 2 r1 [r2+0] -r3 lsl 0 after base+0"); /* strh r1, [r2], -r3 */
	arm(0xe17210d1, "loads 1 r1 [r2-1] base-1");		     /* ldrsb r1, [r2, #-1]! */
	arm(0xe19210f3, "loads 2 r1 [r2+0] +r3 lsl 0");		     /* ldrsh r1, [r2, r3] */
}

static void a32_dual(void **state)
{
	(void)state;
	arm(0xe1c240d8, "load 4 r4 r5 [r2+8]");			 /* ldrd r4, r5, [r2, #8] */
	arm(0xe04241f0, "store 4 r4 r5 [r2+0] base-16");	 /* strd r4, r5, [r2], #-16 */
	arm(0xe1a240d3, "load 4 r4 r5 [r2+0] +r3 lsl 0 base+0"); /* ldrd r4, r5, [r2, r3]! */
	arm_unknown(0xe1c250d8);				 /* of r5 and r6 */
	arm_unknown(0xe1c2e0d8);				 /* of lr and pc */
	arm_unknown(0xe06241f0);				 /* unprivileged */
}

static void a32_multiple(void **state)
{
	(void)state;
	arm(0xe892400a, "load 4 r1 r3 r14 [r2+0]");	       /* ldm r2, {r1, r3, lr} */
	arm(0xe9a2000f, "store 4 r0 r1 r2 r3 [r2+4] base+16"); /* stmib r2!, {r0-r3} */
	arm(0xe8120030, "load 4 r4 r5 [r2-4]");		       /* ldmda r2, {r4, r5} */
	arm(0xe92d4ff0, "store 4 r4 r5 r6 r7 r8 r9 r10 r11 r14 [r13-36] base-36"); /* push */
	arm(0xe8c27f00, "store 4 r8 r9 r10 r11 r12 r13 r14 [r2+0] ^"); /* stm r2, {r8-lr}^ */
	arm_unknown(0xe8920000);				       /* an empty list */
	arm_unknown(0xe89f0002);				       /* from the pc */
	arm_unknown(0xe8b28002);				       /* ldm r2!, {r1, pc} */
	arm_unknown(0xe8f28002);				       /* ldm r2!, {r1, pc}^ */
	arm_unknown(0xf8920a00);				       /* rfeia r2 */
	arm_unknown(0xe8e20f00);				       /* ^ with writeback */
}

static void a32_exclusive_and_ordered(void **state)
{
	(void)state;
	arm(0xe1921f9f, "load 4 r1 [r2+0]");		   /* ldrex r1, [r2] */
	arm(0xe1824f91, "store 4 r1 [r2+0] status r4");	   /* strex r4, r1, [r2] */
	arm(0xe1b24f9f, "load 4 r4 r5 [r2+0]");		   /* ldrexd r4, r5, [r2] */
	arm(0xe1a21f94, "store 4 r4 r5 [r2+0] status r1"); /* strexd r1, r4, r5, [r2] */
	arm(0xe1d21f9f, "load 1 r1 [r2+0]");		   /* ldrexb r1, [r2] */
	arm(0xe1e24f91, "store 2 r1 [r2+0] status r4");	   /* strexh r4, r1, [r2] */
	arm(0xe1921c9f, "load 4 r1 [r2+0]");		   /* lda r1, [r2] */
	arm(0xe1e2fc91, "store 2 r1 [r2+0]");		   /* stlh r1, [r2] */
	arm(0xe1c24e91, "store 1 r1 [r2+0] status r4");	   /* stlexb r4, r1, [r2] */
	arm_unknown(0xe1a2fc94);			   /* an ordered doubleword is none */
	arm_unknown(0xe182ff91);			   /* no register for the status */
}

static void floating_point_in_both_sets(void **state)
{
	(void)state;
	arm(0xed521a02, "load 4 s3*1 [r2-8]");		 /* vldr s3, [r2, #-8] */
	arm(0xedc21bff, "store 8 d17*1 [r2+1020]");	 /* vstr d17, [r2, #1020] */
	arm(0xecf22a03, "load 4 s5*3 [r2+0] base+12");	 /* vldmia r2!, {s5-s7} */
	arm(0xed228b10, "store 8 d8*8 [r2-64] base-64"); /* vstmdb r2!, {d8-d15} */
	arm(0xecd20b20, "load 8 d16*16 [r2+0]");	 /* vldmia r2, {d16-d31} */
	thumb(0xed921b02, "load 8 d1*1 [r2+8]");	 /* vldr d1, [r2, #8] */
	thumb(0xece20a02, "store 4 s1*2 [r2+0] base+8"); /* vstmia r2!, {s1-s2} */
	arm_unknown(0xec421b10);			 /* vmov d0, r1, r2 */
	arm_unknown(0xecd20b22);			 /* 17 of them */
	arm_unknown(0xecd20b03);			 /* an odd number of words */
	arm_unknown(0xecf2fa03);			 /* s31 to s33 */
	arm_unknown(0xed925e00);			 /* ldc p14, c5, [r2] */
}

static void a32_others_are_refused(void **state)
{
	(void)state;
	arm_unknown(0xe49df004); /* pop {pc} */
	arm_unknown(0xe592f000); /* ldr pc, [r2] */
	arm_unknown(0xe49f1004); /* ldr r1, [pc], #4 */
	arm_unknown(0xe712102f); /* an offset in the pc */
	arm_unknown(0xf5d2f000); /* pld [r2] */
	arm_unknown(0xe0010392); /* mul r1, r2, r3 */
	arm_unknown(0xe0821493); /* umull r1, r2, r3, r4 */
	arm_unknown(0xe1021093); /* swp r1, r3, [r2] */
	arm_unknown(0xee071f9a); /* mcr p15, 0, r1, c7, c10, 4 */
	arm_unknown(0xe6821fb3); /* sel r1, r2, r3 */
	arm_unknown(0xf422070f); /* vld1.8 {d0}, [r2] */
	arm_unknown(0xef000000); /* svc #0 */
	arm_unknown(0xeafffffe); /* b . */
	arm_unknown(0xe0812003); /* add r2, r1, r3 */
}

static void t32_of_16_bits(void **state)
{
	(void)state;
	thumb(0x58d1, "load 4 r1 [r2+0] +r3 lsl 0");  /* ldr r1, [r2, r3] */
	thumb(0x56d1, "loads 1 r1 [r2+0] +r3 lsl 0"); /* ldrsb r1, [r2, r3] */
	thumb(0x5ed1, "loads 2 r1 [r2+0] +r3 lsl 0"); /* ldrsh r1, [r2, r3] */
	thumb(0x54d1, "store 1 r1 [r2+0] +r3 lsl 0"); /* strb r1, [r2, r3] */
	thumb(0x87d1, "store 2 r1 [r2+62]");	      /* strh r1, [r2, #62] */
	thumb(0x7fd1, "load 1 r1 [r2+31]");	      /* ldrb r1, [r2, #31] */
	thumb(0x6fd1, "load 4 r1 [r2+124]");	      /* ldr r1, [r2, #124] */
	thumb(0x99ff, "load 4 r1 [r13+1020]");	      /* ldr r1, [sp, #1020] */
	thumb(0x9101, "store 4 r1 [r13+4]");	      /* str r1, [sp, #4] */
	thumb(0x4904, "load 4 r1 [r15+16]");	      /* ldr r1, [pc, #16] */
}

static void t32_multiple(void **state)
{
	(void)state;
	thumb(0xb502, "store 4 r1 r14 [r13-8] base-8");	  /* push {r1, lr} */
	thumb(0xbc06, "load 4 r1 r2 [r13+0] base+8");	  /* pop {r1, r2} */
	thumb(0xc20a, "store 4 r1 r3 [r2+0] base+8");	  /* stmia r2!, {r1, r3} */
	thumb(0xca0a, "load 4 r1 r3 [r2+0] base+8");	  /* ldmia r2!, {r1, r3} */
	thumb(0xca06, "load 4 r1 r2 [r2+0]");		  /* ldmia r2, {r1, r2} */
	thumb(0xe9324002, "load 4 r1 r14 [r2-8] base-8"); /* ldmdb r2!, {r1, lr} */
	thumb(0xe882000a, "store 4 r1 r3 [r2+0]");	  /* stmia.w r2, {r1, r3} */
	thumb_unknown(0xbd02);				  /* pop {r1, pc} */
	thumb_unknown(0xb400);				  /* push {} */
	thumb_unknown(0xe82dc013);			  /* srsdb sp!, #19 */
}

static void t32_dual_and_exclusive(void **state)
{
	(void)state;
	thumb(0xe94213ff, "store 4 r1 r3 [r2-1020]");	     /* strd r1, r3, [r2, #-1020] */
	thumb(0xe8f21302, "load 4 r1 r3 [r2+0] base+8");     /* ldrd r1, r3, [r2], #8 */
	thumb(0xe9f21302, "load 4 r1 r3 [r2+8] base+8");     /* ldrd r1, r3, [r2, #8]! */
	thumb(0xe8521f01, "load 4 r1 [r2+4]");		     /* ldrex r1, [r2, #4] */
	thumb(0xe84214ff, "store 4 r1 [r2+1020] status r4"); /* strex r4, r1, [r2, #1020] */
	thumb(0xe8d21f4f, "load 1 r1 [r2+0]");		     /* ldrexb r1, [r2] */
	thumb(0xe8c21374, "store 4 r1 r3 [r2+0] status r4"); /* strexd r4, r1, r3, [r2] */
	thumb(0xe8d21faf, "load 4 r1 [r2+0]");		     /* lda r1, [r2] */
	thumb(0xe8c21f9f, "store 2 r1 [r2+0]");		     /* stlh r1, [r2] */
	thumb(0xe8c21fc4, "store 1 r1 [r2+0] status r4");    /* stlexb r4, r1, [r2] */
	thumb_unknown(0xe8d2f003);			     /* tbb [r2, r3] */
}

static void t32_single(void **state)
{
	(void)state;
	thumb(0xf8d21fff, "load 4 r1 [r2+4095]");	  /* ldr.w r1, [r2, #4095] */
	thumb(0xf8521cff, "load 4 r1 [r2-255]");	  /* ldr r1, [r2, #-255] */
	thumb(0xf8521904, "load 4 r1 [r2+0] base-4");	  /* ldr r1, [r2], #-4 */
	thumb(0xf8421f04, "store 4 r1 [r2+4] base+4");	  /* str r1, [r2, #4]! */
	thumb(0xf8521e04, "load 4 r1 [r2+4]");		  /* ldrt r1, [r2, #4] */
	thumb(0xf9121033, "loads 1 r1 [r2+0] +r3 lsl 3"); /* ldrsb.w r1, [r2, r3, lsl #3] */
	thumb(0xf9b21001, "loads 2 r1 [r2+1]");		  /* ldrsh.w r1, [r2, #1] */
	thumb(0xf85f1008, "load 4 r1 [r15-8]");		  /* ldr.w r1, [pc, #-8] */
	thumb(0xf8021bff, "store 1 r1 [r2+0] base+255");  /* strb r1, [r2], #255 */
	thumb_unknown(0xf892f000);			  /* pld [r2] */
	thumb_unknown(0xf8d2f000);			  /* ldr.w pc, [r2] */
	thumb_unknown(0xf8cf1000);			  /* a store relative to the pc */
	thumb_unknown(0xf9521000);			  /* a word, sign-extended */
	thumb_unknown(0xf8721000);			  /* size 3 */
	thumb_unknown(0xf8521800);			  /* P and W are 0 */
}

static void t32_others_are_refused(void **state)
{
	(void)state;
	thumb_unknown(0xbf00);	   /* nop */
	thumb_unknown(0xde00);	   /* udf #0 */
	thumb_unknown(0xe7fe);	   /* b . */
	thumb_unknown(0x18d1);	   /* adds r1, r2, r3 */
	thumb_unknown(0x4611);	   /* mov r1, r2 */
	thumb_unknown(0xf3af8000); /* nop.w */
	thumb_unknown(0xf7fffffe); /* bl . */
	thumb_unknown(0xf2400101); /* movw r1, #1 */
	thumb_unknown(0xee071f9a); /* mcr p15, 0, r1, c7, c10, 4 */
}

static void check_ranges(const struct decoded32 *d)
{
	int bytes = d->count << d->size_log2;

	assert_true(d->count >= 1 && d->count <= DECODE32_MAX && d->size_log2 <= 3);
	assert_true(d->fp ? d->first + d->count <= 32 : d->count <= 15);
	for (unsigned int i = 0; i < d->count && !d->fp; i++)
		assert_true(d->registers[i] < DECODE32_PC);
	assert_true(d->rn <= DECODE32_PC && (d->rn < DECODE32_PC || !d->writeback));
	assert_true(d->rm < DECODE32_PC || d->rm == DECODE32_NO_REGISTER);
	assert_true(d->status < DECODE32_PC || d->status == DECODE32_NO_REGISTER);
	assert_true(d->amount <= 32 && d->shift <= DECODE32_ROR && bytes <= 128);
}

/* Whatever the word, the description keeps to its ranges. */
static void no_word_yields_a_description_out_of_range(void **state)
{
	uint32_t word = 1;
	struct decoded32 d;

	(void)state;
	for (unsigned int i = 0; i < 3000000; i++) {
		word = word * 1664525 + 1013904223;
		if (decode32_arm(word, &d) == 0)
			check_ranges(&d);
		if (decode32_thumb((uint16_t)(word >> 16), (uint16_t)word, &d) == 0)
			check_ranges(&d);
	}
	for (word = 0; word < 0x10000; word++)
		if (decode32_thumb((uint16_t)word, 0x1000, &d) == 0)
			check_ranges(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a32_words_and_bytes),
		cmocka_unit_test(a32_halfwords_and_signed),
		cmocka_unit_test(a32_dual),
		cmocka_unit_test(a32_multiple),
		cmocka_unit_test(a32_exclusive_and_ordered),
		cmocka_unit_test(floating_point_in_both_sets),
		cmocka_unit_test(a32_others_are_refused),
		cmocka_unit_test(t32_of_16_bits),
		cmocka_unit_test(t32_multiple),
		cmocka_unit_test(t32_dual_and_exclusive),
		cmocka_unit_test(t32_single),
		cmocka_unit_test(t32_others_are_refused),
		cmocka_unit_test(no_word_yields_a_description_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
