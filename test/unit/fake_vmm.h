/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver, faked at the level of libvmmapi: virtual machines in this process' memory, for tests
 * of what uses it.
 */
#ifndef FAKE_VMM_H
#define FAKE_VMM_H

#include "lib/vmmapi/vmmapi.h"

/* The functions of struct fake_vmm.fail. */
enum fake_call {
	FAKE_NONE,
	FAKE_CREATE,
	FAKE_OPEN,
	FAKE_ADD_MEMSEG,
	FAKE_SET_BLOB,
	FAKE_REINIT,
	FAKE_MAP,
	FAKE_VCPU_CREATE,
	FAKE_FEATURES,
};

/* One VM is enough. */
struct fake_vmm {
	bool exists;
	char name[VMM_NAME_MAX + 1];
	uid_t owner;
	bool bound;
	struct vmm_info info;
	uint32_t features;
	uint64_t memory_size; /* of the segment at VM_RAM_BASE; 0: none */
	void *memory;
	uint64_t rom_size; /* of the read-only segment at address 0; 0: none */
	void *rom;
	char blob[VMM_BLOB_MAX];
	size_t blob_size;
	struct vmm_stats stats; /* of each vCPU */
	unsigned handles;	/* open ones */
	unsigned reinits;
	struct {
		unsigned count;
		uint32_t vcpu;
		uint64_t entry;
		uint64_t context;
		bool aarch32;
		uint64_t x[3]; /* set beside it */
	} on;		       /* calls of vm_vcpu_on(), and the last one */
	enum fake_call fail;   /* this call fails with error */
	int error;
};

extern struct fake_vmm fake_vmm;

/* No VM, nothing fails. Frees what a VM had. */
void fake_vmm_reset(void);

#endif
