// SPDX-License-Identifier: BSD-2-Clause
/* Attacks on translation and code: stage-1 tables of noise, and code that changes under the CPUs
 * that run it. */
#include "hostile.h"

#define TCR_EPD1	 (UINT64_C(1) << 23)
#define TCR_TTBR1_39	 (UINT64_C(25) << 16 | UINT64_C(2) << 30) /* T1SZ, 4 KiB pages */
#define TOP_HALF	 (UINT64_MAX << 39)
#define PAR_F		 1
#define PAR_ADDRESS	 UINT64_C(0x0000fffffffff000)
#define TABLE_PAGES	 64
#define ENTRIES_OF_PAGES (TABLE_PAGES * 512)
#define RET		 UINT32_C(0xd65f03c0)

/* A descriptor: table, block or page, of anything anywhere. */
static uint64_t any_descriptor(uint64_t tables)
{
	uint64_t flags = any() & UINT64_C(0xfff0000000000fff);

	if (once_in(8))
		return any();
	flags |= once_in(8) ? 0 : once_in(4) ? 1 : 3;
	if (once_in(2))
		return (tables + PAGE_SIZE * below(TABLE_PAGES)) | flags;
	return (somewhere() & PAR_ADDRESS) | flags | UINT64_C(1) << 10;
}

static uint64_t tables_of(unsigned int cpu)
{
	return ((arena() + 4095) & ~UINT64_C(4095)) + cpu * TABLE_PAGES * PAGE_SIZE;
}

/* Where stage 1 takes the address; 0: nowhere. */
static uint64_t translation(uint64_t address)
{
	uint64_t par;

	fault_expect();
	asm volatile("at s1e1r, %0; isb" ::"r"(address) : "memory");
	par = read_sysreg(par_el1);
	return fault_end().taken || (par & PAR_F) ? 0 : (par & PAR_ADDRESS) | (address & 4095);
}

/* No form of access leaves the page. */
static uint64_t any_address_of_page(void)
{
	return TOP_HALF + (below(UINT64_C(1) << 39) & ~UINT64_C(4095)) + 64 + below(3900);
}

static void tables_round(void)
{
	uint64_t tables = tables_of(cpu_self());
	uint64_t address = any_address_of_page(), target;

	for (unsigned int i = 0; i < 32; i++)
		write64(tables + 8 * below(ENTRIES_OF_PAGES), any_descriptor(tables));
	write_sysreg(ttbr1_el1, once_in(64) ? somewhere() & PAR_ADDRESS : tables);
	asm volatile("dsb ishst; tlbi vmalle1is; dsb ish; isb" ::: "memory");
	for (unsigned int i = 0; i < 8; i++, address += PAGE_SIZE * below(512)) {
		target = translation(address);
		FAULT_OF(read32(address & ~UINT64_C(3)));
		/* the image is not written to, nor run under another name */
		if (target && target == not_here(target, PAGE_SIZE))
			access_in_any_form(address, any_value());
		if (target == 0)
			FAULT_OF(call_address(address));
	}
}

static void tables_loop(void *unused)
{
	(void)unused;
	write_sysreg(tcr_el1, (read_sysreg(tcr_el1) & ~TCR_EPD1) | TCR_TTBR1_39);
	isb();
	for (unsigned int i = 0; i < ENTRIES_OF_PAGES; i++)
		write64(tables_of(cpu_self()) + 8 * i, any_descriptor(tables_of(cpu_self())));
	ATTACK(tables_round);
	write_sysreg(tcr_el1, read_sysreg(tcr_el1) | TCR_EPD1);
	asm volatile("isb; tlbi vmalle1is; dsb ish; isb" ::: "memory");
}

PROPERTY(stage_1_tables_are_noise)
{
	if (!attack_begin("attack=tables"))
		SKIP("another attack was asked for");
	CHECK(attack_on_all_cpus(tables_loop));
	attack_end();
}

/* Instructions that all CPUs write and run at once: MOV, ADD, NOP, loads, an undefined one. */
static uint32_t shared_code[16] __attribute__((aligned(64)));

static void code_round(void)
{
	static const uint32_t kinds[] = { 0xd2800000, 0x91000400, 0xd503201f, 0x00000000,
					  0xd5033fdf, 0x1e204000, 0xd53be040, 0xaa0003e1 };
	unsigned int at = (unsigned int)below(15);

	__atomic_store_n(&shared_code[at], kinds[below(8)], __ATOMIC_RELAXED);
	if (!once_in(4))
		code_written(&shared_code[at], 4);
	if (once_in(8))
		asm volatile("ic ialluis; dsb ish; isb" ::: "memory");
	FAULT_OF(call_address((uint64_t)shared_code));
	if (once_in(64))
		cache_clean((const void *)arena(), 65536);
}

static void code_loop(void *unused)
{
	(void)unused;
	ATTACK(code_round);
}

PROPERTY(code_changes_under_all_cpus)
{
	if (!attack_begin("attack=code"))
		SKIP("another attack was asked for");
	for (unsigned int i = 0; i < 16; i++)
		shared_code[i] = RET;
	code_written(shared_code, sizeof(shared_code));
	CHECK(attack_on_all_cpus(code_loop));
	attack_end();
}
