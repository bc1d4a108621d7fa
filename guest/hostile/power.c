// SPDX-License-Identifier: BSD-2-Clause
/* Attacks by calls: hypercalls with any arguments, CPUs that race on and off, and CPUs that lose
 * what they stand on. */
#include "hostile.h"

#define PSCI_FIRST     0x84000000
#define PSCI_FUNCTIONS 0x20
#define SMC64	       0x40000000

extern const char off_at_once[], spin_for_ever[], lose_legs[];

/* Not those that end this machine, or the CPU that calls. */
static bool ends_something(uint64_t function)
{
	return (uint32_t)function == PSCI_SYSTEM_OFF || (uint32_t)function == PSCI_SYSTEM_RESET ||
	       (uint32_t)function == PSCI_CPU_OFF;
}

static uint64_t any_function(void)
{
	uint64_t function;

	do {
		if (once_in(4))
			function = any_value();
		else
			function = PSCI_FIRST + below(PSCI_FUNCTIONS) + (once_in(2) ? SMC64 : 0);
		if (once_in(8))
			function |= any() << 32;
	} while (ends_something(function));
	return function;
}

/* A CPU that is really started must end: where it enters is not left to chance here. */
static bool starts_something(uint64_t function)
{
	return ((uint32_t)function | SMC64) == PSCI_CPU_ON;
}

static void calls_round(void)
{
	uint64_t function = any_function();

	if (starts_something(function))
		hvc(function, once_in(2) ? any_value() : below(20),
		    once_in(4) ? somewhere() | 1 : (uint64_t)off_at_once, any_value());
	else
		hvc(function, any_value(), any_value(), any_value());
	if (once_in(16))
		FAULT_OF(asm volatile("smc #0" :: : "memory", "x0", "x1", "x2", "x3"));
	if (once_in(16))
		FAULT_OF(asm volatile("hvc #0xffff" :: : "memory", "x0", "x1", "x2", "x3"));
}

PROPERTY(hypercalls_flood_with_any_arguments)
{
	if (!attack_begin("attack=calls"))
		SKIP("another attack was asked for");
	if (attack_on_plain_qemu())
		SKIP("QEMU: "
		     "sleeps in CPU_SUSPEND, and nothing is there to wake it");
	ATTACK(calls_round);
	attack_end();
}

static void power_round(void)
{
	unsigned int cpu = (unsigned int)below(cpu_count());

	hvc(PSCI_CPU_ON, cpu, (uint64_t)off_at_once, any());
	hvc(PSCI_AFFINITY_INFO, below(cpu_count()), 0, 0);
	if (once_in(16))
		write_sysreg(icc_sgi1r_el1, SGI_OTHERS);
}

/* Two CPUs turn the others on, which go off at once. */
static void power_loop(void *unused)
{
	(void)unused;
	ATTACK(power_round);
}

PROPERTY_CPUS(cpus_race_on_and_off, 3)
{
	if (!attack_begin("attack=power"))
		SKIP("another attack was asked for");
	CHECK_EQUAL(cpu_start(1, power_loop, NULL), PSCI_SUCCESS);
	power_loop(NULL);
	CHECK(cpu_join(1));
	attack_end();
}

static uint64_t legs[MAX_CPUS][16] __attribute__((aligned(128)));

/* Any values, or such as nearly work. */
static void choose_legs(uint64_t *leg)
{
	uint64_t pages = (arena() + below(arena_size())) & ~UINT64_C(4095);

	for (unsigned int i = 0; i < 16; i++)
		leg[i] = any_value();
	if (once_in(2)) {
		leg[1] = read_sysreg(tcr_el1) ^ (UINT64_C(1) << below(40));
		leg[2] = leg[3] = pages;
		leg[6] = read_sysreg(sctlr_el1) ^ (once_in(2) ? UINT64_C(1) << below(32) : 0);
		leg[7] = pages;
	}
	if (once_in(2))
		leg[8] = 0x3c5;
	cache_clean(leg, 128);
}

/*
 * The other CPUs get noise for translation tables, vectors, stack and controls; they are lost. The
 * machine is then reset, and does it again: it never ends by itself. What runs it says that it
 * restarts (bhyve -M), and stops it.
 */
PROPERTY_CPUS(cpus_lose_their_legs, 2)
{
	if (!attack_begin("attack=legs"))
		SKIP("another attack was asked for");
	for (uint64_t at = arena(); at < arena() + (1 << 20); at += 8)
		write64(at, once_in(2) ? any_value() | 3 : any());
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		choose_legs(legs[cpu]);
		hvc(PSCI_CPU_ON, cpu, (uint64_t)lose_legs, (uint64_t)legs[cpu]);
	}
	WAIT(false, 200);
	print("# CPUs are lost, reset\n");
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	CHECK(!"SYSTEM_RESET returned");
}
