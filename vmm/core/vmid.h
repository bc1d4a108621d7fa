/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VMIDs: few (255 where the machine has 8 bits), so they are lent for a generation. When all are
 * taken, a new generation begins: those in use on a CPU at that moment stay with their VM, all
 * other translations are invalidated, and every other VM gets a new one at its next entry. Nobody
 * has to leave its guest for that.
 *
 * A slot is the VM's: generation and VMID together, 0 at first.
 */
#ifndef VMM_CORE_VMID_H
#define VMM_CORE_VMID_H

#include "vmm_types.h"

#define VMID_MASK UINT64_C(0xffff)

/* Starts with all free; bits is 8 or 16. "flush" invalidates every VMID's translations on all CPUs.
 * -ENOMEM. */
int vmid_start(unsigned int bits, void (*flush)(void));
void vmid_stop(void);

/*
 * The VMID to enter with on this CPU now. Interrupts are off, and this CPU stays in the slot's VM
 * until its next call. May call flush, with the lock held and interrupts off.
 */
uint64_t vmid_get(uint64_t *slot);

/* The VMID of a slot that may have translations in TLBs; 0: none since its VM never ran. Any
 * context. */
uint64_t vmid_peek(const uint64_t *slot);

#endif
