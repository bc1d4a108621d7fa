#include "sim_bootrom.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "board/a3700-image/tim.h"
#include "board/common/bytes.h"
#include "sim_gpp.h"

/* Nothing comes for this long, and nothing will: ms */
#define PATIENCE 60000
#define MAX_DATA (1u << 20)

enum { GONE = -1 };

static const uint8_t pattern[] = { 0xbb, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77 };
static const uint8_t preamble[] = { 0x00, 0xd3, 0x02, 0x2b };

static bool complain(struct sim *sim, const char *format, ...)
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
static int get_byte(struct sim *sim, int patience)
{
	for (int waited = 0; waited < patience && !sim->stop; waited += 10) {
		struct pollfd fd = { .fd = sim->master, .events = POLLIN };
		uint8_t byte;

		if (poll(&fd, 1, 10) > 0 && (fd.revents & POLLIN) != 0)
			return read(sim->master, &byte, 1) == 1 ? carry(sim, byte, true) : GONE;
	}
	return GONE;
}

static void put_bytes(struct sim *sim, const void *bytes, size_t size)
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
	put_bytes(sim, &byte, 1);
}

static void put_text(struct sim *sim, const char *text)
{
	put_bytes(sim, text, strlen(text));
}

/* Text without end, as fast as a UART is */
static void talk(struct sim *sim)
{
	while (!sim->stop) {
		struct pollfd fd = { .fd = sim->master, .events = POLLIN };
		uint8_t sink[64];

		if (poll(&fd, 1, 5) > 0 && read(sim->master, sink, sizeof(sink)) <= 0)
			return;
		put_text(sim, "and so on \"&* and on, ");
	}
}

static bool wait_for_pattern(struct sim *sim)
{
	size_t matched = 0;

	while (matched < sizeof(pattern)) {
		int byte = get_byte(sim, PATIENCE);

		if (byte == GONE)
			return complain(sim, "no escape pattern came");
		matched = byte == pattern[matched] ? matched + 1 : byte == pattern[0] ? 1 : 0;
	}
	return true;
}

/* The pattern is taken; zeros while it goes on, until four carriage returns. */
static bool take_escape(struct sim *sim)
{
	int ends_wanted = sim->start == SIM_MANY_ZEROS ? 2 : 1, returns = 0;
	static const uint8_t zeros[1100];

	if (!wait_for_pattern(sim))
		return false;
	put_text(sim, ">");
	if (sim->start == SIM_SYNC_ONLY) {
		while (get_byte(sim, PATIENCE) != GONE)
			continue;
		return false;
	}
	for (;;) {
		int byte = get_byte(sim, PATIENCE);

		if (byte == GONE)
			return complain(sim, "the escape pattern was not ended");
		if (byte == pattern[7])
			put_bytes(sim, zeros, 8);
		returns = byte == '\r' ? returns + 1 : 0;
		if (returns == 4 && --ends_wanted == 0)
			return true;
		if (returns == 4)
			put_bytes(sim, zeros, sizeof(zeros));
		returns %= 4;
	}
}

/* The console: what is typed comes back, BB and 11 as >. */
static bool take_prompt(struct sim *sim)
{
	static const char word[] = { 0x03, 'w', 't', 'p', '\r' };
	size_t matched = 0;

	put_text(sim, "\r\n>");
	for (;;) {
		int byte = get_byte(sim, PATIENCE);
		char echo = byte == 0xbb || byte == 0x11 ? '>' : (char)byte;

		if (byte == GONE)
			return sim->start == SIM_PROMPT_OF_OTHERS
				       ? false
				       : complain(sim, "no wtp was typed");
		matched = byte == word[matched] ? matched + 1 : byte == word[0] ? 1 : 0;
		if (matched == sizeof(word) && sim->start == SIM_PROMPT) {
			put_text(sim, "!\r\nwtp\r\n");
			return true;
		}
		matched %= sizeof(word);
		if (byte == '\r' && sim->start == SIM_PROMPT_OF_OTHERS)
			put_text(sim, "\r\nUnknown command\r\n>");
		else if (byte != 0x03 && matched == 0)
			put_bytes(sim, &echo, 1);
	}
}

struct frame {
	uint8_t command, sequence, flags;
	uint32_t length;
	uint8_t *data;
};

static bool get_frame(struct sim *sim, struct frame *frame, bool may_be_preamble, bool *is_preamble)
{
	uint8_t header[8];

	*is_preamble = false;
	for (size_t i = 0; i < sizeof(header); i++) {
		int byte = get_byte(sim, PATIENCE);

		if (byte == GONE)
			return false;
		/* Carriage returns of the escape may be left over. */
		if (i == 0 && byte == '\r' && may_be_preamble) {
			i--;
			continue;
		}
		header[i] = (uint8_t)byte;
		if (i == 3 && may_be_preamble && memcmp(header, preamble, 4) == 0) {
			*is_preamble = true;
			return true;
		}
	}
	frame->command = header[0];
	frame->sequence = header[1];
	frame->flags = header[3];
	frame->length = get_le32(header + 4);
	if (header[2] != 0)
		return complain(sim, "CID is %u", header[2]);
	if (frame->length > MAX_DATA)
		return complain(sim, "command 0x%02x has %u bytes", frame->command, frame->length);
	frame->data = realloc(frame->data, frame->length + 1);
	for (uint32_t i = 0; i < frame->length; i++) {
		int byte = get_byte(sim, PATIENCE);

		if (byte == GONE)
			return complain(sim, "command 0x%02x broke off after %u of %u bytes",
					frame->command, i, frame->length);
		frame->data[i] = (uint8_t)byte;
	}
	return true;
}

static void put_response(struct sim *sim, const struct frame *frame, uint8_t status, uint8_t flags,
			 const void *data, uint8_t size)
{
	uint8_t bytes[6 + 255] = { frame->command, frame->sequence, 0, status, flags, size };

	if (size > 0)
		memcpy(bytes + 6, data, size);
	put_bytes(sim, bytes, 6u + size);
}

/* What is said when the host fetches a message. */
static void put_message(struct sim *sim, const struct frame *frame)
{
	static const uint8_t busy[4] = { 7 }, ready[4] = { 8 }, invalid_tim[4] = { 0x6a };
	static const char text[] = "TIM-1.0";
	bool last = ++sim->message_round >= 3;

	switch (sim->fault) {
	case FAULT_MESSAGE:
		put_response(sim, frame, 0, 0, text, sizeof(text) - 1);
		break;
	case FAULT_MESSAGE_BUSY:
		put_response(sim, frame, 0, last ? 2 : 3, last ? ready : busy, 4);
		break;
	case FAULT_MESSAGE_ERROR:
		put_response(sim, frame, 0, 2, invalid_tim, 4);
		break;
	case FAULT_BUSY_FOREVER:
		put_response(sim, frame, 0, 3, busy, 4);
		break;
	case FAULT_MESSAGES_FOREVER:
		put_response(sim, frame, 0, 1, text, sizeof(text) - 1);
		break;
	default:
		put_response(sim, frame, 1, 0, NULL, 0);
	}
}

/* Answer a frame, or do to the answer what is asked. Returns whether the board goes on. */
static bool answer(struct sim *sim, const struct frame *frame, uint8_t flags, const void *data,
		   uint8_t size)
{
	uint8_t bytes[6 + 255] = { frame->command, frame->sequence, 0, 0, flags, size };
	bool hit = sim->frames == sim->fault_at;

	sim->frames++;
	if (size > 0)
		memcpy(bytes + 6, data, size);
	switch (hit ? sim->fault : FAULT_NONE) {
	case FAULT_NO_ANSWER:
		return true;
	case FAULT_HANG_UP:
		return false;
	case FAULT_SEQUENCE:
		put_response(sim, frame, 2, 0, NULL, 0);
		return true;
	case FAULT_BROKEN_STATUS:
		put_bytes(sim, (uint8_t[]){ frame->command, frame->sequence, 0, 0xff, 0xff }, 5);
		return true;
	case FAULT_TEXT_BEFORE:
		put_text(sim, "\r\nTIM-1.0\r\nmv_ddr-devel-18.12 DDR3 16b 1GB 2CS\r\n");
		break;
	case FAULT_BINARY_BEFORE:
		put_bytes(sim, bytes, 2);
		put_bytes(sim, "\xff\xff\x00\x80\xff\x00", 6);
		break;
	case FAULT_CORRUPT:
		bytes[1] ^= 0x40;
		break;
	case FAULT_LATE:
		usleep(20000);
		break;
	case FAULT_CUT:
		put_bytes(sim, bytes, 3);
		return true;
	case FAULT_TALK:
		talk(sim);
		return false;
	case FAULT_MESSAGE:
	case FAULT_MESSAGE_BUSY:
	case FAULT_MESSAGE_ERROR:
	case FAULT_BUSY_FOREVER:
	case FAULT_MESSAGES_FOREVER:
		bytes[4] |= 1;
		break;
	default:
		break;
	}
	put_bytes(sim, bytes, 6u + size);
	return true;
}

/* Refusals leave the board in its state, and the host may try again. */
static bool refuses(struct sim *sim, const struct frame *frame)
{
	bool always = sim->fault == FAULT_NACK && sim->frames >= sim->fault_at;
	bool once = sim->fault == FAULT_NACK_ONCE && sim->frames == sim->fault_at;

	if (!always && !once)
		return false;
	sim->frames++;
	put_response(sim, frame, 1, 0, NULL, 0);
	return true;
}

/* The next frame with this command; messages that come before are answered. */
static bool expect(struct sim *sim, struct frame *frame, uint8_t command, uint32_t length,
		   bool any_length)
{
	bool is_preamble;

	for (;;) {
		if (!get_frame(sim, frame, false, &is_preamble))
			return false;
		if (frame->command == 0x2b && frame->length == 0) {
			put_message(sim, frame);
			continue;
		}
		if (frame->command != command)
			return complain(sim, "command 0x%02x came where 0x%02x is right",
					frame->command, command);
		if (!any_length && frame->length != length)
			return complain(sim, "command 0x%02x has %u bytes, not %u", command,
					frame->length, length);
		if (refuses(sim, frame))
			continue;
		return true;
	}
}

/* All that is left comes raw, and is answered once. */
static bool take_raw(struct sim *sim, uint8_t *into, size_t left, uint8_t sequence)
{
	struct frame frame = { .command = 0x22, .sequence = sequence };

	for (size_t i = 0; i < left; i++) {
		int byte = get_byte(sim, PATIENCE);

		if (byte == GONE)
			return complain(sim, "fast mode broke off after %zu of %zu bytes", i, left);
		into[i] = (uint8_t)byte;
	}
	return answer(sim, &frame, 0, NULL, 0);
}

static bool take_data(struct sim *sim, struct frame *frame, uint8_t **image, size_t *size)
{
	size_t at = 0, left = 1;

	while (left > 0) {
		uint8_t chunk[4], sequence;
		bool fast;

		if (!expect(sim, frame, 0x2a, 4, false))
			return false;
		left = get_le32(frame->data);
		if (at == 0)
			*image = calloc(1, left + 1);
		if (left == 0 || (at > 0 && at + left != *size))
			return complain(sim, "data header says %zu after %zu of %zu", left, at,
					*size);
		*size = at + left;
		fast = sim->fast && (frame->flags & 4) != 0;
		put_le32(chunk, sim->chunk);
		sequence = frame->sequence;
		if (!answer(sim, frame, fast ? 4 : 0, chunk, sizeof(chunk)))
			return false;
		if (fast)
			return take_raw(sim, *image + at, left, (uint8_t)(sequence + 1));
		if (!expect(sim, frame, 0x22, 0, true))
			return false;
		if (frame->length == 0 || frame->length > left || frame->length > sim->chunk)
			return complain(sim, "%u bytes of data, %zu left, chunks of %u",
					frame->length, left, sim->chunk);
		memcpy(*image + at, frame->data, frame->length);
		at += frame->length;
		left -= frame->length;
		if (!answer(sim, frame, 0, NULL, 0))
			return false;
	}
	return true;
}

static bool take_image(struct sim *sim, struct frame *frame, unsigned int index)
{
	static const uint8_t version[] = { '1',	 '0',  '4',  '3',  0x16, 0x20,
					   0x15, 0x05, 0x41, 0x4d, 0x52, 0x41 };
	uint8_t id[4];

	if (!expect(sim, frame, 0x20, 0, false) ||
	    !answer(sim, frame, 0, version, sizeof(version)) || !expect(sim, frame, 0x26, 0, false))
		return false;
	put_le32(id, sim->wants[index]);
	if (!answer(sim, frame, 0, id, sizeof(id)) || !expect(sim, frame, 0x27, 1, false))
		return false;
	sim->declined = frame->data[0] == 1;
	if (!answer(sim, frame, 0, NULL, 0))
		return false;
	if (sim->declined)
		return expect(sim, frame, 0x30, 0, false) && answer(sim, frame, 0, NULL, 0) &&
		       expect(sim, frame, 0x31, 0, false) && answer(sim, frame, 0, NULL, 0) &&
		       false;
	if (!take_data(sim, frame, &sim->images[index], &sim->sizes[index]) ||
	    !expect(sim, frame, 0x30, 0, false))
		return false;
	sim->received++;
	return answer(sim, frame, 0, NULL, 0);
}

static bool take_preamble(struct sim *sim, struct frame *frame)
{
	bool is_preamble;

	if (!get_frame(sim, frame, true, &is_preamble))
		return false;
	if (!is_preamble && frame->command == 0x2b) {
		put_message(sim, frame);
		return take_preamble(sim, frame);
	}
	if (!is_preamble)
		return complain(sim, "command 0x%02x came where the preamble is right",
				frame->command);
	if (sim->received == 1 && sim->text_after_tim != NULL)
		put_text(sim, sim->text_after_tim);
	if (sim->frames++ != sim->fault_at || sim->fault == FAULT_NONE)
		put_bytes(sim, preamble, sizeof(preamble));
	else if (sim->fault == FAULT_HANG_UP)
		return false;
	else if (sim->fault == FAULT_TALK)
		talk(sim);
	else if (sim->fault == FAULT_CUT)
		put_bytes(sim, preamble, 2);
	else if (sim->fault == FAULT_TEXT_BEFORE || sim->fault == FAULT_BINARY_BEFORE) {
		put_bytes(sim, "\r\nTIM-1.0\r\n\x00\xd3\xff\x00\x00\xd3\x02", 18);
		put_bytes(sim, preamble, sizeof(preamble));
	} else if (sim->fault != FAULT_NO_ANSWER) {
		put_bytes(sim, preamble, sizeof(preamble));
	}
	return true;
}

/* The instructions that the TIM has for this moment. Returns whether the board goes on. */
static bool run_list(struct sim *sim, uint32_t id)
{
	char reason[120] = "";

	if (sim->crystal == 0 || sim->change == CHANGE_IGNORED)
		return true;
	if (!sim_gpp_run(sim, id, reason))
		return reason[0] == '\0' ? false : complain(sim, "%s", reason);
	if (id == TIM_ID_DDR3 && sim->change == CHANGE_TALK)
		talk(sim);
	while (id == TIM_ID_DDR3 && sim->change == CHANGE_DUMB && get_byte(sim, PATIENCE) != GONE)
		continue;
	return !sim->stop;
}

static bool start(struct sim *sim)
{
	switch (sim->start) {
	case SIM_RESET:
	case SIM_SYNC_ONLY:
	case SIM_MANY_ZEROS:
		return take_escape(sim);
	case SIM_PROMPT:
	case SIM_PROMPT_OF_OTHERS:
		return take_prompt(sim);
	case SIM_TALKS:
		talk(sim);
		return false;
	case SIM_TALKS_AFTER:
		if (take_escape(sim))
			talk(sim);
		return false;
	case SIM_DEAD:
		while (get_byte(sim, PATIENCE) != GONE)
			continue;
		return false;
	default:
		return true;
	}
}

static void *run(void *context)
{
	struct sim *sim = context;
	struct frame frame = { 0 };
	bool going = start(sim);

	for (unsigned int i = 0; going && i < SIM_MAX_IMAGES && sim->wants[i] != 0; i++)
		going = take_preamble(sim, &frame) && take_image(sim, &frame, i) &&
			(i > 0 || run_list(sim, TIM_ID_DDR3));
	going = going && run_list(sim, TIM_ID_GPP2);
	/* The line stays as it is until the test ends it, unless it was hung up. */
	if (going)
		put_text(sim, "WTMI-devel-18.12.1\r\n");
	if ((sim->fault == FAULT_HANG_UP && sim->frames > sim->fault_at) ||
	    (sim->change == CHANGE_HANG_UP && sim->crystal != 0)) {
		close(sim->slave);
		close(sim->master);
		sim->master = sim->slave = -1;
	}
	free(frame.data);
	return NULL;
}

void sim_start(struct sim *sim)
{
	struct termios raw;

	if (openpty(&sim->master, &sim->slave, sim->device, NULL, NULL) != 0)
		abort();
	tcgetattr(sim->slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(sim->slave, TCSANOW, &raw);
	fcntl(sim->master, F_SETFL, fcntl(sim->master, F_GETFL) & ~O_NONBLOCK);
	sim->baud = sim->highest_baud = 115200;
	sim->uart_control = 0x10;
	if (sim->chunk == 0)
		sim->chunk = 1024;
	if (pthread_create(&sim->thread, NULL, run, sim) != 0)
		abort();
}

void sim_stop(struct sim *sim)
{
	sim->stop = true;
	/* Wakes a write that nobody reads. */
	if (sim->slave >= 0)
		tcflush(sim->slave, TCIOFLUSH);
	pthread_join(sim->thread, NULL);
	if (sim->master >= 0)
		close(sim->master);
	if (sim->slave >= 0)
		close(sim->slave);
}

void sim_free(struct sim *sim)
{
	for (int i = 0; i < SIM_MAX_IMAGES; i++)
		free(sim->images[i]);
}
