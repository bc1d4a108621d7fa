/* SPDX-License-Identifier: BSD-2-Clause */
/* A terminal on the line, once the board runs. */
#ifndef BOARD_UART_BOOT_TERMINAL_H
#define BOARD_UART_BOOT_TERMINAL_H

#include "board/uart-boot/link.h"

#define TERMINAL_LEAVE_KEY 0x1d /* Ctrl-] */

/**
 * Copy between stdin/stdout and the line until Ctrl-] or the end of stdin. Puts the terminal back
 * as it was, also where a signal ends the program. Returns 0, or with a line in error -EIO (the
 * line is gone), or what write(2) gives for stdout.
 */
int terminal_run(struct link *link, struct board_error *error);

#endif
