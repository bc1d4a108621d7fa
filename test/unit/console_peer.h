/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of a console that is a Unix socket, for tests.
 */
#ifndef TEST_UNIT_CONSOLE_PEER_H
#define TEST_UNIT_CONSOLE_PEER_H

#include <stdbool.h>

/* "unix:PATH" with a path of this process's own; number tells several apart. */
const char *console_peer_description(void);
const char *console_peer_description_of(unsigned number);

/* Connects; a descriptor that the caller closes. */
int console_peer_connect(void);
int console_peer_connect_to(unsigned number);

/* The next byte, or -1: none came in 2 s. The I/O loop is run meanwhile. */
int console_peer_read_byte(int fd);

/* Whether there is nothing to read. */
bool console_peer_is_silent(int fd);

#endif
