/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways into download mode: a board that is reset in time, at the wrong moment, several times,
 * or never; prompts and texts that look like its answer. */
/* sources: board/uart-boot/link.c board/uart-boot/wtptp.c board/uart-boot/enter.c */
/* sources: board/uart-boot/download.c board/uart-boot/images.c board/uart-boot/speed.c */
/* sources: test/unit/sim_bootrom.c test/unit/sim_escape.c */
/* sources: test/unit/sim_line.c test/unit/sim_gpp.c */
/* sources: test/unit/uart_fixture.c */
/* sources: board/a3700-image/tim.c board/a3700-image/gpp.c board/a3700-image/boot_image.c */
/* sources: board/a3700-image/recipe_parse.c board/a3700-image/recipe_make.c */
/* sources: board/a3700-image/commands.c board/a3700-image/recipe_print.c board/a3700-image/fip.c */
/* sources: board/common/error.c board/common/file.c */
/* libs: -lnettle -lutil */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uart_fixture.h"

/* As on a real board, but with a long patience */
static const struct wtptp_timing steady = {
	.reply = 2000, .ddr = 30000, .reset = 60000, .silence = 500, .console = 60, .busy = 30000
};

static void board_that_is_reset_gets_all_images(void **state)
{
	struct sim sim = make_sim(SIM_RESET);

	succeed(*state, &sim, ENTER_ESCAPE);
}

static void board_at_its_prompt_gets_all_images(void **state)
{
	struct sim sim = make_sim(SIM_PROMPT);

	succeed(*state, &sim, ENTER_CONSOLE);
}

static void prompt_is_recognised_while_the_pattern_streams(void **state)
{
	struct sim sim = make_sim(SIM_PROMPT);

	succeed(*state, &sim, ENTER_ESCAPE);
}

static void end_of_the_pattern_is_sent_again_to_a_board_full_of_zeros(void **state)
{
	struct sim sim = make_sim(SIM_RESET);

	sim.others = 1u << GUESS_END;
	succeed(*state, &sim, ENTER_ESCAPE);
}

static void board_that_is_off_is_given_up(void **state)
{
	struct sim sim = make_sim(SIM_DEAD);

	fail_with(*state, &sim, ENTER_ESCAPE, &brisk,
		  "no answer to the escape pattern: was the board reset");
	sim = make_sim(SIM_DEAD);
	fail_with(*state, &sim, ENTER_CONSOLE, &brisk, "the BootROM's prompt does not take wtp");
	sim = make_sim(SIM_DEAD);
	fail_with(*state, &sim, ENTER_NOT, &brisk, "Preamble: the board does not answer");
}

static void board_that_drops_the_escape_is_told_from_one_that_is_off(void **state)
{
	struct sim sim = make_sim(SIM_SYNC_ONLY);

	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "saw the escape pattern but did not take it");
}

static void board_that_runs_something_else_is_given_up(void **state)
{
	struct sim sim = make_sim(SIM_TALKS);

	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "the board runs something else");
	sim = make_sim(SIM_TALKS);
	fail_with(*state, &sim, ENTER_CONSOLE, &brisk, "does not take wtp");
	sim = make_sim(SIM_TALKS);
	fail_with(*state, &sim, ENTER_NOT, &brisk, "the board talk");
	sim = make_sim(SIM_TALKS_AFTER);
	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "took the escape pattern (1 time)");
}

static void prompt_of_another_program_is_told(void **state)
{
	struct sim sim = make_sim(SIM_PROMPT_OF_OTHERS);

	fail_with(*state, &sim, ENTER_CONSOLE, &brisk, "is the > of another program?");
}

/* A guess that is about the way in is right or wrong, and the board is entered either way. */
static void either_variant_of_each_guess_about_the_way_in_works(void **state)
{
	static const enum sim_guess guesses[] = { GUESS_SYNC, GUESS_SYNC_ARRIVES, GUESS_ZEROS,
						  GUESS_END };
	struct sim all = make_sim(SIM_RESET);

	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
		struct sim sim = make_sim(SIM_RESET);

		sim.others = 1u << guesses[i];
		all.others |= sim.others;
		succeed(*state, &sim, ENTER_ESCAPE);
	}
	succeed(*state, &all, ENTER_ESCAPE);
}

/* > in a prompt or a text is no sync reply: when the reset comes, the stream must be unbroken. */
static void stream_is_full_again_after_a_prompt(void **state)
{
	static const char *const prompts[] = { "=> ", "Marvell>> ", "a > b >",
					       "~ # ls <x >y\r\n> " };

	for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
		struct sim sim = make_sim(SIM_UBOOT);

		sim.prompt = prompts[i];
		succeed(*state, &sim, ENTER_ESCAPE);
		assert_int_equal(sim.resets, 1);
		assert_true(sim.streamed);
		assert_non_null(strstr(tool_said, "several times are normal"));
	}
}

static void stream_is_full_again_after_a_prompt_that_echoes_nothing(void **state)
{
	struct wtptp_timing timing = patient;
	struct sim sim = make_sim(SIM_UBOOT);

	timing.reply = 1000;
	sim.prompt = "> ";
	sim.mute = true;
	succeed_with(*state, &sim, ENTER_ESCAPE, &timing);
	assert_true(sim.streamed);
}

/* Each > is text like any other once the first was found to be: no other time ends the pacing. */
static void stream_is_full_again_in_a_text_full_of_prompts(void **state)
{
	struct sim sim = make_sim(SIM_UBOOT);

	sim.prompt = "1 > 2 > 3 > 4 > 5678";
	sim.mute = true;
	succeed(*state, &sim, ENTER_ESCAPE);
	assert_true(sim.streamed);
}

static void uboots_prompt_is_told_from_a_sync_reply(void **state)
{
	static const struct {
		const char *prompt;
		bool mute;
	} cases[] = {
		{ "=> ", false }, { "=> ", true }, { "Marvell>> ", false }, { "Marvell>> ", true }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim sim = make_sim(SIM_UBOOT_STAYS);

		sim.prompt = cases[i].prompt;
		sim.mute = cases[i].mute;
		fail_with(*state, &sim, ENTER_ESCAPE, &brisk,
			  "at U-Boot's prompt, and was not reset");
	}
}

/* The prompt itself was there before uart-boot began. */
static void echo_of_a_prompt_is_told_from_a_sync_reply(void **state)
{
	struct sim sim = make_sim(SIM_UBOOT_STAYS);

	sim.prompt = "u-boot# ";
	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "as U-Boot does at its prompt");
}

static void text_that_is_no_prompt_is_quoted(void **state)
{
	struct sim sim = make_sim(SIM_UBOOT_STAYS);

	sim.prompt = "Login timed out >";
	sim.mute = true;
	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "(it says \"");
}

static void board_that_boots_after_the_pattern_is_waited_for_through_several_resets(void **state)
{
	struct sim sim = make_sim(SIM_BOOTS);

	sim.boots = 3;
	succeed_with(*state, &sim, ENTER_ESCAPE, &steady);
	assert_int_equal(sim.resets, 3);
	assert_non_null(strstr(tool_said, "it may take several resets"));
	assert_non_null(strstr(tool_said, "(time 3): reset it again; several times are normal"));
}

static void board_that_misses_the_pattern_is_waited_for_through_several_resets(void **state)
{
	struct sim sim = make_sim(SIM_MISSES);

	sim.boots = 3;
	succeed_with(*state, &sim, ENTER_ESCAPE, &steady);
	assert_int_equal(sim.resets, 3);
	assert_non_null(strstr(tool_said, "the board runs something else"));
}

/* Silence is what a board in download mode has in common with one that boots slowly. */
static void silence_without_an_answer_to_the_preamble_is_no_success(void **state)
{
	struct sim sim = make_sim(SIM_FALLS_SILENT);

	sim.boots = 1;
	succeed_with(*state, &sim, ENTER_ESCAPE, &steady);
	assert_int_equal(sim.resets, 1);
}

static void board_that_boots_each_time_is_given_up_when_the_time_is_over(void **state)
{
	struct wtptp_timing timing = steady;
	struct sim sim = make_sim(SIM_BOOTS);

	timing.reset = 2000;
	sim.boots = 1000;
	fail_with(*state, &sim, ENTER_ESCAPE, &timing,
		  "it boots from its own device; cut its power");
	assert_true(sim.resets > 1);
	assert_int_equal(sim.received, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(board_that_is_reset_gets_all_images),
		cmocka_unit_test(board_at_its_prompt_gets_all_images),
		cmocka_unit_test(prompt_is_recognised_while_the_pattern_streams),
		cmocka_unit_test(end_of_the_pattern_is_sent_again_to_a_board_full_of_zeros),
		cmocka_unit_test(board_that_is_off_is_given_up),
		cmocka_unit_test(board_that_drops_the_escape_is_told_from_one_that_is_off),
		cmocka_unit_test(board_that_runs_something_else_is_given_up),
		cmocka_unit_test(prompt_of_another_program_is_told),
		cmocka_unit_test(either_variant_of_each_guess_about_the_way_in_works),
		cmocka_unit_test(stream_is_full_again_after_a_prompt),
		cmocka_unit_test(stream_is_full_again_after_a_prompt_that_echoes_nothing),
		cmocka_unit_test(stream_is_full_again_in_a_text_full_of_prompts),
		cmocka_unit_test(uboots_prompt_is_told_from_a_sync_reply),
		cmocka_unit_test(echo_of_a_prompt_is_told_from_a_sync_reply),
		cmocka_unit_test(text_that_is_no_prompt_is_quoted),
		cmocka_unit_test(
			board_that_boots_after_the_pattern_is_waited_for_through_several_resets),
		cmocka_unit_test(
			board_that_misses_the_pattern_is_waited_for_through_several_resets),
		cmocka_unit_test(silence_without_an_answer_to_the_preamble_is_no_success),
		cmocka_unit_test(board_that_boots_each_time_is_given_up_when_the_time_is_over),
	};

	return cmocka_run_group_tests(tests, uart_set_up, uart_tear_down);
}
