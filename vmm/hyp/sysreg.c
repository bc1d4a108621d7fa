// SPDX-License-Identifier: BSD-2-Clause
/*
 * Trapped system register accesses (MSR, MRS). What is not offered to the guest is UNDEFINED, as on
 * a CPU without it.
 */
#include "hyp.h"

#define ACTLR_EL1	      SYSREG(3, 0, 1, 0, 1)
#define ID_AA64DFR0_EL1	      SYSREG(3, 0, 0, 5, 0)
#define CNTPCT_EL0	      SYSREG(3, 3, 14, 0, 1)
#define ICC_DIR_EL1	      SYSREG(3, 0, 12, 11, 1)
#define ICC_SGI1R_EL1	      SYSREG(3, 0, 12, 11, 5)
#define ICC_ASGI1R_EL1	      SYSREG(3, 0, 12, 11, 6)
#define ICC_SGI0R_EL1	      SYSREG(3, 0, 12, 11, 7)
#define ICC_SRE_EL1	      SYSREG(3, 0, 12, 12, 5)
#define ICC_SRE_FIXED	      7 /* SRE, DFB, DIB: system registers only, no bypass */

#define ENCODING_ID_FIRST     SYSREG(3, 0, 0, 1, 0)
#define ENCODING_ID_LAST      SYSREG(3, 0, 0, 7, 7)
#define ENCODING_OP1_MASK     SYSREG(0, 7, 0, 0, 0)
#define ENCODING_OP0_CRN(e)   ((e) & SYSREG(3, 0, 15, 0, 0))
#define ENCODING_CRM_OP2_MASK SYSREG(0, 0, 0, 15, 7)

/* CNTP_TVAL_EL0, CNTP_CTL_EL0, CNTP_CVAL_EL0 */
static bool is_physical_timer(uint32_t encoding)
{
	return encoding == SYSREG(3, 3, 14, 2, 0) || encoding == SYSREG(3, 3, 14, 2, 1) ||
	       encoding == SYSREG(3, 3, 14, 2, 2);
}

/* The space of identification registers that HCR_EL2.TID3 traps: op0 3, op1 0, CRn 0, CRm 1 to 7.
 */
static bool is_id(uint32_t encoding)
{
	return (encoding & ~(uint32_t)ENCODING_CRM_OP2_MASK) == SYSREG(3, 0, 0, 0, 0);
}

/* Undoes ISS order: true if op0 is 2 (debug registers). */
static bool is_debug(uint32_t encoding)
{
	return (encoding & SYSREG(3, 0, 0, 0, 0)) == SYSREG(2, 0, 0, 0, 0);
}

static inline __attribute__((always_inline)) bool sysreg_read(struct hyp_vcpu *vcpu,
							      uint32_t encoding, uint64_t *value)
{
	if (is_physical_timer(encoding))
		*value = timer_read(vcpu, encoding);
	else if (encoding == ICC_SRE_EL1)
		*value = ICC_SRE_FIXED;
	else if (encoding == CNTPCT_EL0) /* of EL0: some CPUs trap it with the timer */
		*value = read_sysreg(cntpct_el0);
	else if (encoding == ACTLR_EL1)
		*value = 0;
	else if (is_debug(encoding))
		return debug_access(vcpu, encoding, true, value);
	else
		return icc_read(encoding, value);
	return true;
}

static inline __attribute__((always_inline)) bool sysreg_write(struct hyp_vcpu *vcpu,
							       uint32_t encoding, uint64_t value)
{
	if (is_physical_timer(encoding))
		timer_write(vcpu, encoding, value);
	else if (encoding == ICC_DIR_EL1)
		vgic_deactivate(vcpu, (uint32_t)value & 0xffffff);
	else if (is_debug(encoding))
		return debug_access(vcpu, encoding, false, &value);
	else
		return encoding == ACTLR_EL1 || encoding == ICC_SRE_EL1 ||
		       icc_write(encoding, value);
	return true;
}

static uint64_t send_sgi(struct hyp_vcpu *vcpu, uint64_t value, bool group1)
{
	trap_skip();
	vcpu->exit.wake |= vgic_send_sgi(vcpu, value, group1);
	return vcpu->exit.wake ? HYP_EXIT_WAKE : 0;
}

static uint64_t trapped_write(struct hyp_vcpu *vcpu, uint32_t encoding, uint64_t value)
{
	if (encoding == ICC_SGI1R_EL1)
		return send_sgi(vcpu, value, true);
	if (encoding == ICC_SGI0R_EL1 || encoding == ICC_ASGI1R_EL1)
		return send_sgi(vcpu, value, false);
	if (pmu_trap(vcpu, encoding))
		return 0;
	if (sysreg_write(vcpu, encoding, value))
		trap_skip();
	else
		inject_undefined(vcpu);
	return 0;
}

uint64_t sysreg_trap(struct hyp_vcpu *vcpu, uint64_t esr)
{
	uint32_t encoding = ISS_SYSREG(esr);
	unsigned int rt = ISS_SYSREG_RT(esr);
	uint64_t value;

	vcpu_count(vcpu, VMM_STAT_EXIT_SYSREG);
	if (!(esr & ISS_SYSREG_READ))
		return trapped_write(vcpu, encoding, vcpu_get_x(vcpu, rt));
	if (is_id(encoding)) {
		value = id_register(encoding);
		if (encoding == ID_AA64DFR0_EL1)
			value |= pmu_id(vcpu);
	} else if (pmu_trap(vcpu, encoding)) {
		return 0;
	} else if (!sysreg_read(vcpu, encoding, &value)) {
		inject_undefined(vcpu);
		return 0;
	}
	vcpu_set_x(vcpu, rt, value);
	trap_skip();
	return 0;
}

/* The same for an instruction of AArch32 that names a register of this encoding; "value" is what is
 * written, or gets what is read. False: UNDEFINED. */
bool sysreg_access(struct hyp_vcpu *vcpu, uint32_t encoding, bool read, uint64_t *value)
{
	if (!read)
		return sysreg_write(vcpu, encoding, *value);
	if (!is_id(encoding))
		return sysreg_read(vcpu, encoding, value);
	*value = id_register(encoding);
	return true;
}
