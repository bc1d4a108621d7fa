/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a machine can run vmm, as far as its device tree tells. */
#ifndef BOARD_DTCHECK_CHECK_H
#define BOARD_DTCHECK_CHECK_H

#include <stdio.h>

enum finding {
	FINDING_GOOD,	 /**< as vmm needs it */
	FINDING_NOTE,	 /**< to know; no obstacle */
	FINDING_UNKNOWN, /**< the device tree cannot tell, or firmware fills it in */
	FINDING_BAD,	 /**< vmm cannot run */
};

enum verdict { VERDICT_YES, VERDICT_MAYBE, VERDICT_NO };

/**
 * Check a tree that passed tree_check(), and print a line for each finding and one with the
 * verdict. name: what the lines call the machine.
 */
enum verdict check_machine(const void *tree, const char *name, FILE *stream);

#endif
