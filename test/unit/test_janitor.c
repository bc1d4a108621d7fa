// SPDX-License-Identifier: BSD-2-Clause
/*
 * The process that removes what bhyve's sandbox cannot.
 *
 * sources: bhyve/janitor.c
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bhyve/janitor.h"
#include "lib/vmmapi/vmmapi.h"

static char folder[] = "/tmp/test_janitor.XXXXXX";
static char socket_path[64], other_path[64], inner[64];

/* In the janitor's process: the name is left in a file. */
int vm_destroy(const char *name)
{
	int fd = open(inner, O_WRONLY | O_CREAT, 0600);

	(void)!write(fd, name, strlen(name));
	close(fd);
	return -ENXIO;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void touch(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT, 0600));
}

/* The janitor is a child of ours, which ends. */
static void await_end(void)
{
	int status;

	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

static int set_up(void **state)
{
	(void)state;
	touch(socket_path);
	touch(other_path);
	unlink(inner);
	return janitor_start("vm7");
}

static void what_was_noted_is_removed_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(janitor_note_file(socket_path), 0);
	assert_int_equal(janitor_note_folder(folder), 0);
	assert_false(janitor_ready());
	assert_int_equal(janitor_seal(), 0);
	assert_true(janitor_ready());
	assert_int_equal(janitor_finish(false), 0);
	assert_false(janitor_ready());
	await_end();
	assert_false(is_there(socket_path));
	assert_true(is_there(other_path)); /* and so the folder */
	assert_false(is_there(inner));
}

static void nothing_is_noted_after_the_seal(void **state)
{
	(void)state;
	assert_int_equal(janitor_note_file(socket_path), 0);
	assert_int_equal(janitor_seal(), 0);
	assert_int_equal(janitor_note_file(other_path), -EPERM);
	assert_int_equal(janitor_finish(false), 0);
	await_end();
	assert_true(is_there(other_path));
}

static void the_one_virtual_machine_is_destroyed_where_that_is_wanted(void **state)
{
	char name[8] = "";
	int fd;

	(void)state;
	assert_int_equal(janitor_seal(), 0);
	assert_int_equal(janitor_finish(true), -ENXIO);
	await_end();
	fd = open(inner, O_RDONLY);
	assert_int_equal(read(fd, name, sizeof(name)), 3);
	assert_string_equal(name, "vm7");
	close(fd);
}

/* A bhyve of its own process, with a lock that it had before. */
static void a_killed_bhyve_leaves_everything_and_no_janitor(void **state)
{
	int alive[2], status, fd;
	char byte;
	pid_t bhyve;

	(void)state;
	janitor_seal();
	janitor_finish(false); /* of set_up */
	await_end();
	touch(socket_path);
	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	bhyve = fork();
	if (bhyve == 0) {
		fd = open(other_path, O_RDWR);
		if (flock(fd, LOCK_EX) || janitor_start("vm7") || janitor_note_file(socket_path) ||
		    janitor_seal())
			_exit(1);
		_exit(9); /* as if killed: not a word to the janitor */
	}
	close(alive[1]);
	assert_int_equal(waitpid(bhyve, &status, 0), bhyve);
	assert_int_equal(WEXITSTATUS(status), 9);
	fd = open(other_path, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(read(alive[0], &byte, 1), 0);
	assert_true(is_there(socket_path));
	close(fd);
	close(alive[0]);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	snprintf(other_path, sizeof(other_path), "%s/other", folder);
	snprintf(inner, sizeof(inner), "%s/destroyed", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(socket_path);
	unlink(other_path);
	unlink(inner);
	return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_noted_is_removed_and_nothing_else),
		TEST(nothing_is_noted_after_the_seal),
		TEST(the_one_virtual_machine_is_destroyed_where_that_is_wanted),
		TEST(a_killed_bhyve_leaves_everything_and_no_janitor),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
