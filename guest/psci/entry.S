/* SPDX-License-Identifier: BSD-2-Clause */
/* Where PSCI CPU_ON enters with the address of an array as context: notes what the CPU is like, and goes off. */
	.text
	.balign	4
	.global	note_entry_state
note_entry_state:
	str	x0, [x0]
	mrs	x1, sctlr_el1
	str	x1, [x0, #8]
	mrs	x1, daif
	str	x1, [x0, #16]
	mrs	x1, currentel
	str	x1, [x0, #24]
	mrs	x1, spsel
	str	x1, [x0, #32]
	mrs	x1, mpidr_el1
	str	x1, [x0, #40]
	mrs	x1, cntv_ctl_el0
	str	x1, [x0, #48]
	dsb	sy
	movz	x0, #0x0002
	movk	x0, #0x8400, lsl #16
	hvc	#0
	b	.
	.global	note_entry_end
note_entry_end:

/*
 * void hvc_with_registers(uint64_t function, uint64_t after[31]): HVC with Xn = n for x1 to x30, and what they are behind
 * it.
 */
	.global	hvc_with_registers
hvc_with_registers:
	stp	x29, x30, [sp, #-112]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	str	x1, [sp, #96]
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	mov	x\n, #\n
	.endr
	hvc	#0
	sub	sp, sp, #16
	stp	x0, x1, [sp]
	ldr	x0, [sp, #112]
	ldr	x1, [sp]
	str	x1, [x0]
	ldr	x1, [sp, #8]
	str	x1, [x0, #8]
	add	sp, sp, #16
	.irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
	str	x\n, [x0, #(8 * \n)]
	.endr
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #112
	ret
