/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sandbox of the process: what a guest that takes over bhyve could still do.
 */
#ifndef BHYVE_SANDBOX_H
#define BHYVE_SANDBOX_H

/*
 * Leaves all threads of the process, and those to come, the system calls that running a VM takes
 * (seccomp(2)): files, sockets, memory, threads. Anything else fails with EPERM: no new program, no
 * new process, no signal to others, no change of identity, no mount, no trace. Cannot be undone. To
 * be called when all is set up; the kernel refuses calls of another architecture by ending the
 * process. 0 or negative errno (-EINVAL: a kernel without seccomp filters).
 */
int sandbox_enter(void);

#endif
