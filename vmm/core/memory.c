// SPDX-License-Identifier: BSD-2-Clause
/* The memory of one virtual machine: see memory.h. */
#include "memory.h"
#include "arm64.h"
#include "stage2.h"
#include "vm.h"

/* What an entry of memory_segment.chunk holds, in the address's low bits. */
#define CHUNK_BLOCK	0x1u /* 512 contiguous pages */
#define CHUNK_TABLE	0x2u /* a page of 512 addresses of single pages, 0 where there is none */
#define CHUNK_ADDRESS	(~UINT64_C(0xfff))

#define PAGES_PER_CHUNK ((unsigned int)(VMM_BLOCK_SIZE / VMM_PAGE_SIZE))

static inline uint64_t align_down(uint64_t value, uint64_t to)
{
	return value & ~(to - 1);
}

static inline unsigned int page_of_chunk(uint64_t ipa)
{
	return (unsigned int)((ipa >> VMM_PAGE_SHIFT) % PAGES_PER_CHUNK);
}

static inline uint64_t *chunk_of(const struct memory_segment *segment, uint64_t ipa)
{
	return &segment->chunk[(ipa >> VMM_BLOCK_SHIFT) - segment->first];
}

static inline uint64_t *chunk_table(uint64_t chunk)
{
	return host_va(pa_from(chunk & CHUNK_ADDRESS));
}

void memory_init(struct vm_memory *memory, struct stage2 *stage2)
{
	host_mutex_init(&memory->lock);
	memory->stage2 = stage2;
	memory->count = 0;
	memory->overhead = 0;
}

static void free_table(uint64_t chunk)
{
	uint64_t *table = chunk_table(chunk);
	unsigned int i;

	for (i = 0; i < PAGES_PER_CHUNK; i++)
		if (table[i])
			host_put_guest_pages(pa_from(table[i]), 1);
	host_free_pages(table, 0);
}

static void free_chunk(uint64_t chunk)
{
	if (chunk & CHUNK_BLOCK)
		host_put_guest_pages(pa_from(chunk & CHUNK_ADDRESS), PAGES_PER_CHUNK);
	else if (chunk & CHUNK_TABLE)
		free_table(chunk);
}

void memory_destroy(struct vm_memory *memory)
{
	unsigned int i;
	uint64_t chunk;

	for (i = 0; i < memory->count; i++) {
		struct memory_segment *segment = &memory->segment[i];

		for (chunk = 0; chunk < segment->chunks; chunk++)
			free_chunk(segment->chunk[chunk]);
		host_free_large(segment->chunk);
	}
	memory->count = 0;
}

static bool overlaps(uint64_t ipa, uint64_t size, uint64_t other, uint64_t other_size)
{
	return ipa < other + other_size && other < ipa + size;
}

static int check_segment(const struct vm_memory *memory, const struct vmm_memseg *wanted)
{
	uint64_t limit = stage2_limit();
	unsigned int i;

	if (((wanted->ipa | wanted->size) & (VMM_PAGE_SIZE - 1)) || wanted->size == 0)
		return -EINVAL;
	if (wanted->size > limit || wanted->ipa > limit - wanted->size)
		return -EINVAL;
	if (wanted->flags & ~(VMM_MEM_READONLY | VMM_MEM_TRAP))
		return -EINVAL;
	if (overlaps(wanted->ipa, wanted->size, VM_GICD_BASE, VM_GICD_SIZE) ||
	    overlaps(wanted->ipa, wanted->size, VM_GICR_BASE, VM_GICR_SIZE) ||
	    overlaps(wanted->ipa, wanted->size, VM_PVTIME_BASE, VMM_PAGE_SIZE))
		return -EEXIST;
	for (i = 0; i < memory->count; i++)
		if (overlaps(wanted->ipa, wanted->size, memory->segment[i].ipa,
			     memory->segment[i].size))
			return -EEXIST;
	if (memory->count == VMM_MAX_MEMSEGS)
		return -ENOSPC;
	if (wanted->size > host_memory_total() ||
	    memory_size(memory) > host_memory_total() - wanted->size)
		return -ENOMEM;
	return 0;
}

static int add_segment(struct vm_memory *memory, const struct vmm_memseg *wanted)
{
	struct memory_segment *segment = &memory->segment[memory->count];
	uint64_t last = (wanted->ipa + wanted->size - 1) >> VMM_BLOCK_SHIFT;

	segment->ipa = wanted->ipa;
	segment->size = wanted->size;
	segment->flags = wanted->flags;
	segment->resident = 0;
	segment->first = wanted->ipa >> VMM_BLOCK_SHIFT;
	segment->chunks = last - segment->first + 1;
	segment->chunk = host_zalloc_large(segment->chunks * sizeof(uint64_t), true);
	if (!segment->chunk)
		return -ENOMEM;
	memory->overhead += segment->chunks * sizeof(uint64_t);
	HOST_WRITE_RELEASE(memory->count, memory->count + 1);
	return 0;
}

int memory_add(struct vm_memory *memory, const struct vmm_memseg *wanted, uint32_t *index)
{
	int error;

	host_mutex_lock(&memory->lock);
	*index = memory->count;
	error = check_segment(memory, wanted);
	if (!error)
		error = add_segment(memory, wanted);
	host_mutex_unlock(&memory->lock);
	return error;
}

int memory_set_flags(struct vm_memory *memory, uint32_t index, uint32_t flags)
{
	struct memory_segment *segment;
	int error = 0;

	if (flags & ~(VMM_MEM_READONLY | VMM_MEM_TRAP))
		return -EINVAL;
	if (index >= HOST_READ_ACQUIRE(memory->count))
		return -ENOENT;
	segment = &memory->segment[index];
	host_mutex_lock(&memory->lock);
	if (segment->flags != flags) {
		HOST_WRITE(segment->flags, flags);
		error = stage2_unmap(memory->stage2, ipa_from(segment->ipa), segment->size);
	}
	host_mutex_unlock(&memory->lock);
	return error;
}

const struct memory_segment *memory_find(const struct vm_memory *memory, uint64_t ipa)
{
	unsigned int i, count = HOST_READ_ACQUIRE(memory->count);

	for (i = 0; i < count; i++)
		if (ipa - memory->segment[i].ipa < memory->segment[i].size)
			return &memory->segment[i];
	return NULL;
}

uint64_t memory_size(const struct vm_memory *memory)
{
	unsigned int i, count = HOST_READ_ACQUIRE(memory->count);
	uint64_t size = 0;

	for (i = 0; i < count; i++)
		size += memory->segment[i].size;
	return size;
}

uint64_t memory_resident(const struct vm_memory *memory)
{
	unsigned int i, count = HOST_READ_ACQUIRE(memory->count);
	uint64_t resident = 0;

	for (i = 0; i < count; i++)
		resident += HOST_READ(memory->segment[i].resident);
	return resident;
}

/* Does the segment have all of the 2 MiB around "ipa"? */
static bool whole_chunk(const struct memory_segment *segment, uint64_t ipa)
{
	uint64_t start = align_down(ipa, VMM_BLOCK_SIZE);

	return start >= segment->ipa && start + VMM_BLOCK_SIZE <= segment->ipa + segment->size;
}

static void account(struct memory_segment *segment, uint64_t bytes)
{
	HOST_WRITE(segment->resident, segment->resident + bytes);
}

/* Gives a chunk that has nothing yet a block, or the table for single pages. */
static int fill_chunk(struct vm_memory *memory, struct memory_segment *segment, uint64_t ipa)
{
	uint64_t *chunk = chunk_of(segment, ipa);
	pa_t block = { 0 };
	void *table;

	if (*chunk)
		return 0;
	if (whole_chunk(segment, ipa))
		block = host_alloc_guest_block();
	if (block.value) {
		*chunk = block.value | CHUNK_BLOCK;
		account(segment, VMM_BLOCK_SIZE);
		return 0;
	}
	table = host_alloc_pages(0, true);
	if (!table)
		return -ENOMEM;
	*chunk = host_pa(table).value | CHUNK_TABLE;
	memory->overhead += VMM_PAGE_SIZE;
	return 0;
}

static int fill_page(struct memory_segment *segment, uint64_t *entry, bool insist)
{
	pa_t page;

	if (*entry)
		return 0;
	page = host_alloc_guest_page(insist);
	if (!page.value)
		return -ENOMEM;
	*entry = page.value;
	account(segment, VMM_PAGE_SIZE);
	return 0;
}

/* Makes sure that there is a page at "ipa". The segments are the VM's own, so that casting const
 * away is right. */
static int allocate(struct vm_memory *memory, struct memory_segment *segment, uint64_t ipa,
		    bool insist)
{
	uint64_t *chunk = chunk_of(segment, ipa);
	int error = fill_chunk(memory, segment, ipa);

	if (error || (*chunk & CHUNK_BLOCK))
		return error;
	return fill_page(segment, &chunk_table(*chunk)[page_of_chunk(ipa)], insist);
}

/* Makes memory coherent for a guest whose caches may be off, and maps it. */
static int map_clean(struct vm_memory *memory, const struct memory_segment *segment, uint64_t ipa,
		     pa_t pa, uint64_t size)
{
	unsigned int access = STAGE2_READ | STAGE2_EXECUTE;

	if (!(segment->flags & VMM_MEM_READONLY))
		access |= STAGE2_WRITE;
	host_clean_guest_memory(pa, size);
	return stage2_map(memory->stage2, ipa_from(ipa), pa, size, access);
}

static int map(struct vm_memory *memory, const struct memory_segment *segment, uint64_t ipa)
{
	uint64_t chunk = *chunk_of(segment, ipa);
	uint64_t page = align_down(ipa, VMM_PAGE_SIZE);

	if (segment->flags & VMM_MEM_TRAP)
		return 0; /* since the vCPU looked: it will look again */
	if (stage2_lookup(memory->stage2, ipa_from(page), &(pa_t){ 0 }, NULL))
		return 0; /* another vCPU was faster */
	if (chunk & CHUNK_BLOCK)
		return map_clean(memory, segment, align_down(ipa, VMM_BLOCK_SIZE),
				 pa_from(chunk & CHUNK_ADDRESS), VMM_BLOCK_SIZE);
	return map_clean(memory, segment, page, pa_from(chunk_table(chunk)[page_of_chunk(ipa)]),
			 VMM_PAGE_SIZE);
}

static struct memory_segment *find_mutable(struct vm_memory *memory, uint64_t ipa)
{
	return (struct memory_segment *)memory_find(memory, ipa);
}

int memory_fault(struct vm_memory *memory, uint64_t ipa)
{
	struct memory_segment *segment = find_mutable(memory, ipa);
	int error;

	if (!segment)
		return -EFAULT;
	host_mutex_lock(&memory->lock);
	error = allocate(memory, segment, ipa, false);
	if (!error)
		error = map(memory, segment, ipa);
	host_mutex_unlock(&memory->lock);
	return error;
}

/* The page at "ipa", which is allocated, and how many follow it without a gap in its block. */
static pa_t present_page(const struct memory_segment *segment, uint64_t ipa, unsigned int *count)
{
	uint64_t chunk = *chunk_of(segment, ipa);
	unsigned int page = page_of_chunk(ipa);

	if (!(chunk & CHUNK_BLOCK)) {
		*count = 1;
		return pa_from(chunk_table(chunk)[page]);
	}
	if (*count > PAGES_PER_CHUNK - page)
		*count = PAGES_PER_CHUNK - page;
	return pa_from((chunk & CHUNK_ADDRESS) + ((uint64_t)page << VMM_PAGE_SHIFT));
}

int memory_page(struct vm_memory *memory, uint64_t ipa, pa_t *pa, unsigned int *count)
{
	struct memory_segment *segment = find_mutable(memory, ipa);
	int error;

	if (!segment)
		return -EFAULT;
	host_mutex_lock(&memory->lock);
	/* who touches it gets no error that he could answer */
	error = allocate(memory, segment, ipa, true);
	if (!error)
		*pa = present_page(segment, ipa, count);
	host_mutex_unlock(&memory->lock);
	return error;
}

int memory_unmap_all(struct vm_memory *memory)
{
	unsigned int i;
	int error = 0;

	host_mutex_lock(&memory->lock);
	for (i = 0; i < memory->count && !error; i++)
		error = stage2_unmap(memory->stage2, ipa_from(memory->segment[i].ipa),
				     memory->segment[i].size);
	host_mutex_unlock(&memory->lock);
	return error;
}
