/* SPDX-License-Identifier: BSD-2-Clause */
/* Single instructions with a name, so that ELR can be compared with their address. Each is called as a function. */
	.macro	probe name, instruction:vararg
	.global	\name
	.balign	4
\name:
	\instruction
	ret
	.endm

	.text
	probe probe_load, ldr x0, [x0]
	probe probe_load_byte, ldrb w0, [x0]
	probe probe_store, str x1, [x0]
	probe probe_store_byte, strb w1, [x0]
	probe probe_load_pair, ldp x1, x2, [x0]
	probe probe_load_post, ldr x1, [x0], #8
	probe probe_smc, smc #0
	probe probe_undefined, .inst 0
	probe probe_breakpoint, brk #0x1234
	probe probe_fp, fmov d0, xzr

	/* At EL1 with SP_EL0: the vector is another one. */
	.global	probe_undefined_sp0
probe_undefined_sp0:
	msr	spsel, #0
	.inst	0
	msr	spsel, #1
	ret
	.global	probe_sysreg_sp0
probe_sysreg_sp0:
	msr	spsel, #0
	mrs	x0, s3_4_c1_c1_0
	msr	spsel, #1
	ret
	.global	probe_load_sp0
probe_load_sp0:
	msr	spsel, #0
	ldr	x0, [x0]
	msr	spsel, #1
	ret
