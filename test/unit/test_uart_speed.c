/* SPDX-License-Identifier: BSD-2-Clause */
/* uart-boot --baud against a simulated BootROM that runs the TIM's instructions: it changes its
 * speed, does not, or comes to grief at that very moment. */
/* sources: board/uart-boot/link.c board/uart-boot/wtptp.c board/uart-boot/enter.c */
/* sources: board/uart-boot/download.c board/uart-boot/images.c board/uart-boot/speed.c */
/* sources: test/unit/sim_bootrom.c test/unit/sim_escape.c */
/* sources: test/unit/sim_line.c test/unit/sim_gpp.c */
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
#include "board/uart-boot/speed.h"
#include "sim_bootrom.h"
#include "sim_gpp.h"

#define IMAGE_SIZE 3000u

/* Times that only a hang reaches */
static const struct wtptp_timing patient = {
	.reply = 30000, .ddr = 30000, .reset = 60000, .silence = 60, .console = 60, .busy = 30000
};
/* For boards that give no sign: a slow machine changes nothing about that */
static const struct wtptp_timing brisk = {
	.reply = 30000, .ddr = 1500, .reset = 400, .silence = 60, .console = 50, .busy = 300
};

static const char with_gpp2[] = "[CRV2]\nRELEASE: 2 0x1FFF0760\n[GPP2]\nDELAY: 1\n"
				"[DDR3]\nDDR_INIT_ENABLE: 1\nWRITE: 0xC00002C4 0x20\n";
static const char without_gpp2[] = "[DDR3]\nWRITE: 0xC00002C4 0x20\nEND:\n";
static const char without_ddr3[] = "[GPP2]\nDELAY: 1\n";

static void make_images(struct image_set *set, const char *text)
{
	static uint8_t wtmi[IMAGE_SIZE], obmi[IMAGE_SIZE];
	struct recipe_file files[] = { { NULL, 0 }, { wtmi, IMAGE_SIZE }, { obmi, IMAGE_SIZE } };
	char path[64], *paths[] = { path };
	struct board_error error;
	struct recipe recipe;
	struct file image;

	for (unsigned int i = 0; i < IMAGE_SIZE; i++)
		obmi[i] = wtmi[IMAGE_SIZE - 1 - i] = (uint8_t)(i * 7 + i / 256);
	snprintf(path, sizeof(path), "/tmp/test-uart-speed.%d", (int)getpid());
	assert_int_equal(recipe_parse(text, strlen(text), &recipe, &error), 0);
	assert_int_equal(create_image(&recipe, files, &image, &error), 0);
	assert_int_equal(file_write(path, image.bytes, image.size, &error), 0);
	recipe_free(&recipe);
	file_free(&image);
	assert_int_equal(image_set_read(set, paths, 1, &error), 0);
	unlink(path);
}

static struct sim make_sim(enum sim_change change)
{
	struct sim sim = { .start = SIM_READY,
			   .fault_at = -1,
			   .crystal = 25000000,
			   .change = change,
			   .fast = true,
			   .wants = { TIM_ID_TIMH, TIM_ID_WTMI, TIM_ID_OBMI } };

	return sim;
}

/* One run. Returns download()'s result; error has its line. */
static int run(struct sim *sim, const char *text, uint32_t baud, const struct wtptp_timing *timing,
	       struct board_error *error)
{
	struct image_set set;
	struct download_request request = {
		.mode = ENTER_NOT, .fast = sim->fast, .images = &set, .timing = *timing
	};
	struct link link;
	int result;

	error->text[0] = '\0';
	make_images(&set, text);
	assert_int_equal(image_set_speed(&set, baud, error), 0);
	sim_start(sim);
	request.device = sim->device;
	result = download(&request, &link, error);
	if (result == 0) {
		assert_int_equal(sim_host_speed(sim), 115200);
		link_close(&link);
		sim_stop(sim);
		assert_string_equal(sim->complaint, "");
		assert_int_equal(sim->garbled, 0);
		assert_int_equal(sim->received, 3);
		for (unsigned int i = 0; i < 3; i++) {
			assert_int_equal(sim->sizes[i], set.images[i].size);
			assert_memory_equal(sim->images[i], set.images[i].bytes, sim->sizes[i]);
		}
	} else {
		sim_stop(sim);
	}
	image_set_free(&set);
	return result;
}

static void succeed(struct sim *sim, uint32_t baud, const struct wtptp_timing *timing)
{
	struct board_error error;

	if (run(sim, with_gpp2, baud, timing, &error) != 0)
		fail_msg("%s (%s)", error.text, sim->complaint);
	sim_free(sim);
}

static void fail_with(enum sim_change change, const struct wtptp_timing *timing, const char *reason)
{
	struct sim sim = make_sim(change);
	struct board_error error;

	assert_true(run(&sim, with_gpp2, 921600, timing, &error) < 0);
	if (strstr(error.text, reason) == NULL)
		fail_msg("\"%s\" where \"%s\" is right (%s)", error.text, reason, sim.complaint);
	sim_free(&sim);
}

static void images_come_at_every_speed_with_either_crystal(void **state)
{
	static const uint32_t speeds[] = { 230400, 460800, 500000, 576000, 921600, 1000000 };
	static const uint32_t crystals[] = { 25000000, 40000000 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(speeds) / sizeof(speeds[0]); i++) {
		struct sim sim = make_sim(CHANGE_GOOD);

		sim.crystal = crystals[i % 2];
		succeed(&sim, speeds[i / 2], &patient);
		assert_in_range(sim.highest_baud, speeds[i / 2] / 100 * 99,
				speeds[i / 2] / 100 * 101);
		assert_in_range(sim.baud, 111600, 118000);
	}
}

static void slow_mode_works_at_speed_too(void **state)
{
	struct sim sim = make_sim(CHANGE_GOOD);

	(void)state;
	sim.fast = false;
	succeed(&sim, 1000000, &patient);
	assert_in_range(sim.highest_baud, 999000, 1001000);
}

static void board_that_does_not_change_gets_its_images_at_115200(void **state)
{
	struct sim sim = make_sim(CHANGE_IGNORED);

	(void)state;
	succeed(&sim, 921600, &brisk);
	assert_int_equal(sim.highest_baud, 115200);
}

static void board_whose_uart_is_not_to_be_changed_gets_its_images_at_115200(void **state)
{
	struct sim sim = make_sim(CHANGE_GOOD);

	(void)state;
	sim.others = 1u << GUESS_STATUS_9;
	succeed(&sim, 921600, &brisk);
	assert_int_equal(sim.highest_baud, 115200);
}

/* Clock source, other UART's pins and scratch registers, as they may be found */
static void either_variant_of_each_guess_about_the_uart_works(void **state)
{
	static const uint32_t others[] = { 0,
					   1u << GUESS_PLL,
					   1u << GUESS_UART1_PINS,
					   1u << GUESS_SCRATCH,
					   1u << GUESS_FAST_NUMBER,
					   1u << GUESS_NUMBERS };
	struct sim all = make_sim(CHANGE_GOOD);

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct sim sim = make_sim(CHANGE_GOOD);

		sim.others = others[i];
		all.others |= others[i];
		succeed(&sim, 500000, &patient);
		assert_in_range(sim.highest_baud, 495000, 505000);
		assert_in_range(sim.baud, 111600, 118000);
		/* The other UART has its pins as before. */
		assert_int_equal(sim.pins_disable,
				 others[i] == 1u << GUESS_UART1_PINS ? SIM_UART1_PINS : 0);
	}
	all.others |= 1u << GUESS_STATUS_9;
	succeed(&all, 500000, &brisk);
	/* What is not changed is not changed back. */
	assert_int_equal(all.uart_clock, SIM_PLL_CLOCK);
}

static void mark_is_found_among_noise(void **state)
{
	struct sim noise = make_sim(CHANGE_NOISE), torn = make_sim(CHANGE_TORN_MARK);

	(void)state;
	succeed(&noise, 921600, &patient);
	assert_in_range(noise.highest_baud, 912000, 931000);
	succeed(&torn, 921600, &patient);
	assert_in_range(torn.highest_baud, 912000, 931000);
}

static void failure_at_the_change_ends_with_what_to_do(void **state)
{
	static const char unseen[] =
		"(at 115200, after no sign at 921600 Bd; reset, and try a lower --baud or none)";

	(void)state;
	fail_with(CHANGE_NO_MARK, &brisk, unseen);
	fail_with(CHANGE_WRONG_RATE, &brisk, unseen);
	fail_with(CHANGE_TALK, &brisk, unseen);
	fail_with(CHANGE_DUMB, &brisk, "(at 921600 Bd; reset, and try a lower --baud or none)");
	fail_with(CHANGE_HANG_UP, &patient, "the serial line is gone");
}

/* True: the change was reached, and an error names the speed. */
static bool fault_has_reason(enum sim_fault fault, int at, const struct wtptp_timing *timing)
{
	struct sim sim = make_sim(CHANGE_GOOD);
	struct board_error error;
	bool reached;

	sim.fault = fault;
	sim.fault_at = at;
	if (run(&sim, with_gpp2, 500000, timing, &error) != 0) {
		reached = sim.highest_baud >= 495000;
		if (reached && strstr(error.text, "500000 Bd") == NULL)
			fail_msg("fault %d at frame %d: %s", fault, at, error.text);
	} else {
		reached = true;
	}
	sim_free(&sim);
	return reached;
}

static void every_fault_after_the_change_ends_with_a_reason(void **state)
{
	/* A busy PC may lose the board before the change: that is not what is tried here. */
	static const struct wtptp_timing hasty = { 100, 100, 100, 20, 20, 60 };

	(void)state;
	/* The TIM has two chunks now: the next preamble is frame 9. */
	for (enum sim_fault fault = FAULT_NO_ANSWER; fault < NUM_FAULTS; fault++)
		for (int at = 9; at < 12; at++)
			if (!fault_has_reason(fault, at, &hasty))
				assert_true(fault_has_reason(fault, at, &patient));
}

static void tim_without_gpp2_leaves_the_return_to_the_firmware(void **state)
{
	struct sim sim = make_sim(CHANGE_GOOD);
	struct board_error error;

	(void)state;
	assert_int_equal(run(&sim, without_gpp2, 500000, &patient, &error), 0);
	assert_int_equal(sim.baud, 500000);
	sim_free(&sim);
}

static void tim_that_cannot_take_the_change_is_refused(void **state)
{
	struct board_error error;
	struct image_set set;

	(void)state;
	make_images(&set, without_ddr3);
	assert_int_equal(image_set_speed(&set, 500000, &error), -ENOTSUP);
	assert_non_null(strstr(error.text, "no list of instructions DDR3"));
	assert_int_equal(set.baud, 0);
	image_set_free(&set);
	make_images(&set, with_gpp2);
	assert_int_equal(image_set_speed(&set, SPEED_MAX + 1, &error), -EINVAL);
	assert_int_equal(image_set_speed(&set, SPEED_MIN - 1, &error), -EINVAL);
	put_le32(set.tim + TIM_TRUSTED, 1);
	assert_true(image_set_speed(&set, 500000, &error) < 0);
	image_set_free(&set);
}

static void changed_tim_is_whole_and_its_hash_good(void **state)
{
	struct board_error error;
	struct image_set set;
	struct tim before, after;
	uint8_t digest[TIM_HASH_SIZE];

	(void)state;
	make_images(&set, with_gpp2);
	assert_int_equal(tim_parse(set.tim, set.images[0].size, &before, &error), 0);
	assert_int_equal(image_set_speed(&set, 500000, &error), 0);
	assert_int_equal(tim_parse(set.tim, set.images[0].size, &after, &error), 0);
	assert_int_equal(after.size, set.images[0].size);
	assert_int_equal(after.images[0].size, after.size);
	assert_int_equal(after.images[0].hash_size, after.size);
	assert_int_equal(tim_image_digest(&after.images[0], true, set.tim, digest), 0);
	assert_memory_equal(digest, after.images[0].hash, sizeof(digest));
	assert_int_equal(after.num_packages, before.num_packages);
	/* It stays far below what there is in the flash up to the next image, 16 KiB. */
	assert_in_range(after.size - before.size, 300, 1200);
	image_set_free(&set);
}

static void divisors_are_within_one_per_cent_of_every_speed(void **state)
{
	(void)state;
	for (uint32_t baud = SPEED_MIN; baud <= SPEED_MAX; baud += 400) {
		for (int i = 0; i < 2; i++) {
			struct speed_divisors divisors;
			uint32_t made =
				speed_divisors(i == 0 ? 25000000 : 40000000, baud, &divisors);

			assert_in_range(made, baud - baud / 100, baud + baud / 100);
			assert_in_range(divisors.divisor, 2, 1023);
			for (int shift = 0; shift < 32; shift += 8)
				assert_in_range(divisors.samples >> shift & 0xff, 12, 63);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(divisors_are_within_one_per_cent_of_every_speed),
		cmocka_unit_test(changed_tim_is_whole_and_its_hash_good),
		cmocka_unit_test(tim_that_cannot_take_the_change_is_refused),
		cmocka_unit_test(images_come_at_every_speed_with_either_crystal),
		cmocka_unit_test(slow_mode_works_at_speed_too),
		cmocka_unit_test(board_that_does_not_change_gets_its_images_at_115200),
		cmocka_unit_test(board_whose_uart_is_not_to_be_changed_gets_its_images_at_115200),
		cmocka_unit_test(either_variant_of_each_guess_about_the_uart_works),
		cmocka_unit_test(mark_is_found_among_noise),
		cmocka_unit_test(failure_at_the_change_ends_with_what_to_do),
		cmocka_unit_test(every_fault_after_the_change_ends_with_a_reason),
		cmocka_unit_test(tim_without_gpp2_leaves_the_return_to_the_firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
