/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a device tree as the kernel does: cells, inherited interrupt parents, addresses through
 * ranges. */
#ifndef BOARD_DTCHECK_TREE_H
#define BOARD_DTCHECK_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/common/error.h"

/** Interrupt numbers of the architecture begin here for per-CPU (PPI) and shared (SPI) ones. */
#define INTID_PPI 16
#define INTID_SPI 32

struct region {
	uint64_t address, size;
};

/**
 * Check that bytes are a whole device tree blob. Returns 0 or -EINVAL with a line in error.
 * Everything else here takes a tree that passed.
 */
int tree_check(const void *bytes, size_t size, struct board_error *error);

/** Whether a node is there to be used: status is absent, "okay" or "ok". */
bool tree_enabled(const void *tree, int node);

/** The first enabled node with this compatible after node "from" (-1: from the root), or negative.
 */
int tree_find(const void *tree, int from, const char *compatible);

/** A string property's first string, or NULL. */
const char *tree_string(const void *tree, int node, const char *name);

/** A one-cell property, or otherwise. */
uint32_t tree_cell(const void *tree, int node, const char *name, uint32_t otherwise);

/**
 * Entry index of a node's reg as a CPU address, translated through every parent's ranges.
 * Returns 0; -ENOENT: no such entry; -EINVAL: it cannot be translated.
 */
int tree_reg(const void *tree, int node, unsigned int index, struct region *region);

/**
 * The per-CPU interrupt of entry index of a node (interrupts or interrupts-extended) as INTID.
 * Returns it, or -ENOENT (no such entry), -EINVAL (malformed, or not per-CPU).
 */
int tree_ppi(const void *tree, int node, unsigned int index);

/** Where name stands in interrupt-names, or otherwise. */
unsigned int tree_interrupt_index(const void *tree, int node, const char *name,
				  unsigned int otherwise);

#endif
