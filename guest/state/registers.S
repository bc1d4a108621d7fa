/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers around exits. The exit is chosen by number:
 *   0 HVC, unknown function (finished at EL2)     3 load from the PL011 (user space)
 *   1 HVC, PSCI AFFINITY_INFO (user space)        4 WFI with an interrupt pending
 *   2 load from GICD_TYPER (EL2)                  5 nothing, for a while: interrupts of the host
 */
	.text

	/* Changes x0 to x3 only. \number is in a register. */
	.macro	leave_and_return number
	cmp	\number, #0
	b.eq	10f
	cmp	\number, #1
	b.eq	11f
	cmp	\number, #2
	b.eq	12f
	cmp	\number, #3
	b.eq	13f
	cmp	\number, #4
	b.eq	14f
	mov	x0, #0x40000
1:	subs	x0, x0, #1
	b.ne	1b
	b	19f
10:	mov	x0, #0x84000000
	movk	x0, #0xfff
	hvc	#0
	b	19f
11:	mov	x0, #0xc4000000
	movk	x0, #4
	mov	x1, #0
	mov	x2, #0
	hvc	#0
	b	19f
12:	mov	x0, #0x08000000
	ldr	w1, [x0, #4]
	b	19f
13:	mov	x0, #0x09000000
	ldr	w1, [x0, #0x18]
	b	19f
14:	wfi
19:
	.endm

/* unsigned general_registers(unsigned exit): 0 if x4 to x30 survive it, else the first that does not. */
	.global	general_registers
general_registers:
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x0, [sp, #96]
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	movz	x\n, #(0xa500 + \n), lsl #48
	movk	x\n, #(0x5a00 + \n), lsl #16
	movk	x\n, #\n
	.endr
	ldr	x3, [sp, #96]
	leave_and_return x3
	.irp	n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x0, #\n
	movz	x1, #(0xa500 + \n), lsl #48
	movk	x1, #(0x5a00 + \n), lsl #16
	movk	x1, #\n
	cmp	x\n, x1
	b.ne	2f
	.endr
	mov	x0, #0
2:	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #112
	ret

	.irp	n, 0, 1, 2, 3, 4, 5
	.balign	4
	.global	exit_\n
exit_\n:
	mov	x3, #\n
	b	do_exit
	.endr
do_exit:
	leave_and_return x3
	ret

/* void fp_load(const uint64_t v[64]), void fp_store(uint64_t v[64]) */
	.global	fp_load
fp_load:
	ldp	q0, q1, [x0]
	.irp	n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	ldr	q\n, [x0, #(16 * \n)]
	.endr
	.irp	n, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
	ldr	q\n, [x0, #(16 * \n)]
	.endr
	ret
	.global	fp_store
fp_store:
	stp	q0, q1, [x0]
	.irp	n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
	str	q\n, [x0, #(16 * \n)]
	.endr
	.irp	n, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
	str	q\n, [x0, #(16 * \n)]
	.endr
	ret

/* Instructions with a name, for breakpoint and watchpoint */
	.balign	4
	.global	break_here
break_here:
	nop
	ret
	.global	touch
touch:
	str	xzr, [x0]
	ret
