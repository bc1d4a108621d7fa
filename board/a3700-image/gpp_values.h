/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a TIM's instruction lists leave in registers, as far as that can be told without running
 * them: they may branch on straps, on fuses, or on what a test of the memory found.
 */
#ifndef BOARD_A3700_IMAGE_GPP_VALUES_H
#define BOARD_A3700_IMAGE_GPP_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/a3700-image/tim.h"

/** A register to follow, and what is known of it at the end of the lists. */
struct gpp_register {
	uint32_t address; /**< as the secure CPU sees it */
	uint32_t value;	  /**< bits that are not known are 0 */
	uint32_t known;	  /**< bits that have this value whichever way the lists take */
	bool written;	  /**< some instruction writes it */
};

#define GPP_MAX_REGISTERS 8

/**
 * Follow up to GPP_MAX_REGISTERS registers through a package's list. value and known are those at
 * its beginning, and are changed to those at its end; written is only ever set. payload: a package
 * that gpp_check() took.
 */
void gpp_values(const uint8_t *payload, size_t size, struct gpp_register *registers,
		unsigned int count);

/**
 * Whether the list gives a register two different values in the bits of mask, one after the other
 * or in two branches. A value of 0 in these bits does not count: so a register is switched off
 * before it is set.
 */
bool gpp_writes_two(const uint8_t *payload, size_t size, uint32_t address, uint32_t mask);

#endif
