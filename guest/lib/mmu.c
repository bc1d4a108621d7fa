// SPDX-License-Identifier: BSD-2-Clause
/* Stage-1 tables: 39-bit addresses, blocks of 1 GiB, and one window of pages. */
#include "mmu.h"

#define BLOCK		1
#define TABLE		3
#define PAGE		3
#define ATTR(index)	((uint64_t)(index) << 2)
#define AP_EL0		(UINT64_C(1) << 6)
#define AP_READ_ONLY	(UINT64_C(1) << 7)
#define INNER_SHAREABLE (UINT64_C(3) << 8)
#define ACCESSED	(UINT64_C(1) << 10)
#define PXN		(UINT64_C(1) << 53)
#define UXN		(UINT64_C(1) << 54)
#define DEVICE		0
#define NORMAL		1
#define MAIR		UINT64_C(0xff04) /* 0: Device-nGnRE, 1: Normal write-back */
#define TCR_T0SZ_39	25
#define TCR_WRITE_BACK	((UINT64_C(1) << 8) | (UINT64_C(1) << 10))
#define TCR_INNER	(UINT64_C(3) << 12)
#define TCR_EPD1	(UINT64_C(1) << 23)
#define TCR_IPS_40	(UINT64_C(2) << 32)
#define SCTLR_RES1	UINT64_C(0x30d00800)
#define SCTLR_M		1
#define SCTLR_C		4
#define SCTLR_I		(1 << 12)
#define SCTLR_DZE	(1 << 14) /* DC ZVA at EL0 */
#define SCTLR_UCI	(1 << 26) /* cache maintenance at EL0 */
#define SCTLR_ON	(SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_DZE | SCTLR_UCI)

static uint64_t top[512] __attribute__((aligned(4096)));
static uint64_t window_l2[512] __attribute__((aligned(4096)));
static uint64_t window_l3[512] __attribute__((aligned(4096)));

#define GIB(n) ((uint64_t)(n) << 30)

void mmu_build(void);
void mmu_build(void)
{
	uint64_t normal = BLOCK | ATTR(NORMAL) | INNER_SHAREABLE | ACCESSED;
	uint64_t device = BLOCK | ATTR(DEVICE) | ACCESSED;

	top[0] = device | PXN | UXN;
	top[64] = device | AP_EL0;
	top[128] = normal | UXN;
	top[200] = HIGH_HOLE_PA | device;
	for (unsigned int i = 1; i < 64; i++) {
		top[i] = GIB(i) | normal | UXN;
		top[64 + i] = GIB(i) | normal | AP_EL0 | PXN;
	}
	top[300] = (uint64_t)window_l2 | TABLE;
	window_l2[0] = (uint64_t)window_l3 | TABLE;
	cache_clean(top, sizeof(top));
	cache_clean(window_l2, sizeof(window_l2));
	cache_clean(window_l3, sizeof(window_l3));
}

void mmu_enable(void)
{
	write_sysreg(mair_el1, MAIR);
	write_sysreg(tcr_el1, TCR_T0SZ_39 | TCR_WRITE_BACK | TCR_INNER | TCR_EPD1 | TCR_IPS_40);
	write_sysreg(ttbr0_el1, (uint64_t)top);
	isb();
	asm volatile("tlbi vmalle1; ic iallu; dsb nsh; isb" ::: "memory");
	write_sysreg(sctlr_el1, SCTLR_ON);
	isb();
}

/* The caller's frames are read from memory while the caches are off. */
void mmu_disable(void)
{
	uint64_t sp;

	asm volatile("mov %0, sp" : "=r"(sp));
	cache_clean((void *)(sp & ~UINT64_C(63)), 4096);
	write_sysreg(sctlr_el1, SCTLR_RES1);
	isb();
}

void window_map(unsigned int page, uint64_t pa, unsigned int flags)
{
	uint64_t entry = 0;

	if (flags)
		entry = pa | PAGE | ATTR(NORMAL) | INNER_SHAREABLE | ACCESSED | UXN |
			(flags & MAP_RW ? 0 : AP_READ_ONLY) | (flags & MAP_EXEC ? 0 : PXN);
	__atomic_store_n(&window_l3[page], entry, __ATOMIC_RELEASE);
	asm volatile("dsb ishst; isb" ::: "memory");
}

void window_flush(unsigned int page)
{
	asm volatile("dsb ishst; tlbi vaae1is, %0; dsb ish; isb" ::"r"(window_address(page) >> 12)
		     : "memory");
}

static uint64_t line_size(unsigned int shift)
{
	return UINT64_C(4) << ((read_sysreg(ctr_el0) >> shift) & 0xf);
}

void cache_clean(const void *start, size_t size)
{
	uint64_t line = line_size(16), end = (uint64_t)start + size;

	for (uint64_t at = (uint64_t)start & ~(line - 1); at < end; at += line)
		asm volatile("dc civac, %0" ::"r"(at) : "memory");
	dsb();
}

void code_written(const void *start, size_t size)
{
	uint64_t data = line_size(16), code = line_size(0), end = (uint64_t)start + size;

	for (uint64_t at = (uint64_t)start & ~(data - 1); at < end; at += data)
		asm volatile("dc cvau, %0" ::"r"(at) : "memory");
	asm volatile("dsb ish" ::: "memory");
	for (uint64_t at = (uint64_t)start & ~(code - 1); at < end; at += code)
		asm volatile("ic ivau, %0" ::"r"(at) : "memory");
	asm volatile("dsb ish; isb" ::: "memory");
}
