/* uart-boot against a simulated BootROM, well-behaved and otherwise: it never hangs, and always
 * ends with a reason. */
/* sources: board/uart-boot/link.c board/uart-boot/wtptp.c board/uart-boot/enter.c */
/* sources: board/uart-boot/download.c board/uart-boot/images.c board/uart-boot/speed.c */
/* sources: test/unit/sim_bootrom.c test/unit/sim_gpp.c */
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
#include "board/uart-boot/download.h"
#include "sim_bootrom.h"

#define WTMI_SIZE 3000u
#define OBMI_SIZE 5001u
/* No run, however the board behaves, may take longer: ms */
#define BOUND	  120000

/* Times that only a hang reaches */
static const struct wtptp_timing patient = {
	.reply = 30000, .ddr = 30000, .reset = 60000, .silence = 60, .console = 60, .busy = 30000
};
/* For boards that are busy without end */
static const struct wtptp_timing bored = {
	.reply = 30000, .ddr = 30000, .reset = 60000, .silence = 60, .console = 60, .busy = 300
};
/* For boards that do not answer: a slow machine changes nothing about that */
static const struct wtptp_timing brisk = {
	.reply = 500, .ddr = 1000, .reset = 400, .silence = 400, .console = 50, .busy = 300
};
/* For runs in which the end alone is looked at */
static const struct wtptp_timing hasty = {
	.reply = 40, .ddr = 40, .reset = 100, .silence = 20, .console = 20, .busy = 60
};

struct fixture {
	char path[64];
	struct image_set images;
};

static char said[4096];

static void remember(void *context, const char *text, size_t size)
{
	size_t used = strlen(said);

	(void)context;
	snprintf(said + used, sizeof(said) - used, "%.*s|", (int)size, text);
}

static int set_up(void **state)
{
	static const char text[] = "[CRV2]\nRELEASE: 2 0x1FFF0760\n[DDR3]\nDDR_INIT_ENABLE: 1\n"
				   "WRITE: 0xC00002C4 0x20\n";
	static uint8_t wtmi[WTMI_SIZE], obmi[OBMI_SIZE];
	struct recipe_file files[] = { { NULL, 0 }, { wtmi, WTMI_SIZE }, { obmi, OBMI_SIZE } };
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct board_error error;
	struct recipe recipe;
	struct file image;
	char *paths[1];

	/* Every byte value, so that none is lost or taken for something else on the line */
	for (unsigned int i = 0; i < OBMI_SIZE; i++)
		obmi[i] = (uint8_t)(i * 7 + i / 256);
	for (unsigned int i = 0; i < WTMI_SIZE; i++)
		wtmi[i] = (uint8_t)(255 - i);
	snprintf(fixture->path, sizeof(fixture->path), "/tmp/test-uart-boot.%d", (int)getpid());
	if (recipe_parse(text, strlen(text), &recipe, &error) != 0 ||
	    create_image(&recipe, files, &image, &error) != 0 ||
	    file_write(fixture->path, image.bytes, image.size, &error) != 0)
		return -1;
	recipe_free(&recipe);
	file_free(&image);
	paths[0] = fixture->path;
	if (image_set_read(&fixture->images, paths, 1, &error) != 0)
		return -1;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	image_set_free(&fixture->images);
	unlink(fixture->path);
	free(fixture);
	return 0;
}

static struct sim make_sim(enum sim_start start)
{
	struct sim sim = { .start = start,
			   .fault_at = -1,
			   .wants = { TIM_ID_TIMH, TIM_ID_WTMI, TIM_ID_OBMI } };

	return sim;
}

/* One run against a simulation. Returns download()'s result; error has its line. */
static int run(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
	       const struct wtptp_timing *timing, struct board_error *error)
{
	struct download_request request = { .mode = mode,
					    .fast = sim->fast,
					    .images = &fixture->images,
					    .timing = *timing,
					    .observer = { .board_says = remember } };
	int64_t began = link_now();
	struct link link;
	int result;

	said[0] = error->text[0] = '\0';
	sim_start(sim);
	request.device = sim->device;
	result = download(&request, &link, error);
	if (result == 0)
		link_close(&link);
	sim_stop(sim);
	if (link_now() - began > BOUND)
		fail_msg("took %lld ms: %s", (long long)(link_now() - began), error->text);
	if (result != 0 && error->text[0] == '\0')
		fail_msg("ended with %d and no reason", result);
	return result;
}

static void assert_all_arrived(const struct fixture *fixture, const struct sim *sim)
{
	if (sim->complaint[0] != '\0')
		fail_msg("%s", sim->complaint);
	assert_int_equal(sim->received, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(sim->sizes[i], fixture->images.images[i].size);
		assert_memory_equal(sim->images[i], fixture->images.images[i].bytes, sim->sizes[i]);
	}
	assert_int_equal(get_le32(sim->images[0] + TIM_BOOT_SIGN), BOOT_SIGN_UART);
}

static void succeed(struct fixture *fixture, struct sim *sim, enum enter_mode mode)
{
	struct board_error error;

	if (run(fixture, sim, mode, &patient, &error) != 0)
		fail_msg("%s (%s)", error.text, sim->complaint);
	assert_all_arrived(fixture, sim);
	sim_free(sim);
}

static void fail_with(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
		      const struct wtptp_timing *timing, const char *reason)
{
	struct board_error error;

	assert_true(run(fixture, sim, mode, timing, &error) < 0);
	if (strstr(error.text, reason) == NULL)
		fail_msg("\"%s\" where \"%s\" is right (%s)", error.text, reason, sim->complaint);
	sim_free(sim);
}

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
	/* 6 frames and an answer fewer than 5 chunks with headers */
	assert_int_equal(sim.frames, 7 + 11 + 7);
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

static void end_of_the_pattern_is_sent_again_to_a_board_full_of_zeros(void **state)
{
	struct sim sim = make_sim(SIM_MANY_ZEROS);

	succeed(*state, &sim, ENTER_ESCAPE);
}

static void text_of_the_tims_instructions_is_skipped_and_shown(void **state)
{
	struct sim sim = make_sim(SIM_READY);

	sim.text_after_tim = "\r\nTIM-1.0\r\nmv_ddr-devel DDR3 16b 1GB 2CS\r\n";
	succeed(*state, &sim, ENTER_NOT);
	assert_non_null(strstr(said, "TIM-1.0"));
	assert_non_null(strstr(said, "DDR3 16b 1GB 2CS"));
}

/* Faults that a host can get over: it must, at every frame. */
static void slips_of_the_line_are_got_over_at_every_frame(void **state)
{
	static const enum sim_fault faults[] = { FAULT_TEXT_BEFORE, FAULT_BINARY_BEFORE, FAULT_LATE,
						 FAULT_MESSAGE, FAULT_MESSAGE_BUSY };

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
			result = run(*state, &sim, ENTER_NOT, &hasty, &error);
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

	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "escape pattern");
	sim = make_sim(SIM_TALKS);
	fail_with(*state, &sim, ENTER_CONSOLE, &brisk, "does not take wtp");
	sim = make_sim(SIM_TALKS);
	fail_with(*state, &sim, ENTER_NOT, &brisk, "the board talk");
	sim = make_sim(SIM_TALKS_AFTER);
	fail_with(*state, &sim, ENTER_ESCAPE, &brisk, "does not fall silent");
}

static void prompt_of_another_program_is_told(void **state)
{
	struct sim sim = make_sim(SIM_PROMPT_OF_OTHERS);

	fail_with(*state, &sim, ENTER_CONSOLE, &brisk, "is the > of another program?");
}

static void image_that_is_not_there_is_declined_in_the_protocol(void **state)
{
	struct sim sim = make_sim(SIM_READY);
	struct board_error error;

	sim.wants[1] = TIM_ID('O', 'S', 'L', 'O');
	assert_int_equal(run(*state, &sim, ENTER_NOT, &patient, &error), -ENOENT);
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
		cmocka_unit_test(board_that_is_reset_gets_all_images),
		cmocka_unit_test(board_at_its_prompt_gets_all_images),
		cmocka_unit_test(prompt_is_recognised_while_the_pattern_streams),
		cmocka_unit_test(board_that_is_ready_gets_all_images),
		cmocka_unit_test(fast_mode_sends_the_last_image_raw),
		cmocka_unit_test(every_chunk_size_carries_the_images),
		cmocka_unit_test(end_of_the_pattern_is_sent_again_to_a_board_full_of_zeros),
		cmocka_unit_test(text_of_the_tims_instructions_is_skipped_and_shown),
		cmocka_unit_test(slips_of_the_line_are_got_over_at_every_frame),
		cmocka_unit_test(refused_data_is_sent_again),
		cmocka_unit_test(every_fault_at_every_frame_ends_with_a_reason),
		cmocka_unit_test(fatal_faults_are_not_taken_for_success),
		cmocka_unit_test(answer_that_breaks_off_is_told),
		cmocka_unit_test(board_that_is_off_is_given_up),
		cmocka_unit_test(board_that_drops_the_escape_is_told_from_one_that_is_off),
		cmocka_unit_test(board_that_runs_something_else_is_given_up),
		cmocka_unit_test(prompt_of_another_program_is_told),
		cmocka_unit_test(image_that_is_not_there_is_declined_in_the_protocol),
		cmocka_unit_test(image_that_is_asked_for_again_was_found_wrong),
		cmocka_unit_test(absurd_chunk_is_refused),
		cmocka_unit_test(failure_after_the_tim_names_what_the_board_was_doing),
		cmocka_unit_test(line_that_is_no_tty_is_refused),
		cmocka_unit_test(damaged_file_is_refused_before_anything_is_sent),
		cmocka_unit_test(parts_for_the_uart_are_recognised_in_any_order),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
