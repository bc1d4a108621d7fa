/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What devices need of the virtual machine: its memory and its interrupt lines.
 */
#ifndef BHYVE_GUEST_MEMORY_H
#define BHYVE_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct vmctx;

/*
 * The host address of guest range [ipa, ipa + len), or NULL unless it lies wholly in one RAM
 * segment (len 0: unless ipa does). The mapping stays for the life of the process. Guests change
 * their memory at any time: read a value once, check the copy. Safe from any thread.
 */
void *guest_memory(uint64_t ipa, uint64_t len);

/* The virtual machine of this process; NULL before it is opened. */
struct vmctx *guest_vm(void);

/*
 * Sets the level of the line of an interrupt (INTID, shared peripheral interrupts only: 32 to 287).
 * 0 or negative errno. Safe from any thread.
 */
int guest_irq(uint32_t intid, bool level);

/* Takes a VM and maps its segments. The VM stays the caller's. Negative errno. */
int guest_memory_init(struct vmctx *vm);

#endif
