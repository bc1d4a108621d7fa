// SPDX-License-Identifier: BSD-2-Clause
/* VMIDs with generations: see vmid.h. Lock: vmid.lock, the last in any order. */
#include "vmid.h"

#include "host.h"

#define GENERATION_FIRST (VMID_MASK + 1)
#define GENERATION_STEP	 (VMID_MASK + 1)
#define MAP_ORDER	 1 /* 2^16 bits */
#define MAP_BITS	 64

static struct {
	struct host_spinlock lock;
	uint64_t generation;
	uint64_t *taken; /* bitmap of this generation */
	uint64_t count, next;
	uint64_t *active;   /* by CPU: entered last; 0: a new generation began since */
	uint64_t *reserved; /* by CPU: active when the generation began */
	void (*flush)(void);
} vmid;

static bool is_taken(uint64_t number)
{
	return vmid.taken[number / MAP_BITS] >> (number % MAP_BITS) & 1;
}

static void take(uint64_t number)
{
	vmid.taken[number / MAP_BITS] |= UINT64_C(1) << (number % MAP_BITS);
}

static bool is_current(uint64_t id)
{
	return (id & ~VMID_MASK) == HOST_READ(vmid.generation);
}

static uint64_t current_id(uint64_t number)
{
	return vmid.generation | number;
}

/* A VM that was on a CPU when the generation began keeps its VMID; there may be several such CPUs.
 */
static bool keep_reserved(uint64_t old)
{
	bool found = false;

	for (unsigned int cpu = 0; cpu < host_cpu_limit(); cpu++) {
		if (vmid.reserved[cpu] != old)
			continue;
		vmid.reserved[cpu] = current_id(old & VMID_MASK);
		found = true;
	}
	return found;
}

static void begin_generation(void)
{
	HOST_WRITE(vmid.generation, vmid.generation + GENERATION_STEP);
	memset(vmid.taken, 0, VMM_PAGE_SIZE << MAP_ORDER);
	take(0); /* the host's own */
	vmid.next = 1;
	for (unsigned int cpu = 0; cpu < host_cpu_limit(); cpu++) {
		uint64_t id = __atomic_exchange_n(&vmid.active[cpu], 0, __ATOMIC_SEQ_CST);

		/* A CPU that entered nothing since the last time still has what it had then. */
		if (id)
			vmid.reserved[cpu] = id;
		take(vmid.reserved[cpu] & VMID_MASK);
	}
	vmid.flush();
}

static uint64_t find_free(void)
{
	while (vmid.next < vmid.count && is_taken(vmid.next))
		vmid.next++;
	return vmid.next < vmid.count ? vmid.next : 0;
}

static uint64_t new_id(uint64_t old)
{
	uint64_t number;

	if (old && keep_reserved(old))
		return current_id(old & VMID_MASK);
	number = find_free();
	if (!number) {
		begin_generation();
		if (old && keep_reserved(old))
			return current_id(old & VMID_MASK);
		number = find_free();
	}
	take(number);
	return current_id(number);
}

uint64_t vmid_get(uint64_t *slot)
{
	unsigned int cpu = host_cpu();
	uint64_t active = HOST_READ(vmid.active[cpu]);
	uint64_t id = HOST_READ(*slot);
	unsigned long flags;

	/* The exchange fails if a new generation began after active was read. */
	if (active && is_current(id) &&
	    __atomic_compare_exchange_n(&vmid.active[cpu], &active, id, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		return id & VMID_MASK;

	flags = host_spin_lock(&vmid.lock);
	id = HOST_READ(*slot);
	if (!is_current(id)) {
		id = new_id(id);
		HOST_WRITE(*slot, id);
	}
	HOST_WRITE(vmid.active[cpu], id);
	host_spin_unlock(&vmid.lock, flags);
	/* Pairs with the barrier between a change of the tables and vmid_peek(): either that finds
	 * the number, or what this CPU walks is the changed table. */
	host_mb();
	return id & VMID_MASK;
}

uint64_t vmid_peek(const uint64_t *slot)
{
	return HOST_READ(*slot) & VMID_MASK;
}

int vmid_start(unsigned int bits, void (*flush)(void))
{
	size_t size = host_cpu_limit() * sizeof(uint64_t);

	host_spin_init(&vmid.lock);
	vmid.generation = GENERATION_FIRST;
	vmid.count = UINT64_C(1) << bits;
	vmid.next = 1;
	vmid.flush = flush;
	vmid.taken = host_alloc_pages(MAP_ORDER, false);
	vmid.active = host_zalloc(size);
	vmid.reserved = host_zalloc(size);
	if (vmid.taken && vmid.active && vmid.reserved)
		return 0;
	vmid_stop();
	return -ENOMEM;
}

void vmid_stop(void)
{
	if (vmid.taken)
		host_free_pages(vmid.taken, MAP_ORDER);
	host_free(vmid.active);
	host_free(vmid.reserved);
	vmid.taken = NULL;
	vmid.active = NULL;
	vmid.reserved = NULL;
}
