/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake host of the unit tests: vmm/core/host.h in a process. Physical addresses are virtual
 * ones; a "CPU" is a number that a thread says it runs on; time stands still until a test or a
 * sleep moves it.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include "host.h"

#define FAKE_CPUS    4
#define FAKE_PROCESS 42 /* what host_process_id() says */

/* Forgets everything, checks nothing. Call it in the setup of every test. */
void fake_host_reset(void);

/* What the calling thread is: CPU 0 unless it says otherwise. */
void fake_host_set_cpu(unsigned int cpu);
/* CPUs that host_call_on_cpu reaches and host_cpu_limit counts; 0 < count <= FAKE_CPUS. All after a
 * reset. */
void fake_host_set_cpus(unsigned int count);

/* Answers HVCs; "cpu" is the caller's. After a reset every call returns 0. */
typedef uint64_t fake_hvc_fn(unsigned int cpu, uint64_t function, uint64_t a1, uint64_t a2,
			     uint64_t a3, uint64_t a4);
void fake_host_set_hvc(fake_hvc_fn *hvc);

/* Answers host_firmware_feature; after a reset firmware knows nothing. */
typedef int32_t fake_firmware_fn(unsigned int cpu, uint32_t function);
void fake_host_set_firmware(fake_firmware_fn *firmware);

/* The next "allocations" allocations succeed, later ones fail; negative: never fail. */
void fake_host_fail_after(long allocations);
/* Allocations (pages and objects) that have not been freed. */
size_t fake_host_allocations(void);

/*
 * What an observer without caches reads: what host_clean_dcache() wrote back, byte by byte, until
 * the pages are freed. True if that is what the process sees there; and if instruction caches were
 * invalidated after it, so that it is also what a CPU executes.
 */
bool fake_host_is_in_memory(const void *start, size_t size, bool as_text);

static inline bool fake_host_is_clean(const void *start, size_t size)
{
	return fake_host_is_in_memory(start, size, false);
}

static inline bool fake_host_is_executable(const void *start, size_t size)
{
	return fake_host_is_in_memory(start, size, true);
}

/* host_mb calls since the reset. */
unsigned int fake_host_barriers(void);

void fake_host_set_counter(uint64_t counter);
void fake_host_set_signal(bool pending);
/* host_kick_cpu calls since the reset. */
unsigned int fake_host_kicks(unsigned int cpu);
/* Calls since the reset of host_wake that found a sleeper or came before the sleep. */
unsigned int fake_host_wakes(void);

/* Whether host_yield_to gives the CPU away, and the last thread that it was asked for. */
void fake_host_accept_yield(bool accept);
const void *fake_host_yielded_to(void);
/* What all threads have waited for a CPU; whether that is counted (as after a reset). */
void fake_host_set_run_delay(uint64_t ns);
void fake_host_counts_run_delay(bool counts);
/* References to threads that are held. */
int fake_host_threads_held(void);

/* All lines logged since the reset, each with its newline. */
const char *fake_host_log(void);

/* The syndrome that the host was ended with, 0 if it was not. */
uint64_t fake_host_uncontained(void);

#endif
