/* The ways into the BootROM's download mode */
#include <errno.h>
#include <string.h>

#include "board/uart-boot/download.h"

/* Zeros that show that the BootROM has taken the escape */
#define ZEROS_WANTED   16
/* More zeros than this after the end was sent: send the end again. */
#define ZEROS_TOO_MANY 1000
#define SYNC_REPLY     '>'
/* Bytes under way that keep the line busy: 5 ms at 115200 */
#define BURST	       64
/* How long to listen between two looks at that, in milliseconds */
#define LISTEN	       2

static const uint8_t escape[] = { 0xbb, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };

static void say(struct wtptp *wtptp, const char *text)
{
	if (wtptp->observer.state != NULL)
		wtptp->observer.state(wtptp->observer.context, text);
}

static int line_gone(struct board_error *error)
{
	return board_fail(error, EIO, "the serial line is gone or stuck; is the cable plugged in?");
}

static int send_pattern(struct wtptp *wtptp, unsigned int times)
{
	for (unsigned int i = 0; i < times; i++) {
		int result = link_write(&wtptp->link, escape, sizeof(escape),
					link_now() + wtptp->timing.reply);

		if (result != 0)
			return result;
	}
	return 0;
}

/* Before the BootROM's first sign the line is never idle; afterwards it wants a pause after each
 * pattern. */
static int keep_streaming(struct wtptp *wtptp, bool sync)
{
	int result = 0;

	if (sync) {
		result = send_pattern(wtptp, 1);
		link_drain(&wtptp->link);
	} else if (link_queued(&wtptp->link) < BURST) {
		result = send_pattern(wtptp, BURST / sizeof(escape));
	}
	return result;
}

/* How the BootROM's console sends the pattern back: BB and 11 come as > each, the rest as it is. */
static bool is_console_echo(const uint8_t last[4])
{
	static const uint8_t echo[] = { SYNC_REPLY, SYNC_REPLY, 0x22, 0x33 };

	return memcmp(last, echo, sizeof(echo)) == 0;
}

/* What listening for the answers to the pattern has heard */
struct heard {
	bool sync;
	unsigned int zeros;
	bool console;
	uint8_t last[4];
};

static void hear(struct heard *heard, uint8_t byte)
{
	memmove(heard->last, heard->last + 1, sizeof(heard->last) - 1);
	heard->last[3] = byte;
	if (byte == SYNC_REPLY)
		heard->sync = true;
	/* Zeros before the sync reply are those of a line that settles. */
	if (byte == 0 && heard->sync)
		heard->zeros++;
	if (is_console_echo(heard->last))
		heard->console = true;
}

/* Stream the pattern until the BootROM answers with zeros, or its console with an echo. */
static int stream_pattern(struct wtptp *wtptp, struct heard *heard, struct board_error *error)
{
	int64_t deadline = link_now() + wtptp->timing.reset;

	while (heard->zeros < ZEROS_WANTED && !heard->console) {
		int64_t until;
		int byte;

		if (link_now() > deadline)
			return board_fail(
				error, ETIMEDOUT,
				heard->sync
					? "the BootROM saw the escape pattern but did not take "
					  "it; reset the board and start again"
					: "no answer to the escape pattern: was the board reset, "
					  "and is this its console?");
		if (keep_streaming(wtptp, heard->sync) != 0)
			return line_gone(error);
		until = link_now() + LISTEN;
		while ((byte = link_read(&wtptp->link, until)) >= 0 && heard->zeros < ZEROS_WANTED)
			hear(heard, (uint8_t)byte);
		if (byte == -EIO)
			return line_gone(error);
	}
	return 0;
}

/* Carriage returns end the pattern; then the line falls silent. */
static int end_pattern(struct wtptp *wtptp, struct board_error *error)
{
	static const uint8_t end[] = { '\r', '\r', '\r', '\r' };
	int64_t deadline = link_now() + wtptp->timing.ddr;
	unsigned int zeros = ZEROS_TOO_MANY;

	link_flush(&wtptp->link);
	for (;;) {
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
		if (byte == 0)
			zeros++;
		if (link_now() > deadline)
			return board_fail(
				error, EPROTO,
				"the board does not fall silent after the escape: it boots "
				"from its own device; reset it and start again");
	}
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

static int escape_boot(struct wtptp *wtptp, struct board_error *error)
{
	struct heard heard = { 0 };
	int result;

	say(wtptp, "sending the escape pattern: reset the board, or plug its power in, now");
	result = stream_pattern(wtptp, &heard, error);
	if (result != 0)
		return result;
	if (heard.console)
		return type_wtp(wtptp, error);
	say(wtptp, "the BootROM answers");
	return end_pattern(wtptp, error);
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
