/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's CPUs: PSCI over HVC (Arm DEN 0022), and functions run on other CPUs.
 */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include "arch.h"

#define MAX_CPUS	       16

#define PSCI_VERSION	       0x84000000
#define PSCI_CPU_SUSPEND       0xc4000001
#define PSCI_CPU_SUSPEND_32    0x84000001
#define PSCI_CPU_OFF	       0x84000002
#define PSCI_CPU_ON	       0xc4000003
#define PSCI_CPU_ON_32	       0x84000003
#define PSCI_AFFINITY_INFO     0xc4000004
#define PSCI_AFFINITY_INFO_32  0x84000004
#define PSCI_MIGRATE_INFO_TYPE 0x84000006
#define PSCI_SYSTEM_OFF	       0x84000008
#define PSCI_SYSTEM_RESET      0x84000009
#define PSCI_FEATURES	       0x8400000a
#define SMCCC_VERSION	       0x80000000
#define SMCCC_ARCH_FEATURES    0x80000001

#define PSCI_SUCCESS	       0
#define PSCI_NOT_SUPPORTED     (-1)
#define PSCI_INVALID_PARAMS    (-2)
#define PSCI_DENIED	       (-3)
#define PSCI_ALREADY_ON	       (-4)
#define PSCI_ON_PENDING	       (-5)
#define PSCI_INVALID_ADDRESS   (-9)

#define AFFINITY_ON	       0
#define AFFINITY_OFF	       1
#define AFFINITY_ON_PENDING    2

/* x0 of the result. */
int64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

/* This CPU's number: MPIDR_EL1.Aff0. */
static inline unsigned int cpu_self(void)
{
	return (unsigned int)read_sysreg(mpidr_el1) & 0xf;
}

/* How many CPUs the machine has, by PSCI. */
unsigned int cpu_count(void);

/* Runs function(argument) on a CPU that is off; it goes off again at the end. What PSCI CPU_ON
 * answers. */
int64_t cpu_start(unsigned int cpu, void (*function)(void *), void *argument);
/* Waits until the CPU is off; false if it does not go off. */
bool cpu_join(unsigned int cpu);
/* Starts on all CPUs but this one, and joins them. */
bool cpu_start_others(void (*function)(void *), void *argument);
bool cpu_join_others(void);

/* Where PSCI CPU_ON may enter, with the address of a struct cpu_start as context. */
extern const char secondary_entry[];

_Noreturn void power_off(void);

#endif
