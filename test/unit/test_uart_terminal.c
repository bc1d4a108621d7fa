/* SPDX-License-Identifier: BSD-2-Clause */
/* uart-boot as a terminal: what comes from the board goes to stdout, or the reason is told. */
/* sources: board/uart-boot/terminal.c board/uart-boot/link.c board/common/error.c */
/* libs: -lutil */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "board/uart-boot/terminal.h"

/* A board's line, and pipes for the user's keys and what he sees */
static struct link line;
static int board, keys[2], screen[2];

static int open_all(void **state)
{
	struct board_error error;
	char name[64];
	int other;

	(void)state;
	assert_int_equal(openpty(&board, &other, name, NULL, NULL), 0);
	if (link_open(&line, name, &error) != 0)
		fail_msg("%s", error.text);
	close(other);
	assert_int_equal(pipe(keys), 0);
	assert_int_equal(pipe(screen), 0);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	link_close(&line);
	close(board);
	close(keys[0]);
	close(keys[1]);
	close(screen[0]);
	close(screen[1]);
	return 0;
}

/* Run the terminal with these for stdin and stdout. */
static int run(int in, int out, struct board_error *error)
{
	int old_in = dup(STDIN_FILENO), old_out = dup(STDOUT_FILENO), result;

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	result = terminal_run(&line, error);
	dup2(old_in, STDIN_FILENO);
	dup2(old_out, STDOUT_FILENO);
	close(old_in);
	close(old_out);
	return result;
}

static void keys_go_to_the_board_until_the_one_that_leaves(void **state)
{
	char got[8];

	(void)state;
	assert_int_equal(write(keys[1], "ls\r\x1dno", 6), 6);
	assert_int_equal(run(keys[0], screen[1], NULL), 0);
	assert_int_equal(read(board, got, sizeof(got)), 3);
	assert_memory_equal(got, "ls\r", 3);
}

static void output_that_does_not_arrive_is_told(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	struct board_error error = { { 0 } };

	(void)state;
	assert_true(full >= 0);
	assert_int_equal(write(board, "U-Boot", 6), 6);
	assert_int_equal(run(keys[0], full, &error), -ENOSPC);
	assert_string_equal(error.text, "standard output: No space left on device");
	close(full);
}

static void line_that_is_gone_is_told(void **state)
{
	struct board_error error = { { 0 } };

	(void)state;
	close(board);
	board = -1;
	assert_int_equal(run(keys[0], screen[1], &error), -EIO);
	assert_non_null(strstr(error.text, "the serial line is gone"));
}

#define TERMINAL_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TERMINAL_TEST(keys_go_to_the_board_until_the_one_that_leaves),
		TERMINAL_TEST(output_that_does_not_arrive_is_told),
		TERMINAL_TEST(line_that_is_gone_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
