/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bhyvectl, its command line and what it prints, with the driver faked. Each command runs in a
 * process of its own, as in life.
 */
/* sources: bhyvectl/main.c bhyvectl/show.c bhyvectl/output.c bhyvectl/metrics.c */
/* sources: bhyvectl/cpu_time.c bhyvectl/attach.c lib/vmmapi/names.c lib/vmmapi/error.c */
/* sources: lib/vmmapi/process.c lib/vmmapi/refusal.c lib/loader/record.c test/unit/fake_vmm.c */
/* cflags: -Dmain=bhyvectl_main -Wno-missing-prototypes -DBHYVE_VERSION='"test"' */
/* cflags: -DVM_RUN_DIR='"/tmp/no-bhyve-here"' */
/* libs: -ljson-c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bhyvectl/attach.h"
#include "fake_vmm.h"
#include "lib/loader/load.h"

#undef main
int bhyvectl_main(int argc, char **argv);

int load_check_memory(uint64_t size, char *err, size_t errlen)
{
	(void)err;
	(void)errlen;
	return size % (2 << 20) ? -EINVAL : 0;
}

static char output[65536]; /* of the last command, standard output and error */
static bool exists;	   /* whether the VM does after it */
static uint32_t suspended; /* how it was */

/* Runs bhyvectl with words that blanks separate. The exit status. */
static int run(const char *words)
{
	char *argv[16] = { (char *)(uintptr_t)"bhyvectl" }, *copy = strdup(words), *rest = copy;
	struct fake_vmm *after = mmap(NULL, sizeof(*after), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *file = tmpfile();
	int argc = 1, status;
	pid_t child;

	while ((argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		dup2(fileno(file), STDOUT_FILENO);
		dup2(fileno(file), STDERR_FILENO);
		status = bhyvectl_main(argc, argv);
		fflush(stdout);
		*after = fake_vmm;
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	rewind(file);
	output[fread(output, 1, sizeof(output) - 1, file)] = '\0';
	fclose(file);
	exists = after->exists;
	suspended = after->info.suspend_how;
	munmap(after, sizeof(*after));
	free(copy);
	return WEXITSTATUS(status);
}

static int setup(void **state)
{
	(void)state;
	fake_vmm_reset();
	fake_vmm.exists = true;
	strcpy(fake_vmm.name, "web");
	strcpy(fake_vmm.info.name, "web");
	fake_vmm.info.state = VMM_STATE_RUNNING;
	fake_vmm.info.vcpus_created = 3;
	fake_vmm.info.vcpus_on = 1;
	fake_vmm.info.runner_pid = getpid();
	fake_vmm.info.memory_size = 256 << 20;
	fake_vmm.info.memory_resident = 96 << 20;
	fake_vmm.stats.count = VMM_STAT_COUNT;
	for (unsigned i = 0; i < VMM_STAT_COUNT; i++)
		fake_vmm.stats.value[i] = 100 + i;
	return 0;
}

static void expect(const char *text)
{
	if (!strstr(output, text))
		fail_msg("no \"%s\" in:\n%s", text, output);
}

/* ---- the end of a VM ---- */

static void reset_power_off_and_destroy_may_be_one_command(void **state)
{
	(void)state;
	assert_int_equal(run("--vm=web --force-reset --force-poweroff --destroy"), 0);
	assert_int_equal(suspended, VMM_SUSPEND_POWEROFF);
	assert_false(exists);
}

static void a_vm_that_is_off_already_is_powered_off_and_destroyed(void **state)
{
	(void)state;
	fake_vmm.info.state = VMM_STATE_SUSPENDED;
	fake_vmm.info.suspend_how = VMM_SUSPEND_HALT;
	assert_int_equal(run("--vm=web --force-reset --force-poweroff --destroy"), 0);
	assert_string_equal(output, "");
	assert_int_equal(suspended, VMM_SUSPEND_HALT);
	assert_false(exists);
}

/* ---- what is shown ---- */

static void list_names_process_and_state(void **state)
{
	char line[128];

	(void)state;
	assert_int_equal(run("--list"), 0);
	snprintf(line, sizeof(line),
		 "web                  %7d running      2     256M       96M  root\n",
		 (int)getpid());
	expect(line);
	fake_vmm.info.state = VMM_STATE_IDLE;
	assert_int_equal(run("--list"), 0);
	expect("web                        - paused ");
}

/* Parses the output, which is one JSON object and nothing else. */
static struct json_object *parse(void)
{
	enum json_tokener_error error;
	struct json_object *object = json_tokener_parse_verbose(output, &error);

	if (!object)
		fail_msg("%s: %s", json_tokener_error_desc(error), output);
	assert_true(json_object_is_type(object, json_type_object));
	return object;
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no \"%s\" in %s", key, output);
	return value;
}

static void list_goes_on_at_a_vm_of_another_user_and_says_whose_it_is(void **state)
{
	struct json_object *all, *vm;

	(void)state;
	fake_vmm.owner = 54321;
	fake_vmm.fail = FAKE_OPEN;
	fake_vmm.error = -EACCES;
	assert_int_equal(run("--list"), 0);
	expect("web                        - private      -        -         -  54321\n");
	assert_int_equal(run("--metrics"), 0);
	assert_int_equal(run("--list --json"), 0);
	all = parse();
	vm = json_object_array_get_idx(member(all, "vms"), 0);
	assert_string_equal(json_object_get_string(member(vm, "state")), "private");
	assert_string_equal(json_object_get_string(member(vm, "owner")), "54321");
	json_object_put(all);
}

static void list_is_json_when_asked(void **state)
{
	struct json_object *all, *vm;

	(void)state;
	assert_int_equal(run("--list --json"), 0);
	all = parse();
	vm = json_object_array_get_idx(member(all, "vms"), 0);
	assert_string_equal(json_object_get_string(member(vm, "name")), "web");
	assert_string_equal(json_object_get_string(member(vm, "state")), "running");
	assert_int_equal(json_object_get_int(member(vm, "pid")), getpid());
	assert_int_equal(json_object_get_uint64(member(vm, "memory")), 256 << 20);
	json_object_put(all);
	fake_vmm.info.state = VMM_STATE_SUSPENDED;
	assert_int_equal(run("--list --json"), 0);
	all = parse();
	vm = json_object_array_get_idx(member(all, "vms"), 0);
	assert_null(member(vm, "pid"));
	json_object_put(all);
}

static void everything_about_a_vm_is_one_json_object(void **state)
{
	struct json_object *all, *exits;

	(void)state;
	assert_int_equal(run("--vm=web --json --get-all"), 0);
	all = parse();
	exits = member(member(all, "stats"), "exits");
	assert_int_equal(json_object_get_int(member(exits, "total")), 200);
	assert_int_equal(json_object_get_int(member(member(exits, "vcpus"), "1")), 100);
	assert_string_equal(json_object_get_string(member(member(all, "registers"), "x3")),
			    "0x0000000000000003");
	assert_int_equal(json_object_array_length(member(all, "active-cpus")), 1);
	assert_true(json_object_is_type(member(all, "devices"), json_type_array));
	assert_true(json_object_is_type(member(all, "memmap"), json_type_array));
	json_object_put(all);
}

static void nothing_is_printed_as_json_if_something_fails(void **state)
{
	(void)state;
	fake_vmm.fail = FAKE_OPEN;
	fake_vmm.error = -EACCES;
	assert_int_equal(run("--vm=web --json --get-all"), 1);
	assert_null(strchr(output, '{'));
	expect("bhyvectl: web: ");
}

static void a_disk_of_a_vm_that_does_not_run_is_not_resized(void **state)
{
	(void)state;
	assert_int_equal(run("--vm=web --resize-disk=3"), 1);
	expect("bhyvectl: web: no bhyve runs it that could be told");
	assert_int_equal(run("--vm=web --resize-disk=32"), 1);
	expect("not a slot; give a number from 0 to 31");
}

/* ---- metrics ---- */

static void metrics_of_no_vm_have_types_and_no_samples(void **state)
{
	(void)state;
	fake_vmm.exists = false;
	assert_int_equal(run("--metrics"), 0);
	expect("# TYPE bhyve_vm_state gauge\n");
	expect("# TYPE bhyve_vcpu_exits_total counter\n");
	expect("# HELP bhyve_device_read_bytes_total Bytes read.\n");
	for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(line[0], '#');
}

/* A vCPU's thread that has run for 0.1 s. */
static void *run_and_wait(void *arg)
{
	struct timespec used = { 0 };

	prctl(PR_SET_NAME, "vcpu 1");
	while (used.tv_sec == 0 && used.tv_nsec < 100000000)
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	pthread_barrier_wait(arg);
	while (pause() < 0)
		;
	return NULL;
}

static void metrics_tell_exits_by_kind_and_the_cpu_time_of_threads(void **state)
{
	pthread_barrier_t started;
	const char *seconds;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&started, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, run_and_wait, &started), 0);
	pthread_barrier_wait(&started);
	assert_int_equal(run("--metrics --vm=web"), 0);
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&started);
	expect("\nbhyve_vm_state{vm=\"web\",state=\"running\"} 1\n");
	expect("\nbhyve_vm_state{vm=\"web\",state=\"off\"} 0\n");
	expect("\nbhyve_vm_vcpus{vm=\"web\"} 2\n");
	expect("\nbhyve_vm_memory_bytes{vm=\"web\"} 268435456\n");
	seconds = strstr(output, "\nbhyve_vcpu_cpu_seconds_total{vm=\"web\",vcpu=\"1\"} 0.");
	assert_non_null(seconds);
	assert_in_range(strtoul(strstr(seconds, "} 0.") + 4, NULL, 10), 5, 50);
	assert_null(strstr(output, "bhyve_vcpu_cpu_seconds_total{vm=\"web\",vcpu=\"0\"}"));
	expect("\nbhyve_vcpu_exits_total{vm=\"web\",vcpu=\"0\",kind=\"wfi\"} 101\n");
	expect("\nbhyve_vcpu_exits_total{vm=\"web\",vcpu=\"1\",kind=\"unhandled\"} 110\n");
	expect("\nbhyve_vcpu_exits_finished_total{vm=\"web\",vcpu=\"0\",by=\"el2\"} 111\n");
	expect("\nbhyve_vcpu_mmio_vgic_total{vm=\"web\",vcpu=\"0\"} 114\n");
	assert_null(strstr(output, "kind=\"exits\""));
}

static void metrics_are_no_json(void **state)
{
	(void)state;
	assert_int_equal(run("--metrics --json"), 1);
	expect("leave out --list and --json");
}

/* ---- the console ---- */

static void a_console_that_is_not_there_is_explained(void **state)
{
	(void)state;
	assert_int_equal(run("--vm=web --console"), 1);
	expect("bhyvectl: web: has no console at /tmp/no-bhyve-here/web/console; start its bhyve");
	assert_int_equal(run("--console"), 1);
	expect("name the virtual machine with --vm=");
}

struct terminal {
	int master;
	int slave;
	int console; /* the guest's end */
	pid_t child;
};

/* attach() in a process whose standard input and output are a terminal. */
static struct terminal attach_terminal(void)
{
	struct terminal terminal = { .master = posix_openpt(O_RDWR | O_NOCTTY) };
	int sockets[2];

	assert_true(terminal.master >= 0);
	assert_int_equal(grantpt(terminal.master), 0);
	assert_int_equal(unlockpt(terminal.master), 0);
	terminal.slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY);
	assert_true(terminal.slave >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	fflush(stdout);
	terminal.child = fork();
	if (terminal.child == 0) {
		close(sockets[0]);
		dup2(terminal.slave, STDIN_FILENO);
		dup2(terminal.slave, STDOUT_FILENO);
		_exit(attach(sockets[1]));
	}
	close(sockets[1]);
	terminal.console = sockets[0];
	return terminal;
}

static int close_terminal(struct terminal *terminal)
{
	int status;

	assert_int_equal(waitpid(terminal->child, &status, 0), terminal->child);
	assert_true(WIFEXITED(status));
	close(terminal->master);
	close(terminal->slave);
	close(terminal->console);
	return WEXITSTATUS(status);
}

static void expect_bytes(int fd, const char *wanted)
{
	size_t length = strlen(wanted), done = 0;
	char bytes[64];

	while (done < length) {
		ssize_t got = read(fd, bytes + done, length - done);

		assert_true(got > 0);
		done += (size_t)got;
	}
	assert_memory_equal(bytes, wanted, length);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void a_terminal_is_the_guests_until_the_escape_is_typed(void **state)
{
	struct terminal terminal = attach_terminal();
	struct termios settings;

	(void)state;
	/* once its output is there the terminal is raw */
	say(terminal.console, "login: ");
	expect_bytes(terminal.master, "login: ");
	tcgetattr(terminal.slave, &settings);
	assert_false(settings.c_lflag & (ICANON | ECHO | ISIG));
	say(terminal.master, "ls\r\003\001x");
	expect_bytes(terminal.console, "ls\r\003\001x");
	say(terminal.master, "end\035never");
	expect_bytes(terminal.console, "end");
	assert_int_equal(close_terminal(&terminal), 0);
}

static void the_terminal_is_as_before_after_detaching(void **state)
{
	struct terminal terminal = attach_terminal();
	struct termios settings;
	int status;

	(void)state;
	say(terminal.console, "!");
	expect_bytes(terminal.master, "!");
	say(terminal.master, "\035");
	assert_int_equal(waitpid(terminal.child, &status, 0), terminal.child);
	assert_int_equal(status, 0);
	tcgetattr(terminal.slave, &settings);
	assert_int_equal(settings.c_lflag & (ICANON | ECHO | ISIG), ICANON | ECHO | ISIG);
	close(terminal.master);
	close(terminal.slave);
	close(terminal.console);
}

static void the_end_of_bhyve_is_told_from_detaching(void **state)
{
	struct terminal terminal = attach_terminal();

	(void)state;
	say(terminal.console, "bye");
	shutdown(terminal.console, SHUT_RDWR);
	expect_bytes(terminal.master, "bye");
	assert_int_equal(close_terminal(&terminal), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reset_power_off_and_destroy_may_be_one_command),
		TEST(a_vm_that_is_off_already_is_powered_off_and_destroyed),
		TEST(list_names_process_and_state),
		TEST(list_goes_on_at_a_vm_of_another_user_and_says_whose_it_is),
		TEST(list_is_json_when_asked),
		TEST(everything_about_a_vm_is_one_json_object),
		TEST(nothing_is_printed_as_json_if_something_fails),
		TEST(a_disk_of_a_vm_that_does_not_run_is_not_resized),
		TEST(metrics_of_no_vm_have_types_and_no_samples),
		TEST(metrics_tell_exits_by_kind_and_the_cpu_time_of_threads),
		TEST(metrics_are_no_json),
		TEST(a_console_that_is_not_there_is_explained),
		TEST(a_terminal_is_the_guests_until_the_escape_is_typed),
		TEST(the_terminal_is_as_before_after_detaching),
		TEST(the_end_of_bhyve_is_told_from_detaching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
