/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake EL2 of the unit tests: who answers HVCs on each CPU of the fake host, as the kernel's
 * stub, KVM or our image would. Calls are counted; calls of ours on a CPU that is not ours fail the
 * test.
 */
#ifndef FAKE_EL2_H
#define FAKE_EL2_H

#include "el2.h"
#include "fake_host.h"

enum fake_owner {
	FAKE_STUB,
	FAKE_KVM,
	FAKE_OURS,
	FAKE_BROKEN, /* entered, but answers nothing */
};

struct fake_el2 {
	enum fake_owner owner[FAKE_CPUS];
	bool break_on_entry;
	unsigned int entered, left;
	uint64_t entry, block; /* arguments of the last SOFT_RESTART */
	unsigned int tlbi_ipa, tlbi_all, tlbi_el2;
	uint64_t vttbr, ipa, size; /* arguments of the last TLBI_IPA */
	unsigned int last_cpu;	   /* of the last call of ours */
	void (*on_tlbi_all)(void);
	/* By CPU: what the driver told EL2, */
	enum hyp_cpu_rule rule[FAKE_CPUS];
	int32_t firmware[FAKE_CPUS][HYP_WORKAROUND_COUNT];
	/* and what EL2 answers; a Cortex-A53 after a reset. */
	uint64_t ich_vtr[FAKE_CPUS], ctr[FAKE_CPUS], dczid[FAKE_CPUS], lacks_features[FAKE_CPUS];
};

extern struct fake_el2 fake_el2;

/* A valid image of 5 pages: 2 of text, 1 of read-only data, 2 of data of which the file has one. */
#define FAKE_IMAGE_FILE 0x4000
struct fake_image {
	struct hyp_image header;
	unsigned char rest[FAKE_IMAGE_FILE - sizeof(struct hyp_image)];
};

extern struct fake_image fake_image;
extern struct el2_machine fake_machine; /* Cortex-A53: 40-bit PA, 8-bit VMID; all CPUs */

/* Resets the fake host too; stubs everywhere, image and machine as above. */
void fake_el2_reset(void);
/* el2_start and el2_cpu_online on all CPUs; el2_cpu_offline on all and el2_stop. They fail the
 * test. */
void fake_el2_start(void);
void fake_el2_stop(void);

#endif
