/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vCPU threads: one a vCPU, each running it and answering what the driver leaves to user space.
 */
#ifndef BHYVE_VCPU_H
#define BHYVE_VCPU_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/vmmapi/vmmapi.h"

/* mevent_stop()'s argument when the last vCPU thread has ended. */
#define VCPUS_ENDED 0

/* How a run ended. */
enum run_end {
	RUN_RESET,
	RUN_POWEROFF,
	RUN_HALT,
	RUN_DESTROYED, /* by somebody else */
	RUN_ERROR,
	RUN_NO_MEMORY, /* the host has none left for what the guest touched */
};

/*
 * Starts a thread for each of the vCPUs 0 to count - 1, which exist; those that are off wait in the
 * driver until another powers them on, in AArch32 if the guest is a 32-bit one. When the last
 * thread ends it calls mevent_stop(VCPUS_ENDED). Negative errno with the sentence in err, then no
 * thread is left.
 */
int vcpus_start(struct vmctx *vm, unsigned count, bool aarch32, char *err, size_t errlen);

/* Whether a thread has not ended. Safe from any thread. */
bool vcpus_live(void);

/* Ends the run, as VMM_SUSPEND_HALT does; the threads end soon. */
void vcpus_stop(void);

/* Waits for all threads to end. What ended the run. */
enum run_end vcpus_join(void);

#endif
