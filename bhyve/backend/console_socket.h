/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A console that users attach to and detach from: a listening Unix domain socket that remembers the
 * last output. All who are attached see the same and all may type, as at one terminal.
 *
 * Output is always taken: who attaches gets the end of what came before, and who reads too slowly
 * loses what is oldest. Functions are safe from any thread.
 */
#ifndef BHYVE_BACKEND_CONSOLE_SOCKET_H
#define BHYVE_BACKEND_CONSOLE_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

struct console_socket;

/* Bytes that are kept for slow readers, and that one who attaches is shown at most. */
#define CONSOLE_SOCKET_KEPT    65536u
#define CONSOLE_SOCKET_SHOWN   16384u

/* Who may be attached at once. */
#define CONSOLE_SOCKET_CLIENTS 8u

/* Called by the I/O loop, without a lock held: there may be something to read. */
typedef void console_socket_fn(void *arg);

/* 0 or negative errno, as unix_listen(). */
int console_socket_open(const char *path, console_socket_fn *readable, void *arg,
			struct console_socket **out);

/* Detaches everybody and removes the socket; NULL is allowed. As console_close(). */
void console_socket_close(struct console_socket *console);

/* Up to len bytes that somebody typed; 0: there are none now. */
size_t console_socket_read(struct console_socket *console, void *buf, size_t len);

void console_socket_write(struct console_socket *console, const void *buf, size_t len);

/* Whether the callback is wanted; not at first. What is typed meanwhile waits. */
void console_socket_want(struct console_socket *console, bool read);

#endif
