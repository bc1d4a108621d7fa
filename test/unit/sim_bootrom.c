/* SPDX-License-Identifier: BSD-2-Clause */
#include "sim_bootrom.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "board/a3700-image/tim.h"
#include "board/common/bytes.h"
#include "sim_gpp.h"
#include "sim_line.h"

#define MAX_DATA (1u << 20)

static const uint8_t preamble[] = { 0x00, 0xd3, 0x02, 0x2b };

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
		int byte = sim_get_byte(sim, PATIENCE);

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
		return sim_complain(sim, "CID is %u", header[2]);
	if (frame->length > MAX_DATA)
		return sim_complain(sim, "command 0x%02x has %u bytes", frame->command,
				    frame->length);
	frame->data = realloc(frame->data, frame->length + 1);
	for (uint32_t i = 0; i < frame->length; i++) {
		int byte = sim_get_byte(sim, PATIENCE);

		if (byte == GONE)
			return sim_complain(sim, "command 0x%02x broke off after %u of %u bytes",
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
	sim_put_bytes(sim, bytes, 6u + size);
}

/* What the host gets when it fetches a message: the last one again and again where it is endless.
 */
struct message {
	const char *bytes;
	uint8_t size;
	bool is_code;
};

#define TEXT(string) { string, sizeof(string) - 1, false }
#define CODE(byte)   { byte "\0\0", 4, true }

static const struct script {
	unsigned int count;
	bool endless;
	struct message messages[3];
} scripts[NUM_FAULTS] = {
	[FAULT_MESSAGE] = { 1, false, { TEXT("TIM-1.0") } },
	[FAULT_TWO_MESSAGES] = { 2, false, { TEXT("WTMI"), CODE("\x08") } },
	[FAULT_MESSAGE_BUSY] = { 3, false, { CODE("\x07"), CODE("\x07"), CODE("\x08") } },
	[FAULT_MESSAGE_ERROR] = { 1, false, { CODE("\x6a") } },
	[FAULT_BUSY_FOREVER] = { 1, true, { CODE("\x07") } },
	[FAULT_MESSAGES_FOREVER] = { 1, true, { TEXT("TIM-1.0") } },
};

static const struct message *message_at(const struct sim *sim, unsigned int index)
{
	const struct script *script = &scripts[sim->fault];

	if (script->count > 0 && script->endless && index >= script->count)
		index = script->count - 1;
	return index < script->count ? &script->messages[index] : NULL;
}

/* The flags that a frame has because of a message that comes after it, and because of its own kind
 */
static uint8_t message_flags(const struct sim *sim, const struct message *own,
			     const struct message *next)
{
	const struct message *told = sim_other(sim, GUESS_MESSAGE_KIND) ? next : own;

	return (uint8_t)((next != NULL ? 1 : 0) | (told != NULL && told->is_code ? 2 : 0));
}

static void put_message(struct sim *sim, const struct frame *frame)
{
	const struct message *now = message_at(sim, sim->message_round);
	uint8_t flags = message_flags(sim, now, message_at(sim, sim->message_round + 1));

	sim->message_round++;
	if (now == NULL)
		put_response(sim, frame, 1, 0, NULL, 0);
	else
		put_response(sim, frame, 0, flags, now->bytes, now->size);
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
		sim_put_bytes(sim, (uint8_t[]){ frame->command, frame->sequence, 0, 0xff, 0xff },
			      5);
		return true;
	case FAULT_TEXT_BEFORE:
		sim_put_text(sim, "\r\nTIM-1.0\r\nmv_ddr-devel-18.12 DDR3 16b 1GB 2CS\r\n");
		break;
	case FAULT_BINARY_BEFORE:
		sim_put_bytes(sim, bytes, 2);
		sim_put_bytes(sim, "\xff\xff\x00\x80\xff\x00", 6);
		break;
	case FAULT_CORRUPT:
		bytes[1] ^= 0x40;
		break;
	case FAULT_LATE:
		usleep(20000);
		break;
	case FAULT_CUT:
		sim_put_bytes(sim, bytes, 3);
		return true;
	case FAULT_TALK:
		sim_talk(sim);
		return false;
	default:
		if (hit)
			bytes[4] |= message_flags(sim, NULL, message_at(sim, 0));
		break;
	}
	sim_put_bytes(sim, bytes, 6u + size);
	return true;
}

static bool is_numbered(const struct frame *frame)
{
	return frame->command == 0x2a || frame->command == 0x22;
}

/* Refusals leave the board in its state, and the host may try again. */
static bool refuses(struct sim *sim, const struct frame *frame)
{
	bool always = sim->fault == FAULT_NACK && sim->frames >= sim->fault_at;
	bool once = sim->fault == FAULT_NACK_ONCE && sim->frames == sim->fault_at;

	if (!always && !once)
		return false;
	sim->frames++;
	/* The number will come again. */
	if (is_numbered(frame))
		sim->number--;
	put_response(sim, frame, 1, 0, NULL, 0);
	return true;
}

/* The numbers that WtpDownload has are right for any board. */
static bool check_number(struct sim *sim, const struct frame *frame)
{
	sim->number = is_numbered(frame) ? (uint8_t)(sim->number + 1) : 0;
	if (!sim_other(sim, GUESS_NUMBERS) || frame->sequence == sim->number)
		return true;
	put_response(sim, frame, 2, 0, NULL, 0);
	return sim_complain(sim, "command 0x%02x has the number %u, not %u", frame->command,
			    frame->sequence, sim->number);
}

/* The next frame with this command; messages that come before are answered. */
static bool expect(struct sim *sim, struct frame *frame, uint8_t command, uint32_t length,
		   bool any_length)
{
	bool is_preamble;

	for (;;) {
		if (!get_frame(sim, frame, false, &is_preamble) || !check_number(sim, frame))
			return false;
		if (frame->command == 0x2b && frame->length == 0) {
			put_message(sim, frame);
			continue;
		}
		if (frame->command != command)
			return sim_complain(sim, "command 0x%02x came where 0x%02x is right",
					    frame->command, command);
		if (!any_length && frame->length != length)
			return sim_complain(sim, "command 0x%02x has %u bytes, not %u", command,
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
		int byte = sim_get_byte(sim, PATIENCE);

		if (byte == GONE)
			return sim_complain(sim, "fast mode broke off after %zu of %zu bytes", i,
					    left);
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
			return sim_complain(sim, "data header says %zu after %zu of %zu", left, at,
					    *size);
		*size = at + left;
		fast = !sim_other(sim, GUESS_FAST) && (frame->flags & 4) != 0;
		sim->took_fast |= fast;
		put_le32(chunk, sim->chunk);
		sequence = frame->sequence;
		if (!answer(sim, frame, fast ? 4 : 0, chunk, sizeof(chunk)))
			return false;
		if (fast)
			return take_raw(sim, *image + at, left,
					(uint8_t)(sequence + sim_other(sim, GUESS_FAST_NUMBER)));
		if (!expect(sim, frame, 0x22, 0, true))
			return false;
		if (frame->length == 0 || frame->length > left || frame->length > sim->chunk)
			return sim_complain(sim, "%u bytes of data, %zu left, chunks of %u",
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
	sim->number = 0;
	if (!is_preamble && frame->command == 0x2b) {
		put_message(sim, frame);
		return take_preamble(sim, frame);
	}
	if (!is_preamble)
		return sim_complain(sim, "command 0x%02x came where the preamble is right",
				    frame->command);
	if (sim->received == 1 && sim->text_after_tim != NULL)
		sim_put_text(sim, sim->text_after_tim);
	if (sim->frames++ != sim->fault_at || sim->fault == FAULT_NONE)
		sim_put_bytes(sim, preamble, sizeof(preamble));
	else if (sim->fault == FAULT_HANG_UP)
		return false;
	else if (sim->fault == FAULT_TALK)
		sim_talk(sim);
	else if (sim->fault == FAULT_CUT)
		sim_put_bytes(sim, preamble, 2);
	else if (sim->fault == FAULT_TEXT_BEFORE || sim->fault == FAULT_BINARY_BEFORE) {
		sim_put_bytes(sim, "\r\nTIM-1.0\r\n\x00\xd3\xff\x00\x00\xd3\x02", 18);
		sim_put_bytes(sim, preamble, sizeof(preamble));
	} else if (sim->fault != FAULT_NO_ANSWER) {
		sim_put_bytes(sim, preamble, sizeof(preamble));
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
		return reason[0] == '\0' ? false : sim_complain(sim, "%s", reason);
	if (id == TIM_ID_DDR3 && sim->change == CHANGE_TALK)
		sim_talk(sim);
	while (id == TIM_ID_DDR3 && sim->change == CHANGE_DUMB &&
	       sim_get_byte(sim, PATIENCE) != GONE)
		continue;
	return !sim->stop;
}

/* Messages that the answer to the last Done announced */
static void put_last_messages(struct sim *sim, struct frame *frame)
{
	bool is_preamble;

	while (sim->frames == sim->fault_at + 1 && !sim_other(sim, GUESS_LAST_MESSAGE) &&
	       message_at(sim, sim->message_round) != NULL &&
	       get_frame(sim, frame, false, &is_preamble))
		put_message(sim, frame);
}

static void *run(void *context)
{
	struct sim *sim = context;
	struct frame frame = { 0 };
	bool going = sim_enter(sim);

	for (unsigned int i = 0; going && i < SIM_MAX_IMAGES && sim->wants[i] != 0; i++)
		going = take_preamble(sim, &frame) && take_image(sim, &frame, i) &&
			(i > 0 || run_list(sim, TIM_ID_DDR3));
	going = going && run_list(sim, TIM_ID_GPP2);
	if (going)
		put_last_messages(sim, &frame);
	/* The line stays as it is until the test ends it, unless it was hung up. */
	if (going)
		sim_put_text(sim, "WTMI-devel-18.12.1\r\n");
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
	sim->uart_clock = 14;
	if (sim_other(sim, GUESS_PLL))
		sim->uart_clock = SIM_PLL_CLOCK;
	if (sim_other(sim, GUESS_UART1_PINS))
		sim->pins_disable = SIM_UART1_PINS;
	if (sim->chunk == 0)
		sim->chunk = sim_other(sim, GUESS_CHUNK) ? 61 : 1024;
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
