/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stage-1 translation: an identity map, and aliases of it with other attributes (Arm ARM D8).
 */
#ifndef GUEST_MMU_H
#define GUEST_MMU_H

#include "arch.h"

/* What is added to a physical address below 63 GiB to have it mapped otherwise. */
#define ALIAS_USER \
	(UINT64_C(64) << 30) /* RAM and devices, readable, writable and executable at EL0 */
#define ALIAS_NORMAL (UINT64_C(128) << 30) /* devices as normal, executable memory */
/* A GiB far above RAM and below the PCIe windows: nothing is there. */
#define HIGH_HOLE    (UINT64_C(200) << 30)
#define HIGH_HOLE_PA (UINT64_C(384) << 30)

/* 2 MiB of virtual addresses, mapped page by page. */
#define WINDOW	     (UINT64_C(300) << 30)
#define WINDOW_PAGES 512
#define PAGE_SIZE    UINT64_C(4096)

#define MAP_RW	     0x1
#define MAP_EXEC     0x2
#define MAP_VALID    0x4

/* Writes the descriptor of one page of the window, without TLB maintenance. flags 0: not mapped. */
void window_map(unsigned int page, uint64_t pa, unsigned int flags);
/* Invalidates the page's translation on all CPUs of the inner shareable domain. */
void window_flush(unsigned int page);
#define window_address(page) (WINDOW + (page) * PAGE_SIZE)

/* Turn translation and caches of this CPU off and on. The stack is cleaned first. */
void mmu_disable(void);
void mmu_enable(void);

#endif
