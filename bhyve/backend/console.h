/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where serial devices put their bytes and get them from:
 *
 *   stdio        standard input and output; a terminal is put into raw mode, with an escape key
 *   pty          a new pseudo terminal, whose name is reported
 *   socket:PATH  a listening Unix domain socket at which users attach and detach, and which
 *                remembers the last output (console_socket.h)
 *   socket       the same, where bhyvectl --console finds it: /run/bhyve/NAME/console
 *   unix:PATH    a listening Unix domain socket, one client at a time
 *   null         nothing
 *   /dev/TTY     a terminal or another character device
 *
 * Nothing here blocks. Output that nobody can ever read (no client, no reader of the pty) is
 * dropped; output that somebody reads slowly waits with the caller. Functions are safe from any
 * thread.
 */
#ifndef BHYVE_BACKEND_CONSOLE_H
#define BHYVE_BACKEND_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct console;

#define CONSOLE_READABLE 0x1u /* console_read() has something */
#define CONSOLE_WRITABLE 0x2u /* console_write() takes something */
#define CONSOLE_CHANGED	 0x4u /* console_connected() changed */

/* Called on the I/O loop's thread without a lock held, for what console_want() asked for. */
typedef void console_fn(unsigned events, void *arg);

/* 0, or a negative errno with one line in err that begins with the description. */
int console_open(const char *description, console_fn *callback, void *arg, struct console **out,
		 char *err, size_t errlen);

/* NULL is allowed. The callback is not called any more, given that the I/O loop does not run or
 * that this is its thread. */
void console_close(struct console *console);

/* Up to len bytes; 0: there are none now. */
size_t console_read(struct console *console, void *buf, size_t len);

/* The number of bytes taken; fewer than len: more when CONSOLE_WRITABLE is reported. */
size_t console_write(struct console *console, const void *buf, size_t len);

/* Waits until console_write() takes something, at most for a time in milliseconds; whether it does.
 * For when the I/O loop does not run any more. */
bool console_wait_writable(struct console *console, int timeout_ms);

/* Which events are waited for; at first none. CONSOLE_CHANGED always is. */
void console_want(struct console *console, bool read, bool write);

/* Whether somebody is at the other end. */
bool console_connected(struct console *console);

#endif
