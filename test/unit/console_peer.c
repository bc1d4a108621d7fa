// SPDX-License-Identifier: BSD-2-Clause
/*
 * The other end of a console, see console_peer.h.
 */
#include "console_peer.h"

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bhyve/mevent.h"

const char *console_peer_description_of(unsigned number)
{
	static char text[4][64];

	snprintf(text[number], sizeof(text[0]), "unix:/tmp/bhyve-test-%d.%u", getpid(), number);
	return text[number];
}

const char *console_peer_description(void)
{
	return console_peer_description_of(0);
}

int console_peer_connect_to(unsigned number)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, console_peer_description_of(number) + strlen("unix:"));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
	return fd;
}

int console_peer_connect(void)
{
	return console_peer_connect_to(0);
}

bool console_peer_is_silent(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 0;
}

int console_peer_read_byte(int fd)
{
	uint8_t byte;

	for (int i = 0; i < 200 && console_peer_is_silent(fd); i++)
		mevent_poll(10);
	if (console_peer_is_silent(fd) || read(fd, &byte, 1) != 1)
		return -1;
	return byte;
}
