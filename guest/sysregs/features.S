/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an identification register promises (Arm ARM D17.2.57 on): one instruction for each value of a field. A record is the
 * number of the register (op1, CRn and so on as in table.S, op0 3), the field's first bit, the least value, the instruction's
 * function, and its text.
 */
	.arch	armv8.6-a+crypto+sha3+sm4+fp16+fp16fml+rng+memtag+i8mm+bf16

	.set	PFR0, 0x4020		/* 3, 0, 0, 4, 0 */
	.set	PFR1, 0x4021
	.set	DFR0, 0x4028
	.set	ISAR0, 0x4030
	.set	ISAR1, 0x4031
	.set	MMFR1, 0x4039
	.set	MMFR2, 0x403a

	.macro	feature register, shift, least, instruction:vararg
	.text
7:	\instruction
	ret
	.section .rodata.text, "a"
8:	.asciz	"\instruction"
	.section .rodata.features, "a"
	.balign	8
	.word	\register, \shift, \least, 0
	.quad	7b, 8b
	.endm

	.section .rodata.features, "a"
	.balign	8
	.global	features_begin
features_begin:
	feature	PFR0, 28, 1, mrs x1, s3_0_c5_c3_0	/* RAS: ERRIDR_EL1 */
	feature	PFR0, 40, 1, mrs x1, s3_0_c10_c4_4	/* MPAM: MPAMIDR_EL1 */
	feature	PFR0, 44, 1, mrs x1, s3_3_c13_c2_0	/* AMU: AMCR_EL0 */
	feature	PFR0, 48, 1, mrs x1, s3_3_c4_c2_5	/* DIT */
	feature	PFR0, 56, 2, mrs x1, s3_0_c13_c0_7	/* CSV2: SCXTNUM_EL1 */
	feature	PFR0, 56, 2, mrs x1, s3_3_c13_c0_7	/* SCXTNUM_EL0 */
	feature	PFR0, 24, 1, mrs x1, s3_0_c12_c12_5	/* GIC: ICC_SRE_EL1 */
	feature	PFR1, 4, 2, mrs x1, s3_3_c4_c2_6	/* SSBS */
	feature	PFR1, 8, 1, irg x1, x0			/* MTE */
	feature	PFR1, 24, 1, mrs x1, s3_3_c4_c2_2	/* SME: SVCR */
	feature	DFR0, 8, 1, mrs x1, pmcr_el0
	feature	DFR0, 32, 1, mrs x1, s3_0_c9_c9_7	/* SPE: PMSIDR_EL1 */
	feature	DFR0, 40, 1, mrs x1, s3_0_c1_c2_1	/* TRFCR_EL1 */
	feature	ISAR0, 4, 1, aese v0.16b, v1.16b
	feature	ISAR0, 4, 2, pmull v0.1q, v1.1d, v2.1d
	feature	ISAR0, 8, 1, sha1h s0, s1
	feature	ISAR0, 12, 1, sha256su0 v0.4s, v1.4s
	feature	ISAR0, 12, 2, sha512su0 v0.2d, v1.2d
	feature	ISAR0, 16, 1, crc32b w1, w1, w1
	feature	ISAR0, 20, 2, ldadd x1, x1, [x0]
	feature	ISAR0, 24, 1, .inst 0xd5233061		/* TME: TSTART */
	feature	ISAR0, 28, 1, sqrdmlah v0.4h, v1.4h, v2.4h
	feature	ISAR0, 32, 1, eor3 v0.16b, v1.16b, v2.16b, v3.16b
	feature	ISAR0, 36, 1, sm3partw1 v0.4s, v1.4s, v2.4s
	feature	ISAR0, 40, 1, sm4e v0.4s, v1.4s
	feature	ISAR0, 44, 1, sdot v0.2s, v1.8b, v2.8b
	feature	ISAR0, 48, 1, fmlal v0.2s, v1.2h, v2.2h
	feature	ISAR0, 52, 1, cfinv
	feature	ISAR0, 52, 2, axflag
	feature	ISAR0, 56, 1, tlbi vmalle1os
	feature	ISAR0, 56, 2, tlbi rvae1, xzr
	feature	ISAR0, 60, 1, mrs x1, s3_3_c2_c4_0	/* RNDR */
	feature	ISAR1, 0, 1, dc cvap, x0
	feature	ISAR1, 0, 2, dc cvadp, x0
	feature	ISAR1, 12, 1, fjcvtzs w1, d0
	feature	ISAR1, 16, 1, fcadd v0.2s, v1.2s, v2.2s, #90
	feature	ISAR1, 20, 1, ldaprb w1, [x0]
	feature	ISAR1, 20, 2, ldapurb w1, [x0]
	feature	ISAR1, 32, 1, frint32z d0, d1
	feature	ISAR1, 36, 1, sb
	feature	ISAR1, 40, 1, cfp rctx, xzr
	feature	ISAR1, 44, 1, bfdot v0.2s, v1.4h, v2.4h
	feature	ISAR1, 52, 1, smmla v0.4s, v1.16b, v2.16b
	feature	MMFR1, 16, 1, mrs x1, s3_0_c10_c4_7	/* LORID_EL1 */
	feature	MMFR1, 20, 1, mrs x1, s3_0_c4_c2_3	/* PAN */
	feature	MMFR1, 20, 2, at s1e1rp, x0
	feature	MMFR2, 4, 1, mrs x1, s3_0_c4_c2_4	/* UAO */
	.section .rodata.features, "a"
	.global	features_end
features_end:
