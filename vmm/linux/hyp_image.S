/* SPDX-License-Identifier: BSD-2-Clause */
/* The EL2 image, as vmm/hyp was linked: el2_start copies it to pages of its own. */
	.section .rodata, "a"
	.balign	8
	.globl	hyp_image_start, hyp_image_end
hyp_image_start:
	.incbin	HYP_IMAGE_FILE
hyp_image_end:
