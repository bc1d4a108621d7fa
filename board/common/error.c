// SPDX-License-Identifier: BSD-2-Clause
#include "board/common/error.h"

#include <stdarg.h>
#include <stdio.h>

int board_fail(struct board_error *error, int errnum, const char *format, ...)
{
	if (error != NULL) {
		va_list arguments;

		va_start(arguments, format);
		vsnprintf(error->text, sizeof(error->text), format, arguments);
		va_end(arguments);
	}
	return -errnum;
}
