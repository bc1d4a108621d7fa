// SPDX-License-Identifier: BSD-2-Clause
/* The configuration: key=value pairs. */
#include "bhyve/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Pairs are stored on their own so that a value stays where it is while others are added. */
struct pair {
	char *key;
	char *value;
	char *origin; /* "FILE:LINE", or NULL: the command line */
};

static struct pair *pairs;
static size_t pair_count;

/* Where the keys that are being set come from. */
static char origin[CONFIG_ORIGIN_MAX + 1];

static struct pair *find(const char *key)
{
	for (size_t i = 0; i < pair_count; i++)
		if (strcmp(pairs[i].key, key) == 0)
			return &pairs[i];
	return NULL;
}

const char *config_get(const char *key)
{
	const struct pair *pair = find(key);

	return pair ? pair->value : NULL;
}

const char *config_getf(const char *format, ...)
{
	char key[CONFIG_KEY_MAX + 1];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(key, sizeof(key), format, args);
	va_end(args);
	return len < 0 || (size_t)len >= sizeof(key) ? NULL : config_get(key);
}

static bool valid_key(const char *key)
{
	size_t len = strlen(key);

	if (len == 0 || len > CONFIG_KEY_MAX)
		return false;
	for (const char *c = key; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			return false;
	return true;
}

void config_set_origin(const char *file, unsigned line)
{
	origin[0] = '\0';
	if (file)
		snprintf(origin, sizeof(origin), "%s:%u", file, line);
}

const char *config_origin(const char *key)
{
	const struct pair *pair = find(key);

	return pair ? pair->origin : NULL;
}

static int add(const char *key, char *value)
{
	struct pair *grown = reallocarray(pairs, pair_count + 1, sizeof(*pairs));
	char *copy = strdup(key);

	if (grown)
		pairs = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	pairs[pair_count++] = (struct pair){ .key = copy, .value = value };
	return 0;
}

/* Gives a pair the present origin. */
static int set_origin(struct pair *pair)
{
	free(pair->origin);
	pair->origin = origin[0] ? strdup(origin) : NULL;
	return origin[0] && !pair->origin ? -ENOMEM : 0;
}

int config_set(const char *key, const char *value)
{
	int error = config_set_value(key, value);

	return error ? error : set_origin(find(key));
}

int config_set_value(const char *key, const char *value)
{
	struct pair *pair;
	char *copy;
	int error = 0;

	if (!valid_key(key) || strlen(value) > CONFIG_VALUE_MAX || strchr(value, '\n'))
		return -EINVAL;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	pair = find(key);
	if (pair) {
		free(pair->value);
		pair->value = copy;
	} else {
		error = add(key, copy);
		if (error)
			free(copy);
	}
	return error;
}

int config_set_pair(const char *text)
{
	char key[CONFIG_KEY_MAX + 1];
	const char *equals = strchr(text, '=');
	size_t len;

	if (!equals || (len = (size_t)(equals - text)) > CONFIG_KEY_MAX)
		return -EINVAL;
	memcpy(key, text, len);
	key[len] = '\0';
	return config_set(key, equals + 1);
}

int config_parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "true", "on", "yes", "1" };
	static const char *const no[] = { "false", "off", "no", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*out = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

int config_bool(const char *key, bool dflt, bool *out)
{
	const char *value = config_get(key);

	if (value)
		return config_parse_bool(value, out);
	*out = dflt;
	return 0;
}

int config_int(const char *key, int64_t *out)
{
	const char *value = config_get(key);
	int64_t number;
	char *end;

	if (!value)
		return -ENOENT;
	if (!isdigit((unsigned char)value[0]) && value[0] != '-')
		return -EINVAL;
	errno = 0;
	number = strtoll(value, &end, strncasecmp(value, "0x", 2) == 0 ? 16 : 10);
	if (end == value || *end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*out = number;
	return 0;
}

/* The number of bits that a unit shifts by, or -1; *end moves behind the unit. */
static int unit_shift(const char **end)
{
	static const char units[] = "KMGT";
	const char *unit;

	if (!**end)
		return 0;
	unit = strchr(units, toupper((unsigned char)**end));
	if (unit)
		++*end;
	if (toupper((unsigned char)**end) == 'B')
		++*end;
	return unit ? 10 * (int)(unit - units + 1) : 0;
}

int config_parse_size(const char *text, uint64_t *out)
{
	uint64_t number;
	const char *rest;
	char *end;
	int shift;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, strncasecmp(text, "0x", 2) == 0 ? 16 : 10);
	if (errno)
		return -ERANGE;
	rest = end;
	shift = unit_shift(&rest);
	if (*rest)
		return -EINVAL;
	if (number > UINT64_MAX >> shift)
		return -ERANGE;
	*out = number << shift;
	return 0;
}

int config_size(const char *key, uint64_t *out)
{
	const char *value = config_get(key);

	return value ? config_parse_size(value, out) : -ENOENT;
}

int config_walk(const char *prefix, config_visit *visit, void *arg)
{
	int result = 0;

	for (size_t i = 0; i < pair_count && !result; i++)
		if (strncmp(pairs[i].key, prefix, strlen(prefix)) == 0)
			result = visit(pairs[i].key, pairs[i].value, arg);
	return result;
}

void config_dump(FILE *stream)
{
	for (size_t i = 0; i < pair_count; i++)
		fprintf(stream, "%s=%s\n", pairs[i].key, pairs[i].value);
}

void config_clear(void)
{
	for (size_t i = 0; i < pair_count; i++) {
		free(pairs[i].key);
		free(pairs[i].value);
		free(pairs[i].origin);
	}
	free(pairs);
	pairs = NULL;
	pair_count = 0;
}

/* Edit distance (insertions, deletions, changes) of two words of at most CONFIG_KEY_MAX characters.
 */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[CONFIG_KEY_MAX + 2];
	size_t len = strlen(b);

	for (size_t j = 0; j <= len; j++)
		row[j] = (unsigned)j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 1; j <= len; j++) {
			unsigned best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

const char *config_nearest(const char *text, const char *const *candidates)
{
	/* a third of the letters may differ, and one at least */
	size_t len = strlen(text);
	unsigned best = (unsigned)(len < 3 ? 2 : len / 3 + 1);
	const char *nearest = NULL;

	if (len > CONFIG_KEY_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		unsigned d = strlen(*candidates) > CONFIG_KEY_MAX ? best
								  : distance(text, *candidates);

		if (d < best) {
			best = d;
			nearest = *candidates;
		}
	}
	return nearest;
}
