/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial line to the board: raw bytes with deadlines. Breaks and framing errors are not taken
 * for bytes. */
#ifndef BOARD_UART_BOOT_LINK_H
#define BOARD_UART_BOOT_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/common/error.h"

/** An open line. One thread uses it. */
struct link {
	int fd;
	uint8_t buffer[512];
	size_t at, filled;
	uint8_t marked; /* bytes of a PARMRK sequence seen so far: 0, 1 (\377), 2 (\377 \0) */
};

/** Milliseconds of the monotonic clock. */
int64_t link_now(void);

/**
 * Open a tty at 115200 8N1 without flow control, and drop what came in before.
 * Returns 0 or -errno with a line in error. link_close() it.
 */
int link_open(struct link *link, const char *device, struct board_error *error);

void link_close(struct link *link);

/**
 * The next byte, waiting until deadline (of link_now()); after it, what is in the buffer still
 * comes. Returns 0-255, -ETIMEDOUT, or -EIO: the line is gone. */
int link_read(struct link *link, int64_t deadline);

/** Whether link_set_speed() knows a speed, in Bd. */
bool link_has_speed(uint32_t baud);

/**
 * Change the speed of a line, once all that was written has left. Returns 0, or with a line in
 * error -ENOTSUP (the PC's adapter does not do it) or -EIO.
 */
int link_set_speed(struct link *link, uint32_t baud, struct board_error *error);

/** Send bytes, waiting until deadline. Returns 0, -ETIMEDOUT or -EIO. */
int link_write(struct link *link, const uint8_t *bytes, size_t size, int64_t deadline);

/** Bytes that were written and have not left yet. */
size_t link_queued(struct link *link);

/** Wait until all that was written has left. */
void link_drain(struct link *link);

/** Drop what was written and has not left yet. */
void link_flush_output(struct link *link);

/** Drop what has come in. */
void link_flush(struct link *link);

#endif
