// SPDX-License-Identifier: BSD-2-Clause
/*
 * Options of devices, see option.h.
 */
#include "bhyve/device/option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "bhyve/config.h"

/* FNV-1a, 64 bits. */
#define HASH_START 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

const char *option_get(unsigned slot, const char *key)
{
	char name[CONFIG_KEY_MAX + 1];

	snprintf(name, sizeof(name), "slot.%u.%s", slot, key);
	return config_get(name);
}

int option_error(char *err, size_t errlen, unsigned slot, const char *format, ...)
{
	int prefix = snprintf(err, errlen, "slot %u: ", slot);
	va_list args;

	if (prefix > 0 && (size_t)prefix < errlen) {
		va_start(args, format);
		vsnprintf(err + prefix, errlen - (size_t)prefix, format, args);
		va_end(args);
	}
	return -EINVAL;
}

int option_bool(unsigned slot, const char *key, bool *out, char *err, size_t errlen)
{
	char name[CONFIG_KEY_MAX + 1];

	*out = false;
	snprintf(name, sizeof(name), "slot.%u.%s", slot, key);
	if (config_bool(name, false, out) == 0)
		return 0;
	return option_error(err, errlen, slot, "%s=%s: must be true or false", key,
			    option_get(slot, key));
}

int option_number(unsigned slot, const char *key, uint64_t low, uint64_t high, uint64_t *out,
		  char *err, size_t errlen)
{
	char name[CONFIG_KEY_MAX + 1];
	int64_t value = 0;
	int error;

	snprintf(name, sizeof(name), "slot.%u.%s", slot, key);
	error = config_int(name, &value);
	if (error == -ENOENT)
		return 0;
	if (!error && value >= 0 && (uint64_t)value >= low && (uint64_t)value <= high) {
		*out = (uint64_t)value;
		return 0;
	}
	return option_error(err, errlen, slot,
			    "%s=%s: must be a number from %" PRIu64 " to %" PRIu64, key,
			    option_get(slot, key), low, high);
}

static uint64_t hash_bytes(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * HASH_PRIME;
	return hash;
}

uint64_t option_hash(const char *text, unsigned slot)
{
	uint64_t hash = hash_bytes(HASH_START, config_get("name"));

	hash = (hash ^ (slot + 1)) * HASH_PRIME;
	return hash_bytes(hash, text);
}
