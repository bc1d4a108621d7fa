/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What DRAM a boot image is for, as its DDR3 package tells: the memory controller's type register
 * and the size of each chip select. (The name of the package is DDR3 with DDR4 chips too.)
 */
#ifndef BOARD_A3700_IMAGE_TOPOLOGY_H
#define BOARD_A3700_IMAGE_TOPOLOGY_H

#include "board/a3700-image/tim.h"

struct topology {
	int ddr_type;	  /**< 3 or 4; 0 where it cannot be told */
	int chip_selects; /**< 0 where it cannot be told */
	uint64_t bytes;	  /**< of all chip selects; 0 where it cannot be told */
	bool at_run_time; /**< the lists choose between topologies when they run: all else is 0 */
	bool old_ddr4;	  /**< values for DDR4 that later versions of mv-ddr corrected */
};

/** A board that an image can be for */
struct board_kind {
	const char *name, *words;
	struct topology topology;
};

/** Read the topology out of a TIM's lists GPP1 and DDR3. What cannot be told is 0. */
void topology_read(const struct tim *tim, struct topology *topology);

/** Whether type, chip selects and size are known, and those of a board. */
bool topology_is(const struct topology *topology, const struct topology *wanted);

/** The number that TF-A's build calls DDR_TOPOLOGY, or -1. */
int topology_number(const struct topology *topology);

/** Boards that have this topology, in words, or NULL. */
const char *topology_boards(const struct topology *topology);

/** The board of this name ("v7-1g"), or NULL. The list of names: board_kind_names(). */
const struct board_kind *board_kind_by_name(const char *name);

/** All names, with blanks between them. */
const char *board_kind_names(void);

#endif
