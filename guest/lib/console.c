// SPDX-License-Identifier: BSD-2-Clause
/* Formatted output to the PL011. */
#include <stdarg.h>

#include "arch.h"
#include "console.h"

void print_char(char c)
{
	while (read32(PL011_FR) & PL011_FR_TXFF)
		;
	write32(PL011_DR, (uint8_t)c);
}

static void print_string(const char *text)
{
	while (*text)
		print_char(*text++);
}

static void print_number(uint64_t value, unsigned int base)
{
	char digits[24];
	unsigned int n = sizeof(digits);

	digits[--n] = '\0';
	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	print_string(&digits[n]);
}

static void print_signed(int64_t value)
{
	if (value < 0)
		print_char('-');
	print_number(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

/* One conversion; returns the character behind it. */
static const char *convert(const char *format, va_list *args)
{
	bool wide = *format == 'l';

	format += wide;
	if (*format == 's')
		print_string(va_arg(*args, const char *));
	else if (*format == 'c')
		print_char((char)va_arg(*args, int));
	else if (*format == 'd')
		print_signed(wide ? va_arg(*args, int64_t) : va_arg(*args, int));
	else if (*format == 'u' || *format == 'x')
		print_number(wide ? va_arg(*args, uint64_t) : va_arg(*args, unsigned int),
			     *format == 'u' ? 10 : 16);
	else
		print_char(*format);
	return format + 1;
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	while (*format) {
		if (*format == '\n')
			print_char('\r');
		if (*format == '%')
			format = convert(format + 1, &args);
		else
			print_char(*format++);
	}
	va_end(args);
}
