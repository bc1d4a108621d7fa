// SPDX-License-Identifier: BSD-2-Clause
/*
 * The user's terminal, see terminal.h.
 */
#include "bhyve/backend/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "bhyve/report.h"

static struct {
	int fd;
	volatile sig_atomic_t raw;
	bool prepared;
	struct termios before;
	struct termios during;
} terminal = { .fd = -1 };

static void quit_by_signal(void)
{
	kill(getpid(), SIGTERM);
}

static void (*on_quit)(void) = quit_by_signal;

void terminal_on_quit(void (*quit)(void))
{
	on_quit = quit;
}

void terminal_restore(void)
{
	if (!terminal.raw)
		return;
	terminal.raw = 0;
	tcsetattr(terminal.fd, TCSADRAIN, &terminal.before);
	report_raw(false);
}

/* Signal handlers: tcsetattr(3) is safe in them. */
static void restore_and_die(int signal_number)
{
	if (terminal.raw)
		tcsetattr(terminal.fd, TCSANOW, &terminal.before);
	raise(signal_number); /* SA_RESETHAND: by default now, when this returns */
}

static void restore_and_stop(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	if (terminal.raw)
		tcsetattr(terminal.fd, TCSANOW, &terminal.before);
	raise(SIGSTOP);
	errno = saved;
}

static void go_on(int signal_number)
{
	int saved = errno;

	(void)signal_number;
	if (terminal.raw && tcgetpgrp(terminal.fd) == getpgrp())
		tcsetattr(terminal.fd, TCSANOW, &terminal.during);
	errno = saved;
}

/* Only where nobody else handles the signal. */
static void handle(int signal_number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	struct sigaction present;

	if (sigaction(signal_number, NULL, &present) == 0 && present.sa_handler == SIG_DFL)
		sigaction(signal_number, &action, NULL);
}

static void prepare_once(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE,
				      SIGTERM, SIGINT, SIGHUP,	SIGQUIT };

	if (terminal.prepared)
		return;
	terminal.prepared = true;
	atexit(terminal_restore);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		handle(deadly[i], restore_and_die, SA_RESETHAND);
	handle(SIGTSTP, restore_and_stop, SA_RESTART);
	handle(SIGCONT, go_on, SA_RESTART);
}

int terminal_raw(int fd)
{
	if (terminal.raw)
		return 0;
	if (tcgetattr(fd, &terminal.before) < 0)
		return -errno;
	terminal.fd = fd;
	terminal.during = terminal.before;
	cfmakeraw(&terminal.during);
	if (tcsetattr(fd, TCSADRAIN, &terminal.during) < 0)
		return -errno;
	terminal.raw = 1;
	report_raw(true);
	prepare_once();
	return 0;
}

static void print_help(void)
{
	report("Ctrl-A x  end the virtual machine");
	report("Ctrl-A h  this help");
	report("Ctrl-A Ctrl-A  send Ctrl-A to the guest");
}

/* The key after Ctrl-A: whether the guest gets a byte, which it is then. */
static bool command(uint8_t *key)
{
	switch (*key) {
	case 'x':
	case 'X':
		on_quit();
		return false;
	case 'h':
	case '?':
		print_help();
		return false;
	case 'a':
		*key = TERMINAL_ESCAPE;
		return true;
	default:
		return true;
	}
}

size_t terminal_filter(struct terminal_keys *keys, uint8_t *bytes, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t key = bytes[i];

		if (!keys->escaped && key == TERMINAL_ESCAPE) {
			keys->escaped = true;
			continue;
		}
		if (!keys->escaped || command(&key))
			bytes[count++] = key;
		keys->escaped = false;
	}
	return count;
}
