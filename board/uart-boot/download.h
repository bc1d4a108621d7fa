/* SPDX-License-Identifier: BSD-2-Clause */
/* From a board that was reset, or that shows the BootROM's prompt, to running firmware. */
#ifndef BOARD_UART_BOOT_DOWNLOAD_H
#define BOARD_UART_BOOT_DOWNLOAD_H

#include "board/uart-boot/images.h"
#include "board/uart-boot/wtptp.h"

enum enter_mode {
	ENTER_ESCAPE,  /**< stream the escape pattern while the board is reset */
	ENTER_CONSOLE, /**< type wtp at the BootROM's prompt */
	ENTER_NOT,     /**< the board is in download mode already */
};

/** What to send, and how */
struct download_request {
	const char *device;
	enum enter_mode mode;
	bool fast;
	const struct image_set *images;
	struct wtptp_timing timing;
	struct wtptp_observer observer;
};

/**
 * Put the board in download mode. ENTER_ESCAPE also exchanges the first preamble (wtptp->greeted),
 * and starts again, as often as the board boots from its own device, until timing.reset is over.
 * Returns 0, or with a line in error -ETIMEDOUT, -EPROTO (not a BootROM that answers) or -EIO.
 */
int enter_download_mode(struct wtptp *wtptp, enum enter_mode mode, struct board_error *error);

/** Send the images that the board asks for until it has all. Returns 0 or -errno with a line in
 * error. */
int download_images(struct wtptp *wtptp, const struct image_set *images, bool fast,
		    struct board_error *error);

/**
 * All of it: opens the line, which is left open in *link (link_close() it) when 0 is returned.
 * Ends within bounded time whatever the board does.
 */
int download(const struct download_request *request, struct link *link, struct board_error *error);

#endif
