// SPDX-License-Identifier: BSD-2-Clause
/*
 * Speculation across exception levels, on CPUs that need firmware's help against it
 * (doc/speculation.md). Branch predictors that a guest has trained are invalidated before EL2, the
 * host or another guest runs: by the vectors of entry.S, which are chosen per CPU, so that a CPU
 * that needs nothing pays nothing. Speculative store bypass is off while a guest runs.
 */
#include "hyp.h"

#define NEEDED	   0
#define NOT_NEEDED 1

/* What guests are told: that a call is needed if it is on any CPU; that it is not, if that is so on
 * all. */
static int32_t offers[HYP_WORKAROUND_COUNT];

static int32_t worse(int32_t a, int32_t b)
{
	if (a == NEEDED || b == NEEDED)
		return NEEDED;
	return a < b ? a : b;
}

/* What the vectors call on this CPU: 3 does what 1 does, too; 0 is none. */
static uint32_t entry_call(const struct hyp_cpu *cpu)
{
	if (cpu->firmware[HYP_WORKAROUND_3] == NEEDED)
		return SMCCC_ARCH_WORKAROUND_3;
	return cpu->firmware[HYP_WORKAROUND_1] == NEEDED ? SMCCC_ARCH_WORKAROUND_1 : 0;
}

/* Once per CPU, with what the driver has learnt from firmware. */
void speculation_init(struct hyp_cpu *cpu)
{
	for (unsigned int i = 0; i < HYP_WORKAROUND_COUNT; i++)
		offers[i] = cpu->rule == HYP_CPU_FIRST ? cpu->firmware[i]
						       : worse(offers[i], cpu->firmware[i]);
	cpu->entry_call = entry_call(cpu);
	cpu->vectors = (uintptr_t)(cpu->entry_call ? guest_vectors_hardened : guest_vectors);
}

/* Before a guest is entered. A Linux host has the mitigation on while its kernel runs, so there is
 * nothing to put back. */
void speculation_enter(const struct hyp_cpu *cpu)
{
	if (cpu->firmware[HYP_WORKAROUND_2] == NEEDED)
		arch_firmware_call(SMCCC_ARCH_WORKAROUND_2, 1);
}

/* What SMCCC_ARCH_FEATURES answers to guests. Calls 1 and 3 are made by the trap of the guest's
 * own call; call 2 is of no use to it. */
int32_t speculation_offers(enum hyp_workaround which)
{
	if (which == HYP_WORKAROUND_2 && offers[which] == NEEDED)
		return NOT_NEEDED;
	return offers[which];
}
