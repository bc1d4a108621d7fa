/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vmm/core asks of the host operating system for virtual machines, beside host.h: guest
 * memory, gates (read-side sections that are waited out), and events. vmm/linux/guest_pages.c and
 * eventfd.c implement it on Linux, test/unit/fake_host_vm.c for the unit tests.
 */
#ifndef VMM_CORE_HOST_VM_H
#define VMM_CORE_HOST_VM_H

#include "host.h"

/* Bytes of memory that the host has in all. */
uint64_t host_memory_total(void);

/*
 * Guest memory: zeroed pages, charged to the memory cgroup of the calling process, each with a life
 * of its own, so that a page that is mapped or pinned somewhere outlives host_put_guest_pages. A
 * block is 512 pages, contiguous and aligned to 2 MiB. The address 0 means that there is none to be
 * had: of blocks, that is ordinary; of pages, "insist" has the host end a process first.
 */
pa_t host_alloc_guest_block(void);
pa_t host_alloc_guest_page(bool insist);
void host_put_guest_pages(pa_t first, unsigned int count);
/*
 * Makes guest memory (whole pages) what a guest sees whose caches are off: written back and
 * invalidated to the point of coherency, and the instruction caches of all CPUs invalidated. So
 * that it does not see what was there before, either.
 */
void host_clean_guest_memory(pa_t first, uint64_t size);

/* Zeroed objects of any size, not contiguous in physical memory. host_free_large takes null. */
void *host_zalloc_large(size_t size, bool account);
void host_free_large(void *object);

/*
 * Gates: host_gate_wait returns when every section that was between enter and leave when it was
 * called has left. Sections do not sleep. Enter and leave: any context; wait: process context, a
 * few milliseconds.
 */
HOST_FAST void host_gate_enter(void);
HOST_FAST void host_gate_leave(void);
void host_gate_wait(void);

/* Bytes that DC ZVA zeroes (DCZID_EL0.BS), a power of two. */
unsigned int host_zero_block_size(void);

/* Signals a doorbell's event, an object of the host's own (an eventfd on Linux). Any context. */
void host_event_signal(void *event);
/* Drops the reference to an event that the owner of a doorbell was given. */
void host_event_put(void *event);

#endif
