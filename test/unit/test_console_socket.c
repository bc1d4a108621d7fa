/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console at which users attach and detach.
 */
/* sources: bhyve/backend/console.c bhyve/backend/console_open.c bhyve/backend/terminal.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
/* sources: test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c bhyve/config.c bhyve/config_file.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bhyve/backend/console.h"
#include "bhyve/backend/console_socket.h"
#include "bhyve/mevent.h"
#include "fake_vm.h"

static struct console *console;
static char directory[32];
static struct sockaddr_un address;
static unsigned events;

static void on_event(unsigned what, void *arg)
{
	(void)arg;
	events |= what;
}

static void open_console(void)
{
	char description[sizeof(address.sun_path) + 8], err[256];

	snprintf(description, sizeof(description), "socket:%s", address.sun_path);
	if (console_open(description, on_event, NULL, &console, err, sizeof(err)))
		fail_msg("%s", err);
}

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	events = 0;
	strcpy(directory, "/tmp/attach-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/console", directory);
	open_console();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	console_close(console);
	fake_vm_stop();
	return rmdir(directory);
}

static int attach(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fake_settle();
	return fd;
}

static void print(const char *text)
{
	assert_int_equal(console_write(console, text, strlen(text)), strlen(text));
}

static bool has_more(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) > 0;
}

/* All that has been sent to the client and not been read. */
static size_t read_all(int fd, char *out, size_t room)
{
	size_t done = 0;

	while (done < room && has_more(fd)) {
		ssize_t got = read(fd, out + done, room - done);

		assert_true(got >= 0);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return done;
}

static void expect_output(int fd, const char *wanted)
{
	char bytes[4096];

	bytes[read_all(fd, bytes, sizeof(bytes) - 1)] = '\0';
	bytes[strlen(wanted)] = '\0';
	assert_string_equal(bytes, wanted);
}

static bool typed(void *arg)
{
	(void)arg;
	return events & CONSOLE_READABLE;
}

static void expect_input(const char *wanted)
{
	char bytes[64];
	size_t got;

	assert_true(fake_wait(typed, NULL));
	events = 0;
	got = console_read(console, bytes, sizeof(bytes));
	assert_int_equal(got, strlen(wanted));
	assert_memory_equal(bytes, wanted, got);
}

static void one_who_attaches_sees_what_came_before(void **state)
{
	int fd;

	(void)state;
	print("login: ");
	fd = attach();
	expect_output(fd, "login: ");
	print("root\r\n");
	expect_output(fd, "root\r\n");
	close(fd);
}

static void the_last_lines_are_shown_and_the_first_of_them_is_whole(void **state)
{
	static char bytes[CONSOLE_SOCKET_KEPT];
	unsigned number, last = 20000;
	size_t length;
	int fd;

	(void)state;
	for (unsigned i = 0; i <= last; i++) {
		char line[16];

		snprintf(line, sizeof(line), "%u\r\n", i);
		print(line);
	}
	fd = attach();
	length = read_all(fd, bytes, sizeof(bytes) - 1);
	bytes[length] = '\0';
	assert_in_range(length, CONSOLE_SOCKET_SHOWN - 16, CONSOLE_SOCKET_SHOWN);
	assert_int_equal(sscanf(bytes, "%u\r\n", &number), 1);
	assert_in_range(number, 10000, last);
	for (char *line = bytes; *line; line = strchr(line, '\n') + 1, number++)
		assert_int_equal(strtoul(line, NULL, 10), number);
	assert_int_equal(number, last + 1);
	close(fd);
}

static void the_guest_never_waits_for_a_reader(void **state)
{
	static char text[4096];
	int fd = attach();

	(void)state;
	memset(text, '.', sizeof(text));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(console_write(console, text, sizeof(text)), sizeof(text));
	assert_true(console_connected(console));
	close(fd);
}

static void a_slow_reader_loses_the_oldest_and_gets_the_newest(void **state)
{
	static char text[4096], bytes[1 << 20];
	int fd = attach();
	size_t got, all = 0;

	(void)state;
	memset(text, '.', sizeof(text));
	for (int i = 0; i < 1000; i++)
		console_write(console, text, sizeof(text));
	print("the end");
	do {
		got = read_all(fd, bytes, sizeof(bytes) - 1);
		all += got;
		if (got)
			memmove(text, bytes + (got < 7 ? 0 : got - 7), 7);
		fake_settle();
	} while (got);
	assert_in_range(all, CONSOLE_SOCKET_KEPT, 1000 * sizeof(text) - 1);
	assert_memory_equal(text, "the end", 7);
	close(fd);
}

static void who_detaches_may_attach_again(void **state)
{
	int fd = attach();

	(void)state;
	console_want(console, true, false);
	expect_output(fd, "");
	assert_int_equal(write(fd, "one", 3), 3);
	expect_input("one");
	close(fd);
	fake_settle();
	print("meanwhile\n");
	fd = attach();
	expect_output(fd, "meanwhile\n");
	assert_int_equal(write(fd, "two", 3), 3);
	expect_input("two");
	close(fd);
}

static void several_see_the_same_and_all_may_type(void **state)
{
	int first = attach(), second = attach();

	(void)state;
	console_want(console, true, false);
	print("hello\n");
	expect_output(first, "hello\n");
	expect_output(second, "hello\n");
	assert_int_equal(write(second, "b", 1), 1);
	expect_input("b");
	assert_int_equal(write(first, "a", 1), 1);
	expect_input("a");
	close(first);
	fake_settle();
	print("still\n");
	expect_output(second, "still\n");
	close(second);
}

static void one_too_many_is_told_so(void **state)
{
	int fds[CONSOLE_SOCKET_CLIENTS + 1];

	(void)state;
	for (unsigned i = 0; i <= CONSOLE_SOCKET_CLIENTS; i++)
		fds[i] = attach();
	expect_output(fds[CONSOLE_SOCKET_CLIENTS],
		      "bhyve: as many as can be are at this console already\r\n");
	close(fds[0]);
	fake_settle();
	close(fds[CONSOLE_SOCKET_CLIENTS]);
	print("x");
	fds[0] = attach();
	expect_output(fds[0], "x");
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		close(fds[i]);
}

static void what_is_typed_waits_until_the_guest_reads(void **state)
{
	int fd = attach();

	(void)state;
	assert_int_equal(write(fd, "early", 5), 5);
	close(fd);
	fake_settle();
	assert_int_equal(events, 0);
	console_want(console, true, false);
	expect_input("early");
	/* the client is gone, and its descriptor with it */
	fake_settle();
	fd = attach();
	print("new");
	expect_output(fd, "new");
	close(fd);
}

static void input_may_end_while_output_goes_on(void **state)
{
	char byte;
	int fd = attach();

	(void)state;
	console_want(console, true, false);
	assert_int_equal(write(fd, "ls\n", 3), 3);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	expect_input("ls\n");
	fake_settle();
	assert_int_equal(console_read(console, &byte, 1), 0);
	print("file\n");
	expect_output(fd, "file\n");
	close(fd);
}

static mode_t mode_of_socket(void)
{
	struct stat st;

	assert_int_equal(stat(address.sun_path, &st), 0);
	return st.st_mode & 0777;
}

static void only_its_owner_may_attach_or_the_group_of_a_shared_directory(void **state)
{
	(void)state;
	assert_int_equal(mode_of_socket(), 0600);
	console_close(console);
	assert_int_equal(chmod(directory, 02750), 0);
	open_console();
	assert_int_equal(mode_of_socket(), 0660);
}

static void a_path_in_use_is_refused(void **state)
{
	char description[sizeof(address.sun_path) + 8], err[256] = "";
	struct console *other;

	(void)state;
	snprintf(description, sizeof(description), "socket:%s", address.sun_path);
	assert_int_equal(console_open(description, on_event, NULL, &other, err, sizeof(err)),
			 -EADDRINUSE);
	assert_non_null(strstr(err, "another process listens there"));
	assert_int_equal(console_open("socket:", on_event, NULL, &other, err, sizeof(err)),
			 -ENAMETOOLONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_who_attaches_sees_what_came_before),
		TEST(the_last_lines_are_shown_and_the_first_of_them_is_whole),
		TEST(the_guest_never_waits_for_a_reader),
		TEST(a_slow_reader_loses_the_oldest_and_gets_the_newest),
		TEST(who_detaches_may_attach_again),
		TEST(several_see_the_same_and_all_may_type),
		TEST(one_too_many_is_told_so),
		TEST(what_is_typed_waits_until_the_guest_reads),
		TEST(input_may_end_while_output_goes_on),
		TEST(only_its_owner_may_attach_or_the_group_of_a_shared_directory),
		TEST(a_path_in_use_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
