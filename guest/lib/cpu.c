// SPDX-License-Identifier: BSD-2-Clause
/* PSCI, and functions run on other CPUs. */
#include "cpu.h"
#include "gic.h"

struct cpu_start {
	void (*function)(void *);
	void *argument;
	unsigned int started, finished;
} __attribute__((aligned(64)));

static struct cpu_start starts[MAX_CPUS];

int64_t hvc(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a;
	register uint64_t x2 asm("x2") = b;
	register uint64_t x3 asm("x3") = c;

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
		     :
		     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
		       "x16", "x17", "memory");
	return (int64_t)x0;
}

unsigned int cpu_count(void)
{
	static unsigned int count;

	while (count < MAX_CPUS && (int32_t)hvc(PSCI_AFFINITY_INFO, count, 0, 0) >= 0)
		count++;
	return count;
}

void secondary_main(struct cpu_start *start);
void secondary_main(struct cpu_start *start)
{
	gic_reset_cpu();
	start->function(start->argument);
	irq_mask();
	__atomic_fetch_add(&start->finished, 1, __ATOMIC_SEQ_CST);
	hvc(PSCI_CPU_OFF, 0, 0, 0);
}

int64_t cpu_start(unsigned int cpu, void (*function)(void *), void *argument)
{
	int64_t answer;

	starts[cpu].function = function;
	starts[cpu].argument = argument;
	/* read with the MMU off */
	cache_clean(&starts[cpu], sizeof(starts[cpu]));
	answer = hvc(PSCI_CPU_ON, cpu, (uint64_t)secondary_entry, (uint64_t)&starts[cpu]);
	if (answer == PSCI_SUCCESS)
		__atomic_fetch_add(&starts[cpu].started, 1, __ATOMIC_SEQ_CST);
	return answer;
}

/* QEMU's own PSCI says "off" for a while after CPU_ON: AFFINITY_INFO alone is not enough. */
bool cpu_join(unsigned int cpu)
{
	const struct cpu_start *start = &starts[cpu];

	if (!WAIT(__atomic_load_n(&start->finished, __ATOMIC_SEQ_CST) ==
			  __atomic_load_n(&start->started, __ATOMIC_SEQ_CST),
		  PATIENCE_MS))
		return false;
	return WAIT(hvc(PSCI_AFFINITY_INFO, cpu, 0, 0) == AFFINITY_OFF, PATIENCE_MS);
}

bool cpu_start_others(void (*function)(void *), void *argument)
{
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != cpu_self() && cpu_start(cpu, function, argument) != PSCI_SUCCESS)
			return false;
	return true;
}

bool cpu_join_others(void)
{
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++)
		if (cpu != cpu_self() && !cpu_join(cpu))
			return false;
	return true;
}

_Noreturn void power_off(void)
{
	hvc(PSCI_SYSTEM_OFF, 0, 0, 0);
	while (1)
		wfi();
}
