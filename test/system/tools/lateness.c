// SPDX-License-Identifier: BSD-2-Clause
/*
 * lateness MILLISECONDS: how late this machine's timers are. A thread on each CPU, with the highest
 * priority, sleeps until a moment that is a millisecond away, again and again: it is late by as
 * long as something kept the CPU from taking the timer's interrupt. Prints a line per CPU: "CPU N:
 * MAXIMUM ns late of ROUNDS".
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NSEC	 1000000000LL
#define PERIOD	 1000000LL /* a millisecond */
#define MAX_CPUS 64

static int64_t duration;

struct watch {
	pthread_t thread;
	int cpu, error;
	int64_t latest;
	long rounds;
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NSEC + time.tv_nsec;
}

static int take_cpu(int cpu)
{
	const struct sched_param highest = { .sched_priority = 99 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || sched_setscheduler(0, SCHED_FIFO, &highest))
		return errno;
	return 0;
}

static void *watch(void *argument)
{
	struct watch *watch = argument;
	int64_t end = now() + duration, due;

	watch->error = take_cpu(watch->cpu);
	while (!watch->error && (due = now() + PERIOD) < end) {
		const struct timespec until = { due / NSEC, due % NSEC };
		int64_t late;

		watch->error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		late = now() - due;
		if (late > watch->latest)
			watch->latest = late;
		watch->rounds++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static struct watch watches[MAX_CPUS];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int status = 0;

	duration = argc == 2 ? atoll(argv[1]) * PERIOD : 0;
	if (duration <= 0 || cpus > MAX_CPUS) {
		fputs("usage: lateness MILLISECONDS\n", stderr);
		return 1;
	}
	mlockall(MCL_CURRENT | MCL_FUTURE);
	for (int cpu = 0; cpu < cpus; cpu++) {
		watches[cpu].cpu = cpu;
		if (pthread_create(&watches[cpu].thread, NULL, watch, &watches[cpu]))
			return 1;
	}
	for (int cpu = 0; cpu < cpus; cpu++) {
		pthread_join(watches[cpu].thread, NULL);
		if (watches[cpu].error) {
			fprintf(stderr, "lateness: CPU %d: %s\n", cpu,
				strerror(watches[cpu].error));
			status = 1;
		}
		printf("CPU %d: %lld ns late of %ld\n", cpu, (long long)watches[cpu].latest,
		       watches[cpu].rounds);
	}
	return status;
}
