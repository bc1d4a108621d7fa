/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of the sandbox that is the user's: who bhyve is once the guest runs. */
#ifndef BHYVE_SANDBOX_USER_H
#define BHYVE_SANDBOX_USER_H

#include <stddef.h>

/*
 * Becomes the user, with his group and no others, and gives up all capabilities; only while the
 * process has one thread. user: a name, or NULL, which is `bhyve` where there is such a user, else
 * the kernel's overflow user (65534, nobody) for root, and for others who they are. 0 or negative
 * errno with the sentence in err.
 */
int sandbox_user_become(const char *user, char *err, size_t errlen);

#endif
