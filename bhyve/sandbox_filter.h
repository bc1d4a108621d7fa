/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that a thread of bhyve may make once the guest runs, as tables, and the seccomp
 * filter that a table becomes (seccomp(2)).
 */
#ifndef BHYVE_SANDBOX_FILTER_H
#define BHYVE_SANDBOX_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a call must be to be allowed. */
enum sandbox_match {
	SANDBOX_ALWAYS,	 /* whatever its arguments are */
	SANDBOX_MASKED,	 /* the low half of an argument, masked, has the value */
	SANDBOX_SELF,	 /* the low half of an argument is this process' id */
	SANDBOX_MISSING, /* never: it fails with ENOSYS, as in a kernel without it */
};

/* A system call may have several rules: one that matches is enough. */
struct sandbox_rule {
	uint16_t number; /* SYS_ */
	uint8_t match;	 /* enum sandbox_match */
	uint8_t argument;
	uint32_t mask;
	uint32_t value;
};

struct sandbox_table {
	const struct sandbox_rule *rules;
	size_t count;
};

/*
 * What a vCPU's thread may do: run the guest and access the devices that exist. It opens nothing,
 * makes no socket, thread or timer, and does nothing to a terminal.
 */
extern const struct sandbox_table sandbox_vcpu_table;

/*
 * What the I/O loop's thread, which starts the vCPUs' threads, may do beside that: accept clients,
 * load the guest again, see to the terminal.
 */
extern const struct sandbox_table sandbox_loop_table;

/* What the I/O loop's thread may do beside that when it is a guest's network (libslirp): make
 * Internet sockets, connect them, and open files for reading (Landlock says which). */
extern const struct sandbox_table sandbox_network_table;

/* Most instructions of a filter. */
#define SANDBOX_PROGRAM_MAX 1024

struct sandbox_program {
	struct sock_filter code[SANDBOX_PROGRAM_MAX];
	unsigned short len;
};

/*
 * Makes the filter that allows what one of the tables does, refuses anything else with EPERM, and
 * ends the process at a call of another architecture. The first rule is the fastest. pid: of
 * SANDBOX_SELF. 0, or -E2BIG if the tables are too long.
 */
int sandbox_filter_build(const struct sandbox_table *const *tables, size_t count, uint32_t pid,
			 struct sandbox_program *program);

/*
 * Puts the calling thread under the filter, or with all_threads each one of the process; it cannot
 * be undone, and filters add up: a call must be allowed by all of them. Needs
 * prctl(PR_SET_NO_NEW_PRIVS). 0 or negative errno.
 */
int sandbox_filter_install(const struct sandbox_program *program, bool all_threads);

#endif
