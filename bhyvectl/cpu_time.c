/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time of vCPUs: bhyve names the thread of vCPU N "vcpu N" (proc(5), /proc/PID/task/TID/stat).
 */
#include "bhyvectl/cpu_time.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_thread(int pid, const char *thread, double seconds[VMM_MAX_VCPUS])
{
	unsigned long long user, system;
	char path[320], line[512];
	unsigned number;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", pid, thread);
	file = fopen(path, "re");
	if (!file)
		return;
	/* TID (NAME) STATE and ten more fields, then user and system time in clock ticks */
	if (fgets(line, sizeof(line), file) &&
	    sscanf(line, "%*d (vcpu %u) %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu",
		   &number, &user, &system) == 3 &&
	    number < VMM_MAX_VCPUS)
		seconds[number] = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
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
