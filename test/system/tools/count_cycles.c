// SPDX-License-Identifier: BSD-2-Clause
/*
 * count_cycles: does this machine's perf work? Counts the CPU cycles of a loop, then waits until a
 * counter that overflows every SAMPLE cycles has interrupted SAMPLES times. Prints "cycles: N" and
 * "samples: N"; status 1 and a reason if the kernel has no hardware counter for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAMPLE	100000
#define SAMPLES 10

static volatile sig_atomic_t samples;

static void sampled(int signal)
{
	(void)signal;
	samples++;
}

static int open_cycles(uint64_t period)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_CPU_CYCLES,
		.sample_period = period,
		.disabled = 1,
		.wakeup_events = period ? 1 : 0,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0) {
		fprintf(stderr, "count_cycles: perf_event_open: %s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

static void work(void)
{
	for (volatile unsigned int i = 0; i < 100000; i++)
		;
}

int main(void)
{
	struct sigaction action = { .sa_handler = sampled, .sa_flags = SA_RESTART };
	uint64_t cycles = 0;
	int fd = open_cycles(0);

	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	work();
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read(fd, &cycles, sizeof(cycles)) != sizeof(cycles))
		return 1;
	printf("cycles: %llu\n", (unsigned long long)cycles);
	close(fd);
	sigaction(SIGIO, &action, NULL);
	fd = open_cycles(SAMPLE);
	fcntl(fd, F_SETFL, O_ASYNC);
	fcntl(fd, F_SETOWN, getpid());
	ioctl(fd, PERF_EVENT_IOC_REFRESH, 1000 * SAMPLES);
	while (samples < SAMPLES)
		work();
	printf("samples: %d\n", (int)samples);
	return 0;
}
