/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PSCI for the guest: the calls over HVC that EL2 does not answer by itself.
 *
 * Arm DEN0022D (PSCI 1.0) and DEN0028 (SMC Calling Convention 1.1). vCPU N has affinity 0.0.0.N.
 */
#ifndef BHYVE_PSCI_H
#define BHYVE_PSCI_H

#include <stdbool.h>
#include <stdint.h>

/* What PSCI needs of the machine. */
struct psci_machine {
	unsigned vcpus;
	bool aarch32; /* the guest's EL1 is in AArch32: entry points may be T32 (bit 0) */
	/* Whether code can start at this address. */
	bool (*is_ram)(uint64_t ipa);
	/* Powers a vCPU on. 0, -EALREADY, or another negative errno. */
	int (*cpu_on)(unsigned vcpu, uint64_t entry, uint64_t context);
	/* Bit N: vCPU N is on. */
	uint32_t (*cpus_on)(void);
};

/* What the caller is to do after a call. */
enum psci_action {
	PSCI_CONTINUE,	   /* give the guest its results */
	PSCI_CPU_OFF,	   /* power this vCPU off; results are not looked at */
	PSCI_SYSTEM_OFF,   /* power the VM off */
	PSCI_SYSTEM_RESET, /* reset it */
};

/* Answers one call: arg is x0 to x7, ret becomes x0 to x3. Safe from all vCPU threads. */
enum psci_action psci_call(const struct psci_machine *machine, const uint64_t arg[8],
			   uint64_t ret[4]);

#endif
