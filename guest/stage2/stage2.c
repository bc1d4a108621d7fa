// SPDX-License-Identifier: BSD-2-Clause
/*
 * All of RAM: memory that the hypervisor gives on first touch is zero, is there for every kind of
 * access, and stays. Each property has its own part of the free RAM, so that its first touch is
 * one.
 */
#include "property.h"

#define BLOCK (UINT64_C(2) << 20)
#define RET   UINT32_C(0xd65f03c0)

/* Memory that nobody touched: whole blocks, counted up from the free RAM. */
static uint64_t untouched(void)
{
	static unsigned int taken;

	return free_ram() + BLOCK * (4 + taken++);
}

PROPERTY(memory_is_zero_at_first_touch)
{
	uint64_t at = untouched();

	for (uint64_t offset = 0; offset < BLOCK; offset += 8)
		CHECK_EQUAL(read64(at + offset), 0);
}

PROPERTY(first_touch_may_be_a_store)
{
	uint64_t at = untouched();

	write64(at + 0x12340, 1);
	write8(at + 0x1fffff, 2);
	CHECK_EQUAL(read64(at + 0x12340), 1);
	CHECK_EQUAL(read8(at + 0x1fffff), 2);
	CHECK_EQUAL(read64(at + 0x12338), 0);
}

PROPERTY(first_touch_may_be_a_pair_or_simd_access)
{
	uint64_t at = untouched(), other = untouched(), base = other, a = 1, b = 2;

	asm volatile("ldp %0, %1, [%2]" : "=r"(a), "=r"(b) : "r"(at) : "memory");
	CHECK_EQUAL(a | b, 0);
	asm volatile("stp %1, %2, [%0, #16]!"
		     : "+r"(base)
		     : "r"(UINT64_C(3)), "r"(UINT64_C(4))
		     : "memory");
	CHECK_EQUAL(base, other + 16);
	CHECK_EQUAL(read64(other + 16), 3);
	CHECK_EQUAL(read64(other + 24), 4);
}

PROPERTY(first_touch_may_be_a_simd_store)
{
	uint64_t at = untouched();

	asm volatile(
		".arch_extension fp\n.arch_extension simd\nmovi v0.16b, #0x5a\nstr q0, [%0]" ::"r"(
			at)
		: "memory");
	CHECK_EQUAL(read64(at + 8), UINT64_C(0x5a5a5a5a5a5a5a5a));
}

PROPERTY(first_touch_may_be_an_atomic_addition)
{
	uint64_t at = untouched();

	for (unsigned int i = 0; i < 10; i++)
		__atomic_fetch_add((uint64_t *)at, 1, __ATOMIC_SEQ_CST);
	CHECK_EQUAL(read64(at), 10);
}

PROPERTY(first_touch_may_be_the_zeroing_of_a_block)
{
	uint64_t at = untouched();
	struct fault fault = FAULT_OF(asm volatile("dc zva, %0" ::"r"(at) : "memory"));

	CHECK(!fault.taken);
	CHECK_EQUAL(read64(at), 0);
}

PROPERTY(first_touch_may_be_cache_maintenance)
{
	uint64_t at = untouched();
	struct fault fault =
		FAULT_OF(asm volatile("dc civac, %0; dc cvau, %0; dsb sy" ::"r"(at) : "memory"));

	CHECK(!fault.taken);
	CHECK_EQUAL(read64(at), 0);
}

PROPERTY(first_touch_may_be_an_instruction_fetch)
{
	uint64_t at = untouched();
	struct fault fault = FAULT_OF(call_address(at));

	/* memory is zero, and zero is the instruction UDF #0 */
	CHECK(fault.taken);
	CHECK_EQUAL(fault.esr, ESR_IL);
	CHECK_EQUAL(fault.elr, at);
}

PROPERTY(first_touch_may_be_a_walk_of_translation_tables)
{
	uint64_t top = read_sysreg(ttbr0_el1) & ~UINT64_C(0xfff), at = untouched();
	uint64_t address = UINT64_C(311) << 30;
	struct fault fault;

	write64(top + 8 * 311, at | 3);
	dsb();
	isb();
	fault = FAULT_OF(read64(address));
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_FSC(fault.esr),
		    0x06); /* translation fault, level 2: the table is all zero */
	CHECK_EQUAL(fault.far, address);
	write64(top + 8 * 311, 0);
	asm volatile("dsb sy; tlbi vmalle1; dsb sy; isb");
}

static void increment_at_el0(void *argument)
{
	*(volatile uint64_t *)argument += 1;
}

PROPERTY(first_touch_may_be_made_at_el0)
{
	uint64_t at = untouched();
	struct fault fault = el0_call(increment_at_el0, (void *)at);

	CHECK(!fault.taken);
	CHECK_EQUAL(read64(at), 1);
}

PROPERTY(first_touch_may_be_made_with_the_mmu_off)
{
	uint64_t at = untouched(), value;

	mmu_disable();
	value = read64(at);
	write64(at + 64, 7);
	mmu_enable();
	CHECK_EQUAL(value, 0);
	CHECK_EQUAL(read64(at + 64), 7);
}

PROPERTY(access_may_cross_from_one_block_to_another)
{
	uint64_t at = untouched() + BLOCK - 4;

	untouched();
	write64(at, UINT64_C(0x1122334455667788));
	CHECK_EQUAL(read64(at), UINT64_C(0x1122334455667788));
	CHECK_EQUAL(read32(at), 0x55667788);
	CHECK_EQUAL(read32(at + 4), 0x11223344);
}

PROPERTY(access_may_cross_from_one_page_to_another)
{
	uint64_t at = untouched() + 4096 - 3;

	write64(at, UINT64_C(0x1122334455667788));
	CHECK_EQUAL(read64(at), UINT64_C(0x1122334455667788));
}

/* From behind the parts above to the end, one word in each page of every 37th. */
static uint64_t pattern(uint64_t at)
{
	return at * UINT64_C(0x9e3779b97f4a7c15);
}

#define SPARSE (37 * UINT64_C(4096) + 8)

static uint64_t sparse_start(void)
{
	return free_ram() + 64 * BLOCK;
}

PROPERTY(all_of_ram_is_there_when_touched_sparsely)
{
	uint64_t end = ram_base() + ram_size();

	for (uint64_t at = sparse_start(); at + 8 <= end; at += SPARSE)
		write64(at, pattern(at));
	for (uint64_t at = sparse_start(); at + 8 <= end; at += SPARSE)
		CHECK_EQUAL(read64(at), pattern(at));
}

PROPERTY(last_bytes_of_ram_are_there_and_the_next_are_not)
{
	uint64_t end = ram_base() + ram_size();
	struct fault fault;

	write64(end - 8, 0x1234);
	CHECK_EQUAL(read64(end - 8), 0x1234);
	write8(end - 1, 0x77);
	CHECK_EQUAL(read8(end - 1), 0x77);
	fault = FAULT_OF(read8(end));
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_EXTERNAL);
}

PROPERTY(code_runs_anywhere_in_ram)
{
	uint64_t end = ram_base() + ram_size();

	for (uint64_t at = sparse_start(); at < end; at += 16 * BLOCK - 4096) {
		struct fault fault;

		write32(at, RET);
		code_written((const void *)at, 4);
		fault = FAULT_OF(call_address(at));
		CHECK(!fault.taken);
	}
}

/* All CPUs touch the same fresh pages at once. */
static uint64_t shared_start;
#define SHARED_PAGES 2048

static void add_to_every_page(void *argument)
{
	(void)argument;
	for (unsigned int page = 0; page < SHARED_PAGES; page++)
		__atomic_fetch_add((uint64_t *)(shared_start + page * PAGE_SIZE), 1,
				   __ATOMIC_SEQ_CST);
}

PROPERTY_CPUS(all_cpus_touch_the_same_pages_first, 2)
{
	shared_start = untouched();
	for (unsigned int i = 1; i < SHARED_PAGES * PAGE_SIZE / BLOCK; i++)
		untouched();
	CHECK(cpu_start_others(add_to_every_page, NULL));
	add_to_every_page(NULL);
	CHECK(cpu_join_others());
	for (unsigned int page = 0; page < SHARED_PAGES; page++)
		CHECK_EQUAL(read64(shared_start + page * PAGE_SIZE), cpu_count());
}
