/* A boot image of the Armada 3700 made for tests: nothing in it is anybody's firmware. */
#ifndef TEST_UNIT_A3700_SAMPLE_H
#define TEST_UNIT_A3700_SAMPLE_H

#include "board/common/file.h"

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

#endif
