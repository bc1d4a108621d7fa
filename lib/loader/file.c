// SPDX-License-Identifier: BSD-2-Clause
/* Reading files. */
#include "lib/loader/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, uint64_t *size, char *err, size_t errlen)
{
	/* O_NONBLOCK: a FIFO must not hang us */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
