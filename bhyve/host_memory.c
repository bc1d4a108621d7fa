// SPDX-License-Identifier: BSD-2-Clause
/* What the host has of memory for a guest. */
#include "bhyve/host_memory.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bhyve/report.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
/* Signals are looked for after each. Bytes. */
#define STEP	    (32ULL << 20)
#define MIB(bytes)  ((unsigned long long)((bytes) >> 20))

/* A value of /proc/meminfo in bytes; 0: it is not there. */
static uint64_t meminfo(const char *key)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];
	size_t len = strlen(key);

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, len) == 0 && line[len] == ':') {
			kib = strtoull(line + len + 1, NULL, 10);
			break;
		}
	}
	if (file)
		fclose(file);
	return kib << 10;
}

/* The number in a file of a cgroup; UINT64_MAX: no limit ("max"), or no such file. */
static uint64_t cgroup_number(const char *group, const char *name)
{
	unsigned long long number = UINT64_MAX;
	char path[PATH_MAX + 64], text[32];
	FILE *file;

	snprintf(path, sizeof(path), CGROUP_ROOT "%s/%s", group, name);
	file = fopen(path, "re");
	if (file && fgets(text, sizeof(text), file) && strncmp(text, "max", 3) != 0)
		number = strtoull(text, NULL, 10);
	if (file)
		fclose(file);
	return number;
}

/* The cgroup of this process (version 2), or an empty string. */
static void own_cgroup(char *group, size_t len)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];

	group[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0)
			snprintf(group, len, "%s", line + 3);
	}
	if (file)
		fclose(file);
}

/* The lowest limit of memory among the process's cgroup and those above it, in bytes. */
static uint64_t cgroup_limit(void)
{
	uint64_t limit = UINT64_MAX, here;
	char group[PATH_MAX], *slash;

	own_cgroup(group, sizeof(group));
	while ((slash = strrchr(group, '/')) != NULL) {
		here = cgroup_number(group, "memory.max");
		if (here < limit)
			limit = here;
		*slash = '\0';
	}
	return limit;
}

int host_memory_check(uint64_t size, bool now, char *err, size_t errlen)
{
	uint64_t available = meminfo("MemAvailable"), limit = cgroup_limit();

	if (size > limit)
		snprintf(err, errlen,
			 "the memory cgroup of this process allows %lluM, less than the guest's "
			 "%lluM; raise memory.max, or give a smaller -m",
			 MIB(limit), MIB(size));
	else if (available && size > available)
		snprintf(err, errlen,
			 "the host has %lluM of memory available now, less than the guest's %lluM; "
			 "end something, or give a smaller -m",
			 MIB(available), MIB(size));
	else
		return 0;
	if (now)
		return -ENOMEM;
	report("%s: it is ended if it wants more than there is", err);
	return 0;
}

void host_memory_tell(uint64_t size)
{
	uint64_t total = meminfo("MemTotal");
	FILE *file = fopen("/proc/self/oom_score_adj", "r+e");
	char set[16];

	/* Whoever has set it knows better. */
	if (file && total && fgets(set, sizeof(set), file) && strtol(set, NULL, 10) == 0 &&
	    fseek(file, 0, SEEK_SET) == 0)
		fprintf(file, "%llu\n", size >= total ? 1000ULL : size / (total / 1000));
	if (file)
		fclose(file);
}

/* SIGTERM and the like, which the I/O loop will read: it does not run yet. */
static bool asked_to_end(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) ||
		sigismember(&pending, SIGHUP));
}

int host_memory_populate(void *memory, uint64_t size)
{
	uint64_t done, step;

	for (done = 0; done < size; done += step) {
		step = size - done < STEP ? size - done : STEP;
		if (madvise((char *)memory + done, step, MADV_POPULATE_WRITE) < 0)
			return -errno;
		if (asked_to_end())
			return -EINTR;
	}
	return 0;
}
