/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways into the BootROM's download mode.
 *
 * After a reset the BootROM looks for the escape pattern for a short time only, so the pattern must
 * be on the line all the time; a reset that comes at the wrong moment is missed, and the board
 * boots. That is normal, as is a board that takes the pattern and boots nevertheless. So all of it
 * goes round until the user's reset was seen in time:
 *
 *   streaming  the pattern without a pause  --- > --->           pacing
 *   pacing     the pattern with pauses      --- 16 zeros --->    ending
 *                                           --- 16 other bytes, or no zeros in time ---> streaming
 *   ending     carriage returns             --- silence --->     the preamble, answered: done
 *                                           --- any byte but 0, or no answer ---> streaming
 *
 * The > is also in the prompts of U-Boot and in texts, which is why pacing does not last.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board/uart-boot/download.h"

/* Zeros in a row that show that the BootROM has taken the escape */
#define ZEROS_WANTED   16
/* Bytes after the sync reply that show that it was none */
#define OTHERS_BORNE   16
/* More zeros than this after the end was sent: send the end again. */
#define ZEROS_TOO_MANY 1000
#define SYNC_REPLY     '>'
/* Bytes under way that keep the line busy: 5 ms at 115200 */
#define BURST	       64
/* How long to listen between two looks at that, in milliseconds */
#define LISTEN	       2
/* What the user has to do is not repeated more often than this, in milliseconds. */
#define TELL_AGAIN     5000
#define TEXT_KEPT      24

static const uint8_t pattern[] = { 0xbb, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };
/* What can be read of it, twice: the end of what a prompt sends back */
static const char text_echo[] = "\"3DUfw\"3DUfw";

static void say(struct wtptp *wtptp, const char *text)
{
	if (wtptp->observer.state != NULL)
		wtptp->observer.state(wtptp->observer.context, text);
}

static int line_gone(struct board_error *error)
{
	return board_fail(error, EIO, "the serial line is gone or stuck; is the cable plugged in?");
}

/* In one piece: between two writes the line may fall idle. */
static int send_pattern(struct wtptp *wtptp, unsigned int times)
{
	uint8_t bytes[BURST];

	for (unsigned int i = 0; i < times; i++)
		memcpy(bytes + i * sizeof(pattern), pattern, sizeof(pattern));
	return link_write(&wtptp->link, bytes, times * sizeof(pattern),
			  link_now() + wtptp->timing.reply);
}

/* How the BootROM's console sends the pattern back: BB and 11 come as > each, the rest as it is. */
static const uint8_t console_echo[] = {
	SYNC_REPLY, SYNC_REPLY, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77
};

struct escape {
	struct wtptp *wtptp;
	int64_t deadline; /* of all of it */
	bool pacing;
	int64_t pacing_ends;
	unsigned int zeros;  /* in a row */
	unsigned int others; /* since pacing began, but for zeros, and one > after the other */
	unsigned int times;  /* how often the pattern was taken, in vain */
	bool sync_alone;     /* the last byte was a >, and the one before was no text */
	bool seen;	     /* a > came with a zero after it, as text does not have it */
	uint8_t last[sizeof(console_echo)];
	bool console;
	char text[TEXT_KEPT + 1]; /* the last of what can be read */
	bool prompt;		  /* U-Boot's came, and no line after it */
	int64_t next_telling;
};

/* Streaming, the line is never idle; pacing, there is a pause after each pattern. */
static int keep_sending(struct escape *escape)
{
	struct link *link = &escape->wtptp->link;
	int result = 0;

	if (escape->pacing) {
		result = send_pattern(escape->wtptp, 1);
		link_drain(link);
	} else if (link_queued(link) < BURST) {
		result = send_pattern(escape->wtptp, BURST / sizeof(pattern));
	}
	return result;
}

static void start_pacing(struct escape *escape)
{
	link_flush_output(&escape->wtptp->link);
	escape->pacing = true;
	escape->others = 0;
	escape->pacing_ends = link_now() + escape->wtptp->timing.reply;
}

static bool is_text(uint8_t byte)
{
	return byte >= ' ' && byte <= '~';
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t wanted = strlen(end);

	return size >= wanted && memcmp(text + size - wanted, end, wanted) == 0;
}

static void keep_text(struct escape *escape, uint8_t byte)
{
	size_t used = strlen(escape->text);

	if (byte == '\n')
		escape->prompt = false;
	if (!is_text(byte))
		return;
	if (used == TEXT_KEPT)
		memmove(escape->text, escape->text + 1, used--);
	escape->text[used] = (char)byte;
	escape->text[++used] = '\0';
	/* What follows it is the pattern, which U-Boot echoes. */
	if (ends_with(escape->text, used, "=> ") || ends_with(escape->text, used, "Marvell>> "))
		escape->prompt = true;
}

static void tell_what_to_do(struct escape *escape)
{
	if (link_now() < escape->next_telling)
		return;
	escape->next_telling = link_now() + TELL_AGAIN;
	say(escape->wtptp, "the board runs something else: reset it (again), or cut its power; "
			   "several times are normal");
}

static void hear_zero(struct escape *escape)
{
	if (escape->last[sizeof(escape->last) - 2] == SYNC_REPLY)
		escape->seen = true;
	/* The > may have been lost; but zeros alone may be a line that settles. */
	if (++escape->zeros == ZEROS_WANTED && !escape->pacing) {
		escape->zeros = 0;
		start_pacing(escape);
	}
}

static void hear(struct escape *escape, uint8_t byte)
{
	uint8_t *last = escape->last, before = last[sizeof(escape->last) - 1];

	memmove(last, last + 1, sizeof(escape->last) - 1);
	last[sizeof(escape->last) - 1] = byte;
	keep_text(escape, byte);
	if (byte == 0) {
		hear_zero(escape);
		return;
	}
	escape->zeros = 0;
	escape->sync_alone = byte == SYNC_REPLY &&
			     (before == SYNC_REPLY ? escape->sync_alone : !is_text(before));
	escape->console = memcmp(last, console_echo, sizeof(console_echo)) == 0;
	if (byte == SYNC_REPLY && !escape->pacing) {
		start_pacing(escape);
	} else if (byte == SYNC_REPLY && (before == SYNC_REPLY || before == 0)) {
		/* It may come once for each pattern that is under way. */
	} else if (++escape->others == OTHERS_BORNE) {
		escape->pacing = false;
		tell_what_to_do(escape);
	}
}

/* The time is over: what was the matter? */
static int give_up(const struct escape *escape, struct board_error *error)
{
	const char *text = escape->text;

	if (escape->times > 0)
		return board_fail(
			error, EPROTO,
			"the BootROM took the escape pattern (%u time%s), but the board does "
			"not fall silent after it, or does not answer: it boots from its own "
			"device; cut its power for some seconds, and start again",
			escape->times, escape->times == 1 ? "" : "s");
	if (escape->seen || escape->sync_alone)
		return board_fail(
			error, ETIMEDOUT,
			"the BootROM saw the escape pattern but did not take it; reset the "
			"board and start again");
	if (escape->prompt)
		return board_fail(
			error, ETIMEDOUT,
			"no answer to the escape pattern: the board is at U-Boot's prompt, and "
			"was not reset; reset it while uart-boot waits");
	if (strstr(text, text_echo) != NULL)
		return board_fail(
			error, ETIMEDOUT,
			"no answer to the escape pattern: the board echoes it, as U-Boot does at "
			"its prompt, and was not reset; reset it while uart-boot waits");
	if (text[0] != '\0')
		return board_fail(
			error, ETIMEDOUT,
			"no answer to the escape pattern: the board runs something else (it "
			"says \"%s\"); reset it while uart-boot waits",
			text);
	return board_fail(error, ETIMEDOUT,
			  "no answer to the escape pattern: was the board reset, and is this its "
			  "console?");
}

/* Send the pattern until the BootROM answers with zeros, or its console with an echo. */
static int stream_pattern(struct escape *escape, struct board_error *error)
{
	struct link *link = &escape->wtptp->link;

	escape->pacing = escape->console = false;
	escape->zeros = escape->others = 0;
	while (escape->zeros < ZEROS_WANTED && !escape->console) {
		int64_t now = link_now();
		int byte = 0;

		if (now > escape->deadline)
			return give_up(escape, error);
		if (now > escape->pacing_ends)
			escape->pacing = false;
		if (keep_sending(escape) != 0)
			return line_gone(error);
		while (escape->zeros < ZEROS_WANTED && !escape->console &&
		       (byte = link_read(link, now + LISTEN)) >= 0)
			hear(escape, (uint8_t)byte);
		if (byte == -EIO)
			return line_gone(error);
	}
	return 0;
}

/* Carriage returns end the pattern; then the line falls silent. Returns -EAGAIN where it does not:
 * the board boots, and is to be reset again. */
static int end_pattern(struct wtptp *wtptp, struct board_error *error)
{
	static const uint8_t end[] = { '\r', '\r', '\r', '\r' };
	int64_t deadline = link_now() + wtptp->timing.ddr;
	unsigned int zeros = ZEROS_TOO_MANY;

	link_flush(&wtptp->link);
	while (link_now() <= deadline) {
		int byte;

		if (zeros >= ZEROS_TOO_MANY) {
			if (link_write(&wtptp->link, end, sizeof(end),
				       link_now() + wtptp->timing.reply) != 0)
				return line_gone(error);
			link_drain(&wtptp->link);
			zeros = 0;
		}
		byte = link_read(&wtptp->link, link_now() + wtptp->timing.silence);
		if (byte == -ETIMEDOUT)
			return 0;
		if (byte < 0)
			return line_gone(error);
		if (byte != 0)
			return -EAGAIN;
		zeros++;
	}
	return -EAGAIN;
}

/* At the prompt: Ctrl-C, wtp, Return; the echo of the word ends with a new line. */
static int type_wtp(struct wtptp *wtptp, struct board_error *error)
{
	static const uint8_t typed[] = { 0x03, 'w', 't', 'p', '\r' };
	static const char echo[] = "wtp\r\n";
	int64_t deadline;
	size_t matched = 0;

	say(wtptp, "at the BootROM's prompt: typing wtp");
	/* What is left of the pattern comes back meanwhile. */
	deadline = link_now() + wtptp->timing.console;
	while (link_read(&wtptp->link, deadline) >= 0)
		continue;
	if (link_write(&wtptp->link, typed, sizeof(typed), link_now() + wtptp->timing.reply) != 0)
		return line_gone(error);
	deadline = link_now() + wtptp->timing.reply;
	while (matched < sizeof(echo) - 1) {
		int byte = link_read(&wtptp->link, deadline);

		if (byte == -ETIMEDOUT)
			return board_fail(
				error, ETIMEDOUT,
				"the BootROM's prompt does not take wtp; is the > of another "
				"program? Reset the board, and try without --console");
		if (byte < 0)
			return line_gone(error);
		if (byte == echo[matched])
			matched++;
		else
			matched = byte == echo[0] ? 1 : 0;
	}
	return 0;
}

/* One round. Returns 0, a failure that ends all, or -EAGAIN: the board was lost. */
static int try_escape(struct escape *escape, struct board_error *error)
{
	struct wtptp *wtptp = escape->wtptp;
	int result = stream_pattern(escape, error);

	if (result != 0)
		return result;
	if (escape->console) {
		result = type_wtp(wtptp, error);
	} else {
		say(wtptp, "the BootROM answers");
		result = end_pattern(wtptp, error);
	}
	/* A board that boots may be silent for a while, too: the answer to the preamble tells. */
	if (result == 0)
		result = wtptp_preamble(wtptp, wtptp->timing.reply, error);
	wtptp->greeted = result == 0;
	return result == -ETIMEDOUT || result == -EPROTO ? -EAGAIN : result;
}

static int escape_boot(struct wtptp *wtptp, struct board_error *error)
{
	struct escape escape = { .wtptp = wtptp, .deadline = link_now() + wtptp->timing.reset };
	char text[160];
	int result;

	say(wtptp, "sending the escape pattern: reset the board, or plug its power in, now");
	snprintf(text, sizeof(text),
		 "it may take several resets: uart-boot goes on by itself, for %d s in all",
		 wtptp->timing.reset / 1000);
	say(wtptp, text);
	for (;;) {
		result = try_escape(&escape, error);
		if (result != -EAGAIN)
			return result;
		if (link_now() > escape.deadline) {
			escape.times++;
			return give_up(&escape, error);
		}
		escape.next_telling = link_now() + TELL_AGAIN;
		snprintf(text, sizeof(text),
			 "the board was lost after it took the pattern (time %u): reset it again; "
			 "several "
			 "times are normal",
			 ++escape.times);
		say(wtptp, text);
	}
}

int enter_download_mode(struct wtptp *wtptp, enum enter_mode mode, struct board_error *error)
{
	switch (mode) {
	case ENTER_ESCAPE:
		return escape_boot(wtptp, error);
	case ENTER_CONSOLE:
		return type_wtp(wtptp, error);
	default:
		return 0;
	}
}
