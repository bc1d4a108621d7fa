/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time of vCPUs: bhyve names the thread of vCPU N "vcpu N" (proc(5), /proc/PID/task/TID/stat).
 */
#include "bhyvectl/cpu_time.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Blanks between the end of a thread's name and its user time: one before each of fields 3 to 14.
 */
#define FIELDS 12

/* "TID (vcpu N) STATE ...", where fields 14 and 15 are user and system time in clock ticks. */
static void parse_stat(const char *line, double seconds[VMM_MAX_VCPUS])
{
	const char *name = strstr(line, "(vcpu ");
	unsigned long long number, ticks;
	char *end;

	if (!name)
		return;
	number = strtoull(name + strlen("(vcpu "), &end, 10);
	if (*end != ')' || number >= VMM_MAX_VCPUS)
		return;
	for (int i = 0; i < FIELDS && end; i++)
		end = strchr(end + 1, ' ');
	if (!end)
		return;
	ticks = strtoull(end, &end, 10);
	ticks += strtoull(end, NULL, 10);
	seconds[number] = (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static void read_thread(int pid, const char *thread, double seconds[VMM_MAX_VCPUS])
{
	char path[320], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", pid, thread);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fgets(line, sizeof(line), file))
		parse_stat(line, seconds);
	fclose(file);
}

void read_cpu_times(int pid, double seconds[VMM_MAX_VCPUS])
{
	const struct dirent *entry;
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	if (!threads)
		return;
	while ((entry = readdir(threads)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			read_thread(pid, entry->d_name, seconds);
	closedir(threads);
}
