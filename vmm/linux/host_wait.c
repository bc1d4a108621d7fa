// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/host.h on Linux: the counter, and threads that sleep. */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include <asm/arch_timer.h>

#include "host.h"

/* A deadline that is further away than this is reached in several sleeps. */
#define LONGEST_SLEEP_SECONDS 3600

static_assert(sizeof(struct rcuwait) <= sizeof(struct host_waiter));

uint64_t host_counter_frequency(void)
{
	return arch_timer_get_cntfrq();
}

uint64_t host_boottime_ns(void)
{
	return ktime_get_boottime_ns();
}

void host_waiter_init(struct host_waiter *waiter)
{
	rcuwait_init((struct rcuwait *)waiter);
}

static u64 ticks_to_ns(u64 ticks, u64 frequency)
{
	return ticks / frequency * NSEC_PER_SEC + ticks % frequency * NSEC_PER_SEC / frequency;
}

/* 0: something else than the deadline ended the sleep. */
static int sleep_until(uint64_t deadline)
{
	u64 frequency = host_counter_frequency();
	u64 now = host_counter();
	u64 ticks;
	ktime_t end;

	if (now >= deadline)
		return -ETIME;
	ticks = min_t(u64, deadline - now, LONGEST_SLEEP_SECONDS * frequency);
	end = ktime_add_ns(ktime_get(), ticks_to_ns(ticks, frequency));
	if (schedule_hrtimeout(&end, HRTIMER_MODE_ABS))
		return 0;
	return host_counter() >= deadline ? -ETIME : 0;
}

int host_wait_commit(struct host_waiter *waiter, uint64_t deadline)
{
	int result = 0;

	if (signal_pending(current))
		return 0;
	if (deadline == HOST_NO_DEADLINE)
		schedule();
	else
		result = sleep_until(deadline);
	return result;
}

/* cond_resched() is a grace period's quiescent state where the kernel is not preempted; where it
 * is, it does nothing, and does not look at the lazy flag. */
void host_reschedule(void)
{
	cond_resched();
	if (read_thread_flags() & COMPAT_NEED_RESCHED)
		schedule();
}

void host_yield(void)
{
	yield();
}

int32_t host_process_id(void)
{
	return task_tgid_nr(current);
}

/* A struct pid is small, and does not keep what a thread that has ended had. */
void host_thread_hold(void *thread)
{
	get_pid(thread);
}

void host_thread_drop(void *thread)
{
	put_pid(thread);
}

bool host_yield_to(void *thread)
{
	struct task_struct *task = get_pid_task(thread, PIDTYPE_PID);
	bool given;

	if (!task)
		return false;
	given = yield_to(task, true) > 0;
	put_task_struct(task);
	return given;
}

/* Work that waits for the way back to user space is a reason too: the thread takes it and comes
 * again. */
bool host_interrupted(void)
{
	if (read_thread_flags() & COMPAT_NEED_RESCHED)
		host_reschedule();
	return signal_pending(current) || test_thread_flag(TIF_NOTIFY_RESUME);
}
