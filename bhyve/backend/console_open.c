// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening the kinds of console, see console.h.
 */
#include "bhyve/backend/console_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "bhyve/backend/console_socket.h"
#include "bhyve/backend/unix_socket.h"
#include "bhyve/config.h"
#include "bhyve/report.h"
#include "lib/vmmapi/vmmapi.h"

#define UNIX_PREFIX   "unix:"
#define SOCKET_PREFIX "socket:"

static bool stdio_taken;

static int __attribute__((format(printf, 4, 5))) fail(char *err, size_t errlen, int error,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, errlen, format, args);
	va_end(args);
	return -error;
}

/* Standard output once more, where it is a terminal or a pipe, as a description of our own that
 * does not block: else a terminal that nobody reads would stop the I/O loop. */
static int open_own_output(void)
{
	struct stat st;

	if (!isatty(STDOUT_FILENO) && (fstat(STDOUT_FILENO, &st) < 0 || !S_ISFIFO(st.st_mode)))
		return -1;
	return open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int open_stdio(struct console *console, char *err, size_t errlen)
{
	if (stdio_taken)
		return fail(err, errlen, EBUSY,
			    "stdio: two devices want it; give one of them pty or unix:PATH");
	stdio_taken = true;
	console->is_stdio = true;
	console->blocking_in = true;
	console->in = STDIN_FILENO;
	console->out = open_own_output();
	console->blocking_out = console->out < 0;
	if (console->blocking_out)
		console->out = STDOUT_FILENO;
	console->connected = true;
	if (isatty(STDIN_FILENO) && terminal_raw(STDIN_FILENO) == 0) {
		console->escape = true;
		report("the console is this terminal; Ctrl-A x ends the virtual machine, "
		       "Ctrl-A h is help");
	}
	return 0;
}

void console_release_stdio(struct console *console)
{
	terminal_restore();
	if (console->out > STDERR_FILENO)
		close(console->out);
	stdio_taken = false;
}

static int set_raw(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings) < 0)
		return -errno;
	cfmakeraw(&settings);
	return tcsetattr(fd, TCSANOW, &settings) < 0 ? -errno : 0;
}

/* The other end is opened and closed once: from then on poll(2) tells whether somebody has it. */
static int open_other_end(int fd, char *name, size_t length)
{
	int other;

	if (grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, length) != 0)
		return -errno;
	other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (other < 0)
		return -errno;
	set_raw(other);
	close(other);
	return 0;
}

static int open_pty(struct console *console, char *err, size_t errlen)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	char name[64];
	int error;

	if (fd < 0)
		return fail(err, errlen, errno, "pty: %s", strerror(errno));
	error = open_other_end(fd, name, sizeof(name));
	if (error) {
		close(fd);
		return fail(err, errlen, -error, "pty: %s", strerror(-error));
	}
	console->is_pty = true;
	console->in = fd;
	console->out = fd;
	report("the console is %s", name);
	return 0;
}

static int open_unix(struct console *console, const char *path, char *err, size_t errlen)
{
	console->listener = unix_listen(path);
	if (console->listener < 0)
		return fail(err, errlen, -console->listener, "unix:%s: %s", path,
			    unix_listen_reason(console->listener));
	snprintf(console->path, sizeof(console->path), "%s", path);
	return 0;
}

static void socket_readable(void *arg)
{
	struct console *console = arg;

	console->callback(CONSOLE_READABLE, console->arg);
}

/* path: NULL is where bhyvectl --console looks. */
static int open_socket(struct console *console, const char *path, char *err, size_t errlen)
{
	char usual[sizeof(VM_RUN_DIR) + VMM_NAME_MAX + 16];
	int error;

	snprintf(usual, sizeof(usual), VM_RUN_DIR "/%s/console", config_get("name"));
	if (!path)
		path = usual;
	error = console_socket_open(path, socket_readable, console, &console->socket);
	if (error)
		return fail(err, errlen, -error, "socket:%s: %s", path, unix_listen_reason(error));
	console->connected = true;
	return 0;
}

static int open_device(struct console *console, const char *path, char *err, size_t errlen)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return fail(err, errlen, errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode)) {
		close(fd);
		return fail(err, errlen, ENOTTY, "%s: is not a terminal; name one under /dev",
			    path);
	}
	set_raw(fd);
	console->in = fd;
	console->out = fd;
	console->connected = true;
	return 0;
}

int console_open_description(struct console *console, const char *description, char *err,
			     size_t errlen)
{
	if (strcmp(description, "stdio") == 0)
		return open_stdio(console, err, errlen);
	if (strcmp(description, "pty") == 0)
		return open_pty(console, err, errlen);
	if (strcmp(description, "null") == 0)
		return 0;
	if (strncmp(description, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
		return open_unix(console, description + strlen(UNIX_PREFIX), err, errlen);
	if (strcmp(description, "socket") == 0)
		return open_socket(console, NULL, err, errlen);
	if (strncmp(description, SOCKET_PREFIX, strlen(SOCKET_PREFIX)) == 0)
		return open_socket(console, description + strlen(SOCKET_PREFIX), err, errlen);
	if (description[0] == '/')
		return open_device(console, description, err, errlen);
	return fail(
		err, errlen, EINVAL,
		"%s: not a console; use stdio, pty, socket, socket:PATH, unix:PATH, null or the "
		"path of a terminal",
		description);
}
