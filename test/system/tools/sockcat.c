// SPDX-License-Identifier: BSD-2-Clause
/*
 * sockcat: moves bytes over a Unix socket, which busybox has no tool for.
 *
 *   sockcat PATH send         copies standard input to the socket, then reads until the peer closes
 * or 1 byte comes
 *   sockcat PATH receive N    copies N bytes from the socket to standard output
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "sockcat: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Copies up to limit bytes; the number copied, or -1. */
static long long copy(int from, int to, long long limit)
{
	char buffer[65536];
	long long copied = 0;

	while (copied < limit) {
		size_t want = sizeof(buffer);
		ssize_t got, put = 0;

		if ((long long)want > limit - copied)
			want = (size_t)(limit - copied);
		got = read(from, buffer, want);
		if (got <= 0)
			return got < 0 ? -1 : copied;
		for (ssize_t done = 0; done < got; done += put) {
			put = write(to, buffer + done, (size_t)(got - done));
			if (put < 0)
				return -1;
		}
		copied += got;
	}
	return copied;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long long wanted;
	char answer;

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fputs("usage: sockcat PATH send | PATH receive BYTES\n", stderr);
		return 1;
	}
	strcpy(address.sun_path, argv[1]);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(argv[1]);
	if (strcmp(argv[2], "send") == 0) {
		if (copy(STDIN_FILENO, fd, 1LL << 40) < 0)
			return fail("send");
		/* leaving at once could drop what the peer has not read yet */
		return read(fd, &answer, 1) < 0 ? fail("answer") : 0;
	}
	wanted = argc > 3 ? atoll(argv[3]) : 0;
	return copy(fd, STDOUT_FILENO, wanted) == wanted ? 0 : fail("receive");
}
