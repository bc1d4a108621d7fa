/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that exit, one a function, in A32 and in T32. Each symbol NAME_at is the instruction's address. */
	.syntax unified
	.arch	armv8-a
	.arch_extension virt
	.arch_extension sec
	.fpu	neon
	.text

	.macro	arm_probe name
	.arm
	.balign	4
	.global	\name, \name\()_at
	.type	\name, %function
\name:
	.endm

	.macro	thumb_probe name
	.thumb
	.balign	4
	.global	\name, \name\()_at
	.type	\name, %function
	.thumb_func
\name:
	.endm

	.macro	at name
\name\()_at:
	.endm

	arm_probe smc_arm
	at	smc_arm
	smc	#0
	bx	lr

	thumb_probe smc_thumb
	at	smc_thumb
	smc	#0
	bx	lr

/* An SMC whose condition fails is not there: returns 1 without an exception. */
	arm_probe smc_condition_fails
	at	smc_condition_fails
	cmp	r0, r0
	mov	r0, #0
	smcne	#0
	mov	r0, #1
	bx	lr

/* uint32_t f(uint32_t before): ID_PFR0 if the condition holds (it does not), else before. */
	arm_probe id_condition_fails
	at	id_condition_fails
	cmp	r0, r0
	mrcne	p15, 0, r0, c0, c1, 0
	bx	lr

	arm_probe id_condition_holds
	at	id_condition_holds
	cmp	r0, r0
	mrceq	p15, 0, r0, c0, c1, 0
	bx	lr

/*
 * Trapped instructions in an IT block; the others of the block must go by what is left of it. r0: bit 0 from the first
 * "then", bit 1 from the last, bits 2 and 3 from the "else"s, which must not be done.
 */
	thumb_probe it_block
	at	it_block
	movs	r1, #0
	cmp	r1, r1
	itete	eq
	mrceq	p15, 0, r2, c0, c1, 0
	addne	r1, r1, #4
	addeq	r1, r1, #1
	addne	r1, r1, #8
	cmp	r2, r2
	ittee	ne
	mrcne	p15, 0, r2, c0, c1, 0
	addne	r1, r1, #16
	mrceq	p15, 0, r3, c0, c1, 1
	addeq	r1, r1, #2
	mov	r0, r1
	bx	lr

/* Waits for an interrupt, which is pending and masked: 2 bytes, with one instruction behind it that counts. */
	thumb_probe wfi_thumb
	at	wfi_thumb
	movs	r0, #0
	wfi
	adds	r0, #1
	adds	r0, #1
	bx	lr

	arm_probe wfi_arm
	at	wfi_arm
	mov	r0, #0
	wfi
	add	r0, r0, #1
	add	r0, r0, #1
	bx	lr

/* Loads and stores: r0 is the address, r1 the value; the result is in r0. */
	.macro	access name, kind, instruction:vararg
	\kind\()_probe \name
	at	\name
	\instruction
	bx	lr
	.endm

	access	load_arm, arm, ldr r0, [r0]
	access	load_byte_arm, arm, ldrb r0, [r0]
	access	load_half_arm, arm, ldrh r0, [r0]
	access	load_signed_byte_arm, arm, ldrsb r0, [r0]
	access	load_signed_half_arm, arm, ldrsh r0, [r0]
	access	store_arm, arm, str r1, [r0]
	access	store_byte_arm, arm, strb r1, [r0]
	access	load_thumb, thumb, ldr r0, [r0]
	access	load_wide_thumb, thumb, ldr.w r0, [r0]
	access	load_byte_thumb, thumb, ldrb r0, [r0]
	access	load_signed_byte_thumb, thumb, ldrsb.w r0, [r0]
	access	store_thumb, thumb, str r1, [r0]
	access	store_wide_thumb, thumb, str.w r1, [r0]

/* Forms that a syndrome does not describe. Post-indexed: the address that is left is in r0. */
	arm_probe load_post_arm
	at	load_post_arm
	ldr	r1, [r0], #4
	mov	r2, r0
	mov	r0, r1
	mov	r1, r2
	bx	lr

/* uint64_t f(address) */
	arm_probe load_pair_arm
	at	load_pair_arm
	ldrd	r0, r1, [r0]
	bx	lr

	arm_probe load_multiple_arm
	at	load_multiple_arm
	ldm	r0, {r0, r1}
	bx	lr

/* A store whose condition fails, in front of one that is done: 16-bit, in an IT block. */
	thumb_probe store_in_it_block
	at	store_in_it_block
	cmp	r0, r0
	ite	ne
	strne	r0, [r0]
	streq	r1, [r0]
	ldr	r0, [r0]
	bx	lr

/* void jump_to(uint32_t address) */
	arm_probe jump_to
	at	jump_to
	push	{r4, lr}
	ldr	r1, =fault_resume
	adr	r2, 1f
	str	r2, [r1]
	bx	r0
1:	pop	{r4, pc}
	.ltorg

/*
 * void banked_exchange(uint32_t values[24]): exchanges SP, LR and SPSR of every mode, R8 to R12 of FIQ, SP and LR of
 * User mode and SPSR of Supervisor with memory. Without interrupts.
 */
	.macro	exchange register
	ldr	r2, [r0]
	str	\register, [r0], #4
	mov	\register, r2
	.endm
	.macro	exchange_spsr
	mrs	r3, spsr
	ldr	r2, [r0]
	str	r3, [r0], #4
	msr	spsr_cxsf, r2
	.endm

	arm_probe banked_exchange
	at	banked_exchange
	cps	#0x11
	exchange r8
	exchange r9
	exchange r10
	exchange r11
	exchange r12
	exchange sp
	exchange lr
	exchange_spsr
	.irp	mode, 0x12, 0x17, 0x1b
	cps	#\mode
	exchange sp
	exchange lr
	exchange_spsr
	.endr
	cps	#0x1f
	exchange sp
	exchange lr
	cps	#0x13
	exchange_spsr
	bx	lr

/* void fp_exchange(uint64_t values[32], uint32_t *fpscr): D0 to D31. Floating point is on. */
	arm_probe fp_exchange
	at	fp_exchange
	sub	sp, sp, #256
	vstmia	sp, {d0-d15}
	add	r2, sp, #128
	vstmia	r2, {d16-d31}
	vldmia	r0, {d0-d15}
	add	r2, r0, #128
	vldmia	r2, {d16-d31}
	mov	r2, #32
1:	ldr	r3, [sp], #4
	str	r3, [r0], #4
	ldr	r3, [sp], #4
	str	r3, [r0], #4
	subs	r2, r2, #1
	bne	1b
	vmrs	r2, fpscr
	ldr	r3, [r1]
	str	r2, [r1]
	vmsr	fpscr, r3
	bx	lr

	arm_probe read_fpexc
	at	read_fpexc
	vmrs	r0, fpexc
	bx	lr
	arm_probe write_fpexc
	at	write_fpexc
	vmsr	fpexc, r0
	isb
	bx	lr
	arm_probe read_mvfr0
	at	read_mvfr0
	vmrs	r0, mvfr0
	bx	lr
	arm_probe read_mvfr1
	at	read_mvfr1
	vmrs	r0, mvfr1
	bx	lr
	arm_probe use_fp
	at	use_fp
	vmov	d0, r0, r0
	bx	lr
