// SPDX-License-Identifier: BSD-2-Clause
/*
 * Finds out that a guest waits for another of its CPUs in a loop, where threads of the host want
 * the CPU: most often that other one does not run, and will not before the loop has used up its
 * time. A WFE in the loop traps (HCR_EL2.TWE, Arm ARM D1.6.1), but many loops have none, and not
 * every machine traps it.
 *
 * EL2's timer looks twice. A kernel that is at the same place both times, on the same frame, with
 * no exit in between, is in a loop, and a short one. That may also be a long copy, say, which loses
 * nothing by it: the host's scheduler gives it its time all the same. What runs at EL0 is left
 * alone.
 */
#include "hyp.h"

/* No longer are the loops of locks and of waits, in bytes. */
#define LOOP 64

void spin_enter(struct hyp_vcpu *vcpu)
{
	vcpu->next_look = read_sysreg(cntpct_el0) + vcpu->spin_ticks;
	vcpu->spin_pc = 0;
}

static bool in_kernel(void)
{
	uint64_t mode = read_sysreg(spsr_el2) & PSR_MODE_MASK;

	return mode != PSR_MODE_EL0T && mode != PSR_MODE32;
}

/* EL2's timer has fired. True: the guest spins. */
bool spin_look(struct hyp_vcpu *vcpu)
{
	uint64_t now = read_sysreg(cntpct_el0), pc = read_sysreg(elr_el2), sp = read_sysreg(sp_el1);
	bool spins;

	if (now < vcpu->next_look)
		return false; /* it was for the guest */
	vcpu->next_look = now + vcpu->spin_ticks;
	if (!in_kernel())
		pc = 0;
	spins = pc && vcpu->spin_pc && sp == vcpu->spin_sp && pc - vcpu->spin_pc + LOOP <= 2 * LOOP;
	vcpu->spin_pc = pc;
	vcpu->spin_sp = sp;
	if (spins)
		vcpu_count(vcpu, VMM_STAT_SPINS);
	return spins;
}
