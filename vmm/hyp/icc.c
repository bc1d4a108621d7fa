// SPDX-License-Identifier: BSD-2-Clause
/*
 * Registers of the CPU interface that are the guest's own but for a while (IHI 0069, 12.2
 * and 12.4).
 *
 * A guest with EOImode 1 names the interrupts that it deactivates, also those that no list register
 * holds: writes of ICC_DIR_EL1 have to be seen as long as there are such. ICH_HCR_EL2.TDIR traps
 * them alone. CPUs without it (ICH_VTR_EL2.TDS is 0: Cortex-A53) have ICH_HCR_EL2.TC, which traps
 * all registers that both groups share. What the guest would have read and written itself is in the
 * virtual CPU interface.
 */
#include "hyp.h"

#define ICC_PMR_EL1   SYSREG(3, 0, 4, 6, 0)
#define ICC_RPR_EL1   SYSREG(3, 0, 12, 11, 3)
#define ICC_CTLR_EL1  SYSREG(3, 0, 12, 12, 4)

#define ICC_CTLR_CBPR ARM64_BIT(0)
#define ICC_CTLR_EOIM ARM64_BIT(1)
#define IDLE_PRIORITY 0xff

uint64_t icc_dir_trap(uint64_t vtr)
{
	return vtr & ICH_VTR_TDS ? ICH_HCR_TDIR : ICH_HCR_TC;
}

/* The fields of ICH_VTR_EL2 stand in the other order. */
static uint64_t ctlr_implemented(uint64_t vtr)
{
	uint64_t pribits = (vtr >> 29 & 7) << 8, idbits = (vtr >> 23 & 7) << 11;
	uint64_t seis = (vtr >> 22 & 1) << 14, a3v = (vtr >> 21 & 1) << 15;

	return pribits | idbits | seis | a3v;
}

static uint64_t ctlr_read(uint64_t vmcr, uint64_t vtr)
{
	return ctlr_implemented(vtr) | (vmcr & ICH_VMCR_VCBPR ? ICC_CTLR_CBPR : 0) |
	       (vmcr & ICH_VMCR_VEOIM ? ICC_CTLR_EOIM : 0);
}

static uint64_t ctlr_written(uint64_t vmcr, uint64_t value)
{
	vmcr &= ~(ICH_VMCR_VCBPR | ICH_VMCR_VEOIM);
	return vmcr | (value & ICC_CTLR_CBPR ? ICH_VMCR_VCBPR : 0) |
	       (value & ICC_CTLR_EOIM ? ICH_VMCR_VEOIM : 0);
}

/* The bits of a priority that the CPU has not read as zero, and are not written. */
static uint64_t pmr_written(uint64_t vmcr, uint64_t value, uint64_t vtr)
{
	uint64_t mask = 0xff & ~(UINT64_C(0xff) >> ICH_VTR_PRIBITS(vtr));

	vmcr &= ~(UINT64_C(0xff) << ICH_VMCR_VPMR_SHIFT);
	return vmcr | (value & mask) << ICH_VMCR_VPMR_SHIFT;
}

/* The highest active priority of both groups (12.2.20). */
static uint64_t running_priority(uint64_t vtr)
{
	uint32_t active = (uint32_t)(read_sysreg(ich_ap0r0_el2) | read_sysreg(ich_ap1r0_el2));

	return active ? (uint64_t)__builtin_ctz(active) << (8 - ICH_VTR_PREBITS(vtr))
		      : IDLE_PRIORITY;
}

bool icc_read(uint32_t encoding, uint64_t *value)
{
	uint64_t vtr = read_sysreg(ich_vtr_el2), vmcr = read_sysreg(ich_vmcr_el2);

	if (encoding == ICC_PMR_EL1)
		*value = vmcr >> ICH_VMCR_VPMR_SHIFT & 0xff;
	else if (encoding == ICC_CTLR_EL1)
		*value = ctlr_read(vmcr, vtr);
	else if (encoding == ICC_RPR_EL1)
		*value = running_priority(vtr);
	else
		return false;
	return true;
}

bool icc_write(uint32_t encoding, uint64_t value)
{
	uint64_t vmcr = read_sysreg(ich_vmcr_el2);

	if (encoding == ICC_PMR_EL1)
		vmcr = pmr_written(vmcr, value, read_sysreg(ich_vtr_el2));
	else if (encoding == ICC_CTLR_EL1)
		vmcr = ctlr_written(vmcr, value);
	else
		return false;
	write_sysreg(ich_vmcr_el2, vmcr);
	return true;
}
