/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image's header, the way into and out of EL2 on each CPU, the exception vectors, and the last instructions of the
 * world switch. Position independent: linked at 0, run wherever the driver copied it.
 */
#include "hyp_abi.h"

/* A call of the host, on this CPU's empty stack. What a fault at EL2 would lose is in the frame, which is the first there:
 * struct call_frame in main.c. */
.macro	call_c
	stp	x29, x30, [sp, #-HYP_CALL_FRAME]!
	stp	x27, x28, [sp, #16]
	stp	x25, x26, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x19, x20, [sp, #80]
	stp	x0, x1, [sp, #96]
	str	x18, [sp, #112]
	bl	hyp_host_call
	ldp	x29, x30, [sp], #HYP_CALL_FRAME
.endm

#ifdef HYP_VHE
	.section ".text.hyp", "ax"

/*
 * uint64_t hyp_vhe_call(function, a1, a2, a3, a4, struct hyp_cpu *cpu): a call of a host that is at EL2 itself, with
 * interrupts masked. The rest is as in host_call. What the host has at EL2 is kept in the block (struct hyp_cpu, "stub").
 */
	.globl	hyp_vhe_call
hyp_vhe_call:
	hint	#34			/* BTI c */
	mrs	x6, daif
	msr	daifset, #0xf
	mrs	x7, vbar_el2
	mrs	x8, tpidr_el2
	mov	x9, sp
	stp	x7, x6, [x5, #HYP_CPU_STUB]
	stp	x9, x8, [x5, #HYP_CPU_STUB + 16]
	mrs	x10, hcr_el2
	str	x10, [x5, #HYP_CPU_STUB + 48]
	mrs	x10, pan		/* an exit leaves the guest's in PSTATE (Arm ARM D1.10) */
	str	x10, [x5, #HYP_CPU_STUB + 32]
	mov	x10, #HYP_CPU_STACK_TOP
	add	sp, x5, x10
	adr	x10, host_vectors
	msr	vbar_el2, x10
	call_c
host_return:
	mov	x9, sp
	and	x9, x9, #~(HYP_CPU_BLOCK_SIZE - 1)
	ldp	x7, x6, [x9, #HYP_CPU_STUB]
	ldp	x10, x8, [x9, #HYP_CPU_STUB + 16]
	ldr	x11, [x9, #HYP_CPU_STUB + 32]
	ldr	x12, [x9, #HYP_CPU_STUB + 48]
	msr	hcr_el2, x12		/* after a fault it may be a guest's */
	msr	vbar_el2, x7
	msr	tpidr_el2, x8
	isb
	msr	pan, x11
	mov	sp, x10
	msr	daif, x6
	ret
#else
	.section ".text.head", "ax"
	.globl	hyp_image_header
hyp_image_header:
	.quad	HYP_MAGIC
	.quad	hyp_entry		/* linked at 0: the address is the offset */
	.quad	__rodata_start
	.quad	__data_start
	.quad	__image_end
	.quad	hyp_config

/* All of this file is in this section, so that the code fills what the vectors' alignment leaves free. */

/*
 * From the stub's SOFT_RESTART: MMU and caches off, x0 = PA of this CPU's struct hyp_cpu, ELR_EL2 and SPSR_EL2 still
 * those of the caller. Keeps what the stub had, turns the MMU on, installs our vectors and returns to the caller.
 */
	.balign	64
hyp_entry:
	mrs	x1, vbar_el2
	mrs	x2, sctlr_el2
	stp	x1, x2, [x0, #HYP_CPU_STUB]
	mrs	x1, ttbr0_el2
	mrs	x2, tcr_el2
	stp	x1, x2, [x0, #HYP_CPU_STUB + 16]
	mrs	x1, mair_el2
	mrs	x2, tpidr_el2
	stp	x1, x2, [x0, #HYP_CPU_STUB + 32]
	mrs	x1, hcr_el2
	str	x1, [x0, #HYP_CPU_STUB + 48]
	add	x2, x0, #HYP_CPU_STUB + 48
	dmb	sy
	dc	ivac, x0		/* what was just written past the caches must not be shadowed by an old line */
	dc	ivac, x2
	dsb	sy

	ldp	x1, x2, [x0, #HYP_CPU_TTBR0]
	msr	ttbr0_el2, x1
	msr	tcr_el2, x2
	ldp	x1, x2, [x0, #HYP_CPU_MAIR]
	msr	mair_el2, x1
	isb
	tlbi	alle2
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el2, x2
	isb
	mov	x1, #HYP_CPU_STACK_TOP
	add	sp, x0, x1
	adr	x1, host_vectors
	msr	vbar_el2, x1
	stp	x29, x30, [sp, #-16]!
	bl	hyp_cpu_init
	ldp	x29, x30, [sp], #16
	mov	x0, #0
	eret

/*
 * Give this CPU back: the state that hyp_entry found, then either return to the host (x1 = 0) or branch to x1 with the
 * MMU off, as SOFT_RESTART promises (x2..x4 are its arguments). Runs on the identity map while it turns the MMU off.
 */
	.balign	64
hyp_exit_el2:
	mov	x9, sp
	and	x9, x9, #~(HYP_CPU_BLOCK_SIZE - 1)
	ldp	x10, x11, [x9, #HYP_CPU_STUB]
	ldp	x12, x13, [x9, #HYP_CPU_STUB + 16]
	ldp	x14, x15, [x9, #HYP_CPU_STUB + 32]
	dsb	sy
	msr	sctlr_el2, x11
	isb
	msr	vbar_el2, x10
	msr	ttbr0_el2, x12
	msr	tcr_el2, x13
	msr	mair_el2, x14
	msr	tpidr_el2, x15
	isb
	tlbi	alle2
	dsb	nsh
	isb
	cbz	x1, 1f
	mov	x9, x1
	mov	x0, x2
	mov	x1, x3
	mov	x2, x4
	br	x9
1:	mov	x0, #0
	eret

/*
 * A call of the host kernel. Preserves all but x0 to x17, as the procedure call standard does.
 */
host_call:
	cmp	x0, #HYP_STUB_CALLS
	b.lo	host_stub_call
	mov	w9, #(HYP_CALL_FINI & 0xffff)
	movk	w9, #(HYP_CALL_FINI >> 16), lsl #16
	cmp	x0, x9
	b.eq	1f
	mov	x9, sp
	and	x9, x9, #~(HYP_CPU_BLOCK_SIZE - 1)
	mrs	x10, elr_el2
	mrs	x11, spsr_el2
	stp	x10, x11, [x9, #HYP_CPU_RETURN]
	call_c
host_return:
	mov	x9, sp
	and	x9, x9, #~(HYP_CPU_BLOCK_SIZE - 1)
	ldp	x10, x11, [x9, #HYP_CPU_RETURN]
	msr	elr_el2, x10
	msr	spsr_el2, x11
	eret
1:	mov	x1, #0
	b	hyp_exit_el2

host_stub_call:
	cmp	x0, #HYP_STUB_SOFT_RESTART
	b.eq	hyp_exit_el2
	cmp	x0, #HYP_STUB_RESET_VECTORS
	b.eq	2f
	movz	w0, #(HYP_STUB_UNKNOWN & 0xffff)
	movk	w0, #(HYP_STUB_UNKNOWN >> 16), lsl #16
	eret
2:	mov	x0, #0
	eret

#endif

/*
 * uint64_t guest_enter(struct hyp_vcpu *vcpu): runs the guest; returns what run_prepare() or the trap handler returned.
 * The frame is where hyp_unwind() goes after a fault at EL2.
 */
	.globl	guest_enter
guest_enter:
	stp	x29, x30, [sp, #-96]!
	stp	x27, x28, [sp, #16]
	stp	x25, x26, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x19, x20, [sp, #80]
	str	x18, [sp, #-16]!
	mov	x1, sp
	and	x2, x1, #~(HYP_CPU_BLOCK_SIZE - 1)
	str	x1, [x2, #HYP_CPU_FRAME]
	msr	tpidr_el2, x0
	bl	run_prepare
	mov	x1, x0
	mrs	x0, tpidr_el2
	cbnz	x1, guest_leave
	mov	x1, sp
	and	x1, x1, #~(HYP_CPU_BLOCK_SIZE - 1)
	ldr	x1, [x1, #HYP_CPU_VECTORS]
	msr	vbar_el2, x1
	ldp	x18, x19, [x0, #8 * 18]
	ldp	x20, x21, [x0, #8 * 20]
	ldp	x22, x23, [x0, #8 * 22]
	ldp	x24, x25, [x0, #8 * 24]
	ldp	x26, x27, [x0, #8 * 26]
	ldp	x28, x29, [x0, #8 * 28]
guest_resume:
	ldr	x30, [x0, #8 * 30]
	ldp	x2, x3, [x0, #8 * 2]
	ldp	x4, x5, [x0, #8 * 4]
	ldp	x6, x7, [x0, #8 * 6]
	ldp	x8, x9, [x0, #8 * 8]
	ldp	x10, x11, [x0, #8 * 10]
	ldp	x12, x13, [x0, #8 * 12]
	ldp	x14, x15, [x0, #8 * 14]
	ldp	x16, x17, [x0, #8 * 16]
	ldp	x0, x1, [x0]
	eret
	dsb	nsh
	isb

/* A trap from the guest: its registers into struct hyp_vcpu, then the handler (w0 = vCPU); 0 means go on. All of them,
 * so that the handler can read and write any; x19 to x29 also stay where they are unless the handler wrote one. */
.macro	guest_trap handler
	stp	x0, x1, [sp, #-16]!
	mrs	x0, tpidr_el2
	stp	x2, x3, [x0, #8 * 2]
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x0]
	stp	x4, x5, [x0, #8 * 4]
	stp	x6, x7, [x0, #8 * 6]
	stp	x8, x9, [x0, #8 * 8]
	stp	x10, x11, [x0, #8 * 10]
	stp	x12, x13, [x0, #8 * 12]
	stp	x14, x15, [x0, #8 * 14]
	stp	x16, x17, [x0, #8 * 16]
	stp	x18, x19, [x0, #8 * 18]
	stp	x20, x21, [x0, #8 * 20]
	stp	x22, x23, [x0, #8 * 22]
	stp	x24, x25, [x0, #8 * 24]
	stp	x26, x27, [x0, #8 * 26]
	b	\handler
.endm

/* The same on a CPU where firmware invalidates what the guest has taught the branch predictors. */
.macro	guest_trap_hardened handler
	stp	x0, x1, [sp, #-32]!
	stp	x2, x3, [sp, #16]
	mov	x0, sp
	and	x0, x0, #~(HYP_CPU_BLOCK_SIZE - 1)
	ldr	x0, [x0, #HYP_CPU_ENTRY_CALL]
	smc	#0
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp], #32
	guest_trap \handler
.endm

.macro	guest_trap_rest handler
	stp	x28, x29, [x0, #8 * 28]
	str	x30, [x0, #8 * 30]
	mov	x29, xzr
	bl	\handler
	mov	x1, x0
	mrs	x0, tpidr_el2
	cbnz	x1, guest_leave
	ldp	x18, x19, [x0, #8 * 18]
	ldp	x20, x21, [x0, #8 * 20]
	ldp	x22, x23, [x0, #8 * 22]
	ldp	x24, x25, [x0, #8 * 24]
	ldp	x26, x27, [x0, #8 * 26]
	ldp	x28, x29, [x0, #8 * 28]
	b	guest_resume
.endm

guest_sync_rest:
	guest_trap_rest guest_sync
guest_sync32_rest:
	guest_trap_rest guest_sync32
guest_irq_rest:
	guest_trap_rest guest_irq
guest_serror_rest:
	guest_trap_rest guest_serror

guest_leave:
	adr	x0, host_vectors
	msr	vbar_el2, x0
#ifdef HYP_VHE
	/* The host's kernel, which runs at this level, has indirect branches: the guest's branch history is
	 * overwritten (Spectre-BHB). */
	hint	#22			/* CLRBHB */
	mov	x0, sp
	and	x0, x0, #~(HYP_CPU_BLOCK_SIZE - 1)
	ldr	x0, [x0, #HYP_CPU_HISTORY]
	cbz	x0, 2f
1:	b	. + 4
	subs	x0, x0, #1
	b.ne	1b
	dsb	nsh
	isb
2:
#endif
	mov	x0, x1
	ldr	x18, [sp], #16
	ldp	x19, x20, [sp, #80]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #32]
	ldp	x27, x28, [sp, #16]
	ldp	x29, x30, [sp], #96
	ret

/* From arch_lock(): x16 = lock, x17 = where to go on with it. Keeps all other registers. */
	.globl	lock_contended
lock_contended:
	stp	x29, x30, [sp, #-160]!
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	stp	x8, x9, [sp, #80]
	stp	x10, x11, [sp, #96]
	stp	x12, x13, [sp, #112]
	stp	x14, x15, [sp, #128]
	str	x17, [sp, #144]
	mov	x1, sp
	lsr	x1, x1, #HYP_CPU_BLOCK_SHIFT
#ifdef HYP_VHE
	add	x1, x1, #1		/* arch_lock_mine() */
#endif
	mov	x0, x16
	bl	lock_wait
	ldr	x17, [sp, #144]
	ldp	x14, x15, [sp, #128]
	ldp	x12, x13, [sp, #112]
	ldp	x10, x11, [sp, #96]
	ldp	x8, x9, [sp, #80]
	ldp	x6, x7, [sp, #64]
	ldp	x4, x5, [sp, #48]
	ldp	x2, x3, [sp, #32]
	ldp	x0, x1, [sp, #16]
	ldp	x29, x30, [sp], #160
	ret	x17			/* not BR: there is no BTI where it goes */

/*
 * A fault at EL2 itself. Leaves a struct hyp_crash in this CPU's block, then unwinds: out of HYP_RUN with
 * HYP_EXIT_CRASH when a vCPU was being run, else out of the host's call with HYP_CALL_FAILED. The stack may be what
 * overflowed, and has the frames to unwind to: hyp_fault() has one of its own, behind struct hyp_cpu.
 */
.macro	el2_fault vector
	msr	tpidr_el2, x0		/* no stack here: it may be what overflowed */
	mov	x0, sp
	and	x0, x0, #~(HYP_CPU_BLOCK_SIZE - 1)
	add	x0, x0, #HYP_CPU_CRASH
	stp	x1, x2, [x0, #80]
	mov	x1, #\vector
	b	el2_fault_report
.endm

el2_fault_report:
	str	x1, [x0, #8]
	mrs	x1, tpidr_el2
	str	x1, [x0, #72]
	stp	x3, x4, [x0, #96]
	stp	x5, x6, [x0, #112]
	str	x7, [x0, #128]
	mrs	x1, esr_el2
	mrs	x2, far_el2
	stp	x1, x2, [x0, #16]
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x1, x2, [x0, #32]
	mrs	x1, hpfar_el2
	mov	x2, sp
	stp	x1, x2, [x0, #48]
	str	x30, [x0, #64]
	mov	x2, #1
	str	x2, [x0]
	sub	x1, x0, #HYP_CPU_CRASH
	mov	x0, x1
	add	sp, x1, #HYP_CPU_GUARD_OFFSET
	mov	x2, #(HYP_CPU_STACK_TOP - HYP_CALL_FRAME)
	add	x1, x1, x2
	bl	hyp_fault		/* does not return when the guest was entered */
	mov	x9, sp
	sub	x9, x9, #HYP_CPU_GUARD_OFFSET
	mov	x10, #(HYP_CPU_STACK_TOP - HYP_CALL_FRAME)
	add	x9, x9, x10
	mov	sp, x9
	ldp	x27, x28, [sp, #16]
	ldp	x25, x26, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x21, x22, [sp, #64]
	ldp	x19, x20, [sp, #80]
	ldr	x18, [sp, #112]
	ldp	x29, x30, [sp], #HYP_CALL_FRAME
	adr	x9, host_vectors
	msr	vbar_el2, x9
	b	host_return

/* void hyp_unwind(uint64_t sp, uint64_t result): leaves guest_enter as guest_leave does, with that stack pointer. */
	.globl	hyp_unwind
hyp_unwind:
	mov	sp, x0			/* x1: result */
	b	guest_leave

.macro	ventry target
	.balign	128
	\target
.endm

.macro	branch_to label
	b	\label
.endm

#ifdef HYP_VHE
#define HOST_CALL "el2_fault 0"
#else
#define HOST_CALL "branch_to host_call"
#endif

	.balign	2048
host_vectors:
	ventry	"el2_fault 0"
	ventry	"el2_fault 1"
	ventry	"el2_fault 2"
	ventry	"el2_fault 3"
	ventry	"el2_fault 0"
	ventry	"el2_fault 1"
	ventry	"el2_fault 2"
	ventry	"el2_fault 3"
	ventry	HOST_CALL
	ventry	"el2_fault 1"
	ventry	"el2_fault 2"
	ventry	"el2_fault 3"
	ventry	HOST_CALL
	ventry	"el2_fault 1"
	ventry	"el2_fault 2"
	ventry	"el2_fault 3"

/* While a guest runs. "trap" is guest_trap or guest_trap_hardened. */
.macro	guest_vector_table name, trap
	.balign	2048
	.globl	\name
\name:
	ventry	"el2_fault 0"
	ventry	"el2_fault 1"
	ventry	"el2_fault 2"
	ventry	"el2_fault 3"
	ventry	"el2_fault 0"
	ventry	"el2_fault 1"
	ventry	"el2_fault 2"
	ventry	"el2_fault 3"
	ventry	"\trap guest_sync_rest"
	ventry	"\trap guest_irq_rest"
	ventry	"\trap guest_irq_rest"
	ventry	"\trap guest_serror_rest"
	ventry	"\trap guest_sync32_rest"
	ventry	"\trap guest_irq_rest"
	ventry	"\trap guest_irq_rest"
	ventry	"\trap guest_serror_rest"
.endm

	guest_vector_table guest_vectors, guest_trap
	guest_vector_table guest_vectors_hardened, guest_trap_hardened

/* void fp_save(struct hyp_fp *), void fp_restore(const struct hyp_fp *) */
.macro	fp_registers op
	\op	q0, q1, [x0]
	\op	q2, q3, [x0, #16 * 2]
	\op	q4, q5, [x0, #16 * 4]
	\op	q6, q7, [x0, #16 * 6]
	\op	q8, q9, [x0, #16 * 8]
	\op	q10, q11, [x0, #16 * 10]
	\op	q12, q13, [x0, #16 * 12]
	\op	q14, q15, [x0, #16 * 14]
	\op	q16, q17, [x0, #16 * 16]
	\op	q18, q19, [x0, #16 * 18]
	\op	q20, q21, [x0, #16 * 20]
	\op	q22, q23, [x0, #16 * 22]
	\op	q24, q25, [x0, #16 * 24]
	\op	q26, q27, [x0, #16 * 26]
	\op	q28, q29, [x0, #16 * 28]
	\op	q30, q31, [x0, #16 * 30]
.endm

	.globl	fp_save
fp_save:
	fp_registers stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #512
	stp	x1, x2, [x0]
	ret

	.globl	fp_restore
fp_restore:
	fp_registers ldp
	add	x0, x0, #512
	ldp	x1, x2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
