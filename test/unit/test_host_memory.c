// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the host has of memory for a guest.
 *
 * sources: bhyve/host_memory.c bhyve/report.c
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bhyve/host_memory.h"

#define SIZE (96UL << 20)

static void what_is_there_is_enough(void **state)
{
	char err[256] = "";

	(void)state;
	assert_int_equal(host_memory_check(4096, true, err, sizeof(err)), 0);
	assert_string_equal(err, "");
}

static void more_than_there_is_is_refused_where_all_is_wanted_now(void **state)
{
	char err[256] = "";

	(void)state;
	assert_int_equal(host_memory_check(UINT64_C(1) << 60, true, err, sizeof(err)), -ENOMEM);
	assert_non_null(strstr(err, "smaller -m"));
	assert_int_equal(host_memory_check(UINT64_C(1) << 60, false, err, sizeof(err)), 0);
}

static bool is_resident(char *page)
{
	unsigned char resident = 0;

	assert_int_equal(mincore(page, 1, &resident), 0);
	return resident & 1;
}

static void a_signal_ends_the_allocation_of_memory(void **state)
{
	char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigset_t set, before;

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	raise(SIGTERM);
	assert_int_equal(host_memory_populate(memory, SIZE), -EINTR);
	assert_false(is_resident(memory + SIZE - 4096));
	assert_int_equal(sigwaitinfo(&set, NULL), SIGTERM);
	assert_int_equal(host_memory_populate(memory, SIZE), 0);
	assert_true(is_resident(memory + SIZE - 4096));
	sigprocmask(SIG_SETMASK, &before, NULL);
	munmap(memory, SIZE);
}

/* oom_score_adj of this process. */
static int score(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "r");
	int value = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &value), 1);
	fclose(file);
	return value;
}

static void set_score(int value)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "w");

	assert_non_null(file);
	fprintf(file, "%d", value);
	assert_int_equal(fclose(file), 0);
}

/* In a process of its own, as who is not root cannot take back what he set. */
static void tell(void)
{
	int before = score();

	host_memory_tell(UINT64_C(1) << 60);
	if (before)
		_exit(score() == before ? 0 : 1);
	if (score() != 1000)
		_exit(2);
	set_score(500);
	host_memory_tell(UINT64_C(1) << 60);
	_exit(score() == 500 || score() == 1000 ? 0 : 3);
}

static void the_killer_is_told_unless_somebody_else_has(void **state)
{
	int status;
	pid_t child;

	(void)state;
	fflush(stdout);
	child = fork();
	if (child == 0)
		tell();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_enough),
		cmocka_unit_test(more_than_there_is_is_refused_where_all_is_wanted_now),
		cmocka_unit_test(a_signal_ends_the_allocation_of_memory),
		cmocka_unit_test(the_killer_is_told_unless_somebody_else_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
