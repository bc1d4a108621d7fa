/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot images of the Armada 3700: layout, damage, conversion, and what extract writes. */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/recipe_parse.c */
/* sources: board/a3700-image/recipe_print.c board/a3700-image/recipe_make.c */
/* sources: board/a3700-image/commands.c board/common/error.c board/common/file.c */
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
#include <nettle/sha2.h>

#include "a3700_sample.h"
#include "board/a3700-image/commands.h"
#include "board/common/bytes.h"

static void sha256(const uint8_t *bytes, size_t size, uint8_t *digest)
{
	struct sha256_ctx state;

	sha256_init(&state);
	sha256_update(&state, size, bytes);
	sha256_digest(&state, SHA256_DIGEST_SIZE, digest);
}

static void header_has_the_words_that_the_bootrom_reads(void **state)
{
	struct file image = sample_image(sample_recipe);
	const uint8_t *tim = image.bytes;

	(void)state;
	assert_memory_equal(tim + 4, "HMIT", 4);
	assert_int_equal(get_le32(tim + 0x00), 0x00030600);
	assert_int_equal(get_le32(tim + 0x08), 0);
	assert_int_equal(get_le32(tim + 0x0c), 0x22112026);
	assert_int_equal(get_le32(tim + 0x10), 0x4d52564c);
	for (int at = 0x18; at <= 0x24; at += 4)
		assert_int_equal(get_le32(tim + at), 0xffffffff);
	assert_int_equal(get_le32(tim + 0x28), 0x5350490a);
	assert_int_equal(get_le32(tim + 0x2c), 3);
	assert_int_equal(get_le32(tim + 0x30), 0);
	/* OPTH 8, CRV2 20, CIDP 32, GPP1 16+8+12+8+8+12+24, GPP2 16+8+12, DDR3 16+8+12*3+16, Term 8
	 */
	assert_int_equal(get_le32(tim + 0x34), 8 + 20 + 32 + 88 + 36 + 76 + 8);
	assert_int_equal(image.size, SAMPLE_OBMI_AT + SAMPLE_OBMI_SIZE);
	file_free(&image);
}

static void records_name_the_images_their_places_and_their_hashes(void **state)
{
	struct file image = sample_image(sample_recipe);
	uint8_t digest[SHA256_DIGEST_SIZE];

	(void)state;
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1), 0x57544d49);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + 0x04), 0x4f424d49);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + 0x08), SAMPLE_WTMI_AT);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + 0x0c), 0x1fff0000);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + 0x10), SAMPLE_WTMI_SIZE);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + 0x14), SAMPLE_WTMI_SIZE);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + 0x18), 32);
	sha256(image.bytes + SAMPLE_WTMI_AT, SAMPLE_WTMI_SIZE, digest);
	assert_memory_equal(image.bytes + SAMPLE_RECORD_1 + 0x1c, digest, sizeof(digest));
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_2 + 0x04), 0xffffffff);
	assert_memory_equal(image.bytes + SAMPLE_WTMI_AT, sample_wtmi(), SAMPLE_WTMI_SIZE);
	assert_memory_equal(image.bytes + SAMPLE_OBMI_AT, sample_obmi(), SAMPLE_OBMI_SIZE);
	file_free(&image);
}

static void tims_own_hash_is_taken_with_the_hash_as_zeros(void **state)
{
	struct file image = sample_image(sample_recipe);
	size_t size = get_le32(image.bytes + TIM_HEADER_SIZE + 0x10);
	uint8_t digest[SHA256_DIGEST_SIZE], stored[64];

	(void)state;
	memcpy(stored, image.bytes + 0x54, sizeof(stored));
	memset(image.bytes + 0x54, 0, 64);
	sha256(image.bytes, size, digest);
	assert_memory_equal(stored, digest, sizeof(digest));
	for (size_t i = sizeof(digest); i < sizeof(stored); i++)
		assert_int_equal(stored[i], 0);
	file_free(&image);
}

static void packages_are_laid_out_as_the_bootrom_walks_them(void **state)
{
	static const uint32_t words[] = {
		0x4f505448,
		6, /* OPTH, packages with Term */
		0x43525632,
		20,
		1,
		2,
		0x1fff0760, /* CRV2 */
		0x43494450,
		32,
		1,
		0x54425249,
		3,
		0x47505031,
		0x47505032,
		0x44445233,
		0x47505031,
		88,
		1,
		5,
		6,
		0, /* GPP1: one option, five instructions */
		1,
		0xc0013010,
		0,
		3,
		0x100,
		24,
		0x0031504c /* LABEL "LP1" reads forward */,
	};
	struct file image = sample_image(sample_recipe);

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(get_le32(image.bytes + SAMPLE_RESERVED + 4 * i), words[i]);
	file_free(&image);
}

static void image_that_was_made_is_intact(void **state)
{
	struct file image = sample_image(sample_recipe);

	(void)state;
	assert_int_equal(sample_verify(&image, NULL), 0);
	file_free(&image);
}

static void thousand_damaged_images_are_refused(void **state)
{
	struct file image = sample_image(sample_recipe);
	size_t tim_size = get_le32(image.bytes + TIM_HEADER_SIZE + 0x10);
	uint8_t *damaged = malloc(image.size);
	unsigned int seed = 20261122;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct file copy = { damaged, image.size };
		struct board_error error = { { 0 } };
		/* Half of the damage is in the TIM, the rest anywhere that a hash covers. */
		static const struct {
			size_t at, size;
		} parts[] = { { SAMPLE_WTMI_AT, SAMPLE_WTMI_SIZE },
			      { SAMPLE_OBMI_AT, SAMPLE_OBMI_SIZE } };
		int flips = 1 + rand_r(&seed) % 8;

		memcpy(damaged, image.bytes, image.size);
		if (round % 10 == 9) {
			copy.size = (size_t)rand_r(&seed) % image.size;
			/* A cut at the end of the TIM leaves a TIM alone, which is fine. */
			if (copy.size == tim_size)
				copy.size--;
		} else if (round % 2 == 0) {
			damaged[(size_t)rand_r(&seed) % tim_size] ^= 1u << (rand_r(&seed) % 8);
		} else {
			for (int i = 0; i < flips; i++) {
				size_t part = (size_t)rand_r(&seed) % 2;

				damaged[parts[part].at +
					(size_t)rand_r(&seed) % parts[part].size] +=
					(uint8_t)(1 + rand_r(&seed) % 30);
			}
		}
		/* Memory past the end belongs to nobody. */
		copy.bytes = malloc(copy.size + 1);
		memcpy(copy.bytes, damaged, copy.size);
		if (sample_verify(&copy, &error) == 0)
			fail_msg("round %d was taken for good", round);
		assert_true(error.text[0] != '\0');
		free(copy.bytes);
	}
	free(damaged);
	file_free(&image);
}

static void each_wrong_field_is_named(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		int result;
		const char *reason;
	} cases[] = {
		{ TIM_IDENTIFIER, 0x12345678, -EINVAL, "no TIM identifier" },
		{ TIM_IDENTIFIER, TIM_ID_TIMN, -EINVAL, "TIMN belongs to a trusted image" },
		{ TIM_VERSION, 0x00030400, -EINVAL, "TIM version 0x00030400" },
		{ TIM_TRUSTED, 7, -EINVAL, "Trusted is 0x7" },
		{ TIM_NUM_IMAGES, 0, -EINVAL, "TIM has 0 images" },
		{ TIM_NUM_IMAGES, 0xffffffff, -EINVAL, "TIM has 4294967295 images" },
		{ TIM_NUM_IMAGES, 16, -EINVAL, "the first record" },
		{ TIM_NUM_KEYS, 2, -EINVAL, "TIM has 2 keys" },
		{ TIM_SIZE_OF_RESERVED, 0xfffffffc, -EINVAL, "reserved area of 0xfffffffc bytes" },
		{ TIM_SIZE_OF_RESERVED, 6, -EINVAL, "reserved area of 0x6 bytes" },
		{ TIM_SIZE_OF_RESERVED, 0x100, -EINVAL, "the first record" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_FLASH, 0, -EINVAL, "WTMI and TIMH overlap" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_FLASH, 0xfffffff0, -ENODATA, "cut short: WTMI" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_BYTES, 0xffffffff, -EINVAL, "overlap" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_BYTES, 4, -EINVAL,
		  "10668 bytes to hash of an image of 4" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_HASH_ALG, 33, -EINVAL, "hash algorithm 33" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_ID, TIM_ID_OBMI, -EINVAL, "TIMH: next image" },
		{ SAMPLE_RECORD_1 + TIM_IMAGE_NEXT, TIM_ID_TIMH, -EINVAL,
		  "WTMI: next image is TIMH" },
		{ SAMPLE_RECORD_2 + TIM_IMAGE_NEXT, TIM_ID_WTMI, -EINVAL,
		  "OBMI: next image is WTMI" },
		{ SAMPLE_RECORD_2 + TIM_IMAGE_BYTES, 0x200000, -ENODATA, "cut short: OBMI" },
		{ SAMPLE_RESERVED, 0, -EINVAL, "does not begin with OPTH" },
		{ SAMPLE_RESERVED + 4, 0, -EINVAL, "has 0 packages" },
		{ SAMPLE_RESERVED + 4, 5, -EINVAL, "the last package is not Term" },
		{ SAMPLE_RESERVED + 4, 7, -EINVAL, "Term is not the last package" },
		{ SAMPLE_RESERVED + 12, 4, -EINVAL, "package CRV2: size 0x4" },
		{ SAMPLE_RESERVED + 12, 0x10000, -EINVAL, "package CRV2: size 0x10000" },
		{ SAMPLE_RESERVED + 8 + 20 + 32 + 16, 99, -EINVAL, "package GPP1: option 99" },
		{ SAMPLE_RESERVED + 8 + 20 + 32 + 12, 6, -EINVAL, "ends inside its instructions" },
		{ SAMPLE_RESERVED + 8 + 20 + 32 + 12, 4, -EINVAL, "24 bytes after its last" },
		{ SAMPLE_RESERVED + 8 + 20 + 32 + 24, 99, -EINVAL, "package GPP1: opcode 0x63" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file image = sample_image(sample_recipe);
		struct board_error error = { { 0 } };
		struct boot_image boot;
		int result;

		sample_set(&image, cases[i].at, cases[i].value);
		result = boot_image_open(image.bytes, image.size, &boot, &error);
		if (strstr(error.text, cases[i].reason) == NULL)
			fail_msg("case %zu: %d: %s", i, result, error.text);
		assert_int_equal(result, cases[i].result);
		file_free(&image);
	}
}

static void damage_to_each_image_is_named(void **state)
{
	static const struct {
		size_t at;
		const char *reason;
	} cases[] = { { TIM_ISSUE_DATE, "hash of TIMH is wrong" },
		      { SAMPLE_WTMI_AT + 100, "hash of WTMI is wrong" },
		      { SAMPLE_OBMI_AT + SAMPLE_OBMI_SIZE - 1, "hash of OBMI is wrong" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file image = sample_image(sample_recipe);
		struct board_error error;

		image.bytes[cases[i].at] ^= 1;
		assert_int_equal(sample_verify(&image, &error), -EBADMSG);
		assert_non_null(strstr(error.text, cases[i].reason));
		file_free(&image);
	}
}

static void conversion_changes_the_sign_and_the_tims_hash_alone(void **state)
{
	struct file image = sample_image(sample_recipe);
	struct file copy = sample_image(sample_recipe);

	(void)state;
	assert_int_equal(boot_image_convert(copy.bytes, copy.size, BOOT_SIGN_EMMC, -1, NULL), 0);
	assert_int_equal(get_le32(copy.bytes + 0x28), 0x454d4d08);
	assert_int_equal(sample_verify(&copy, NULL), 0);
	for (size_t i = 0; i < image.size; i++) {
		bool may = (i >= 0x28 && i < 0x2c) || (i >= 0x54 && i < 0x74);

		if (!may)
			assert_int_equal(copy.bytes[i], image.bytes[i]);
	}
	assert_int_equal(boot_image_convert(copy.bytes, copy.size, BOOT_SIGN_SPINOR, -1, NULL), 0);
	assert_memory_equal(copy.bytes, image.bytes, image.size);
	file_free(&copy);
	file_free(&image);
}

static void conversion_to_every_device_gives_its_sign(void **state)
{
	static const struct {
		const char *name;
		uint32_t sign;
	} devices[] = { { "spinor", 0x5350490a }, { "spinand", 0x5350491a },
			{ "emmc", 0x454d4d08 },	  { "emmcalt", 0x454d4d0b },
			{ "sata", 0x53415432 },	  { "uart", 0x55415223 } };

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct file image = sample_image(sample_recipe);
		uint32_t sign;

		assert_int_equal(boot_sign_from_name(devices[i].name, &sign), 0);
		assert_int_equal(boot_image_convert(image.bytes, image.size, sign, 1, NULL), 0);
		assert_int_equal(get_le32(image.bytes + 0x28), devices[i].sign);
		assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_2 + 0x5c), 1);
		assert_int_equal(sample_verify(&image, NULL), 0);
		file_free(&image);
	}
}

static void damaged_image_is_not_made_good_by_converting_it(void **state)
{
	struct file image = sample_image(sample_recipe);
	struct board_error error;

	(void)state;
	image.bytes[TIM_ISSUE_DATE] ^= 1;
	assert_int_equal(boot_image_convert(image.bytes, image.size, BOOT_SIGN_UART, -1, &error),
			 -EBADMSG);
	file_free(&image);
}

/* Compare a file that extract wrote. */
static void assert_file_is(const char *folder, const char *name, const uint8_t *bytes, size_t size)
{
	char path[200];
	struct file file;
	struct board_error error;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (file_read(path, 1 << 24, &file, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(file.size, size);
	assert_memory_equal(file.bytes, bytes, size);
	file_free(&file);
	unlink(path);
}

static void extract_writes_each_part(void **state)
{
	struct file image = sample_image(sample_recipe);
	char folder[] = "/tmp/test-a3700.XXXXXX", path[200];
	struct boot_image boot;
	const uint8_t *fip = sample_obmi() + SAMPLE_BL1_SIZE;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, false, NULL), 0);
	assert_file_is(folder, "wtmi.bin", sample_wtmi(), SAMPLE_WTMI_SIZE);
	assert_file_is(folder, "obmi.bin", sample_obmi(), SAMPLE_OBMI_SIZE);
	assert_file_is(folder, "tim.bin", image.bytes, boot.tims[0].size);
	assert_file_is(folder, "bl1.bin", sample_obmi(), SAMPLE_BL1_SIZE);
	assert_file_is(folder, "bl2.bin", fip + 512, 1000);
	assert_file_is(folder, "bl31.bin", fip + 1512, 1000);
	assert_file_is(folder, "bl33.bin", fip + 2512, 1584);
	snprintf(path, sizeof(path), "%s/recipe.txt", folder);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	file_free(&image);
}

static void extract_for_the_uart_puts_ids_before_the_images(void **state)
{
	struct file image = sample_image(sample_recipe);
	char folder[] = "/tmp/test-a3700.XXXXXX", path[200];
	struct boot_image boot;
	struct file file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(extract_image(&boot, folder, true, NULL), 0);
	snprintf(path, sizeof(path), "%s/wtmi_h.bin", folder);
	assert_int_equal(file_read(path, 1 << 24, &file, NULL), 0);
	assert_memory_equal(file.bytes, "IMTW", 4);
	assert_memory_equal(file.bytes + 4, sample_wtmi(), SAMPLE_WTMI_SIZE);
	file_free(&file);
	unlink(path);
	snprintf(path, sizeof(path), "%s/TIM_ATF.bin", folder);
	assert_int_equal(file_read(path, 1 << 24, &file, NULL), 0);
	assert_int_equal(sample_verify(&file, NULL), 0);
	assert_int_equal(get_le32(file.bytes + 0x28), 0x55415223);
	file_free(&file);
	unlink(path);
	snprintf(path, sizeof(path), "%s/boot-image_h.bin", folder);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	file_free(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_has_the_words_that_the_bootrom_reads),
		cmocka_unit_test(records_name_the_images_their_places_and_their_hashes),
		cmocka_unit_test(tims_own_hash_is_taken_with_the_hash_as_zeros),
		cmocka_unit_test(packages_are_laid_out_as_the_bootrom_walks_them),
		cmocka_unit_test(image_that_was_made_is_intact),
		cmocka_unit_test(thousand_damaged_images_are_refused),
		cmocka_unit_test(each_wrong_field_is_named),
		cmocka_unit_test(damage_to_each_image_is_named),
		cmocka_unit_test(conversion_changes_the_sign_and_the_tims_hash_alone),
		cmocka_unit_test(conversion_to_every_device_gives_its_sign),
		cmocka_unit_test(damaged_image_is_not_made_good_by_converting_it),
		cmocka_unit_test(extract_writes_each_part),
		cmocka_unit_test(extract_for_the_uart_puts_ids_before_the_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
