/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small process beside bhyve that removes at the end what bhyve, in its sandbox, cannot: its
 * sockets, and the virtual machine. What it may remove is fixed before the guest runs; all that it
 * can be asked for from then on is to do that, with the virtual machine or without.
 */
#ifndef BHYVE_JANITOR_H
#define BHYVE_JANITOR_H

#include <stdbool.h>

/*
 * Starts the process, while this one has one thread and nothing open that must end with it. vm: the
 * virtual machine that may be destroyed. It ends with this one, and if that is killed it removes
 * nothing. 0 or negative errno.
 */
int janitor_start(const char *vm);

/* A file to be removed at the end (a socket), or a folder if it is empty by then; in the order of
 * the calls. 0 or negative errno. */
int janitor_note_file(const char *path);
int janitor_note_folder(const char *path);

/* From now on nothing more can be noted. 0 or negative errno. */
int janitor_seal(void);

/* Whether there is a sealed one. */
bool janitor_ready(void);

/* Has it remove what was noted, and destroy the virtual machine if that is wanted; it then ends. 0
 * or negative errno of vm_destroy(). */
int janitor_finish(bool destroy);

#endif
