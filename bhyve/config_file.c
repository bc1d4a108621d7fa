// SPDX-License-Identifier: BSD-2-Clause
/* Configuration files, and %(key) in values. */
#include "bhyve/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The line without blanks at both ends. */
static char *trim(char *line)
{
	char *end = line + strlen(line);

	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*line))
		line++;
	return line;
}

static int set_line(char *line)
{
	char *text = trim(line), *value;

	if (*text == '#' || !*text)
		return 0;
	value = strchr(text, '=');
	if (!value)
		return -EINVAL;
	*value++ = '\0';
	return config_set(trim(text), trim(value));
}

int config_load_stream(FILE *stream, const char *name, char *err, size_t errlen)
{
	char *line = NULL;
	size_t room = 0;
	int error = 0;

	for (unsigned number = 1; !error; number++) {
		ssize_t len = getline(&line, &room, stream);

		if (len < 0)
			break;
		config_set_origin(name, number);
		error = memchr(line, '\0', (size_t)len) ? -EINVAL : set_line(line);
		if (error == -EINVAL)
			snprintf(err, errlen,
				 "%s:%u: not a line of key=value; '#' starts a comment", name,
				 number);
		else if (error)
			snprintf(err, errlen, "%s:%u: %s", name, number, strerror(-error));
	}
	config_set_origin(NULL, 0);
	if (!error && ferror(stream)) {
		snprintf(err, errlen, "%s: cannot be read: %s", name, strerror(errno));
		error = -EIO;
	}
	free(line);
	return error;
}

int config_load(const char *path, char *err, size_t errlen)
{
	FILE *stream = fopen(path, "re");
	int error;

	if (!stream) {
		error = -errno;
		snprintf(err, errlen, "%s: cannot be opened: %s", path, strerror(-error));
		return error;
	}
	error = config_load_stream(stream, path, err, errlen);
	fclose(stream);
	return error;
}

/* A value that is being put together. */
struct expansion {
	char text[CONFIG_VALUE_MAX + 1];
	size_t len;
	char *err;
	size_t errlen;
};

/* Deepest nesting of values that refer to values: more means that they go round in a circle. */
#define DEPTH_MAX 16

static int put(struct expansion *out, const char *key, char c)
{
	if (out->len == CONFIG_VALUE_MAX) {
		snprintf(out->err, out->errlen, "%s: the value is longer than %d bytes", key,
			 CONFIG_VALUE_MAX);
		return -EINVAL;
	}
	out->text[out->len++] = c;
	return 0;
}

static int expand_value(struct expansion *out, const char *key, const char *value, unsigned depth);

/* Expands the %(name) whose name starts at text; *end is then behind the ')'. */
static int expand_reference(struct expansion *out, const char *key, const char *text,
			    const char **end, unsigned depth)
{
	char name[CONFIG_KEY_MAX + 1];
	const char *close = strchr(text, ')'), *value;

	if (!close || (size_t)(close - text) >= sizeof(name)) {
		snprintf(out->err, out->errlen, "%s: %%( without a ')'; write %%%% for a plain %%",
			 key);
		return -EINVAL;
	}
	memcpy(name, text, (size_t)(close - text));
	name[close - text] = '\0';
	*end = close + 1;
	value = config_get(name);
	if (!value) {
		snprintf(out->err, out->errlen, "%s: %%(%s): no such key is set", key, name);
		return -EINVAL;
	}
	if (depth == DEPTH_MAX) {
		snprintf(out->err, out->errlen, "%s: %%(%s): the keys refer to each other", key,
			 name);
		return -EINVAL;
	}
	return expand_value(out, key, value, depth + 1);
}

static int expand_value(struct expansion *out, const char *key, const char *value, unsigned depth)
{
	int error = 0;

	while (*value && !error) {
		if (value[0] == '%' && value[1] == '(') {
			error = expand_reference(out, key, value + 2, &value, depth);
			continue;
		}
		if (value[0] == '%' && value[1] == '%')
			value++;
		error = put(out, key, *value++);
	}
	return error;
}

/* The expanded pairs are collected here, since expanding one needs the others as they were written.
 */
struct collection {
	char **values;
	size_t count;
	struct expansion *expansion;
};

static int collect(const char *key, const char *value, void *arg)
{
	struct collection *all = arg;
	char **grown;
	int error;

	all->expansion->len = 0;
	error = expand_value(all->expansion, key, value, 0);
	if (error)
		return error;
	grown = reallocarray(all->values, all->count + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	all->values = grown;
	grown[all->count] = strdup(key);
	grown[all->count + 1] = strndup(all->expansion->text, all->expansion->len);
	if (!grown[all->count] || !grown[all->count + 1]) {
		free(grown[all->count]);
		free(grown[all->count + 1]);
		return -ENOMEM;
	}
	all->count += 2;
	return 0;
}

int config_expand(char *err, size_t errlen)
{
	struct expansion expansion = { .err = err, .errlen = errlen };
	struct collection all = { .expansion = &expansion };
	int error = config_walk("", collect, &all);

	if (error == -ENOMEM)
		snprintf(err, errlen, "the host is out of memory");
	for (size_t i = 0; i < all.count; i += 2) {
		if (!error)
			error = config_set_value(all.values[i], all.values[i + 1]);
		free(all.values[i]);
		free(all.values[i + 1]);
	}
	free(all.values);
	return error;
}
