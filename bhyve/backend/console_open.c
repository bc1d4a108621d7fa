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
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "bhyve/report.h"

#define UNIX_PREFIX "unix:"

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

/* A socket that a killed process left behind is removed, one that is served is not. */
static int remove_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd;
	int error = 0;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		error = -EADDRINUSE;
	else if (unlink(address->sun_path) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int listen_at(const struct sockaddr_un *address, int *out)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	int error = 0;

	if (fd < 0)
		return -errno;
	mask = umask(0177);
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 || listen(fd, 1) < 0)
		error = -errno;
	umask(mask);
	if (error)
		close(fd);
	else
		*out = fd;
	return error;
}

static const char *socket_reason(int error)
{
	switch (error) {
	case -EEXIST:
		return "is there and is no socket; name another path";
	case -EADDRINUSE:
		return "another process listens there; stop it or name another path";
	case -ENOENT:
		return "its directory does not exist; make it first";
	default:
		return strerror(-error);
	}
}

static int open_unix(struct console *console, const char *path, char *err, size_t errlen)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return fail(err, errlen, ENAMETOOLONG,
			    "unix:%s: the path must have 1 to %zu characters", path,
			    sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	error = remove_stale(&address);
	if (!error)
		error = listen_at(&address, &console->listener);
	if (error)
		return fail(err, errlen, -error, "unix:%s: %s", path, socket_reason(error));
	memcpy(console->path, address.sun_path, sizeof(console->path));
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
	if (description[0] == '/')
		return open_device(console, description, err, errlen);
	return fail(err, errlen, EINVAL,
		    "%s: not a console; use stdio, pty, unix:PATH, null or the path of a terminal",
		    description);
}
