/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of uart-boot share: images, and runs against the simulated BootROM. */
#ifndef TEST_UNIT_UART_FIXTURE_H
#define TEST_UNIT_UART_FIXTURE_H

#include "board/uart-boot/download.h"
#include "sim_bootrom.h"

#define WTMI_SIZE 3000u
#define OBMI_SIZE 5001u

/* Times that only a hang reaches */
extern const struct wtptp_timing patient;
/* For boards that are busy without end */
extern const struct wtptp_timing bored;
/* For boards that do not answer: a slow machine changes nothing about that */
extern const struct wtptp_timing brisk;
/* For runs in which the end alone is looked at */
extern const struct wtptp_timing hasty;

struct fixture {
	char path[64];
	struct image_set images;
};

/** What the board and uart-boot said in the last run, a | after each. */
extern char board_said[4096], tool_said[4096];

/** For cmocka_run_group_tests(): *state is a struct fixture. */
int uart_set_up(void **state);
int uart_tear_down(void **state);

struct sim make_sim(enum sim_start start);

/** One run against a simulation. Returns download()'s result; error has its line. */
int run_uart(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
	     const struct wtptp_timing *timing, struct board_error *error);

/** Fail the test unless the board has all images, byte for byte, and complains of nothing. */
void assert_all_arrived(const struct fixture *fixture, const struct sim *sim);

/** A run that must come to its end, with the images where they belong. */
void succeed_with(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
		  const struct wtptp_timing *timing);

void succeed(struct fixture *fixture, struct sim *sim, enum enter_mode mode);

/** A run that must fail, with a line that has this reason in it. */
void fail_with(struct fixture *fixture, struct sim *sim, enum enter_mode mode,
	       const struct wtptp_timing *timing, const char *reason);

#endif
