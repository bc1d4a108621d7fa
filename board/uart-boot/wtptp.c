#include "board/uart-boot/wtptp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board/common/bytes.h"

#define REQUEST_HEADER 8
/* A board that talks more than this before it answers has left download mode. */
#define MAX_FOREIGN    4096
#define MAX_MESSAGES   16
#define CODE_OK	       0x00u
#define CODE_BUSY      0x07u
#define CODE_READY     0x08u

const struct wtptp_timing wtptp_default_timing = {
	.reply = 2000,
	.ddr = 10000,
	.reset = 120000,
	.silence = 300,
	.console = 500,
	.busy = 20000,
};

static const uint8_t preamble[] = { 0x00, 0xd3, 0x02, 0x2b };

static const struct {
	uint8_t command;
	const char *name;
} names[] = {
	{ WTPTP_GET_VERSION, "GetVersion" },
	{ WTPTP_DATA, "Data" },
	{ WTPTP_SELECT_IMAGE, "SelectImage" },
	{ WTPTP_VERIFY_IMAGE, "VerifyImage" },
	{ WTPTP_DATA_HEADER, "DataHeader" },
	{ WTPTP_MESSAGE, "Message" },
	{ WTPTP_DONE, "Done" },
	{ WTPTP_DISCONNECT, "Disconnect" },
};

static const struct {
	uint32_t code;
	const char *words;
} codes[] = {
	{ 0x01, "not found" },
	{ 0x02, "general error" },
	{ 0x03, "write error" },
	{ 0x04, "read error" },
	{ 0x05, "not supported" },
	{ 0x06, "invalid platform configuration" },
	{ 0x0c, "the board disconnects" },
	{ 0x20, "erase error" },
	{ 0x22, "invalid boot type: the TIM's boot sign is not that of the UART" },
	{ 0x61, "invalid OBM image" },
	{ 0x62, "secure boot failure: the part wants a signed TIM" },
	{ 0x69, "invalid hash length" },
	{ 0x6a, "invalid TIM image" },
	{ 0x6b, "wrong hash, or of wrong size" },
	{ 0x6d, "TIM not found" },
	{ 0x71, "CRC failed" },
	{ 0x90, "download port error" },
	{ 0x91, "download error" },
	{ 0x94, "image too big" },
	{ 0x97, "UART time-out: the board waited too long for bytes" },
	{ 0x98, "unknown image" },
	{ 0x9b, "unknown command" },
};

const char *wtptp_code_words(uint32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code)
			return codes[i].words;
	}
	return "no known error";
}

static const char *command_name(uint8_t command)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].command == command)
			return names[i].name;
	}
	return "command";
}

void wtptp_reset_sequence(struct wtptp *wtptp)
{
	wtptp->sequence = 0;
}

/* Foreign bytes are shown a line at a time. */
static void skip(struct wtptp *wtptp, uint8_t byte)
{
	wtptp->skipped[wtptp->num_skipped++] = byte;
	if (byte == '\n' || wtptp->num_skipped == sizeof(wtptp->skipped)) {
		if (wtptp->observer.board_says != NULL)
			wtptp->observer.board_says(wtptp->observer.context,
						   (const char *)wtptp->skipped,
						   wtptp->num_skipped);
		wtptp->num_skipped = 0;
	}
}

static void end_skipping(struct wtptp *wtptp)
{
	if (wtptp->num_skipped > 0)
		skip(wtptp, '\n');
}

static int fail_read(int result, const char *what, int foreign, struct board_error *error)
{
	if (result == -ETIMEDOUT && foreign > 0)
		return board_fail(
			error, ETIMEDOUT,
			"%s: the board talked (%d bytes) but did not answer; reset it and "
			"start again",
			what, foreign);
	if (result == -ETIMEDOUT)
		return board_fail(error, ETIMEDOUT,
				  "%s: the board does not answer; reset it and start again", what);
	return board_fail(error, EIO, "%s: the serial line is gone; is the cable plugged in?",
			  what);
}

/* Find wanted (count bytes) among what comes in, skipping the rest. */
static int find(struct wtptp *wtptp, const uint8_t *wanted, size_t count, const char *what,
		int64_t deadline, struct board_error *error)
{
	uint8_t window[4] = { 0 };
	size_t held = 0;
	int foreign = 0;

	while (held < count || memcmp(window, wanted, count) != 0) {
		int byte;

		if (held == count) {
			skip(wtptp, window[0]);
			memmove(window, window + 1, --held);
			if (++foreign > MAX_FOREIGN)
				return board_fail(error, EPROTO,
						  "%s: the board talks on and on: it is not in "
						  "download mode; reset it and start again",
						  what);
		}
		byte = link_read(&wtptp->link, deadline);
		if (byte < 0) {
			for (size_t i = 0; i < held; i++)
				skip(wtptp, window[i]);
			end_skipping(wtptp);
			return fail_read(byte, what, foreign + (int)held, error);
		}
		window[held++] = (uint8_t)byte;
	}
	end_skipping(wtptp);
	return 0;
}

static int read_bytes(struct wtptp *wtptp, uint8_t *bytes, size_t count, const char *what,
		      int64_t deadline, struct board_error *error)
{
	for (size_t i = 0; i < count; i++) {
		int byte = link_read(&wtptp->link, deadline);

		if (byte < 0)
			return board_fail(error, -byte, "%s: the answer broke off", what);
		bytes[i] = (uint8_t)byte;
	}
	return 0;
}

static int check_status(uint8_t status, const char *what, struct board_error *error)
{
	switch (status) {
	case WTPTP_ACK:
		return 0;
	case WTPTP_NACK:
		return board_fail(error, EREMOTEIO, "%s: the board refuses it (NACK)", what);
	case WTPTP_SEQUENCE_ERROR:
		return board_fail(
			error, EPROTO,
			"%s: the board missed a frame (sequence error); bytes were lost on "
			"the line; reset it and start again",
			what);
	default:
		return board_fail(error, EPROTO,
				  "%s: the board answers with status 0x%02x; it does so when an "
				  "image is trusted and the part is not, or the other way round",
				  what, status);
	}
}

/* The answer to a command: 6 bytes and data; 4 or 5 where its status is broken */
static int read_response(struct wtptp *wtptp, uint8_t command, int timeout,
			 struct wtptp_response *response, struct board_error *error)
{
	const char *what = command_name(command);
	const uint8_t wanted[] = { command, wtptp->sequence, 0 };
	int64_t deadline = link_now() + timeout;
	uint8_t rest[2] = { 0, 0 };
	int result;

	memset(response, 0, sizeof(*response));
	response->command = command;
	result = find(wtptp, wanted, sizeof(wanted), what, deadline, error);
	if (result == 0)
		result = read_bytes(wtptp, &response->status, 1, what, deadline, error);
	if (result != 0)
		return result;
	if (response->status > WTPTP_SEQUENCE_ERROR)
		return check_status(response->status, what, error);
	result = read_bytes(wtptp, rest, sizeof(rest), what, deadline, error);
	response->flags = rest[0];
	response->length = rest[1];
	if (result == 0)
		result = read_bytes(wtptp, response->data, response->length, what, deadline, error);
	return result;
}

static int send_request(struct wtptp *wtptp, uint8_t command, uint8_t flags, const uint8_t *data,
			uint32_t length, struct board_error *error)
{
	uint8_t frame[REQUEST_HEADER] = { command, wtptp->sequence, 0, flags };
	/* Ten bits a byte at 115200, twice over */
	int64_t deadline = link_now() + wtptp->timing.reply + (int64_t)length * 20 / 115;
	int result;

	put_le32(frame + 4, length);
	result = link_write(&wtptp->link, frame, sizeof(frame), deadline);
	if (result == 0 && length > 0)
		result = link_write(&wtptp->link, data, length, deadline);
	if (result != 0)
		return board_fail(error, -result, "%s: %s", command_name(command),
				  result == -EIO
					  ? "the serial line is gone; is the cable plugged in?"
					  : "the serial line takes no more bytes");
	return 0;
}

/* One message: text is shown; of a code, failure or not. *busy: the board will say so again. */
static int take_message(struct wtptp *wtptp, const struct wtptp_response *message, bool *busy,
			struct board_error *error)
{
	uint32_t code;

	if ((message->flags & WTPTP_MESSAGE_IS_CODE) == 0) {
		if (message->length > 0 && wtptp->observer.board_says != NULL)
			wtptp->observer.board_says(wtptp->observer.context,
						   (const char *)message->data, message->length);
		return 0;
	}
	code = message->length >= 4   ? get_le32(message->data)
	       : message->length >= 1 ? message->data[0]
				      : CODE_OK;
	*busy = code == CODE_BUSY;
	if (code == CODE_OK || code == CODE_BUSY || code == CODE_READY)
		return 0;
	return board_fail(error, EREMOTEIO, "the board reports error 0x%02x: %s", code,
			  wtptp_code_words(code));
}

static int get_messages(struct wtptp *wtptp, uint8_t flags, struct board_error *error)
{
	int64_t deadline = link_now() + wtptp->timing.busy;
	struct wtptp_response message = { .flags = flags };
	bool busy = false;

	for (int i = 0; (message.flags & WTPTP_MESSAGE_PENDING) != 0 || busy; i++) {
		int result;

		if (i == MAX_MESSAGES && !busy)
			return board_fail(error, EPROTO, "the board has messages without end");
		if (busy && link_now() > deadline)
			return board_fail(error, ETIMEDOUT,
					  "the board says that it is busy, for too "
					  "long; reset it and start again");
		result = send_request(wtptp, WTPTP_MESSAGE, 0, NULL, 0, error);
		if (result == 0)
			result = read_response(wtptp, WTPTP_MESSAGE, wtptp->timing.reply, &message,
					       error);
		if (result != 0)
			return result;
		busy = false;
		/* A NACK, or no data: there is none. */
		if (message.status != WTPTP_ACK || message.length == 0)
			return 0;
		result = take_message(wtptp, &message, &busy, error);
		if (result != 0)
			return result;
	}
	return 0;
}

int wtptp_command(struct wtptp *wtptp, enum wtptp_command command, uint8_t flags,
		  const uint8_t *data, uint32_t length, struct wtptp_response *response,
		  struct board_error *error)
{
	int timeout = wtptp->timing.reply;
	int result;

	result = send_request(wtptp, (uint8_t)command, flags, data, length, error);
	/* After the last byte of an image the board hashes it before it answers. */
	if (command == WTPTP_DONE || command == WTPTP_DATA)
		timeout += (int)((int64_t)length * 20 / 115);
	if (result == 0)
		result = read_response(wtptp, (uint8_t)command, timeout, response, error);
	if (result != 0)
		return result;
	result = get_messages(wtptp, response->flags, error);
	return result != 0 ? result
			   : check_status(response->status, command_name((uint8_t)command), error);
}

int wtptp_preamble(struct wtptp *wtptp, int timeout, struct board_error *error)
{
	int64_t deadline = link_now() + timeout;
	int result = link_write(&wtptp->link, preamble, sizeof(preamble), deadline);

	wtptp_reset_sequence(wtptp);
	if (result != 0)
		return fail_read(result, "Preamble", 0, error);
	return find(wtptp, preamble, sizeof(preamble), "Preamble", deadline, error);
}

int wtptp_fast_answer(struct wtptp *wtptp, struct board_error *error)
{
	const uint8_t wanted[] = { WTPTP_DATA, wtptp->sequence, 0 };
	int64_t deadline = link_now() + wtptp->timing.reply;
	uint8_t status = 0;
	int result = find(wtptp, wanted, sizeof(wanted), "Data", deadline, error);

	if (result == 0)
		result = read_bytes(wtptp, &status, 1, "Data", deadline, error);
	return result != 0 ? result : check_status(status, "Data", error);
}

int wtptp_wait_for_mark(struct wtptp *wtptp, const uint8_t mark[4], int timeout,
			struct board_error *error)
{
	struct wtptp_observer observer = wtptp->observer;
	int result;

	/* Bytes of another speed are no text. */
	wtptp->observer.board_says = NULL;
	result = find(wtptp, mark, 4, "change of speed", link_now() + timeout, error);
	wtptp->observer = observer;
	return result;
}
