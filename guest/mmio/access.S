/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction per function. x0 is the address of an array of results (or a value), x1 the device's address; the
 * functions give back in x0 what the property looks at.
 */
	.text
	.macro	function name
	.balign	4
	.global	\name
\name:
	.endm

	/* Load with "form"; x0 = the register after it, which was all ones before. */
	.macro	load name, form:vararg
	function \name
	mov	x1, x0
	mov	x2, #-1
	\form
	mov	x0, x2
	ret
	.endm

	load	load_b, ldrb w2, [x1]
	load	load_h, ldrh w2, [x1]
	load	load_w, ldr w2, [x1]
	load	load_x, ldr x2, [x1]
	load	load_sb_w, ldrsb w2, [x1]
	load	load_sb_x, ldrsb x2, [x1]
	load	load_sh_w, ldrsh w2, [x1]
	load	load_sh_x, ldrsh x2, [x1]
	load	load_sw, ldrsw x2, [x1]
	load	load_unscaled, ldur w2, [x1]
	load	load_acquire, ldar w2, [x1]
	load	load_unprivileged, ldtr w2, [x1]
	load	load_exclusive, ldxr w2, [x1]
	load	load_to_zero, ldr wzr, [x1]

	/* Store of x1 at x0 */
	.macro	store name, form:vararg
	function \name
	\form
	ret
	.endm

	store	store_b, strb w1, [x0]
	store	store_h, strh w1, [x0]
	store	store_w, str w1, [x0]
	store	store_x, str x1, [x0]
	store	store_zero, str wzr, [x0]
	store	store_unscaled, stur w1, [x0]
	store	store_release, stlr w1, [x0]
	store	store_pair, stp w1, w2, [x0]
	store	prefetch, prfm pldl1keep, [x0]
	store	clean_line, dc civac, x0
	store	zero_block, dc zva, x0

	/* Base register and loaded value: result in x0 (value) and x1 (base after), stored at x2 */
	.macro	indexed name, form:vararg
	function \name
	mov	x3, #-1
	\form
	stp	x3, x1, [x0]
	ret
	.endm

	indexed	load_post, ldr w3, [x1], #4
	indexed	load_pre, ldr w3, [x1, #4]!
	indexed	load_pre_down, ldrsb x3, [x1, #-4]!
	indexed	store_post, str w2, [x1], #-8
	indexed	store_pre, strh w2, [x1, #4]!

	/* x0: results, x1: address */
	function load_pair
	ldp	w2, w3, [x1]
	stp	x2, x3, [x0]
	ret
	function load_pair_signed
	ldpsw	x2, x3, [x1]
	stp	x2, x3, [x0]
	ret
	function load_pair_post
	ldp	w2, w3, [x1], #8
	stp	x2, x3, [x0]
	str	x1, [x0, #16]
	ret
	function load_register_offset
	mov	w2, #0xffffffff
	ldr	w3, [x1, w2, sxtw #2]
	mov	w2, #1
	ldr	w4, [x1, w2, uxtw #2]
	stp	x3, x4, [x0]
	ret
	function load_with_sp_el0
	msr	spsel, #0
	mov	x3, sp
	mov	sp, x1
	ldr	w2, [sp], #16
	mov	x1, sp
	mov	sp, x3
	msr	spsel, #1
	stp	x2, x1, [x0]
	ret

	/* SIMD and floating point: the whole register is stored, which was all ones */
	.macro	vector_load name, form:vararg
	function \name
	movi	v3.16b, #0xff
	movi	v4.16b, #0xff
	\form
	stp	q3, q4, [x0]
	ret
	.endm

	vector_load load_fp_b, ldr b3, [x1]
	vector_load load_fp_h, ldr h3, [x1]
	vector_load load_fp_s, ldr s3, [x1]
	vector_load load_fp_d, ldr d3, [x1]
	vector_load load_fp_q, ldr q3, [x1]
	vector_load load_fp_pair, ldp s3, s4, [x1]
	vector_load load_fp_post, ldr s3, [x1], #4

	function store_fp_s
	fmov	s5, w1
	str	s5, [x0]
	ret
	function store_fp_pair
	fmov	s5, w1
	fmov	s6, w2
	stp	s5, s6, [x0]
	ret

	/* Exclusive read-modify-write of the word at x0: adds x1; x0 = number of tries left of 1000 */
	function add_exclusive
	mov	x4, #1000
1:	ldxr	w2, [x0]
	add	w2, w2, w1
	stxr	w3, w2, [x0]
	cbz	w3, 2f
	subs	x4, x4, #1
	b.ne	1b
2:	mov	x0, x4
	ret

	/* All general registers around an access: x0 = 1 if all but x9 are unchanged. */
	function registers_survive
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, #(0x100 + \n)
	.endr
	msr	nzcv, x1
	ldr	w9, [x0]
	str	w9, [x0]
	mrs	x9, nzcv
	cmp	x9, x1
	mov	x0, #0
	b.ne	3f
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	cmp	x\n, #(0x100 + \n)
	b.ne	3f
	.endr
	mov	x0, #1
3:	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
