/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stolen time (Arm DEN 0057): a page of the VM tells each vCPU how long it was ready to run and did
 * not. The guest may only read it, at VM_PVTIME_BASE; it is mapped when it is read first.
 */
#ifndef VMM_CORE_PVTIME_H
#define VMM_CORE_PVTIME_H

#include "vcpu.h"

#include "arm64.h" /* behind the kernel's headers: compat.h */

_Static_assert(sizeof(struct hyp_pvtime) == 64, "DEN 0057, 3.2.2");
_Static_assert(VMM_MAX_VCPUS * sizeof(struct hyp_pvtime) <= VMM_PAGE_SIZE, "they have a page");

/* Makes the page of a new VM; the guest is told where the host counts that time. -ENOMEM. */
int pvtime_make(struct vm *vm);
void pvtime_free(struct vm *vm);

/* Is this an address in the page? */
static inline bool pvtime_is(uint64_t ipa)
{
	return ipa - VM_PVTIME_BASE < VMM_PAGE_SIZE;
}

/* Maps the page, for a guest that reads it. -ENOMEM. Process context. */
int pvtime_map(struct vm *vm);
/* From 0 again, for a vCPU that is reset. */
void pvtime_reset(struct vcpu *vcpu);
/* The thread that runs the vCPU is this one from now on: what it waited before counts for nothing.
 */
void pvtime_adopt(struct vcpu *vcpu);
/* Adds what the thread has waited since the last time. */
void pvtime_add(struct vcpu *vcpu);

/* Before the guest is entered: costs next to nothing for a thread that did not have to wait. */
static inline void pvtime_update(struct vcpu *vcpu)
{
	if (host_run_delay_ns() != vcpu->run_delay_ns)
		pvtime_add(vcpu);
}

#endif
