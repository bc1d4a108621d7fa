/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening Unix domain sockets of bhyve. */
#ifndef BHYVE_BACKEND_UNIX_SOCKET_H
#define BHYVE_BACKEND_UNIX_SOCKET_H

/*
 * Listens at a path: a descriptor that does not block, or negative errno. A socket that a killed
 * process left there is replaced. It has mode 0600; in a directory with the set-group-ID bit, whose
 * group it then has, 0660. -EEXIST: something else is there; -EADDRINUSE: another process listens
 * there; -ENAMETOOLONG; -ENOENT: no such directory.
 */
int unix_listen(const char *path);

/* Most sockets that unix_listeners_each() knows: one for each port and two more would be rare. */
#define UNIX_LISTENERS_MAX 32

/* Calls visit with the path of each socket that unix_listen() has made, until one returns another
 * value than 0, which is then returned. */
int unix_listeners_each(int (*visit)(const char *path));

/* The sentence for a user of an error of unix_listen(), to be put behind the path. */
const char *unix_listen_reason(int error);

#endif
