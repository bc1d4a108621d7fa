/* Boot images of the Armada 3700: layout, and what is said of good, damaged and unsuitable ones. */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/topology.c */
/* sources: board/a3700-image/recipe_parse.c board/a3700-image/recipe_print.c */
/* sources: board/a3700-image/recipe_make.c board/a3700-image/info.c */
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
#include "board/a3700-image/fip.h"
#include "board/a3700-image/gpp.h"
#include "board/a3700-image/info.h"
#include "board/common/bytes.h"

#define WTMI_AT	 0x4000u
#define OBMI_AT	 0x15000u
#define RECORD_1 (TIM_HEADER_SIZE + TIM_IMAGE_RECORD_SIZE)
#define RECORD_2 (TIM_HEADER_SIZE + 2 * TIM_IMAGE_RECORD_SIZE)
#define RESERVED (TIM_HEADER_SIZE + 3 * TIM_IMAGE_RECORD_SIZE)

static int open_and_verify(const struct file *file, struct board_error *error)
{
	struct boot_image boot;
	int result = boot_image_open(file->bytes, file->size, &boot, error);

	return result != 0 ? result : boot_image_verify(&boot, error);
}

static void sha256(const uint8_t *bytes, size_t size, uint8_t *digest)
{
	struct sha256_ctx state;

	sha256_init(&state);
	sha256_update(&state, size, bytes);
	sha256_digest(&state, SHA256_DIGEST_SIZE, digest);
}

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
	assert_int_equal(image.size, OBMI_AT + SAMPLE_OBMI_SIZE);
	file_free(&image);
}

static void records_name_the_images_their_places_and_their_hashes(void **state)
{
	struct file image = sample_image(sample_recipe);
	uint8_t digest[SHA256_DIGEST_SIZE];

	(void)state;
	assert_int_equal(get_le32(image.bytes + RECORD_1), 0x57544d49);
	assert_int_equal(get_le32(image.bytes + RECORD_1 + 0x04), 0x4f424d49);
	assert_int_equal(get_le32(image.bytes + RECORD_1 + 0x08), WTMI_AT);
	assert_int_equal(get_le32(image.bytes + RECORD_1 + 0x0c), 0x1fff0000);
	assert_int_equal(get_le32(image.bytes + RECORD_1 + 0x10), SAMPLE_WTMI_SIZE);
	assert_int_equal(get_le32(image.bytes + RECORD_1 + 0x14), SAMPLE_WTMI_SIZE);
	assert_int_equal(get_le32(image.bytes + RECORD_1 + 0x18), 32);
	sha256(image.bytes + WTMI_AT, SAMPLE_WTMI_SIZE, digest);
	assert_memory_equal(image.bytes + RECORD_1 + 0x1c, digest, sizeof(digest));
	assert_int_equal(get_le32(image.bytes + RECORD_2 + 0x04), 0xffffffff);
	assert_memory_equal(image.bytes + WTMI_AT, sample_wtmi(), SAMPLE_WTMI_SIZE);
	assert_memory_equal(image.bytes + OBMI_AT, sample_obmi(), SAMPLE_OBMI_SIZE);
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
		assert_int_equal(get_le32(image.bytes + RESERVED + 4 * i), words[i]);
	file_free(&image);
}

static void image_that_was_made_is_intact(void **state)
{
	struct file image = sample_image(sample_recipe);

	(void)state;
	assert_int_equal(open_and_verify(&image, NULL), 0);
	file_free(&image);
}

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
		} parts[] = { { WTMI_AT, SAMPLE_WTMI_SIZE }, { OBMI_AT, SAMPLE_OBMI_SIZE } };
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
		if (open_and_verify(&copy, &error) == 0)
			fail_msg("round %d was taken for good", round);
		assert_true(error.text[0] != '\0');
		free(copy.bytes);
	}
	free(damaged);
	file_free(&image);
}

static void set_word(struct file *image, size_t at, uint32_t value)
{
	put_le32(image->bytes + at, value);
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
		{ RECORD_1 + TIM_IMAGE_FLASH, 0, -EINVAL, "WTMI and TIMH overlap" },
		{ RECORD_1 + TIM_IMAGE_FLASH, 0xfffffff0, -ENODATA, "cut short: WTMI" },
		{ RECORD_1 + TIM_IMAGE_BYTES, 0xffffffff, -EINVAL, "overlap" },
		{ RECORD_1 + TIM_IMAGE_BYTES, 4, -EINVAL, "10668 bytes to hash of an image of 4" },
		{ RECORD_1 + TIM_IMAGE_HASH_ALG, 33, -EINVAL, "hash algorithm 33" },
		{ RECORD_1 + TIM_IMAGE_ID, TIM_ID_OBMI, -EINVAL, "TIMH: next image" },
		{ RECORD_1 + TIM_IMAGE_NEXT, TIM_ID_TIMH, -EINVAL, "WTMI: next image is TIMH" },
		{ RECORD_2 + TIM_IMAGE_NEXT, TIM_ID_WTMI, -EINVAL, "OBMI: next image is WTMI" },
		{ RECORD_2 + TIM_IMAGE_BYTES, 0x200000, -ENODATA, "cut short: OBMI" },
		{ RESERVED, 0, -EINVAL, "does not begin with OPTH" },
		{ RESERVED + 4, 0, -EINVAL, "has 0 packages" },
		{ RESERVED + 4, 5, -EINVAL, "the last package is not Term" },
		{ RESERVED + 4, 7, -EINVAL, "Term is not the last package" },
		{ RESERVED + 12, 4, -EINVAL, "package CRV2: size 0x4" },
		{ RESERVED + 12, 0x10000, -EINVAL, "package CRV2: size 0x10000" },
		{ RESERVED + 8 + 20 + 32 + 16, 99, -EINVAL, "package GPP1: option 99" },
		{ RESERVED + 8 + 20 + 32 + 12, 6, -EINVAL, "ends inside its instructions" },
		{ RESERVED + 8 + 20 + 32 + 12, 4, -EINVAL, "24 bytes after its last" },
		{ RESERVED + 8 + 20 + 32 + 24, 99, -EINVAL, "package GPP1: opcode 0x63" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file image = sample_image(sample_recipe);
		struct board_error error = { { 0 } };
		struct boot_image boot;
		int result;

		set_word(&image, cases[i].at, cases[i].value);
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
		      { WTMI_AT + 100, "hash of WTMI is wrong" },
		      { OBMI_AT + SAMPLE_OBMI_SIZE - 1, "hash of OBMI is wrong" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file image = sample_image(sample_recipe);
		struct board_error error;

		image.bytes[cases[i].at] ^= 1;
		assert_int_equal(open_and_verify(&image, &error), -EBADMSG);
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
	assert_int_equal(open_and_verify(&copy, NULL), 0);
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
		assert_int_equal(get_le32(image.bytes + RECORD_2 + 0x5c), 1);
		assert_int_equal(open_and_verify(&image, NULL), 0);
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

/* The same image with room for a signature, and the Trusted field set */
static struct file trusted_image(void)
{
	struct file image = sample_image(sample_recipe);

	set_word(&image, TIM_TRUSTED, 1);
	set_word(&image, TIM_HEADER_SIZE + TIM_IMAGE_BYTES,
		 get_le32(image.bytes + TIM_HEADER_SIZE + TIM_IMAGE_BYTES) + TIM_SIGNATURE_SIZE);
	return image;
}

static void trusted_image_is_not_converted(void **state)
{
	struct file image = trusted_image();
	struct board_error error;
	struct boot_image boot;

	(void)state;
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, &error), 0);
	assert_int_equal(tim_rehash(image.bytes, &boot.tims[0]), 0);
	assert_int_equal(boot_image_convert(image.bytes, image.size, BOOT_SIGN_UART, -1, &error),
			 -ENOTSUP);
	assert_non_null(strstr(error.text, "a trusted image"));
	file_free(&image);
}

static void info_tells_device_images_memory_and_versions(void **state)
{
	struct file image = sample_image(sample_recipe);
	enum info_verdict verdict;
	char *text = info_of(&image, 0, NULL, false, &verdict);
	static const char *const parts[] = {
		"TIMH 3.6, untrusted, 22-11-2026, OEM MRVL",
		"boot device: SPI NOR flash (spinor)",
		"WTMI   0x00004000 0x1fff0000    10668          0  SHA-256 good",
		"starts: core 2 (secure CPU) at 0x1fff0760",
		"packages: CRV2 CIDP GPP1 GPP2 DDR3",
		"DRAM: DDR3, 2 chip selects, 1024 MiB (DDR_TOPOLOGY 2): ESPRESSObin v3 to v5 with "
		"1 GiB",
		"version: WTMI-devel-18.12.1-sample",
		"BL1 (131072 bytes of room), BL2 (1000 bytes), BL31 (1000 bytes), BL33 (1584 "
		"bytes)",
		"version: U-Boot 2023.01-sample",
	};

	(void)state;
	assert_int_equal(verdict, INFO_FINE);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strstr(text, parts[i]) == NULL)
			fail_msg("no \"%s\" in:\n%s", parts[i], text);
	}
	assert_null(strstr(text, "warning"));
	free(text);
	file_free(&image);
}

static void verbose_info_disassembles(void **state)
{
	struct file image = sample_image(sample_recipe);
	enum info_verdict verdict;
	char *text = info_of(&image, 0, NULL, true, &verdict);

	(void)state;
	assert_non_null(strstr(text, "[GPP1]\nIGNORE_INSTRUCTION_TIMEOUTS: 0x00000000\n"
				     "WRITE: 0xC0013010 0x00000000\n"));
	assert_non_null(strstr(text, "TEST_SM_AND_BRANCH: SM0 0x000000FF 0x00000032 < LP1\n"));
	free(text);
	file_free(&image);
}

static void image_for_another_device_or_board_is_warned_of(void **state)
{
	struct file image = sample_image(sample_recipe);
	enum info_verdict verdict;
	char *text = info_of(&image, BOOT_SIGN_EMMC, NULL, false, &verdict);

	(void)state;
	assert_int_equal(verdict, INFO_FOREIGN);
	assert_non_null(strstr(text, "made for SPI NOR flash: the BootROM refuses it in eMMC; "
				     "convert it with a3700-image convert --to emmc"));
	free(text);
	text = info_of(&image, BOOT_SIGN_SPINOR, "v7-1g", false, &verdict);
	assert_int_equal(verdict, INFO_FOREIGN);
	assert_non_null(
		strstr(text, "not for ESPRESSObin v7, 1 GiB, which has DDR4, 1 chip select"));
	free(text);
	text = info_of(&image, BOOT_SIGN_SPINOR, "v5-1g-2chip", false, &verdict);
	assert_int_equal(verdict, INFO_FINE);
	free(text);
	file_free(&image);
}

static void every_topology_is_told_from_the_instructions(void **state)
{
	static const struct {
		const char *control, *cs0, *cs1;
		int number;
	} cases[] = {
		{ "0x20", "0x000D0001", "0x0", 0 },
		{ "0x30", "0x000D0001", "0x0", 1 },
		{ "0x20", "0x000D0001", "0x200D0001", 2 },
		{ "0x30", "0x000F0001", "0x800F0001", 3 },
		{ "0x20", "0x000E0001", "0x0", 4 },
		{ "0x30", "0x000E0001", "0x0", 5 },
		{ "0x30", "0x000E0001", "0x400E0001", 6 },
		{ "0x20", "0x000E0001", "0x400E0001", 7 },
		{ "0x00", "0x000E0001", "0x400E0001", -1 },
		{ "0x20", "0x00080001", "0x0", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char recipe[300];
		struct boot_image boot;
		struct topology topology;
		struct file image;

		snprintf(recipe, sizeof(recipe),
			 "[DDR3]\nDDR_INIT_ENABLE: 1\nWRITE: 0xC00002C4 %s\n"
			 "WRITE: 0xC0000200 %s\nWRITE: 0xC0000208 %s\n",
			 cases[i].control, cases[i].cs0, cases[i].cs1);
		image = sample_image(recipe);
		assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
		topology_read(&boot.tims[0], &topology);
		assert_int_equal(topology_number(&topology), cases[i].number);
		file_free(&image);
	}
}

static void image_whose_obmi_is_not_hashed_is_warned_of(void **state)
{
	struct file image = sample_image("[TIM]\nIMAGE: TIMH 0 0x20006000 0 sha256\n"
					 "IMAGE: WTMI 0x4000 0x1FFF0000 0 sha1\n"
					 "IMAGE: OBMI 0x3E0000 0x64100000 0 none\n");
	enum info_verdict verdict;
	char *text = info_of(&image, 0, NULL, false, &verdict);

	(void)state;
	assert_int_equal(verdict, INFO_FINE);
	assert_non_null(strstr(text, "warning: OBMI is not hashed"));
	assert_non_null(strstr(text, "warning: OBMI reaches into U-Boot's environment"));
	assert_non_null(strstr(text, "warning: no CRV2 package"));
	assert_non_null(strstr(text, "warning: no DDR3 package"));
	assert_non_null(strstr(text, "SHA-1 good"));
	free(text);
	file_free(&image);
}

static void fip_whose_entry_lies_outside_is_refused(void **state)
{
	uint8_t *obmi = malloc(SAMPLE_OBMI_SIZE);
	struct board_error error;
	struct fip fip;

	(void)state;
	memcpy(obmi, sample_obmi(), SAMPLE_OBMI_SIZE);
	put_le32(obmi + SAMPLE_BL1_SIZE + 16 + 28, 1);
	assert_int_equal(fip_parse(obmi, SAMPLE_OBMI_SIZE, &fip, &error), -EINVAL);
	assert_non_null(strstr(error.text, "BL2 lies outside"));
	memset(obmi + SAMPLE_BL1_SIZE, 0, 4);
	assert_int_equal(fip_parse(obmi, SAMPLE_OBMI_SIZE, &fip, &error), -ENOENT);
	free(obmi);
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
	assert_int_equal(open_and_verify(&file, NULL), 0);
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
		cmocka_unit_test(recipe_printed_and_parsed_gives_the_same_image),
		cmocka_unit_test(every_instruction_survives_its_text),
		cmocka_unit_test(label_that_looks_like_a_number_survives_its_text),
		cmocka_unit_test(wrong_instructions_are_refused_with_the_reason),
		cmocka_unit_test(wrong_recipes_are_refused_with_the_line),
		cmocka_unit_test(recipe_whose_images_overlap_is_refused),
		cmocka_unit_test(thousand_damaged_images_are_refused),
		cmocka_unit_test(each_wrong_field_is_named),
		cmocka_unit_test(damage_to_each_image_is_named),
		cmocka_unit_test(conversion_changes_the_sign_and_the_tims_hash_alone),
		cmocka_unit_test(conversion_to_every_device_gives_its_sign),
		cmocka_unit_test(damaged_image_is_not_made_good_by_converting_it),
		cmocka_unit_test(trusted_image_is_not_converted),
		cmocka_unit_test(info_tells_device_images_memory_and_versions),
		cmocka_unit_test(verbose_info_disassembles),
		cmocka_unit_test(image_for_another_device_or_board_is_warned_of),
		cmocka_unit_test(every_topology_is_told_from_the_instructions),
		cmocka_unit_test(image_whose_obmi_is_not_hashed_is_warned_of),
		cmocka_unit_test(fip_whose_entry_lies_outside_is_refused),
		cmocka_unit_test(extract_writes_each_part),
		cmocka_unit_test(extract_for_the_uart_puts_ids_before_the_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
