/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the BootROM looks for an image on each boot device. */
#ifndef BOARD_A3700_IMAGE_PLACE_H
#define BOARD_A3700_IMAGE_PLACE_H

#include <stdio.h>

#include "board/a3700-image/boot_image.h"

/**
 * The partition that an image which has partition "now" gets for another boot device, unless the
 * user says otherwise: that of an eMMC's two boot partitions that it names already, or the first; 0
 * elsewhere. The UART has none: -1, leave it.
 */
int place_partition(uint32_t sign, uint32_t now);

/** Say in a line or two where the image has to be written, and what has to match it there. */
void place_print(const struct boot_image *boot, const char *name, FILE *stream);

#endif
