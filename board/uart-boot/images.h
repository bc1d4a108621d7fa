/* SPDX-License-Identifier: BSD-2-Clause */
/* The images to download: from one boot image, or from a TIM and its images in files of their own.
 */
#ifndef BOARD_UART_BOOT_IMAGES_H
#define BOARD_UART_BOOT_IMAGES_H

#include "board/a3700-image/boot_image.h"
#include "board/common/file.h"

#define IMAGE_SET_FILES 4

/** One image; bytes belong to the set. */
struct image {
	uint32_t id;
	char name[11];
	const uint8_t *bytes;
	size_t size;
};

struct image_set {
	unsigned int count;
	struct image images[BOOT_IMAGE_MAX_TIMS * TIM_MAX_IMAGES];
	struct file files[IMAGE_SET_FILES];
	uint8_t *tim;  /**< a copy, made for the UART */
	uint32_t baud; /**< the speed that the TIM changes to; 0: it does not */
};

/**
 * Read images. One path: a boot image for any boot device. Several: the TIM, and then the others in
 * any order, each with its four-byte ID before it or, where the sizes tell which is which, without.
 * Every hash is checked, and the TIM is made one for the UART.
 * Returns 0 or -errno with a line in error. image_set_free() in either case.
 */
int image_set_read(struct image_set *set, char *const *paths, unsigned int count,
		   struct board_error *error);

/**
 * Have the TIM change the line to baud (speed.h). Returns 0, or as speed_add_to_tim() with a line
 * in error.
 */
int image_set_speed(struct image_set *set, uint32_t baud, struct board_error *error);

void image_set_free(struct image_set *set);

#endif
