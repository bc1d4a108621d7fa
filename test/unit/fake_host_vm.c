// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/host_vm.h in a process: see fake_host_vm.h. */
#include "fake_host_vm.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "fake_host.h"

#define PAGES_PER_BLOCK 512

static struct {
	bool no_blocks, insisted;
	long pages_left, pages_out;
	uint64_t total, cleaned;
	bool attention, cpu_is_ours;
} fake;

/* Sections of gates: readers share, a wait excludes them all. */
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

void fake_host_vm_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.pages_left = -1;
	fake.total = UINT64_C(4) << 30;
}

void fake_host_vm_blocks(bool available)
{
	fake.no_blocks = !available;
}

void fake_host_vm_pages(long pages)
{
	fake.pages_left = pages;
}

long fake_host_vm_pages_out(void)
{
	return fake.pages_out;
}

void fake_host_vm_set_total(uint64_t bytes)
{
	fake.total = bytes;
}

void fake_host_vm_attention(void)
{
	__atomic_store_n(&fake.attention, true, __ATOMIC_SEQ_CST);
}

bool fake_host_vm_insisted(void)
{
	return fake.insisted;
}

uint64_t host_memory_total(void)
{
	return fake.total;
}

/*
 * Guest pages come from one arena per allocation, of the size asked for, so that ASan sees an
 * access beyond a page; pages of a block are put together, as core does it.
 */
static pa_t take(long pages)
{
	void *memory;

	if (fake.pages_left >= 0 && fake.pages_left < pages)
		return pa_from(0);
	if (posix_memalign(&memory, (size_t)pages * VMM_PAGE_SIZE, (size_t)pages * VMM_PAGE_SIZE))
		return pa_from(0);
	if (fake.pages_left >= 0)
		fake.pages_left -= pages;
	memset(memory, 0, (size_t)pages * VMM_PAGE_SIZE);
	fake.pages_out += pages;
	return host_pa(memory);
}

pa_t host_alloc_guest_block(void)
{
	return fake.no_blocks ? pa_from(0) : take(PAGES_PER_BLOCK);
}

pa_t host_alloc_guest_page(bool insist)
{
	fake.insisted = insist;
	return take(1);
}

void host_put_guest_pages(pa_t first, unsigned int count)
{
	assert(count == 1 || count == PAGES_PER_BLOCK);
	fake.pages_out -= count;
	free(host_va(first));
}

void host_clean_guest_memory(pa_t first, uint64_t size)
{
	assert(!(first.value & (VMM_PAGE_SIZE - 1)) && !(size & (VMM_PAGE_SIZE - 1)));
	fake.cleaned += size;
}

uint64_t fake_host_vm_cleaned(void)
{
	return fake.cleaned;
}

void *host_zalloc_large(size_t size, bool account)
{
	(void)account;
	return host_zalloc(size);
}

void host_free_large(void *object)
{
	host_free(object);
}

void host_gate_enter(void)
{
	pthread_rwlock_rdlock(&gate);
}

void host_gate_leave(void)
{
	pthread_rwlock_unlock(&gate);
}

void host_gate_wait(void)
{
	pthread_rwlock_wrlock(&gate);
	pthread_rwlock_unlock(&gate);
}

bool host_attention(void)
{
	return __atomic_exchange_n(&fake.attention, false, __ATOMIC_SEQ_CST) ||
	       host_signal_pending();
}

bool host_cpu_is_ours(void)
{
	return fake.cpu_is_ours;
}

void fake_host_vm_cpu_is_ours(bool ours)
{
	fake.cpu_is_ours = ours;
}

unsigned int host_zero_block_size(void)
{
	return 64;
}

void host_event_signal(void *event)
{
	((struct fake_event *)event)->signals++;
}

void host_event_put(void *event)
{
	((struct fake_event *)event)->puts++;
}
