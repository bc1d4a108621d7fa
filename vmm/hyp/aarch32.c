// SPDX-License-Identifier: BSD-2-Clause
/*
 * Guests whose EL1 is in AArch32, and User mode under one in AArch64: trapped conditional
 * instructions, stepping over instructions of 2 and 4 bytes, and the registers that such guests
 * have beside the others (Arm ARM G1, D1.20).
 */
#include "hyp.h"

#include "aarch32.h"

#define COND_ALWAYS	   0xe
#define EC_FIRST_EXCEPTION 0x10 /* from here on all classes but that of SMC are of no condition */

/* Arm ARM F2.3.1, ConditionHolds() */
static bool holds(unsigned int condition, uint64_t pstate)
{
	bool n = pstate >> 31 & 1, z = pstate >> 30 & 1, c = pstate >> 29 & 1, v = pstate >> 28 & 1;
	bool result = true;

	switch (condition >> 1) {
	case 0:
		result = z;
		break;
	case 1:
		result = c;
		break;
	case 2:
		result = n;
		break;
	case 3:
		result = v;
		break;
	case 4:
		result = c && !z;
		break;
	case 5:
		result = n == v;
		break;
	case 6:
		result = n == v && !z;
		break;
	}
	return (condition & 1) && condition < COND_ALWAYS ? !result : result;
}

/*
 * A CPU may trap an instruction whose condition fails. The condition is in the syndrome, or, for
 * T32 on CPUs that do not say it, in PSTATE.IT (D13.2.37, "CV").
 */
bool aarch32_condition_holds(uint64_t esr, uint64_t pstate)
{
	unsigned int condition = ISS_COND(esr);
	uint64_t it;

	if (ESR_EC(esr) >= EC_FIRST_EXCEPTION && ESR_EC(esr) != EC_SMC32)
		return true;
	if (!(esr & ISS_CV)) {
		it = aarch32_it(pstate);
		if (!(pstate & AARCH32_T) || !it)
			return true;
		condition = (unsigned int)(it >> 4);
	}
	return holds(condition, pstate);
}

/* Past the trapped instruction, to the next one of its IT block. */
void aarch32_skip(uint64_t esr)
{
	write_sysreg(elr_el2, (uint32_t)(read_sysreg(elr_el2) + (esr & ESR_IL ? 4 : 2)));
	write_sysreg(spsr_el2, aarch32_advance(read_sysreg(spsr_el2)));
}

/* Only modes that EL1 and EL0 in AArch32 have; anything else becomes Supervisor. */
uint64_t aarch32_pstate(uint64_t pstate)
{
	static const uint32_t modes = 1u << AARCH32_MODE_USR | 1u << AARCH32_MODE_FIQ |
				      1u << AARCH32_MODE_IRQ | 1u << AARCH32_MODE_SVC |
				      1u << AARCH32_MODE_ABT | 1u << AARCH32_MODE_UND |
				      1u << AARCH32_MODE_SYS;

	pstate &= 0xffffffff;
	if (modes >> (pstate & PSR_MODE_MASK) & 1)
		return pstate;
	return (pstate & ~(uint64_t)PSR_MODE_MASK) | AARCH32_MODE_SVC;
}

#define LOAD(name, reg) write_sysreg(reg, vcpu->aarch32[HYP_##name]);
#define SAVE(name, reg) vcpu->aarch32[HYP_##name] = read_sysreg(reg);

/*
 * Into the CPU, before traps of floating point are on (they are of FPEXC32_EL2, too). TCR_EL1 has
 * the host's value with walks off; it must say so as a TTBCR as well, in the format that has these
 * bits. Vector catch stays off: the guest's DBGVCR is not offered.
 */
void aarch32_load(const struct hyp_vcpu *vcpu)
{
	write_sysreg(tcr_el1, read_sysreg(tcr_el1) | AARCH32_TTBCR_EAE);
	HYP_SYSREGS_AARCH32(LOAD)
	write_sysreg(dbgvcr32_el2, 0);
	arch_isb();
}

/* Out of the CPU, when floating point is no longer trapped. Leaves EL1 in AArch64, walks off; of a
 * host at EL2 both are what host_load() does next. */
void aarch32_save(struct hyp_vcpu *vcpu)
{
	arch_isb();
	HYP_SYSREGS_AARCH32(SAVE)
	if (ARCH_HOST_AT_EL2)
		return;
	write_sysreg(tcr_el1, TCR_EPD0 | TCR_EPD1 | AARCH32_TTBCR_EAE);
	arch_isb();
	write_sysreg(hcr_el2, HCR_GUEST);
	arch_isb();
}
