// SPDX-License-Identifier: BSD-2-Clause
/*
 * The I/O loop.
 */
/* sources: bhyve/mevent.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bhyve/mevent.h"

#define NSEC_PER_MS 1000000LL

static int pipes[2][2];
static unsigned calls[2];

static int setup(void **state)
{
	(void)state;
	calls[0] = calls[1] = 0;
	if (mevent_init() || pipe(pipes[0]) || pipe(pipes[1]))
		return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		close(pipes[i / 2][i % 2]);
	mevent_fini();
	return 0;
}

static void put(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void count(int fd, unsigned revents, void *arg)
{
	char byte;

	assert_true(revents & POLLIN);
	assert_int_equal(read(fd, &byte, 1), 1);
	++*(unsigned *)arg;
}

static void ready_descriptor_is_called(void **state)
{
	(void)state;
	assert_int_equal(mevent_add_fd(pipes[0][0], POLLIN, count, &calls[0]), 0);
	assert_int_equal(mevent_add_fd(pipes[1][0], POLLIN, count, &calls[1]), 0);
	put(pipes[1][1]);
	assert_int_equal(mevent_poll(1000), 0);
	assert_int_equal(calls[0], 0);
	assert_int_equal(calls[1], 1);
}

static void descriptor_is_watched_once(void **state)
{
	(void)state;
	assert_int_equal(mevent_add_fd(pipes[0][0], POLLIN, count, &calls[0]), 0);
	assert_int_equal(mevent_add_fd(pipes[0][0], POLLIN, count, &calls[0]), -EEXIST);
	assert_int_equal(mevent_del_fd(pipes[0][0]), 0);
	assert_int_equal(mevent_del_fd(pipes[0][0]), -ENOENT);
	assert_int_equal(mevent_set_events(pipes[0][0], POLLIN), -ENOENT);
}

static void paused_descriptor_is_not_called(void **state)
{
	(void)state;
	mevent_add_fd(pipes[0][0], POLLIN, count, &calls[0]);
	put(pipes[0][1]);
	assert_int_equal(mevent_set_events(pipes[0][0], 0), 0);
	mevent_poll(0);
	assert_int_equal(calls[0], 0);
	assert_int_equal(mevent_set_events(pipes[0][0], POLLIN), 0);
	mevent_poll(1000);
	assert_int_equal(calls[0], 1);
}

/* Whichever is called first removes the other. */
static void remove_other(int fd, unsigned revents, void *arg)
{
	(void)revents;
	(void)arg;
	calls[0]++;
	mevent_del_fd(fd == pipes[0][0] ? pipes[1][0] : pipes[0][0]);
}

static void descriptor_removed_in_a_callback_is_not_called(void **state)
{
	(void)state;
	mevent_add_fd(pipes[0][0], POLLIN, remove_other, NULL);
	mevent_add_fd(pipes[1][0], POLLIN, remove_other, NULL);
	put(pipes[0][1]);
	put(pipes[1][1]);
	mevent_poll(1000);
	assert_int_equal(calls[0], 1);
}

/* Events of a descriptor that was closed do not go to the next one of its number. */
static void replace_other(int fd, unsigned revents, void *arg)
{
	int other = fd == pipes[0][0] ? pipes[1][0] : pipes[0][0];

	(void)revents;
	(void)arg;
	calls[0]++;
	mevent_del_fd(other);
	mevent_add_fd(other, POLLIN, count, &calls[1]);
}

static void event_of_a_removed_descriptor_is_not_given_to_its_successor(void **state)
{
	(void)state;
	mevent_add_fd(pipes[0][0], POLLIN, replace_other, NULL);
	mevent_add_fd(pipes[1][0], POLLIN, replace_other, NULL);
	put(pipes[0][1]);
	put(pipes[1][1]);
	mevent_poll(1000);
	assert_int_equal(calls[0], 1);
	assert_int_equal(calls[1], 0);
}

static void due(void *arg)
{
	++*(unsigned *)arg;
}

static void timer_fires_once_and_not_before_its_time(void **state)
{
	struct mevent_timer *timer = mevent_timer_create(due, &calls[0]);
	int64_t deadline = mevent_now() + 20 * NSEC_PER_MS;

	(void)state;
	mevent_timer_set(timer, deadline);
	while (!calls[0])
		assert_int_equal(mevent_poll(1000), 0);
	assert_true(mevent_now() >= deadline);
	mevent_poll(0);
	assert_int_equal(calls[0], 1);
	mevent_timer_destroy(timer);
}

static void timer_that_is_stopped_does_not_fire(void **state)
{
	struct mevent_timer *timer = mevent_timer_create(due, &calls[0]);

	(void)state;
	mevent_timer_set(timer, 1);
	mevent_timer_set(timer, 0);
	mevent_poll(0);
	assert_int_equal(calls[0], 0);
	mevent_timer_destroy(timer);
	mevent_timer_destroy(NULL);
}

/* ---- sources ---- */

static int source_index;
static unsigned source_revents;

static void source_prepare(struct mevent_pollset *set, int64_t *deadline, void *arg)
{
	(void)arg;
	source_index = mevent_pollset_add(set, pipes[0][0], POLLIN);
	if (*deadline > mevent_now() + 10 * NSEC_PER_MS)
		*deadline = mevent_now() + 10 * NSEC_PER_MS;
}

static void source_dispatch(struct mevent_pollset *set, void *arg)
{
	++*(unsigned *)arg;
	source_revents = mevent_pollset_revents(set, source_index);
}

static void source_brings_descriptors_and_a_deadline(void **state)
{
	struct mevent_source source = {
		.prepare = source_prepare,
		.dispatch = source_dispatch,
		.arg = &calls[0],
	};

	(void)state;
	mevent_add_source(&source);
	assert_int_equal(mevent_poll(-1), 0); /* ends by the source's deadline */
	assert_int_equal(calls[0], 1);
	assert_int_equal(source_revents, 0);
	put(pipes[0][1]);
	mevent_poll(-1);
	assert_int_equal(source_revents & POLLIN, POLLIN);
	mevent_del_source(&source);
	mevent_poll(0);
	assert_int_equal(calls[0], 2);
}

/* ---- stopping ---- */

static void loop_returns_what_it_was_stopped_with(void **state)
{
	(void)state;
	mevent_stop(7); /* before it runs */
	assert_int_equal(mevent_run(), 7);
	mevent_stop(0);
	assert_int_equal(mevent_run(), 0);
}

static void *stop_from_elsewhere(void *arg)
{
	put(*(int *)arg);
	mevent_stop(3);
	return NULL;
}

static void loop_is_stopped_by_another_thread(void **state)
{
	pthread_t thread;

	(void)state;
	mevent_add_fd(pipes[0][0], POLLIN, count, &calls[0]);
	assert_int_equal(pthread_create(&thread, NULL, stop_from_elsewhere, &pipes[0][1]), 0);
	assert_int_equal(mevent_run(), 3);
	pthread_join(thread, NULL);
}

static struct mevent_timer *remote_timer;

static void stop_loop(void *arg)
{
	(void)arg;
	mevent_stop(5);
}

static void *set_timer_from_elsewhere(void *arg)
{
	mevent_timer_set(arg, mevent_now() + NSEC_PER_MS);
	return NULL;
}

static void timer_set_by_another_thread_wakes_the_loop(void **state)
{
	pthread_t thread;

	(void)state;
	remote_timer = mevent_timer_create(stop_loop, NULL);
	assert_int_equal(pthread_create(&thread, NULL, set_timer_from_elsewhere, remote_timer), 0);
	assert_int_equal(mevent_run(), 5);
	pthread_join(thread, NULL);
	mevent_timer_destroy(remote_timer);
}

static void on_alarm(int number)
{
	(void)number;
	mevent_stop(9);
}

static void loop_is_stopped_by_a_signal_handler(void **state)
{
	(void)state;
	signal(SIGALRM, on_alarm);
	ualarm(20000, 0);
	assert_int_equal(mevent_run(), 9);
	signal(SIGALRM, SIG_DFL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ready_descriptor_is_called),
		TEST(descriptor_is_watched_once),
		TEST(paused_descriptor_is_not_called),
		TEST(descriptor_removed_in_a_callback_is_not_called),
		TEST(event_of_a_removed_descriptor_is_not_given_to_its_successor),
		TEST(timer_fires_once_and_not_before_its_time),
		TEST(timer_that_is_stopped_does_not_fire),
		TEST(source_brings_descriptors_and_a_deadline),
		TEST(loop_returns_what_it_was_stopped_with),
		TEST(loop_is_stopped_by_another_thread),
		TEST(timer_set_by_another_thread_wakes_the_loop),
		TEST(loop_is_stopped_by_a_signal_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
