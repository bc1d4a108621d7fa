/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TEMPORARY_SUFFIX ".XXXXXX"
/* Bytes that are read back at once */
#define COMPARE_UNIT	 65536u

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

/* whole: where there is more than the limit, that is an error. */
static int read_all(int fd, size_t limit, bool whole, struct file *file)
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
		if (file->size > limit && whole)
			return -EFBIG;
		if (file->size >= limit && !whole) {
			file->size = limit;
			return 0;
		}
	}
}

int file_read(const char *path, size_t limit, struct file *file, struct board_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	int result;

	memset(file, 0, sizeof(*file));
	if (fd < 0)
		return board_fail(error, errno, "%s: %s", path, strerror(errno));
	/* Of a disk, what lies at its beginning is meant. */
	result = fstat(fd, &status) != 0 ? -errno
					 : read_all(fd, limit, !S_ISBLK(status.st_mode), file);
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
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		bytes += put;
		size -= (size_t)put;
	}
	return 0;
}

/* The mode of the file that is replaced, or what the user's umask leaves of a new one's. */
static mode_t mode_of(const char *path)
{
	struct stat old;
	mode_t mask;

	if (stat(path, &old) == 0)
		return old.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* A new file beside the old one, renamed over it once it is whole and on the disk. */
static int write_regular(const char *path, const uint8_t *bytes, size_t size,
			 struct board_error *error)
{
	size_t length = strlen(path) + sizeof(TEMPORARY_SUFFIX);
	char *temporary = malloc(length);
	int fd, result;

	if (temporary == NULL)
		return board_fail(error, ENOMEM, "%s: out of memory", path);
	snprintf(temporary, length, "%s" TEMPORARY_SUFFIX, path);
	fd = mkstemp(temporary);
	if (fd < 0) {
		result = -errno;
		free(temporary);
		return board_fail(error, -result, "%s: %s", path, strerror(-result));
	}
	result = write_all(fd, bytes, size);
	if (result == 0 && (fchmod(fd, mode_of(path)) != 0 || fsync(fd) != 0))
		result = -errno;
	if (close(fd) != 0 && result == 0)
		result = -errno;
	if (result == 0 && rename(temporary, path) != 0)
		result = -errno;
	if (result != 0) {
		unlink(temporary);
		board_fail(error, -result, "%s: %s", path, strerror(-result));
	}
	free(temporary);
	return result;
}

/* Raw flash cannot be overwritten, only erased and then written: half of the old bits would stay.
 */
static bool is_raw_flash(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && major(status->st_rdev) == MTD_CHAR_MAJOR;
}

static int check_room(int fd, const char *path, size_t size, struct board_error *error)
{
	off_t room = lseek(fd, 0, SEEK_END);

	if (room < 0 || lseek(fd, 0, SEEK_SET) != 0)
		return board_fail(error, errno, "%s: its size cannot be told: %s", path,
				  strerror(errno));
	if ((uint64_t)room < size)
		return board_fail(error, ENOSPC,
				  "%s: has %lld bytes, %zu are needed: nothing was written", path,
				  (long long)room, size);
	return 0;
}

/* A disk that is read-only can be opened for writing all the same; the first write would fail. */
static int check_writable(int fd, const char *path, struct board_error *error)
{
	int read_only = 0;

	if (ioctl(fd, BLKROGET, &read_only) != 0 || read_only == 0)
		return 0;
	return board_fail(error, EROFS,
			  "%s: read-only: nothing was written; an eMMC's boot partition is until 0 "
			  "is written to its force_ro in /sys/block",
			  path);
}

/* Compare the device with bytes, past what the kernel remembers of having written it. */
static int read_back(int fd, const char *path, const uint8_t *bytes, size_t size,
		     struct board_error *error)
{
	uint8_t *copy = malloc(COMPARE_UNIT);
	int result = copy == NULL ? -ENOMEM : 0;
	size_t at = 0;

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	while (result == 0 && at < size) {
		size_t unit = size - at < COMPARE_UNIT ? size - at : COMPARE_UNIT;
		ssize_t got = pread(fd, copy, unit, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			result = got < 0 ? -errno : -EIO;
		else if (memcmp(copy, bytes + at, (size_t)got) != 0)
			result = -EIO;
		else
			at += (size_t)got;
	}
	free(copy);
	if (result == 0)
		return 0;
	return board_fail(error, -result,
			  "%s: what is read back from byte %zu on is not what was written: do not "
			  "boot from it; is it write-protected, or worn out?",
			  path, at);
}

/* A disk in use (mounted, or part of another) cannot be opened exclusively. */
static int write_disk(const char *path, const uint8_t *bytes, size_t size,
		      struct board_error *error)
{
	int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC), result;

	if (fd < 0)
		return board_fail(error, errno, "%s: %s", path,
				  errno == EBUSY ? "in use; unmount what is on it first"
						 : strerror(errno));
	result = check_writable(fd, path, error);
	if (result == 0)
		result = check_room(fd, path, size, error);
	if (result == 0) {
		result = write_all(fd, bytes, size);
		if (result == 0 && fsync(fd) != 0)
			result = -errno;
		if (result != 0)
			board_fail(error, -result, "%s: %s: part of it may be written", path,
				   strerror(-result));
		else
			result = read_back(fd, path, bytes, size, error);
	}
	if (close(fd) != 0 && result == 0)
		result = board_fail(error, errno, "%s: %s", path, strerror(errno));
	return result;
}

/* A pipe, a terminal: what is written there is gone. */
static int write_stream(const char *path, const uint8_t *bytes, size_t size,
			struct board_error *error)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), result;

	if (fd < 0)
		return board_fail(error, errno, "%s: %s", path, strerror(errno));
	result = write_all(fd, bytes, size);
	if (close(fd) != 0 && result == 0)
		result = -errno;
	return result == 0 ? 0 : board_fail(error, -result, "%s: %s", path, strerror(-result));
}

static int write_in_place(const char *path, const struct stat *status, const uint8_t *bytes,
			  size_t size, struct board_error *error)
{
	if (is_raw_flash(status))
		return board_fail(
			error, ENOTSUP,
			"%s: raw flash, which has to be erased first: write a file, and that "
			"with flashcp (package mtd-utils)",
			path);
	return S_ISBLK(status->st_mode) ? write_disk(path, bytes, size, error)
					: write_stream(path, bytes, size, error);
}

/* The file that a link names is replaced, not the link. */
static int write_through_link(const char *path, const uint8_t *bytes, size_t size,
			      struct board_error *error)
{
	char *real = realpath(path, NULL);
	int result;

	if (real == NULL)
		return board_fail(error, errno, "%s: %s", path, strerror(errno));
	result = write_regular(real, bytes, size, error);
	free(real);
	return result;
}

int file_write(const char *path, const uint8_t *bytes, size_t size, struct board_error *error)
{
	struct stat status;

	if (stat(path, &status) == 0)
		return S_ISREG(status.st_mode) ? write_through_link(path, bytes, size, error)
					       : write_in_place(path, &status, bytes, size, error);
	if (errno != ENOENT)
		return board_fail(error, errno, "%s: %s", path, strerror(errno));
	if (lstat(path, &status) == 0)
		return board_fail(error, ENOENT, "%s: a symbolic link to what does not exist",
				  path);
	return write_regular(path, bytes, size, error);
}

int file_flush(FILE *stream, const char *name, struct board_error *error)
{
	/* Of what failed before, the reason is gone. */
	bool failed = ferror(stream) != 0;

	if (fflush(stream) != 0)
		return board_fail(error, errno, "%s: %s", name, strerror(errno));
	return failed ? board_fail(error, EIO, "%s: %s", name, strerror(EIO)) : 0;
}

void file_free(struct file *file)
{
	free(file->bytes);
	file->bytes = NULL;
	file->size = 0;
}
