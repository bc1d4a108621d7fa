/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entered as FreeBSD's kernel is: at a physical address, with the MMU off, x0 the virtual address of the metadata. Maps 1 GiB
 * from where it was loaded at the virtual address it is linked at, and all of the first 2 GiB where it is.
 */
#define TABLE_ATTRS	3
#define NORMAL		0x701	/* a block; attributes 0; inner shareable; accessed */
#define DEVICE		0x405	/* a block; attributes 1; accessed */
#define MAIR		0x04ff
#define TCR		0x2b5103510	/* 48 bits both ways, 4 KiB pages, write-back, inner shareable, 40 bits out */
#define SCTLR_ON	0x30d01805

	.text
	.global _start
_start:
	mov	x19, x0
	mrs	x20, sctlr_el1
	mrs	x21, CurrentEL
	/* where KERNBASE lies in memory */
	adrp	x22, _start
	ldr	x1, =KERNBASE
	ldr	x2, =_start
	and	x2, x2, #~0xfff
	sub	x2, x2, x1
	sub	x22, x22, x2

	adrp	x1, low_l0
	adrp	x2, low_l1
	orr	x3, x2, #TABLE_ATTRS
	str	x3, [x1]
	mov	x3, #DEVICE
	str	x3, [x2]
	mov	x3, #NORMAL
	orr	x3, x3, #0x40000000
	str	x3, [x2, #8]
	adrp	x4, high_l0
	adrp	x5, high_l1
	orr	x3, x5, #TABLE_ATTRS
	str	x3, [x4]
	mov	x3, #NORMAL
	and	x6, x22, #~0x3fffffff
	orr	x3, x3, x6
	str	x3, [x5]

	msr	ttbr0_el1, x1
	msr	ttbr1_el1, x4
	mov	x3, #MAIR
	msr	mair_el1, x3
	ldr	x3, =TCR
	msr	tcr_el1, x3
	isb
	tlbi	vmalle1
	dsb	sy
	isb
	ldr	x3, =SCTLR_ON
	msr	sctlr_el1, x3
	isb
	ldr	x3, =1f
	br	x3
1:	ldr	x3, =stack_end
	mov	sp, x3
	mov	x0, x19
	mov	x1, x22
	mov	x2, x20
	mov	x3, x21
	bl	check_loader
	ldr	x0, =0x84000008		/* SYSTEM_OFF */
	hvc	#0
	b	.

	.bss
	.balign 4096
low_l0:	.skip	4096
low_l1:	.skip	4096
high_l0:
	.skip	4096
high_l1:
	.skip	4096
	.skip	16384
stack_end:
