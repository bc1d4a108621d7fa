#include "board/common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int grow(struct file *file, size_t *capacity)
{
	size_t bigger = *capacity == 0 ? 65536 : *capacity * 2;
	uint8_t *bytes = realloc(file->bytes, bigger);

	if (bytes == NULL)
		return -ENOMEM;
	file->bytes = bytes;
	*capacity = bigger;
	return 0;
}

static int read_all(int fd, size_t limit, struct file *file)
{
	size_t capacity = 0;

	for (;;) {
		ssize_t got;

		if (file->size == capacity && grow(file, &capacity) != 0)
			return -ENOMEM;
		got = read(fd, file->bytes + file->size, capacity - file->size);
		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		file->size += (size_t)got;
		if (file->size > limit)
			return -EFBIG;
	}
}

int file_read(const char *path, size_t limit, struct file *file, struct board_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int result;

	memset(file, 0, sizeof(*file));
	if (fd < 0)
		return board_fail(error, errno, "%s: %s", path, strerror(errno));
	result = read_all(fd, limit, file);
	close(fd);
	if (result == 0)
		return 0;
	file_free(file);
	if (result == -EFBIG)
		return board_fail(error, EFBIG, "%s: larger than %zu bytes; is it the right file?",
				  path, limit);
	return board_fail(error, -result, "%s: %s", path, strerror(-result));
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, bytes, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		size -= (size_t)put;
	}
	return 0;
}

int file_write(const char *path, const uint8_t *bytes, size_t size, struct board_error *error)
{
	char temporary[4096];
	int fd, result;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return board_fail(error, ENAMETOOLONG, "%.60s...: %s", path,
				  strerror(ENAMETOOLONG));
	fd = mkstemp(temporary);
	if (fd < 0)
		return board_fail(error, errno, "%s: %s", path, strerror(errno));
	result = write_all(fd, bytes, size);
	if (result == 0 && fchmod(fd, 0644) != 0)
		result = -errno;
	if (close(fd) != 0 && result == 0)
		result = -errno;
	if (result == 0 && rename(temporary, path) != 0)
		result = -errno;
	if (result != 0) {
		unlink(temporary);
		return board_fail(error, -result, "%s: %s", path, strerror(-result));
	}
	return 0;
}

void file_free(struct file *file)
{
	free(file->bytes);
	file->bytes = NULL;
	file->size = 0;
}
