/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A function for each encoding of MRS and of MSR with op0 2 and 3: number N is op0<0>, op1, CRn, CRm, op2. Both have
 * the value in X0, and take 8 bytes.
 */
	.text
	.macro	functions instruction
	.set	number, 0
	.rept	0x8000
	.inst	\instruction | (number << 5)
	ret
	.set	number, number + 1
	.endr
	.endm

	.global	read_functions
	.balign	8
read_functions:
	functions 0xd5300000

	.global	write_functions
write_functions:
	functions 0xd5100000
