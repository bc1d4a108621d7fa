// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sandbox: each test runs in a process of its own, which tells the result by its exit status.
 *
 * sources: bhyve/sandbox.c bhyve/backend/terminal.c bhyve/report.c
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "bhyve/backend/terminal.h"
#include "bhyve/sandbox.h"

/* Runs the function in a sandboxed process; what it returns. */
static int in_sandbox(int (*function)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		/* past the sanitizers' ends, which trace and fork */
		_exit(sandbox_enter() ? 99 : function());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* 0 if the call failed with EPERM. */
static int is_refused(long result)
{
	return result == -1 && errno == EPERM ? 0 : 1;
}

static int do_exec(void)
{
	char *argv[] = { "true", NULL };

	return is_refused(execv("/bin/true", argv));
}

static int do_fork(void)
{
	return is_refused(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int do_kill_parent(void)
{
	return is_refused(kill(getppid(), 0));
}

static int do_trace(void)
{
	return is_refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int do_mount(void)
{
	return is_refused(mount("none", "/mnt", "tmpfs", 0, NULL));
}

static int do_setuid(void)
{
	return is_refused(syscall(SYS_setuid, 0));
}

static void new_programs_and_processes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(do_exec), 0);
	assert_int_equal(in_sandbox(do_fork), 0);
}

static void reaching_for_others_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(do_kill_parent), 0);
	assert_int_equal(in_sandbox(do_trace), 0);
	assert_int_equal(in_sandbox(do_mount), 0);
	assert_int_equal(in_sandbox(do_setuid), 0);
}

static int do_files(void)
{
	char byte;
	int fd = open("/dev/zero", O_RDONLY);

	return fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0 ? 0 : 1;
}

static int do_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : 1;
}

static int do_signal_self(void)
{
	return kill(getpid(), 0) == 0 ? 0 : 1;
}

static volatile int thread_ran;

static void *thread_main(void *arg)
{
	thread_ran = 1;
	return arg;
}

static int do_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, thread_main, NULL) == 0 &&
			       pthread_join(thread, NULL) == 0 && thread_ran
		       ? 0
		       : 1;
}

static void what_a_vm_takes_is_left(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(do_files), 0);
	assert_int_equal(in_sandbox(do_socket), 0);
	assert_int_equal(in_sandbox(do_signal_self), 0);
	assert_int_equal(in_sandbox(do_thread), 0);
}

/* Says "r" when the terminal is raw, and "a" when SIGTSTP, and within its handler SIGCONT, have
 * been handled. */
static void run_on_terminal(int terminal, int out)
{
	sigset_t stop, none;

	sigemptyset(&none);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	setsid();
	if (ioctl(terminal, TIOCSCTTY, 0) < 0 || terminal_raw(terminal) || sandbox_enter() ||
	    write(out, "r", 1) != 1)
		_exit(99);
	ppoll(NULL, 0, NULL, &none);
	_exit(write(out, "a", 1) == 1 ? 0 : 98);
}

static bool is_raw(int terminal)
{
	struct termios settings;

	assert_int_equal(tcgetattr(terminal, &settings), 0);
	return !(settings.c_lflag & (ICANON | ECHO | ISIG));
}

static void the_terminal_is_raw_again_after_a_stop(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), terminal, status, said[2];
	char byte;
	pid_t child;

	(void)state;
	assert_true(master >= 0 && !grantpt(master) && !unlockpt(master));
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0);
	assert_int_equal(pipe(said), 0);
	child = fork();
	if (child == 0)
		run_on_terminal(terminal, said[1]);
	close(said[1]);
	assert_int_equal(read(said[0], &byte, 1), 1);
	assert_true(is_raw(terminal));
	kill(child, SIGTSTP);
	assert_int_equal(waitpid(child, &status, WUNTRACED), child);
	assert_true(WIFSTOPPED(status));
	assert_false(is_raw(terminal));
	kill(child, SIGCONT);
	assert_int_equal(read(said[0], &byte, 1), 1);
	assert_true(is_raw(terminal));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(said[0]);
	close(terminal);
	close(master);
}

static void *exec_in_thread(void *arg)
{
	pthread_barrier_t *barrier = arg;

	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	_exit(do_exec());
}

/* The thread is there before the sandbox. */
static void threads_that_run_already_are_in_it_too(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		pthread_barrier_t barrier;
		pthread_t thread;

		pthread_barrier_init(&barrier, NULL, 2);
		pthread_create(&thread, NULL, exec_in_thread, &barrier);
		pthread_barrier_wait(&barrier);
		if (sandbox_enter())
			_exit(99);
		pthread_barrier_wait(&barrier);
		pthread_join(thread, NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_programs_and_processes_are_refused),
		cmocka_unit_test(reaching_for_others_is_refused),
		cmocka_unit_test(what_a_vm_takes_is_left),
		cmocka_unit_test(threads_that_run_already_are_in_it_too),
		cmocka_unit_test(the_terminal_is_raw_again_after_a_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
