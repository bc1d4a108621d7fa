// SPDX-License-Identifier: BSD-2-Clause
/* The system calls that are left, as a seccomp filter. */
#include "bhyve/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#endif

/* The first is the one that every exit of the guest makes. */
static const unsigned short allowed[] = {
	SYS_ioctl,
	/* reading, writing, waiting */
	SYS_read,
	SYS_write,
	SYS_readv,
	SYS_writev,
	SYS_pread64,
	SYS_pwrite64,
	SYS_preadv,
	SYS_pwritev,
	SYS_preadv2,
	SYS_pwritev2,
	SYS_ppoll,
	SYS_pselect6,
	SYS_epoll_create1,
	SYS_epoll_ctl,
	SYS_epoll_pwait,
	SYS_eventfd2,
	SYS_signalfd4,
	SYS_timerfd_create,
	SYS_timerfd_settime,
	SYS_timerfd_gettime,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	/* files: a reboot loads them again */
	SYS_openat,
	SYS_close,
	SYS_dup,
	SYS_dup3,
	SYS_pipe2,
	SYS_fcntl,
	SYS_flock,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_fstatfs,
	SYS_lseek,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fsync,
	SYS_fdatasync,
	SYS_sync_file_range,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_unlinkat,
	SYS_getcwd,
	SYS_getdents64,
	/* sockets */
	SYS_socket,
	SYS_socketpair,
	SYS_bind,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_connect,
	SYS_getsockname,
	SYS_getpeername,
	SYS_sendto,
	SYS_recvfrom,
	SYS_sendmsg,
	SYS_recvmsg,
	SYS_sendmmsg,
	SYS_recvmmsg,
	SYS_setsockopt,
	SYS_getsockopt,
	SYS_shutdown,
	/* memory */
	SYS_mmap,
	SYS_munmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_mlock,
	SYS_munlock,
	/* threads, signals, time */
	SYS_futex,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_membarrier,
	SYS_sched_yield,
	SYS_sched_setaffinity,
	SYS_sched_getaffinity,
	SYS_gettid,
	SYS_getpid,
	SYS_exit,
	SYS_exit_group,
	SYS_restart_syscall,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_uname,
#ifdef SYS_open /* older machines than arm64 */
	SYS_open,
	SYS_stat,
	SYS_access,
	SYS_poll,
	SYS_getpgrp,
	SYS_epoll_wait,
	SYS_unlink,
	SYS_readlink,
	SYS_pipe,
#endif
};
#define ALLOWED_COUNT	   (sizeof(allowed) / sizeof(allowed[0]))

/* Instructions beside those of the list. */
#define OTHER_INSTRUCTIONS 48

struct program {
	struct sock_filter code[2 * ALLOWED_COUNT + OTHER_INSTRUCTIONS];
	unsigned short len;
};

static void add(struct program *program, uint16_t code, uint32_t k, uint8_t if_true,
		uint8_t if_false)
{
	program->code[program->len++] = (struct sock_filter){ code, if_true, if_false, k };
}

static void load(struct program *program, size_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct program *program, uint32_t action)
{
	add(program, BPF_RET | BPF_K, action, 0, 0);
}

static void allow(struct program *program, uint32_t number)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
	answer(program, SECCOMP_RET_ALLOW);
}

/* Allows a call if the low half of its argument, masked, has this value; answers EPERM otherwise.
 */
static void allow_if(struct program *program, uint32_t number, unsigned argument, uint32_t mask,
		     uint32_t value)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5);
	load(program, offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));
	add(program, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	answer(program, SECCOMP_RET_ALLOW);
	answer(program, SECCOMP_RET_ERRNO | EPERM);
}

static void build(struct program *program)
{
	uint32_t pid = (uint32_t)getpid();

	load(program, offsetof(struct seccomp_data, arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	answer(program, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ALLOWED_COUNT; i++)
		allow(program, allowed[i]);
	/* threads, but no processes; clone3, whose flags are in memory, is taken for missing, so
	 * that clone is used */
	allow_if(program, SYS_clone, 0, CLONE_THREAD, CLONE_THREAD);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	answer(program, SECCOMP_RET_ERRNO | ENOSYS);
	/* signals to itself */
	allow_if(program, SYS_kill, 0, UINT32_MAX, pid);
	allow_if(program, SYS_tgkill, 0, UINT32_MAX, pid);
	allow_if(program, SYS_prctl, 0, UINT32_MAX, PR_SET_NAME);
	/* getpgrp(3): whether the terminal is ours when SIGCONT comes */
	allow_if(program, SYS_getpgid, 0, UINT32_MAX, 0);
	answer(program, SECCOMP_RET_ERRNO | EPERM);
}

int sandbox_enter(void)
{
	static struct program program;
	struct sock_fprog argument = { .filter = program.code };

	program.len = 0;
	build(&program);
	argument.len = program.len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &argument) < 0)
		return -errno;
	return 0;
}
