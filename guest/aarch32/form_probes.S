/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores that a syndrome does not describe, one a function: void f(uint32_t base, struct form *form). R2 to R9 are
 * form->r before and after, r0 is the base before, and form->base after.
 */
	.syntax unified
	.arch	armv8-a
	.fpu	neon
	.text

	.macro	form name, kind, instruction
	.\kind
	.balign	4
	.global	\name, \name\()_at
	.type	\name, %function
	.ifc	\kind, thumb
	.thumb_func
	.endif
\name:
	push	{r4-r9, lr}
	ldm	r1, {r2-r9}
	mov	r12, sp
\name\()_at:
	\instruction
	mov	sp, r12
	stm	r1, {r2-r9}
	str	r0, [r1, #32]
	pop	{r4-r9, pc}
	.endm

	form	stmia_arm, arm, "stmia r0!, {r2-r5}"
	form	stmib_arm, arm, "stmib r0, {r2, r3}"
	form	stmda_arm, arm, "stmda r0!, {r2, r3}"
	form	stmdb_arm, arm, "stmdb r0!, {r2, r3}"
	form	ldmia_arm, arm, "ldmia r0, {r6-r9}"
	form	ldmib_arm, arm, "ldmib r0!, {r6, r7}"
	form	ldmda_arm, arm, "ldmda r0, {r6, r7}"
	form	ldmdb_arm, arm, "ldmdb r0!, {r6, r7}"
	form	ldm_user_arm, arm, "ldmia r0, {r6, r7}^"
	form	ldm_base_arm, arm, "ldmia r0, {r0, r6}"
	form	ldm_lr_arm, arm, "ldmia r0, {r6, lr}; mov r7, lr"

	form	strd_arm, arm, "strd r2, r3, [r0, #4]"
	form	ldrd_arm, arm, "ldrd r6, r7, [r0, #4]!"
	form	ldrd_post_arm, arm, "ldrd r6, r7, [r0], #-8"
	form	ldrd_register_arm, arm, "ldrd r6, r7, [r0, -r2]"

	form	ldr_post_arm, arm, "ldr r6, [r0], #4"
	form	ldr_pre_arm, arm, "ldr r6, [r0, #-4]!"
	form	ldr_shifted_arm, arm, "ldr r6, [r0, r2, lsl #2]!"
	form	ldr_rotated_arm, arm, "ldr r6, [r0], -r2, ror #31"
	form	ldr_carry_arm, arm, "cmp r0, r0; ldr r6, [r0, r2, rrx]!"
	form	str_post_arm, arm, "str r2, [r0], #8"
	form	strb_pre_arm, arm, "strb r2, [r0, #1]!"
	form	strh_post_arm, arm, "strh r2, [r0], #2"
	form	ldrb_post_arm, arm, "ldrb r6, [r0], #1"
	form	ldrh_pre_arm, arm, "ldrh r6, [r0, #2]!"
	form	ldrsb_post_arm, arm, "ldrsb r6, [r0], #-1"
	form	ldrsh_register_arm, arm, "ldrsh r6, [r0], r2"
	form	ldrt_arm, arm, "ldrt r6, [r0], #4"

/* Described by a syndrome, with registers that the mode has of its own. */
	form	ldr_lr_arm, arm, "ldr lr, [r0]; mov r6, lr"
	form	str_lr_arm, arm, "mov lr, r2; str lr, [r0]"
	form	ldr_sp_arm, arm, "ldr sp, [r0]; mov r6, sp"
	form	str_sp_thumb, thumb, "mov sp, r2; str sp, [r0]"

	form	stm_thumb, thumb, "stmia r0!, {r2-r4}"
	form	ldm_thumb, thumb, "ldmia r0!, {r5-r7}"
	form	ldm_base_thumb, thumb, "ldmia r0, {r0, r6}"
	form	stmdb_thumb, thumb, "stmdb r0!, {r2, r8}"
	form	ldmia_wide_thumb, thumb, "ldmia.w r0!, {r6, r9}"
	form	push_thumb, thumb, "mov sp, r0; push {r2, r3}; mov r0, sp"
	form	push_lr_thumb, thumb, "mov sp, r0; mov lr, r3; push {r2, lr}; mov r0, sp"
	form	pop_thumb, thumb, "mov sp, r0; pop {r6, r7}; mov r0, sp"
	form	strd_thumb, thumb, "strd r2, r5, [r0, #-4]"
	form	ldrd_thumb, thumb, "ldrd r6, r8, [r0], #8"
	form	ldr_post_thumb, thumb, "ldr r6, [r0], #4"
	form	ldrh_pre_thumb, thumb, "ldrh r6, [r0, #-2]!"
	form	strb_post_thumb, thumb, "strb r2, [r0], #-1"
	form	ldrsb_pre_thumb, thumb, "ldrsb r6, [r0, #1]!"

/* Of the two, the second is done; what stands behind the block is done, too. */
	form	it_block_thumb, thumb, "cmp r0, r0; itet ne; ldmiane r0!, {r6, r7}; ldmiaeq r0!, {r6, r7}; addne r8, r8, #1; add r9, r9, #1"

	form	vldr_arm, arm, "vldr s3, [r0, #4]; vmov r6, s3"
	form	vstr_thumb, thumb, "vmov s2, r2; vstr s2, [r0, #-4]"
	form	vldm_arm, arm, "vldmia r0!, {d1, d2}; vmov r6, r7, d1; vmov r8, r9, d2"
	form	vstm_thumb, thumb, "vmov d17, r2, r3; vstmdb r0!, {d17}"
	form	vldm_single_arm, arm, "vldmia r0, {s5-s7}; vmov r6, s5; vmov r7, s6; vmov r8, s7"
