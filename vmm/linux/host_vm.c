// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/host_vm.h on Linux: guest memory, gates, and what keeps a thread out of the guest.
 * Events: eventfd.c. */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/thread_info.h>

#include <asm/sysreg.h>

#include "host_vm.h"

#define BLOCK_ORDER (VMM_BLOCK_SHIFT - VMM_PAGE_SHIFT)

static_assert(PAGE_SIZE == VMM_PAGE_SIZE, "the kernel's pages are the guests'");

uint64_t host_memory_total(void)
{
	return (uint64_t)totalram_pages() << PAGE_SHIFT;
}

/* 8 lines: two instructions each, where a loop takes four. */
static inline unsigned long clean_lines(unsigned long at, unsigned long line)
{
#define CLEAN_LINE "dc civac, %0\n\tadd %0, %0, %1\n\t"
	asm volatile(CLEAN_LINE CLEAN_LINE CLEAN_LINE CLEAN_LINE CLEAN_LINE CLEAN_LINE CLEAN_LINE
			     CLEAN_LINE
		     : "+r"(at)
		     : "r"(line)
		     : "memory");
#undef CLEAN_LINE
	return at;
}

void host_clean_guest_memory(pa_t first, uint64_t size)
{
	unsigned long line = 4ul << (read_sysreg(ctr_el0) >> 16 & 0xf); /* CTR_EL0.DminLine */
	unsigned long at = (unsigned long)phys_to_virt(first.value), end = at + size;

	/* Lines have at most 2 KiB (CTR_EL0), so that 8 may reach past the last page: then one
	 * after the other. */
	while (end - at >= 8 * line)
		at = clean_lines(at, line);
	host_clean_dcache((void *)at, end - at);
	host_invalidate_icache();
}

/* A block is given up for single pages rather than fought for: no retry, no warning. */
pa_t host_alloc_guest_block(void)
{
	struct page *page = alloc_pages(
		GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_NORETRY, BLOCK_ORDER);

	if (!page)
		return pa_from(0);
	split_page(page, BLOCK_ORDER);
	return pa_from(page_to_phys(page));
}

pa_t host_alloc_guest_page(bool insist)
{
	struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN |
				       (insist ? 0 : __GFP_RETRY_MAYFAIL));

	return pa_from(page ? page_to_phys(page) : 0);
}

void host_put_guest_pages(pa_t first, unsigned int count)
{
	struct page *page = pfn_to_page(first.value >> PAGE_SHIFT);

	while (count--) {
		put_page(page++);
		if (count % 512 == 511)
			cond_resched();
	}
}

void *host_zalloc_large(size_t size, bool account)
{
	return kvzalloc(size, account ? GFP_KERNEL_ACCOUNT : GFP_KERNEL);
}

void host_free_large(void *object)
{
	kvfree(object);
}

void host_gate_wait(void)
{
	synchronize_rcu_expedited();
}

unsigned int host_zero_block_size(void)
{
	return 4u << (read_sysreg(dczid_el0) & 0xf);
}
