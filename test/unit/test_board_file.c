/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the board's tools write: files are replaced whole, links stay, and devices are never
 * replaced by files. */
/* sources: board/common/error.c board/common/file.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "board/common/file.h"

#define BYTES ((const uint8_t *)"new bytes")
#define SIZE  9u

static char folder[] = "/tmp/test-board-file.XXXXXX";
static char target[64], link_name[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(target, sizeof(target), "%s/target", folder);
	snprintf(link_name, sizeof(link_name), "%s/link", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(target);
	unlink(link_name);
	/* Not empty: a temporary file was left. */
	return rmdir(folder);
}

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode;
}

static void assert_content(const char *path, const char *content)
{
	struct file file;

	assert_int_equal(file_read(path, 100, &file, NULL), 0);
	assert_int_equal(file.size, strlen(content));
	assert_memory_equal(file.bytes, content, file.size);
	file_free(&file);
}

static void put_old(mode_t mode)
{
	int fd = open(target, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "old", 3), 3);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void new_file_has_the_mode_that_the_umask_leaves(void **state)
{
	mode_t old = umask(0027);

	(void)state;
	assert_int_equal(file_write(target, BYTES, SIZE, NULL), 0);
	umask(old);
	assert_int_equal(mode_of(target), S_IFREG | 0640);
	assert_content(target, "new bytes");
}

static void old_file_is_replaced_and_its_mode_stays(void **state)
{
	struct stat before, after;

	(void)state;
	put_old(0604);
	assert_int_equal(stat(target, &before), 0);
	assert_int_equal(file_write(target, BYTES, SIZE, NULL), 0);
	assert_int_equal(stat(target, &after), 0);
	assert_int_equal(after.st_mode, S_IFREG | 0604);
	assert_int_not_equal(before.st_ino, after.st_ino);
	assert_content(target, "new bytes");
}

static void file_that_a_link_names_is_replaced_and_the_link_stays(void **state)
{
	(void)state;
	put_old(0644);
	assert_int_equal(symlink("target", link_name), 0);
	assert_int_equal(file_write(link_name, BYTES, SIZE, NULL), 0);
	assert_true(S_ISLNK(mode_of(link_name)));
	assert_true(S_ISREG(mode_of(target)));
	assert_content(target, "new bytes");
}

static void link_to_nothing_is_refused_and_stays(void **state)
{
	struct board_error error;

	(void)state;
	assert_int_equal(symlink("target", link_name), 0);
	assert_int_equal(file_write(link_name, BYTES, SIZE, &error), -ENOENT);
	assert_non_null(strstr(error.text, "link: a symbolic link to what does not exist"));
	assert_true(S_ISLNK(mode_of(link_name)));
}

static void pipe_is_written_to_and_stays_a_pipe(void **state)
{
	char copy[SIZE];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(target, 0600), 0);
	fd = open(target, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(symlink("target", link_name), 0);
	assert_int_equal(file_write(link_name, BYTES, SIZE, NULL), 0);
	assert_int_equal(read(fd, copy, sizeof(copy)), SIZE);
	assert_memory_equal(copy, BYTES, SIZE);
	close(fd);
	assert_true(S_ISFIFO(mode_of(target)));
	assert_true(S_ISLNK(mode_of(link_name)));
}

/* What a program says on /dev/stdout, whatever that is */
static void standard_output_by_its_name_is_written_to(void **state)
{
	char copy[SIZE], path[32];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	assert_int_equal(file_write(path, BYTES, SIZE, NULL), 0);
	assert_int_equal(read(fds[0], copy, sizeof(copy)), SIZE);
	assert_memory_equal(copy, BYTES, SIZE);
	close(fds[0]);
	close(fds[1]);
}

static void device_node_is_written_to_and_stays_a_node(void **state)
{
	(void)state;
	/* The null device. Disks are in test/system/test_board_image.py. */
	if (mknod(target, S_IFCHR | 0666, makedev(1, 3)) != 0) {
		print_message("not allowed to make device nodes: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(file_write(target, BYTES, SIZE, NULL), 0);
	assert_true(S_ISCHR(mode_of(target)));
}

static void raw_flash_is_refused_before_it_is_opened(void **state)
{
	struct board_error error;

	(void)state;
	/* /dev/mtd0, which need not be there */
	if (mknod(target, S_IFCHR | 0666, makedev(90, 0)) != 0) {
		print_message("not allowed to make device nodes: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(file_write(target, BYTES, SIZE, &error), -ENOTSUP);
	assert_non_null(strstr(error.text, "has to be erased first"));
	assert_true(S_ISCHR(mode_of(target)));
}

static void folder_is_refused(void **state)
{
	struct board_error error;

	(void)state;
	assert_int_equal(file_write(folder, BYTES, SIZE, &error), -EISDIR);
	assert_non_null(strstr(error.text, "Is a directory"));
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

static void output_that_does_not_all_arrive_is_a_failure(void **state)
{
	FILE *stream = fopen("/dev/full", "w");
	struct board_error error;

	(void)state;
	assert_non_null(stream);
	assert_int_equal(file_flush(stream, "output", &error), 0);
	fprintf(stream, "a line\n");
	assert_int_equal(file_flush(stream, "output", &error), -ENOSPC);
	assert_string_equal(error.text, "output: No space left on device");
	fclose(stream);
	/* Also where it was the stream itself that found out, some lines ago. */
	stream = fopen("/dev/full", "w");
	assert_non_null(stream);
	assert_int_equal(setvbuf(stream, NULL, _IONBF, 0), 0);
	fputc('x', stream);
	assert_int_equal(file_flush(stream, "output", &error), -EIO);
	fclose(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(new_file_has_the_mode_that_the_umask_leaves),
		FILE_TEST(old_file_is_replaced_and_its_mode_stays),
		FILE_TEST(file_that_a_link_names_is_replaced_and_the_link_stays),
		FILE_TEST(link_to_nothing_is_refused_and_stays),
		FILE_TEST(pipe_is_written_to_and_stays_a_pipe),
		FILE_TEST(standard_output_by_its_name_is_written_to),
		FILE_TEST(device_node_is_written_to_and_stays_a_node),
		FILE_TEST(raw_flash_is_refused_before_it_is_opened),
		FILE_TEST(folder_is_refused),
		FILE_TEST(output_that_does_not_all_arrive_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
