/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages to the user: one line on standard error, "bhyve: VM: what happened; what to do".
 */
#ifndef BHYVE_REPORT_H
#define BHYVE_REPORT_H

#include <stdbool.h>

/* The name that messages carry after the program's; it is copied (200 bytes of it). NULL: none. */
void report_name(const char *vm);

/* Lines end in CR LF while the terminal is in raw mode. */
void report_raw(bool raw);

/* Prints one line. Safe from any thread; a line is written at once. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
