/* SPDX-License-Identifier: BSD-2-Clause */
/* How the tools in board/ say what went wrong: one line that names the object, what failed and what
 * to do. */
#ifndef BOARD_COMMON_ERROR_H
#define BOARD_COMMON_ERROR_H

/** The line of a failure. Filled by board_fail(); empty otherwise. */
struct board_error {
	char text[320];
};

/**
 * Write the line of a failure into error (which may be NULL), cut at its size.
 * @errnum: a positive errno. Returns -errnum, so that a caller can return what this returns.
 */
int board_fail(struct board_error *error, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
