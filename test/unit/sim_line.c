/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_line.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim_gpp.h"

const struct sim_guess_text sim_guesses[NUM_GUESSES] = {
	[GUESS_FAST_NUMBER] = { "fast-number", "fast mode ends with one more than its number" },
	[GUESS_FAST] = { "fast", "fast mode is not taken" },
	[GUESS_NUMBERS] = { "numbers", "numbers are checked" },
	[GUESS_MESSAGE_KIND] = { "message-kind", "a message's kind is announced" },
	[GUESS_SYNC] = { "sync", "a > for each pattern until there is a pause" },
	[GUESS_SYNC_ARRIVES] = { "sync-arrives", "the > is lost" },
	[GUESS_ZEROS] = { "zeros", "one zero a pattern" },
	[GUESS_END] = { "end", "the end is wanted twice" },
	[GUESS_LAST_MESSAGE] = { "last-message", "no message after the last Done" },
	[GUESS_CHUNK] = { "chunk", "chunks of 61 bytes" },
	[GUESS_STATUS_9] = { "status-9", "bit 9 of the UART's status is clear" },
	[GUESS_PLL] = { "pll", "the UART runs from the PLL" },
	[GUESS_UART1_PINS] = { "uart1-pins", "UART1 has no pins" },
	[GUESS_SCRATCH] = { "scratch", "scratch registers hold anything" },
};

bool sim_other(const struct sim *sim, enum sim_guess guess)
{
	return (sim->others >> guess & 1) != 0;
}

bool sim_complain(struct sim *sim, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (sim->complaint[0] == '\0')
		vsnprintf(sim->complaint, sizeof(sim->complaint), format, arguments);
	va_end(arguments);
	return false;
}

/* A byte sent at one speed and received at another is not that byte. */
static uint8_t carry(struct sim *sim, uint8_t byte, bool to_board)
{
	if (sim->crystal == 0 || sim_speeds_agree(sim_host_speed(sim), sim->baud))
		return byte;
	sim->garbled += to_board;
	return byte ^ 0x5b;
}

/* Returns a byte, or GONE when asked to stop, or after PATIENCE. */
int sim_get_byte(struct sim *sim, int patience)
{
	for (int waited = 0; waited < patience && !sim->stop; waited += 10) {
		struct pollfd fd = { .fd = sim->master, .events = POLLIN };
		uint8_t byte;

		if (poll(&fd, 1, 10) > 0 && (fd.revents & POLLIN) != 0)
			return read(sim->master, &byte, 1) == 1 ? carry(sim, byte, true) : GONE;
	}
	return GONE;
}

void sim_put_bytes(struct sim *sim, const void *bytes, size_t size)
{
	/* No answer is longer, and only answers and short texts go over a line with a speed. */
	uint8_t sent[6 + 255];

	if (size <= sizeof(sent)) {
		memcpy(sent, bytes, size);
		for (size_t i = 0; i < size; i++)
			sent[i] = carry(sim, sent[i], false);
		bytes = sent;
	}
	if (write(sim->master, bytes, size) != (ssize_t)size)
		sim->stop = true;
}

void sim_put_byte(struct sim *sim, uint8_t byte)
{
	sim_put_bytes(sim, &byte, 1);
}

void sim_put_text(struct sim *sim, const char *text)
{
	sim_put_bytes(sim, text, strlen(text));
}

/* Text without end, as fast as a UART is */
void sim_talk(struct sim *sim)
{
	while (!sim->stop) {
		struct pollfd fd = { .fd = sim->master, .events = POLLIN };
		uint8_t sink[64];

		if (poll(&fd, 1, 5) > 0 && read(sim->master, sink, sizeof(sink)) <= 0)
			return;
		sim_put_text(sim, "and so on \"&* and on, ");
	}
}
