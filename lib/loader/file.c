// SPDX-License-Identifier: BSD-2-Clause
/* Reading files. */
#include "lib/loader/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	const char *path;
	int fd;
} kept[FILES_KEPT];
static unsigned kept_count, kept_turn;

static int open_path(const char *path)
{
	/* O_NONBLOCK: a FIFO must not hang us */
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* A descriptor of the file, at its beginning; -1 with errno. A path that was kept twice is open
 * twice: its descriptors take turns, so that each has a position of its own. */
static int take_kept(const char *path)
{
	for (unsigned i = 0; i < kept_count; i++) {
		unsigned at = (kept_turn + i) % kept_count;

		if (strcmp(kept[at].path, path) != 0)
			continue;
		kept_turn = at + 1;
		if (lseek(kept[at].fd, 0, SEEK_SET) < 0)
			return -1;
		return fcntl(kept[at].fd, F_DUPFD_CLOEXEC, 0);
	}
	return open_path(path);
}

int file_keep(const char *path, char *err, size_t errlen)
{
	char *copy = kept_count < FILES_KEPT ? strdup(path) : NULL;
	int fd;

	if (!copy) {
		snprintf(err, errlen, "%s: cannot be kept open: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	fd = open_path(path);
	if (fd < 0) {
		int error = -errno;

		snprintf(err, errlen, "%s: cannot be opened: %s", path, strerror(-error));
		free(copy);
		return error;
	}
	kept[kept_count].path = copy;
	kept[kept_count++].fd = fd;
	return 0;
}

int file_open(const char *path, uint64_t *size, char *err, size_t errlen)
{
	int fd = take_kept(path);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		int error = -errno;

		snprintf(err, errlen, "%s: cannot be opened: %s", path, strerror(-error));
		if (fd >= 0)
			close(fd);
		return error;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(err, errlen, "%s: not a regular file; give a file", path);
		close(fd);
		return -EINVAL;
	}
	*size = (uint64_t)status.st_size;
	return fd;
}

int file_read(int fd, const char *path, void *buf, uint64_t size, char *err, size_t errlen)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, (char *)buf + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			snprintf(err, errlen, "%s: cannot be read: %s", path,
				 got < 0 ? strerror(errno) : "it has become shorter");
			return got < 0 ? -errno : -EIO;
		}
		done += (uint64_t)got;
	}
	return 0;
}
