/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake host's part for virtual machines: vmm/core/host_vm.h in a process. */
#ifndef FAKE_HOST_VM_H
#define FAKE_HOST_VM_H

#include "host_vm.h"

void fake_host_vm_reset(void);
/* Blocks of 2 MiB succeed or fail from now on. */
void fake_host_vm_blocks(bool available);
/* Guest pages that the host has to give; negative: no end. A block takes 512. */
void fake_host_vm_pages(long pages);
/* Guest pages that have not been put. */
long fake_host_vm_pages_out(void);
/* Whether the host was to end a process rather than have no page, the last time. */
bool fake_host_vm_insisted(void);
/* Bytes of guest memory that were cleaned for a guest without caches. */
uint64_t fake_host_vm_cleaned(void);
void fake_host_vm_set_total(uint64_t bytes);
/* host_attention says yes once. */
void fake_host_vm_attention(void);
/* No other thread wants a CPU, from now on. */
void fake_host_vm_cpu_is_ours(bool ours);

/* An event for doorbells. */
struct fake_event {
	unsigned int signals, puts;
};

#endif
