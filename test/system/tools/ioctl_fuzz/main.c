// SPDX-License-Identifier: BSD-2-Clause
/*
 * ioctl_fuzz [-s SEED] [-t SECONDS] [-p PROCESSES] [-n THREADS] [-v VMS]
 *
 * Runs on the emulated host with vmm.ko loaded. Prints the seed first, in the end how often each
 * action was done and refused, and a verdict. A seed repeats what each thread does, not how threads
 * come in between each other. Status: 0, 1 if something was wrong (an error that the driver's ABI
 * does not have, a process that cannot be ended), 2 for a wrong command line.
 *
 * Each process lives for some seconds and is then killed, told to end, or runs into the limit of a
 * memory cgroup (where there is one).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define THREADS_MOST   16
#define PROCESSES_MOST 16
#define LIFE_MOST_MS   3000
#define INTERRUPT_MS   2
/* Who was killed and has not ended by then hangs in the driver. */
#define END_SECONDS    120
#define CGROUP	       "/sys/fs/cgroup/ioctl_fuzz"
#define CGROUP_BYTES   "33554432"

struct fuzz_counts *fuzz_counts;

static struct {
	uint64_t seed;
	unsigned int seconds, processes, threads, vms;
} options = { .seed = 1, .seconds = 20, .processes = 3, .threads = 3, .vms = 4 };

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

static bool write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool written = file >= 0 && write(file, text, strlen(text)) > 0;

	if (file >= 0)
		close(file);
	return written;
}

/* A limit that a VM's memory does not fit in. The host may have no cgroups: then there is none. */
static bool make_cgroup(void)
{
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(CGROUP, 0755);
	return write_file(CGROUP "/memory.max", CGROUP_BYTES);
}

static void on_interrupt(int number)
{
	(void)number;
}

static void *work(void *argument)
{
	for (;;)
		fuzz_act(argument);
	return NULL;
}

/* Takes its threads out of the guests now and then, as signals of a debugger or a timer do. */
static _Noreturn void interrupt_threads(const pthread_t *threads, unsigned int count,
					uint64_t life_ms)
{
	for (uint64_t end = now_ms() + life_ms; now_ms() < end;) {
		pause_ms(INTERRUPT_MS);
		for (unsigned int i = 0; i < count; i++)
			pthread_kill(threads[i], SIGUSR1);
	}
	_exit(0);
}

static _Noreturn void run_process(struct fuzz_random random, uint64_t life_ms, bool limited)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt };
	struct fuzz_process *process = calloc(1, sizeof(*process));
	struct fuzz_thread *threads = calloc(options.threads, sizeof(*threads));
	pthread_t ids[THREADS_MOST];

	if (!process || !threads)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (limited)
		write_file(CGROUP "/cgroup.procs", "0");
	sigaction(SIGUSR1, &interrupt, NULL);
	fuzz_catch_faults();
	process->vms = options.vms;
	for (unsigned int i = 0; i < FUZZ_FILES; i++)
		process->file[i] = -1;
	for (unsigned int i = 0; i < FUZZ_EVENTS; i++)
		process->event[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	for (unsigned int i = 0; i < options.threads; i++) {
		threads[i].process = process;
		threads[i].random = fuzz_random_from(random.state, i);
		if (pthread_create(&ids[i], NULL, work, &threads[i]))
			_exit(1);
	}
	interrupt_threads(ids, options.threads, life_ms);
}

/* One of those that run at a time. */
struct slot {
	pid_t pid;
	uint64_t kill_at; /* 0: it ends by itself */
	bool killed;
	uint64_t give_up_at;
};

static void start_process(struct slot *slot, struct fuzz_random *random, bool has_cgroup)
{
	uint64_t life_ms = 50 + fuzz_below(random, LIFE_MOST_MS);
	struct fuzz_random own = fuzz_random_from(fuzz_random(random), 0);
	bool limited = has_cgroup && fuzz_once_in(random, 3);

	*slot = (struct slot){ .give_up_at = now_ms() + life_ms + 1000 * END_SECONDS };
	if (fuzz_once_in(random, 2))
		slot->kill_at = now_ms() + fuzz_below(random, (uint32_t)life_ms);
	slot->pid = fork();
	if (slot->pid == 0)
		run_process(own, life_ms, limited);
}

/* Where the threads of a process that does not end are, for who looks for the reason. */
static void explain_stuck(pid_t pid)
{
	printf("ioctl_fuzz: process %d does not end\n", (int)pid);
	write_file("/proc/sysrq-trigger", "w");
}

/* True while it is there. */
static bool look_at(struct slot *slot, bool ending, bool *stuck)
{
	pid_t gone = waitpid(slot->pid, NULL, WNOHANG);

	if (gone != 0)
		return false;
	if (!slot->killed && (ending || (slot->kill_at && now_ms() >= slot->kill_at))) {
		kill(slot->pid, SIGKILL);
		slot->killed = true;
	}
	if (now_ms() < slot->give_up_at)
		return true;
	explain_stuck(slot->pid);
	*stuck = true;
	return false;
}

/* Keeps as many processes at work as was asked for; returns how many there have been. */
static unsigned int run_all(bool has_cgroup, bool *stuck)
{
	struct fuzz_random random = fuzz_random_from(options.seed, 0);
	struct slot slots[PROCESSES_MOST] = { 0 };
	uint64_t end = now_ms() + 1000 * (uint64_t)options.seconds;
	unsigned int started = 0, alive;

	do {
		bool ending = now_ms() >= end;

		alive = 0;
		for (unsigned int i = 0; i < options.processes; i++) {
			if (slots[i].pid > 0 && look_at(&slots[i], ending, stuck)) {
				alive++;
				continue;
			}
			slots[i].pid = 0;
			if (!ending && !*stuck) {
				start_process(&slots[i], &random, has_cgroup);
				started++;
				alive++;
			}
		}
		pause_ms(10);
	} while (alive && !*stuck);
	return started;
}

static bool destroy_all(void)
{
	bool left = false;

	for (unsigned int i = 0; i < options.vms; i++) {
		if (fuzz_destroy_vm(i) && errno != ENOENT)
			left = true;
	}
	return !left;
}

static uint64_t print_counts(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; fuzz_action_name(i); i++) {
		sum += fuzz_counts->done[i] + fuzz_counts->refused[i];
		printf("%-16s %9" PRIu64 " done %9" PRIu64 " refused\n", fuzz_action_name(i),
		       fuzz_counts->done[i], fuzz_counts->refused[i]);
	}
	return sum;
}

static int conclude(unsigned int processes, bool stuck)
{
	bool destroyed = !stuck && destroy_all();
	uint64_t sum = print_counts();
	const char *verdict = "nothing wrong";

	if (fuzz_counts->wrong)
		printf("ioctl_fuzz: %s failed with errno %d (%s), and %u such errors in all\n",
		       fuzz_action_name(fuzz_counts->wrong_call), fuzz_counts->wrong_errno,
		       strerror(fuzz_counts->wrong_errno), fuzz_counts->wrong);
	if (!destroyed)
		verdict = "WRONG: not all processes and virtual machines could be ended";
	else if (fuzz_counts->wrong)
		verdict = "WRONG: errors that the driver does not have";
	printf("ioctl_fuzz: seed %#" PRIx64 ": %" PRIu64 " actions, %" PRIu64
	       " exits of vCPUs, %u processes: %s\n",
	       options.seed, sum, fuzz_counts->runs, processes, verdict);
	return !destroyed || fuzz_counts->wrong;
}

static bool parse_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "s:t:p:n:v:")) != -1) {
		uint64_t value = optarg ? strtoull(optarg, NULL, 0) : 0;

		switch (option) {
		case 's':
			options.seed = value;
			break;
		case 't':
			options.seconds = (unsigned int)value;
			break;
		case 'p':
			options.processes = (unsigned int)value;
			break;
		case 'n':
			options.threads = (unsigned int)value;
			break;
		case 'v':
			options.vms = (unsigned int)value;
			break;
		default:
			return false;
		}
	}
	return optind == argc && options.processes && options.processes <= PROCESSES_MOST &&
	       options.threads && options.threads <= THREADS_MOST && options.vms &&
	       options.vms <= FUZZ_VMS_MAX;
}

int main(int argc, char **argv)
{
	bool stuck = false;
	unsigned int processes;

	if (!parse_options(argc, argv)) {
		fputs("usage: ioctl_fuzz [-s SEED] [-t SECONDS] [-p PROCESSES] [-n THREADS] [-v "
		      "VMS]\n",
		      stderr);
		return 2;
	}
	printf("ioctl_fuzz: seed %#" PRIx64 "\n", options.seed);
	fflush(stdout);
	fuzz_counts = mmap(NULL, sizeof(*fuzz_counts), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz_counts == MAP_FAILED) {
		perror("ioctl_fuzz: mmap");
		return 1;
	}
	processes = run_all(make_cgroup(), &stuck);
	return conclude(processes, stuck);
}
