// SPDX-License-Identifier: BSD-2-Clause
/* Names of states, registers and statistics. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "vmmapi.h"

const char *vm_state_name(const struct vmm_info *info)
{
	switch (info->state) {
	case VMM_STATE_RUNNING:
		return "running";
	case VMM_STATE_SUSPENDED:
		return "off";
	case VMM_STATE_IDLE:
		return info->vcpus_on ? "paused" : "loading";
	default:
		return "unknown";
	}
}

static const char *const register_names[VMM_REG_COUNT] = {
	"x0",
	"x1",
	"x2",
	"x3",
	"x4",
	"x5",
	"x6",
	"x7",
	"x8",
	"x9",
	"x10",
	"x11",
	"x12",
	"x13",
	"x14",
	"x15",
	"x16",
	"x17",
	"x18",
	"x19",
	"x20",
	"x21",
	"x22",
	"x23",
	"x24",
	"x25",
	"x26",
	"x27",
	"x28",
	"x29",
	"x30",
	[VMM_REG_PC] = "pc",
	[VMM_REG_PSTATE] = "pstate",
	[VMM_REG_SP_EL0] = "sp-el0",
	[VMM_REG_SP_EL1] = "sp-el1",
	[VMM_REG_ELR_EL1] = "elr-el1",
	[VMM_REG_SPSR_EL1] = "spsr-el1",
	[VMM_REG_SCTLR_EL1] = "sctlr-el1",
	[VMM_REG_CPACR_EL1] = "cpacr-el1",
	[VMM_REG_TTBR0_EL1] = "ttbr0-el1",
	[VMM_REG_TTBR1_EL1] = "ttbr1-el1",
	[VMM_REG_TCR_EL1] = "tcr-el1",
	[VMM_REG_ESR_EL1] = "esr-el1",
	[VMM_REG_AFSR0_EL1] = "afsr0-el1",
	[VMM_REG_AFSR1_EL1] = "afsr1-el1",
	[VMM_REG_FAR_EL1] = "far-el1",
	[VMM_REG_MAIR_EL1] = "mair-el1",
	[VMM_REG_VBAR_EL1] = "vbar-el1",
	[VMM_REG_CONTEXTIDR_EL1] = "contextidr-el1",
	[VMM_REG_AMAIR_EL1] = "amair-el1",
	[VMM_REG_CNTKCTL_EL1] = "cntkctl-el1",
	[VMM_REG_PAR_EL1] = "par-el1",
	[VMM_REG_TPIDR_EL0] = "tpidr-el0",
	[VMM_REG_TPIDRRO_EL0] = "tpidrro-el0",
	[VMM_REG_TPIDR_EL1] = "tpidr-el1",
	[VMM_REG_CSSELR_EL1] = "csselr-el1",
	[VMM_REG_MDSCR_EL1] = "mdscr-el1",
	[VMM_REG_MPIDR_EL1] = "mpidr-el1",
	[VMM_REG_CNTV_CTL_EL0] = "cntv-ctl-el0",
	[VMM_REG_CNTV_CVAL_EL0] = "cntv-cval-el0",
	[VMM_REG_CNTP_CTL_EL0] = "cntp-ctl-el0",
	[VMM_REG_CNTP_CVAL_EL0] = "cntp-cval-el0",
	[VMM_REG_CNTVOFF_EL2] = "cntvoff-el2",
	[VMM_REG_SPSR_ABT] = "spsr-abt",
	[VMM_REG_SPSR_UND] = "spsr-und",
	[VMM_REG_SPSR_IRQ] = "spsr-irq",
	[VMM_REG_SPSR_FIQ] = "spsr-fiq",
	[VMM_REG_DACR32_EL2] = "dacr32-el2",
	[VMM_REG_IFSR32_EL2] = "ifsr32-el2",
	[VMM_REG_FPEXC32_EL2] = "fpexc32-el2",
	[VMM_REG_STOLEN_TIME] = "stolen-time",
};

const char *vm_register_name(uint32_t reg)
{
	return reg < VMM_REG_COUNT ? register_names[reg] : NULL;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char c = *a == '_' ? '-' : (char)tolower((unsigned char)*a);

		if (c != *b)
			return false;
	}
	return *a == *b;
}

int vm_register_by_name(const char *name, uint32_t *reg)
{
	if (same_name(name, "lr"))
		name = "x30";
	for (uint32_t i = 0; i < VMM_REG_COUNT; i++) {
		if (same_name(name, register_names[i])) {
			*reg = i;
			return 0;
		}
	}
	return -ENOENT;
}

#define STAT_NAME(id, name, description)	[VMM_STAT_##id] = name,
#define STAT_DESCRIPTION(id, name, description) [VMM_STAT_##id] = description,

const char *vm_stat_name(uint32_t stat)
{
	static const char *const names[] = { VMM_STATS(STAT_NAME) };

	return stat < VMM_STAT_COUNT ? names[stat] : NULL;
}

const char *vm_stat_description(uint32_t stat)
{
	static const char *const descriptions[] = { VMM_STATS(STAT_DESCRIPTION) };

	return stat < VMM_STAT_COUNT ? descriptions[stat] : NULL;
}
