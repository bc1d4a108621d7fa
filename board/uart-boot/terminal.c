// SPDX-License-Identifier: BSD-2-Clause
#include "board/uart-boot/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <stdbool.h>
#include <termios.h>
#include <unistd.h>

/* The user's terminal as it was before */
static struct termios before;

/* SA_RESETHAND: raised again, the signal ends the program. */
static void restore_and_die(int number)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	raise(number);
}

static void restore_when_killed(void)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	const struct sigaction action = { .sa_handler = restore_and_die, .sa_flags = SA_RESETHAND };

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &action, NULL);
}

static int put(const uint8_t *bytes, size_t size, struct board_error *error)
{
	while (size > 0) {
		ssize_t done = write(STDOUT_FILENO, bytes, size);

		if (done < 0 && errno != EINTR)
			return board_fail(error, errno, "standard output: %s", strerror(errno));
		if (done > 0) {
			bytes += done;
			size -= (size_t)done;
		}
	}
	return 0;
}

static int from_board(struct link *link, struct board_error *error)
{
	uint8_t bytes[256];
	size_t count = 0;
	int byte;

	while (count < sizeof(bytes) && (byte = link_read(link, link_now())) >= 0)
		bytes[count++] = (uint8_t)byte;
	if (count == 0 && byte == -EIO)
		return board_fail(error, EIO, "the serial line is gone; is the cable plugged in?");
	return put(bytes, count, error);
}

/* Returns 1 when the user leaves. */
static int from_user(struct link *link, struct board_error *error)
{
	uint8_t keys[64];
	ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));
	uint8_t *leave;

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0)
		return 1;
	leave = memchr(keys, TERMINAL_LEAVE_KEY, (size_t)got);
	if (leave != NULL)
		got = leave - keys;
	if (link_write(link, keys, (size_t)got, link_now() + 5000) != 0)
		return board_fail(error, EIO, "the serial line takes no keys");
	return leave != NULL;
}

static int copy(struct link *link, struct board_error *error)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = link->fd, .events = POLLIN } };
	int result = 0;

	while (result == 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return board_fail(error, errno, "poll: %s", strerror(errno));
		if (fds[1].revents != 0)
			result = from_board(link, error);
		if (result == 0 && fds[0].revents != 0)
			result = from_user(link, error);
	}
	return result == 1 ? 0 : result;
}

int terminal_run(struct link *link, struct board_error *error)
{
	struct termios raw;
	bool is_tty = tcgetattr(STDIN_FILENO, &before) == 0;
	int result;

	if (is_tty) {
		restore_when_killed();
		raw = before;
		cfmakeraw(&raw);
		raw.c_oflag = before.c_oflag;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	result = copy(link, error);
	if (is_tty)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return result;
}
