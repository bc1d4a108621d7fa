// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is done for a host that has no memory left, before its OOM killer looks for a process: the
 * killer knows nothing of memory that no process has, and would end one after the other. A VM whose
 * process it has ended is waited for, and then the largest VM that no process has open is
 * destroyed.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/oom.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "device.h"

/* A VM's memory is free in a second or two; the killer goes on when it takes longer. */
#define PATIENCE (10 * HZ)

static struct workqueue_struct *queue;
static atomic64_t freed; /* bytes, by the last work */
static DECLARE_COMPLETION(done);

/* In a thread of its own, as who needs memory may hold any lock. What it takes to destroy a VM
 * comes out of the host's reserves. */
static void destroy_orphan(struct work_struct *work)
{
	unsigned int flags = memalloc_noreclaim_save();

	atomic64_set(&freed, ctl_destroy_orphan());
	memalloc_noreclaim_restore(flags);
	complete(&done);
}

static DECLARE_WORK(orphan_work, destroy_orphan);

/* The bytes that are free now. One caller at a time: the killer holds a lock. */
static u64 await_orphan(void)
{
	reinit_completion(&done);
	queue_work(queue, &orphan_work);
	return wait_for_completion_timeout(&done, PATIENCE) ? atomic64_read(&freed) : 0;
}

static int out_of_memory_notify(struct notifier_block *block, unsigned long unused, void *pages)
{
	unsigned long *found = pages;

	/* Who ends anyway is given memory, so that it does. */
	if (fatal_signal_pending(current) || (current->flags & PF_EXITING))
		return NOTIFY_OK;
	if (ctl_await_end(PATIENCE))
		(*found)++;
	else
		*found += await_orphan() >> PAGE_SHIFT;
	return NOTIFY_OK;
}

static struct notifier_block notifier = {
	.notifier_call = out_of_memory_notify,
};

int oom_start(void)
{
	int error;

	queue = alloc_workqueue("vmm_oom", WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	if (!queue)
		return -ENOMEM;
	error = register_oom_notifier(&notifier);
	if (error)
		destroy_workqueue(queue);
	return error;
}

void oom_stop(void)
{
	unregister_oom_notifier(&notifier);
	destroy_workqueue(queue);
}
