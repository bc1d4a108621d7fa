/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The I/O loop: one thread, the main one, waits here for descriptors and timers and calls back.
 *
 * Callbacks run on the loop's thread, one at a time, with no lock of the loop held: they may call
 * anything here. Every function is safe from any thread unless it says otherwise. A callback of a
 * descriptor or timer that another thread removes may still be running when the removal returns;
 * removed by the loop's own thread it is never called again.
 *
 * It is built on ppoll(2): a VMM has a dozen descriptors, and user-mode networking (libslirp) hands
 * over a new set of sockets before every wait.
 */
#ifndef BHYVE_MEVENT_H
#define BHYVE_MEVENT_H

#include <poll.h>
#include <stdint.h>

/* events and revents are those of poll(2). */
typedef void mevent_fn(int fd, unsigned revents, void *arg);

/* Watches a descriptor (not closed by the loop). events may be 0: paused (POLLERR and POLLHUP are
 * not reported then either). -EEXIST: it is watched already; -ENOMEM. */
int mevent_add_fd(int fd, unsigned events, mevent_fn *callback, void *arg);

/* Changes what is waited for. -ENOENT: it is not watched. */
int mevent_set_events(int fd, unsigned events);

/* To be called before the descriptor is closed. -ENOENT. */
int mevent_del_fd(int fd);

/* Timers of CLOCK_MONOTONIC, one shot. */
struct mevent_timer;
typedef void mevent_timer_fn(void *arg);

/* A timer that is not set, or NULL: no memory. */
struct mevent_timer *mevent_timer_create(mevent_timer_fn *callback, void *arg);

/* Sets or moves the time, in nanoseconds of mevent_now(); 0 stops it. */
void mevent_timer_set(struct mevent_timer *timer, int64_t deadline);

/* Stops and frees it; NULL is allowed. */
void mevent_timer_destroy(struct mevent_timer *timer);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t mevent_now(void);

/*
 * A source brings a changing set of descriptors of its own. Before every wait prepare is called: it
 * calls mevent_pollset_add() for each descriptor and may lower *deadline (mevent_now(),
 * nanoseconds). After the wait dispatch is called, which asks mevent_pollset_revents() by the
 * indices it was given.
 */
struct mevent_pollset;
struct mevent_source {
	void (*prepare)(struct mevent_pollset *set, int64_t *deadline, void *arg);
	void (*dispatch)(struct mevent_pollset *set, void *arg);
	void *arg;
	struct mevent_source *next; /* the loop's */
};

/* Both only from the loop's thread, or while it does not run. The source stays the caller's. */
void mevent_add_source(struct mevent_source *source);
void mevent_del_source(struct mevent_source *source);

/* The index of the descriptor in the set, or -ENOMEM. */
int mevent_pollset_add(struct mevent_pollset *set, int fd, unsigned events);
unsigned mevent_pollset_revents(const struct mevent_pollset *set, int index);

/* Prepares the loop; called once before all others. 0 or negative errno. */
int mevent_init(void);

/* Runs callbacks until mevent_stop() is called, also if that was before; returns its argument, or
 * a negative errno if waiting fails. May be called again afterwards. */
int mevent_run(void);

/* One round of mevent_run(): waits at most timeout_ms (-1: for ever) and runs what is due. 0, or a
 * negative errno if waiting fails. For tests, and to let I/O finish while the loop is stopped. */
int mevent_poll(int timeout_ms);

/* Ends mevent_run(). value is 0 or positive. Safe from a signal handler, too. */
void mevent_stop(int value);

/* Frees everything. Only while the loop does not run. */
void mevent_fini(void);

#endif
