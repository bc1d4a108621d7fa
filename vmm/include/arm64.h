/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Register fields of the Arm architecture and the GICv3, named as in the Arm ARM (DDI 0487) and the
 * GIC specification (IHI 0069). Plain constants.
 */
#ifndef ARM64_H
#define ARM64_H

#define ARM64_BIT(n)  (UINT64_C(1) << (n))

/* HCR_EL2 (Arm ARM D13.2.48) */
#define HCR_VM	      ARM64_BIT(0)
#define HCR_SWIO      ARM64_BIT(1)
#define HCR_FMO	      ARM64_BIT(3)
#define HCR_IMO	      ARM64_BIT(4)
#define HCR_AMO	      ARM64_BIT(5)
#define HCR_VSE	      ARM64_BIT(8)
#define HCR_FB	      ARM64_BIT(9)
#define HCR_BSU_INNER ARM64_BIT(10)
#define HCR_TWI	      ARM64_BIT(13)
#define HCR_TGE	      ARM64_BIT(27)
#define HCR_E2H	      ARM64_BIT(34)
#define HCR_TWE	      ARM64_BIT(14)
#define HCR_TID3      ARM64_BIT(18)
#define HCR_TSC	      ARM64_BIT(19)
#define HCR_TIDCP     ARM64_BIT(20)
#define HCR_TACR      ARM64_BIT(21)
#define HCR_RW	      ARM64_BIT(31)
#define HCR_TLOR      ARM64_BIT(35)
#define HCR_TERR      ARM64_BIT(36)

/* What a 64-bit guest runs with. */
#define HCR_GUEST                                                                             \
	(HCR_VM | HCR_SWIO | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER | HCR_TWI | \
	 HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR | HCR_TERR)
/* What one runs with whose EL1 is in AArch32. */
#define HCR_GUEST32	     (HCR_GUEST & ~HCR_RW)

/* CPTR_EL2, without VHE (D13.2.31) */
#define CPTR_TFP	     ARM64_BIT(10)
#define CPTR_TTA	     ARM64_BIT(20)
#define CPTR_TAM	     ARM64_BIT(30)
#define CPTR_RES1	     0x33ff
/* with VHE (D13.2.31) */
#define CPTR_VHE_FPEN	     (ARM64_BIT(20) | ARM64_BIT(21))
#define CPTR_VHE_TTA	     ARM64_BIT(28)

/* MDCR_EL2 (D13.3.19) */
#define MDCR_HPMN_MASK	     0x1f
#define MDCR_TPMCR	     ARM64_BIT(5)
#define MDCR_TPM	     ARM64_BIT(6)
#define MDCR_TDA	     ARM64_BIT(9)
#define MDCR_TDOSA	     ARM64_BIT(10)
#define MDCR_TDRA	     ARM64_BIT(11)
#define MDCR_TPMS	     ARM64_BIT(14)
#define MDCR_HPMD	     ARM64_BIT(17)
#define MDCR_TTRF	     ARM64_BIT(19)
#define MDCR_HCCD	     ARM64_BIT(23)

/* MPAM2_EL2: accesses of EL1 to MPAM1_EL1 and MPAM0_EL1 (DDI 0598) */
#define MPAM2_TRAPMPAM1EL1   ARM64_BIT(48)
#define MPAM2_TRAPMPAM0EL1   ARM64_BIT(49)

/* PMBLIMITR_EL1 and TRBLIMITR_EL1: the buffer is in use */
#define LIMITR_E	     ARM64_BIT(0)
/* PMBIDR_EL1 and TRBIDR_EL1: the buffer belongs to a higher exception level */
#define BUFFER_IDR_P	     ARM64_BIT(4)

/* CNTHCTL_EL2 (D13.8.2) */
#define CNTHCTL_EL1PCTEN     ARM64_BIT(0)
#define CNTHCTL_EL1PCEN	     ARM64_BIT(1)
#define CNTHCTL_VHE_EL1PCTEN ARM64_BIT(10)

/* CNTx_CTL */
#define CNT_CTL_ENABLE	     ARM64_BIT(0)
#define CNT_CTL_IMASK	     ARM64_BIT(1)
#define CNT_CTL_ISTATUS	     ARM64_BIT(2)

/* TCR_EL1 */
#define TCR_EPD0	     ARM64_BIT(7)
#define TCR_EPD1	     ARM64_BIT(23)

/* SCTLR_EL1 */
#define SCTLR_M		     ARM64_BIT(0)
#define SCTLR_SPAN	     ARM64_BIT(23)
/* RES1 bits of SCTLR_EL2 (D13.2.119) */
#define SCTLR_EL2_M	     ARM64_BIT(0)
#define SCTLR_EL2_A	     ARM64_BIT(1)
#define SCTLR_EL2_C	     ARM64_BIT(2)
#define SCTLR_EL2_SA	     ARM64_BIT(3)
#define SCTLR_EL2_I	     ARM64_BIT(12)
#define SCTLR_EL2_WXN	     ARM64_BIT(19)
#define SCTLR_EL2_RES1	     0x30c50830

/* PSTATE as in SPSR_ELx */
#define PSR_MODE_MASK	     0x1f
#define PSR_MODE_EL0T	     0x00
#define PSR_MODE_EL1T	     0x04
#define PSR_MODE_EL1H	     0x05
#define PSR_MODE32	     0x10
#define PSR_F		     ARM64_BIT(6)
#define PSR_I		     ARM64_BIT(7)
#define PSR_A		     ARM64_BIT(8)
#define PSR_D		     ARM64_BIT(9)
#define PSR_SS		     ARM64_BIT(21)
#define PSR_PAN		     ARM64_BIT(22)

/* ESR_ELx (D13.2.37) */
#define ESR_EC_SHIFT	     26
#define ESR_EC(esr)	     ((uint32_t)((esr) >> ESR_EC_SHIFT) & 0x3f)
#define ESR_IL		     ARM64_BIT(25)
#define ESR_ISS_MASK	     0x1ffffff
#define ISS_WFX_WFE	     ARM64_BIT(0) /* WFE or WFET; else WFI or WFIT */
#define EC_UNKNOWN	     0x00
#define EC_WFX		     0x01
#define EC_CP15_32	     0x03
#define EC_CP15_64	     0x04
#define EC_CP14_32	     0x05
#define EC_CP14_LDC	     0x06
#define EC_FP		     0x07
#define EC_FP_ID	     0x08
#define EC_CP14_64	     0x0c
#define EC_HVC32	     0x12
#define EC_SMC32	     0x13
#define EC_HVC64	     0x16
#define EC_SMC64	     0x17
#define EC_SYSREG	     0x18
#define EC_IABT_LOWER	     0x20
#define EC_IABT_SAME	     0x21
#define EC_DABT_LOWER	     0x24
#define EC_DABT_SAME	     0x25
#define EC_BREAKPOINT_LOWER  0x30
#define EC_BRK		     0x3c

/* ISS of a data abort */
#define ISS_DABT_ISV	     ARM64_BIT(24)
#define ISS_DABT_SAS(esr)    ((unsigned int)((esr) >> 22) & 3)
#define ISS_DABT_SSE	     ARM64_BIT(21)
#define ISS_DABT_SRT(esr)    ((unsigned int)((esr) >> 16) & 0x1f)
#define ISS_DABT_SF	     ARM64_BIT(15)
#define ISS_ABT_EA	     ARM64_BIT(9)
#define ISS_DABT_CM	     ARM64_BIT(8)
#define ISS_ABT_S1PTW	     ARM64_BIT(7)
#define ISS_DABT_WNR	     ARM64_BIT(6)
#define ISS_ABT_FSC(esr)     ((unsigned int)(esr) & 0x3f)

/* Of an SError on CPUs with RAS (D17.2.37, "ISS encoding for an SError interrupt") */
#define ISS_SERROR_IDS	     ARM64_BIT(24) /* the rest is the implementation's own */
#define ISS_SERROR_DFSC	     0x11	   /* in ISS_ABT_FSC: the fields below are there */
#define ISS_SERROR_AET(esr)  ((unsigned int)((esr) >> 10) & 7)
#define AET_UNCONTAINABLE    0
#define AET_RESTARTABLE	     2
#define AET_CORRECTED	     6
#define FSC_TYPE(fsc)	     ((fsc) & 0x3c)
#define FSC_TRANSLATION	     0x04
#define FSC_ACCESS_FLAG	     0x08
#define FSC_PERMISSION	     0x0c
#define FSC_EXTERNAL	     0x10

/* ISS of a trapped MSR or MRS: the encoding, without Rt and direction */
#define SYSREG(op0, op1, crn, crm, op2) \
	(((op0) << 20) | ((op2) << 17) | ((op1) << 14) | ((crn) << 10) | ((crm) << 1))
#define ISS_SYSREG(esr)		  ((uint32_t)(esr) & 0x3ffc1e)
#define ISS_SYSREG_RT(esr)	  ((unsigned int)((esr) >> 5) & 0x1f)
#define ISS_SYSREG_READ		  ARM64_BIT(0)

/* ISS of what an instruction of AArch32 was trapped for: its condition; MCR and MRC have the fields
 * of MSR and MRS, save op0; MCRR and MRRC */
#define ISS_CV			  ARM64_BIT(24)
#define ISS_COND(esr)		  ((unsigned int)((esr) >> 20) & 0xf)
#define ISS_CP32(esr)		  ((uint32_t)(esr) & 0x0ffc1e)
#define ISS_CP32_OPC2(esr)	  ((unsigned int)((esr) >> 17) & 7)
#define ISS_CP32_OPC1(esr)	  ((unsigned int)((esr) >> 14) & 7)
#define ISS_CP32_CRN(esr)	  ((unsigned int)((esr) >> 10) & 0xf)
#define ISS_CP_CRM(esr)		  ((unsigned int)((esr) >> 1) & 0xf)
#define ISS_CP64_OPC1(esr)	  ((unsigned int)((esr) >> 16) & 0xf)
#define ISS_CP64_RT2(esr)	  ((unsigned int)((esr) >> 10) & 0x1f)

/* HPFAR_EL2 */
#define HPFAR_TO_IPA(hpfar)	  (((hpfar) & 0xfffffffff0) << 8)
#define PAR_F			  ARM64_BIT(0)
#define PAR_PA_MASK		  0x000ffffffffff000

/* GICv3 CPU interface, hypervisor control (IHI 0069, 12.4) */
#define ICH_HCR_EN		  ARM64_BIT(0)
#define ICH_HCR_UIE		  ARM64_BIT(1)
#define ICH_HCR_LRENPIE		  ARM64_BIT(2)
#define ICH_HCR_TC		  ARM64_BIT(10)
#define ICH_HCR_TDIR		  ARM64_BIT(14)
#define ICH_VTR_TDS		  ARM64_BIT(19)
#define ICH_VTR_PREBITS(vtr)	  (((unsigned int)((vtr) >> 26) & 7) + 1)
#define ICH_VTR_PRIBITS(vtr)	  (((unsigned int)((vtr) >> 29) & 7) + 1)
#define ICH_VMCR_VCBPR		  ARM64_BIT(4)
#define ICH_VMCR_VEOIM		  ARM64_BIT(9)
#define ICH_HCR_NPIE		  ARM64_BIT(3)
#define ICH_HCR_EOICOUNT_SHIFT	  27
#define ICH_LR_PENDING		  ARM64_BIT(62)
#define ICH_LR_ACTIVE		  ARM64_BIT(63)
#define ICH_LR_HW		  ARM64_BIT(61)
#define ICH_LR_GROUP		  ARM64_BIT(60)
#define ICH_LR_EOI		  ARM64_BIT(41)
#define ICH_LR_PRIORITY_SHIFT	  48
#define ICH_LR_PINTID_SHIFT	  32
#define ICH_VMCR_VENG0		  ARM64_BIT(0)
#define ICH_VMCR_VENG1		  ARM64_BIT(1)
#define ICH_VMCR_VPMR_SHIFT	  24
#define ICC_SRE_EL2_ENABLE	  ARM64_BIT(3)
#define ICC_SGI1R_IRM		  ARM64_BIT(40)
#define ICC_SGI1R_INTID_MASK	  UINT64_C(0x0f000000)
#define ICC_SGI1R_HIGHER_AFFINITY UINT64_C(0x00fff0ff00ff0000) /* Aff3, RS, Aff2, Aff1 */

/* CTR_EL0: words of the smallest cache lines, log2 of them; DCZID_EL0: the same of DC ZVA's block
 */
#define CTR_LINES(ctr)		  ((ctr) & 0xf000f)
#define DCZID_BLOCK(dczid)	  ((dczid) & 0xf)

/* Firmware's calls (Arm DEN 0028, 7) */
#define SMCCC_VERSION		  0x80000000
#define SMCCC_ARCH_FEATURES	  0x80000001
#define SMCCC_ARCH_WORKAROUND_1	  0x80008000
#define SMCCC_ARCH_WORKAROUND_2	  0x80007fff
#define SMCCC_ARCH_WORKAROUND_3	  0x80003fff

/* INTIDs from here on name no interrupt (IHI 0069, 2.2.1): none is pending, say. */
#define GIC_INTID_SPECIAL	  1020

/* Redistributor registers that EL2 uses on the physical GIC, from the RD frame */
#define GICR_SGI_FRAME		  0x10000
#define GICR_ISPENDR0		  (GICR_SGI_FRAME + 0x200)
#define GICR_ICPENDR0		  (GICR_SGI_FRAME + 0x280)
#define GICR_ISACTIVER0		  (GICR_SGI_FRAME + 0x300)
#define GICR_ICACTIVER0		  (GICR_SGI_FRAME + 0x380)

/* The virtual machine's map as far as EL2 knows it (DESIGN, section 5) */
#define VM_GICD_BASE		  0x08000000
#define VM_GICD_SIZE		  0x10000
#define VM_GICR_BASE		  0x080a0000
#define VM_GICR_STRIDE		  0x20000
#define VM_PPI_PMU		  23
#define VM_PVTIME_BASE		  0x090a0000 /* a page: stolen time, where QEMU has it */
#define VM_PPI_VTIMER		  27
#define VM_PPI_PTIMER		  30

#endif
