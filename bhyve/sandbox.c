// SPDX-License-Identifier: BSD-2-Clause
/* Enters the sandbox, see sandbox.h. */
#include "bhyve/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bhyve/report.h"
#include "bhyve/sandbox_files.h"
#include "bhyve/sandbox_filter.h"
#include "bhyve/sandbox_user.h"

/* Of a vCPU's thread; made while there is one thread. Its length is 0 without a sandbox. */
static struct sandbox_program vcpu_program;

static int failed(const char *what, int error, char *err, size_t errlen)
{
	snprintf(err, errlen, "the sandbox cannot be entered: %s: %s; -o sandbox=off runs without",
		 what, strerror(-error));
	return error;
}

static int close_files(bool network, char *err, size_t errlen)
{
	int error = sandbox_files_close(network);

	if (error == -EOPNOTSUPP) {
		report("note: this kernel has no Landlock in use (CONFIG_SECURITY_LANDLOCK, lsm=): "
		       "the sandbox is the system calls alone");
		return 0;
	}
	return error ? failed("Landlock", error, err, errlen) : 0;
}

static int filter_calls(bool network, char *err, size_t errlen)
{
	const struct sandbox_table *const tables[] = {
		&sandbox_vcpu_table,
		&sandbox_loop_table,
		&sandbox_network_table,
	};
	static struct sandbox_program program;
	uint32_t pid = (uint32_t)getpid();
	int error = sandbox_filter_build(tables, network ? 3 : 2, pid, &program);

	if (!error)
		error = sandbox_filter_build(tables, 1, pid, &vcpu_program);
	if (!error)
		error = sandbox_filter_install(&program, true);
	return error ? failed("seccomp (CONFIG_SECCOMP_FILTER)", error, err, errlen) : 0;
}

int sandbox_enter(const struct sandbox_options *options, char *err, size_t errlen)
{
	int error;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return failed("no_new_privs", -errno, err, errlen);
	error = sandbox_user_become(options->user, err, errlen);
	if (error)
		return error;
	/* whether others of this user may look into the process; a core file is such a look */
	if (prctl(PR_SET_DUMPABLE, options->core ? 1 : 0, 0, 0, 0) < 0)
		return failed("dumpable", -errno, err, errlen);
	error = close_files(options->network, err, errlen);
	return error ? error : filter_calls(options->network, err, errlen);
}

int sandbox_enter_vcpu(void)
{
	return vcpu_program.len ? sandbox_filter_install(&vcpu_program, false) : 0;
}
