/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's access to a device, from the abort's syndrome or from the instruction, carried out as a
 * sequence of steps of at most 8 bytes; each step is answered by EL2's vGIC, by a doorbell, or by
 * user space.
 */
#ifndef VMM_CORE_ACCESS_H
#define VMM_CORE_ACCESS_H

#include "decode.h"
#include "decode32.h"

/* Steps of one instruction: AArch32's multiple transfers have most. (A64: two registers of 16
 * bytes.) */
#define ACCESS_DATA DECODE32_MAX

struct access {
	struct decoded op;
	struct decoded32 op32; /* where aarch32 says so; then op has kind, size and count of it */
	uint64_t ipa;	       /* of the first byte */
	uint64_t address;      /* what a base register with writeback gets */
	uint16_t step;	       /* the next one */
	uint16_t steps;
	uint8_t step_size; /* bytes */
	bool aarch32;	   /* op32 has been decoded from the instruction */
	bool simple;	   /* one step that ESR_EL2 described, not of the vGIC */
	uint64_t data[ACCESS_DATA];
};

struct vcpu;

/* The guest touched exit.ipa, and there is no memory. VCPU_AGAIN, VCPU_EXIT. */
int access_start(struct vcpu *vcpu);
/* User space answered the current step (reads: with "data"): goes on. */
int access_answer(struct vcpu *vcpu, uint64_t data);

#endif
