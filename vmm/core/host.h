/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vmm/core asks of the host operating system. vmm/linux/host.c implements it on Linux,
 * test/unit/fake_host.c in a process, for the unit tests; another host would be one more folder
 * beside vmm/linux.
 *
 * Unless a function says otherwise it may be called in process context only, may sleep, and fails
 * with a negative errno or a null pointer. Structures are storage: only the host looks inside.
 */
#ifndef VMM_CORE_HOST_H
#define VMM_CORE_HOST_H

#include "vmm_types.h"

/* What every exit of a guest calls is inline where the host can have it so: host_inline.h. */
#ifdef __KERNEL__
#define HOST_FAST static inline
#else
#include <errno.h>
#include <string.h>
#define HOST_FAST
#endif

#define HOST_READ(object)		  __atomic_load_n(&(object), __ATOMIC_RELAXED)
#define HOST_READ_ACQUIRE(object)	  __atomic_load_n(&(object), __ATOMIC_ACQUIRE)
#define HOST_WRITE(object, value)	  __atomic_store_n(&(object), (value), __ATOMIC_RELAXED)
#define HOST_WRITE_RELEASE(object, value) __atomic_store_n(&(object), (value), __ATOMIC_RELEASE)

/* Memory. */

/*
 * 2^order pages, zeroed, physically contiguous and aligned to their size; order 0 to 10. "account"
 * charges them to the memory cgroup of the calling process. Null when there are none.
 */
void *host_alloc_pages(unsigned int order, bool account);
void host_free_pages(void *pages, unsigned int order);
/* Small zeroed objects, at most a page; freed with host_free (which takes null). */
void *host_zalloc(size_t size);
void host_free(void *object);
/* Between the address of a page that host_alloc_pages returned (or inside it) and its physical
 * address. */
pa_t host_pa(const void *object);
HOST_FAST void *host_va(pa_t pa);
/*
 * Write back and invalidate from the data caches to the point of coherency, so that an observer
 * with its caches off sees the bytes. Any context. Cortex-A53 erratum 855873 is why it never only
 * cleans.
 */
void host_clean_dcache(const void *start, size_t size);
/* Invalidates the instruction caches of all CPUs. Any context. */
void host_invalidate_icache(void);
/* Full barrier: every earlier access is observed, by table walks too, before any later one (DSB
 * SY). */
HOST_FAST void host_mb(void);

/*
 * Locks. Mutexes sleep; spin locks mask interrupts of this CPU while held. Both are zeroed storage
 * before init. What is made at one place of the code is one class for a host that checks the order
 * of locks: there init may be a macro.
 */
struct host_mutex {
	uint64_t storage[24];
};

struct host_spinlock {
	uint64_t storage[10];
};

void host_mutex_init(struct host_mutex *mutex);
HOST_FAST void host_mutex_lock(struct host_mutex *mutex);
HOST_FAST void host_mutex_unlock(struct host_mutex *mutex);
void host_spin_init(struct host_spinlock *lock);
/* Returns what host_spin_unlock needs to restore the interrupt mask. Any context. */
unsigned long host_spin_lock(struct host_spinlock *lock);
void host_spin_unlock(struct host_spinlock *lock, unsigned long flags);

/* CPUs. */

/* Number of CPUs that the host may ever have; CPU numbers are below it. */
HOST_FAST unsigned int host_cpu_limit(void);
/* The number of this CPU. The caller keeps itself from migrating (interrupts off, or bound to the
 * CPU). */
HOST_FAST unsigned int host_cpu(void);
/* Mask and unmask this CPU's interrupts: for the thread's own run loop, not nested. */
HOST_FAST void host_irq_disable(void);
HOST_FAST void host_irq_enable(void);
/* Masks interrupts whatever they were; host_irq_restore takes the result. Any context. */
unsigned long host_irq_save(void);
void host_irq_restore(unsigned long flags);
/* Are interrupts masked on this CPU? Any context. */
bool host_irqs_disabled(void);
/* HVC #0 on this CPU: x0 = function, x1 to x4; returns x0. The caller has interrupts masked and
 * knows who is at EL2. */
HOST_FAST uint64_t host_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);
/*
 * The same of a host that runs at EL2 itself, which has the EL2 code in its own address space:
 * "cpu" is this CPU's block. host_el2_configure is HYP_IMAGE's configuration there, before the
 * first call.
 */
struct hyp_cpu;
struct hyp_config;
HOST_FAST uint64_t host_el2_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
				 uint64_t a4, struct hyp_cpu *cpu);
void host_el2_configure(const struct hyp_config *config);
/* Where that code begins. */
uint64_t host_el2_code(void);
/*
 * What firmware answers on this CPU to SMCCC_ARCH_FEATURES (Arm DEN 0028, 7.3) for a function that
 * EL2 can call with SMC; negative if it does not know it, or there is no such firmware. Any
 * context.
 */
int32_t host_firmware_feature(uint32_t function);
/*
 * Runs function(context) on another CPU, with interrupts masked there, and waits for it. Interrupts
 * must be enabled here. -ENXIO if the CPU is off line.
 */
int host_call_on_cpu(unsigned int cpu, void (*function)(void *context), void *context);
/*
 * Makes a CPU take an interrupt soon, so that a guest there exits (the way of last resort when no
 * kick SGI is to be had). Any context, does not wait.
 */
void host_kick_cpu(unsigned int cpu);

/* Time. The counter is the physical one, CNTPCT, which guests' deadlines are computed from. Any
 * context. */
HOST_FAST uint64_t host_counter(void);
uint64_t host_counter_frequency(void); /* Hz */
uint64_t host_boottime_ns(void);

/*
 * Sleeping vCPU threads. A waiter belongs to one thread at a time. The order that loses no wake:
 *
 *	host_wait_prepare(waiter);
 *	if (nothing to do yet)		(no call in between that may sleep)
 *		result = host_wait_commit(waiter, deadline);
 *	host_wait_finish(waiter);
 */
struct host_waiter {
	uint64_t storage[4];
};

#define HOST_NO_DEADLINE UINT64_MAX

void host_waiter_init(struct host_waiter *waiter);
HOST_FAST void host_wait_prepare(struct host_waiter *waiter);
/*
 * Sleeps until a wake, a signal, or until the counter reaches "deadline" (HOST_NO_DEADLINE: no
 * end). 0: woken or a signal came; -ETIME: the deadline passed.
 */
int host_wait_commit(struct host_waiter *waiter, uint64_t deadline);
HOST_FAST void host_wait_finish(struct host_waiter *waiter);
/* Wakes the thread that waits, if any. Any context. */
HOST_FAST void host_wake(struct host_waiter *waiter);
/* Has this thread a signal to take? */
HOST_FAST bool host_signal_pending(void);
/* Lets other threads run if the scheduler wants this one to give way, and puts off nothing else
 * that is pending. */
void host_reschedule(void);
/* Gives the CPU away for a moment (a CPU that is going off line, say). */
void host_yield(void);
/*
 * The calling thread, as an object that others may name: it lives while somebody holds it, even if
 * the thread has ended. hold: any context, by who knows that somebody holds it or is in a gate
 * section where it was found; drop: any context.
 */
HOST_FAST void *host_thread(void);
/* The process that it belongs to, by its number in the host's first namespace. */
int32_t host_process_id(void);
void host_thread_hold(void *thread);
void host_thread_drop(void *thread);
/* Gives the CPU to that thread if it is ready to run and does not. False: it was not given away. */
bool host_yield_to(void *thread);
/* host_reschedule when needed, then: has this thread a signal to take? */
bool host_interrupted(void);

/*
 * Is there anything that the thread should do in the host before it enters the guest: a signal,
 * giving way to another thread? Called with interrupts masked; host_interrupted() deals with it.
 * One load on Linux, which also asks a thread to give way when a grace period (RCU) waits for it.
 */
HOST_FAST bool host_attention(void);

/*
 * Where the CPU's floating-point registers are more than V0 to V31, FPSR and FPCR (SVE, SME), which
 * is what the world switch keeps: between these two they are nobody's, and what the thread's
 * process had in them is in memory. The thread must not have called host_fp_begin before; "state"
 * is its own until host_fp_end. Interrupts are enabled in both calls; what happens between them
 * must be short, as other threads may not get the CPU. Elsewhere both do nothing.
 */
struct host_fp {
	uint64_t words[66];
} __attribute__((aligned(16)));
HOST_FAST void host_fp_begin(struct host_fp *state);
HOST_FAST void host_fp_end(struct host_fp *state);

/*
 * Nanoseconds that this thread has been ready to run and did not, since it began. Where the host
 * does not count that, host_counts_run_delay() is false. Any context.
 */
HOST_FAST uint64_t host_run_delay_ns(void);
HOST_FAST bool host_counts_run_delay(void);

/* Does no other thread want this CPU? Interrupts are masked. */
HOST_FAST bool host_cpu_is_ours(void);

/* One line of the kernel log; the host puts "vmm: " before it and a newline behind. Any context. */
/*
 * The hardware reports an error that it could not contain (syndrome: ESR_ELx): what is in memory
 * and registers of this machine is not to be trusted. The host ends; does not return there.
 */
void host_end_uncontained(uint64_t syndrome);

enum host_log_level {
	HOST_LOG_ERROR,
	HOST_LOG_WARNING,
	HOST_LOG_INFO,
};

void host_log(enum host_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#ifdef __KERNEL__
#include "host_inline.h"
#endif

#endif
