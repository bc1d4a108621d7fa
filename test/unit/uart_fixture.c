/* SPDX-License-Identifier: BSD-2-Clause */
#include "uart_fixture.h"

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

/* No run, however the board behaves, may take longer: ms */
#define BOUND 120000

const struct wtptp_timing patient = {
	.reply = 30000, .ddr = 30000, .reset = 60000, .silence = 60, .console = 60, .busy = 30000
};
const struct wtptp_timing bored = {
	.reply = 30000, .ddr = 30000, .reset = 60000, .silence = 60, .console = 60, .busy = 300
};
const struct wtptp_timing brisk = {
	.reply = 500, .ddr = 1000, .reset = 400, .silence = 400, .console = 50, .busy = 300
};
const struct wtptp_timing hasty = {
	.reply = 40, .ddr = 40, .reset = 100, .silence = 20, .console = 20, .busy = 60
};

char board_said[4096], tool_said[4096];

static void remember(void *context, const char *text, size_t size)
{
	size_t used = strlen(board_said);

	(void)context;
	snprintf(board_said + used, sizeof(board_said) - used, "%.*s|", (int)size, text);
}

static void remember_state(void *context, const char *text)
{
	size_t used = strlen(tool_said);

	(void)context;
	snprintf(tool_said + used, sizeof(tool_said) - used, "%s|", text);
}

int uart_set_up(void **state)
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

int uart_tear_down(void **state)
{
	struct fixture *fixture = *state;

	image_set_free(&fixture->images);
	unlink(fixture->path);
	free(fixture);
	return 0;
}

struct sim make_sim(enum sim_start start)
{
	struct sim sim = { .start = start,
			   .fault_at = -1,
			   .wants = { TIM_ID_TIMH, TIM_ID_WTMI, TIM_ID_OBMI } };

	return sim;
}

int run_uart(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
	     const struct wtptp_timing *timing, struct board_error *error)
{
	struct download_request request = { .mode = mode,
					    .fast = sim->fast,
					    .images = &fixture->images,
					    .timing = *timing,
					    .observer = { .board_says = remember,
							  .state = remember_state } };
	int64_t began = link_now();
	struct link link;
	int result;

	board_said[0] = tool_said[0] = error->text[0] = '\0';
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

void assert_all_arrived(const struct fixture *fixture, const struct sim *sim)
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

void succeed_with(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
		  const struct wtptp_timing *timing)
{
	struct board_error error;

	if (run_uart(fixture, sim, mode, timing, &error) != 0)
		fail_msg("%s (%s)", error.text, sim->complaint);
	assert_all_arrived(fixture, sim);
	sim_free(sim);
}

void succeed(struct fixture *fixture, struct sim *sim, enum enter_mode mode)
{
	succeed_with(fixture, sim, mode, &patient);
}

void fail_with(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
	       const struct wtptp_timing *timing, const char *reason)
{
	struct board_error error;

	assert_true(run_uart(fixture, sim, mode, timing, &error) < 0);
	if (strstr(error.text, reason) == NULL)
		fail_msg("\"%s\" where \"%s\" is right (%s)", error.text, reason, sim->complaint);
	sim_free(sim);
}
