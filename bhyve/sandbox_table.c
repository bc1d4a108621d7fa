// SPDX-License-Identifier: BSD-2-Clause
/*
 * The system calls of each kind of thread, see sandbox_filter.h.
 *
 * A filter sees numbers, not what they point to: paths, names and addresses are Landlock's, or
 * cannot be given since the call is not there.
 */
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "bhyve/sandbox_filter.h"
#include "vmm_ioctl.h"

#define ALWAYS(call) { SYS_##call, SANDBOX_ALWAYS, 0, 0, 0 }
#define MASKED(call, argument, mask, value) \
	{ SYS_##call, SANDBOX_MASKED, argument, (uint32_t)(mask), (uint32_t)(value) }
#define EQUALS(call, argument, value) MASKED(call, argument, ~0U, value)
#define SELF(call, argument)	      { SYS_##call, SANDBOX_SELF, argument, 0, 0 }
#define IOCTL(request)		      EQUALS(ioctl, 1, request)
#define FCNTL(command)		      EQUALS(fcntl, 1, command)
#define TABLE(rules)		      { rules, sizeof(rules) / sizeof((rules)[0]) }

/* A new thread, and no namespace. */
#define THREAD_FLAGS		      (CLONE_THREAD | CLONE_VM)
#define NAMESPACES                                                                                 \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | \
	 CLONE_NEWCGROUP)

/* Nothing that makes, changes or empties a file: O_TMPFILE has O_DIRECTORY, too. */
#define CHANGING (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_DIRECTORY | O_PATH)

/* The first is the one that every exit of the guest makes. */
static const struct sandbox_rule vcpu_rules[] = {
	IOCTL(VMM_RUN),
	IOCTL(VMM_IRQ_LINE),
	IOCTL(VMM_INFO),
	IOCTL(VMM_VCPU_ON),
	IOCTL(VMM_VCPU_OFF),
	IOCTL(VMM_SUSPEND),
	IOCTL(VMM_GET_REG),
	IOCTL(VMM_GET_MEMSEG),
	IOCTL(VMM_SET_MEMSEG_FLAGS), /* flash, which is read or comes here */
	/* devices: descriptors that are there */
	ALWAYS(read),
	ALWAYS(write),
	ALWAYS(readv),
	ALWAYS(writev),
	ALWAYS(pread64),
	ALWAYS(pwrite64),
	ALWAYS(preadv),
	ALWAYS(pwritev),
	ALWAYS(preadv2),
	ALWAYS(pwritev2),
	ALWAYS(fallocate),
	ALWAYS(ftruncate),
	ALWAYS(fsync),
	ALWAYS(fdatasync),
	ALWAYS(io_uring_enter),
	ALWAYS(sendto),
	ALWAYS(recvfrom),
	ALWAYS(ppoll),
	ALWAYS(timerfd_settime),
	ALWAYS(close),
	/* memory that is not executed */
	MASKED(mmap, 2, PROT_EXEC, 0),
	MASKED(mprotect, 2, PROT_EXEC, 0),
	ALWAYS(munmap),
	ALWAYS(mremap),
	ALWAYS(madvise),
	ALWAYS(brk),
	/* locks, signals to itself, time, the end */
	ALWAYS(futex),
	ALWAYS(membarrier),
	ALWAYS(sched_yield),
	ALWAYS(sched_getaffinity), /* how many heaps the C library makes */
	ALWAYS(gettid),
	ALWAYS(getpid),
	ALWAYS(rt_sigprocmask),
	ALWAYS(rt_sigreturn),
	ALWAYS(sigaltstack),
	ALWAYS(restart_syscall),
	SELF(tgkill, 0),
	SELF(kill, 0), /* the user's command to end, which a read of the UART's data may find */
	ALWAYS(clock_gettime),
	ALWAYS(clock_nanosleep),
	ALWAYS(getrandom),
	ALWAYS(exit),
	ALWAYS(exit_group),
#ifdef SYS_poll /* older machines than arm64 */
	ALWAYS(poll),
#endif
};

static const struct sandbox_rule loop_rules[] = {
	/* the guest is reset, and its record kept */
	IOCTL(VMM_REINIT),
	IOCTL(VMM_SET_REG),
	IOCTL(VMM_SET_BLOB),
	IOCTL(VMM_GET_BLOB),
	IOCTL(VMM_GET_STATS),
	IOCTL(VMM_IOEVENTFD),
	IOCTL(VMM_IRQFD),
	/* the terminal: its settings, and whose it is; nothing is typed into it (TIOCSTI) */
	IOCTL(TCGETS),
	IOCTL(TCSETS),
	IOCTL(TCSETSW),
	IOCTL(TCSETSF),
	IOCTL(TCGETS2), /* newer C libraries */
	IOCTL(TCSETS2),
	IOCTL(TCSETSW2),
	IOCTL(TCSETSF2),
	IOCTL(TIOCGPGRP),
	/* a disk that has grown */
	IOCTL(BLKGETSIZE64),
	IOCTL(BLKSSZGET),
	IOCTL(BLKPBSZGET),
	ALWAYS(fstat),
	ALWAYS(newfstatat),
	/* files that were kept open are read again */
	ALWAYS(lseek),
	ALWAYS(dup),
	FCNTL(F_DUPFD_CLOEXEC),
	FCNTL(F_GETFD),
	FCNTL(F_SETFD),
	FCNTL(F_GETFL),
	FCNTL(F_SETFL), /* F_SETOWN is not there, which O_ASYNC would need */
	/* clients of the control and console sockets */
	ALWAYS(accept),
	ALWAYS(accept4),
	ALWAYS(recvmsg),
	ALWAYS(sendmsg),
	ALWAYS(shutdown),
	ALWAYS(timerfd_gettime),
	/* threads, but no processes; clone3, whose flags are in memory, is taken for missing, so
	 * that clone is used */
	MASKED(clone, 0, THREAD_FLAGS | NAMESPACES, THREAD_FLAGS),
	{ SYS_clone3, SANDBOX_MISSING, 0, 0, 0 },
	ALWAYS(set_robust_list),
	ALWAYS(rseq),
	EQUALS(sched_setaffinity, 0, 0),
	EQUALS(prctl, 0, PR_SET_NAME),
	/* a further filter, which allows nothing more */
	MASKED(seccomp, 0, ~0U, SECCOMP_SET_MODE_FILTER),
	ALWAYS(rt_sigaction),
	/* getpgrp(3): whether the terminal is ours when SIGCONT comes */
	EQUALS(getpgid, 0, 0),
	ALWAYS(nanosleep),
	ALWAYS(clock_getres),
	ALWAYS(gettimeofday),
	ALWAYS(getuid),
	ALWAYS(geteuid),
	ALWAYS(getgid),
	ALWAYS(getegid),
	ALWAYS(uname),
#ifdef SYS_getpgrp /* older machines than arm64 */
	ALWAYS(getpgrp),
#endif
};

static const struct sandbox_rule network_rules[] = {
	EQUALS(socket, 0, AF_INET),
	EQUALS(socket, 0, AF_INET6),
	ALWAYS(bind),
	ALWAYS(listen),
	ALWAYS(connect),
	ALWAYS(getsockname),
	ALWAYS(getpeername),
	ALWAYS(setsockopt),
	ALWAYS(getsockopt),
	IOCTL(FIONREAD),
	IOCTL(FIONBIO),
	IOCTL(SIOCGIFINDEX), /* the zone of a name server's address */
	/* the host's name servers, which may change */
	MASKED(openat, 2, CHANGING, O_RDONLY),
#ifdef SYS_open /* older machines than arm64 */
	MASKED(open, 1, CHANGING, O_RDONLY),
#endif
};

const struct sandbox_table sandbox_vcpu_table = TABLE(vcpu_rules);
const struct sandbox_table sandbox_loop_table = TABLE(loop_rules);
const struct sandbox_table sandbox_network_table = TABLE(network_rules);
