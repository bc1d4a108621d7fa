/* SPDX-License-Identifier: BSD-2-Clause */
/* A boot image of the Armada 3700 made for tests: nothing in it is anybody's firmware. */
#ifndef TEST_UNIT_A3700_SAMPLE_H
#define TEST_UNIT_A3700_SAMPLE_H

#include "board/a3700-image/tim.h"
#include "board/common/file.h"

/* Where the sample's images are in flash, and their records and the reserved area in its TIM */
#define SAMPLE_WTMI_AT	 0x4000u
#define SAMPLE_OBMI_AT	 0x15000u
#define SAMPLE_RECORD_1	 (TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE)
#define SAMPLE_RECORD_2	 (TIM_HEADER_SIZE + 2 * TIM_IMAGE_RECORD_SIZE)
#define SAMPLE_RESERVED	 (TIM_HEADER_SIZE + 3 * TIM_IMAGE_RECORD_SIZE)

/* Sizes of the sample's images */
#define SAMPLE_WTMI_SIZE 10668u
#define SAMPLE_BL1_SIZE	 0x20000u
#define SAMPLE_OBMI_SIZE (SAMPLE_BL1_SIZE + 4096u)

/** The recipe of the sample's TIM: DDR3, two chip selects of 512 MiB, SPI NOR. */
extern const char sample_recipe[];

/** Its two images, filled with a fixed pattern; OBMI has a FIP with BL2, BL31 and BL33. */
const uint8_t *sample_wtmi(void);
const uint8_t *sample_obmi(void);

/** Make the image of a recipe with these two; fails the test if that cannot be done. file_free()
 * it. */
struct file sample_image(const char *recipe);

/** Open an image and look at all hashes: 0 or a negative errno with a line in error. */
int sample_verify(const struct file *file, struct board_error *error);

/** Overwrite a word of an image. */
void sample_set(struct file *image, size_t at, uint32_t value);

/**
 * A signed image with sample_recipe's lists and the two images, as the vendor's builds and others
 * lay them out: TIMH with so many keys and IMAP, TIMN at timn_at (0x4000 and 0x1000 are seen), WTMI
 * at 0x8000, OBMI at 0x19000. The TIMs have no hashes, and fixed bytes for keys and signatures.
 */
struct file sample_signed(uint32_t timn_at, unsigned int keys, uint32_t boot_sign);

/* In it */
#define SIGNED_WTMI_AT 0x8000u
#define SIGNED_OBMI_AT 0x19000u

#endif
