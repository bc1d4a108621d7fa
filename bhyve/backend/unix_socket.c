/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening Unix domain sockets. */
#include "bhyve/backend/unix_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

static struct {
	char path[UNIX_LISTENERS_MAX][sizeof(((struct sockaddr_un *)0)->sun_path)];
	unsigned count;
} made;

int unix_listeners_each(int (*visit)(const char *path))
{
	int error = 0;

	for (unsigned i = 0; i < made.count && !error; i++)
		error = visit(made.path[i]);
	return error;
}

/* Whether what is made beside the path belongs to the group of its directory. */
static bool is_for_group(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;

	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) + 1 : 1,
		 slash ? path : ".");
	return stat(directory, &st) == 0 && (st.st_mode & S_ISGID);
}

int unix_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error, fd;
	mode_t mask;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	error = remove_stale(&address);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(is_for_group(path) ? 0117 : 0177);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0)
		error = -errno;
	umask(mask);
	if (!error && made.count < UNIX_LISTENERS_MAX)
		memcpy(made.path[made.count++], address.sun_path, sizeof(address.sun_path));
	if (error)
		close(fd);
	return error ? error : fd;
}

const char *unix_listen_reason(int error)
{
	switch (error) {
	case -EEXIST:
		return "is there and is no socket; name another path";
	case -EADDRINUSE:
		return "another process listens there; stop it or name another path";
	case -ENOENT:
		return "its directory does not exist; make it first";
	case -ENAMETOOLONG:
		return "the path must have 1 to 107 characters";
	default:
		return strerror(-error);
	}
}
