/* SPDX-License-Identifier: BSD-2-Clause */
/* The versions of a boot image's parts, as their own texts tell them. */
#ifndef BOARD_A3700_IMAGE_VERSIONS_H
#define BOARD_A3700_IMAGE_VERSIONS_H

#include <stdio.h>

#include "board/a3700-image/boot_image.h"

/**
 * Print a line "version: TEXT" for each text that is found: what the TIM's instructions write to
 * the console (TIM-..., mv_ddr-...), WTMI's, TF-A's (its version and when it was built) and
 * U-Boot's.
 */
void versions_print(const struct boot_image *boot, FILE *stream);

#endif
