/* SPDX-License-Identifier: BSD-2-Clause */
/* The console of a VM on this terminal. */
#include "bhyvectl/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t raw;

static void restore_terminal(void)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	raw = 0;
}

/* tcsetattr(3) is safe in a signal handler. */
static void restore_and_die(int signal_number)
{
	if (raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	raise(signal_number); /* SA_RESETHAND: by default now, when this returns */
}

static void make_raw(void)
{
	static const int deadly[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV };
	const struct sigaction action = { .sa_handler = restore_and_die, .sa_flags = SA_RESETHAND };
	struct termios during;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return;
	during = before;
	cfmakeraw(&during);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaction(deadly[i], &action, NULL);
	raw = 1;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &during);
	atexit(restore_terminal);
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, bytes, length);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			bytes += done;
			length -= (size_t)done;
		}
	}
	return 0;
}

/* What the guest printed. 1: the other end closed. */
static int copy_output(int console)
{
	char bytes[4096];
	ssize_t got = recv(console, bytes, sizeof(bytes), 0);

	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return 1;
	if (got < 0)
		return errno == EINTR ? 0 : -errno;
	return write_all(STDOUT_FILENO, bytes, (size_t)got);
}

/* Keys for a guest that does not read are lost: a user who waits could not detach. */
static int send_input(int console, const char *bytes, size_t length)
{
	int flags = MSG_NOSIGNAL | (raw ? MSG_DONTWAIT : 0);

	while (length > 0) {
		ssize_t sent = send(console, bytes, length, flags);

		if (sent < 0 && errno == EAGAIN)
			return 0;
		if (sent < 0 && errno != EINTR)
			return errno == EPIPE || errno == ECONNRESET ? 1 : -errno;
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		}
	}
	return 0;
}

/* What was typed, up to the escape. *more: whether there may be more. */
static int copy_input(int console, bool *more, bool *detach)
{
	char bytes[4096];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
	const char *escape = NULL;

	if (got < 0 && errno == EINTR)
		return 0;
	if (got <= 0) {
		*more = false;
		*detach = raw; /* the terminal is gone */
		return 0;
	}
	if (raw)
		escape = memchr(bytes, ATTACH_ESCAPE, (size_t)got);
	if (escape) {
		got = escape - bytes;
		*detach = true;
	}
	return send_input(console, bytes, (size_t)got);
}

int attach(int console)
{
	struct pollfd polled[] = {
		{ .fd = console, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	bool more = true, detach = false;
	int result = 0;

	make_raw();
	while (!result && !detach) {
		if (poll(polled, 2, -1) < 0) {
			result = errno == EINTR ? 0 : -errno;
			continue;
		}
		if (polled[0].revents)
			result = copy_output(console);
		if (!result && polled[1].revents)
			result = copy_input(console, &more, &detach);
		if (!more)
			polled[1].fd = -1;
	}
	restore_terminal();
	return result;
}
