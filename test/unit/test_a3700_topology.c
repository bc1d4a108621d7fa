/* SPDX-License-Identifier: BSD-2-Clause */
/* Which memory a boot image is for, as its instructions tell, or do not. */
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

#include <cmocka.h>

#include "a3700_sample.h"
#include "board/a3700-image/boot_image.h"
#include "board/a3700-image/topology.h"

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

/* What the instructions of [DDR3] after its option, or of a whole recipe, tell */
static struct topology topology_of(const char *instructions)
{
	struct topology topology;
	struct boot_image boot;
	struct file image;
	char recipe[2000];

	snprintf(recipe, sizeof(recipe), "%s%s",
		 instructions[0] == '[' ? "" : "[DDR3]\nDDR_INIT_ENABLE: 1\n", instructions);
	image = sample_image(recipe);
	assert_int_equal(boot_image_open(image.bytes, image.size, &boot, NULL), 0);
	topology_read(&boot.tims[0], &topology);
	file_free(&image);
	return topology;
}

static void assert_told(const char *instructions, int number)
{
	struct topology topology = topology_of(instructions);

	if (topology.at_run_time || topology_number(&topology) != number)
		fail_msg("topology %d%s, not %d:\n%s", topology_number(&topology),
			 topology.at_run_time ? " (at run time)" : "", number, instructions);
}

static void assert_not_told(const char *instructions)
{
	struct topology topology = topology_of(instructions);

	if (!topology.at_run_time || topology.ddr_type != 0 || topology.bytes != 0)
		fail_msg("topology %d was told of:\n%s", topology_number(&topology), instructions);
}

#define TYPE_3	"WRITE: 0xC00002C4 0x20\n"
#define TYPE_4	"WRITE: 0xC00002C4 0x30\n"
#define MIB_512 "WRITE: 0xC0000200 0x000D0001\n"
#define GIB_1	"WRITE: 0xC0000200 0x000E0001\n"
#define STRAP	"TEST_ADDR_AND_BRANCH: 0xC0013808 0x1 0x1 == "

static void type_that_a_branch_chooses_is_not_told(void **state)
{
	(void)state;
	assert_not_told(STRAP "D4\n" TYPE_3 GIB_1 "BRANCH: OUT\nLABEL: D4\n" TYPE_4 GIB_1
			      "LABEL: OUT\n");
}

static void size_that_a_branch_chooses_is_not_told(void **state)
{
	(void)state;
	assert_not_told(TYPE_4 GIB_1 STRAP "OUT\n" MIB_512 "LABEL: OUT\n");
	/* One value in the list, and whatever was there before */
	assert_not_told(TYPE_4 STRAP "OUT\n" GIB_1 "LABEL: OUT\n");
	/* A second chip select that only some boards have */
	assert_not_told(TYPE_4 GIB_1 STRAP "OUT\nWRITE: 0xC0000208 0x400E0001\nLABEL: OUT\n");
}

static void choice_by_two_ends_is_not_told(void **state)
{
	(void)state;
	assert_not_told(STRAP "D4\n" TYPE_3 GIB_1 "END:\nLABEL: D4\n" TYPE_3 MIB_512 "END:\n");
	assert_not_told(TYPE_4 STRAP "D4\n" GIB_1 "END:\nLABEL: D4\nEND:\n");
}

static void two_values_one_after_the_other_are_not_told(void **state)
{
	(void)state;
	assert_not_told(TYPE_3 GIB_1 TYPE_4);
	assert_not_told(TYPE_4 MIB_512 GIB_1);
}

static void value_from_a_scratch_register_is_not_told(void **state)
{
	(void)state;
	assert_not_told(TYPE_4 GIB_1 "STORE_SM_ADDR: SM1 0xC0000200\n");
	assert_not_told(TYPE_4 GIB_1 "STORE_SM_TO_ADDR_IN_SM: SM1 SM2\n");
	assert_not_told(TYPE_4 GIB_1
			"TEST_IF_ZERO_AND_SET: 0xC0013808 0x1 0xC0000200 0x000D0001 0\n");
}

static void choice_in_the_list_that_runs_before_is_not_told(void **state)
{
	(void)state;
	assert_not_told("[GPP1]\n" STRAP "D4\n" TYPE_3 GIB_1 "BRANCH: OUT\nLABEL: D4\n" TYPE_4 GIB_1
			"LABEL: OUT\n[DDR3]\nDDR_INIT_ENABLE: 1\n");
}

/* Branches about something else, and both ways with the same memory */
static void branches_that_choose_no_memory_do_not_matter(void **state)
{
	(void)state;
	assert_told(TYPE_4 GIB_1 "LABEL: LP\nADD_SM_VAL: SM0 1\n"
				 "TEST_SM_AND_BRANCH: SM0 0xFF 0x32 < LP\nDELAY: 1\n",
		    5);
	assert_told(STRAP "D4\n" TYPE_4 GIB_1 "BRANCH: OUT\nLABEL: D4\nDELAY: 1\n" TYPE_4 GIB_1
			  "LABEL: OUT\n",
		    5);
	assert_told(TYPE_4 GIB_1 "END:\n", 5);
	assert_told(STRAP "D4\n" TYPE_4 GIB_1 "END:\nLABEL: D4\n" GIB_1 TYPE_4 "END:\n", 5);
	/* As the vendor's GPP1 begins: reset, and wait for it to come */
	assert_told("[GPP1]\nTEST_ADDR_AND_BRANCH: 0xC000D00C 0x80000000 0x0 == BPS1\n"
		    "WRITE: 0xC0013840 0x1D1E\nLABEL: BPS0\nNOP:\nBRANCH: BPS0\nLABEL: BPS1\n"
		    "[DDR3]\nDDR_INIT_ENABLE: 1\n" TYPE_3 MIB_512,
		    0);
}

static void chip_select_that_is_switched_off_first_is_told(void **state)
{
	(void)state;
	assert_told(TYPE_4 "WRITE: 0xC0000200 0x0\n" GIB_1, 5);
}

static void fields_set_one_by_one_are_told(void **state)
{
	(void)state;
	assert_told("SET_BITFIELD: 0xC00002C4 0xF0 0x30\nWRITE: 0xC0000200 0x00000001\n"
		    "OR_VAL: 0xC0000200 0x000F0000\nAND_VAL: 0xC0000200 0xFFFEFFFF\n",
		    5);
}

/* More labels than are followed, and backward branches that a pass each is needed for */
static void list_too_tangled_to_follow_is_not_told(void **state)
{
	char text[1900] = TYPE_4 GIB_1;

	(void)state;
	for (int i = 0; i < 70; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "LABEL: A%d\n", i);
	assert_not_told(text);
}

static void old_values_for_ddr4_are_noticed(void **state)
{
	static const struct {
		const char *instructions;
		bool old;
	} cases[] = {
		{ TYPE_4 GIB_1 "WRITE: 0xC0001004 0xD0677449\n", true },
		{ TYPE_4 GIB_1 "WRITE: 0xC0001004 0xC0677449\n", false },
		{ TYPE_4 GIB_1 "WRITE: 0xC0001090 0x02300000\n", true },
		{ TYPE_4 GIB_1 "WRITE: 0xC0001090 0x02300004\n", false },
		{ TYPE_4 GIB_1 "OR_VAL: 0xC0001090 0x4\n", false },
		{ TYPE_4 GIB_1, false },
		{ TYPE_3 GIB_1 "WRITE: 0xC0001004 0xD0677449\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology topology = topology_of(cases[i].instructions);

		if (topology.old_ddr4 != cases[i].old)
			fail_msg("%s", cases[i].instructions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_topology_is_told_from_the_instructions),
		cmocka_unit_test(type_that_a_branch_chooses_is_not_told),
		cmocka_unit_test(size_that_a_branch_chooses_is_not_told),
		cmocka_unit_test(choice_by_two_ends_is_not_told),
		cmocka_unit_test(two_values_one_after_the_other_are_not_told),
		cmocka_unit_test(value_from_a_scratch_register_is_not_told),
		cmocka_unit_test(choice_in_the_list_that_runs_before_is_not_told),
		cmocka_unit_test(branches_that_choose_no_memory_do_not_matter),
		cmocka_unit_test(chip_select_that_is_switched_off_first_is_told),
		cmocka_unit_test(fields_set_one_by_one_are_told),
		cmocka_unit_test(list_too_tangled_to_follow_is_not_told),
		cmocka_unit_test(old_values_for_ddr4_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
