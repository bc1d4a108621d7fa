/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of vmm/core/host.h that every exit of a guest calls, on Linux; host.h includes it.
 */
#ifndef VMM_LINUX_HOST_INLINE_H
#define VMM_LINUX_HOST_INLINE_H

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rcuwait.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/thread_info.h>

#include <asm/cpufeature.h>
#include <asm/neon.h>

#include "compat.h"

/*
 * Macros, so that each place in vmm/core that makes a lock has a class of its own (lockdep): locks
 * of one class that are nested read as recursion.
 */
#define host_mutex_init(storage) mutex_init((struct mutex *)(storage))
/* Raw, as it masks interrupts on a kernel with PREEMPT_RT, too. */
#define host_spin_init(storage)	 raw_spin_lock_init((raw_spinlock_t *)(storage))

static inline void host_mutex_lock(struct host_mutex *mutex)
{
	mutex_lock((struct mutex *)mutex);
}

static inline void host_mutex_unlock(struct host_mutex *mutex)
{
	mutex_unlock((struct mutex *)mutex);
}

static inline unsigned int host_cpu(void)
{
	return raw_smp_processor_id();
}

static inline void host_irq_disable(void)
{
	local_irq_disable();
}

static inline void host_irq_enable(void)
{
	local_irq_enable();
}

static inline uint64_t host_hvc(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
				uint64_t a4)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = a1;
	register uint64_t x2 asm("x2") = a2;
	register uint64_t x3 asm("x3") = a3;
	register uint64_t x4 asm("x4") = a4;

	asm volatile("hvc #0"
		     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4)
		     :
		     : "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
		       "x16", "x17", "cc", "memory");
	return x0;
}

u64 hyp_vhe_call(u64 function, u64 a1, u64 a2, u64 a3, u64 a4, struct hyp_cpu *cpu);

static inline uint64_t host_el2_call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
				     uint64_t a4, struct hyp_cpu *cpu)
{
	return hyp_vhe_call(function, a1, a2, a3, a4, cpu);
}

static inline bool host_fp_is_wide(void)
{
	return system_supports_sve() || system_supports_sme();
}

static inline void host_fp_begin(struct host_fp *state)
{
	if (host_fp_is_wide())
		compat_neon_begin(state);
}

static inline void host_fp_end(struct host_fp *state)
{
	if (host_fp_is_wide())
		compat_neon_end(state);
}

static inline bool host_attention(void)
{
	return read_thread_flags() &
	       (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL | COMPAT_NEED_RESCHED | _TIF_NOTIFY_RESUME);
}

#ifdef CONFIG_SCHED_INFO
static inline bool host_counts_run_delay(void)
{
	return true;
}

static inline uint64_t host_run_delay_ns(void)
{
	return READ_ONCE(current->sched_info.run_delay);
}
#else
static inline bool host_counts_run_delay(void)
{
	return false;
}

static inline uint64_t host_run_delay_ns(void)
{
	return 0;
}
#endif

static inline bool host_cpu_is_ours(void)
{
	return single_task_running();
}

static inline void *host_va(pa_t pa)
{
	return phys_to_virt(pa.value);
}

static inline void host_mb(void)
{
	dsb(sy);
}

static inline uint64_t host_counter(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

static inline void host_wake(struct host_waiter *waiter)
{
	rcuwait_wake_up((struct rcuwait *)waiter);
}

static inline void *host_thread(void)
{
	return task_pid(current);
}

static inline bool host_signal_pending(void)
{
	return signal_pending(current);
}

static inline void host_gate_enter(void) __acquires(RCU)
{
	rcu_read_lock();
}

static inline void host_gate_leave(void) __releases(RCU)
{
	rcu_read_unlock();
}

static inline unsigned int host_cpu_limit(void)
{
	return nr_cpu_ids;
}

static inline void host_wait_prepare(struct host_waiter *waiter)
{
	prepare_to_rcuwait((struct rcuwait *)waiter);
	set_current_state(TASK_INTERRUPTIBLE);
}

static inline void host_wait_finish(struct host_waiter *waiter)
{
	finish_rcuwait((struct rcuwait *)waiter);
}

#endif
