// SPDX-License-Identifier: BSD-2-Clause
/* Messages to the user. */
#include "bhyve/report.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* "NAME: ", or empty. Set while there is one thread. */
static char vm_prefix[208];
static atomic_bool raw_terminal;

void report_name(const char *vm)
{
	snprintf(vm_prefix, sizeof(vm_prefix), "%.200s%s", vm ? vm : "", vm ? ": " : "");
}

void report_raw(bool raw)
{
	atomic_store(&raw_terminal, raw);
}

void report(const char *format, ...)
{
	char line[8192];
	const char *end = atomic_load(&raw_terminal) ? "\r\n" : "\n";
	size_t room = sizeof(line) - 3, used;
	va_list args;
	int len;

	len = snprintf(line, room, "bhyve: %s", vm_prefix);
	used = (size_t)len;
	va_start(args, format);
	len = vsnprintf(line + used, room - used, format, args);
	va_end(args);
	used += len < 0 ? 0 : (size_t)len < room - used ? (size_t)len : room - used - 1;
	memcpy(line + used, end, strlen(end) + 1);
	/* one write: lines of several threads do not mix; nothing can be done if it fails */
	if (write(STDERR_FILENO, line, used + strlen(end)) < 0)
		return;
}
