// SPDX-License-Identifier: BSD-2-Clause
/* What the overcommit table is made with: all CPUs of a machine that has more of them than its host
 * take part in each operation. */
#include "measure.h"

#include "device_tree.h"

#define CPUS	     16
#define SGI	     1
#define BROADCASTS   8
#define BATCHES	     5
#define TURNS	     16 /* of each CPU with the lock, in a batch */
#define LOCK_BATCHES 3

static uint64_t taken[CPUS][8]; /* a cache line each */
static uint32_t ready, stop;

static void count_taken(uint32_t intid)
{
	if (intid == SGI)
		__atomic_fetch_add(&taken[cpu_self()][0], 1, __ATOMIC_RELEASE);
}

/* Interrupts are masked from the look to the WFI, which a pending one ends. */
static void sleep_until_stopped(void *argument)
{
	(void)argument;
	irq_set_handler(cpu_self(), count_taken);
	gic_enable(SGI);
	gic_enable(SGI_NUDGE);
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		wfi();
		irq_unmask();
		isb();
		irq_mask();
	}
}

static bool all_have(uint64_t wanted)
{
	for (unsigned int cpu = 1; cpu < cpus_at_boot; cpu++)
		if (__atomic_load_n(&taken[cpu][0], __ATOMIC_ACQUIRE) < wanted)
			return false;
	return true;
}

/* And waits until all have taken it, as an operating system does that has others flush a TLB. */
static void broadcast(uint64_t number)
{
	gic_send_sgi(SGI, SGI_OTHERS);
	while (!all_have(number))
		asm volatile("yield" ::: "memory");
}

PROPERTY_CPUS(all_others_are_interrupted_at_once, CPUS)
{
	uint64_t number = 0;

	if (!device_tree_argument("bench=overcommit"))
		SKIP("not asked for");
	ready = stop = 0;
	CHECK(cpu_start_others(sleep_until_stopped, NULL));
	CHECK(WAIT(__atomic_load_n(&ready, __ATOMIC_ACQUIRE) == cpus_at_boot - 1, PATIENCE_MS));
	broadcast(++number);
	measure_begin();
	for (unsigned int batch = 0; batch < BATCHES; batch++) {
		uint64_t start = counter();

		for (unsigned int n = 0; n < BROADCASTS; n++)
			broadcast(++number);
		measure_sample(counter() - start);
	}
	measure_end("ipi-broadcast", BROADCASTS);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	gic_send_sgi(SGI_NUDGE, SGI_OTHERS);
	CHECK(cpu_join_others());
}

/* A ticket lock: who spins sleeps in WFE between looks, as operating systems' locks do, and gets it
 * in turn. */
static struct {
	uint32_t next, owner;
	uint64_t turns;
} __attribute__((aligned(64))) lock;

static void wait_for(const uint32_t *word, uint32_t wanted)
{
	uint32_t value;

	asm volatile("sevl" ::: "memory");
	do {
		asm volatile("wfe\n\tldaxr %w0, %1" : "=r"(value) : "Q"(*word) : "memory");
	} while (value != wanted);
}

static void take_turns(void *argument)
{
	(void)argument;
	for (unsigned int turn = 0; turn < TURNS; turn++) {
		wait_for(&lock.owner, __atomic_fetch_add(&lock.next, 1, __ATOMIC_RELAXED));
		lock.turns++;
		__atomic_store_n(&lock.owner, lock.owner + 1, __ATOMIC_RELEASE);
	}
}

PROPERTY_CPUS(all_take_turns_with_a_lock, CPUS)
{
	if (!device_tree_argument("bench=overcommit"))
		SKIP("not asked for");
	lock.turns = 0;
	measure_begin();
	for (unsigned int batch = 0; batch < LOCK_BATCHES; batch++) {
		uint64_t start = counter();

		CHECK(cpu_start_others(take_turns, NULL));
		take_turns(NULL);
		CHECK(cpu_join_others());
		measure_sample(counter() - start);
	}
	measure_end("spin-lock", TURNS * cpus_at_boot);
	CHECK_EQUAL(lock.turns, (uint64_t)LOCK_BATCHES * TURNS * cpus_at_boot);
}
