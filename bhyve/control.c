/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket, see control.h. Everything is the I/O loop's. */
#include "bhyve/control.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bhyve/backend/unix_socket.h"
#include "bhyve/device.h"
#include "bhyve/mevent.h"
#include "bhyve/report.h"
#include "lib/vmmapi/vmmapi.h"

/* Who may use the virtual machines of this host. */
#define GROUP	    "vmm"

#define CLIENTS	    4
#define REQUEST_MAX 64u
#define ANSWER_MAX  65536u

#define RESIZE_DISK "resize-disk "

struct client {
	int fd; /* -1: free */
	size_t length;
	char request[REQUEST_MAX];
};

static int listener = -1;
static struct client clients[CLIENTS];
static char directory[sizeof(VM_RUN_DIR) + VMM_NAME_MAX + 2];
static char path[sizeof(directory) + sizeof("/control")];

struct answer {
	size_t length;
	char text[ANSWER_MAX];
};

static void add_stat(const struct device *device, const char *counter, uint64_t value, void *arg)
{
	struct answer *answer = arg;
	size_t room = sizeof(answer->text) - answer->length;
	int length = snprintf(answer->text + answer->length, room, "%s %u %s %llu\n",
			      device->ops->name, device->slot, counter, (unsigned long long)value);

	if (length > 0 && (size_t)length < room)
		answer->length += (size_t)length;
}

static void say(struct answer *answer, const char *word, const char *reason)
{
	answer->length =
		(size_t)snprintf(answer->text, sizeof(answer->text), "%s%s\n", word, reason);
}

static void resize_disk(struct answer *answer, const char *slot)
{
	char reason[512], *end;
	unsigned long number = strtoul(slot, &end, 10);

	if (end == slot || *end || number >= VIRTIO_MMIO_SLOTS)
		say(answer, "error ", "not the number of a slot");
	else if (device_resize((unsigned)number, reason, sizeof(reason)))
		say(answer, "error ", reason);
	else
		say(answer, "done", "");
}

static void answer_request(int fd, const char *request)
{
	static struct answer answer;

	answer.length = 0;
	if (strcmp(request, "device-stats") == 0)
		devices_each_stat(add_stat, &answer);
	else if (strncmp(request, RESIZE_DISK, strlen(RESIZE_DISK)) == 0)
		resize_disk(&answer, request + strlen(RESIZE_DISK));
	else
		say(&answer, "error ", "no such request");
	/* an answer that its client does not wait for is nobody's */
	(void)!send(fd, answer.text, answer.length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void remove_client(struct client *client)
{
	mevent_del_fd(client->fd);
	close(client->fd);
	client->fd = -1;
}

static struct client *find_client(int fd)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (clients[i].fd == fd)
			return &clients[i];
	return NULL;
}

static void client_ready(int fd, unsigned revents, void *arg)
{
	struct client *client = find_client(fd);
	char *end = NULL;
	ssize_t got;

	(void)revents;
	(void)arg;
	if (!client)
		return;
	got = recv(fd, client->request + client->length, REQUEST_MAX - client->length,
		   MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0) {
		client->length += (size_t)got;
		end = memchr(client->request, '\n', client->length);
		if (!end && client->length < REQUEST_MAX)
			return;
	}
	if (end) {
		*end = '\0';
		answer_request(fd, client->request);
	}
	remove_client(client);
}

/* One who connects takes the place of one who does not send its request. */
static void client_came(int fd, unsigned revents, void *arg)
{
	static size_t next;
	int came = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client = &clients[next];

	(void)revents;
	(void)arg;
	if (came < 0)
		return;
	next = (next + 1) % CLIENTS;
	if (client->fd >= 0)
		remove_client(client);
	if (mevent_add_fd(came, POLLIN, client_ready, NULL)) {
		close(came);
		return;
	}
	client->fd = came;
	client->length = 0;
}

/* A directory that was there may be systemd's. That of another user is none to be trusted. */
static int check_directory(void)
{
	struct stat st;

	if (lstat(directory, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) && (st.st_uid == geteuid() || st.st_uid == 0) ? 0 : -ENOTDIR;
}

/* The directory is of who runs bhyve; root shares it with the group. */
static int make_directory(void)
{
	const struct group *group;

	if (mkdir(VM_RUN_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (mkdir(directory, 0700) < 0)
		return errno == EEXIST ? check_directory() : -errno;
	group = geteuid() == 0 ? getgrnam(GROUP) : NULL;
	if (group && chown(directory, (uid_t)-1, group->gr_gid) == 0)
		(void)!chmod(directory, 02750);
	return 0;
}

void control_open(const char *name)
{
	int error;

	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	snprintf(directory, sizeof(directory), VM_RUN_DIR "/%s", name);
	snprintf(path, sizeof(path), "%s/control", directory);
	error = make_directory();
	if (!error)
		listener = unix_listen(path);
	if (!error && listener < 0)
		error = listener;
	if (!error)
		error = mevent_add_fd(listener, POLLIN, client_came, NULL);
	if (error && error != -EACCES && error != -EPERM && error != -EROFS)
		report("%s: %s; bhyvectl shows no counters of devices", path,
		       unix_listen_reason(error));
}

const char *control_directory(void)
{
	return directory;
}

void control_close(void)
{
	if (listener >= 0) {
		for (size_t i = 0; i < CLIENTS; i++)
			if (clients[i].fd >= 0)
				remove_client(&clients[i]);
		mevent_del_fd(listener);
		close(listener);
		listener = -1;
		unlink(path);
	}
	rmdir(directory);
}
