/* SPDX-License-Identifier: BSD-2-Clause */
/* Which images uart-boot sends: those of a signed image, from one file or from four. */
/* sources: board/uart-boot/images.c board/uart-boot/speed.c board/uart-boot/wtptp.c */
/* sources: board/uart-boot/link.c */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/recipe_parse.c */
/* sources: board/a3700-image/recipe_print.c board/a3700-image/recipe_make.c */
/* sources: board/a3700-image/commands.c board/common/error.c board/common/file.c */
/* sources: test/unit/a3700_sample.c */
/* libs: -lnettle -lutil */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "a3700_sample.h"
#include "board/a3700-image/commands.h"
#include "board/common/bytes.h"
#include "board/uart-boot/images.h"

#define NUM_PARTS 4

static char folder[] = "/tmp/test-uart-images.XXXXXX";
static const char *const part_names[NUM_PARTS] = { "TIM_ATF_TRUSTED.bin", "TIMN_ATF_TRUSTED.bin",
						   "wtmi_h.bin", "boot-image_h.bin" };
static char paths[NUM_PARTS][80];
static char whole[80];

static int make_folder(void **state)
{
	(void)state;
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(whole, sizeof(whole), "%s/whole", folder);
	for (int i = 0; i < NUM_PARTS; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, part_names[i]);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(whole);
	for (int i = 0; i < NUM_PARTS; i++)
		unlink(paths[i]);
	return rmdir(folder);
}

static void assert_four_images(const struct image_set *set, const struct file *image)
{
	static const uint32_t ids[] = { TIM_ID_TIMH, TIM_ID_TIMN, TIM_ID_WTMI, TIM_ID_OBMI };

	assert_int_equal(set->count, NUM_PARTS);
	for (unsigned int i = 0; i < NUM_PARTS; i++)
		assert_int_equal(set->images[i].id, ids[i]);
	assert_memory_equal(set->images[0].bytes, image->bytes, set->images[0].size);
	assert_memory_equal(set->images[1].bytes, image->bytes + 0x4000, set->images[1].size);
	assert_int_equal(set->images[2].size, SAMPLE_WTMI_SIZE);
	assert_memory_equal(set->images[2].bytes, sample_wtmi(), SAMPLE_WTMI_SIZE);
	assert_int_equal(set->images[3].size, SAMPLE_OBMI_SIZE);
	assert_memory_equal(set->images[3].bytes, sample_obmi(), SAMPLE_OBMI_SIZE);
}

static void signed_image_for_the_uart_is_sent_as_its_four_images(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_UART);
	char *const names[] = { whole };
	struct board_error error;
	struct image_set set;

	(void)state;
	assert_int_equal(file_write(whole, image.bytes, image.size, NULL), 0);
	if (image_set_read(&set, names, 1, &error) != 0)
		fail_msg("%s", error.text);
	assert_four_images(&set, &image);
	image_set_free(&set);
	file_free(&image);
}

static void signed_image_in_four_files_is_taken_in_any_order(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_UART);
	char *const names[] = { paths[0], paths[3], paths[2], paths[1] };
	char *const without_timn[] = { paths[0], paths[3], paths[2] };
	struct board_error error;
	struct boot_image boot;
	struct image_set set;

	(void)state;
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, true, NULL), 0);
	if (image_set_read(&set, names, NUM_PARTS, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(set.count, NUM_PARTS);
	assert_int_equal(set.images[1].id, TIM_ID_TIMN);
	assert_memory_equal(set.images[1].bytes, image.bytes + 0x4000, set.images[1].size);
	assert_int_equal(set.images[2].id, TIM_ID_OBMI);
	assert_memory_equal(set.images[3].bytes, sample_wtmi(), SAMPLE_WTMI_SIZE);
	image_set_free(&set);
	assert_int_equal(image_set_read(&set, without_timn, 3, &error), -EINVAL);
	assert_non_null(strstr(error.text, "none of the files is TIMN"));
	image_set_free(&set);
	file_free(&image);
}

static void signed_image_for_another_device_is_refused_with_the_reason(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	char *const names[] = { whole };
	struct board_error error;
	struct image_set set;

	(void)state;
	assert_int_equal(file_write(whole, image.bytes, image.size, NULL), 0);
	assert_int_equal(image_set_read(&set, names, 1, &error), -ENOTSUP);
	assert_non_null(strstr(error.text, "signed for SPI NOR flash"));
	image_set_free(&set);
	file_free(&image);
}

/* A signed TIM with as many images as one can have, all but the first of 16 bytes without a hash */
static void put_full_tim(uint8_t *tim, uint32_t id, uint32_t imap, uint32_t images_at)
{
	const uint32_t reserved[] = { TIM_ID_OPTH, 2,	   imap, 32, 1,		  TIM_ID_CSKT,
				      0,	   0x4000, 0,	 0,  TIM_ID_TERM, 8 };
	const size_t end = TIM_HEADER_SIZE + TIM_MAX_IMAGES * TIM_IMAGE_RECORD_SIZE;

	put_le32(tim + TIM_VERSION, TIM_VERSION_3_6);
	put_le32(tim + TIM_IDENTIFIER, id);
	put_le32(tim + TIM_TRUSTED, 1);
	put_le32(tim + TIM_BOOT_SIGN, BOOT_SIGN_UART);
	put_le32(tim + TIM_NUM_IMAGES, TIM_MAX_IMAGES);
	put_le32(tim + TIM_SIZE_OF_RESERVED, sizeof(reserved));
	for (uint32_t i = 0; i < TIM_MAX_IMAGES; i++) {
		struct tim_image image = { .id = id + i, .next = id + i + 1, .size = 16 };

		image.flash = images_at + 16 * i;
		if (i == 0)
			image.size = (uint32_t)(end + sizeof(reserved) + TIM_SIGNATURE_SIZE);
		if (i == 0)
			image.flash = id == TIM_ID_TIMH ? 0 : 0x4000;
		if (i + 1 == TIM_MAX_IMAGES)
			image.next = TIM_ID_NONE;
		tim_put_image(tim, i, &image);
	}
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		put_le32(tim + end + 4 * i, reserved[i]);
}

static void signed_image_of_as_many_images_as_two_tims_can_have_is_sent_whole(void **state)
{
	struct file image = { .bytes = calloc(1, 0xa000), .size = 0xa000 };
	char *const names[] = { whole };
	struct board_error error;
	struct image_set set;

	(void)state;
	assert_non_null(image.bytes);
	put_full_tim(image.bytes, TIM_ID_TIMH, TIM_ID_IMAP, 0x8000);
	put_full_tim(image.bytes + 0x4000, TIM_ID_TIMN, TIM_ID('A', 'B', 'C', 'D'), 0x9000);
	assert_int_equal(file_write(whole, image.bytes, image.size, NULL), 0);
	if (image_set_read(&set, names, 1, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(set.count, 2 * TIM_MAX_IMAGES);
	for (uint32_t i = 0; i < TIM_MAX_IMAGES; i++) {
		assert_int_equal(set.images[i].id, TIM_ID_TIMH + i);
		assert_int_equal(set.images[TIM_MAX_IMAGES + i].id, TIM_ID_TIMN + i);
	}
	image_set_free(&set);
	file_free(&image);
}

static void image_that_is_given_twice_is_told_before_the_board_is_touched(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_UART);
	char *const names[] = { paths[0], paths[1], paths[2], paths[2] };
	struct board_error error;
	struct boot_image boot;
	struct image_set set;

	(void)state;
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, true, NULL), 0);
	assert_int_equal(image_set_read(&set, names, NUM_PARTS, &error), -EINVAL);
	assert_non_null(strstr(error.text, "wtmi_h.bin: WTMI is given twice"));
	image_set_free(&set);
	file_free(&image);
}

#define IMAGES_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMAGES_TEST(signed_image_for_the_uart_is_sent_as_its_four_images),
		IMAGES_TEST(signed_image_in_four_files_is_taken_in_any_order),
		IMAGES_TEST(signed_image_for_another_device_is_refused_with_the_reason),
		IMAGES_TEST(signed_image_of_as_many_images_as_two_tims_can_have_is_sent_whole),
		IMAGES_TEST(image_that_is_given_twice_is_told_before_the_board_is_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
