/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated board from power-up to download mode, or to where it goes instead. */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "sim_line.h"

/* A board that boots, or is at a prompt, is reset after this many bytes of the pattern. */
#define UNTIL_RESET 400
/* A line that is used so shortly after a byte was not paused: ms */
#define PAUSE	    1
/* So many pieces in a row that are longer than two patterns are a stream without pauses. */
#define SIM_PIECES  12

static const uint8_t pattern[] = { 0xbb, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };

/* What a board prints that boots from its flash */
static const char boot_text[] = "\r\nTIM-1.0\r\nmv_ddr-devel-18.12 DDR3 16b 1GB 2CS\r\n"
				"WTMI-devel-18.12.1\r\nNOTICE:  Booting Trusted Firmware\r\n";

static bool sink(struct sim *sim)
{
	while (sim_get_byte(sim, PATIENCE) != GONE)
		continue;
	return false;
}

static bool wait_for_pattern(struct sim *sim)
{
	size_t matched = 0;

	while (matched < sizeof(pattern)) {
		int byte = sim_get_byte(sim, PATIENCE);

		if (byte == GONE)
			return sim_complain(sim, "no escape pattern came");
		matched = byte == pattern[matched] ? matched + 1 : byte == pattern[0] ? 1 : 0;
	}
	return true;
}

static bool is_paused(const struct sim *sim)
{
	struct pollfd fd = { .fd = sim->master, .events = POLLIN };

	return poll(&fd, 1, PAUSE) == 0;
}

static void answer_one_pattern(struct sim *sim)
{
	static const uint8_t zeros[8];

	if (sim_other(sim, GUESS_SYNC) && !is_paused(sim))
		sim_put_text(sim, ">");
	else
		sim_put_bytes(sim, zeros, sim_other(sim, GUESS_ZEROS) ? 1 : sizeof(zeros));
}

/* The pattern is taken; zeros while it goes on, until four carriage returns. */
static bool take_escape(struct sim *sim)
{
	int ends_wanted = sim_other(sim, GUESS_END) ? 2 : 1, returns = 0;
	static const uint8_t zeros[1100];

	if (!wait_for_pattern(sim))
		return false;
	if (!sim_other(sim, GUESS_SYNC_ARRIVES))
		sim_put_text(sim, ">");
	if (sim->start == SIM_SYNC_ONLY)
		return sink(sim);
	for (;;) {
		int byte = sim_get_byte(sim, PATIENCE);

		if (byte == GONE)
			return sim_complain(sim, "the escape pattern was not ended");
		if (byte == pattern[7])
			answer_one_pattern(sim);
		returns = byte == '\r' ? returns + 1 : 0;
		if (returns == 4 && --ends_wanted == 0)
			return true;
		if (returns == 4)
			sim_put_bytes(sim, zeros, sizeof(zeros));
		returns %= 4;
	}
}

/* The board is not in the BootROM; its user resets it while the host streams the pattern. */
static bool wait_for_reset(struct sim *sim)
{
	for (int i = 0; i < UNTIL_RESET; i++) {
		if (sim_get_byte(sim, PATIENCE) == GONE)
			return sim_complain(sim, "no pattern came while the board booted");
	}
	sim->resets++;
	return true;
}

/* Boots that are in vain, and then one that is not */
static bool take_escape_at_last(struct sim *sim)
{
	for (int i = 0; i < sim->boots; i++) {
		if (sim->start != SIM_MISSES && !take_escape(sim))
			return false;
		if (sim->start != SIM_FALLS_SILENT)
			sim_put_text(sim, boot_text);
		if (!wait_for_reset(sim))
			return false;
	}
	return take_escape(sim);
}

/* U-Boot echoes what can be printed. */
static bool echo_like_uboot(struct sim *sim, int count)
{
	for (int i = 0; i < count && !sim->stop; i++) {
		int byte = sim_get_byte(sim, PATIENCE);
		char echo = (char)byte;

		if (byte == GONE)
			return false;
		if (byte >= ' ' && byte <= '~' && !sim->mute)
			sim_put_bytes(sim, &echo, 1);
	}
	return !sim->stop;
}

/* How the pattern comes: only an unbroken stream has more than one of it in each piece. One such
 * piece may also be what piled up while this thread did not run, so it takes many in a row. */
static void measure_stream(struct sim *sim)
{
	uint8_t bytes[256];
	int in_a_row = 0;

	for (int i = 0; i < UNTIL_RESET && !sim->stop && in_a_row < SIM_PIECES;) {
		struct pollfd fd = { .fd = sim->master, .events = POLLIN };
		ssize_t got;

		if (poll(&fd, 1, 10) <= 0)
			continue;
		got = read(sim->master, bytes, sizeof(bytes));
		in_a_row = got > 2 * (ssize_t)sizeof(pattern) ? in_a_row + 1 : 0;
		i++;
	}
	sim->streamed = in_a_row == SIM_PIECES;
}

static bool be_uboot(struct sim *sim)
{
	/* What was said before the host had opened the line is lost. */
	if (!wait_for_pattern(sim))
		return false;
	sim_put_text(sim, boot_text);
	sim_put_text(sim, sim->prompt);
	if (sim->start == SIM_UBOOT_STAYS) {
		while (echo_like_uboot(sim, UNTIL_RESET))
			continue;
		return false;
	}
	if (!echo_like_uboot(sim, UNTIL_RESET))
		return sim_complain(sim, "no pattern came at the prompt");
	measure_stream(sim);
	sim->resets++;
	return take_escape(sim);
}

/* The console: what is typed comes back, BB and 11 as >. */
static bool take_prompt(struct sim *sim)
{
	static const char word[] = { 0x03, 'w', 't', 'p', '\r' };
	size_t matched = 0;

	sim_put_text(sim, "\r\n>");
	for (;;) {
		int byte = sim_get_byte(sim, PATIENCE);
		char echo = byte == 0xbb || byte == 0x11 ? '>' : (char)byte;

		if (byte == GONE)
			return sim->start == SIM_PROMPT_OF_OTHERS
				       ? false
				       : sim_complain(sim, "no wtp was typed");
		matched = byte == word[matched] ? matched + 1 : byte == word[0] ? 1 : 0;
		if (matched == sizeof(word) && sim->start == SIM_PROMPT) {
			sim_put_text(sim, "!\r\nwtp\r\n");
			return true;
		}
		matched %= sizeof(word);
		if (byte == '\r' && sim->start == SIM_PROMPT_OF_OTHERS)
			sim_put_text(sim, "\r\nUnknown command\r\n>");
		else if (byte != 0x03 && matched == 0)
			sim_put_bytes(sim, &echo, 1);
	}
}

bool sim_enter(struct sim *sim)
{
	switch (sim->start) {
	case SIM_READY:
		return true;
	case SIM_RESET:
	case SIM_SYNC_ONLY:
		return take_escape(sim);
	case SIM_BOOTS:
	case SIM_MISSES:
	case SIM_FALLS_SILENT:
		return take_escape_at_last(sim);
	case SIM_UBOOT:
	case SIM_UBOOT_STAYS:
		return be_uboot(sim);
	case SIM_PROMPT:
	case SIM_PROMPT_OF_OTHERS:
		return take_prompt(sim);
	case SIM_TALKS_AFTER:
		if (take_escape(sim))
			sim_talk(sim);
		return false;
	case SIM_TALKS:
		sim_talk(sim);
		return false;
	default:
		return sink(sim);
	}
}
