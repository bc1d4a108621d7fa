/* SPDX-License-Identifier: BSD-2-Clause */
/* a3700-image info: a boot image in plain words. */
#ifndef BOARD_A3700_IMAGE_INFO_H
#define BOARD_A3700_IMAGE_INFO_H

#include <stdio.h>

#include "board/a3700-image/boot_image.h"
#include "board/a3700-image/topology.h"

/** What the reader wants to know. */
struct info_request {
	const char *name;		/**< the file's, for messages */
	bool verbose;			/**< the packages too, disassembled */
	uint32_t destination;		/**< boot sign of where it is to go, or 0 */
	const struct board_kind *board; /**< what it is to run on, or NULL */
};

enum info_verdict {
	INFO_FINE,
	INFO_BROKEN,  /**< the BootROM would refuse it */
	INFO_FOREIGN, /**< intact, but not for this destination or board */
	INFO_UNSURE,  /**< intact, and for this destination; for this board it cannot be told */
};

/** Print everything about an image that was opened. Warnings are part of the text. */
enum info_verdict info_print(const struct boot_image *boot, const struct info_request *request,
			     FILE *stream);

#endif
