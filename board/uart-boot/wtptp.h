/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WTPTP, the protocol that the BootROM of the Armada 3700 speaks in download mode.
 *
 * Host to board: command, sequence, 0, flags, length (32 bits), data. Board to host: command,
 * sequence, 0, status, flags, length (8 bits), data. The board may say other things before it
 * answers (text of instructions that it runs); they are skipped, and shown.
 */
#ifndef BOARD_UART_BOOT_WTPTP_H
#define BOARD_UART_BOOT_WTPTP_H

#include <stdbool.h>

#include "board/uart-boot/link.h"

enum wtptp_command {
	WTPTP_GET_VERSION = 0x20,
	WTPTP_DATA = 0x22,
	WTPTP_SELECT_IMAGE = 0x26,
	WTPTP_VERIFY_IMAGE = 0x27,
	WTPTP_DATA_HEADER = 0x2a,
	WTPTP_MESSAGE = 0x2b,
	WTPTP_DONE = 0x30,
	WTPTP_DISCONNECT = 0x31,
};

#define WTPTP_FLAG_FAST	      4u /* of a data header */

/* Flags of a response */
#define WTPTP_MESSAGE_PENDING 1u
#define WTPTP_MESSAGE_IS_CODE 2u
#define WTPTP_FAST_ACCEPTED   4u

enum wtptp_status { WTPTP_ACK, WTPTP_NACK, WTPTP_SEQUENCE_ERROR };

/** How long to wait for what, in milliseconds */
struct wtptp_timing {
	int reply;   /**< an answer */
	int ddr;     /**< the answer after the TIM, whose instructions set up DRAM first */
	int reset;   /**< the board's first sign after a reset, by the user's hand */
	int silence; /**< no byte for this long ends the escape */
	int console; /**< pause before "wtp" is typed */
	int busy;    /**< how long a board may say that it is busy */
};

/** What happens, for whoever shows it. Texts are for people. */
struct wtptp_observer {
	void (*state)(void *context, const char *text);
	void (*board_says)(void *context, const char *text, size_t size);
	void (*progress)(void *context, const char *image, size_t done, size_t total);
	void *context;
};

struct wtptp {
	struct link link;
	struct wtptp_timing timing;
	struct wtptp_observer observer;
	uint8_t sequence;     /* number of the last frame of data since one that is not; 0: none */
	bool greeted;	      /* the preamble has been answered, and nothing came since */
	uint8_t skipped[256]; /* foreign bytes before an answer */
	size_t num_skipped;
};

struct wtptp_request {
	enum wtptp_command command;
	uint8_t flags;
	const uint8_t *data;
	uint32_t length; /**< of data; also what is announced */
	bool retry;	 /**< a NACK may be that of a frame that was damaged: send it again */
	bool last;	 /**< the board may be gone after its answer, messages or not */
};

struct wtptp_response {
	uint8_t command, status, flags, length;
	uint8_t data[255];
};

/** The sane times for a real board. */
extern const struct wtptp_timing wtptp_default_timing;

/**
 * Send a command and take its answer; what the board says beside that (messages pending) is fetched
 * and shown. Returns 0, or with a line in error: -ETIMEDOUT, -EIO, -EPROTO (an answer that makes no
 * sense, or a sequence error), -EREMOTEIO (NACK, or a message with an error code).
 */
int wtptp_command(struct wtptp *wtptp, const struct wtptp_request *request,
		  struct wtptp_response *response, struct board_error *error);

/** Exchange the preamble, waiting up to timeout milliseconds. */
int wtptp_preamble(struct wtptp *wtptp, int timeout, struct board_error *error);

/**
 * Wait up to timeout milliseconds for four bytes that the board sends by itself; what comes before
 * them is dropped, unseen. Returns 0, or with a line in error -ETIMEDOUT, -EPROTO (other bytes
 * without end) or -EIO.
 */
int wtptp_wait_for_mark(struct wtptp *wtptp, const uint8_t mark[4], int timeout,
			struct board_error *error);

/** After the bytes of fast mode: take the one answer. Returns as wtptp_command(). */
int wtptp_fast_answer(struct wtptp *wtptp, struct board_error *error);

/** What a message's code means, in words. */
const char *wtptp_code_words(uint32_t code);

#endif
