/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated BootROM's end of the line; what its parts share. */
#ifndef TEST_UNIT_SIM_LINE_H
#define TEST_UNIT_SIM_LINE_H

#include "sim_bootrom.h"

/* Nothing comes for this long, and nothing will: ms */
#define PATIENCE 60000

enum { GONE = -1 };

/** Note what the host did wrong, once. Returns false. */
bool sim_complain(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The next byte, or GONE: asked to stop, or nothing came for patience milliseconds. */
int sim_get_byte(struct sim *sim, int patience);

void sim_put_bytes(struct sim *sim, const void *bytes, size_t size);

void sim_put_text(struct sim *sim, const char *text);

/** Print text without end, as fast as a UART is, until asked to stop. */
void sim_talk(struct sim *sim);

/** Whether the other variant of a guess is asked for. */
bool sim_other(const struct sim *sim, enum sim_guess guess);

/** Be reset and, if the host gets that far, in download mode. Returns whether it is. */
bool sim_enter(struct sim *sim);

#endif
