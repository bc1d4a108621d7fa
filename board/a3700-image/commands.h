/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs of a3700-image that make files. */
#ifndef BOARD_A3700_IMAGE_COMMANDS_H
#define BOARD_A3700_IMAGE_COMMANDS_H

#include "board/a3700-image/boot_image.h"
#include "board/a3700-image/recipe.h"
#include "board/common/file.h"

/**
 * Lay out a boot image: the TIM of the recipe, and the images at their places in flash, zeros
 * between. files: as for recipe_make_tim(). out: free with file_free(). Returns 0, -EINVAL or
 * -ENOMEM with a line in error.
 */
int create_image(const struct recipe *recipe, const struct recipe_file *files, struct file *out,
		 struct board_error *error);

/**
 * Take a boot image apart into a folder, which is made: recipe.txt, tim.bin and NAME.bin for each
 * image, and the parts of OBMI (bl1.bin, and those of the FIP). uart: the files that a UART
 * download tool takes instead (TIM_ATF.bin, wtmi_h.bin, boot-image_h.bin; the latter two with their
 * ID before them; of a trusted image also TIM_ATF_TRUSTED.bin and TIMN_ATF_TRUSTED.bin), for the
 * UART as boot device. Returns 0 or -errno with a line in error.
 */
int extract_image(const struct boot_image *boot, const char *folder, bool uart,
		  struct board_error *error);

#endif
