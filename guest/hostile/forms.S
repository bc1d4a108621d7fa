/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores in every form that Arm ARM C4.1.4 has, and the code that survives an instruction that changes what it
 * runs on.
 */
	.arch	armv8.1-a

	.text
	.balign	16
	.macro	form insn:vararg
	\insn
	ret
	.endm

forms:
	form	ldrb	w1, [x0]
	form	ldrh	w1, [x0]
	form	ldr	w1, [x0]
	form	ldr	x1, [x0]
	form	strb	w1, [x0]
	form	strh	w1, [x0]
	form	str	w1, [x0]
	form	str	x1, [x0]
	form	ldrsb	x1, [x0]
	form	ldrsh	w1, [x0]
	form	ldrsw	x1, [x0]
	form	ldp	w1, w2, [x0]
	form	ldp	x1, x2, [x0]
	form	ldpsw	x1, x2, [x0]
	form	stp	w1, w2, [x0]
	form	stp	x1, x2, [x0]
	form	ldnp	x1, x2, [x0]
	form	stnp	x1, x2, [x0]
	form	ldr	x1, [x0], #8
	form	str	x1, [x0, #8]!
	form	ldp	x1, x2, [x0, #16]!
	form	stp	x1, x2, [x0], #-16
	form	str	x1, [x0], #1
	form	ldr	w1, [x0, x3]
	form	str	w1, [x0, w3, sxtw #2]
	form	ldtr	w1, [x0]
	form	sttr	w1, [x0]
	form	ldur	x1, [x0, #-1]
	form	stur	w1, [x0, #-3]
	form	ldxr	w1, [x0]
	form	ldxr	x1, [x0]
	form	ldxp	x1, x2, [x0]
	form	stxr	w4, w1, [x0]
	form	stxr	w4, x1, [x0]
	form	stxp	w4, x1, x2, [x0]
	form	ldaxr	w1, [x0]
	form	stlxr	w4, w1, [x0]
	form	ldar	w1, [x0]
	form	stlr	w1, [x0]
	form	ldarb	w1, [x0]
	form	stlrh	w1, [x0]
	form	ldr	b0, [x0]
	form	ldr	h0, [x0]
	form	ldr	s0, [x0]
	form	ldr	d0, [x0]
	form	ldr	q0, [x0]
	form	str	b0, [x0]
	form	str	s0, [x0]
	form	str	d0, [x0]
	form	str	q0, [x0]
	form	ldp	q0, q1, [x0]
	form	stp	q0, q1, [x0]
	form	stp	d0, d1, [x0, #-16]!
	form	ld1	{v0.16b}, [x0]
	form	ld1	{v0.16b - v3.16b}, [x0]
	form	ld2	{v0.4s, v1.4s}, [x0]
	form	ld4	{v0.b, v1.b, v2.b, v3.b}[3], [x0]
	form	ld1r	{v0.2d}, [x0]
	form	st1	{v0.2d}, [x0], #16
	form	st1	{v0.s}[1], [x0]
	form	st3	{v0.8h - v2.8h}, [x0]
	form	ldadd	w1, w2, [x0]
	form	ldclr	x1, x2, [x0]
	form	ldeoralb w1, w2, [x0]
	form	ldsmax	x1, x2, [x0]
	form	swp	w1, w2, [x0]
	form	swpal	x1, x2, [x0]
	form	cas	w1, w2, [x0]
	form	casal	x1, x2, [x0]
	form	casp	x2, x3, x4, x5, [x0]
	form	prfm	pldl1keep, [x0]
	form	prfm	pstl1strm, [x0]
	form	dc	zva, x0
	form	dc	civac, x0
	form	dc	cvau, x0
	form	dc	ivac, x0
	form	ic	ivau, x0
	form	at	s1e1r, x0
	form	at	s1e1w, x0
	form	at	s1e0r, x0
forms_end:

	.section .rodata
	.balign	4
	.global	access_forms
access_forms:
	.word	(forms_end - forms) / 8

/* void access_form(unsigned int form, uint64_t address, uint64_t data) */
	.text
	.global	access_form
access_form:
	stp	x29, x30, [sp, #-16]!
	adrp	x9, forms
	add	x9, x9, :lo12:forms
	add	x9, x9, w0, uxtw #3
	mov	x0, x1
	mov	x1, x2
	mvn	x2, x1
	mov	x3, xzr
	mov	x4, x2
	mov	x5, x1
	dup	v0.2d, x1
	dup	v1.2d, x2
	blr	x9
	ldp	x29, x30, [sp], #16
	ret

/*
 * uint64_t run_code(uint64_t value, const uint32_t *code). Nothing on the stack is touched before SP is right again. An
 * exception on the way comes back by the vectors, on SP_EL1.
 */
	.global	run_code
run_code:
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mrs	x19, sctlr_el1
	mrs	x20, tcr_el1
	mrs	x21, ttbr0_el1
	mrs	x22, mair_el1
	mrs	x23, vbar_el1
	mrs	x24, cpacr_el1
	mov	x25, sp
	blr	x1
	msr	daifset, #15
	msr	spsel, #1
	msr	mdscr_el1, xzr
	msr	vbar_el1, x23
	mrs	x9, tcr_el1		/* an emulator forgets all translations when it is written */
	cmp	x9, x20
	b.eq	1f
	msr	tcr_el1, x20
1:	msr	ttbr0_el1, x21
	msr	mair_el1, x22
	msr	cpacr_el1, x24
	msr	sctlr_el1, x19
	isb
	mov	sp, x25
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	x19, x20, [sp], #96
	ret

/* PSCI CPU_ON enters here, and the CPU goes off at once. */
	.global	off_at_once
off_at_once:
	movz	x0, #0x0002
	movk	x0, #0x8400, lsl #16
	hvc	#0
	b	off_at_once

/* PSCI CPU_ON enters here: the CPU never comes back. */
	.global	spin_for_ever
spin_for_ever:
	b	spin_for_ever

/*
 * PSCI CPU_ON enters here with a pointer to 16 words: a value for each of the registers that a CPU stands on, all put in
 * at once, and then whatever is fetched.
 */
	.global	lose_legs
lose_legs:
	ldp	x1, x2, [x0]
	ldp	x3, x4, [x0, #16]
	ldp	x5, x6, [x0, #32]
	ldp	x7, x8, [x0, #48]
	ldp	x9, x10, [x0, #64]
	msr	mair_el1, x1
	msr	tcr_el1, x2
	msr	ttbr0_el1, x3
	msr	ttbr1_el1, x4
	msr	vbar_el1, x5
	msr	cpacr_el1, x6
	msr	elr_el1, x8
	msr	spsr_el1, x9
	msr	contextidr_el1, x10
	mov	sp, x8
	msr	sctlr_el1, x7
	isb
	eret
