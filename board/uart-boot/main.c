// SPDX-License-Identifier: BSD-2-Clause
/*
 * uart-boot - start an Armada 3700 board with firmware sent over its UART, whatever is in its
 * flash.
 *
 * Exit status: 0 done; 1 wrong use, or files that cannot be used; 2 the board did not do its part
 * (the line says where and why).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board/uart-boot/download.h"
#include "board/uart-boot/speed.h"
#include "board/uart-boot/terminal.h"

enum { STATUS_DONE, STATUS_FAILED, STATUS_BOARD };

static const char usage_text[] =
	"usage: uart-boot [options] DEVICE IMAGE\n"
	"       uart-boot [options] DEVICE TIM WTMI BOOT-IMAGE\n"
	"Starts a board with the boot image (flash-image.bin, for any boot device), or with its "
	"parts as made for\n"
	"the UART (TIM_ATF.bin wtmi_h.bin boot-image_h.bin), then becomes a terminal; Ctrl-] "
	"leaves it.\n"
	"  --console        the board shows the BootROM's prompt (>): type wtp there\n"
	"  --ready          the board is in download mode already\n"
	"  --wait SECONDS   how long to wait for the reset (120)\n"
	"  --baud RATE      send all but the TIM faster: 230400, 460800, 500000, 576000, 921600 or "
	"1000000.\n"
	"                   The BootROM stays at 115200 by itself; instructions added to the TIM "
	"change it. Not for\n"
	"                   signed images; not yet seen on a board\n"
	"  --slow           do not ask for fast mode\n"
	"  --no-terminal    end when the images are sent\n";

struct options {
	struct download_request request;
	uint32_t baud; /* 0: the BootROM's */
	bool terminal;
};

static void show_state(void *context, const char *text)
{
	(void)context;
	printf("uart-boot: %s\n", text);
	fflush(stdout);
}

/* What the board says is shown with its control characters made harmless. */
static void show_board(void *context, const char *text, size_t size)
{
	(void)context;
	printf("board: ");
	for (size_t i = 0; i < size; i++) {
		if (text[i] >= ' ' && text[i] <= '~')
			putchar(text[i]);
	}
	putchar('\n');
	fflush(stdout);
}

static void show_progress(void *context, const char *image, size_t done, size_t total)
{
	static int shown;
	int percent = (int)(done * 100 / total);
	int width = 40, filled = width * percent / 100;

	(void)context;
	if (!isatty(STDOUT_FILENO)) {
		/* A log gets a line a quarter. */
		if (percent / 25 != shown && percent >= 25)
			printf("%s: %d %%\n", image, percent / 25 * 25);
		shown = percent == 100 ? 0 : percent / 25;
	} else {
		printf("\r%-4s [%.*s%*s] %3d %% of %zu bytes%s", image, filled,
		       "########################################", width - filled, "", percent,
		       total, done == total ? "\n" : "");
	}
	fflush(stdout);
}

static int complain(const struct board_error *error)
{
	fprintf(stderr, "uart-boot: %s\n", error->text);
	return STATUS_FAILED;
}

static int fail_on_board(const struct board_error *error)
{
	complain(error);
	return STATUS_BOARD;
}

static int be_terminal(struct link *link)
{
	struct board_error error;

	printf("uart-boot: terminal; Ctrl-] leaves it\n");
	fflush(stdout);
	return terminal_run(link, &error) == 0 ? STATUS_DONE : fail_on_board(&error);
}

static int start_board(const struct options *options, const struct image_set *images)
{
	struct download_request request = options->request;
	struct board_error error = { { 0 } };
	struct link link;
	int status = STATUS_DONE;

	request.images = images;
	if (download(&request, &link, &error) != 0)
		return fail_on_board(&error);
	if (options->terminal)
		status = be_terminal(&link);
	link_close(&link);
	return status;
}

static int run(const struct options *options, char *const *files, unsigned int count)
{
	struct board_error error = { { 0 } };
	struct image_set images;
	int status;

	if (image_set_read(&images, files, count, &error) != 0)
		status = complain(&error);
	else if (options->baud != 0 && image_set_speed(&images, options->baud, &error) != 0)
		status = complain(&error);
	else
		status = start_board(options, &images);
	image_set_free(&images);
	return status;
}

static bool parse_baud(const char *text, uint32_t *baud)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || value < SPEED_MIN || value > SPEED_MAX ||
	    !link_has_speed((uint32_t)value)) {
		fprintf(stderr,
			"uart-boot: --baud %s: 230400, 460800, 500000, 576000, 921600 or 1000000 "
			"are right\n",
			text);
		return false;
	}
	*baud = (uint32_t)value;
	return true;
}

static bool parse_option(int option, struct options *options)
{
	char *end;
	long seconds;

	switch (option) {
	case 'c':
		options->request.mode = ENTER_CONSOLE;
		return true;
	case 'r':
		options->request.mode = ENTER_NOT;
		return true;
	case 'b':
		return parse_baud(optarg, &options->baud);
	case 's':
		options->request.fast = false;
		return true;
	case 'n':
		options->terminal = false;
		return true;
	case 'w':
		seconds = strtol(optarg, &end, 10);
		if (end == optarg || *end != '\0' || seconds < 1 || seconds > 86400) {
			fprintf(stderr, "uart-boot: --wait %s: 1 to 86400 seconds are right\n",
				optarg);
			return false;
		}
		options->request.timing.reset = (int)seconds * 1000;
		return true;
	default:
		fputs(usage_text, stderr);
		return false;
	}
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "console", no_argument, NULL, 'c' },
		{ "ready", no_argument, NULL, 'r' },
		{ "wait", required_argument, NULL, 'w' },
		{ "slow", no_argument, NULL, 's' },
		{ "no-terminal", no_argument, NULL, 'n' },
		{ "baud", required_argument, NULL, 'b' },
		{ 0 },
	};
	struct options options = { .request = { .mode = ENTER_ESCAPE,
						.fast = true,
						.timing = wtptp_default_timing,
						.observer = { .state = show_state,
							      .board_says = show_board,
							      .progress = show_progress } },
				   .terminal = true };
	int option;

	while ((option = getopt_long(argc, argv, "w:", long_options, NULL)) != -1) {
		if (!parse_option(option, &options))
			return STATUS_FAILED;
	}
	if (argc - optind < 2) {
		fputs(usage_text, stderr);
		return STATUS_FAILED;
	}
	options.request.device = argv[optind];
	return run(&options, argv + optind + 1, (unsigned int)(argc - optind - 1));
}
