// SPDX-License-Identifier: BSD-2-Clause
/*
 * Consoles: reading, writing, and clients that come and go; see console.h.
 *
 * The lock guards the descriptors. It is not held while the user's callback runs.
 */
#include "bhyve/backend/console.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bhyve/backend/console_open.h"
#include "bhyve/backend/console_socket.h"
#include "bhyve/mevent.h"

/* A terminal or pipe that is reported writable takes this much without blocking. */
#define BLOCKING_CHUNK 256u

/* How often a pty without a reader is looked at, nanoseconds. */
#define RETRY_INTERVAL 200000000LL

static void ready(int fd, unsigned revents, void *arg);

static void unwatch(struct console *console)
{
	if (console->watched_in >= 0)
		mevent_del_fd(console->watched_in);
	if (console->watched_out >= 0 && console->watched_out != console->watched_in)
		mevent_del_fd(console->watched_out);
	console->watched_in = -1;
	console->watched_out = -1;
}

static void watch(struct console *console)
{
	console->watched_in = console->in;
	console->watched_out = console->out;
	if (console->in >= 0)
		mevent_add_fd(console->in, 0, ready, console);
	if (console->out >= 0 && console->out != console->in)
		mevent_add_fd(console->out, 0, ready, console);
}

/* Clients come and go. */
static bool has_clients(const struct console *console)
{
	return console->listener >= 0 || console->is_pty;
}

/* Tells the I/O loop what is waited for now: that a client leaves, also while nothing is to be
 * moved. With the lock held. */
static void update_events(struct console *console)
{
	unsigned in = console->connected && console->want_read ? POLLIN : 0;
	unsigned out = console->connected && console->want_write ? POLLOUT : 0;

	if (has_clients(console) && console->connected && !console->hung_up)
		in |= POLLHUP;
	if (console->in >= 0 && console->in == console->out) {
		mevent_set_events(console->in, in | out);
		return;
	}
	if (console->in >= 0)
		mevent_set_events(console->in, in);
	if (console->out >= 0)
		mevent_set_events(console->out, out);
}

/* The other end went away: the I/O loop will tell. With the lock held. */
static void disconnect(struct console *console)
{
	console->connected = false;
	if (console->listener >= 0 && console->in >= 0) {
		unwatch(console);
		close(console->in);
		console->in = -1;
		console->out = -1;
		mevent_set_events(console->listener, POLLIN);
	}
	update_events(console);
	mevent_timer_set(console->timer, mevent_now());
}

/* Standard input came to its end; output goes on. With the lock held. */
static void end_of_input(struct console *console)
{
	if (!console->is_stdio) {
		disconnect(console);
		return;
	}
	if (console->in >= 0)
		mevent_del_fd(console->in);
	console->watched_in = -1;
	console->in = -1;
}

bool console_connected(struct console *console)
{
	bool connected;

	pthread_mutex_lock(&console->lock);
	connected = console->connected;
	pthread_mutex_unlock(&console->lock);
	return connected;
}

static bool readable_now(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) > 0;
}

/* One read(2), without the user's commands; the number of bytes. With the lock held. */
static size_t read_some(struct console *console, uint8_t *buf, size_t len)
{
	ssize_t got;

	if (console->blocking_in && !readable_now(console->in))
		return 0;
	got = read(console->in, buf, len);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		end_of_input(console);
	if (got <= 0)
		return 0;
	return console->escape ? terminal_filter(&console->keys, buf, (size_t)got) : (size_t)got;
}

size_t console_read(struct console *console, void *buf, size_t len)
{
	size_t got = 0;

	if (console->socket)
		return console_socket_read(console->socket, buf, len);
	pthread_mutex_lock(&console->lock);
	if (len > 0 && console->connected && console->in >= 0)
		got = read_some(console, buf, len);
	pthread_mutex_unlock(&console->lock);
	return got;
}

/* Whether a socket's client has sent what is still to be read. */
static bool has_input(const struct console *console)
{
	uint8_t byte;

	return console->listener >= 0 && console->in >= 0 &&
	       recv(console->in, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* The client takes nothing more. What it sent before is still to be read. With the lock held. */
static void end_of_output(struct console *console)
{
	if (has_input(console))
		console->out = -1;
	else
		disconnect(console);
}

/* A pty without a reader fills up and would never be read: it is looked at first. */
static bool pty_has_reader(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = 0 };

	return poll(&pollfd, 1, 0) == 0 || !(pollfd.revents & POLLHUP);
}

static bool writable_now(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return poll(&pollfd, 1, 0) > 0;
}

/* One write(2): the number of bytes, 0 where it would block, negative errno. */
static ssize_t write_some(const struct console *console, const uint8_t *buf, size_t len)
{
	ssize_t done;

	if (console->blocking_out) {
		if (!writable_now(console->out))
			return 0;
		if (len > BLOCKING_CHUNK)
			len = BLOCKING_CHUNK;
	}
	if (console->listener >= 0)
		done = send(console->out, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	else
		done = write(console->out, buf, len);
	if (done < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return done;
}

/* With the lock held. */
static size_t write_all(struct console *console, const uint8_t *buf, size_t len)
{
	size_t done = 0;

	if (console->is_pty && console->connected && !pty_has_reader(console->out))
		disconnect(console);
	while (done < len) {
		ssize_t part;

		if (!console->connected || console->out < 0)
			return len;
		part = write_some(console, buf + done, len - done);
		if (part == 0)
			return done;
		if (part < 0)
			end_of_output(console);
		else
			done += (size_t)part;
	}
	return done;
}

size_t console_write(struct console *console, const void *buf, size_t len)
{
	size_t done;

	if (console->socket) {
		console_socket_write(console->socket, buf, len);
		return len;
	}
	pthread_mutex_lock(&console->lock);
	done = write_all(console, buf, len);
	pthread_mutex_unlock(&console->lock);
	return done;
}

bool console_wait_writable(struct console *console, int timeout_ms)
{
	struct pollfd pollfd = { .events = POLLOUT };

	if (console->socket)
		return true;
	pthread_mutex_lock(&console->lock);
	pollfd.fd = console->connected ? console->out : -1;
	pthread_mutex_unlock(&console->lock);
	return pollfd.fd >= 0 && poll(&pollfd, 1, timeout_ms) > 0;
}

void console_want(struct console *console, bool read, bool write)
{
	if (console->socket) {
		console_socket_want(console->socket, read);
		return;
	}
	pthread_mutex_lock(&console->lock);
	console->want_read = read;
	console->want_write = write;
	update_events(console);
	pthread_mutex_unlock(&console->lock);
}

static void report_change(struct console *console)
{
	bool changed;

	pthread_mutex_lock(&console->lock);
	changed = console->connected != console->reported;
	console->reported = console->connected;
	pthread_mutex_unlock(&console->lock);
	if (changed)
		console->callback(CONSOLE_CHANGED, console->arg);
}

/* The other end is gone while nothing is read. With the lock held. */
static void hung_up(struct console *console)
{
	if (has_input(console)) {
		console->hung_up = true;
		update_events(console);
	} else {
		disconnect(console);
	}
}

/* The I/O loop: a descriptor is ready, or its other end is gone. */
static void ready(int fd, unsigned revents, void *arg)
{
	struct console *console = arg;
	unsigned events = 0;

	pthread_mutex_lock(&console->lock);
	if ((revents & POLLHUP) && console->is_pty && !(revents & POLLIN)) {
		disconnect(console);
	} else if ((revents & POLLHUP) && has_clients(console) && !console->want_read &&
		   !console->want_write) {
		hung_up(console);
	} else {
		if (fd == console->in && (revents & (POLLIN | POLLHUP | POLLERR)))
			events |= CONSOLE_READABLE;
		if (fd == console->out && (revents & (POLLOUT | POLLERR)))
			events |= CONSOLE_WRITABLE;
	}
	pthread_mutex_unlock(&console->lock);
	if (events)
		console->callback(events, console->arg);
}

static void client_came(int fd, unsigned revents, void *arg)
{
	struct console *console = arg;
	int client;

	(void)revents;
	pthread_mutex_lock(&console->lock);
	client = console->in < 0 ? accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
	if (client >= 0) {
		console->in = client;
		console->out = client;
		console->connected = true;
		console->hung_up = false;
		watch(console);
		mevent_set_events(fd, 0);
		update_events(console);
	}
	pthread_mutex_unlock(&console->lock);
	report_change(console);
}

/* Looks whether somebody has opened the pty. With the lock held. */
static void look_at_pty(struct console *console)
{
	if (console->connected)
		return;
	if (pty_has_reader(console->out)) {
		console->connected = true;
		update_events(console);
	} else {
		mevent_timer_set(console->timer, mevent_now() + RETRY_INTERVAL);
	}
}

static void timer_due(void *arg)
{
	struct console *console = arg;

	/* First that the last reader left: a new one may be there already. */
	report_change(console);
	pthread_mutex_lock(&console->lock);
	if (console->is_pty)
		look_at_pty(console);
	pthread_mutex_unlock(&console->lock);
	report_change(console);
}

static int start(struct console *console)
{
	signal(SIGPIPE, SIG_IGN);
	console->reported = console->connected;
	console->timer = mevent_timer_create(timer_due, console);
	if (!console->timer)
		return -ENOMEM;
	if (console->is_pty)
		mevent_timer_set(console->timer, mevent_now());
	if (console->listener >= 0)
		return mevent_add_fd(console->listener, POLLIN, client_came, console);
	watch(console);
	return 0;
}

int console_open(const char *description, console_fn *callback, void *arg, struct console **out,
		 char *err, size_t errlen)
{
	struct console *console = calloc(1, sizeof(*console));
	int error;

	if (!console) {
		snprintf(err, errlen, "%s: %s", description, strerror(ENOMEM));
		return -ENOMEM;
	}
	pthread_mutex_init(&console->lock, NULL);
	console->in = console->out = console->listener = -1;
	console->watched_in = console->watched_out = -1;
	console->callback = callback;
	console->arg = arg;
	error = console_open_description(console, description, err, errlen);
	if (!error) {
		error = start(console);
		if (error)
			snprintf(err, errlen, "%s: %s", description, strerror(-error));
	}
	if (error)
		console_close(console);
	else
		*out = console;
	return error;
}

void console_close(struct console *console)
{
	if (!console)
		return;
	console_socket_close(console->socket);
	unwatch(console);
	mevent_timer_destroy(console->timer);
	if (console->listener >= 0) {
		mevent_del_fd(console->listener);
		close(console->listener);
		unlink(console->path);
	}
	if (console->is_stdio)
		console_release_stdio(console);
	else if (console->in >= 0)
		close(console->in);
	pthread_mutex_destroy(&console->lock);
	free(console);
}
