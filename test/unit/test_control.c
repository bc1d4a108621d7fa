/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket, asked as bhyvectl asks it: by libvmmapi.
 */
/* sources: bhyve/control.c bhyve/backend/unix_socket.c lib/vmmapi/process.c */
/* sources: lib/vmmapi/control.c test/unit/fake_vm.c bhyve/mevent.c bhyve/mmio.c */
/* sources: bhyve/config.c bhyve/config_file.c */
/* cflags: -DVM_RUN_DIR='"/tmp/bhyve-test-control"' -DVM_PATIENCE=1 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bhyve/backend/unix_socket.h"
#include "bhyve/control.h"
#include "bhyve/device.h"
#include "fake_vm.h"
#include "lib/vmmapi/vmmapi.h"

static const struct device_ops disk_ops = { .name = "virtio-blk" };
static const struct device_ops net_ops = { .name = "virtio-net" };
static const struct device disk = { .ops = &disk_ops, .slot = 0 };
static const struct device card = { .ops = &net_ops, .slot = 31 };

void devices_each_stat(device_stat_fn *visit, void *arg)
{
	visit(&disk, "read-requests", 7, arg);
	visit(&disk, "one-of-a-later-version", 1, arg);
	visit(&disk, "write-bytes", UINT64_MAX, arg);
	visit(&card, "transmit-drops", 0, arg);
}

int device_resize(unsigned slot, char *err, size_t errlen)
{
	if (slot == 3)
		return 0;
	snprintf(err, errlen, "slot %u: no device is there", slot);
	return -ENODEV;
}

static char name[32];

static int setup(void **state)
{
	(void)state;
	fake_vm_start();
	snprintf(name, sizeof(name), "vm%d", (int)getpid());
	control_open(name);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	control_close();
	rmdir(VM_RUN_DIR);
	fake_vm_stop();
	return 0;
}

static char directory[64];
static char told[512];

static void tell(const struct vm_device_stat *stat, void *arg)
{
	size_t length = strlen(told);

	(void)arg;
	snprintf(told + length, sizeof(told) - length, "%s %u %s %llu\n", stat->device, stat->slot,
		 vm_device_stat_name(stat->stat), (unsigned long long)stat->value);
}

/* The library waits for the answer, while the I/O loop is this thread's. */
static volatile int result;
static volatile bool answered;

static void *ask(void *arg)
{
	told[0] = '\0';
	result = vm_device_stats(arg, tell, NULL);
	answered = true;
	return NULL;
}

static bool is_answered(void *arg)
{
	(void)arg;
	return answered;
}

static void ask_device_stats(void)
{
	pthread_t thread;

	answered = false;
	assert_int_equal(pthread_create(&thread, NULL, ask, name), 0);
	assert_true(fake_wait(is_answered, NULL));
	pthread_join(thread, NULL);
}

static void counters_of_devices_are_told(void **state)
{
	(void)state;
	ask_device_stats();
	assert_int_equal(result, 0);
	assert_string_equal(told, "virtio-blk 0 read-requests 7\n"
				  "virtio-blk 0 write-bytes 18446744073709551615\n"
				  "virtio-net 31 transmit-drops 0\n");
}

/* Sends a request and returns the answer. */
static const char *request(const char *line)
{
	static char answer[512];
	int fd = vm_socket_connect(name, "control");
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
	fake_settle();
	got = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
	close(fd);
	if (got < 0)
		return "nothing";
	answer[got] = '\0';
	return answer;
}

static void what_is_no_request_is_an_error(void **state)
{
	char line[256];

	(void)state;
	assert_string_equal(request("reboot\n"), "error no such request\n");
	assert_string_equal(request("\n"), "error no such request\n");
	assert_string_equal(request("device-stats"), "nothing");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_string_equal(request(line), "nothing");
}

static char why[128];

static void *ask_resize(void *arg)
{
	result = vm_resize_disk(name, *(unsigned *)arg, why, sizeof(why));
	answered = true;
	return NULL;
}

static void resize(unsigned slot)
{
	pthread_t thread;

	answered = false;
	assert_int_equal(pthread_create(&thread, NULL, ask_resize, &slot), 0);
	assert_true(fake_wait(is_answered, NULL));
	pthread_join(thread, NULL);
}

static void a_disk_is_resized_or_the_reason_is_told(void **state)
{
	(void)state;
	resize(3);
	assert_int_equal(result, 0);
	resize(4);
	assert_int_equal(result, -EPROTO);
	assert_string_equal(why, "slot 4: no device is there");
	assert_string_equal(request("resize-disk 32\n"), "error not the number of a slot\n");
	assert_string_equal(request("resize-disk \n"), "error not the number of a slot\n");
	assert_string_equal(request("resize-disk 3x\n"), "error not the number of a slot\n");
}

static void those_who_send_nothing_keep_nobody_out(void **state)
{
	int fds[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		fds[i] = vm_socket_connect(name, "control");
		assert_true(fds[i] >= 0);
		fake_settle();
	}
	ask_device_stats();
	assert_int_equal(result, 0);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
}

static void after_the_end_nobody_answers(void **state)
{
	(void)state;
	control_close();
	assert_int_equal(vm_device_stats(name, tell, NULL), -ENOENT);
	assert_int_equal(access(VM_RUN_DIR, F_OK), 0);
	assert_int_equal(rmdir(VM_RUN_DIR), 0);
}

static void a_second_process_says_that_another_is_there(void **state)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int other;

	(void)state;
	control_close();
	assert_int_equal(vm_socket_path(name, "control", path, sizeof(path)), 0);
	snprintf(directory, sizeof(directory), "%s/%s", VM_RUN_DIR, name);
	assert_int_equal(mkdir(directory, 0700), 0);
	other = unix_listen(path);
	assert_true(other >= 0);
	control_open(name);
	assert_non_null(strstr(fake_report, "another process listens there"));
	close(other);
	unlink(path);
}

static void a_directory_of_somebody_elses_is_not_used(void **state)
{
	(void)state;
	control_close();
	snprintf(directory, sizeof(directory), "%s/%s", VM_RUN_DIR, name);
	assert_int_equal(symlink("/tmp", directory), 0);
	control_open(name);
	assert_non_null(strstr(fake_report, "Not a directory"));
	assert_int_not_equal(access("/tmp/control", F_OK), 0);
	unlink(directory);
}

static void sockets_that_a_killed_process_left_are_removed(void **state)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int listening;

	(void)state;
	/* a process listens: it stays */
	vm_remove_sockets(name);
	assert_int_equal(vm_socket_path(name, "control", path, sizeof(path)), 0);
	assert_int_equal(access(path, F_OK), 0);

	control_close();
	snprintf(directory, sizeof(directory), "%s/%s", VM_RUN_DIR, name);
	assert_int_equal(mkdir(directory, 0700), 0);
	listening = unix_listen(path);
	assert_true(listening >= 0);
	close(listening);
	assert_int_equal(access(path, F_OK), 0);
	vm_remove_sockets(name);
	assert_int_equal(access(directory, F_OK), -1);
}

static void sockets_behind_a_link_are_not_removed(void **state)
{
	char elsewhere[] = VM_RUN_DIR "-elsewhere-XXXXXX", path[sizeof(elsewhere) + 16];
	int fd;

	(void)state;
	control_close();
	snprintf(directory, sizeof(directory), "%s/%s", VM_RUN_DIR, name);
	assert_non_null(mkdtemp(elsewhere));
	snprintf(path, sizeof(path), "%s/control", elsewhere);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(elsewhere, directory), 0);
	vm_remove_sockets(name);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	unlink(directory);
	rmdir(elsewhere);
}

static void many_who_wait_are_not_waited_for(void **state)
{
	int fds[16], count = 0;

	(void)state;
	/* the I/O loop does not run: the queue of the socket fills */
	do
		fds[count] = vm_socket_connect(name, "control");
	while (fds[count] >= 0 && ++count < 16);
	assert_int_equal(fds[count], -ETIMEDOUT);
	while (count-- > 0)
		close(fds[count]);
}

static void a_process_that_hangs_is_not_waited_for(void **state)
{
	(void)state;
	/* the I/O loop does not run */
	assert_int_equal(vm_device_stats(name, tell, NULL), -ETIMEDOUT);
}

static void a_name_that_is_none_has_no_path(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(vm_socket_path("web", "console", path, sizeof(path)), 0);
	assert_string_equal(path, VM_RUN_DIR "/web/console");
	assert_int_equal(vm_socket_path("../web", "console", path, sizeof(path)), -EINVAL);
	assert_int_equal(vm_socket_path("web", "console", path, 10), -ENAMETOOLONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counters_of_devices_are_told),
		TEST(what_is_no_request_is_an_error),
		TEST(a_disk_is_resized_or_the_reason_is_told),
		TEST(those_who_send_nothing_keep_nobody_out),
		TEST(after_the_end_nobody_answers),
		TEST(a_second_process_says_that_another_is_there),
		TEST(a_directory_of_somebody_elses_is_not_used),
		TEST(sockets_that_a_killed_process_left_are_removed),
		TEST(sockets_behind_a_link_are_not_removed),
		TEST(many_who_wait_are_not_waited_for),
		TEST(a_process_that_hangs_is_not_waited_for),
		TEST(a_name_that_is_none_has_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
