/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot script starts in tests, in place of a kernel: an arm64 Image that says at which exception level it was
 * entered, whether x0 points to a device tree, and where the initial RAM disk is by the tree's /chosen; then resets
 * the machine. The UART's data register, and what is waited for, are given by -D.
 *
 *	payload: EL2 dtb good args <bootargs>
 */
	.text
	.global _start
_start:
	b	begin
	.long	0
	.quad	0		/* text_offset */
	.quad	0x1000		/* image_size */
	.quad	0xa		/* flags: little-endian, 4K pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

begin:
	mov	x20, x0
	adr	x0, say_el
	bl	print
	mrs	x0, CurrentEL
	lsr	x0, x0, #2
	add	x0, x0, #'0'
	bl	put
	adr	x0, say_good
	ldr	w1, [x20]
	ldr	w2, =0xedfe0dd0
	cmp	w1, w2
	adr	x3, say_bad
	csel	x0, x0, x3, eq
	bl	print
	/* The value of "bootargs": the only string of the tree that begins with "console=" */
	ldr	w1, [x20, #4]
	rev	w1, w1
	add	x1, x20, x1
	ldr	x2, =0x3d656c6f736e6f63
	mov	x0, x20
1:	cmp	x0, x1
	b.hs	2f
	ldp	w3, w4, [x0]	/* the MMU is off: words only */
	orr	x3, x3, x4, lsl #32
	cmp	x3, x2
	b.eq	3f
	add	x0, x0, #4
	b	1b
3:	bl	print
2:	adr	x0, say_end
	bl	print
	ldr	w0, =0x84000009	/* PSCI SYSTEM_RESET */
	smc	#0
4:	wfi
	b	4b

print:	mov	x19, x30
	mov	x21, x0
1:	ldrb	w0, [x21], #1
	cbz	w0, 2f
	bl	put
	b	1b
2:	ret	x19

put:	ldr	x9, =UART_DATA
	str	w0, [x9]
	ret

say_el:	.asciz	"\r\npayload: EL"
say_good: .asciz " dtb good args "
say_bad: .asciz	" dtb BAD args "
say_end: .asciz	"\r\npayload: end\r\n"
	.balign	4
	.ltorg
