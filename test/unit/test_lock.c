// SPDX-License-Identifier: BSD-2-Clause
/*
 * The locks of EL2 (vmm/hyp/lock.c) under threads in place of CPUs.
 *
 * cflags: -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake
 * sources: vmm/hyp/lock.c
 * libs: -lpthread
 */
#include "hyp.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define THREADS 4
#define ROUNDS	20000
#define WORD(next, served, holder) \
	((uint64_t)(next) << 48 | (uint64_t)(served) << 32 | (uint32_t)(holder))

static uint64_t lock;
static unsigned int order[THREADS], taken; /* under lock */
static uint64_t when_taken[THREADS + 1];   /* by who took it */

static void release(void)
{
	__atomic_store_n((uint32_t *)&lock, 0, __ATOMIC_RELEASE); /* as arch_unlock() */
}

static uint64_t word(void)
{
	return __atomic_load_n(&lock, __ATOMIC_ACQUIRE);
}

/* As arch_lock(). */
static void take(uint32_t mine)
{
	uint64_t expected = 0;

	if (!__atomic_compare_exchange_n(&lock, &expected, mine, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		lock_wait(&lock, mine);
}

static int setup(void **state)
{
	(void)state;
	lock = 0;
	taken = 0;
	return 0;
}

static void a_lock_that_has_become_free_is_taken(void **state)
{
	(void)state;
	lock_wait(&lock, 7);
	assert_true(lock == 7);
	release();
	assert_true(lock == 0);
}

static uint64_t counter;

static void *count(void *argument)
{
	uint32_t mine = (uint32_t)(uintptr_t)argument;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		take(mine);
		counter++; /* not atomic */
		release();
	}
	return NULL;
}

static void one_at_a_time_has_the_lock(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	counter = 0;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count, (void *)(i + 1)), 0);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(counter, THREADS * ROUNDS);
	assert_true(lock == 0);
}

static void *take_and_release(void *argument)
{
	uint32_t mine = (uint32_t)(uintptr_t)argument;

	take(mine);
	when_taken[mine] = word();
	order[taken++] = mine;
	release();
	return NULL;
}

/* Starts a thread and waits until it has drawn a ticket; the next one will be "drawn". */
static pthread_t start_waiter(uintptr_t mine, uint16_t drawn)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, take_and_release, (void *)mine), 0);
	while (word() >> 48 != drawn)
		sched_yield();
	return thread;
}

static void waiters_have_it_in_the_order_in_which_they_came(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	take(100);
	for (unsigned int i = 0; i < THREADS; i++)
		thread[i] = start_waiter(i + 1, (uint16_t)(i + 1));
	assert_true(lock == WORD(THREADS, 0, 100));
	release();
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(order[i], i + 1);
	assert_true(lock == 0);
}

/* The holder is known to others while some wait, and the last one leaves no trace. */
static void the_holder_is_in_the_lower_half_and_the_last_one_clears_the_counters(void **state)
{
	pthread_t first, second;

	(void)state;
	take(100);
	first = start_waiter(1, 1);
	second = start_waiter(2, 2);
	assert_int_equal((uint32_t)word(), 100);
	release();
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	assert_true(when_taken[1] == WORD(2, 1, 1));
	assert_true(when_taken[2] == WORD(0, 0, 2));
}

/* It is nobody's for the moment, but somebody has the ticket that is served next. */
static void who_comes_between_two_holders_does_not_overtake(void **state)
{
	pthread_t thread;

	(void)state;
	lock = WORD(6, 5, 0);
	thread = start_waiter(1, 7);
	for (unsigned int i = 0; i < 1000; i++) {
		assert_true(word() == WORD(7, 5, 0));
		sched_yield();
	}
	__atomic_store_n(&lock, WORD(7, 6, 100), __ATOMIC_RELEASE); /* number 5 takes it */
	sched_yield();
	assert_true(word() == WORD(7, 6, 100));
	release();
	pthread_join(thread, NULL);
	assert_true(when_taken[1] == 1);
	assert_true(lock == 0);
}

static void tickets_wrap_around(void **state)
{
	pthread_t first, second, third;

	(void)state;
	lock = WORD(0xffff, 0xfffe, 100);
	first = start_waiter(1, 0);
	second = start_waiter(2, 1);
	third = start_waiter(3, 2);
	__atomic_store_n(&lock, WORD(2, 0xffff, 0), __ATOMIC_RELEASE); /* 0xfffe has had it */
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	pthread_join(third, NULL);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(order[i], i + 1);
	assert_true(when_taken[1] == WORD(2, 0, 1));
	assert_true(lock == 0);
}

#define TEST(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lock_that_has_become_free_is_taken),
		TEST(one_at_a_time_has_the_lock),
		TEST(waiters_have_it_in_the_order_in_which_they_came),
		TEST(the_holder_is_in_the_lower_half_and_the_last_one_clears_the_counters),
		TEST(who_comes_between_two_holders_does_not_overtake),
		TEST(tickets_wrap_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
