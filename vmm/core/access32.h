/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What accesses of AArch32 have of their own: finding the instruction, its address, and its
 * registers, which the mode of the vCPU chooses. For access.c.
 */
#ifndef VMM_CORE_ACCESS32_H
#define VMM_CORE_ACCESS32_H

#include "access.h"
#include "hyp_abi.h"

/*
 * Decodes the instruction at the vCPU's PC, whose page is mapped at "page", into access->op32, and
 * what a sequence of steps needs of it into access->op. *address: of the first byte that it
 * accesses; access->address: what a base with writeback gets. False: it is not known, or reaches
 * into another page.
 */
bool access32_decode(struct hyp_vcpu *hyp, const void *page, struct access *access,
		     uint64_t *address);

/* A store's data, one element a register. */
void access32_store(const struct hyp_vcpu *hyp, struct access *access);

/* All steps are done: writes registers and steps over the instruction. */
void access32_finish(struct hyp_vcpu *hyp, struct access *access);

#endif
