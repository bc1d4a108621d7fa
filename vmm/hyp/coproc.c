// SPDX-License-Identifier: BSD-2-Clause
/*
 * Trapped accesses of AArch32 to CP15, CP14 and the identification registers of floating point
 * (Arm ARM D13.2.37, G8). Most are a register of AArch64 under another name, whose emulation they
 * share; what is not offered is UNDEFINED.
 */
#include "hyp.h"

#include "aarch32.h"

#define CP32(opc1, crn, crm, opc2) SYSREG(0, opc1, crn, crm, opc2)
#define OP0_CP15		   SYSREG(3, 0, 0, 0, 0)
#define OP0_CP14		   SYSREG(2, 0, 0, 0, 0)
#define CRN_TIMER		   14
#define CRM_GIC			   12
#define CRM_TIMER		   14
#define CNTP_CVAL_EL0		   SYSREG(3, 3, 14, 2, 2)
#define CNTPCT_EL0		   SYSREG(3, 3, 14, 0, 1)
#define MVFR(n)			   SYSREG(3, 0, 0, 3, (n))
#define VMRS_MVFR0		   7 /* reg field of VMRS; MVFR1 is 6, MVFR2 is 5 */
#define VMRS_MVFR2		   5

#define DBGDIDR			   CP32(0, 0, 0, 0)
#define DBGDSCRINT		   CP32(0, 0, 1, 0)
#define DSCR_UDCCDIS		   ARM64_BIT(12)
#define DSCR_MDBGEN		   ARM64_BIT(15)
#define DIDR_VERSION_V8		   (UINT64_C(6) << 16)
#define DIDR_RES1		   ARM64_BIT(15)
#define PSR_NZCV		   UINT64_C(0xf0000000)

/* The general registers that the instruction names, as 32 or 64 bits. */
static uint64_t operand(const struct hyp_vcpu *vcpu, unsigned int rt)
{
	return (uint32_t)vcpu_get_x(vcpu, rt);
}

/* The rest of the space that TID3 traps, and what AArch64 keeps there for itself. */
static bool id_is_reserved(uint32_t encoding)
{
	unsigned int crm = ISS_CP_CRM(encoding), op2 = ISS_CP32_OPC2(encoding);

	return crm > 3 || (crm == 3 && op2 < 3);
}

static bool cp15_access(struct hyp_vcpu *vcpu, uint64_t esr, bool read, uint64_t *value)
{
	uint32_t encoding = ISS_CP32(esr) | OP0_CP15;

	if (ISS_CP32_CRN(esr) == CRN_TIMER)
		encoding |= SYSREG(0, 3, 0, 0, 0);
	if (ISS_CP32_CRN(esr) == 0 && ISS_CP32_OPC1(esr) == 0 && id_is_reserved(encoding)) {
		*value = 0;
		return read;
	}
	return sysreg_access(vcpu, encoding, read, value);
}

/* DBGDIDR: breakpoints, watchpoints and context-aware ones as ID_AA64DFR0_EL1 has them. */
static uint64_t debug_id(void)
{
	uint64_t dfr0 = read_sysreg(id_aa64dfr0_el1);

	return (dfr0 >> 20 & 0xf) << 28 | (dfr0 >> 12 & 0xf) << 24 | (dfr0 >> 28 & 0xf) << 20 |
	       DIDR_VERSION_V8 | DIDR_RES1;
}

/* Read as zero, writes ignored. */
static bool debug_is_quiet(uint32_t encoding)
{
	static const uint32_t quiet[] = {
		DBGDSCRINT,	  CP32(0, 0, 5, 0), /* DBGDTRRXint, DBGDTRTXint */
		CP32(0, 0, 6, 0),		    /* DBGWFAR */
		CP32(0, 0, 7, 0),		    /* DBGVCR */
		CP32(0, 2, 0, 0),		    /* DBGDSAR */
		CP32(0, 7, 0, 7),		    /* DBGDEVID2 */
		CP32(0, 7, 1, 7),		    /* DBGDEVID1 */
		CP32(0, 7, 2, 7),		    /* DBGDEVID */
	};

	if ((encoding & ~CP32(0, 0, 15, 0)) == CP32(0, 1, 0, 1)) /* DBGBXVRn */
		return true;
	for (unsigned int i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (quiet[i] == encoding)
			return true;
	return false;
}

static bool cp14_access(struct hyp_vcpu *vcpu, uint64_t esr, bool read, uint64_t *value)
{
	uint32_t encoding = ISS_CP32(esr);

	if (debug_is_quiet(encoding) || (read && encoding == DBGDIDR)) {
		vcpu_count(vcpu, VMM_STAT_EXIT_DEBUG);
		*value = 0;
		if (encoding == DBGDIDR)
			*value = debug_id();
		else if (encoding == DBGDSCRINT)
			*value = read_sysreg(mdscr_el1) & (DSCR_MDBGEN | DSCR_UDCCDIS);
		return true;
	}
	return ISS_CP32_OPC1(esr) == 0 && debug_access(vcpu, encoding | OP0_CP14, read, value);
}

/* VMRS of MVFR0 to MVFR2. */
static bool fp_id(uint64_t esr, uint64_t *value)
{
	unsigned int reg = ISS_CP32_CRN(esr);

	if (reg < VMRS_MVFR2 || reg > VMRS_MVFR0)
		return false;
	*value = id_register(MVFR(VMRS_MVFR0 - reg));
	return true;
}

/* MRC to APSR_nzcv (R15) sets the flags. */
static void set_result(struct hyp_vcpu *vcpu, unsigned int rt, uint64_t value)
{
	if (rt == 31)
		write_sysreg(spsr_el2, (read_sysreg(spsr_el2) & ~PSR_NZCV) | (value & PSR_NZCV));
	else
		vcpu_set_x(vcpu, rt, (uint32_t)value);
}

static bool access32(struct hyp_vcpu *vcpu, uint64_t esr, bool read, uint64_t *value)
{
	if (ESR_EC(esr) == EC_CP15_32)
		return cp15_access(vcpu, esr, read, value);
	if (ESR_EC(esr) == EC_CP14_32)
		return cp14_access(vcpu, esr, read, value);
	return read && fp_id(esr, value);
}

static uint64_t trap32(struct hyp_vcpu *vcpu, uint64_t esr)
{
	unsigned int rt = ISS_SYSREG_RT(esr);
	bool read = (esr & ISS_SYSREG_READ) != 0;
	uint64_t value = operand(vcpu, rt);

	if (!access32(vcpu, esr, read, &value)) {
		inject_undefined(vcpu);
		return 0;
	}
	if (read)
		set_result(vcpu, rt, value);
	aarch32_skip(esr);
	return 0;
}

/* ICC_SGI1R, ICC_ASGI1R, ICC_SGI0R: opc1 0 to 2. */
static bool send_sgi(struct hyp_vcpu *vcpu, unsigned int opc1, uint64_t value)
{
	if (opc1 > 2)
		return false;
	vcpu->exit.wake |= vgic_send_sgi(vcpu, value, opc1 == 0);
	return true;
}

static bool cp15_access64(struct hyp_vcpu *vcpu, uint64_t esr, bool read, uint64_t *value)
{
	unsigned int opc1 = ISS_CP64_OPC1(esr);

	if (ISS_CP_CRM(esr) == CRM_GIC)
		return !read && send_sgi(vcpu, opc1, *value);
	if (ISS_CP_CRM(esr) == CRM_TIMER && opc1 == 0)
		return sysreg_access(vcpu, CNTPCT_EL0, read, value);
	if (ISS_CP_CRM(esr) == CRM_TIMER && opc1 == 2)
		return sysreg_access(vcpu, CNTP_CVAL_EL0, read, value);
	return false;
}

/* DBGDRAR and DBGDSAR: there is no debug component in memory. */
static bool cp14_access64(uint64_t esr, bool read, uint64_t *value)
{
	*value = 0;
	return read && ISS_CP64_OPC1(esr) == 0 && (ISS_CP_CRM(esr) == 1 || ISS_CP_CRM(esr) == 2);
}

static uint64_t trap64(struct hyp_vcpu *vcpu, uint64_t esr)
{
	unsigned int rt = ISS_SYSREG_RT(esr), rt2 = ISS_CP64_RT2(esr);
	bool read = (esr & ISS_SYSREG_READ) != 0, done;
	uint64_t value = operand(vcpu, rt) | operand(vcpu, rt2) << 32;

	if (ESR_EC(esr) == EC_CP15_64)
		done = cp15_access64(vcpu, esr, read, &value);
	else
		done = cp14_access64(esr, read, &value);
	if (!done) {
		inject_undefined(vcpu);
		return 0;
	}
	if (read) {
		vcpu_set_x(vcpu, rt, (uint32_t)value);
		vcpu_set_x(vcpu, rt2, value >> 32);
	}
	aarch32_skip(esr);
	return vcpu->exit.wake ? HYP_EXIT_WAKE : 0;
}

/* MCR and MRC, MCRR and MRRC, VMRS. LDC and STC reach the debug channel, which is not there. */
uint64_t coproc_trap(struct hyp_vcpu *vcpu, uint64_t esr)
{
	uint32_t class = ESR_EC(esr);

	vcpu_count(vcpu, VMM_STAT_EXIT_SYSREG);
	if (class == EC_CP15_64 || class == EC_CP14_64)
		return trap64(vcpu, esr);
	if (class != EC_CP14_LDC)
		return trap32(vcpu, esr);
	inject_undefined(vcpu);
	return 0;
}
