/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that runs a virtual machine: its sockets, and what it tells there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "vmmapi.h"

/* How long a process that does not answer is waited for, seconds. */
#ifndef VM_PATIENCE
#define VM_PATIENCE 5
#endif

/* Bytes of an answer: 32 devices of a dozen lines each. */
#define ANSWER_MAX 65536u

int vm_socket_path(const char *name, const char *which, char *buf, size_t len)
{
	int error = vm_check_name(name);

	if (error)
		return error;
	return snprintf(buf, len, VM_RUN_DIR "/%s/%s", name, which) < (int)len ? 0 : -ENAMETOOLONG;
}

/* Limits how long connecting and sending (SO_SNDTIMEO) or receiving wait; 0: for ever. */
static void set_patience(int fd, int option, int seconds)
{
	struct timeval patience = { .tv_sec = seconds };

	setsockopt(fd, SOL_SOCKET, option, &patience, sizeof(patience));
}

static int connect_error(int error)
{
	switch (error) {
	case ECONNREFUSED: /* a killed process left it */
		return -ENOENT;
	case EAGAIN:
		return -ETIMEDOUT;
	default:
		return -error;
	}
}

int vm_socket_connect(const char *name, const char *which)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error = vm_socket_path(name, which, address.sun_path, sizeof(address.sun_path));
	int fd;

	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	set_patience(fd, SO_SNDTIMEO, VM_PATIENCE);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		error = connect_error(errno);
		close(fd);
		return error;
	}
	set_patience(fd, SO_SNDTIMEO, 0);
	return fd;
}

void vm_remove_sockets(const char *name)
{
	static const char *const sockets[] = { "console", "control" };
	char directory[sizeof(VM_RUN_DIR) + VMM_NAME_MAX + 2];
	int at;

	if (vm_check_name(name))
		return;
	snprintf(directory, sizeof(directory), VM_RUN_DIR "/%s", name);
	/* not where a link leads to */
	at = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return;
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		int fd = vm_socket_connect(name, sockets[i]);

		if (fd == -ENOENT)
			unlinkat(at, sockets[i], 0);
		else if (fd >= 0)
			close(fd);
	}
	close(at);
	rmdir(directory);
}

/* Reads to the end; the number of bytes or negative errno. */
static ssize_t read_answer(int fd, char *answer, size_t room)
{
	size_t done = 0;
	ssize_t part;

	do {
		part = recv(fd, answer + done, room - done, 0);
		if (part > 0)
			done += (size_t)part;
	} while (part > 0 || (part < 0 && errno == EINTR));
	if (part < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return (ssize_t)done;
}

/* Sends one line to the process and reads what it answers, as a string. */
static int ask(const char *name, const char *line, char answer[ANSWER_MAX])
{
	int fd = vm_socket_connect(name, "control");
	ssize_t length;

	if (fd < 0)
		return fd;
	set_patience(fd, SO_RCVTIMEO, VM_PATIENCE);
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		length = -errno;
	else
		length = read_answer(fd, answer, ANSWER_MAX - 1);
	close(fd);
	if (length < 0)
		return (int)length;
	answer[length] = '\0';
	return strncmp(answer, "error ", 6) == 0 ? -EPROTO : 0;
}

/* Others print the word as it is. */
static bool is_word(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return end != text && !*end && !errno;
}

/* "DEVICE SLOT COUNTER VALUE"; false: a counter that this version does not know. */
static bool parse_stat(char *line, struct vm_device_stat *stat)
{
	const char *device = strsep(&line, " ");
	const char *slot = line ? strsep(&line, " ") : NULL;
	const char *counter = line ? strsep(&line, " ") : NULL;
	uint64_t number;

	if (!line || !is_word(device) || strlen(device) >= sizeof(stat->device) ||
	    !parse_number(slot, &number) || !parse_number(line, &stat->value))
		return false;
	snprintf(stat->device, sizeof(stat->device), "%s", device);
	stat->slot = (unsigned)number;
	for (stat->stat = 0; stat->stat < VM_DEVICE_STAT_COUNT; stat->stat++)
		if (strcmp(counter, vm_device_stat_name(stat->stat)) == 0)
			return true;
	return false;
}

int vm_device_stats(const char *name, vm_device_stat_fn *visit, void *arg)
{
	char *answer = malloc(ANSWER_MAX), *rest = answer, *line;
	int error = answer ? ask(name, "device-stats\n", answer) : -ENOMEM;
	struct vm_device_stat stat;

	while (!error && (line = strsep(&rest, "\n")) != NULL)
		if (parse_stat(line, &stat))
			visit(&stat, arg);
	free(answer);
	return error;
}

int vm_resize_disk(const char *name, unsigned slot, char *why, size_t len)
{
	char line[32], *answer = malloc(ANSWER_MAX);
	int error;

	snprintf(line, sizeof(line), "resize-disk %u\n", slot);
	error = answer ? ask(name, line, answer) : -ENOMEM;
	if (!error && strcmp(answer, "done\n") != 0)
		error = -EIO;
	snprintf(why, len, "%s", strerror(-error));
	if (error == -EPROTO) {
		answer[strcspn(answer, "\n")] = '\0';
		snprintf(why, len, "%s", answer + strlen("error "));
	}
	free(answer);
	return error;
}

#define STAT_NAME(id, name, description)	[VM_DEVICE_STAT_##id] = name,
#define STAT_DESCRIPTION(id, name, description) [VM_DEVICE_STAT_##id] = description,

const char *vm_device_stat_name(uint32_t stat)
{
	static const char *const names[] = { VM_DEVICE_STATS(STAT_NAME) };

	return stat < VM_DEVICE_STAT_COUNT ? names[stat] : NULL;
}

const char *vm_device_stat_description(uint32_t stat)
{
	static const char *const descriptions[] = { VM_DEVICE_STATS(STAT_DESCRIPTION) };

	return stat < VM_DEVICE_STAT_COUNT ? descriptions[stat] : NULL;
}
