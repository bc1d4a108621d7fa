/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a handle: private to libvmmapi. */
#ifndef VMMAPI_VM_H
#define VMMAPI_VM_H

#include <pthread.h>

#include "vmmapi.h"

/* One mapped segment. */
struct vm_mapping {
	uint64_t ipa;
	uint64_t size;
	void *host;
};

/* mappings and run_pages are filled under lock; a filled entry does not change before vm_close().
 */
struct vmctx {
	int fd;
	char name[VMM_NAME_MAX + 1];
	pthread_mutex_t lock;
	unsigned mapping_count;
	struct vm_mapping mappings[VMM_MAX_MEMSEGS];
	struct vmm_run *run_pages[VMM_MAX_VCPUS];
};

/* ioctl that returns 0 or negative errno. */
int vm_ioctl(int fd, unsigned long request, uintptr_t arg);

/*
 * refusal.c: why the driver was refused when it was loaded last. Reads "log", an open /dev/kmsg
 * that does not block, to its end; the reasons go to "reasons" ("size" bytes), "; " between them.
 * False: it was not refused, or that is not in the log any more.
 */
bool vm_last_refusal(int log, char *reasons, size_t size);

#endif
