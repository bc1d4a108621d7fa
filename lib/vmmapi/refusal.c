// SPDX-License-Identifier: BSD-2-Clause
/*
 * Why the driver was not loaded: modprobe says "No such device", the reasons are in the kernel's
 * log. Its records are read as /dev/kmsg gives them (Documentation/ABI/testing/dev-kmsg): one a
 * read(), "PRIORITY,NUMBER,TIME,FLAGS;MESSAGE\n".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

#define RECORD_MAX	8192
#define LEVEL(priority) ((priority) & 7)
#define LEVEL_ERROR	3

struct log_reader {
	char *reasons; /* what the load that is being read complains about, "; " between */
	size_t size;
	bool refused; /* and it was the last */
};

/* What is behind "prefix" in text, or null. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) ? NULL : text + length;
}

static void add_reason(struct log_reader *reader, const char *reason)
{
	size_t used = strlen(reader->reasons);

	snprintf(reader->reasons + used, reader->size - used, "%s%s", used ? "; " : "", reason);
}

static void take_message(struct log_reader *reader, const char *message, unsigned long priority)
{
	const char *failed = after(message, "STOP: not loaded: ");

	if (after(message, "START")) {
		reader->reasons[0] = '\0';
		reader->refused = false;
	} else if (failed) {
		reader->refused = true;
		if (!reader->reasons[0])
			add_reason(reader, failed);
	} else if (after(message, "STOP: ready")) {
		reader->reasons[0] = '\0';
	} else if (LEVEL(priority) <= LEVEL_ERROR && !reader->refused) {
		add_reason(reader, message);
	}
}

static void take_record(struct log_reader *reader, char *record)
{
	char *message = strchr(record, ';');
	const char *ours;

	if (!message)
		return;
	message++;
	message[strcspn(message, "\n")] = '\0';
	ours = after(message, "vmm: ");
	if (ours)
		take_message(reader, ours, strtoul(record, NULL, 10));
}

bool vm_last_refusal(int log, char *reasons, size_t size)
{
	struct log_reader reader = { reasons, size, false };
	char record[RECORD_MAX + 1];
	ssize_t length;

	reasons[0] = '\0';
	for (;;) {
		length = read(log, record, RECORD_MAX);
		if (length > 0) {
			record[length] = '\0';
			take_record(&reader, record);
		} else if (length == 0 || (errno != EINTR && errno != EPIPE)) {
			/* EPIPE: records were overwritten meanwhile; the next read goes on. */
			return reader.refused;
		}
	}
}
