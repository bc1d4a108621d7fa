/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EL2 of a host that runs there itself (HCR_EL2.E2H, Arm ARM D5.6, D8.13): names of EL1 registers
 * are the host's at EL2; a guest's have names of their own. They are never the host's, so that
 * switching them is only the guest's matter.
 */
#ifndef HYP_ARCH_VHE_H
#define HYP_ARCH_VHE_H

#define sctlr_el1	 sctlr_el12
#define cpacr_el1	 cpacr_el12
#define ttbr0_el1	 ttbr0_el12
#define ttbr1_el1	 ttbr1_el12
#define tcr_el1		 tcr_el12
#define mair_el1	 mair_el12
#define amair_el1	 amair_el12
#define vbar_el1	 vbar_el12
#define contextidr_el1	 contextidr_el12
#define cntkctl_el1	 cntkctl_el12
#define elr_el1		 elr_el12
#define spsr_el1	 spsr_el12
#define esr_el1		 esr_el12
#define far_el1		 far_el12
#define afsr0_el1	 afsr0_el12
#define afsr1_el1	 afsr1_el12
#define cntv_ctl_el0	 cntv_ctl_el02
#define cntv_cval_el0	 cntv_cval_el02

#define ARCH_HOST_AT_EL2 1
/* A guest's, beside struct hyp_vcpu.hcr */
#define ARCH_HCR_GUEST	 HCR_E2H
#define ARCH_CPTR_GUEST	 (CPTR_VHE_TTA | CPTR_TAM)
#define ARCH_CPTR_FP	 CPTR_VHE_FPEN /* other: FP and SIMD are the guest's */
#define ARCH_CNTHCTL	 CNTHCTL_VHE_EL1PCTEN

#endif
