/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of one virtual machine: its segments, and the host pages behind them, in chunks of 2
 * MiB that are allocated on first touch, by the guest (memory_fault) or by a process that has the
 * memory mapped (memory_page).
 *
 * Locking: "lock" (mutex) covers allocation and the stage-2 tables. Segments are only ever added;
 * "count" is published last, so that they are looked up without the lock. Lock order: vm.lock,
 * vcpu.lock, memory.lock.
 */
#ifndef VMM_CORE_MEMORY_H
#define VMM_CORE_MEMORY_H

#include "host_vm.h"
#include "vmm_ioctl.h"

struct stage2;

struct memory_segment {
	uint64_t ipa;
	uint64_t size;
	uint32_t flags;	   /* VMM_MEM_*, changed with the lock held */
	uint64_t first;	   /* number of the first chunk: ipa >> VMM_BLOCK_SHIFT */
	uint64_t chunks;   /* chunks that the segment has a part of */
	uint64_t *chunk;   /* per chunk: 0, or a physical address and CHUNK_* (memory.c) */
	uint64_t resident; /* bytes allocated */
};

struct vm_memory {
	struct host_mutex lock;
	struct stage2 *stage2;
	unsigned int count;
	struct memory_segment segment[VMM_MAX_MEMSEGS];
	uint64_t overhead; /* bytes of chunk tables */
};

/* The stage-2 tables must outlive the guest's use of the memory; memory_destroy does not touch
 * them. */
void memory_init(struct vm_memory *memory, struct stage2 *stage2);
/* Lets go of all pages. Nobody uses the memory any more. */
void memory_destroy(struct vm_memory *memory);

/*
 * Adds a segment; "index" gets its number. -EINVAL: alignment, size 0, beyond the last IPA, unknown
 * flags; -EEXIST: overlaps a segment or the interrupt controller's registers; -ENOMEM: all segments
 * together would be more than the host has; -ENOSPC: VMM_MAX_MEMSEGS are there.
 */
int memory_add(struct vm_memory *memory, const struct vmm_memseg *wanted, uint32_t *index);
/*
 * Changes a segment's flags; the next touches map it anew, with the new rights, which a vCPU that
 * runs meanwhile obeys when this returns. -EINVAL: flags; -ENOENT: index; -ENOMEM.
 */
int memory_set_flags(struct vm_memory *memory, uint32_t index, uint32_t flags);
/* The segment that an address lies in, or null. Any context. */
const struct memory_segment *memory_find(const struct vm_memory *memory, uint64_t ipa);
uint64_t memory_size(const struct vm_memory *memory);
uint64_t memory_resident(const struct vm_memory *memory);

/*
 * The guest touched "ipa" and stage 2 had nothing there: allocates (whole chunks where the host has
 * them) and maps. What the guest sees is clean to the point of coherency, for a guest whose caches
 * are off. -ENOMEM, -EFAULT (no segment).
 */
int memory_fault(struct vm_memory *memory, uint64_t ipa);
/*
 * The host page at "ipa", allocated if need be. "count": on entry how many pages the caller could
 * use from there on, on return how many that are contiguous in physical memory, and present, he
 * gets (at least 1). -ENOMEM, -EFAULT.
 */
int memory_page(struct vm_memory *memory, uint64_t ipa, pa_t *pa, unsigned int *count);
/* Takes every stage-2 mapping away: the next touches map (and clean) again. */
int memory_unmap_all(struct vm_memory *memory);

#endif
