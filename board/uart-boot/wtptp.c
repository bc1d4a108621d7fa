// SPDX-License-Identifier: BSD-2-Clause
#include "board/uart-boot/wtptp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "board/common/bytes.h"

#define REQUEST_HEADER 8
/* A board that talks more than this before it answers has left download mode. */
#define MAX_FOREIGN    4096
#define MAX_MESSAGES   16
/* A frame that the board refuses is sent this often. */
#define MAX_TRIES      3
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

/*
 * The number of the next frame, as Marvell's own tool counts: DataHeader and Data have 1, 2, ...
 * (it wraps at 256); every other frame has 0, and the count begins anew after it, also after a
 * Message between two frames of data. mox-imager has 1 for all data instead. Boards take both;
 * counting is better, as the answer to an earlier frame that comes late is not taken for that to
 * this one.
 */
static uint8_t next_number(struct wtptp *wtptp, uint8_t command)
{
	if (command == WTPTP_DATA_HEADER || command == WTPTP_DATA)
		return ++wtptp->sequence;
	wtptp->sequence = 0;
	return 0;
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

/* What is looked for among the bytes that come in */
struct wanted {
	uint8_t bytes[4];
	size_t count;
	bool or_next; /* the second byte, a number, may be one more */
};

static bool is_wanted(const struct wanted *wanted, const uint8_t *window)
{
	uint8_t next[4];

	if (memcmp(window, wanted->bytes, wanted->count) == 0)
		return true;
	memcpy(next, wanted->bytes, sizeof(next));
	next[1]++;
	return wanted->or_next && memcmp(window, next, wanted->count) == 0;
}

/* Find what is wanted among what comes in, skipping the rest. */
static int find(struct wtptp *wtptp, const struct wanted *wanted, const char *what,
		int64_t deadline, struct board_error *error)
{
	size_t count = wanted->count, held = 0;
	uint8_t window[4] = { 0 };
	int foreign = 0;

	while (held < count || !is_wanted(wanted, window)) {
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

/* An answer: 6 bytes and data; 4 or 5 bytes where its status is broken */
static int read_response(struct wtptp *wtptp, const struct wanted *wanted, int timeout,
			 struct wtptp_response *response, struct board_error *error)
{
	const char *what = command_name(wanted->bytes[0]);
	int64_t deadline = link_now() + timeout;
	uint8_t rest[2] = { 0, 0 };
	int result;

	memset(response, 0, sizeof(*response));
	response->command = wanted->bytes[0];
	result = find(wtptp, wanted, what, deadline, error);
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

static int send_request(struct wtptp *wtptp, uint8_t command, uint8_t number, uint8_t flags,
			const uint8_t *data, uint32_t length, struct board_error *error)
{
	uint8_t frame[REQUEST_HEADER] = { command, number, 0, flags };
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

/*
 * Whether a message is a code, and which. What says so is read in two ways: by mox-imager in the
 * answer that announced the message, by Marvell's tool in the message itself, where the other takes
 * it for the kind of the message after. So either may say it, and the bytes must look like a code:
 * no code is above 255, and no text has zeros.
 */
static bool is_code(const struct wtptp_response *message, uint8_t announced, uint32_t *code)
{
	uint8_t bytes[4] = { 0 };

	if (((message->flags | announced) & WTPTP_MESSAGE_IS_CODE) == 0 ||
	    (message->length != 1 && message->length != 4))
		return false;
	memcpy(bytes, message->data, message->length);
	*code = get_le32(bytes);
	return *code <= UINT8_MAX;
}

/* One message: text is shown; a code may be a failure. *busy: the board will say so again. */
static int take_message(struct wtptp *wtptp, const struct wtptp_response *message,
			uint8_t announced, bool *busy, struct board_error *error)
{
	uint32_t code;

	if (!is_code(message, announced, &code)) {
		if (message->length > 0 && wtptp->observer.board_says != NULL)
			wtptp->observer.board_says(wtptp->observer.context,
						   (const char *)message->data, message->length);
		return 0;
	}
	*busy = code == CODE_BUSY;
	if (code == CODE_OK || code == CODE_BUSY || code == CODE_READY)
		return 0;
	return board_fail(error, EREMOTEIO, "the board reports error 0x%02x: %s", code,
			  wtptp_code_words(code));
}

/* Messages have the number 0, as in both tools. */
static int fetch_message(struct wtptp *wtptp, struct wtptp_response *message,
			 struct board_error *error)
{
	const struct wanted wanted = { { WTPTP_MESSAGE, next_number(wtptp, WTPTP_MESSAGE), 0 },
				       .count = 3 };
	int result = send_request(wtptp, WTPTP_MESSAGE, wanted.bytes[1], 0, NULL, 0, error);

	return result != 0 ? result
			   : read_response(wtptp, &wanted, wtptp->timing.reply, message, error);
}

static int get_messages(struct wtptp *wtptp, uint8_t flags, struct board_error *error)
{
	int64_t deadline = link_now() + wtptp->timing.busy;
	struct wtptp_response message;
	bool busy = false;

	for (int i = 0; (flags & WTPTP_MESSAGE_PENDING) != 0 || busy; i++) {
		int result;

		if (i == MAX_MESSAGES && !busy)
			return board_fail(error, EPROTO, "the board has messages without end");
		if (busy && link_now() > deadline)
			return board_fail(error, ETIMEDOUT,
					  "the board says that it is busy, for too "
					  "long; reset it and start again");
		result = fetch_message(wtptp, &message, error);
		if (result != 0)
			return result;
		busy = false;
		/* A NACK, or no data: there is none. */
		if (message.status != WTPTP_ACK || message.length == 0)
			return 0;
		result = take_message(wtptp, &message, flags, &busy, error);
		if (result != 0)
			return result;
		flags = message.flags;
	}
	return 0;
}

/* One frame, its answer and its messages, but for a status of NACK or sequence error */
static int exchange(struct wtptp *wtptp, const struct wtptp_request *request, uint8_t number,
		    struct wtptp_response *response, struct board_error *error)
{
	const struct wanted wanted = { { request->command, number, 0 }, .count = 3 };
	int timeout = wtptp->timing.reply;
	int result = send_request(wtptp, request->command, number, request->flags, request->data,
				  request->length, error);

	/* After the last byte of an image the board hashes it before it answers. */
	if (request->command == WTPTP_DONE || request->command == WTPTP_DATA)
		timeout += (int)((int64_t)request->length * 20 / 115);
	if (result == 0)
		result = read_response(wtptp, &wanted, timeout, response, error);
	if (result != 0)
		return result;
	/* Where fast mode begins, the board counts each byte as the image's: a request for the
	 * message would become part of it, unseen where the TIM has no hash of the image. It is
	 * left. */
	if ((response->flags & WTPTP_FAST_ACCEPTED) != 0 && request->flags == WTPTP_FLAG_FAST)
		return 0;
	result = get_messages(wtptp, response->flags, error);
	return request->last && (result == -ETIMEDOUT || result == -EPROTO) ? 0 : result;
}

int wtptp_command(struct wtptp *wtptp, const struct wtptp_request *request,
		  struct wtptp_response *response, struct board_error *error)
{
	uint8_t number = next_number(wtptp, request->command);
	int tries = request->retry ? MAX_TRIES : 1;

	for (;;) {
		int result = exchange(wtptp, request, number, response, error);

		if (result != 0)
			return result;
		if (response->status != WTPTP_NACK || --tries == 0)
			return check_status(response->status, command_name(request->command),
					    error);
		if (wtptp->observer.state != NULL)
			wtptp->observer.state(wtptp->observer.context,
					      "the board refused a frame: sending it again");
		/* The same frame again, unless messages came between: then the count is a new one.
		 */
		if (wtptp->sequence != number)
			number = next_number(wtptp, request->command);
	}
}

int wtptp_preamble(struct wtptp *wtptp, int timeout, struct board_error *error)
{
	static const struct wanted echo = { { 0x00, 0xd3, 0x02, 0x2b }, .count = 4 };
	int64_t deadline = link_now() + timeout;
	int result = link_write(&wtptp->link, echo.bytes, echo.count, deadline);

	wtptp->sequence = 0;
	if (result != 0)
		return fail_read(result, "Preamble", 0, error);
	return find(wtptp, &echo, "Preamble", deadline, error);
}

/* The number is that of the DataHeader, the only request that there was; one more is taken, too, as
 * no document says which it is. */
int wtptp_fast_answer(struct wtptp *wtptp, struct board_error *error)
{
	const struct wanted wanted = { { WTPTP_DATA, wtptp->sequence, 0 },
				       .count = 3,
				       .or_next = true };
	struct wtptp_response response;
	int result = read_response(wtptp, &wanted, wtptp->timing.reply, &response, error);

	if (result == 0)
		result = get_messages(wtptp, response.flags, error);
	return result != 0 ? result : check_status(response.status, "Data", error);
}

int wtptp_wait_for_mark(struct wtptp *wtptp, const uint8_t mark[4], int timeout,
			struct board_error *error)
{
	struct wanted wanted = { .count = sizeof(wanted.bytes) };
	struct wtptp_observer observer = wtptp->observer;
	int result;

	memcpy(wanted.bytes, mark, sizeof(wanted.bytes));
	/* Bytes of another speed are no text. */
	wtptp->observer.board_says = NULL;
	result = find(wtptp, &wanted, "change of speed", link_now() + timeout, error);
	wtptp->observer = observer;
	return result;
}
