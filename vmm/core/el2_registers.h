/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of the translation registers that only the driver computes, named as in the Arm ARM
 * (D17.2). E2H is 0. */
#ifndef VMM_CORE_EL2_REGISTERS_H
#define VMM_CORE_EL2_REGISTERS_H

#include "host.h"

#include "arm64.h"

/* Fields that TCR_EL2 and VTCR_EL2 have in common: write-back walks, inner shareable, 4 KiB
 * granule. */
#define EL2_TCR_T0SZ(bits)	  ((uint64_t)(64 - (bits)))
#define EL2_TCR_IRGN0_WB	  (UINT64_C(1) << 8)
#define EL2_TCR_ORGN0_WB	  (UINT64_C(1) << 10)
#define EL2_TCR_SH0_INNER	  (UINT64_C(3) << 12)
#define EL2_TCR_TG0_4K		  (UINT64_C(0) << 14)
#define EL2_TCR_PS(value)	  ((uint64_t)(value) << 16)
#define EL2_TCR_WALK		  (EL2_TCR_IRGN0_WB | EL2_TCR_ORGN0_WB | EL2_TCR_SH0_INNER | EL2_TCR_TG0_4K)

/* TCR_EL2: bits 23 and 31 are RES1. */
#define EL2_TCR_RES1		  (UINT64_C(1) << 23 | UINT64_C(1) << 31)

/* VTCR_EL2: bit 31 is RES1. SL0 counts backwards from level 2. */
#define EL2_VTCR_RES1		  (UINT64_C(1) << 31)
#define EL2_VTCR_VS		  (UINT64_C(1) << 19) /* 16-bit VMIDs */
#define EL2_VTCR_SL0(level)	  ((uint64_t)(2 - (level)) << 6)

/* MAIR_EL2: attribute 0 is Normal write-back, 1 is Device-nGnRE. */
#define EL2_MAIR_NORMAL		  0
#define EL2_MAIR_DEVICE		  1
#define EL2_MAIR		  (UINT64_C(0xff) << (8 * EL2_MAIR_NORMAL) | UINT64_C(0x04) << (8 * EL2_MAIR_DEVICE))

/* ID_AA64PFR0_EL1, ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1 */
#define EL2_PFR0_EL1(value)	  ((value) >> 4 & 0xf)
#define EL2_PFR0_GIC(value)	  ((value) >> 24 & 0xf)
#define EL2_PFR0_AARCH32	  2
#define EL2_MMFR0_PARANGE(value)  ((value) & 0xf)
#define EL2_MMFR0_TGRAN4(value)	  ((value) >> 28 & 0xf)
#define EL2_MMFR0_TGRAN4_2(value) ((value) >> 40 & 0xf)
#define EL2_MMFR1_VMIDBITS(value) ((value) >> 4 & 0xf)
#define EL2_PARANGE_48		  5
#define EL2_TGRAN4_NONE		  0xf
#define EL2_TGRAN4_2_NONE	  1
#define EL2_VMIDBITS_16		  2

#endif
