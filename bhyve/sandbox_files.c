// SPDX-License-Identifier: BSD-2-Clause
/* Landlock, see sandbox_files.h. */
#include "bhyve/sandbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_SERVERS "/etc/resolv.conf"

/*
 * struct landlock_ruleset_attr of Linux 6.12, and the rights that came with each version of the
 * interface: headers of Debian 12 have the first two versions alone.
 */
struct ruleset {
	uint64_t files;
	uint64_t ports; /* from version 4 */
	uint64_t scope; /* from version 6 */
};
#define FILES_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FILES_2 (1ULL << 13) /* REFER */
#define FILES_3 (1ULL << 14) /* TRUNCATE */
#define FILES_5 (1ULL << 15) /* IOCTL_DEV */
#define PORTS_4 0x3ULL	     /* BIND_TCP, CONNECT_TCP */
#define SCOPE_6 0x3ULL	     /* ABSTRACT_UNIX_SOCKET, SIGNAL */

static size_t fill(struct ruleset *ruleset, long version, bool network)
{
	*ruleset = (struct ruleset){ .files = FILES_1 };
	if (version >= 2)
		ruleset->files |= FILES_2;
	if (version >= 3)
		ruleset->files |= FILES_3;
	if (version >= 4 && !network)
		ruleset->ports = PORTS_4;
	if (version >= 5)
		ruleset->files |= FILES_5;
	if (version >= 6)
		ruleset->scope = SCOPE_6;
	if (version >= 6)
		return sizeof(*ruleset);
	return version >= 4 ? offsetof(struct ruleset, scope) : offsetof(struct ruleset, ports);
}

/* Lets files below the folder that really has the name servers be read. Without such a file there
 * is nothing to be read. */
static int allow_name_servers(int ruleset)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
	};
	char path[PATH_MAX];
	int error = 0;

	if (!realpath(NAME_SERVERS, path))
		return 0;
	*strrchr(path, '/') = '\0';
	beneath.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0))
		error = -errno;
	close(beneath.parent_fd);
	return error;
}

int sandbox_files_close(bool network)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset attributes;
	int ruleset, error = 0;

	if (version < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes,
			       fill(&attributes, version, network), 0);
	if (ruleset < 0)
		return -errno;
	if (network)
		error = allow_name_servers(ruleset);
	if (!error && syscall(SYS_landlock_restrict_self, ruleset, 0))
		error = -errno;
	close(ruleset);
	return error;
}
