// SPDX-License-Identifier: BSD-2-Clause
/* PSCI and the SMC Calling Convention's own calls. */
#include "bhyve/psci.h"

#include <errno.h>

/* Function identifiers; bit 30 set makes the SMC64 one of those that have both. */
#define SMCCC_64	       0x40000000u
#define SMCCC_VERSION	       0x80000000u
#define SMCCC_ARCH_FEATURES    0x80000001u
#define PSCI_VERSION	       0x84000000u
#define PSCI_CPU_SUSPEND       0x84000001u
#define PSCI_CPU_OFF_CALL      0x84000002u
#define PSCI_CPU_ON	       0x84000003u
#define PSCI_AFFINITY_INFO     0x84000004u
#define PSCI_MIGRATE_INFO_TYPE 0x84000006u
#define PSCI_SYSTEM_OFF_CALL   0x84000008u
#define PSCI_SYSTEM_RESET_CALL 0x84000009u
#define PSCI_FEATURES	       0x8400000au

/* Results (DEN0022D 5.2.2). */
#define SUCCESS		       0
#define NOT_SUPPORTED	       (-1)
#define INVALID_PARAMETERS     (-2)
#define ALREADY_ON	       (-4)
#define INTERNAL_FAILURE       (-6)
#define INVALID_ADDRESS	       (-9)

#define VERSION_PSCI_1_0       0x00010000
#define VERSION_SMCCC_1_1      0x00010001
/* MIGRATE_INFO_TYPE: there is no trusted OS that would have to be migrated. */
#define NO_TRUSTED_OS	       2
#define AFFINITY_ON	       0
#define AFFINITY_OFF	       1

/* Bits of MPIDR that are affinity (Aff3, Aff2, Aff1, Aff0). */
#define AFFINITY_MASK	       0xff00ffffffULL
/* Bits of power_state that are zero in the original format (DEN0022D 5.4.2). */
#define POWER_STATE_RESERVED   0xfcfe0000u

/* DEN0022D 5.1.4, and 6.4.3 on bit 0 */
static bool entry_is_valid(const struct psci_machine *machine, uint64_t entry)
{
	if (machine->aarch32 && (entry & 1))
		return machine->is_ram(entry & ~1ULL);
	return entry % 4 == 0 && machine->is_ram(entry);
}

static int64_t cpu_on(const struct psci_machine *machine, uint64_t target, uint64_t entry,
		      uint64_t context)
{
	int error;

	if (target >= machine->vcpus)
		return INVALID_PARAMETERS;
	if (!entry_is_valid(machine, entry))
		return INVALID_ADDRESS;
	error = machine->cpu_on((unsigned)target, entry, context);
	if (error == -EALREADY)
		return ALREADY_ON;
	return error ? INTERNAL_FAILURE : SUCCESS;
}

/* Above level 0 the question is whether any vCPU of the cluster, or cluster of clusters, is on. */
static int64_t affinity_info(const struct psci_machine *machine, uint64_t target, uint64_t level)
{
	uint32_t on = machine->cpus_on();
	uint64_t mask;

	if (level > 3 || target & ~AFFINITY_MASK)
		return INVALID_PARAMETERS;
	if (level == 0) {
		if (target >= machine->vcpus)
			return INVALID_PARAMETERS;
		return on >> target & 1 ? AFFINITY_ON : AFFINITY_OFF;
	}
	mask = level == 3 ? 0xff00000000ULL : AFFINITY_MASK & ~((1ULL << 8 * level) - 1);
	if (target & mask)
		return INVALID_PARAMETERS;
	return on ? AFFINITY_ON : AFFINITY_OFF;
}

/*
 * Every state is entered as a standby state from which a wake-up event has just come: a power-down
 * state may be left early (DEN0022D 5.4.3), and the guest's own WFI sleeps.
 */
static int64_t cpu_suspend(uint64_t power_state)
{
	return power_state & POWER_STATE_RESERVED ? INVALID_PARAMETERS : SUCCESS;
}

static int64_t psci_features(uint32_t function)
{
	switch (function) {
	case PSCI_VERSION:
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | SMCCC_64:
	case PSCI_CPU_OFF_CALL:
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | SMCCC_64:
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | SMCCC_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF_CALL:
	case PSCI_SYSTEM_RESET_CALL:
	case PSCI_FEATURES:
	case SMCCC_VERSION:
		return SUCCESS;
	default:
		return NOT_SUPPORTED;
	}
}

static int64_t arch_features(uint32_t function)
{
	return function == SMCCC_VERSION || function == SMCCC_ARCH_FEATURES ? SUCCESS
									    : NOT_SUPPORTED;
}

/* The calls that return: x1 to x3 are arguments already cut to 32 bits for SMC32. */
static int64_t answer(const struct psci_machine *machine, uint32_t function, const uint64_t x[4])
{
	switch (function) {
	case SMCCC_VERSION:
		return VERSION_SMCCC_1_1;
	case SMCCC_ARCH_FEATURES:
		return arch_features((uint32_t)x[1]);
	case PSCI_VERSION:
		return VERSION_PSCI_1_0;
	case PSCI_FEATURES:
		return psci_features((uint32_t)x[1]);
	case PSCI_MIGRATE_INFO_TYPE:
		return NO_TRUSTED_OS;
	case PSCI_CPU_SUSPEND:
	case PSCI_CPU_SUSPEND | SMCCC_64:
		return cpu_suspend(x[1]);
	case PSCI_CPU_ON:
	case PSCI_CPU_ON | SMCCC_64:
		return cpu_on(machine, x[1], x[2], x[3]);
	case PSCI_AFFINITY_INFO:
	case PSCI_AFFINITY_INFO | SMCCC_64:
		return affinity_info(machine, x[1], x[2]);
	default:
		return NOT_SUPPORTED;
	}
}

enum psci_action psci_call(const struct psci_machine *machine, const uint64_t arg[8],
			   uint64_t ret[4])
{
	uint32_t function = (uint32_t)arg[0];
	uint64_t x[4];

	for (int i = 0; i < 4; i++) {
		ret[i] = arg[i]; /* SMCCC 1.1: what is no result is preserved */
		x[i] = function & SMCCC_64 ? arg[i] : (uint32_t)arg[i];
	}
	switch (function) {
	case PSCI_CPU_OFF_CALL:
		return PSCI_CPU_OFF;
	case PSCI_SYSTEM_OFF_CALL:
		return PSCI_SYSTEM_OFF;
	case PSCI_SYSTEM_RESET_CALL:
		return PSCI_SYSTEM_RESET;
	default:
		ret[0] = (uint64_t)answer(machine, function, x);
		return PSCI_CONTINUE;
	}
}
