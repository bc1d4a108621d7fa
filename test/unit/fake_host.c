// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/host.h in a process: see fake_host.h. */
#include "fake_host.h"

#include "hyp_abi.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FREQUENCY 62500000

static _Thread_local unsigned int this_cpu;
static _Thread_local unsigned int irq_off;
/* Whose run has the floating-point registers. */
static __thread struct host_fp *fp_of;

static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_cond = PTHREAD_COND_INITIALIZER;

static struct {
	unsigned int cpus;
	fake_hvc_fn *hvc;
	fake_firmware_fn *firmware;
	long allocations_left;
	size_t allocations;
	uint64_t counter;
	bool signal;
	unsigned int kicks[FAKE_CPUS];
	unsigned int wakes;
	unsigned int barriers;
	uint64_t uncontained;
	int threads_held;
	uint64_t run_delay_ns;
	bool no_run_delay;
	void *yielded_to;
	bool accepts_yield;
	char log[16384];
	size_t log_length;
} fake = { .cpus = FAKE_CPUS, .allocations_left = -1 };

struct fake_waiter {
	bool waiting, woken;
};

/* A page of which something was written back: what is in memory behind the caches, and what
 * instruction fetches find there. */
struct fake_memory {
	struct fake_memory *next;
	uintptr_t page;
	uint8_t data[VMM_PAGE_SIZE], text[VMM_PAGE_SIZE];
	bool has_data[VMM_PAGE_SIZE], has_text[VMM_PAGE_SIZE];
};

static struct fake_memory *memory;
static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(struct host_mutex), "storage of a mutex");
_Static_assert(sizeof(pthread_mutex_t) <= sizeof(struct host_spinlock), "storage of a spin lock");
_Static_assert(sizeof(struct fake_waiter) <= sizeof(struct host_waiter), "storage of a waiter");

/* Of the pages that overlap the range. */
static void forget_memory(uintptr_t start, size_t size)
{
	struct fake_memory **link = &memory, *old;

	pthread_mutex_lock(&memory_lock);
	while ((old = *link)) {
		if (old->page - start >= size) {
			link = &old->next;
			continue;
		}
		*link = old->next;
		free(old);
	}
	pthread_mutex_unlock(&memory_lock);
}

void fake_host_reset(void)
{
	assert(!fp_of);
	forget_memory(0, SIZE_MAX);
	memset(&fake, 0, sizeof(fake));
	fake.cpus = FAKE_CPUS;
	fake.allocations_left = -1;
	this_cpu = 0;
	irq_off = 0;
}

void fake_host_set_cpu(unsigned int cpu)
{
	assert(cpu < fake.cpus);
	this_cpu = cpu;
}

void fake_host_set_cpus(unsigned int count)
{
	assert(count > 0 && count <= FAKE_CPUS);
	fake.cpus = count;
}

void fake_host_set_firmware(fake_firmware_fn *firmware)
{
	fake.firmware = firmware;
}

void fake_host_set_hvc(fake_hvc_fn *hvc)
{
	fake.hvc = hvc;
}

void fake_host_fail_after(long allocations)
{
	fake.allocations_left = allocations;
}

size_t fake_host_allocations(void)
{
	return __atomic_load_n(&fake.allocations, __ATOMIC_SEQ_CST);
}

void fake_host_set_counter(uint64_t counter)
{
	__atomic_store_n(&fake.counter, counter, __ATOMIC_SEQ_CST);
}

void fake_host_set_signal(bool pending)
{
	pthread_mutex_lock(&wait_lock);
	fake.signal = pending;
	pthread_cond_broadcast(&wait_cond);
	pthread_mutex_unlock(&wait_lock);
}

unsigned int fake_host_kicks(unsigned int cpu)
{
	return __atomic_load_n(&fake.kicks[cpu], __ATOMIC_SEQ_CST);
}

unsigned int fake_host_wakes(void)
{
	return __atomic_load_n(&fake.wakes, __ATOMIC_SEQ_CST);
}

const char *fake_host_log(void)
{
	return fake.log;
}

static bool allocation_fails(void)
{
	if (fake.allocations_left < 0)
		return false;
	if (!fake.allocations_left)
		return true;
	fake.allocations_left--;
	return false;
}

static void *allocate(size_t alignment, size_t size)
{
	void *object;

	if (allocation_fails() || posix_memalign(&object, alignment, size))
		return NULL;
	memset(object, 0, size);
	__atomic_add_fetch(&fake.allocations, 1, __ATOMIC_SEQ_CST);
	return object;
}

static void release(void *object)
{
	if (object)
		__atomic_sub_fetch(&fake.allocations, 1, __ATOMIC_SEQ_CST);
	free(object);
}

void *host_alloc_pages(unsigned int order, bool account)
{
	(void)account;
	assert(order <= 10);
	return allocate(VMM_PAGE_SIZE << order, VMM_PAGE_SIZE << order);
}

void host_free_pages(void *pages, unsigned int order)
{
	assert(pages);
	forget_memory((uintptr_t)pages, VMM_PAGE_SIZE << order);
	release(pages);
}

void *host_zalloc(size_t size)
{
	return allocate(sizeof(uint64_t) * 2, size);
}

void host_free(void *object)
{
	release(object);
}

pa_t host_pa(const void *object)
{
	return pa_from((uintptr_t)object);
}

void *host_va(pa_t pa)
{
	return (void *)(uintptr_t)pa.value;
}

static struct fake_memory *memory_of(uintptr_t address)
{
	struct fake_memory *found = memory;

	while (found && found->page != (address & ~(VMM_PAGE_SIZE - 1)))
		found = found->next;
	return found;
}

static struct fake_memory *add_memory(uintptr_t address)
{
	struct fake_memory *added = calloc(1, sizeof(*added));

	assert(added);
	added->page = address & ~(VMM_PAGE_SIZE - 1);
	added->next = memory;
	memory = added;
	return memory;
}

void host_clean_dcache(const void *start, size_t size)
{
	uintptr_t first = (uintptr_t)start;
	struct fake_memory *behind = NULL;

	pthread_mutex_lock(&memory_lock);
	for (uintptr_t at = first; at < first + size; at++) {
		size_t offset = at % VMM_PAGE_SIZE;

		if (!behind || !offset)
			behind = memory_of(at);
		if (!behind)
			behind = add_memory(at);
		behind->data[offset] = *(const uint8_t *)at;
		behind->has_data[offset] = true;
	}
	pthread_mutex_unlock(&memory_lock);
}

void host_invalidate_icache(void)
{
	pthread_mutex_lock(&memory_lock);
	for (struct fake_memory *behind = memory; behind; behind = behind->next) {
		memcpy(behind->text, behind->data, sizeof(behind->text));
		memcpy(behind->has_text, behind->has_data, sizeof(behind->has_text));
	}
	pthread_mutex_unlock(&memory_lock);
}

bool fake_host_is_in_memory(const void *start, size_t size, bool as_text)
{
	const struct fake_memory *behind = NULL;
	uintptr_t first = (uintptr_t)start;
	bool same = true;

	pthread_mutex_lock(&memory_lock);
	for (uintptr_t at = first; same && at < first + size; at++) {
		size_t offset = at % VMM_PAGE_SIZE;
		uint8_t byte = *(const uint8_t *)at;

		if (at == first || !offset)
			behind = memory_of(at);
		if (!behind)
			same = false;
		else if (as_text)
			same = behind->has_text[offset] && behind->text[offset] == byte;
		else
			same = behind->has_data[offset] && behind->data[offset] == byte;
	}
	pthread_mutex_unlock(&memory_lock);
	return same;
}

unsigned int fake_host_barriers(void)
{
	return __atomic_load_n(&fake.barriers, __ATOMIC_SEQ_CST);
}

void host_mb(void)
{
	__atomic_add_fetch(&fake.barriers, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void host_mutex_init(struct host_mutex *mutex)
{
	pthread_mutex_init((pthread_mutex_t *)mutex, NULL);
}

void host_mutex_lock(struct host_mutex *mutex)
{
	assert(!irq_off); /* it may sleep */
	pthread_mutex_lock((pthread_mutex_t *)mutex);
}

void host_mutex_unlock(struct host_mutex *mutex)
{
	pthread_mutex_unlock((pthread_mutex_t *)mutex);
}

void host_spin_init(struct host_spinlock *lock)
{
	pthread_mutex_init((pthread_mutex_t *)lock, NULL);
}

unsigned long host_spin_lock(struct host_spinlock *lock)
{
	unsigned long flags = host_irq_save();

	pthread_mutex_lock((pthread_mutex_t *)lock);
	return flags;
}

void host_spin_unlock(struct host_spinlock *lock, unsigned long flags)
{
	pthread_mutex_unlock((pthread_mutex_t *)lock);
	host_irq_restore(flags);
}

unsigned int host_cpu_limit(void)
{
	return fake.cpus;
}

unsigned int host_cpu(void)
{
	return this_cpu;
}

void host_irq_disable(void)
{
	assert(!irq_off);
	irq_off = 1;
}

void host_irq_enable(void)
{
	assert(irq_off);
	irq_off = 0;
}

unsigned long host_irq_save(void)
{
	unsigned long flags = irq_off;

	irq_off = 1;
	return flags;
}

void host_irq_restore(unsigned long flags)
{
	irq_off = flags;
}

bool host_irqs_disabled(void)
{
	return irq_off;
}

void host_fp_begin(struct host_fp *state)
{
	assert(!irq_off && !fp_of);
	fp_of = state;
}

void host_fp_end(struct host_fp *state)
{
	assert(!irq_off && fp_of == state);
	fp_of = NULL;
}

uint64_t host_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	assert(irq_off);
	assert(function != HYP_CALL_RUN || fp_of);
	return fake.hvc ? fake.hvc(this_cpu, function, a1, a2, a3, a4) : 0;
}

uint64_t host_el2_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
		       struct hyp_cpu *cpu)
{
	(void)cpu;
	return host_hvc(function, a1, a2, a3, a4);
}

uint64_t host_el2_code(void)
{
	return 0x12340000;
}

void host_el2_configure(const struct hyp_config *config)
{
	(void)config;
}

int host_call_on_cpu(unsigned int cpu, void (*function)(void *context), void *context)
{
	unsigned int caller = this_cpu;

	assert(!irq_off);
	if (cpu >= fake.cpus)
		return -ENXIO;
	this_cpu = cpu;
	irq_off = 1;
	function(context);
	irq_off = 0;
	this_cpu = caller;
	return 0;
}

void host_kick_cpu(unsigned int cpu)
{
	assert(cpu < fake.cpus);
	__atomic_add_fetch(&fake.kicks[cpu], 1, __ATOMIC_SEQ_CST);
}

uint64_t host_counter(void)
{
	return __atomic_load_n(&fake.counter, __ATOMIC_SEQ_CST);
}

uint64_t host_counter_frequency(void)
{
	return FREQUENCY;
}

int32_t host_firmware_feature(uint32_t function)
{
	return fake.firmware ? fake.firmware(this_cpu, function) : -1;
}

uint64_t host_boottime_ns(void)
{
	return host_counter() * (1000000000 / FREQUENCY);
}

void host_waiter_init(struct host_waiter *waiter)
{
	memset(waiter, 0, sizeof(*waiter));
}

void host_wait_prepare(struct host_waiter *waiter)
{
	pthread_mutex_lock(&wait_lock);
	*(struct fake_waiter *)waiter = (struct fake_waiter){ .waiting = true };
	pthread_mutex_unlock(&wait_lock);
}

/* A sleep with a deadline takes no time: the counter jumps to the deadline, unless a wake came
 * before. */
int host_wait_commit(struct host_waiter *waiter, uint64_t deadline)
{
	struct fake_waiter *fake_waiter = (struct fake_waiter *)waiter;
	int result = 0;

	assert(!irq_off && fake_waiter->waiting);
	pthread_mutex_lock(&wait_lock);
	if (deadline != HOST_NO_DEADLINE && !fake_waiter->woken && !fake.signal) {
		if (host_counter() < deadline)
			fake_host_set_counter(deadline);
		result = -ETIME;
	}
	while (!result && !fake_waiter->woken && !fake.signal)
		pthread_cond_wait(&wait_cond, &wait_lock);
	pthread_mutex_unlock(&wait_lock);
	return result;
}

void host_wait_finish(struct host_waiter *waiter)
{
	pthread_mutex_lock(&wait_lock);
	((struct fake_waiter *)waiter)->waiting = false;
	pthread_mutex_unlock(&wait_lock);
}

void host_wake(struct host_waiter *waiter)
{
	struct fake_waiter *fake_waiter = (struct fake_waiter *)waiter;

	pthread_mutex_lock(&wait_lock);
	if (fake_waiter->waiting) {
		fake_waiter->woken = true;
		__atomic_add_fetch(&fake.wakes, 1, __ATOMIC_SEQ_CST);
		pthread_cond_broadcast(&wait_cond);
	}
	pthread_mutex_unlock(&wait_lock);
}

bool host_signal_pending(void)
{
	return __atomic_load_n(&fake.signal, __ATOMIC_SEQ_CST);
}

void host_reschedule(void)
{
}

void host_yield(void)
{
}

uint64_t host_run_delay_ns(void)
{
	return __atomic_load_n(&fake.run_delay_ns, __ATOMIC_SEQ_CST);
}

bool host_counts_run_delay(void)
{
	return !fake.no_run_delay;
}

void fake_host_set_run_delay(uint64_t ns)
{
	__atomic_store_n(&fake.run_delay_ns, ns, __ATOMIC_SEQ_CST);
}

void fake_host_counts_run_delay(bool counts)
{
	fake.no_run_delay = !counts;
}

void *host_thread(void)
{
	static _Thread_local char me;

	return &me;
}

int32_t host_process_id(void)
{
	return FAKE_PROCESS;
}

void host_thread_hold(void *thread)
{
	assert(thread);
	__atomic_add_fetch(&fake.threads_held, 1, __ATOMIC_SEQ_CST);
}

void host_thread_drop(void *thread)
{
	assert(thread);
	__atomic_sub_fetch(&fake.threads_held, 1, __ATOMIC_SEQ_CST);
}

bool host_yield_to(void *thread)
{
	assert(!irq_off && thread);
	fake.yielded_to = thread;
	return fake.accepts_yield;
}

void fake_host_accept_yield(bool accept)
{
	fake.accepts_yield = accept;
	fake.yielded_to = NULL;
}

const void *fake_host_yielded_to(void)
{
	return fake.yielded_to;
}

int fake_host_threads_held(void)
{
	return __atomic_load_n(&fake.threads_held, __ATOMIC_SEQ_CST);
}

bool host_interrupted(void)
{
	return host_signal_pending();
}

void host_end_uncontained(uint64_t syndrome)
{
	fake.uncontained = syndrome;
}

uint64_t fake_host_uncontained(void)
{
	return fake.uncontained;
}

void host_log(enum host_log_level level, const char *format, ...)
{
	size_t room = sizeof(fake.log) - fake.log_length;
	va_list arguments;
	int length;

	(void)level;
	va_start(arguments, format);
	length = vsnprintf(fake.log + fake.log_length, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length + 2 > room)
		return;
	fake.log_length += length;
	fake.log[fake.log_length++] = '\n';
	fake.log[fake.log_length] = 0;
}
