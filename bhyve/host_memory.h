/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host has of memory for a guest. Before the sandbox, and in one thread. */
#ifndef BHYVE_HOST_MEMORY_H
#define BHYVE_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Compares what a guest may still touch, in bytes, with what is available on the host now, and with
 * the limits of this process's memory cgroups. Less is -ENOMEM with the sentence in err where all
 * is wanted now; else it is reported, and 0.
 */
int host_memory_check(uint64_t size, bool now, char *err, size_t errlen);

/*
 * Tells the kernel's OOM killer that this process stands for that much memory (bytes): a guest's is
 * the driver's, and the killer counts what a process has mapped alone. An oom_score_adj that was
 * set is kept.
 */
void host_memory_tell(uint64_t size);

/* Touches all of a mapping of guest memory. -EINTR: SIGTERM, SIGINT or SIGHUP, which are blocked,
 * wait; -ENOMEM. */
int host_memory_populate(void *memory, uint64_t size);

#endif
