/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed (trusted) images: what is read of them, what is done with them, and what is left to the
 * owner of the keys. */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/recipe_parse.c */
/* sources: board/a3700-image/recipe_print.c board/a3700-image/recipe_make.c */
/* sources: board/a3700-image/commands.c board/common/error.c board/common/file.c */
/* sources: board/a3700-image/topology.c board/a3700-image/gpp_values.c */
/* sources: board/a3700-image/info.c board/a3700-image/versions.c */
/* sources: test/unit/a3700_sample.c */
/* libs: -lnettle */
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
#include "board/a3700-image/info.h"
#include "board/common/bytes.h"

/* As the vendor builds them, and as others do */
static const struct layout {
	uint32_t timn_at;
	unsigned int keys;
} layouts[] = { { 0x4000, 16 }, { 0x1000, 1 } };

/* The whole text of info */
static char *info_of(const struct file *file, uint32_t destination, const char *board, bool verbose,
		     enum info_verdict *verdict)
{
	struct info_request request = { .name = "x.bin",
					.verbose = verbose,
					.destination = destination,
					.board = board == NULL ? NULL : board_kind_by_name(board) };
	struct boot_image boot;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_int_equal(boot_image_open(file->bytes, file->size, &boot, NULL), 0);
	*verdict = info_print(&boot, &request, stream);
	fclose(stream);
	return text;
}

static void signed_image_of_either_layout_is_intact_without_hashes_of_its_tims(void **state)
{
	static const char *const parts[] = {
		"TIMH 3.6, trusted",
		"SHA-256 none: signed",
		"TIMN 3.6, trusted",
		"WTMI   0x00008000 0x1fff0000    10668          0  SHA-256 good",
		"OBMI   0x00019000",
		"starts: core 2 (secure CPU)",
		"DDR_TOPOLOGY 2",
		"note: a trusted image: boards whose fuses hold the hash of its keys take it",
	};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		struct file image =
			sample_signed(layouts[l].timn_at, layouts[l].keys, BOOT_SIGN_SPINOR);
		struct board_error error = { { 0 } };
		enum info_verdict verdict;
		char *text;

		if (sample_verify(&image, &error) != 0)
			fail_msg("%s", error.text);
		text = info_of(&image, BOOT_SIGN_SPINOR, "v5-1g-2chip", false, &verdict);
		assert_int_equal(verdict, INFO_FINE);
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			if (strstr(text, parts[i]) == NULL)
				fail_msg("no \"%s\" in:\n%s", parts[i], text);
		}
		assert_null(strstr(text, "warning"));
		free(text);
		file_free(&image);
	}
}

static void damage_to_an_image_that_timn_hashes_is_named(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	struct board_error error;

	(void)state;
	image.bytes[SIGNED_WTMI_AT + 5000] ^= 1;
	assert_int_equal(sample_verify(&image, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "hash of WTMI is wrong"));
	image.bytes[SIGNED_WTMI_AT + 5000] ^= 1;
	image.bytes[SIGNED_OBMI_AT] ^= 1;
	assert_int_equal(sample_verify(&image, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "hash of OBMI is wrong"));
	file_free(&image);
}

/* A signature covers a TIM. Nothing covers the hash of zeros of an untrusted one. */
static void hash_of_zeros_in_an_untrusted_tim_is_wrong(void **state)
{
	struct file image = sample_image(sample_recipe);
	struct board_error error;

	(void)state;
	memset(image.bytes + TIM_HEADER_SIZE + TIM_IMAGE_HASH, 0, TIM_HASH_SIZE);
	assert_int_equal(sample_verify(&image, &error), -EBADMSG);
	file_free(&image);
}

static void image_that_timn_does_not_hash_is_said_not_to_be(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	uint8_t *record = image.bytes + 0x4000 + SAMPLE_RECORD_1;
	enum info_verdict verdict;
	char *text;

	(void)state;
	memset(record + TIM_IMAGE_HASH, 0, TIM_HASH_SIZE);
	text = info_of(&image, 0, NULL, false, &verdict);
	assert_int_equal(verdict, INFO_FINE);
	assert_non_null(strstr(text, "SHA-256 not checked by the BootROM"));
	free(text);
	file_free(&image);
}

static void encrypted_image_is_not_called_damaged(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	enum info_verdict verdict;
	char *text;

	(void)state;
	sample_set(&image, 0x4000 + SAMPLE_RECORD_1 + TIM_IMAGE_ENC_ALG, 0x1e005);
	image.bytes[SIGNED_WTMI_AT + 100] ^= 1;
	text = info_of(&image, 0, NULL, false, &verdict);
	assert_int_equal(verdict, INFO_FINE);
	assert_non_null(strstr(text, "SHA-256 cannot be checked: encrypted"));
	assert_non_null(strstr(text, "warning: WTMI is encrypted (algorithm 0x1e005)"));
	free(text);
	file_free(&image);
}

/* A TIM whose OBMI may be replaced has room for the largest one. */
static void unhashed_image_may_end_before_its_room_does(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	const uint32_t record = 0x4000 + SAMPLE_RECORD_2;
	enum info_verdict verdict;
	char *text;

	(void)state;
	sample_set(&image, record + TIM_IMAGE_BYTES, 0x160000);
	assert_int_equal(sample_verify(&image, NULL), -ENODATA);
	sample_set(&image, record + TIM_IMAGE_HASH_BYTES, 0);
	text = info_of(&image, 0, NULL, false, &verdict);
	assert_int_equal(verdict, INFO_FINE);
	assert_non_null(strstr(text, "note: OBMI: the TIM has room for 1441792 bytes, this file "
				     "has 135168 of them"));
	free(text);
	file_free(&image);
}

static void each_way_in_which_the_two_tims_do_not_fit_is_named(void **state)
{
	const size_t imap = TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE + TIM_KEY_SIZE + 8;
	const struct {
		size_t at;
		uint32_t value;
		int result;
		const char *reason;
	} cases[] = {
		{ imap + 20, 0x400, -EINVAL, "where TIMH says that TIMN is: no TIM identifier" },
		{ imap + 20, 0, -EINVAL, "where TIMH says that TIMN is: a TIMH" },
		{ imap + 20, 0xfffffff0, -ENODATA, "cut short: TIMN lies at 0xfffffff0" },
		{ 0x1000 + TIM_TRUSTED, 0, -EINVAL, "TIMN belongs to a trusted image" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file image = sample_signed(0x1000, 1, BOOT_SIGN_SPINOR);
		struct board_error error = { { 0 } };
		int result;

		sample_set(&image, cases[i].at, cases[i].value);
		result = sample_verify(&image, &error);
		if (result != cases[i].result || strstr(error.text, cases[i].reason) == NULL)
			fail_msg("case %zu: %d: %s", i, result, error.text);
		file_free(&image);
	}
}

static void image_that_lies_in_the_first_tim_is_refused(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	struct board_error error;

	(void)state;
	sample_set(&image, 0x4000 + SAMPLE_RECORD_1 + TIM_IMAGE_FLASH, 0x100);
	assert_int_equal(sample_verify(&image, &error), -EINVAL);
	assert_non_null(strstr(error.text, "TIMH and WTMI overlap in flash"));
	file_free(&image);
	/* In the place of the keys */
	image = sample_signed(0x400, 16, BOOT_SIGN_SPINOR);
	assert_int_equal(sample_verify(&image, &error), -EINVAL);
	assert_non_null(strstr(error.text, "TIMH and TIMN overlap in flash"));
	file_free(&image);
}

static void recovery_entry_of_imap_is_not_taken_for_the_primary_one(void **state)
{
	struct file image = sample_signed(0x1000, 1, BOOT_SIGN_SPINOR);
	const size_t imap = TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE + TIM_KEY_SIZE + 8;
	enum info_verdict verdict;
	char *text;

	(void)state;
	sample_set(&image, imap + 16, 1);
	text = info_of(&image, 0, NULL, false, &verdict);
	assert_non_null(strstr(text, "warning: no IMAP package: it does not say where TIMN is"));
	free(text);
	file_free(&image);
}

static void conversion_is_refused_unless_it_changes_nothing(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	struct file copy = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	struct board_error error;

	(void)state;
	assert_int_equal(boot_image_convert(copy.bytes, copy.size, BOOT_SIGN_UART, -1, &error),
			 -ENOTSUP);
	assert_non_null(strstr(error.text, "a trusted image, signed for SPI NOR flash"));
	assert_int_equal(boot_image_convert(copy.bytes, copy.size, BOOT_SIGN_SPINOR, 1, NULL),
			 -ENOTSUP);
	assert_int_equal(boot_image_convert(copy.bytes, copy.size, BOOT_SIGN_SPINOR, 0, NULL), 0);
	assert_memory_equal(copy.bytes, image.bytes, image.size);
	file_free(&copy);
	file_free(&image);
}

/* Compare a file that extract wrote, and remove it. */
static void take(const char *folder, const char *name, const uint8_t *bytes, size_t size)
{
	struct board_error error;
	struct file file;
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_read(path, 1 << 24, &file, &error) != 0)
		fail_msg("%s", error.text);
	if (bytes != NULL) {
		assert_int_equal(file.size, size);
		assert_memory_equal(file.bytes, bytes, size);
	}
	file_free(&file);
	unlink(path);
}

static void extract_writes_both_tims_and_the_images(void **state)
{
	struct file image = sample_signed(0x1000, 1, BOOT_SIGN_SPINOR);
	static const char *const others[] = { "bl1.bin", "bl2.bin", "bl31.bin", "bl33.bin",
					      "recipe.txt" };
	char folder[] = "/tmp/test-a3700.XXXXXX";
	struct boot_image boot;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, false, NULL), 0);
	take(folder, "tim.bin", image.bytes, boot.tims[0].size);
	take(folder, "timn.bin", image.bytes + 0x1000, boot.tims[1].size);
	take(folder, "wtmi.bin", sample_wtmi(), SAMPLE_WTMI_SIZE);
	take(folder, "obmi.bin", sample_obmi(), SAMPLE_OBMI_SIZE);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		take(folder, others[i], NULL, 0);
	assert_int_equal(rmdir(folder), 0);
	file_free(&image);
}

static void extract_for_the_uart_needs_an_image_signed_for_it(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	char folder[] = "/tmp/test-a3700.XXXXXX";
	struct board_error error;
	struct boot_image boot;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, true, &error), -ENOTSUP);
	assert_non_null(strstr(error.text, "only the owner of its keys"));
	file_free(&image);

	image = sample_signed(0x4000, 16, BOOT_SIGN_UART);
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, true, NULL), 0);
	take(folder, "TIM_ATF_TRUSTED.bin", image.bytes, boot.tims[0].size);
	take(folder, "TIMN_ATF_TRUSTED.bin", image.bytes + 0x4000, boot.tims[1].size);
	take(folder, "wtmi_h.bin", NULL, 0);
	take(folder, "boot-image_h.bin", NULL, 0);
	assert_int_equal(rmdir(folder), 0);
	file_free(&image);
}

static void recipe_of_a_signed_image_is_not_made_into_an_unsigned_one(void **state)
{
	struct file image = sample_signed(0x4000, 16, BOOT_SIGN_SPINOR);
	struct board_error error;
	struct boot_image boot;
	struct recipe recipe;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(recipe_print(&boot.tims[1], stream), 0);
	fclose(stream);
	assert_int_equal(recipe_parse(text, size, &recipe, &error), -ENOTSUP);
	assert_non_null(strstr(error.text, "only the owner of its keys can make and sign one"));
	recipe_free(&recipe);
	free(text);
	file_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			signed_image_of_either_layout_is_intact_without_hashes_of_its_tims),
		cmocka_unit_test(damage_to_an_image_that_timn_hashes_is_named),
		cmocka_unit_test(hash_of_zeros_in_an_untrusted_tim_is_wrong),
		cmocka_unit_test(image_that_timn_does_not_hash_is_said_not_to_be),
		cmocka_unit_test(encrypted_image_is_not_called_damaged),
		cmocka_unit_test(unhashed_image_may_end_before_its_room_does),
		cmocka_unit_test(each_way_in_which_the_two_tims_do_not_fit_is_named),
		cmocka_unit_test(image_that_lies_in_the_first_tim_is_refused),
		cmocka_unit_test(recovery_entry_of_imap_is_not_taken_for_the_primary_one),
		cmocka_unit_test(conversion_is_refused_unless_it_changes_nothing),
		cmocka_unit_test(extract_writes_both_tims_and_the_images),
		cmocka_unit_test(extract_for_the_uart_needs_an_image_signed_for_it),
		cmocka_unit_test(recipe_of_a_signed_image_is_not_made_into_an_unsigned_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
