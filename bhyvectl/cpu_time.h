/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time of vCPUs, from the host's /proc. */
#ifndef BHYVECTL_CPU_TIME_H
#define BHYVECTL_CPU_TIME_H

#include "lib/vmmapi/vmmapi.h"

/*
 * The CPU time in seconds, in the guest and for it, of each vCPU's thread of a bhyve, which is the
 * process pid. What cannot be told is left as it is.
 */
void read_cpu_times(int pid, double seconds[VMM_MAX_VCPUS]);

#endif
