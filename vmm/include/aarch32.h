/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch32 as EL2 and the driver see it: PSTATE of a vCPU in AArch32 (SPSR_EL2's format, Arm ARM
 * C5.2.20), its modes, and what happens to it when an instruction is finished on the guest's
 * behalf. In AArch64 state a register of AArch32 has another name (D1.20.1): R0 to R14 of User mode
 * are X0 to X14, LR_svc is X18 and so on.
 */
#ifndef AARCH32_H
#define AARCH32_H

#include "arm64.h"
#include "vmm_types.h"

/* M[4:0] with M[4] set (G8.2.34) */
#define AARCH32_MODE_USR     0x10
#define AARCH32_MODE_FIQ     0x11
#define AARCH32_MODE_IRQ     0x12
#define AARCH32_MODE_SVC     0x13
#define AARCH32_MODE_ABT     0x17
#define AARCH32_MODE_UND     0x1b
#define AARCH32_MODE_SYS     0x1f

#define AARCH32_T	     ARM64_BIT(5)
#define AARCH32_E	     ARM64_BIT(9)
#define AARCH32_IL	     ARM64_BIT(20)
#define AARCH32_C	     ARM64_BIT(29)
#define AARCH32_IT_LOW	     UINT64_C(0x06000000) /* IT[1:0] */
#define AARCH32_IT_HIGH	     UINT64_C(0x0000fc00) /* IT[7:2] */
#define AARCH32_IT	     (AARCH32_IT_LOW | AARCH32_IT_HIGH)

/* Xn that is the link register of a mode (D1.20.1) */
#define AARCH32_LR_ABT	     20
#define AARCH32_LR_UND	     22

/* SCTLR, in SCTLR_EL1; TTBCR, in TCR_EL1 (G8.2.126, G8.2.163) */
#define AARCH32_SCTLR_V	     ARM64_BIT(13)
#define AARCH32_SCTLR_SPAN   ARM64_BIT(23)
#define AARCH32_SCTLR_EE     ARM64_BIT(25)
#define AARCH32_SCTLR_TE     ARM64_BIT(30)
#define AARCH32_TTBCR_EAE    ARM64_BIT(31)
#define AARCH32_HIGH_VECTORS UINT64_C(0xffff0000)

/*
 * Which Xn is R0 to R14 of the mode in pstate (D1.20.1); other numbers are Xn already.
 *
 * ESR_ELx.SRT is said to be that of Xn. QEMU (7.2) has the number of Rn there: on it R13 and R14 of
 * the modes that have their own, and R8 to R12 of FIQ mode, would be those of User mode, which no
 * CPU names in these modes.
 */
static inline unsigned int aarch32_x(uint64_t pstate, unsigned int number)
{
	unsigned int link;

	switch (pstate & PSR_MODE_MASK) {
	case AARCH32_MODE_FIQ:
		return number >= 8 && number < 15 ? number + 16 : number;
	case AARCH32_MODE_IRQ:
		link = 16;
		break;
	case AARCH32_MODE_SVC:
		link = 18;
		break;
	case AARCH32_MODE_ABT:
		link = AARCH32_LR_ABT;
		break;
	case AARCH32_MODE_UND:
		link = AARCH32_LR_UND;
		break;
	default:
		return number;
	}
	return number == 13 || number == 14 ? link + (14 - number) : number;
}

static inline uint64_t aarch32_it(uint64_t pstate)
{
	return (pstate & AARCH32_IT_HIGH) >> 8 | (pstate & AARCH32_IT_LOW) >> 25;
}

/* PSTATE behind an instruction: the next one of an IT block (AArch32.ITAdvance), no single step
 * under way. */
static inline uint64_t aarch32_advance(uint64_t pstate)
{
	uint64_t it = aarch32_it(pstate);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return (pstate & ~(AARCH32_IT | PSR_SS)) | (it & 0xfc) << 8 | (it & 3) << 25;
}

#endif
