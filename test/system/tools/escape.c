// SPDX-License-Identifier: BSD-2-Clause
/*
 * escape: enters bhyve's sandbox as one of its threads does, and tries each way out of it.
 *
 *   escape loop|network|vcpu PID    PID: another process; prints "NAME: refused" or "NAME: DONE"
 * for each, and ends with status 0 if none was done
 *
 * Started by root. The virtual machine `victim` and files named /tmp/escape.* are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "bhyve/sandbox.h"
#include "vmm_ioctl.h"

static int control; /* of /dev/vmmctl, as a bhyve that leaks one would have it */
static int unix_fd; /* as a back end that leaks one would have it */
static pid_t other;
static bool network;

static bool core_pattern(void)
{
	return open("/proc/sys/kernel/core_pattern", O_WRONLY) >= 0;
}

static bool device(void)
{
	return open("/dev/vmmctl", O_RDWR) >= 0 || open("/dev/vmm/victim", O_RDWR) >= 0 ||
	       open("/dev/vda", O_RDONLY) >= 0;
}

static bool secret(void)
{
	return open("/tmp/escape.secret", O_RDONLY) >= 0;
}

static bool destroy(void)
{
	struct vmm_name name = { "victim" };

	return ioctl(control, VMMCTL_DESTROY, &name) == 0;
}

static bool new_file(void)
{
	return open("/tmp/escape.new", O_WRONLY | O_CREAT, 0600) >= 0 ||
	       mkdir("/tmp/escape.d", 0700) == 0;
}

static bool removal(void)
{
	return unlink("/tmp/escape.file") == 0 ||
	       rename("/tmp/escape.file", "/tmp/escape.new") == 0;
}

/* An abstract one, which no file system keeps. */
static const struct sockaddr_un service = { .sun_family = AF_UNIX, .sun_path = "\0escape" };

/* With slirp there is connect(2), for the sockets that slirp makes. */
static bool connection(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ||
	       (!network &&
		connect(unix_fd, (const struct sockaddr *)&service, sizeof(service)) == 0);
}

static bool internet(void)
{
	return !network && socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool signals(void)
{
	return kill(other, SIGCONT) == 0 || syscall(SYS_pidfd_open, other, 0) >= 0;
}

static bool trace(void)
{
	return ptrace(PTRACE_ATTACH, other, NULL, NULL) == 0;
}

static bool code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED || mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool program(void)
{
	char *argv[] = { "true", NULL };

	return execv("/bin/true", argv) == 0;
}

static bool process(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0;
}

static bool ring(void)
{
	char parameters[256] = { 0 };

	return syscall(SYS_io_uring_setup, 4, parameters) >= 0;
}

static bool rights(void)
{
	return setuid(0) == 0 && geteuid() == 0;
}

static bool module(void)
{
	return syscall(SYS_init_module, "", 0, "") == 0 ||
	       syscall(SYS_delete_module, "vmm", 0) == 0 || syscall(SYS_bpf, 0, NULL, 0) >= 0;
}

static const struct {
	const char *name;
	bool (*done)(void);
} escapes[] = {
	{ "core_pattern", core_pattern },
	{ "device", device },
	{ "secret", secret },
	{ "destroy", destroy },
	{ "new-file", new_file },
	{ "removal", removal },
	{ "connection", connection },
	{ "internet", internet },
	{ "signals", signals },
	{ "trace", trace },
	{ "code", code },
	{ "program", program },
	{ "process", process },
	{ "ring", ring },
	{ "rights", rights },
	{ "module", module },
};

/* How many were done. */
static int try_all(void)
{
	int done = 0;

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		bool out = escapes[i].done();

		printf("%s: %s\n", escapes[i].name, out ? "DONE" : "refused");
		done += out;
	}
	fflush(stdout);
	return done;
}

static void *vcpu(void *arg)
{
	int *done = arg;

	*done = sandbox_enter_vcpu() ? -1 : try_all();
	return NULL;
}

int main(int argc, char **argv)
{
	struct sandbox_options options = { 0 };
	char err[512];
	pthread_t thread;
	int listener, done = -1;

	if (argc != 3)
		return 2;
	network = options.network = strcmp(argv[1], "network") == 0;
	other = atoi(argv[2]);
	control = open("/dev/vmmctl", O_RDWR);
	unix_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (control < 0 || unix_fd < 0 ||
	    bind(listener, (const struct sockaddr *)&service, sizeof(service)) ||
	    listen(listener, 1))
		return 2;
	if (sandbox_enter(&options, err, sizeof(err))) {
		fprintf(stderr, "escape: %s\n", err);
		return 2;
	}
	if (strcmp(argv[1], "vcpu") != 0)
		done = try_all();
	else if (pthread_create(&thread, NULL, vcpu, &done) || pthread_join(thread, NULL))
		return 2;
	return done == 0 ? 0 : 1;
}
