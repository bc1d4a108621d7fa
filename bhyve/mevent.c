// SPDX-License-Identifier: BSD-2-Clause
/*
 * The I/O loop, see mevent.h.
 *
 * One lock guards the lists of descriptors and timers; it is never held during a callback. Another
 * thread that changes them wakes the loop through an eventfd.
 */
#include "bhyve/mevent.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000LL
#define NSEC_PER_MS  1000000LL
#define NOT_STOPPED  (-1)

/* A watched descriptor. serial tells a descriptor from a later one of the same number. */
struct watch {
	int fd;
	unsigned events;
	uint64_t serial;
	mevent_fn *callback;
	void *arg;
};

struct mevent_timer {
	int64_t deadline; /* 0: not set */
	mevent_timer_fn *callback;
	void *arg;
	struct mevent_timer *next;
};

struct mevent_pollset {
	struct pollfd *fds;
	size_t count;
	size_t room;
};

static struct {
	pthread_mutex_t lock;
	struct watch *watches;
	size_t count;
	size_t room;
	uint64_t serial;
	struct mevent_timer *timers;
	struct mevent_source *sources;
	struct mevent_pollset set;
	uint64_t *serials; /* of set.fds[0 .. watches) */
	size_t serials_room;
	int wake_fd;
	atomic_int stop;
	_Atomic(pthread_t) thread;
	atomic_bool running;
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake_fd = -1, .stop = NOT_STOPPED };

int64_t mevent_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static void wake(void)
{
	const uint64_t one = 1;
	ssize_t written = write(loop.wake_fd, &one, sizeof(one));

	/* It can only fail with EAGAIN, when the loop is about to wake anyway. */
	(void)written;
}

static void wake_from_elsewhere(void)
{
	if (loop.running && !pthread_equal(loop.thread, pthread_self()))
		wake();
}

static struct watch *watch_find(int fd)
{
	for (size_t i = 0; i < loop.count; i++)
		if (loop.watches[i].fd == fd)
			return &loop.watches[i];
	return NULL;
}

/* Room for one more element in an array that doubles. */
static bool grow(void **array, size_t *room, size_t count, size_t element)
{
	size_t wanted = *room ? *room * 2 : 16;
	void *larger;

	if (count < *room)
		return true;
	larger = reallocarray(*array, wanted, element);
	if (!larger)
		return false;
	*array = larger;
	*room = wanted;
	return true;
}

static int watch_add(int fd, unsigned events, mevent_fn *callback, void *arg)
{
	if (watch_find(fd))
		return -EEXIST;
	if (!grow((void **)&loop.watches, &loop.room, loop.count, sizeof(*loop.watches)))
		return -ENOMEM;
	loop.watches[loop.count++] = (struct watch){
		.fd = fd,
		.events = events,
		.serial = ++loop.serial,
		.callback = callback,
		.arg = arg,
	};
	return 0;
}

int mevent_add_fd(int fd, unsigned events, mevent_fn *callback, void *arg)
{
	int error;

	pthread_mutex_lock(&loop.lock);
	error = watch_add(fd, events, callback, arg);
	pthread_mutex_unlock(&loop.lock);
	wake_from_elsewhere();
	return error;
}

int mevent_set_events(int fd, unsigned events)
{
	struct watch *watch;
	bool changed = false;

	pthread_mutex_lock(&loop.lock);
	watch = watch_find(fd);
	if (watch) {
		changed = watch->events != events;
		watch->events = events;
	}
	pthread_mutex_unlock(&loop.lock);
	if (changed)
		wake_from_elsewhere();
	return watch ? 0 : -ENOENT;
}

int mevent_del_fd(int fd)
{
	struct watch *watch;

	pthread_mutex_lock(&loop.lock);
	watch = watch_find(fd);
	if (watch)
		*watch = loop.watches[--loop.count];
	pthread_mutex_unlock(&loop.lock);
	if (watch)
		wake_from_elsewhere();
	return watch ? 0 : -ENOENT;
}

struct mevent_timer *mevent_timer_create(mevent_timer_fn *callback, void *arg)
{
	struct mevent_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	timer->callback = callback;
	timer->arg = arg;
	pthread_mutex_lock(&loop.lock);
	timer->next = loop.timers;
	loop.timers = timer;
	pthread_mutex_unlock(&loop.lock);
	return timer;
}

void mevent_timer_set(struct mevent_timer *timer, int64_t deadline)
{
	pthread_mutex_lock(&loop.lock);
	timer->deadline = deadline;
	pthread_mutex_unlock(&loop.lock);
	wake_from_elsewhere();
}

void mevent_timer_destroy(struct mevent_timer *timer)
{
	pthread_mutex_lock(&loop.lock);
	for (struct mevent_timer **at = &loop.timers; *at; at = &(*at)->next) {
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	}
	pthread_mutex_unlock(&loop.lock);
	free(timer);
}

void mevent_add_source(struct mevent_source *source)
{
	source->next = loop.sources;
	loop.sources = source;
}

void mevent_del_source(struct mevent_source *source)
{
	for (struct mevent_source **at = &loop.sources; *at; at = &(*at)->next) {
		if (*at == source) {
			*at = source->next;
			return;
		}
	}
}

int mevent_pollset_add(struct mevent_pollset *set, int fd, unsigned events)
{
	if (!grow((void **)&set->fds, &set->room, set->count, sizeof(*set->fds)))
		return -ENOMEM;
	set->fds[set->count] = (struct pollfd){ .fd = fd, .events = (short)events };
	return (int)set->count++;
}

unsigned mevent_pollset_revents(const struct mevent_pollset *set, int index)
{
	if (index < 0 || (size_t)index >= set->count)
		return 0;
	return (unsigned short)set->fds[index].revents;
}

/* Puts the watched descriptors at the front of the set; paused ones have fd -1, which poll skips.
 */
static int collect_watches(void)
{
	loop.set.count = 0;
	for (size_t i = 0; i < loop.count; i++) {
		const struct watch *watch = &loop.watches[i];

		if (!grow((void **)&loop.serials, &loop.serials_room, i, sizeof(*loop.serials)))
			return -ENOMEM;
		if (mevent_pollset_add(&loop.set, watch->events ? watch->fd : -1, watch->events) <
		    0)
			return -ENOMEM;
		loop.serials[i] = watch->serial;
	}
	return 0;
}

static int64_t earliest_timer(int64_t deadline)
{
	for (const struct mevent_timer *timer = loop.timers; timer; timer = timer->next)
		if (timer->deadline && timer->deadline < deadline)
			deadline = timer->deadline;
	return deadline;
}

static struct timespec until(int64_t deadline)
{
	int64_t left = deadline - mevent_now();

	if (left < 0)
		left = 0;
	return (struct timespec){ .tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC };
}

/* Takes a copy of a watch that is still the one that was waited for. */
static bool watch_still(uint64_t serial, struct watch *copy)
{
	bool found = false;

	pthread_mutex_lock(&loop.lock);
	for (size_t i = 0; i < loop.count && !found; i++) {
		found = loop.watches[i].serial == serial && loop.watches[i].events;
		if (found)
			*copy = loop.watches[i];
	}
	pthread_mutex_unlock(&loop.lock);
	return found;
}

static void dispatch_watches(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned revents = mevent_pollset_revents(&loop.set, (int)i);
		struct watch watch;

		if (revents && watch_still(loop.serials[i], &watch))
			watch.callback(watch.fd, revents, watch.arg);
	}
}

static struct mevent_timer *due_timer(int64_t now)
{
	struct mevent_timer *timer;

	pthread_mutex_lock(&loop.lock);
	for (timer = loop.timers; timer; timer = timer->next) {
		if (timer->deadline && timer->deadline <= now) {
			timer->deadline = 0;
			break;
		}
	}
	pthread_mutex_unlock(&loop.lock);
	return timer;
}

static void dispatch_timers(void)
{
	int64_t now = mevent_now();
	struct mevent_timer *timer;

	while ((timer = due_timer(now)))
		timer->callback(timer->arg);
}

static void dispatch_sources(void)
{
	struct mevent_source *next;

	for (struct mevent_source *source = loop.sources; source; source = next) {
		next = source->next;
		source->dispatch(&loop.set, source->arg);
	}
}

/* Waits until the deadline or an event; *watches is how many of the set are watched descriptors. */
static int wait_for_events(int64_t deadline, size_t *watches)
{
	struct timespec left;
	int error;

	pthread_mutex_lock(&loop.lock);
	error = collect_watches();
	deadline = earliest_timer(deadline);
	pthread_mutex_unlock(&loop.lock);
	if (error)
		return error;
	*watches = loop.set.count;
	for (struct mevent_source *source = loop.sources; source; source = source->next)
		source->prepare(&loop.set, &deadline, source->arg);
	left = until(deadline);
	if (ppoll(loop.set.fds, loop.set.count, deadline == INT64_MAX ? NULL : &left, NULL) >= 0)
		return 0;
	for (size_t i = 0; i < loop.set.count; i++)
		loop.set.fds[i].revents = 0;
	return errno == EINTR ? 0 : -errno;
}

int mevent_poll(int timeout_ms)
{
	int64_t deadline = timeout_ms < 0 ? INT64_MAX : mevent_now() + timeout_ms * NSEC_PER_MS;
	size_t watches = 0;
	int error = wait_for_events(deadline, &watches);

	if (error)
		return error;
	dispatch_sources();
	dispatch_watches(watches);
	dispatch_timers();
	return 0;
}

int mevent_run(void)
{
	int error = 0;
	int value;

	loop.thread = pthread_self();
	loop.running = true;
	while (!error && loop.stop == NOT_STOPPED)
		error = mevent_poll(-1);
	loop.running = false;
	value = atomic_exchange(&loop.stop, NOT_STOPPED);
	return error ? error : value;
}

void mevent_stop(int value)
{
	int saved = errno;

	loop.stop = value;
	wake();
	errno = saved;
}

static void wake_up(int fd, unsigned revents, void *arg)
{
	uint64_t count;
	ssize_t length = read(fd, &count, sizeof(count));

	(void)length;
	(void)revents;
	(void)arg;
}

int mevent_init(void)
{
	if (loop.wake_fd >= 0)
		return 0;
	loop.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop.wake_fd < 0)
		return -errno;
	return mevent_add_fd(loop.wake_fd, POLLIN, wake_up, NULL);
}

void mevent_fini(void)
{
	while (loop.timers)
		mevent_timer_destroy(loop.timers);
	free(loop.watches);
	free(loop.serials);
	free(loop.set.fds);
	if (loop.wake_fd >= 0)
		close(loop.wake_fd);
	loop.watches = NULL;
	loop.serials = NULL;
	loop.set = (struct mevent_pollset){ 0 };
	loop.count = loop.room = loop.serials_room = 0;
	loop.sources = NULL;
	loop.wake_fd = -1;
	loop.stop = NOT_STOPPED;
}
