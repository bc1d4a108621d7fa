/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console that users attach to and detach from, see console_socket.h.
 *
 * The lock guards everything. Clients are removed by whoever notices that they are gone; the I/O
 * loop may then still report the descriptor once, which find_client() does not know any more.
 */
#include "bhyve/backend/console_socket.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bhyve/backend/unix_socket.h"
#include "bhyve/mevent.h"

struct client {
	int fd;		  /* -1: free */
	uint64_t sent;	  /* of the bytes of all output */
	bool input_ended; /* it sends no more, and is shown output still */
	bool hung_up;	  /* it left; what it sent is not all read */
	bool behind;	  /* waits for room to send to it */
};

struct console_socket {
	pthread_mutex_t lock;
	int listener;
	bool want_read;
	console_socket_fn *readable;
	void *arg;
	struct client clients[CONSOLE_SOCKET_CLIENTS];
	unsigned turn;	  /* whose input is read next */
	uint64_t written; /* bytes of output in all */
	uint8_t kept[CONSOLE_SOCKET_KEPT];
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* ---- clients, with the lock held ---- */

static struct client *find_client(struct console_socket *console, int fd)
{
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (console->clients[i].fd == fd)
			return &console->clients[i];
	return NULL;
}

static void remove_client(struct client *client)
{
	mevent_del_fd(client->fd);
	close(client->fd);
	client->fd = -1;
}

static void update_events(const struct console_socket *console, const struct client *client)
{
	unsigned events = 0;

	if (console->want_read && !client->input_ended)
		events |= POLLIN;
	if (client->behind)
		events |= POLLOUT;
	if (!client->hung_up)
		events |= POLLHUP;
	mevent_set_events(client->fd, events);
}

/* The byte of all output that is kept furthest back. */
static uint64_t oldest(const struct console_socket *console)
{
	return console->written > CONSOLE_SOCKET_KEPT ? console->written - CONSOLE_SOCKET_KEPT : 0;
}

/* Sends what the client has not seen; false: it is gone. */
static bool send_output(struct console_socket *console, struct client *client)
{
	if (client->sent < oldest(console))
		client->sent = oldest(console);
	client->behind = false;
	while (client->sent < console->written) {
		size_t at = client->sent % CONSOLE_SOCKET_KEPT;
		size_t length = (size_t)(console->written - client->sent);
		ssize_t done;

		if (length > CONSOLE_SOCKET_KEPT - at)
			length = CONSOLE_SOCKET_KEPT - at;
		done = send(client->fd, console->kept + at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (done < 0 && errno == EINTR)
			continue;
		client->behind = done < 0 && errno == EAGAIN;
		if (done < 0)
			return client->behind;
		client->sent += (uint64_t)done;
	}
	return true;
}

/* Where one who attaches starts: with a whole line, unless that is the first of all. */
static uint64_t first_shown(const struct console_socket *console)
{
	uint64_t at;

	if (console->written <= CONSOLE_SOCKET_SHOWN)
		return 0;
	at = console->written - CONSOLE_SOCKET_SHOWN;
	while (at < console->written && console->kept[at % CONSOLE_SOCKET_KEPT] != '\n')
		at++;
	return at < console->written ? at + 1 : console->written - CONSOLE_SOCKET_SHOWN;
}

/* A client that left may have sent something before. */
static void hang_up(struct console_socket *console, struct client *client)
{
	uint8_t byte;

	if (recv(client->fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) <= 0) {
		remove_client(client);
		return;
	}
	client->hung_up = true;
	update_events(console, client);
}

/* ---- the I/O loop ---- */

static void client_ready(int fd, unsigned revents, void *arg)
{
	struct console_socket *console = arg;
	struct client *client;
	bool readable = false;

	pthread_mutex_lock(&console->lock);
	client = find_client(console, fd);
	if (client && (revents & POLLOUT) && send_output(console, client))
		update_events(console, client);
	if (client && (revents & POLLIN))
		readable = true;
	else if (client && (revents & (POLLHUP | POLLERR)))
		hang_up(console, client);
	pthread_mutex_unlock(&console->lock);
	if (readable)
		console->readable(console->arg);
}

static void refuse(int fd)
{
	static const char reason[] = "bhyve: as many as can be are at this console already\r\n";

	send(fd, reason, sizeof(reason) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void client_came(int fd, unsigned revents, void *arg)
{
	struct console_socket *console = arg;
	int came = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	(void)revents;
	if (came < 0)
		return;
	pthread_mutex_lock(&console->lock);
	client = find_client(console, -1);
	if (!client || mevent_add_fd(came, 0, client_ready, console)) {
		refuse(came);
	} else {
		*client = (struct client){ .fd = came, .sent = first_shown(console) };
		if (send_output(console, client))
			update_events(console, client);
		else
			remove_client(client);
	}
	pthread_mutex_unlock(&console->lock);
}

/* ---- what the console calls ---- */

/* One recv(2); removes a client that is gone. */
static size_t read_client(struct console_socket *console, struct client *client, void *buf,
			  size_t len)
{
	ssize_t got = recv(client->fd, buf, len, MSG_DONTWAIT);

	if (got > 0)
		return (size_t)got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0 || client->hung_up) {
		remove_client(client);
		return 0;
	}
	client->input_ended = true;
	update_events(console, client);
	return 0;
}

size_t console_socket_read(struct console_socket *console, void *buf, size_t len)
{
	size_t got = 0;

	pthread_mutex_lock(&console->lock);
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS && got == 0 && len > 0; i++) {
		struct client *client = &console->clients[console->turn];

		if (client->fd >= 0 && !client->input_ended)
			got = read_client(console, client, buf, len);
		if (got == 0)
			console->turn = (console->turn + 1) % CONSOLE_SOCKET_CLIENTS;
	}
	pthread_mutex_unlock(&console->lock);
	return got;
}

static void keep(struct console_socket *console, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		size_t at = console->written % CONSOLE_SOCKET_KEPT;
		size_t part = len < CONSOLE_SOCKET_KEPT - at ? len : CONSOLE_SOCKET_KEPT - at;

		memcpy(console->kept + at, bytes, part);
		console->written += part;
		bytes += part;
		len -= part;
	}
}

void console_socket_write(struct console_socket *console, const void *buf, size_t len)
{
	pthread_mutex_lock(&console->lock);
	keep(console, buf, len);
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS; i++) {
		struct client *client = &console->clients[i];

		if (client->fd < 0 || client->behind || client->hung_up)
			continue;
		if (!send_output(console, client))
			hang_up(console, client);
		else if (client->behind)
			update_events(console, client);
	}
	pthread_mutex_unlock(&console->lock);
}

void console_socket_want(struct console_socket *console, bool read)
{
	pthread_mutex_lock(&console->lock);
	console->want_read = read;
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (console->clients[i].fd >= 0)
			update_events(console, &console->clients[i]);
	pthread_mutex_unlock(&console->lock);
}

int console_socket_open(const char *path, console_socket_fn *readable, void *arg,
			struct console_socket **out)
{
	struct console_socket *console = calloc(1, sizeof(*console));
	int error = 0;

	if (!console)
		return -ENOMEM;
	pthread_mutex_init(&console->lock, NULL);
	console->readable = readable;
	console->arg = arg;
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		console->clients[i].fd = -1;
	console->listener = unix_listen(path);
	if (console->listener < 0)
		error = console->listener;
	else
		snprintf(console->path, sizeof(console->path), "%s", path);
	if (!error)
		error = mevent_add_fd(console->listener, POLLIN, client_came, console);
	if (error)
		console_socket_close(console);
	else
		*out = console;
	return error;
}

void console_socket_close(struct console_socket *console)
{
	if (!console)
		return;
	for (unsigned i = 0; i < CONSOLE_SOCKET_CLIENTS; i++)
		if (console->clients[i].fd >= 0)
			remove_client(&console->clients[i]);
	if (console->listener >= 0) {
		mevent_del_fd(console->listener);
		close(console->listener);
		unlink(console->path);
	}
	pthread_mutex_destroy(&console->lock);
	free(console);
}
