// SPDX-License-Identifier: BSD-2-Clause
/*
 * Consoles: pseudo terminals, the user's terminal and its keys. (Unix sockets: test_pl011.c and
 * test_virtio_console.c.)
 */
/* sources: bhyve/backend/console.c bhyve/backend/console_open.c bhyve/backend/terminal.c */
/* sources: test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c bhyve/config.c bhyve/config_file.c */
/* sources: bhyve/backend/console_socket.c bhyve/backend/unix_socket.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "bhyve/backend/console.h"
#include "bhyve/backend/console_open.h"
#include "bhyve/backend/terminal.h"
#include "bhyve/mevent.h"
#include "fake_vm.h"

static struct console *console;
static unsigned events;
static unsigned quits;

static void on_event(unsigned what, void *arg)
{
	(void)arg;
	events |= what;
}

static void on_quit(void)
{
	quits++;
}

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	events = quits = 0;
	console = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	console_close(console);
	fake_vm_stop();
	return 0;
}

static void open_console(const char *description)
{
	char err[256];

	if (console_open(description, on_event, NULL, &console, err, sizeof(err)))
		fail_msg("%s", err);
}

static bool changed(void *arg)
{
	(void)arg;
	return events & CONSOLE_CHANGED;
}

static bool readable(void *arg)
{
	(void)arg;
	return events & CONSOLE_READABLE;
}

/* ---- pty ---- */

/* Opens the other end of the pty that was reported. */
static int open_other_end(void)
{
	const char *name = strstr(fake_report, "/dev/pts/");
	int fd;

	assert_non_null(name);
	fd = open(name, O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	return fd;
}

static void pty_without_a_reader_drops_output(void **state)
{
	static const char text[4096];

	(void)state;
	open_console("pty");
	assert_false(console_connected(console));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(console_write(console, text, sizeof(text)), sizeof(text));
}

static void pty_carries_bytes_both_ways(void **state)
{
	char bytes[16];
	int fd;

	(void)state;
	open_console("pty");
	console_want(console, true, false);
	fd = open_other_end();
	assert_true(fake_wait(changed, NULL));
	assert_true(console_connected(console));
	assert_int_equal(console_write(console, "to\r\n", 4), 4);
	assert_int_equal(read(fd, bytes, sizeof(bytes)), 4);
	assert_memory_equal(bytes, "to\r\n", 4);
	assert_int_equal(write(fd, "from\003", 5), 5);
	assert_true(fake_wait(readable, NULL));
	assert_int_equal(console_read(console, bytes, sizeof(bytes)), 5);
	assert_memory_equal(bytes, "from\003", 5);
	assert_int_equal(console_read(console, bytes, sizeof(bytes)), 0);
	close(fd);
}

static void pty_can_be_closed_and_opened_again(void **state)
{
	char byte;
	int fd;

	(void)state;
	open_console("pty");
	console_want(console, true, false);
	fd = open_other_end();
	assert_true(fake_wait(changed, NULL));
	events = 0;
	close(fd);
	assert_true(fake_wait(changed, NULL));
	assert_false(console_connected(console));
	events = 0;
	fd = open_other_end();
	assert_true(fake_wait(changed, NULL));
	assert_int_equal(console_write(console, "!", 1), 1);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, '!');
	close(fd);
}

static void full_pty_makes_the_writer_wait(void **state)
{
	char bytes[65536] = { 0 };
	size_t done = 0, part;
	int fd;

	(void)state;
	open_console("pty");
	fd = open_other_end();
	assert_true(fake_wait(changed, NULL));
	do {
		part = console_write(console, bytes, sizeof(bytes));
		done += part;
	} while (part > 0 ||
		 console_wait_writable(console, 100)); /* the kernel moves it on meanwhile */
	while (done > 0) {
		ssize_t got = read(fd, bytes, sizeof(bytes));

		assert_true(got > 0);
		done -= (size_t)got;
	}
	assert_true(console_wait_writable(console, 1000));
	close(fd);
}

static void a_pty_that_is_closed_while_nothing_is_read_is_noticed(void **state)
{
	int fd;

	(void)state;
	open_console("pty");
	fd = open_other_end();
	assert_true(fake_wait(changed, NULL));
	events = 0;
	close(fd);
	assert_true(fake_wait(changed, NULL));
	assert_false(console_connected(console));
}

/* ---- Unix sockets ---- */

static char directory[32];

static int connect_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char description[sizeof(address.sun_path) + 8];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(directory, "/tmp/console-XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", directory);
	snprintf(description, sizeof(description), "unix:%s", address.sun_path);
	open_console(description);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(fake_wait(changed, NULL));
	assert_true(console_connected(console));
	events = 0;
	return fd;
}

static void close_socket_console(void)
{
	console_close(console);
	console = NULL;
	assert_int_equal(rmdir(directory), 0);
}

static void a_client_that_leaves_while_nothing_is_read_is_noticed(void **state)
{
	int fd = connect_client();

	(void)state;
	close(fd);
	assert_true(fake_wait(changed, NULL));
	assert_false(console_connected(console));
	close_socket_console();
}

static bool hangs_up_once(void *arg)
{
	(void)arg;
	return mevent_poll(0) == 0 && console->hung_up;
}

static void what_a_client_sent_before_it_left_waits_for_the_reader(void **state)
{
	int fd = connect_client();
	char bytes[8];

	(void)state;
	assert_int_equal(write(fd, "last", 4), 4);
	close(fd);
	assert_true(fake_wait(hangs_up_once, NULL));
	assert_true(console_connected(console));
	console_want(console, true, false);
	assert_true(fake_wait(readable, NULL));
	assert_int_equal(console_read(console, bytes, sizeof(bytes)), 4);
	assert_memory_equal(bytes, "last", 4);
	assert_int_equal(console_read(console, bytes, sizeof(bytes)), 0);
	assert_true(fake_wait(changed, NULL));
	assert_false(console_connected(console));
	close_socket_console();
}

/* ---- null ---- */

static void null_takes_everything_and_gives_nothing(void **state)
{
	char byte;

	(void)state;
	open_console("null");
	assert_int_equal(console_write(console, "abc", 3), 3);
	assert_int_equal(console_read(console, &byte, 1), 0);
	assert_false(console_connected(console));
}

/* ---- the user's keys ---- */

static size_t filter(struct terminal_keys *keys, const char *in, char *out)
{
	size_t length = strlen(in);

	memcpy(out, in, length);
	length = terminal_filter(keys, (uint8_t *)out, length);
	out[length] = '\0';
	return length;
}

static void keys_go_to_the_guest(void **state)
{
	struct terminal_keys keys = { 0 };
	char out[64];

	(void)state;
	filter(&keys, "ls\r\003\032\033[A", out);
	assert_string_equal(out, "ls\r\003\032\033[A");
}

static void escape_and_x_ends_the_machine(void **state)
{
	struct terminal_keys keys = { 0 };
	char out[64];

	(void)state;
	terminal_on_quit(on_quit);
	filter(&keys, "a\001xb", out);
	assert_int_equal(quits, 1);
	assert_string_equal(out, "ab");
}

static void escape_may_be_cut_from_its_command(void **state)
{
	struct terminal_keys keys = { 0 };
	char out[64];

	(void)state;
	terminal_on_quit(on_quit);
	assert_int_equal(filter(&keys, "\001", out), 0);
	assert_int_equal(quits, 0);
	assert_int_equal(filter(&keys, "x", out), 0);
	assert_int_equal(quits, 1);
}

static void escape_twice_is_the_key_itself(void **state)
{
	struct terminal_keys keys = { 0 };
	char out[64];

	(void)state;
	filter(&keys, "\001\001-\001a", out);
	assert_string_equal(out, "\001-\001");
	assert_int_equal(quits, 0);
}

static void escape_and_h_prints_help(void **state)
{
	struct terminal_keys keys = { 0 };
	char out[64];

	(void)state;
	assert_int_equal(filter(&keys, "\001h", out), 0);
	assert_non_null(strstr(fake_report, "Ctrl-A"));
}

static void escape_and_another_key_is_that_key(void **state)
{
	struct terminal_keys keys = { 0 };
	char out[64];

	(void)state;
	filter(&keys, "\001z", out);
	assert_string_equal(out, "z");
}

/* ---- the user's terminal: this process's standard input and output become a pty ---- */

static void terminal_is_raw_while_the_machine_runs(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int saved[2] = { dup(0), dup(1) };
	struct termios before, during, after;
	char bytes[8];
	int slave;

	(void)state;
	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	tcgetattr(slave, &before);
	fflush(stdout);
	dup2(slave, 0);
	dup2(slave, 1);
	terminal_on_quit(on_quit);
	open_console("stdio");
	console_want(console, true, false);
	tcgetattr(slave, &during);
	assert_int_equal(write(master, "k\001xl", 4), 4);
	assert_true(fake_wait(readable, NULL));
	assert_int_equal(console_read(console, bytes, sizeof(bytes)), 2);
	assert_int_equal(console_write(console, "out", 3), 3);
	console_close(console);
	console = NULL;
	tcgetattr(slave, &after);
	dup2(saved[0], 0);
	dup2(saved[1], 1);

	assert_memory_equal(bytes, "kl", 2);
	assert_int_equal(quits, 1);
	assert_int_equal(read(master, bytes, sizeof(bytes)), 3);
	assert_memory_equal(bytes, "out", 3);
	assert_false(during.c_lflag & (ICANON | ECHO | ISIG));
	assert_int_equal(after.c_lflag, before.c_lflag);
	assert_int_equal(after.c_iflag, before.c_iflag);
	assert_int_equal(after.c_oflag, before.c_oflag);
	assert_non_null(strstr(fake_report, "Ctrl-A x"));
	close(slave);
	close(master);
	close(saved[0]);
	close(saved[1]);
}

static void two_devices_cannot_have_standard_input(void **state)
{
	struct console *second;
	char err[256];

	(void)state;
	open_console("stdio");
	assert_true(console_open("stdio", on_event, NULL, &second, err, sizeof(err)) < 0);
	assert_string_equal(err, "stdio: two devices want it; give one of them pty or unix:PATH");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pty_without_a_reader_drops_output),
		TEST(pty_carries_bytes_both_ways),
		TEST(pty_can_be_closed_and_opened_again),
		TEST(full_pty_makes_the_writer_wait),
		TEST(a_pty_that_is_closed_while_nothing_is_read_is_noticed),
		TEST(a_client_that_leaves_while_nothing_is_read_is_noticed),
		TEST(what_a_client_sent_before_it_left_waits_for_the_reader),
		TEST(null_takes_everything_and_gives_nothing),
		TEST(keys_go_to_the_guest),
		TEST(escape_and_x_ends_the_machine),
		TEST(escape_may_be_cut_from_its_command),
		TEST(escape_twice_is_the_key_itself),
		TEST(escape_and_h_prints_help),
		TEST(escape_and_another_key_is_that_key),
		TEST(terminal_is_raw_while_the_machine_runs),
		TEST(two_devices_cannot_have_standard_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
