/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The user's terminal in raw mode, and the keys that are bhyve's and not the guest's.
 *
 * There is one terminal in a process. It is put back as it was when the process exits, is stopped
 * by SIGTSTP or dies of a signal (but SIGKILL, after which reset(1) helps).
 */
#ifndef BHYVE_BACKEND_TERMINAL_H
#define BHYVE_BACKEND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ctrl-A: the next key is a command. */
#define TERMINAL_ESCAPE 0x01

/* Puts the terminal of a descriptor into raw mode; signals that keys make go to the guest as keys.
 * 0 or negative errno (-ENOTTY). */
int terminal_raw(int fd);

/* Puts it back; harmless without terminal_raw(). */
void terminal_restore(void);

/*
 * Takes the commands out of what was typed, in place: Ctrl-A x ends the virtual machine (as SIGTERM
 * does), Ctrl-A h prints the commands, Ctrl-A Ctrl-A and Ctrl-A a are one Ctrl-A; another key is
 * the guest's, without the Ctrl-A. The number of bytes left, for the guest.
 */
struct terminal_keys {
	bool escaped;
};
size_t terminal_filter(struct terminal_keys *keys, uint8_t *bytes, size_t len);

/* What Ctrl-A x does in place of SIGTERM. */
void terminal_on_quit(void (*quit)(void));

#endif
