/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the console back end: the two descriptors that all kinds come down to.
 */
#ifndef BHYVE_BACKEND_CONSOLE_OPEN_H
#define BHYVE_BACKEND_CONSOLE_OPEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "bhyve/backend/console.h"
#include "bhyve/backend/terminal.h"

struct console {
	pthread_mutex_t lock;
	int in;	 /* -1: none, or at its end */
	int out; /* -1: none */
	int watched_in;
	int watched_out;
	int listener;		       /* of a Unix socket, else -1 */
	struct console_socket *socket; /* where users attach and detach; NULL: another kind */
	bool is_pty;
	bool is_stdio;
	/* The user's descriptors, which others share: they are not made non-blocking. */
	bool blocking_in;
	bool blocking_out;
	bool connected;
	bool reported; /* `connected` as the callback last heard */
	bool hung_up;  /* the client left, what it sent is not all read: nothing is waited for */
	bool want_read;
	bool want_write;
	bool escape; /* take the user's commands out */
	struct terminal_keys keys;
	struct mevent_timer *timer; /* to look at a pty, and to report changes */
	console_fn *callback;
	void *arg;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* Opens what the description names: fills in, out, listener and the flags. As console_open(). */
int console_open_description(struct console *console, const char *description, char *err,
			     size_t errlen);

/* Gives standard input and output back, the terminal as it was. */
void console_release_stdio(struct console *console);

#endif
