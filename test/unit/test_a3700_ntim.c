/* SPDX-License-Identifier: BSD-2-Clause */
/* A TIM as text in the vendor's form, as TF-A's build leaves it: the same TIM comes of it as of
 * ours. */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/fip.c board/a3700-image/recipe_parse.c */
/* sources: board/a3700-image/recipe_print.c board/a3700-image/recipe_make.c */
/* sources: board/a3700-image/recipe_ntim.c */
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
#include "board/common/bytes.h"

#define HEADER                                                            \
	"Version:                        0x00030600\n"                    \
	"Trusted:                        0x00000000\n"                    \
	"Issue Date:                     0x22112026\t\t; today's date\n"  \
	"OEM UniqueID:                   0x4D52564C\t\t; MRVL\n"          \
	"Stepping:                       0x00000000\n"                    \
	"Processor Type:                 <undefined>\t\t; ARMADA3700\n"   \
	"Boot Flash Signature:           0x5350490A\t\t; Select SPI'0A\n" \
	"Number of Images:               3\n"                             \
	"Size of Reserved in bytes:      36\n\n"
#define IMAGES                                                        \
	"Image ID:                       0x54494D48\t\t; TIMH\n"      \
	"Next Image ID:                  0x57544d49\t\t; WTMI next\n" \
	"Flash Entry Address:            0x00000000\n"                \
	"Load Address:                   0x20006000\n"                \
	"Image Size To CRC in bytes:     0xFFFFFFFF\n"                \
	"Hash Algorithm ID:              32\t\t\t; SHA-256\n"         \
	"Partition Number:               0\n"                         \
	"Image Filename: TIM_ATF.bin\n\n"                             \
	"Image ID:                       0x57544d49\n"                \
	"Next Image ID:                  0x4F424d49\n"                \
	"Flash Entry Address:            0x00004000\n"                \
	"Load Address:                   0x1FFF0000\n"                \
	"Image Size To CRC in bytes:     0xFFFFFFFF\n"                \
	"Hash Algorithm ID:              32\n"                        \
	"Partition Number:               0\n"                         \
	"Image Filename: build/a3700/release/wtmi.bin\n\n"            \
	"Image ID:                       0x4F424d49\n"                \
	"Next Image ID:                  0xFFFFFFFF\n"                \
	"Flash Entry Address:            0x00015000\n"                \
	"Load Address:                   0x64100000\n"                \
	"Image Size To CRC in bytes:     0xFFFFFFFF\n"                \
	"Hash Algorithm ID:              32\n"                        \
	"Partition Number:               0\n"                         \
	"Image Filename: build/a3700/release/boot-image.bin\n\n"
#define RESERVED                                        \
	"Reserved Data:\n"                              \
	"0x4F505448\t;OPTH\n"                           \
	"0x00000002\t; Number of Reserved Packages\n"   \
	"0x43525632\t;CRV2\n"                           \
	"0x00000014\t; Size of CRV2 package in bytes\n" \
	"0x00000001\n"                                  \
	"0x00000002\n"                                  \
	"0x1FFF0760\t; PC address\n"                    \
	"0x5465726D\t;Term\n"                           \
	"0x00000008\n\n"
#define EXTENDED                                                                               \
	"Extended Reserved Data:\n"                                                            \
	"Consumer ID:\nCID: TBRI\nPID: GPP1\nPID: GPP2\nPID: DDR3\nEnd Consumer ID:\n"         \
	"GPP:\nGPP_PID: GPP1\nGPP Operations:\nGPP_IGNORE_INST_TO: 0x0\nEnd GPP Operations:\n" \
	"Instructions:\n; A comment\nWRITE: 0XC0013010 0x00000000\nDELAY: 0x00000100 ; us\n"   \
	"LABEL: LP1\nADD_SM_VAL: SM0 1\nTEST_SM_AND_BRANCH: SM0 0xFF 0x32 < LP1\n"             \
	"End Instructions:\nEnd GPP:\n"                                                        \
	"GPP:\nGPP_PID: GPP2\nGPP Operations:\nGPP_IGNORE_INST_TO: 0x0\nEnd GPP Operations:\n" \
	"Instructions:\nWRITE: 0xC000CF00 0x1\nEnd Instructions:\nEnd GPP:\n"                  \
	"DDR Initialization:\nDDR_PID: DDR3\nOperations:\nDDR_INIT_ENABLE: 0x00000001\n"       \
	"End Operations:\nInstructions:\nWRITE: 0xC00002C4 0x00100020\n"                       \
	"WRITE: 0xC0000200 0x000D0001\nWRITE: 0xC0000208 0x200D0001\n"                         \
	"WAIT_FOR_BIT_SET: 0xC0000008 0x1 0x1000\n"                                            \
	"End Instructions:\nEnd DDR Initialization:\nEnd Extended Reserved Data:\n"

static struct file made_of(const char *text)
{
	struct recipe_file files[] = { { NULL, 0 },
				       { sample_wtmi(), SAMPLE_WTMI_SIZE },
				       { sample_obmi(), SAMPLE_OBMI_SIZE } };
	struct board_error error;
	struct file image = { 0 };
	struct recipe recipe;

	assert_true(recipe_is_ntim(text, strlen(text)));
	if (recipe_parse_ntim(text, strlen(text), &recipe, &error) != 0)
		fail_msg("%s", error.text);
	if (create_image(&recipe, files, &image, &error) != 0)
		fail_msg("%s", error.text);
	recipe_free(&recipe);
	return image;
}

static void vendors_form_gives_the_same_image_as_ours(void **state)
{
	struct file ours = sample_image(sample_recipe);
	struct file image = made_of(HEADER IMAGES RESERVED EXTENDED);

	(void)state;
	assert_int_equal(image.size, ours.size);
	assert_memory_equal(image.bytes, ours.bytes, ours.size);
	file_free(&image);
	file_free(&ours);
}

static void line_ends_of_another_system_make_no_difference(void **state)
{
	static const char text[] = HEADER IMAGES RESERVED EXTENDED;
	struct file ours = sample_image(sample_recipe), image;
	char *copy = malloc(2 * sizeof(text)), *to = copy;

	(void)state;
	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '\n')
			*to++ = '\r';
		*to++ = *from;
	}
	*to = '\0';
	image = made_of(copy);
	assert_memory_equal(image.bytes, ours.bytes, ours.size);
	free(copy);
	file_free(&image);
	file_free(&ours);
}

static void only_the_vendors_form_is_taken_for_it(void **state)
{
	static const char *const yes[] = { "Version: 1", "\n; text\n\t Version:\n" };
	static const char *const no[] = { "[TIM]\nVersion:", "VERSION: 1", "", "; Version:\n",
					  "Vers" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(recipe_is_ntim(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(recipe_is_ntim(no[i], strlen(no[i])));
}

static void each_wrong_line_is_named(void **state)
{
	static const struct {
		const char *text;
		int result;
		const char *reason;
	} cases[] = {
		{ "Version: 0x00030600\nTrusted: 1\n", -ENOTSUP, "line 2: a trusted image" },
		{ "Version: x\n", -EINVAL, "line 1: Version: x: no such field or value" },
		{ "Colour: 1\n", -EINVAL, "line 1: Colour: 1: no such field or value" },
		{ "Load Address: 1\n", -EINVAL, "line 1: Load Address: 1: no such field" },
		{ "nothing\n", -EINVAL, "line 1: nothing: a name and a colon are expected" },
		{ "Image ID: 1\nEncrypt Algorithm ID: 0x1E005\n", -EINVAL,
		  "line 2: Encrypt Algorithm ID: 0x1E005: no such" },
		{ "Reserved Data:\n0x1\n", -EINVAL, "line 2: reserved data does not begin" },
		{ "Reserved Data:\n0x4F505448\n2\n0x43525632\n6\n", -EINVAL,
		  "line 5: a package cannot have 0x6 bytes" },
		{ "Reserved Data:\n0x4F505448\n2\n0x47505031\n", -EINVAL,
		  "line 4: a list of instructions as words" },
		{ "Extended Reserved Data:\nPID: GPP1\n", -EINVAL,
		  "line 2: PID: there is no CID:" },
		{ "Extended Reserved Data:\nGPP_PID: ABCD\n", -EINVAL, "line 2: only GPP1, GPP2" },
		{ "Extended Reserved Data:\nInstructions:\n", -EINVAL,
		  "line 2: Instructions: no GPP_PID: or DDR_PID: before it" },
		{ "Extended Reserved Data:\nWRITE: 1 2\n", -EINVAL,
		  "line 2: WRITE: 2: no such line" },
		{ "Extended Reserved Data:\nGPP_PID: GPP1\nInstructions:\nJUMP: 1\n", -EINVAL,
		  "line 4: there is no instruction JUMP" },
		{ HEADER, -EINVAL, "the first image is not TIMH" },
		{ HEADER "Image ID: 0x54494D48\nHash Algorithm ID: 32\n", -EINVAL,
		  "Number of Images is 3, but 1 are described" },
		{ "Number of Images: 1\nImage ID: 0x54494D48\n", -EINVAL,
		  "the TIM itself needs a hash" },
		{ HEADER IMAGES "Reserved Data:\n0x4F505448\n2\n0x43525632\n12\n", -EINVAL,
		  "the reserved data has no end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct board_error error = { { 0 } };
		struct recipe recipe;
		int result =
			recipe_parse_ntim(cases[i].text, strlen(cases[i].text), &recipe, &error);

		recipe_free(&recipe);
		if (result != cases[i].result || strstr(error.text, cases[i].reason) == NULL)
			fail_msg("case %zu: %d: %s", i, result, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vendors_form_gives_the_same_image_as_ours),
		cmocka_unit_test(line_ends_of_another_system_make_no_difference),
		cmocka_unit_test(only_the_vendors_form_is_taken_for_it),
		cmocka_unit_test(each_wrong_line_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
