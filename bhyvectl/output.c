/* Writes JSON. */
#include "bhyvectl/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool json;
/* The document is printed when it is complete. */
static FILE *out;
static char *document;
static size_t document_size;
static bool need_comma;

int output_start(bool as_json)
{
	json = as_json;
	if (!json)
		return 0;
	out = open_memstream(&document, &document_size);
	if (!out)
		return -ENOMEM;
	putc('{', out);
	return 0;
}

bool output_is_json(void)
{
	return json;
}

void output_finish(bool complete)
{
	if (!json)
		return;
	putc('}', out);
	fclose(out);
	if (complete)
		puts(document);
	free(document);
}

static void quoted(const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ')
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void begin_member(const char *key)
{
	if (need_comma)
		putc(',', out);
	need_comma = true;
	if (key) {
		quoted(key);
		putc(':', out);
	}
}

void output_string(const char *key, const char *value)
{
	if (!json)
		return;
	begin_member(key);
	quoted(value);
}

void output_number(const char *key, uint64_t value)
{
	if (!json)
		return;
	begin_member(key);
	fprintf(out, "%llu", (unsigned long long)value);
}

void output_hex(const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)value);
	output_string(key, text);
}

void output_begin(const char *key, char bracket)
{
	if (!json)
		return;
	begin_member(key);
	putc(bracket, out);
	need_comma = false;
}

void output_end(char bracket)
{
	if (!json)
		return;
	putc(bracket, out);
	need_comma = true;
}

const char *output_size(uint64_t size, char buf[24])
{
	if (size >= 1 << 20 && size % (1 << 20) == 0)
		snprintf(buf, 24, "%lluM", (unsigned long long)(size >> 20));
	else
		snprintf(buf, 24, "%lluK", (unsigned long long)(size >> 10));
	return buf;
}
