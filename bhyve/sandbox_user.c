// SPDX-License-Identifier: BSD-2-Clause
/* Another user, and no capabilities; see sandbox_user.h. */
#include "bhyve/sandbox_user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The user that root becomes, where he exists. */
#define USUAL_USER "bhyve"
/* Who is nobody for the kernel: OVERFLOW_UID, which owns nothing. */
#define NOBODY	   65534u

struct identity {
	uid_t uid;
	gid_t gid;
};

static int find_user(const char *user, struct identity *identity, char *err, size_t errlen)
{
	const struct passwd *entry = getpwnam(user ? user : USUAL_USER);

	if (!entry && user) {
		snprintf(err, errlen, "user=%.100s: there is no such user; make it, or name one",
			 user);
		return -EINVAL;
	}
	identity->uid = entry ? entry->pw_uid : NOBODY;
	identity->gid = entry ? entry->pw_gid : NOBODY;
	return 0;
}

static int change(const struct identity *identity, char *err, size_t errlen)
{
	int error;

	if (setgroups(0, NULL) == 0 &&
	    setresgid(identity->gid, identity->gid, identity->gid) == 0 &&
	    setresuid(identity->uid, identity->uid, identity->uid) == 0)
		return 0;
	error = -errno;
	snprintf(err, errlen,
		 "cannot become user %u: %s; this root has no right to it: run as another user, or "
		 "give -o user=root to stay",
		 (unsigned)identity->uid, strerror(-error));
	return error;
}

/* Also those that a program file or systemd gave to a user who is not root. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -errno;
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

int sandbox_user_become(const char *user, char *err, size_t errlen)
{
	struct identity identity = { .uid = geteuid(), .gid = getegid() };
	int error = 0;

	if (user || identity.uid == 0)
		error = find_user(user, &identity, err, errlen);
	if (error)
		return error;
	if (geteuid() != 0 && identity.uid != geteuid()) {
		snprintf(err, errlen,
			 "user=%.100s: only root can become another user; leave it out", user);
		return -EPERM;
	}
	if (identity.uid != geteuid())
		error = change(&identity, err, errlen);
	if (error)
		return error;
	error = drop_capabilities();
	if (error)
		snprintf(err, errlen, "capabilities cannot be given up: %s", strerror(-error));
	return error;
}
