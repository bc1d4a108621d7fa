// SPDX-License-Identifier: BSD-2-Clause
/* Caches and translation: code that is written, tables that change, TLB maintenance that reaches
 * other CPUs. */
#include "property.h"

#define RET	  UINT32_C(0xd65f03c0)
#define MOVZ_W0	  UINT32_C(0x52800000) /* | immediate << 5 */
#define ROUNDS	  200
#define TEST_SIZE 65536

static uint32_t code[64] __attribute__((aligned(4096)));

static void write_code(uint32_t *at, unsigned int value)
{
	at[0] = MOVZ_W0 | value << 5;
	at[1] = RET;
	code_written(at, 8);
}

static unsigned int run(const void *at)
{
	return ((unsigned int (*)(void))(uint64_t)at)();
}

PROPERTY(code_that_is_changed_runs_as_it_is_now)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		write_code(code, i);
		CHECK_EQUAL(run(code), i);
	}
}

/* CPU 1 runs what CPU 0 has written last. */
static volatile unsigned int turn, answer;

static void run_each_turn(void *argument)
{
	(void)argument;
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		while (turn != i)
			asm volatile("yield" ::: "memory");
		isb();
		answer = run(code) << 16 | i;
	}
}

PROPERTY_CPUS(code_written_by_one_cpu_is_run_by_another, 2)
{
	turn = answer = 0;
	CHECK_EQUAL(cpu_start(1, run_each_turn, NULL), PSCI_SUCCESS);
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		write_code(code, i + 1000);
		turn = i;
		CHECK(WAIT((answer & 0xffff) == i, PATIENCE_MS));
		CHECK_EQUAL(answer >> 16, i + 1000);
	}
	CHECK(cpu_join(1));
}

PROPERTY(page_that_is_mapped_elsewhere_shows_the_other_memory)
{
	volatile uint64_t *first = (volatile uint64_t *)free_ram();
	volatile uint64_t *second = first + 512;
	volatile uint64_t *window = (volatile uint64_t *)window_address(5);

	for (unsigned int i = 0; i < ROUNDS; i++) {
		*first = 1000 + i;
		*second = 2000 + i;
		window_map(5, (uint64_t)first, MAP_RW);
		window_flush(5);
		CHECK_EQUAL(*window, 1000 + i);
		window_map(5, 0, 0);
		window_flush(5);
		window_map(5, (uint64_t)second, MAP_RW);
		window_flush(5);
		CHECK_EQUAL(*window, 2000 + i);
	}
}

PROPERTY(page_that_is_unmapped_faults)
{
	volatile uint64_t *window = (volatile uint64_t *)window_address(6);
	struct fault fault;

	for (unsigned int i = 0; i < 20; i++) {
		window_map(6, free_ram(), MAP_RW);
		window_flush(6);
		*window = i;
		window_map(6, 0, 0);
		window_flush(6);
		fault = FAULT_OF((void)*window);
		CHECK(fault.taken);
		CHECK_EQUAL(ESR_FSC(fault.esr), FSC_TRANSLATION_L3);
	}
}

PROPERTY(page_that_becomes_read_only_refuses_stores)
{
	volatile uint64_t *window = (volatile uint64_t *)window_address(7);
	struct fault fault;

	window_map(7, free_ram(), MAP_RW);
	window_flush(7);
	*window = 1;
	window_map(7, free_ram(), MAP_VALID);
	window_flush(7);
	fault = FAULT_OF(*window = 2);
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_FSC(fault.esr), FSC_PERMISSION_L3);
	CHECK_EQUAL(*window, 1);
}

/* CPU 1 reads a page all the time; after CPU 0's broadcast it may not see the old one any more. */
static volatile unsigned int told, seen_value;

static void watch_page(void *argument)
{
	volatile uint64_t *window = argument;

	for (unsigned int i = 1; i <= ROUNDS; i++) {
		while (told != i)
			(void)*window; /* keeps the translation in the TLB */
		seen_value = (unsigned int)*window << 16 | i;
	}
}

PROPERTY_CPUS(translation_changed_by_one_cpu_is_gone_on_another, 2)
{
	volatile uint64_t *memory = (volatile uint64_t *)free_ram();
	unsigned int page = 8;

	memory[0] = 0x11;
	memory[512] = 0x22;
	told = seen_value = 0;
	window_map(page, (uint64_t)memory, MAP_RW);
	window_flush(page);
	CHECK_EQUAL(cpu_start(1, watch_page, (void *)window_address(page)), PSCI_SUCCESS);
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		window_map(page, (uint64_t)(memory + (i % 2 ? 512 : 0)), MAP_RW);
		window_flush(page);
		told = i;
		CHECK(WAIT((seen_value & 0xffff) == i, PATIENCE_MS));
		CHECK_EQUAL(seen_value >> 16, i % 2 ? 0x22 : 0x11);
	}
	CHECK(cpu_join(1));
}

static const char *const tlbi_names[] = { "vmalle1is", "vae1is",  "vaae1is",
					  "vaale1is",  "vale1is", "aside1is" };

static void invalidate(unsigned int how, uint64_t address)
{
	uint64_t page = address >> 12;

	asm volatile("dsb ishst" ::: "memory");
	switch (how) {
	case 0:
		asm volatile("tlbi vmalle1is" ::: "memory");
		break;
	case 1:
		asm volatile("tlbi vae1is, %0" ::"r"(page) : "memory");
		break;
	case 2:
		asm volatile("tlbi vaae1is, %0" ::"r"(page) : "memory");
		break;
	case 3:
		asm volatile("tlbi vaale1is, %0" ::"r"(page) : "memory");
		break;
	case 4:
		asm volatile("tlbi vale1is, %0" ::"r"(page) : "memory");
		break;
	default:
		/* the window is global: ASID maintenance is not enough for it, so all of it goes */
		asm volatile("tlbi aside1is, %0; tlbi vmalle1" ::"r"(UINT64_C(0)) : "memory");
	}
	asm volatile("dsb ish; isb" ::: "memory");
}

PROPERTY(every_tlb_instruction_takes_effect)
{
	volatile uint64_t *memory = (volatile uint64_t *)free_ram();
	volatile uint64_t *window = (volatile uint64_t *)window_address(9);

	memory[0] = 1;
	memory[512] = 2;
	for (unsigned int how = 0; how < sizeof(tlbi_names) / sizeof(tlbi_names[0]); how++) {
		window_map(9, (uint64_t)memory, MAP_RW);
		invalidate(how, (uint64_t)window);
		CHECK_EQUAL(*window, 1);
		window_map(9, (uint64_t)(memory + 512), MAP_RW);
		invalidate(how, (uint64_t)window);
		if (*window != 2)
			print("# TLBI %s\n", tlbi_names[how]);
		CHECK_EQUAL(*window, 2);
	}
}

static void fill(volatile uint64_t *memory, uint64_t seed)
{
	for (unsigned int i = 0; i < TEST_SIZE / 8; i++)
		memory[i] = seed * (i + 1);
}

static bool filled(const volatile uint64_t *memory, uint64_t seed)
{
	for (unsigned int i = 0; i < TEST_SIZE / 8; i++)
		if (memory[i] != seed * (i + 1))
			return false;
	return true;
}

static void by_set_and_way(unsigned int level, bool invalidate_too)
{
	uint64_t geometry, sets, ways;
	unsigned int line;

	write_sysreg(csselr_el1, level << 1);
	isb();
	geometry = read_sysreg(ccsidr_el1);
	line = (unsigned int)(geometry & 7) + 4;
	ways = ((geometry >> 3) & 0x3ff) + 1;
	sets = ((geometry >> 13) & 0x7fff) + 1;
	for (uint64_t way = 0; way < ways; way++)
		for (uint64_t set = 0; set < sets; set++) {
			unsigned int shift =
				ways > 1 ? (unsigned int)__builtin_clz((uint32_t)ways - 1) : 32;
			uint64_t operand = way << shift | set << line | level << 1;

			if (invalidate_too)
				asm volatile("dc cisw, %0" ::"r"(operand) : "memory");
			else
				asm volatile("dc csw, %0" ::"r"(operand) : "memory");
		}
	dsb();
}

PROPERTY(set_and_way_maintenance_loses_no_data)
{
	volatile uint64_t *memory = (volatile uint64_t *)free_ram();
	uint64_t clidr = read_sysreg(clidr_el1);

	fill(memory, 0x9e3779b97f4a7c15);
	for (unsigned int level = 0; level < 7 && ((clidr >> (3 * level)) & 7) >= 2; level++) {
		by_set_and_way(level, false);
		by_set_and_way(level, true);
	}
	CHECK(filled(memory, 0x9e3779b97f4a7c15));
}

PROPERTY(cache_geometry_is_stated)
{
	uint64_t clidr = read_sysreg(clidr_el1);

	CHECK((clidr & 7) != 0);
	write_sysreg(csselr_el1, 0);
	isb();
	CHECK(read_sysreg(ccsidr_el1) != 0);
	CHECK((read_sysreg(ctr_el0) >> 31) & 1);
	CHECK_EQUAL(read_sysreg(dczid_el0) & 0x10, 0);
}

PROPERTY(maintenance_by_address_loses_no_data)
{
	volatile uint64_t *memory = (volatile uint64_t *)free_ram();

	fill(memory, 3);
	for (uint64_t at = 0; at < TEST_SIZE; at += 64) {
		uint64_t address = (uint64_t)memory + at;

		asm volatile("dc cvac, %0; dc cvau, %0; dc civac, %0; ic ivau, %0" ::"r"(address)
			     : "memory");
	}
	asm volatile("ic iallu; ic ialluis; dsb sy; isb" ::: "memory");
	CHECK(filled(memory, 3));
}

PROPERTY(data_written_with_caches_is_there_without)
{
	volatile uint64_t *memory = (volatile uint64_t *)free_ram();
	bool same;

	fill(memory, 5);
	cache_clean((const void *)memory, TEST_SIZE);
	mmu_disable();
	same = filled(memory, 5);
	fill(memory, 7);
	mmu_enable();
	CHECK(same);
	CHECK(filled(memory, 7));
}

PROPERTY(zeroing_a_block_clears_it_and_nothing_else)
{
	uint64_t block = UINT64_C(4) << (read_sysreg(dczid_el0) & 0xf);
	volatile uint64_t *memory = (volatile uint64_t *)free_ram();
	uint64_t middle = free_ram() + 4096;

	fill(memory, 9);
	asm volatile("dc zva, %0" ::"r"(middle + 8) : "memory");
	CHECK_EQUAL(*(volatile uint64_t *)(middle - 8), 9 * (4096 / 8));
	for (uint64_t at = 0; at < block; at += 8)
		CHECK_EQUAL(*(volatile uint64_t *)(middle + at), 0);
	CHECK_EQUAL(*(volatile uint64_t *)(middle + block), 9 * ((4096 + block) / 8 + 1));
}

static uint64_t sum;

static void add_many(void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < 20000; i++)
		__atomic_fetch_add(&sum, 1, __ATOMIC_RELAXED);
}

PROPERTY_CPUS(atomic_additions_of_all_cpus_count, 2)
{
	sum = 0;
	CHECK(cpu_start_others(add_many, NULL));
	add_many(NULL);
	CHECK(cpu_join_others());
	CHECK_EQUAL(sum, 20000 * cpu_count());
}
