/* SPDX-License-Identifier: BSD-2-Clause */
/* A TIM as text, in our own form: it gives the same TIM again, and what is wrong is named. */
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

#include <cmocka.h>

#include "a3700_sample.h"
#include "board/a3700-image/commands.h"
#include "board/a3700-image/gpp.h"
#include "board/common/bytes.h"

static void recipe_printed_and_parsed_gives_the_same_image(void **state)
{
	struct file image = sample_image(sample_recipe), again;
	struct boot_image boot;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	assert_int_equal(recipe_print(&boot.tims[0], stream), 0);
	fclose(stream);
	again = sample_image(text);
	assert_int_equal(again.size, image.size);
	assert_memory_equal(again.bytes, image.bytes, image.size);
	free(text);
	file_free(&again);
	file_free(&image);
}

static void every_instruction_survives_its_text(void **state)
{
	(void)state;
	for (uint32_t opcode = 0; opcode <= 34; opcode++) {
		struct gpp_instruction instruction, again;
		struct board_error error;
		struct gpp_cursor cursor;
		uint8_t bytes[8 + GPP_MAX_SIZE] = { 0 };
		size_t size;
		char text[160];

		/* Numbers that are valid as address, register, comparison and label alike */
		put_le32(bytes + 4, 1);
		put_le32(bytes + 8, opcode);
		for (uint32_t i = 0; i < GPP_MAX_PARAMETERS; i++)
			put_le32(bytes + 12 + 4 * i, i + 1);
		for (size = 12; size <= sizeof(bytes); size += 4) {
			if (gpp_check(bytes, size, "x", NULL) == 0)
				break;
		}
		assert_true(size <= sizeof(bytes));
		assert_int_equal(gpp_begin(&cursor, bytes, size, "x", &error), 0);
		assert_int_equal(gpp_next(&cursor, &instruction, "x", &error), 1);
		gpp_text(&instruction, text, sizeof(text));
		if (gpp_from_text(text, &again, &error) != 0)
			fail_msg("%s: %s", text, error.text);
		assert_int_equal(again.opcode, opcode);
		assert_int_equal(again.num_parameters, instruction.num_parameters);
		assert_memory_equal(again.parameters, instruction.parameters,
				    4 * instruction.num_parameters);
	}
}

static void label_that_looks_like_a_number_survives_its_text(void **state)
{
	struct gpp_instruction label = { .opcode = 24, .num_parameters = 1 }, again;
	static const uint32_t values[] = { 0, 0x31317830 /* "0x11" */, 0x00410042, 0x41,
					   0xffffffff };
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		label.parameters[0] = values[i];
		gpp_text(&label, text, sizeof(text));
		assert_int_equal(gpp_from_text(text, &again, NULL), 0);
		assert_int_equal(again.parameters[0], values[i]);
	}
}

static void id_that_looks_like_a_number_survives_its_text(void **state)
{
	static const uint32_t values[] = { 0,
					   TIM_ID('0', 'x', '1', 'f'),
					   TIM_ID('0', 'X', 'z', 'z'),
					   TIM_ID('1', '2', '3', '4'),
					   TIM_ID_TERM,
					   0xffffffff };
	char text[11];
	uint32_t again;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(tim_id_from_text(tim_id_text(values[i], text), &again), 0);
		assert_int_equal(again, values[i]);
	}
}

static void wrong_instructions_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *line, *reason;
	} cases[] = {
		{ "JUMP: 1", "there is no instruction JUMP" },
		{ "WRITE: 0xC0000000", "WRITE has 2 parameters" },
		{ "WRITE: 0xC0000000 1 2", "2 is one word too many" },
		{ "WRITE: 0x1C0000000 1", "0x1C0000000 is not a 32-bit number" },
		{ "WRITE: -1 1", "-1 is not a 32-bit number" },
		{ "OR_SM_VAL: SM16 1", "scratch register 16" },
		{ "OR_SM_VAL: 3 1", "3 is not a scratch register" },
		{ "BRANCH: LABEL", "LABEL is not a label" },
		{ "TEST_SM_AND_BRANCH: SM0 1 1 = LP1", "= is not a comparison" },
		{ "", "an instruction is expected" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gpp_instruction instruction;
		struct board_error error;

		assert_int_equal(gpp_from_text(cases[i].line, &instruction, &error), -EINVAL);
		if (strstr(error.text, cases[i].reason) == NULL)
			fail_msg("%s: %s", cases[i].line, error.text);
	}
}

static void wrong_recipes_are_refused_with_the_line(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "[TIM]\nBOOT: floppy\n", "line 2: BOOT: floppy: no such field or value" },
		{ "[TIM\n", "line 1: [TIM: [NAME] is right" },
		{ "[TOOLONG]\n", "line 1: TOOLONG is not the ID of a package" },
		{ "[Term]\n", "line 1: Term is not the ID" },
		{ "\n\n[GPP1]\nWRITE: 1\n", "line 4: WRITE has 2 parameters" },
		{ "[GPP1]\nNOP:\nDDR_INIT_ENABLE: 1\n", "line 3: an option after the first" },
		{ "[CRV2]\nRELEASE: 2\n", "line 2: RELEASE: CORE ADDRESS is right" },
		{ "[TIM]\nIMAGE: WTMI 0 0\n", "line 2: IMAGE: ID FLASH LOAD" },
		{ "[TIM]\nIMAGE: TIMH 0 0 0 none\n", "line 2: the TIM itself needs a hash" },
		{ "[TIM]\nIMAGE: TIMH 0 0 0 sha256 0\n", "line 2: the TIM itself needs a hash" },
		{ "[TIM]\nIMAGE: TIMH 0 0 0 sha256 x\n", "line 2: IMAGE: ID FLASH LOAD" },
		{ "[TIM]\nBOOT: 0x1x\n", "line 2: BOOT: 0x1x: no such field or value" },
		{ "[ABCD]\nWORD: x\n", "line 2: WORD: does not belong here" },
		{ "DATE: 1\n", "line 1: DATE: 1: no such field or value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct board_error error;
		struct recipe recipe;

		assert_int_equal(recipe_parse(cases[i].text, strlen(cases[i].text), &recipe,
					      &error),
				 -EINVAL);
		recipe_free(&recipe);
		if (strstr(error.text, cases[i].reason) == NULL)
			fail_msg("%s", error.text);
	}
}

static void recipe_whose_images_overlap_is_refused(void **state)
{
	static const char text[] = "[TIM]\nIMAGE: TIMH 0 0x20006000 0 sha256\n"
				   "IMAGE: WTMI 0x100 0x1FFF0000 0 sha256\n";
	struct recipe_file files[] = { { NULL, 0 }, { sample_wtmi(), SAMPLE_WTMI_SIZE } };
	struct board_error error;
	struct recipe recipe;
	struct file out = { 0 };

	(void)state;
	assert_int_equal(recipe_parse(text, strlen(text), &recipe, &error), 0);
	assert_int_equal(create_image(&recipe, files, &out, &error), -EINVAL);
	assert_non_null(strstr(error.text, "WTMI and TIMH overlap"));
	assert_null(out.bytes);
	recipe_free(&recipe);
}

/* The image that comes of an image's recipe */
static struct file made_again(const struct file *image)
{
	struct boot_image boot;
	struct file again;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_int_equal(boot_image_open(image->bytes, image->size, &boot, NULL), 0);
	assert_int_equal(recipe_print(&boot.tims[0], stream), 0);
	fclose(stream);
	again = sample_image(text);
	free(text);
	return again;
}

static void algorithm_without_a_hash_is_kept(void **state)
{
	struct file image = sample_image("[TIM]\nIMAGE: TIMH 0 0x20006000 0 sha512\n"
					 "IMAGE: WTMI 0x4000 0x1FFF0000 0 none\n"
					 "IMAGE: OBMI 0x15000 0x64100000 0 sha256 0\n");
	struct file again = made_again(&image);
	static const uint8_t zeros[TIM_HASH_SIZE];
	const uint8_t *record = image.bytes + SAMPLE_RECORD_2;

	(void)state;
	assert_int_equal(get_le32(record + TIM_IMAGE_HASH_ALG), 0x20);
	assert_int_equal(get_le32(record + TIM_IMAGE_HASH_BYTES), 0);
	assert_memory_equal(record + TIM_IMAGE_HASH, zeros, sizeof(zeros));
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + TIM_IMAGE_HASH_ALG), 0);
	assert_memory_equal(again.bytes, image.bytes, image.size);
	file_free(&again);
	file_free(&image);
}

static void hash_of_a_part_boot_sign_and_stepping_are_kept(void **state)
{
	struct file image = sample_image("[TIM]\nBOOT: 0x12345678\nSTEPPING: 0xA1\n"
					 "IMAGE: TIMH 0 0x20006000 0 sha256\n"
					 "IMAGE: WTMI 0x4000 0x1FFF0000 0 sha1 1000\n"
					 "IMAGE: OBMI 0x15000 0x64100000 0 33 0\n");
	struct file again = made_again(&image);

	(void)state;
	assert_int_equal(sample_verify(&image, NULL), 0);
	assert_int_equal(get_le32(image.bytes + SAMPLE_RECORD_1 + TIM_IMAGE_HASH_BYTES), 1000);
	assert_int_equal(get_le32(image.bytes + TIM_BOOT_SIGN), 0x12345678);
	assert_int_equal(get_le32(image.bytes + TIM_STEPPING), 0xa1);
	assert_memory_equal(again.bytes, image.bytes, image.size);
	file_free(&again);
	file_free(&image);
}

static void hash_of_more_than_the_image_is_refused(void **state)
{
	static const char text[] = "[TIM]\nIMAGE: TIMH 0 0x20006000 0 sha256\n"
				   "IMAGE: WTMI 0x4000 0x1FFF0000 0 sha256 10669\n";
	struct recipe_file files[] = { { NULL, 0 }, { sample_wtmi(), SAMPLE_WTMI_SIZE } };
	struct board_error error;
	struct recipe recipe;
	struct file out = { 0 };

	(void)state;
	assert_int_equal(recipe_parse(text, strlen(text), &recipe, &error), 0);
	assert_int_equal(create_image(&recipe, files, &out, &error), -EINVAL);
	assert_non_null(strstr(error.text, "more bytes to hash than it has"));
	recipe_free(&recipe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recipe_printed_and_parsed_gives_the_same_image),
		cmocka_unit_test(every_instruction_survives_its_text),
		cmocka_unit_test(label_that_looks_like_a_number_survives_its_text),
		cmocka_unit_test(id_that_looks_like_a_number_survives_its_text),
		cmocka_unit_test(wrong_instructions_are_refused_with_the_reason),
		cmocka_unit_test(wrong_recipes_are_refused_with_the_line),
		cmocka_unit_test(recipe_whose_images_overlap_is_refused),
		cmocka_unit_test(algorithm_without_a_hash_is_kept),
		cmocka_unit_test(hash_of_a_part_boot_sign_and_stepping_are_kept),
		cmocka_unit_test(hash_of_more_than_the_image_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
