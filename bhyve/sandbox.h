/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox of the process: what a guest that takes over bhyve could still do.
 */
#ifndef BHYVE_SANDBOX_H
#define BHYVE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox_options {
	const char *user; /* as of sandbox_user_become(); NULL: the usual one */
	bool network;	  /* a device is a guest's network in this process (slirp) */
	bool core;	  /* core files are wanted */
};

/*
 * Leaves the process what running a VM takes, for good: another user in place of root, no
 * capability, no file but those that are open (Landlock), the system calls of the tables in
 * sandbox_table.c, no trace by others of its user. To be called by the I/O loop's thread when all
 * is set up, while it is the only one. 0 or negative errno with the sentence in err; then the
 * process may be in part of it and should end. A kernel without Landlock is no error: it is said,
 * and the tables hold alone.
 */
int sandbox_enter(const struct sandbox_options *options, char *err, size_t errlen);

/*
 * Leaves the calling thread, which sandbox_enter() was before, only what a vCPU's takes. Nothing
 * without sandbox_enter(). 0 or negative errno.
 */
int sandbox_enter_vcpu(void);

#endif
