// SPDX-License-Identifier: BSD-2-Clause
/* What a thread may do, and how often it does that. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define CPUS_MOST	 4
#define ACTIONS_OF_CHILD 200

static int fork_child(struct fuzz_thread *thread);
static int move(struct fuzz_thread *thread);

static const struct {
	const char *name;
	int (*act)(struct fuzz_thread *thread);
	unsigned int weight;
} actions[] = {
	{ "create", fuzz_create, 20 },
	{ "destroy", fuzz_destroy, 1 },
	{ "open", fuzz_open, 60 },
	{ "close", fuzz_close, 3 },
	{ "set-memseg", fuzz_set_memseg, 20 },
	{ "set-memseg-flags", fuzz_set_memseg_flags, 10 },
	{ "get-memseg", fuzz_get_memseg, 10 },
	{ "vcpu-create", fuzz_vcpu_create, 20 },
	{ "vcpu-on", fuzz_vcpu_on, 60 },
	{ "vcpu-off", fuzz_vcpu_off, 20 },
	{ "run", fuzz_run, 240 },
	{ "get-reg", fuzz_get_reg, 20 },
	{ "set-reg", fuzz_set_reg, 20 },
	{ "irq-line", fuzz_irq_line, 50 },
	{ "irqfd", fuzz_irqfd, 40 },
	{ "ioeventfd", fuzz_ioeventfd, 40 },
	{ "event", fuzz_event, 60 },
	{ "get-stats", fuzz_get_stats, 10 },
	{ "suspend", fuzz_suspend, 4 },
	{ "reinit", fuzz_reinit, 30 },
	{ "set-blob", fuzz_set_blob, 10 },
	{ "get-blob", fuzz_get_blob, 10 },
	{ "info", fuzz_info, 20 },
	{ "any-ioctl", fuzz_any_ioctl, 40 },
	{ "map", fuzz_map, 50 },
	{ "unmap", fuzz_unmap, 15 },
	{ "touch", fuzz_touch, 50 },
	{ "change-map", fuzz_change_map, 25 },
	{ "splice", fuzz_splice, 15 },
	{ "proc-mem", fuzz_through_proc, 15 },
	{ "move", move, 10 },
	{ "fork", fork_child, 1 },
};
#define ACTIONS (sizeof(actions) / sizeof(actions[0]))
_Static_assert(ACTIONS <= FUZZ_ACTIONS_MAX, "each action has its counts");

const char *fuzz_action_name(unsigned int action)
{
	return action < ACTIONS ? actions[action].name : NULL;
}

static unsigned int choose(struct fuzz_random *random)
{
	uint32_t sum = 0, chosen;
	unsigned int action = 0;

	for (unsigned int i = 0; i < ACTIONS; i++)
		sum += actions[i].weight;
	chosen = fuzz_below(random, sum);
	while (chosen >= actions[action].weight)
		chosen -= actions[action++].weight;
	return action;
}

/* EIO is a fault at EL2 or a VM that had one; numbers over 133 are the kernel's own. */
static bool is_wrong(int error)
{
	return error == EIO || error == ENOSYS || error == EDEADLK || error == EPROTO ||
	       error > 133;
}

void fuzz_act(struct fuzz_thread *thread)
{
	unsigned int action = choose(&thread->random);

	if (actions[action].act(thread) >= 0) {
		atomic_fetch_add(&fuzz_counts->done[action], 1);
		return;
	}
	atomic_fetch_add(&fuzz_counts->refused[action], 1);
	if (is_wrong(errno)) {
		fuzz_counts->wrong_errno = errno;
		fuzz_counts->wrong_call = action;
		atomic_fetch_add(&fuzz_counts->wrong, 1);
	}
}

/* To other CPUs: a vCPU that moves, or may be on one alone. */
static int move(struct fuzz_thread *thread)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned int cpu = 0; cpu < CPUS_MOST; cpu++) {
		if (fuzz_once_in(&thread->random, 2))
			CPU_SET(cpu, &set);
	}
	return sched_setaffinity(0, sizeof(set), &set);
}

static _Noreturn void act_as_child(struct fuzz_thread *thread)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	thread->process->forked = true;
	thread->random = fuzz_random_from(thread->random.state, 1);
	alarm(2);
	for (unsigned int i = 0; i < ACTIONS_OF_CHILD; i++)
		fuzz_act(thread);
	if (fuzz_once_in(&thread->random, 2))
		raise(SIGKILL);
	_exit(0);
}

/* A child has the files and the mappings; it ends by itself, or is killed. */
static int fork_child(struct fuzz_thread *thread)
{
	pid_t child;

	if (thread->process->forked)
		return 0;
	child = fork();
	if (child == 0)
		act_as_child(thread);
	if (child < 0)
		return -1;
	if (fuzz_once_in(&thread->random, 2))
		kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}
