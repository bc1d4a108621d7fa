/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's header (Linux Documentation/arm64/booting.rst), the way in of the boot CPU and of the others, and calls
 * to EL0.
 */
#define STACK_SIZE 16384

	.section .head, "ax"
	.global _start
_start:
	b	boot_entry
	.word	0
	.quad	0x200000		/* text_offset: the link address less the start of RAM */
	.quad	image_size
	.quad	2			/* little-endian, pages of 4 KiB, at text_offset from the start of RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.word	0

	.text
boot_entry:
	mov	x19, x0
	adrp	x1, bss_begin
	add	x1, x1, :lo12:bss_begin
	adrp	x2, bss_end
	add	x2, x2, :lo12:bss_end
1:	stp	xzr, xzr, [x1], #16
	cmp	x1, x2
	b.lo	1b
	adrp	x1, boot_device_tree
	str	x19, [x1, :lo12:boot_device_tree]
	bl	set_stack
	bl	mmu_build
	bl	enter_c
	bl	boot_main
	b	.

/* PSCI CPU_ON ends here, with the MMU off; x0 is the context, a struct cpu_start. */
	.global secondary_entry
secondary_entry:
	mov	x19, x0
	bl	set_stack
	bl	enter_c
	mov	x0, x19
	bl	secondary_main
	b	.

set_stack:
	msr	spsel, #1
	mrs	x1, mpidr_el1
	and	x1, x1, #0xf
	add	x1, x1, #1
	mov	x2, #STACK_SIZE
	adrp	x3, stacks
	add	x3, x3, :lo12:stacks
	madd	x1, x1, x2, x3
	mov	sp, x1
	ret

/* Vectors, MMU and caches on. */
enter_c:
	mov	x20, x30
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)		/* CPACR_EL1.FPEN: no trap of FP and SIMD */
	msr	cpacr_el1, x1
	isb
	bl	mmu_enable
	ret	x20

/*
 * void el0_enter(uint64_t entry, uint64_t argument, uint64_t stack, uint64_t end): runs entry(argument) at EL0, until it
 * returns to "end" (el0_end as EL0 sees it), or takes an exception that exception() makes an end of.
 */
	.global el0_enter
el0_enter:
	stp	x19, x20, [sp, #-96]!
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	msr	elr_el1, x0
	msr	sp_el0, x2
	mov	x4, #0x3c0		/* EL0t, DAIF set */
	msr	spsr_el1, x4
	mov	x0, x1
	mov	x30, x3
	eret

	.global el0_end
el0_end:
	svc	#0

	.global el0_return
el0_return:
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	x19, x20, [sp], #96
	ret

	.bss
	.balign 16
	.global stacks
stacks:
	.skip	STACK_SIZE * 16
