// SPDX-License-Identifier: BSD-2-Clause
/*
 * The sandbox: each test runs in a process of its own, which tells the result by its exit status.
 *
 * sources: bhyve/sandbox.c bhyve/sandbox_files.c bhyve/sandbox_filter.c bhyve/sandbox_table.c
 * sources: bhyve/sandbox_user.c bhyve/backend/block_ring.c bhyve/backend/terminal.c bhyve/report.c
 * libs: -luring
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "bhyve/backend/block_ring.h"
#include "bhyve/backend/terminal.h"
#include "bhyve/sandbox.h"
#include "vmm_ioctl.h"

static char err[512];
static char scratch[] = "/tmp/test_sandbox.XXXXXX"; /* a file */
static char other[sizeof(scratch) + 4];		    /* none */
static int scratch_fd;
static int status_fd;

/* Whose sandbox. */
enum thread { LOOP, NETWORK, VCPU };

static int enter(enum thread thread)
{
	const struct sandbox_options options = { .network = thread == NETWORK };
	int error = sandbox_enter(&options, err, sizeof(err));

	return error || thread != VCPU ? error : sandbox_enter_vcpu();
}

/* Runs the function in a process in the sandbox of a thread; what it returns. */
static int in_sandbox(enum thread thread, int (*function)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		/* past the sanitizers' ends, which trace and fork */
		_exit(enter(thread) ? 99 : function());
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A way out; whether it was refused: by the filter, or a path by Landlock. */
struct escape {
	const char *name;
	bool (*is_refused)(void);
};

static bool filtered(long result)
{
	return result == -1 && errno == EPERM;
}

/* A program that does run ends with 1. */
static bool exec_refused(void)
{
	char *argv[] = { "false", NULL };

	return filtered(execv("/bin/false", argv)) &&
	       filtered(syscall(SYS_execveat, AT_FDCWD, "/bin/false", argv, NULL, 0));
}

static bool fork_refused(void)
{
	return filtered(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static bool namespace_refused(void)
{
	return filtered(syscall(SYS_clone, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWNET,
				0, 0, 0, 0)) &&
	       filtered(syscall(SYS_unshare, CLONE_NEWUSER));
}

static bool signal_refused(void)
{
	return filtered(kill(getppid(), 0)) && filtered(syscall(SYS_tgkill, getppid(), 1, 0)) &&
	       filtered(syscall(SYS_pidfd_open, getppid(), 0)) &&
	       filtered(fcntl(0, F_SETOWN, getppid()));
}

static bool trace_refused(void)
{
	struct iovec piece = { err, 1 };

	return filtered(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) &&
	       filtered(syscall(SYS_process_vm_readv, getppid(), &piece, 1UL, &piece, 1UL, 0UL));
}

static bool identity_refused(void)
{
	return filtered(syscall(SYS_setuid, 0)) && filtered(syscall(SYS_capset, NULL, NULL)) &&
	       filtered(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static bool mount_refused(void)
{
	return filtered(mount("none", "/mnt", "tmpfs", 0, NULL)) &&
	       filtered(syscall(SYS_bpf, 0, NULL, 0)) &&
	       filtered(syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
}

static bool writing_refused(void)
{
	return filtered(open(scratch, O_WRONLY)) && filtered(open(scratch, O_RDWR)) &&
	       filtered(open(scratch, O_RDONLY | O_TRUNC)) &&
	       filtered(open(other, O_RDONLY | O_CREAT, 0600)) &&
	       filtered(open("/tmp", O_RDONLY | O_TMPFILE, 0600)) &&
	       filtered(syscall(SYS_openat2, AT_FDCWD, scratch, NULL, 0));
}

static bool removing_refused(void)
{
	return filtered(unlink(scratch)) && filtered(rename(scratch, other)) &&
	       filtered(link(scratch, other)) && filtered(mkdir(other, 0700)) &&
	       filtered(chmod(scratch, 0777)) && filtered(truncate(scratch, 0));
}

static bool unix_socket_refused(void)
{
	return filtered(socket(AF_UNIX, SOCK_STREAM, 0)) &&
	       filtered(socket(AF_NETLINK, SOCK_RAW, 0)) &&
	       filtered(socket(AF_PACKET, SOCK_RAW, 0)) &&
	       filtered(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0 }));
}

static bool code_refused(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED && filtered(mprotect(page, 4096, PROT_READ | PROT_EXEC)) &&
	       mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED &&
	       errno == EPERM;
}

static bool ioctl_refused(void)
{
	struct vmm_name name = { "another" };

	return filtered(ioctl(0, VMMCTL_DESTROY, &name)) &&
	       filtered(ioctl(0, VMMCTL_CREATE, &name)) && filtered(ioctl(0, TIOCSTI, "x")) &&
	       filtered(ioctl(0, VMM_SET_MEMSEG, NULL));
}

static bool ring_refused(void)
{
	return filtered(syscall(SYS_io_uring_setup, 4, NULL)) &&
	       filtered(syscall(SYS_io_uring_register, 0, 0, NULL, 0));
}

/* Every thread's. */
static const struct escape escapes[] = {
	{ "execve", exec_refused },
	{ "fork", fork_refused },
	{ "a namespace", namespace_refused },
	{ "a signal to another process", signal_refused },
	{ "ptrace", trace_refused },
	{ "setuid", identity_refused },
	{ "mount", mount_refused },
	{ "opening a file for writing", writing_refused },
	{ "removing a file", removing_refused },
	{ "a Unix socket", unix_socket_refused },
	{ "new code", code_refused },
	{ "an ioctl of others", ioctl_refused },
	{ "a new ring", ring_refused },
};

static bool opening_refused(void)
{
	return filtered(open(scratch, O_RDONLY)) && filtered(open("/etc/resolv.conf", O_RDONLY));
}

static bool internet_refused(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	return filtered(socket(AF_INET, SOCK_DGRAM, 0)) &&
	       filtered(connect(0, (struct sockaddr *)&address, sizeof(address))) &&
	       filtered(bind(0, (struct sockaddr *)&address, sizeof(address)));
}

/* Beside those, where there is no slirp. */
static const struct escape without_network[] = {
	{ "opening a file", opening_refused },
	{ "an Internet socket", internet_refused },
};

static void *nothing(void *arg)
{
	return arg;
}

static bool thread_refused(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == EPERM;
}

static bool terminal_refused(void)
{
	struct termios settings;

	return filtered(tcgetattr(0, &settings));
}

static bool reset_refused(void)
{
	return filtered(ioctl(0, VMM_REINIT, 0)) && filtered(ioctl(0, VMM_SET_REG, NULL)) &&
	       filtered(ioctl(0, VMM_SET_BLOB, NULL));
}

static bool client_refused(void)
{
	return filtered(accept(0, NULL, NULL)) && filtered(sendmsg(0, NULL, 0));
}

static bool filter_refused(void)
{
	return filtered(syscall(SYS_seccomp, 1, 0, NULL)) && filtered(fcntl(0, F_GETFL));
}

/* Beside all those, of a vCPU's thread. */
static const struct escape of_a_vcpu[] = {
	{ "a new thread", thread_refused },	     { "the terminal", terminal_refused },
	{ "a reset of the machine", reset_refused }, { "a client", client_refused },
	{ "what the loop does", filter_refused },
};

static const struct escape *tried;

static int try(void)
{
	return tried->is_refused() ? 0 : 1;
}

static void all_refused(enum thread thread, const struct escape *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		tried = &list[i];
		int status = in_sandbox(thread, try);

		if (status)
			fail_msg("%s is not refused (status %d)", list[i].name, status);
	}
}

#define ALL_REFUSED(thread, list) all_refused(thread, list, sizeof(list) / sizeof((list)[0]))

static void the_loop_has_no_way_out(void **state)
{
	(void)state;
	ALL_REFUSED(LOOP, escapes);
	ALL_REFUSED(LOOP, without_network);
}

static void a_network_has_no_way_out_but_the_internet(void **state)
{
	(void)state;
	ALL_REFUSED(NETWORK, escapes);
}

static void a_vcpu_has_no_way_out_and_not_what_the_loop_has(void **state)
{
	(void)state;
	ALL_REFUSED(VCPU, escapes);
	ALL_REFUSED(VCPU, without_network);
	ALL_REFUSED(VCPU, of_a_vcpu);
}

static int do_read_elsewhere(void)
{
	return open(scratch, O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int do_read_name_servers(void)
{
	return open("/etc/resolv.conf", O_RDONLY) >= 0 || errno == ENOENT ? 0 : 1;
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
}

static void a_network_reads_name_servers_and_nothing_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(NETWORK, do_read_name_servers), 0);
	if (has_landlock())
		assert_int_equal(in_sandbox(NETWORK, do_read_elsewhere), 0);
	else
		print_message("skipped: this kernel has no Landlock\n");
}

static int do_sockets(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
			       socket(AF_INET6, SOCK_DGRAM, 0) != -1
		       ? 0
	       : errno == EAFNOSUPPORT ? 0
				       : 1;
}

static int do_signal_self(void)
{
	return kill(getpid(), 0) == 0 && syscall(SYS_tgkill, getpid(), getpid(), 0) == 0 ? 0 : 1;
}

static volatile int thread_ran;

static void *thread_main(void *arg)
{
	thread_ran = sandbox_enter_vcpu() == 0;
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

static int do_memory(void)
{
	char *memory =
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory, 1 << 20, PROT_READ))
		return 1;
	memory = mremap(memory, 1 << 20, 1 << 21, MREMAP_MAYMOVE);
	return memory != MAP_FAILED && madvise(memory, 1 << 21, MADV_DONTNEED) == 0 &&
			       munmap(memory, 1 << 21) == 0
		       ? 0
		       : 1;
}

/* ENOTTY: the call was made, and standard input is no virtual machine. */
static int do_run(void)
{
	return ioctl(scratch_fd, VMM_RUN, 0) < 0 && errno == ENOTTY &&
			       ioctl(scratch_fd, VMM_IRQ_LINE, NULL) < 0 && errno == ENOTTY
		       ? 0
		       : 1;
}

static int do_file(void)
{
	char byte = 'x';

	return pwrite(scratch_fd, &byte, 1, 0) == 1 && pread(scratch_fd, &byte, 1, 0) == 1 &&
			       fdatasync(scratch_fd) == 0 && ftruncate(scratch_fd, 1) == 0
		       ? 0
		       : 1;
}

static void what_a_vm_takes_is_left(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(NETWORK, do_sockets), 0);
	assert_int_equal(in_sandbox(LOOP, do_thread), 0);
	for (enum thread thread = LOOP; thread <= VCPU; thread++) {
		assert_int_equal(in_sandbox(thread, do_signal_self), 0);
		assert_int_equal(in_sandbox(thread, do_memory), 0);
		assert_int_equal(in_sandbox(thread, do_run), 0);
		assert_int_equal(in_sandbox(thread, do_file), 0);
	}
}

static bool has_no_rights(void)
{
	char text[4096] = "";

	return read(status_fd, text, sizeof(text) - 1) > 0 &&
	       strstr(text, "\nCapEff:\t0000000000000000\n") &&
	       strstr(text, "\nCapPrm:\t0000000000000000\n") && strstr(text, "\nNoNewPrivs:\t1\n");
}

/* Also of a root who stays root, as -o user=root has it. */
static void capabilities_and_root_are_given_up(void **state)
{
	static const char *const users[] = { NULL, "root" };

	(void)state;
	for (int i = 0; i < (geteuid() == 0 ? 2 : 1); i++) {
		const struct sandbox_options options = { .user = users[i] };
		pid_t child = fork();
		int status;

		if (child == 0) {
			status_fd = open("/proc/self/status", O_RDONLY);
			if (sandbox_enter(&options, err, sizeof(err)) || !has_no_rights())
				_exit(1);
			_exit((geteuid() == 0) == (users[i] != NULL) ? 0 : 2);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

static int as_user(const char *user)
{
	const struct sandbox_options options = { .user = user };
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(-sandbox_enter(&options, err, sizeof(err)));
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status);
}

static void a_user_who_is_none_or_another_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(as_user("no-such-user-here"), EINVAL);
	assert_int_equal(as_user("root"), geteuid() == 0 ? 0 : EPERM);
}

/* /proc/PID is root's for a process that is not to be looked into. */
static bool is_hidden(bool core)
{
	const struct sandbox_options options = { .core = core };
	int said[2], hold[2], status;
	char path[32], byte;
	struct stat owner;
	pid_t child;

	assert_int_equal(pipe(said) | pipe(hold), 0);
	child = fork();
	if (child == 0) {
		if (sandbox_enter(&options, err, sizeof(err)) || write(said[1], "e", 1) != 1)
			_exit(99);
		_exit(read(hold[0], &byte, 1) == 1 ? 0 : 98);
	}
	assert_int_equal(read(said[0], &byte, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)child);
	assert_int_equal(stat(path, &owner), 0);
	assert_int_equal(write(hold[1], "g", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	for (int i = 0; i < 2; i++) {
		close(said[i]);
		close(hold[i]);
	}
	return owner.st_uid == 0;
}

static void others_of_the_user_cannot_look_in_unless_cores_are_wanted(void **state)
{
	(void)state;
	assert_true(is_hidden(false));
	assert_false(is_hidden(true));
}

/* ---- the ring ---- */

/* The result of an operation of a restricted ring. */
static int in_ring(struct io_uring *ring, unsigned operation)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	static char byte;
	static struct iovec piece = { &byte, 1 };
	struct io_uring_cqe *cqe;
	int result;

	if (operation == IORING_OP_READV)
		io_uring_prep_readv(sqe, scratch_fd, &piece, 1, 0);
	else if (operation == IORING_OP_OPENAT)
		io_uring_prep_openat(sqe, AT_FDCWD, scratch, O_RDWR, 0);
	else
		io_uring_prep_rw((int)operation, sqe, scratch_fd, &byte, 1, 0);
	if (io_uring_submit_and_wait(ring, 1) < 0 || io_uring_wait_cqe(ring, &cqe) < 0)
		return 1;
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

static void a_ring_opens_no_files_and_makes_no_sockets(void **state)
{
	struct io_uring ring;

	(void)state;
	if (io_uring_queue_init(4, &ring, IORING_SETUP_R_DISABLED)) {
		print_message("skipped: there is no io_uring here\n");
		return;
	}
	assert_int_equal(block_ring_restrict(ring.ring_fd), 0);
	assert_int_equal(in_ring(&ring, IORING_OP_READV), 1);
	assert_int_equal(in_ring(&ring, IORING_OP_OPENAT), -EACCES);
	assert_int_equal(in_ring(&ring, IORING_OP_CONNECT), -EACCES);
	assert_int_equal(in_ring(&ring, IORING_OP_UNLINKAT), -EACCES);
	assert_int_equal(io_uring_register_files(&ring, &scratch_fd, 1), -EACCES);
	io_uring_queue_exit(&ring);
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
	if (ioctl(terminal, TIOCSCTTY, 0) < 0 || terminal_raw(terminal) || enter(LOOP) ||
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
	_exit(exec_refused() ? 0 : 1);
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
		if (enter(LOOP))
			_exit(99);
		pthread_barrier_wait(&barrier);
		pthread_join(thread, NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int set_up(void **state)
{
	(void)state;
	scratch_fd = mkstemp(scratch);
	snprintf(other, sizeof(other), "%s.new", scratch);
	return scratch_fd < 0 || fchmod(scratch_fd, 0666) || write(scratch_fd, "there", 5) != 5;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_has_no_way_out),
		cmocka_unit_test(a_network_has_no_way_out_but_the_internet),
		cmocka_unit_test(a_vcpu_has_no_way_out_and_not_what_the_loop_has),
		cmocka_unit_test(a_network_reads_name_servers_and_nothing_elsewhere),
		cmocka_unit_test(what_a_vm_takes_is_left),
		cmocka_unit_test(capabilities_and_root_are_given_up),
		cmocka_unit_test(a_user_who_is_none_or_another_is_an_error),
		cmocka_unit_test(others_of_the_user_cannot_look_in_unless_cores_are_wanted),
		cmocka_unit_test(a_ring_opens_no_files_and_makes_no_sockets),
		cmocka_unit_test(threads_that_run_already_are_in_it_too),
		cmocka_unit_test(the_terminal_is_raw_again_after_a_stop),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
