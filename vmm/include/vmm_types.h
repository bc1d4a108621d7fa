/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Basic types for code that runs in a kernel, at EL2 without a C library, and natively in the unit
 * tests. The address types are one-member structures, so that an address of the guest cannot be
 * used as one of the host.
 */
#ifndef VMM_TYPES_H
#define VMM_TYPES_H

#ifdef __KERNEL__
#include <linux/stddef.h>
#include <linux/types.h>
#define UINT64_C(value) value##ULL
#ifndef UINT64_MAX
#define UINT64_MAX (~UINT64_C(0))
#endif
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

/* An intermediate physical address: what the guest takes for physical memory. */
typedef struct {
	uint64_t value;
} ipa_t;

/* A physical address of the machine. At EL2 it is also the virtual address (identity map). */
typedef struct {
	uint64_t value;
} pa_t;

static inline ipa_t ipa_from(uint64_t value)
{
	return (ipa_t){ value };
}

static inline pa_t pa_from(uint64_t value)
{
	return (pa_t){ value };
}

#define VMM_PAGE_SHIFT	12
#define VMM_PAGE_SIZE	(UINT64_C(1) << VMM_PAGE_SHIFT)
#define VMM_BLOCK_SHIFT 21
#define VMM_BLOCK_SIZE	(UINT64_C(1) << VMM_BLOCK_SHIFT)

#endif
