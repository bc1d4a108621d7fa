// SPDX-License-Identifier: BSD-2-Clause
/*
 * Walks what FreeBSD's kernel is given by its loader as that kernel walks it, and says on the
 * console what is as it must be. Started with guest.words="two words" guest.last=1 -v, and a memory
 * disk that begins with "memory disk".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "console.h"

#define KERNBASE    UINT64_C(0xffff000000000000)
#define BLOCK	    UINT64_C(0x200000)
#define PAGE	    UINT64_C(0x1000)
#define FDT_MAGIC   UINT32_C(0xd00dfeed)
#define RB_VERBOSE  0x800
#define CURRENT_EL1 (1 << 2)
#define SCTLR_M_C   5

/* sys/linker.h, machine/metadata.h */
#define END	    0
#define NAME	    1
#define TYPE	    2
#define ADDR	    3
#define SIZE	    4
#define MD(type)    (0x8000u | (type))
#define ELFHDR	    MD(2)
#define SSYM	    MD(3)
#define ESYM	    MD(4)
#define ENVP	    MD(6)
#define HOWTO	    MD(7)
#define KERNEND	    MD(8)
#define DTBP	    MD(0x1002)

/* Of an ELF symbol table */
struct symbol {
	uint32_t name;
	uint8_t info, other;
	uint16_t section;
	uint64_t value, size;
};

extern const char _end[];
void check_loader(uint64_t modulep, uint64_t load_address, uint64_t sctlr, uint64_t current_el);

static const uint8_t *metadata;
static unsigned int number;
static uint32_t bss_probe[1024];

static void check(const char *name, bool holds)
{
	print("%s %u %s\n", holds ? "ok" : "not ok", ++number, name);
}

static bool equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static bool starts_with(const char *text, const char *start)
{
	while (*start)
		if (*text++ != *start++)
			return false;
	return true;
}

static uint32_t word(const uint8_t *at)
{
	return *(const volatile uint32_t *)at;
}

/* The value of a record of a module; NULL: there is none. */
static const uint8_t *find(const char *module, uint32_t type)
{
	bool inside = false;

	for (const uint8_t *at = metadata; word(at) != END || word(at + 4) != 0;
	     at += (8 + word(at + 4) + 7) & ~7u) {
		if (word(at) == NAME)
			inside = equal((const char *)at + 8, module);
		if (inside && word(at) == type)
			return at + 8;
	}
	return NULL;
}

static uint64_t fetch(const char *module, uint32_t type)
{
	const uint8_t *value = find(module, type);

	return value ? *(const uint64_t *)value : 0;
}

static bool has_variable(const char *variable)
{
	const char *at = (const char *)fetch("kernel", ENVP);

	while (at && *at) {
		if (equal(at, variable))
			return true;
		while (*at++)
			;
	}
	return false;
}

/* Looks this function up in the symbols that the loader left. */
static bool finds_itself(void)
{
	const uint8_t *at = (const uint8_t *)fetch("kernel", SSYM);
	uint64_t end = fetch("kernel", ESYM), size;
	const struct symbol *symbols;
	const char *strings;

	if (!at || end <= (uint64_t)at)
		return false;
	size = *(const uint64_t *)at;
	symbols = (const struct symbol *)(at + 8);
	strings = (const char *)at + 8 + ((size + 7) & ~UINT64_C(7)) + 8;
	if ((uint64_t)strings >= end)
		return false;
	for (uint64_t i = 0; i < size / sizeof(*symbols); i++)
		if (equal(strings + symbols[i].name, "check_loader"))
			return symbols[i].value == (uint64_t)check_loader;
	return false;
}

static bool bss_is_zero(void)
{
	uint32_t any = 0;

	for (unsigned int i = 0; i < 1024; i++)
		any |= ((volatile uint32_t *)bss_probe)[i];
	return any == 0;
}

static void check_kernel(uint64_t modulep)
{
	uint64_t end = fetch("kernel", KERNEND), size = fetch("kernel", SIZE);

	check("the_first_record_is_the_kernels_name",
	      word(metadata) == NAME && equal((const char *)metadata + 8, "kernel"));
	check("its_type_is_elf_kernel",
	      find("kernel", TYPE) && equal((const char *)find("kernel", TYPE), "elf kernel"));
	check("its_address_is_where_it_is_linked", fetch("kernel", ADDR) == KERNBASE);
	check("its_size_has_all_of_it",
	      size >= (uint64_t)_end - KERNBASE && KERNBASE + size <= modulep);
	check("its_elf_header_is_given",
	      find("kernel", ELFHDR) &&
		      starts_with((const char *)find("kernel", ELFHDR), "\177ELF"));
	check("nothing_is_loaded_behind_its_end", end % PAGE == 0 && end > modulep);
	check("its_symbols_are_found", finds_itself());
}

static void check_data(uint64_t modulep)
{
	const uint8_t *tree = (const uint8_t *)fetch("kernel", DTBP);
	const char *disk = (const char *)fetch("initrd", ADDR);

	check("variables_are_in_the_environment",
	      has_variable("guest.words=two words") && has_variable("guest.last=1"));
	check("boot_flags_are_given",
	      find("kernel", HOWTO) && word(find("kernel", HOWTO)) == RB_VERBOSE);
	check("a_device_tree_is_below_the_metadata",
	      tree && (uint64_t)tree > (uint64_t)_end && (uint64_t)tree < modulep &&
		      __builtin_bswap32(word(tree)) == FDT_MAGIC &&
		      (uint64_t)tree + __builtin_bswap32(word(tree + 4)) <= modulep);
	check("a_memory_disk_is_loaded",
	      disk && equal((const char *)find("initrd", TYPE), "md_image") &&
		      starts_with(disk, "memory disk") &&
		      (uint64_t)disk + fetch("initrd", SIZE) <= modulep);
}

void check_loader(uint64_t modulep, uint64_t load_address, uint64_t sctlr, uint64_t current_el)
{
	print("\n1..15\n");
	check("entered_at_el1_with_mmu_and_caches_off",
	      current_el == CURRENT_EL1 && !(sctlr & SCTLR_M_C));
	check("loaded_at_a_2_mib_boundary", load_address % BLOCK == 0);
	check("bss_is_zero", bss_is_zero());
	check("argument_is_a_virtual_address_behind_the_kernel",
	      modulep > (uint64_t)_end && modulep - KERNBASE < (UINT64_C(1) << 30) &&
		      modulep % 8 == 0);
	metadata = (const uint8_t *)modulep;
	check_kernel(modulep);
	check_data(modulep);
}
