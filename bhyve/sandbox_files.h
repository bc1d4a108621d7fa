/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the sandbox that is Landlock's (landlock(7)): no file of the host can be opened, made
 * or removed.
 */
#ifndef BHYVE_SANDBOX_FILES_H
#define BHYVE_SANDBOX_FILES_H

#include <stdbool.h>

/*
 * Takes from the calling thread, and those it will start, the right to open, make, remove, link or
 * rename any file; what is open stays so. Where the kernel can do it, it cannot reach abstract Unix
 * sockets and signal processes outside, either. network: /etc/resolv.conf can still be read, in
 * whatever folder it really is, since it may be replaced there; without, TCP ports cannot be bound
 * or connected to where the kernel can forbid that.
 *
 * Needs prctl(PR_SET_NO_NEW_PRIVS). 0, -EOPNOTSUPP (a kernel without Landlock, or that does not use
 * it), or another negative errno.
 */
int sandbox_files_close(bool network);

#endif
