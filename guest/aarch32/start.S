/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's header (Linux Documentation/arm/booting.rst and head.S), the ways in of the boot CPU and of the others, in
 * A32 and in T32, stacks for every mode, and vectors. The MMU stays off.
 */
#define MODE_FIQ   0x11
#define MODE_IRQ   0x12
#define MODE_SVC   0x13
#define MODE_ABT   0x17
#define MODE_UND   0x1b
#define MODE_SYS   0x1f
#define STACK_SIZE 4096		/* of one mode of one CPU */
#define CPU_STACKS (8 * STACK_SIZE)

	.syntax unified
	.arch	armv8-a
	.arm
	.section .head, "ax"
	.global _start
_start:
	b	boot_entry
	.rept	8
	nop
	.endr
	.word	0x016f2818
	.word	0			/* runs at any address */
	.word	image_file_size
	.word	0x04030201

boot_entry:
	mrs	r4, cpsr
	mov	r5, r0
	mov	r6, r1
	mov	r7, r2
	adr	r8, _start
	ldr	r9, =_start
	cmp	r8, r9
	beq	2f
	ldr	r10, =image_end
	mov	r11, r9
1:	ldr	r12, [r8], #4
	str	r12, [r11], #4
	cmp	r11, r10
	blo	1b
	dsb
	isb
	ldr	pc, =2f
2:	ldr	r1, =bss_begin
	ldr	r2, =bss_end
	mov	r0, #0
3:	str	r0, [r1], #4
	cmp	r1, r2
	blo	3b
	ldr	r0, =boot_state
	stm	r0, {r4-r7}
	bl	set_up
	bl	boot_main
	b	.

/* PSCI CPU_ON ends here with r0 = context; what the CPU was like goes to the C function. */
	.global secondary_arm
secondary_arm:
	mov	r4, r0
	mrs	r5, cpsr
secondary:
	bl	set_up
	mov	r0, r4
	mov	r1, r5
	bl	secondary_main
	b	.

	.thumb
	.thumb_func
	.global secondary_thumb
secondary_thumb:
	mov	r4, r0
	mrs	r5, cpsr
	orr	r5, r5, #0x20		/* MRS reads CPSR.T as zero; being here says it */
	ldr	r1, =secondary
	bx	r1
	.arm

/* Stacks of all modes, vectors. Clobbers r0 to r3. */
set_up:
	mrc	p15, 0, r0, c0, c0, 5	/* MPIDR */
	and	r0, r0, #7
	add	r0, r0, #1
	ldr	r1, =CPU_STACKS
	ldr	r2, =stacks
	mla	r2, r0, r1, r2
	cps	#MODE_FIQ
	mov	sp, r2
	cps	#MODE_IRQ
	sub	r2, r2, #STACK_SIZE
	mov	sp, r2
	cps	#MODE_ABT
	sub	r2, r2, #STACK_SIZE
	mov	sp, r2
	cps	#MODE_UND
	sub	r2, r2, #STACK_SIZE
	mov	sp, r2
	cps	#MODE_SYS
	sub	r2, r2, #STACK_SIZE
	mov	sp, r2
	cps	#MODE_SVC
	sub	r2, r2, #STACK_SIZE
	mov	sp, r2
	ldr	r0, =vectors
	mcr	p15, 0, r0, c12, c0, 0	/* VBAR */
	isb
	bx	lr
	.ltorg

/* Saves struct frame (a32.h) on the mode's own stack and calls exception(frame, vector). */
	.macro	save_and_call vector
	push	{r0-r12, lr}
	mrs	r1, spsr
	mrs	r2, cpsr
	push	{r1, r2}
	mov	r0, sp
	mov	r1, #\vector
	bl	exception
	pop	{r1, r2}
	msr	spsr_cxsf, r1
	pop	{r0-r12, lr}
	movs	pc, lr
	.endm

	.balign	32
vectors:
	b	.
	b	on_undefined
	b	on_svc
	b	on_prefetch_abort
	b	on_data_abort
	b	.
	b	on_irq
	b	.

on_undefined:
	save_and_call 1
on_svc:
	save_and_call 2
on_prefetch_abort:
	save_and_call 3
on_data_abort:
	save_and_call 4
on_irq:
	sub	lr, lr, #4
	save_and_call 6

/* The same vectors in T32, for SCTLR.TE: each goes on in A32. */
	.thumb
	.balign	32
	.global	vectors_thumb
vectors_thumb:
	b.w	.
	b.w	thumb_undefined
	.rept	6
	b.w	.
	.endr

	.thumb_func
thumb_undefined:
	push	{r0, r1}
	ldr	r0, =thumb_entries
	ldr	r1, [r0]
	adds	r1, r1, #1
	str	r1, [r0]
	pop	{r0, r1}
	.balign	4
	bx	pc			/* to A32, 4 bytes on */
	nop
	.arm
	b	on_undefined
	.ltorg

	.bss
	.balign	16
stacks:
	.skip	CPU_STACKS * 8
	.global	thumb_entries
thumb_entries:
	.skip	4
