/* SPDX-License-Identifier: BSD-2-Clause */
/* What a3700-image info says of good and of unsuitable images. */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/recipe_parse.c */
/* sources: board/a3700-image/recipe_print.c board/a3700-image/recipe_make.c */
/* sources: board/a3700-image/commands.c board/common/error.c board/common/file.c */
/* sources: board/a3700-image/topology.c board/a3700-image/gpp_values.c */
/* sources: board/a3700-image/info.c board/a3700-image/versions.c board/a3700-image/place.c */
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
#include "board/a3700-image/fip.h"
#include "board/a3700-image/info.h"
#include "board/a3700-image/place.h"
#include "board/common/bytes.h"

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

static void assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void memory_chosen_at_run_time_gives_no_verdict_for_a_board(void **state)
{
	struct file image = sample_image("[DDR3]\nTEST_ADDR_AND_BRANCH: 0xC0013808 1 1 == D4\n"
					 "WRITE: 0xC00002C4 0x20\nWRITE: 0xC0000200 0x000E0001\n"
					 "BRANCH: OUT\nLABEL: D4\nWRITE: 0xC00002C4 0x30\n"
					 "WRITE: 0xC0000200 0x000E0001\nLABEL: OUT\n");
	enum info_verdict verdict;
	char *text = info_of(&image, BOOT_SIGN_SPINOR, "v7-1g", false, &verdict);

	(void)state;
	assert_int_equal(verdict, INFO_UNSURE);
	assert_says(text, "DRAM: cannot be told: the instructions choose it when they run\n");
	assert_says(text, "whether it is for ESPRESSObin v7, 1 GiB cannot be told");
	assert_null(strstr(text, "not for"));
	free(text);
	/* For the wrong device it is not for the board either way. */
	text = info_of(&image, BOOT_SIGN_SATA, "v7-1g", false, &verdict);
	assert_int_equal(verdict, INFO_FOREIGN);
	free(text);
	file_free(&image);
}

/* A recipe whose GPP1 prints a text as the vendor's build has it */
static void print_recipe(const char *text, char *recipe, size_t size)
{
	snprintf(recipe, size, "[GPP1]\nWAIT_FOR_BIT_SET: 0xC001200C 0x2000 3\n");
	for (; *text != '\0'; text++)
		snprintf(recipe + strlen(recipe), size - strlen(recipe),
			 "WRITE: 0xC0012004 0x%02X\n", *text);
	snprintf(recipe + strlen(recipe), size - strlen(recipe),
		 "[DDR3]\nWRITE: 0xC00002C4 0x30\nWRITE: 0xC0000200 0x000E0001\n");
}

static void versions_come_from_the_console_lines_and_the_images(void **state)
{
	static const char *const parts[] = {
		"version: TIM-1.0\n",
		"version: mv_ddr-devel-g618dadd DDR4 16b 1GB 1CS\n",
		"version: WTMI-devel-18.12.1-sample\n",
		"version: TF-A v2.9(release):v2.9.0-1-gabc\n",
		"version: Built : 12:34:56, Nov 22 2026\n",
		"version: U-Boot 2023.01-sample\n",
	};
	static const char tfa[] = "v2.9(release):v2.9.0-1-gabc\0BL1: %s\0Built : %s\0"
				  "Built : 12:34:56, Nov 22 2026";
	char recipe[8000];
	struct file image;
	enum info_verdict verdict;
	char *text;

	(void)state;
	print_recipe("\r\n\r\nTIM-1.0\r\nmv_ddr-devel-g618dadd DDR4 16b 1GB 1CS\r\n", recipe,
		     sizeof(recipe));
	image = sample_image(recipe);
	memset(image.bytes + SAMPLE_OBMI_AT + 1000, 0, 200);
	memcpy(image.bytes + SAMPLE_OBMI_AT + 1001, tfa, sizeof(tfa));
	text = info_of(&image, 0, NULL, false, &verdict);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_says(text, parts[i]);
	assert_null(strstr(text, "%s"));
	free(text);
	file_free(&image);
}

static void old_ddr4_values_are_warned_of(void **state)
{
	struct file image =
		sample_image("[DDR3]\nWRITE: 0xC00002C4 0x30\nWRITE: 0xC0000200 0x000E0001\n"
			     "WRITE: 0xC0001004 0xD0677449\n");
	enum info_verdict verdict;
	char *text = info_of(&image, 0, "v7-1g", false, &verdict);

	(void)state;
	assert_int_equal(verdict, INFO_FINE);
	assert_says(text, "warning: values for DDR4 that later versions of mv-ddr corrected");
	free(text);
	file_free(&image);
}

static void topologies_that_the_development_board_has_too_name_it(void **state)
{
	static const char *const sizes[] = { "0x000D0001", "0x000E0001" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		char recipe[200];
		struct file image;
		enum info_verdict verdict;
		char *text;

		snprintf(recipe, sizeof(recipe),
			 "[DDR3]\nWRITE: 0xC00002C4 0x20\nWRITE: 0xC0000200 %s\n", sizes[i]);
		image = sample_image(recipe);
		text = info_of(&image, 0, NULL, false, &verdict);
		assert_says(text, "ESPRESSObin v3 to v5");
		assert_says(text, "Marvell's development board");
		free(text);
		file_free(&image);
	}
}

static void place_of_an_image_is_said_for_each_device(void **state)
{
	static const struct {
		uint32_t sign;
		int partition;
		const char *says;
	} cases[] = {
		{ BOOT_SIGN_EMMC, 1,
		  "block 0 of the eMMC's boot partition 1 (Linux: mmcblkNboot0)" },
		{ BOOT_SIGN_EMMC_ALT, 2, "mmc partconf DEV 1 2 0" },
		{ BOOT_SIGN_EMMC, 0, "EXT_CSD byte 179" },
		{ BOOT_SIGN_SATA, 0,
		  "type 0x4d (MBR) or 6828311A-BA55-42A4-BCDE-A89BB5EDECAE (GPT)" },
		{ BOOT_SIGN_SPINOR, 0, "offset 0 of the flash" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file image = sample_image(sample_recipe);
		char *text = NULL;
		size_t size;
		FILE *stream = open_memstream(&text, &size);
		struct boot_image boot;

		assert_int_equal(boot_image_convert(image.bytes, image.size, cases[i].sign,
						    cases[i].partition, NULL),
				 0);
		assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
		place_print(&boot, "x.bin", stream);
		fclose(stream);
		assert_says(text, cases[i].says);
		free(text);
		file_free(&image);
	}
}

static void partition_follows_the_device_unless_it_names_a_boot_partition(void **state)
{
	(void)state;
	assert_int_equal(place_partition(BOOT_SIGN_EMMC, 0), 1);
	assert_int_equal(place_partition(BOOT_SIGN_EMMC_ALT, 7), 1);
	assert_int_equal(place_partition(BOOT_SIGN_EMMC, 2), 2);
	assert_int_equal(place_partition(BOOT_SIGN_SATA, 1), 0);
	assert_int_equal(place_partition(BOOT_SIGN_SPINOR, 1), 0);
	assert_int_equal(place_partition(BOOT_SIGN_UART, 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_tells_device_images_memory_and_versions),
		cmocka_unit_test(verbose_info_disassembles),
		cmocka_unit_test(image_for_another_device_or_board_is_warned_of),
		cmocka_unit_test(image_whose_obmi_is_not_hashed_is_warned_of),
		cmocka_unit_test(fip_whose_entry_lies_outside_is_refused),
		cmocka_unit_test(memory_chosen_at_run_time_gives_no_verdict_for_a_board),
		cmocka_unit_test(versions_come_from_the_console_lines_and_the_images),
		cmocka_unit_test(old_ddr4_values_are_warned_of),
		cmocka_unit_test(topologies_that_the_development_board_has_too_name_it),
		cmocka_unit_test(place_of_an_image_is_said_for_each_device),
		cmocka_unit_test(partition_follows_the_device_unless_it_names_a_boot_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
