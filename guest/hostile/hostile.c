// SPDX-License-Identifier: BSD-2-Clause
/* What the attacks share: random numbers, addresses, time. */
#include "hostile.h"

#include "device_tree.h"

#define GOLDEN	      UINT64_C(0x9e3779b97f4a7c15)
#define SECONDS_EACH  5
#define JOIN_PATIENCE 30 /* times PATIENCE_MS */
#define SECONDS_MAX   (UINT64_C(1) << 20)
/* What the virtual machine's map has: [DESIGN, section 5] */
#define ROM_SIZE      UINT64_C(0x08000000)
#define DEVICES	      UINT64_C(0x08000000)
#define DEVICES_SIZE  UINT64_C(0x02100000)

static struct {
	uint64_t state;
} __attribute__((aligned(64))) numbers[MAX_CPUS];

static uint64_t attack_deadline;

/* From the device tree, before an attack destroys it. */
static struct {
	uint64_t ram, arena, end;
	uint64_t seed, seconds;
	char words[256];
} machine;

/* splitmix64 */
uint64_t any(void)
{
	uint64_t z = numbers[cpu_self()].state += GOLDEN;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t any_value(void)
{
	switch (below(8)) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return UINT64_C(1) << below(64);
	case 3:
		return ~(UINT64_C(1) << below(64));
	case 4:
		return below(256);
	case 5:
		return somewhere();
	default:
		return any();
	}
}

uint64_t arena(void)
{
	return machine.arena;
}

uint64_t arena_size(void)
{
	return machine.end - machine.arena;
}

bool in_ram(uint64_t address)
{
	return address >= machine.ram && address < machine.end;
}

uint64_t not_here(uint64_t address, uint64_t size)
{
	uint64_t end = address + size;

	if (end < address || end <= machine.ram || address >= arena())
		return address;
	return arena() + (address % (arena_size() / 2) & ~UINT64_C(7)) + (address & 7);
}

uint64_t somewhere(void)
{
	uint64_t slack = below(64) - 32;

	switch (below(12)) {
	case 0:
		return machine.end + slack;
	case 1:
		return below(ROM_SIZE);
	case 2:
		return GICD + below(0x10000);
	case 3:
		return GICR(below(MAX_CPUS + 1)) + below(0x20000);
	case 4:
		return DEVICES + below(DEVICES_SIZE);
	case 5:
		return UINT64_MAX - below(4096);
	case 6:
		return not_here(any(), 4096);
	case 7:
		return not_here(below(UINT64_C(1) << 41), 4096);
	default:
		return arena() + below(arena_size());
	}
}

/* What follows the word on the command line; NULL: it is not there. */
static const char *after(const char *word)
{
	for (const char *at = machine.words; *at; at++) {
		size_t n = 0;

		while (word[n] && at[n] == word[n])
			n++;
		if (!word[n])
			return at + n;
	}
	return NULL;
}

/* Hexadecimal with 0x, or decimal. */
static uint64_t number_after(const char *word, uint64_t otherwise)
{
	const char *at = after(word);
	uint64_t value = 0, base = 10;

	if (!at)
		return otherwise;
	if (at[0] == '0' && at[1] == 'x') {
		base = 16;
		at += 2;
	}
	for (;; at++) {
		uint64_t digit = *at >= 'a' ? (uint64_t)(*at - 'a') + 10 : (uint64_t)(*at - '0');

		if (digit >= base)
			return value;
		value = value * base + digit;
	}
}

static void learn_machine(void)
{
	const char *words = device_tree_arguments();

	if (machine.end)
		return;
	for (size_t i = 0; i + 1 < sizeof(machine.words) && words[i]; i++)
		machine.words[i] = words[i];
	machine.ram = ram_base();
	machine.arena = free_ram();
	machine.end = machine.ram + ram_size();
	machine.seed = number_after("seed=", counter() * GOLDEN | 1);
	machine.seconds = number_after("seconds=", SECONDS_EACH);
	if (machine.seconds == 0)
		machine.seconds = SECONDS_MAX;
}

bool attack_begin(const char *words)
{
	uint64_t mix;

	learn_machine();
	if (after("attack=") && !after(words))
		return false;
	mix = machine.seed;
	for (const char *c = words; *c; c++)
		mix = (mix ^ (uint8_t)*c) * GOLDEN;
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		numbers[cpu].state = mix + cpu * GOLDEN * 7;
	attack_deadline = counter() + machine.seconds * counter_frequency();
	print("# %s seed=0x%lx\n", words, machine.seed);
	return true;
}

bool attack_on_plain_qemu(void)
{
	return after("reference=qemu") != NULL;
}

bool attack_goes_on(void)
{
	return counter() < attack_deadline;
}

bool attack_on_all_cpus(void (*function)(void *))
{
	if (!cpu_start_others(function, NULL))
		return false;
	function(NULL);
	irq_mask();
	/* CPUs do not come to the end of an equal share at the same time where the host has fewer.
	 */
	for (unsigned int patience = 0; patience < JOIN_PATIENCE; patience++)
		if (cpu_join_others())
			return true;
	return false;
}

#define PL011_LCRH (PL011 + 0x02c)

void attack_end(void)
{
	irq_mask();
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntp_ctl_el0, 0);
	write32(PL011_IMSC, 0);
	write32(PL011_LCRH, 0x70);
	write32(PL011_CR, 0x301);
	print("\n"); /* what was written to the console is no part of the result */
}

void access_in_any_form(uint64_t address, uint64_t data)
{
	unsigned int form = (unsigned int)below(access_forms);

	fault_expect();
	access_form(form, address, data);
	fault_end();
}
