/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes JSON, as a tree of json-c that is printed when it is complete. */
#include "bhyvectl/output.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

/* What is open, outermost first. More than is ever open at once. */
#define DEPTH_MAX 8

static struct json_object *open_values[DEPTH_MAX];
static unsigned depth; /* 0: the output is text */
static bool out_of_memory;

int output_start(bool as_json)
{
	if (!as_json)
		return 0;
	open_values[0] = json_object_new_object();
	if (!open_values[0])
		return -ENOMEM;
	depth = 1;
	return 0;
}

bool output_is_json(void)
{
	return depth > 0;
}

int output_finish(bool complete)
{
	const char *document = NULL;

	if (!depth)
		return 0;
	if (complete && !out_of_memory)
		document = json_object_to_json_string_ext(
			open_values[0], JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (document)
		puts(document);
	json_object_put(open_values[0]);
	depth = 0;
	return complete && !document ? -ENOMEM : 0;
}

/* Puts the value, which is given away, into what is open. Whether it is there. */
static bool add(const char *key, struct json_object *value)
{
	struct json_object *in = open_values[depth - 1];
	int failed;

	if (json_object_is_type(in, json_type_array))
		failed = json_object_array_add(in, value);
	else
		failed = json_object_object_add(in, key, value);
	if (failed) {
		json_object_put(value);
		out_of_memory = true;
	}
	return !failed;
}

/* As add(), where NULL is a failed allocation and not the value null. */
static bool add_new(const char *key, struct json_object *value)
{
	if (value)
		return add(key, value);
	out_of_memory = true;
	return false;
}

void output_string(const char *key, const char *value)
{
	if (depth)
		add_new(key, json_object_new_string(value));
}

void output_number(const char *key, uint64_t value)
{
	if (depth)
		add_new(key, json_object_new_uint64(value));
}

void output_null(const char *key)
{
	if (depth)
		add(key, NULL);
}

void output_hex(const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, value);
	output_string(key, text);
}

void output_begin(const char *key, char bracket)
{
	struct json_object *value;

	if (!depth)
		return;
	value = bracket == '[' ? json_object_new_array() : json_object_new_object();
	/* without memory the document is never printed: what follows may go anywhere */
	if (!add_new(key, value))
		value = open_values[depth - 1];
	open_values[depth++] = value;
}

void output_end(void)
{
	if (depth)
		depth--;
}

const char *output_size(uint64_t size, char buf[24])
{
	if (size >= 1 << 20 && size % (1 << 20) == 0)
		snprintf(buf, 24, "%" PRIu64 "M", size >> 20);
	else
		snprintf(buf, 24, "%" PRIu64 "K", size >> 10);
	return buf;
}
