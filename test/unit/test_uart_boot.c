/* SPDX-License-Identifier: BSD-2-Clause */
/* uart-boot against a simulated BootROM, well-behaved and otherwise: it never hangs, and always
 * ends with a reason. */
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "board/a3700-image/commands.h"
#include "board/common/bytes.h"
#include "uart_fixture.h"

static void board_that_is_ready_gets_all_images(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	succeed(*state, &sim, ENTER_NOT);
}

static void fast_mode_sends_the_last_image_raw(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.fast = true;
	succeed(*state, &sim, ENTER_NOT);
	assert_true(sim.took_fast);
	/* 6 frames and an answer fewer than 5 chunks with headers */
	assert_int_equal(sim.frames, 7 + 11 + 7);
}

/* After the bare bytes the answer has the number of the DataHeader; one more is taken as well. */
static void fast_mode_ends_with_the_number_of_its_header_or_one_more(void **state)
{
	for (uint32_t other = 0; other < 2; other++) {
		struct sim sim = make_sim(SIM_READY);

		sim.fast = true;
		sim.others = other << GUESS_FAST_NUMBER;
		succeed(*state, &sim, ENTER_NOT);
		assert_true(sim.took_fast);
	}
}

static void board_without_fast_mode_gets_chunks(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.fast = true;
	sim.others = 1u << GUESS_FAST;
	succeed(*state, &sim, ENTER_NOT);
	assert_false(sim.took_fast);
}

static void either_variant_of_each_guess_about_the_protocol_works(void **state)
{
	static const enum sim_guess guesses[] = { GUESS_FAST_NUMBER, GUESS_FAST, GUESS_NUMBERS,
						  GUESS_MESSAGE_KIND, GUESS_CHUNK };
	struct sim all = make_sim(SIM_RESET);

	all.fast = true;
	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
		struct sim sim = make_sim(SIM_READY);

		sim.fast = i % 2 == 0;
		sim.others = 1u << guesses[i];
		all.others |= sim.others;
		succeed(*state, &sim, ENTER_NOT);
	}
	succeed(*state, &all, ENTER_ESCAPE);
}

/* Data frames count up, all others have 0, and after a message the count begins anew. */
static void numbers_are_right_for_a_board_that_checks_them(void **state)
{
	static const enum sim_fault faults[] = { FAULT_NONE, FAULT_MESSAGE, FAULT_TWO_MESSAGES,
						 FAULT_NACK_ONCE };

	for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
		/* Header and data of the TIM; of WTMI's second chunk */
		static const int frames[] = { 4, 5, 13, 14 };

		for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
			struct sim sim = make_sim(SIM_READY);

			sim.others = 1u << GUESS_NUMBERS;
			sim.fault = faults[f];
			sim.fault_at = frames[i];
			succeed(*state, &sim, ENTER_NOT);
		}
	}
}

/* The count has 8 bits. */
static void numbers_wrap_where_an_image_has_many_chunks(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.others = 1u << GUESS_NUMBERS;
	sim.chunk = 17;
	succeed(*state, &sim, ENTER_NOT);
}

static void kind_of_a_message_is_found_in_either_place(void **state)
{
	for (uint32_t other = 0; other < 2; other++) {
		/* The text is no code, although one of the flags says so. */
		struct sim texts = make_sim(SIM_READY), error = make_sim(SIM_READY);

		texts.others = error.others = other << GUESS_MESSAGE_KIND;
		texts.fault = FAULT_TWO_MESSAGES;
		error.fault = FAULT_MESSAGE_ERROR;
		texts.fault_at = error.fault_at = 6;
		succeed(*state, &texts, ENTER_NOT);
		assert_string_equal(board_said, "WTMI|");
		fail_with(*state, &error, ENTER_NOT, &patient, "error 0x6a: invalid TIM image");
	}
}

/* The answers from the last image's preamble to Done, with the bare bytes between */
static void slips_of_the_line_are_got_over_in_fast_mode(void **state)
{
	static const enum sim_fault faults[] = { FAULT_TEXT_BEFORE, FAULT_BINARY_BEFORE, FAULT_LATE,
						 FAULT_MESSAGE, FAULT_TWO_MESSAGES };

	for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
		for (int at = 18; at < 25; at++) {
			struct sim sim = make_sim(SIM_READY);

			sim.fast = true;
			sim.fault = faults[f];
			sim.fault_at = at;
			succeed(*state, &sim, ENTER_NOT);
		}
	}
}

/* The board has started by then, and cannot answer any more. */
static void message_that_does_not_come_after_the_last_image_is_no_failure(void **state)
{
	struct wtptp_timing timing = patient;
	struct sim sim = make_sim(SIM_READY);

	timing.reply = 1500;
	sim.others = 1u << GUESS_LAST_MESSAGE;
	sim.fast = true;
	sim.fault = FAULT_MESSAGE;
	sim.fault_at = 24;
	succeed_with(*state, &sim, ENTER_NOT, &timing);
	sim = make_sim(SIM_READY);
	sim.fast = true;
	sim.fault = FAULT_MESSAGE_ERROR;
	sim.fault_at = 24;
	fail_with(*state, &sim, ENTER_NOT, &patient, "error 0x6a");
}

static void failure_in_fast_mode_tells_how_to_do_without(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.fast = true;
	sim.fault = FAULT_NO_ANSWER;
	sim.fault_at = 23;
	fail_with(*state, &sim, ENTER_NOT, &brisk, "(in fast mode; if it fails again, try --slow)");
}

static void every_chunk_size_carries_the_images(void **state)
{
	static const uint32_t chunks[] = { 61, 256, 1000, 1024, 4096, 65536 };

	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		struct sim sim = make_sim(SIM_READY);

		sim.chunk = chunks[i];
		succeed(*state, &sim, ENTER_NOT);
	}
}

static void text_of_the_tims_instructions_is_skipped_and_shown(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.text_after_tim = "\r\nTIM-1.0\r\nmv_ddr-devel DDR3 16b 1GB 2CS\r\n";
	succeed(*state, &sim, ENTER_NOT);
	assert_non_null(strstr(board_said, "TIM-1.0"));
	assert_non_null(strstr(board_said, "DDR3 16b 1GB 2CS"));
}

/* Faults that a host can get over: it must, at every frame. */
static void slips_of_the_line_are_got_over_at_every_frame(void **state)
{
	static const enum sim_fault faults[] = { FAULT_TEXT_BEFORE,  FAULT_BINARY_BEFORE,
						 FAULT_LATE,	     FAULT_MESSAGE,
						 FAULT_MESSAGE_BUSY, FAULT_TWO_MESSAGES };

	for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
		for (int at = 0; at < 18; at++) {
			struct sim sim = make_sim(SIM_READY);

			sim.fault = faults[f];
			sim.fault_at = at;
			succeed(*state, &sim, ENTER_NOT);
		}
	}
}

static void refused_data_is_sent_again(void **state)
{
	/* Header and data of the TIM; of WTMI's second chunk */
	static const int frames[] = { 4, 5, 13, 14 };

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct sim sim = make_sim(SIM_READY);

		sim.fault = FAULT_NACK_ONCE;
		sim.fault_at = frames[i];
		succeed(*state, &sim, ENTER_NOT);
	}
}

/* Whatever goes wrong wherever: an end, in time, with a reason, and no wrong byte sent meanwhile.
 */
static void every_fault_at_every_frame_ends_with_a_reason(void **state)
{
	for (enum sim_fault fault = FAULT_NO_ANSWER; fault < NUM_FAULTS; fault++) {
		/* All frames of the TIM, the next preamble, and some of WTMI */
		for (int at = 0; at < 12; at++) {
			struct sim sim = make_sim(SIM_READY);
			struct board_error error;
			int result;

			sim.fault = fault;
			sim.fault_at = at;
			result = run_uart(*state, &sim, ENTER_NOT, &hasty, &error);
			if (result == 0)
				assert_all_arrived(*state, &sim);
			else if (strlen(error.text) < 20)
				fail_msg("fault %d at frame %d: \"%s\"", fault, at, error.text);
			sim_free(&sim);
		}
	}
}

static void fatal_faults_are_not_taken_for_success(void **state)
{
	static const struct {
		enum sim_fault fault;
		const struct wtptp_timing *timing;
		const char *reason;
	} cases[] = {
		{ FAULT_NO_ANSWER, &brisk, "answer; reset it" },
		{ FAULT_CORRUPT, &brisk, "answer; reset it" },
		{ FAULT_HANG_UP, &patient, "the serial line is gone" },
		{ FAULT_NACK, &patient, "the board refuses it (NACK)" },
		{ FAULT_SEQUENCE, &patient, "sequence error" },
		{ FAULT_BROKEN_STATUS, &patient, "status 0xff" },
		{ FAULT_TALK, &patient, "talks on and on" },
		{ FAULT_MESSAGE_ERROR, &patient, "error 0x6a: invalid TIM image" },
		{ FAULT_BUSY_FOREVER, &bored, "it is busy, for too long" },
		{ FAULT_MESSAGES_FOREVER, &patient, "messages without end" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int at = 3; at < 6; at += 2) {
			struct sim sim = make_sim(SIM_READY);

			sim.fault = cases[i].fault;
			sim.fault_at = at;
			fail_with(*state, &sim, ENTER_NOT, cases[i].timing, cases[i].reason);
		}
	}
}

static void answer_that_breaks_off_is_told(void **state)
{
	struct wtptp_timing timing = brisk;
	struct sim sim = make_sim(SIM_READY);

	timing.reply = 2000;
	sim.fault = FAULT_CUT;
	sim.fault_at = 3;
	fail_with(*state, &sim, ENTER_NOT, &timing, "the answer broke off");
}

static void image_that_is_not_there_is_declined_in_the_protocol(void **state)
{
	struct sim sim = make_sim(SIM_READY);
	struct board_error error;

	sim.wants[1] = TIM_ID('O', 'S', 'L', 'O');
	assert_int_equal(run_uart(*state, &sim, ENTER_NOT, &patient, &error), -ENOENT);
	assert_non_null(strstr(error.text, "the board asks for an image OSLO"));
	assert_true(sim.declined);
	assert_string_equal(sim.complaint, "");
	sim_free(&sim);
}

static void image_that_is_asked_for_again_was_found_wrong(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.wants[1] = TIM_ID_TIMH;
	fail_with(*state, &sim, ENTER_NOT, &patient, "TIMH: the board asks for it again");
}

static void absurd_chunk_is_refused(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.chunk = 0xffffffff;
	fail_with(*state, &sim, ENTER_NOT, &patient, "chunks of 4294967295 bytes");
}

static void failure_after_the_tim_names_what_the_board_was_doing(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	/* The second preamble */
	sim.fault = FAULT_NO_ANSWER;
	sim.fault_at = 7;
	struct wtptp_timing timing = patient;

	timing.ddr = 100;
	fail_with(*state, &sim, ENTER_NOT, &timing,
		  "after the TIM, while its instructions set up DRAM");
}

static void line_that_is_no_tty_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct download_request request = { .device = fixture->path, .timing = brisk };
	struct board_error error;
	struct link link;

	assert_int_equal(download(&request, &link, &error), -ENOTTY);
	assert_non_null(strstr(error.text, "not a serial line"));
	request.device = "/dev/no-such-line";
	assert_int_equal(download(&request, &link, &error), -ENOENT);
}

static void damaged_file_is_refused_before_anything_is_sent(void **state)
{
	struct fixture *fixture = *state;
	char path[80], *paths[] = { path };
	struct board_error error;
	struct image_set set;
	struct file file;

	assert_int_equal(file_read(fixture->path, 1 << 20, &file, &error), 0);
	file.bytes[0x4000] ^= 1;
	snprintf(path, sizeof(path), "%s.bad", fixture->path);
	assert_int_equal(file_write(path, file.bytes, file.size, &error), 0);
	assert_int_equal(image_set_read(&set, paths, 1, &error), -EBADMSG);
	assert_non_null(strstr(error.text, "hash of WTMI is wrong"));
	image_set_free(&set);
	file_free(&file);
	unlink(path);
}

static void parts_for_the_uart_are_recognised_in_any_order(void **state)
{
	struct fixture *fixture = *state;
	char folder[] = "/tmp/test-uart-boot.XXXXXX", tim[64], wtmi[64], obmi[64];
	char *paths[] = { tim, obmi, wtmi };
	struct board_error error = { { 0 } };
	struct boot_image boot;
	struct image_set set;
	struct file file;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(file_read(fixture->path, 1 << 20, &file, &error), 0);
	assert_int_equal(boot_image_open(file.bytes, file.size, &boot, &error), 0);
	assert_int_equal(extract_image(&boot, folder, true, &error), 0);
	snprintf(tim, sizeof(tim), "%s/TIM_ATF.bin", folder);
	snprintf(wtmi, sizeof(wtmi), "%s/wtmi_h.bin", folder);
	snprintf(obmi, sizeof(obmi), "%s/boot-image_h.bin", folder);
	if (image_set_read(&set, paths, 3, &error) != 0)
		fail_msg("%s", error.text);
	assert_int_equal(set.count, 3);
	assert_int_equal(set.images[1].id, TIM_ID_OBMI);
	assert_int_equal(set.images[1].size, OBMI_SIZE);
	image_set_free(&set);
	assert_int_equal(image_set_read(&set, paths, 2, &error), -EINVAL);
	assert_non_null(strstr(error.text, "the TIM describes 3 images, 2 files are given"));
	image_set_free(&set);
	file_free(&file);
	unlink(tim);
	unlink(wtmi);
	unlink(obmi);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(board_that_is_ready_gets_all_images),
		cmocka_unit_test(fast_mode_sends_the_last_image_raw),
		cmocka_unit_test(fast_mode_ends_with_the_number_of_its_header_or_one_more),
		cmocka_unit_test(board_without_fast_mode_gets_chunks),
		cmocka_unit_test(either_variant_of_each_guess_about_the_protocol_works),
		cmocka_unit_test(numbers_are_right_for_a_board_that_checks_them),
		cmocka_unit_test(numbers_wrap_where_an_image_has_many_chunks),
		cmocka_unit_test(kind_of_a_message_is_found_in_either_place),
		cmocka_unit_test(slips_of_the_line_are_got_over_in_fast_mode),
		cmocka_unit_test(message_that_does_not_come_after_the_last_image_is_no_failure),
		cmocka_unit_test(failure_in_fast_mode_tells_how_to_do_without),
		cmocka_unit_test(every_chunk_size_carries_the_images),
		cmocka_unit_test(text_of_the_tims_instructions_is_skipped_and_shown),
		cmocka_unit_test(slips_of_the_line_are_got_over_at_every_frame),
		cmocka_unit_test(refused_data_is_sent_again),
		cmocka_unit_test(every_fault_at_every_frame_ends_with_a_reason),
		cmocka_unit_test(fatal_faults_are_not_taken_for_success),
		cmocka_unit_test(answer_that_breaks_off_is_told),
		cmocka_unit_test(image_that_is_not_there_is_declined_in_the_protocol),
		cmocka_unit_test(image_that_is_asked_for_again_was_found_wrong),
		cmocka_unit_test(absurd_chunk_is_refused),
		cmocka_unit_test(failure_after_the_tim_names_what_the_board_was_doing),
		cmocka_unit_test(line_that_is_no_tty_is_refused),
		cmocka_unit_test(damaged_file_is_refused_before_anything_is_sent),
		cmocka_unit_test(parts_for_the_uart_are_recognised_in_any_order),
	};

	return cmocka_run_group_tests(tests, uart_set_up, uart_tear_down);
}
