/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/a3700-image/versions.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "board/a3700-image/gpp.h"

/* The console's transmit register, as the secure CPU sees it: a TIM prints one character with each
 * write. */
#define UART_TRANSMIT 0xc0012004u
#define TEXT_SIZE     128
/* What TF-A has between its version and the name of its build: "v2.9(release):v2.9.0" */
#define TFA_RELEASE   "(release):"
#define TFA_DEBUG     "(debug):"

/* A line that the instructions print, as far as it was seen */
struct line {
	size_t length;
	char text[TEXT_SIZE];
};

static void end_line(struct line *line, FILE *stream)
{
	line->text[line->length] = '\0';
	if (strncmp(line->text, "TIM-", 4) == 0 || strncmp(line->text, "mv_ddr", 6) == 0)
		fprintf(stream, "version: %s\n", line->text);
	line->length = 0;
}

static void add_character(struct line *line, uint32_t value, FILE *stream)
{
	if (value > 0x7f || !isprint((int)value))
		end_line(line, stream);
	else if (line->length < TEXT_SIZE - 1)
		line->text[line->length++] = (char)value;
}

static void print_console_lines(const struct tim *tim, FILE *stream)
{
	for (unsigned int i = 0; i < tim->num_packages; i++) {
		const struct tim_package *package = &tim->packages[i];
		struct gpp_instruction instruction = { 0 };
		struct gpp_cursor cursor;
		struct line line = { 0 };

		if (!tim_package_is_code(package->id) ||
		    gpp_begin(&cursor, package->payload, package->size, "", NULL) != 0)
			continue;
		while (gpp_next(&cursor, &instruction, "", NULL) == 1) {
			if (!instruction.is_option && instruction.opcode == GPP_WRITE &&
			    instruction.parameters[0] == UART_TRANSMIT)
				add_character(&line, instruction.parameters[1], stream);
		}
		end_line(&line, stream);
	}
}

/* The printable characters from at on, which may be none */
static int printable(const uint8_t *at, const uint8_t *end)
{
	int length = 0;

	while (at + length < end && length < TEXT_SIZE && isprint(at[length]))
		length++;
	return length;
}

/*
 * The first text that begins so, and has a digit or a letter next: not the prefix alone, nor a
 * format string with it.
 */
static void print_text(const char *prefix, const uint8_t *bytes, size_t size, FILE *stream)
{
	const uint8_t *end = bytes + size, *at = bytes;
	size_t length = strlen(prefix);

	while ((at = memmem(at, (size_t)(end - at), prefix, length)) != NULL) {
		if (at + length < end && isalnum(at[length])) {
			fprintf(stream, "version: %.*s\n", printable(at, end), (const char *)at);
			return;
		}
		at += length;
	}
}

/* TF-A's version has what is sure to be found in its middle. */
static bool print_tfa(const char *middle, const uint8_t *bytes, size_t size, FILE *stream)
{
	const uint8_t *at = memmem(bytes, size, middle, strlen(middle));

	if (at == NULL)
		return false;
	while (at > bytes && isgraph(at[-1]))
		at--;
	fprintf(stream, "version: TF-A %.*s\n", printable(at, bytes + size), (const char *)at);
	return true;
}

static const uint8_t *find(const struct boot_image *boot, uint32_t id, size_t *size)
{
	const struct tim_image *image = boot_image_find(boot, id);
	const uint8_t *bytes = image == NULL ? NULL : boot_image_data(boot, image);

	*size = bytes == NULL ? 0 : image->size;
	return bytes;
}

void versions_print(const struct boot_image *boot, FILE *stream)
{
	const uint8_t *bytes;
	size_t size;

	for (unsigned int i = 0; i < boot->num_tims; i++)
		print_console_lines(&boot->tims[i], stream);
	bytes = find(boot, TIM_ID_WTMI, &size);
	if (bytes != NULL)
		print_text("WTMI-", bytes, size, stream);
	bytes = find(boot, TIM_ID_OBMI, &size);
	if (bytes == NULL)
		return;
	if (!print_tfa(TFA_RELEASE, bytes, size, stream))
		print_tfa(TFA_DEBUG, bytes, size, stream);
	print_text("Built : ", bytes, size, stream);
	print_text("U-Boot 20", bytes, size, stream);
}
