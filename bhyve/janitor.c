// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is removed at the end, see janitor.h.
 *
 * bhyve and the process talk by a pair of sockets that keep messages apart. The end of bhyve closes
 * its socket, which ends the process.
 */
#include "bhyve/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/vmmapi/vmmapi.h"

/* Sockets have short names, sockaddr_un. */
#define PATH_LEN   128
#define PLACES_MAX 40

enum kind { NOTE_FILE, NOTE_FOLDER, SEAL, FINISH, FINISH_AND_DESTROY };

struct message {
	uint32_t kind; /* enum kind */
	char path[PATH_LEN];
};

struct place {
	bool folder;
	char path[PATH_LEN];
};

static int janitor = -1; /* the socket */
static bool sealed;

/* ---- the process ---- */

static struct place places[PLACES_MAX];
static unsigned place_count;

static int note(const struct message *message)
{
	struct place *place = &places[place_count];

	if (place_count == PLACES_MAX)
		return -ENOSPC;
	place_count++;
	place->folder = message->kind == NOTE_FOLDER;
	memcpy(place->path, message->path, sizeof(place->path));
	place->path[sizeof(place->path) - 1] = '\0';
	return 0;
}

static int finish(const char *vm, bool destroy)
{
	for (unsigned i = 0; i < place_count; i++) {
		if (places[i].folder)
			rmdir(places[i].path);
		else
			unlink(places[i].path);
	}
	return destroy ? vm_destroy(vm) : 0;
}

/* Does what one message says, and answers. Whether there may be another. */
static bool serve(int fd, const char *vm)
{
	static bool closed;
	struct message message;
	int32_t answer = -EPERM;
	bool more = true;

	if (recv(fd, &message, sizeof(message), 0) != sizeof(message))
		return false;
	if (message.kind == FINISH || message.kind == FINISH_AND_DESTROY) {
		answer = finish(vm, message.kind == FINISH_AND_DESTROY);
		more = false;
	} else if (message.kind == SEAL) {
		closed = true;
		answer = 0;
	} else if (!closed) {
		answer = note(&message);
	}
	return send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) == sizeof(answer) && more;
}

/* Nothing of bhyve's stays open here: locks and interfaces end with bhyve. Signals are for bhyve,
 * and so is the terminal. */
static void run(int fd, const char *vm)
{
	int socket = fcntl(fd, F_DUPFD, STDERR_FILENO + 2), null = open("/dev/null", O_RDWR);
	sigset_t all;

	if (socket < 0 || null < 0)
		_exit(1);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "bhyve-janitor");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	for (int i = 0; i <= STDERR_FILENO; i++)
		dup2(null, i);
	dup2(socket, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	while (serve(STDERR_FILENO + 1, vm))
		;
	_exit(0);
}

/* ---- bhyve ---- */

int janitor_start(const char *vm)
{
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		run(ends[1], vm);
	close(ends[1]);
	if (child < 0) {
		int error = -errno;

		close(ends[0]);
		return error;
	}
	janitor = ends[0];
	return 0;
}

/* Sends a message; the answer. */
static int ask(enum kind kind, const char *path)
{
	struct message message = { .kind = kind };
	int32_t answer;

	if (strlen(path) >= sizeof(message.path))
		return -ENAMETOOLONG;
	memcpy(message.path, path, strlen(path) + 1);
	if (send(janitor, &message, sizeof(message), MSG_NOSIGNAL) < 0)
		return -errno;
	if (recv(janitor, &answer, sizeof(answer), 0) != sizeof(answer))
		return -EPIPE;
	return answer;
}

int janitor_note_file(const char *path)
{
	return ask(NOTE_FILE, path);
}

int janitor_note_folder(const char *path)
{
	return ask(NOTE_FOLDER, path);
}

int janitor_seal(void)
{
	int error = ask(SEAL, "");

	sealed = !error;
	return error;
}

bool janitor_ready(void)
{
	return sealed;
}

int janitor_finish(bool destroy)
{
	int error = ask(destroy ? FINISH_AND_DESTROY : FINISH, "");

	close(janitor);
	janitor = -1;
	sealed = false;
	return error;
}
