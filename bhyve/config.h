/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of the virtual machine: an ordered store of key=value pairs, bhyve_config(5).
 *
 * Keys are words joined by dots ("memory.size", "slot.3.path"); values are strings. The store is
 * filled from the command line and configuration files before any thread is started, and only read
 * afterwards: it has no lock. A device in virtio-mmio slot N (0 to 31) has the keys slot.N.device,
 * slot.N.path and so on.
 */
#ifndef BHYVE_CONFIG_H
#define BHYVE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Longest key and longest value, without the terminating NUL, in bytes. */
#define CONFIG_KEY_MAX	  127
#define CONFIG_VALUE_MAX  4095

/* Longest "FILE:LINE" that is remembered. */
#define CONFIG_ORIGIN_MAX 255

/* The value of a key, or NULL. It belongs to the store and is valid until the key is set again. */
const char *config_get(const char *key);

/* The value of the key made by formatting, for the many "slot.%u.path": NULL if it is not set. */
const char *config_getf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Sets a key; a key that is there keeps its place and gets the new value. Both strings are copied.
 * -EINVAL: the key is empty, too long or has other characters than letters, digits, '.', '_' and
 * '-', or the value is too long or has a newline; -ENOMEM.
 */
int config_set(const char *key, const char *value);

/* As config_set(); a key that is there keeps its origin, too. */
int config_set_value(const char *key, const char *value);

/* Keys that are set from now on come from this line of a file; NULL: from the command line. */
void config_set_origin(const char *file, unsigned line);

/* Where a key was set last: "FILE:LINE"; NULL: on the command line, or nowhere. It is valid until
 * the key is set again. */
const char *config_origin(const char *key);

/* As config_set() with "key=value"; -EINVAL also where there is no '='. */
int config_set_pair(const char *pair);

/*
 * Typed reads. Each leaves *out alone unless it returns 0.
 *
 * config_bool: true, on, yes, 1 / false, off, no, 0; an absent key gives dflt. -EINVAL for anything
 * else. config_int: a decimal or 0x number. -ENOENT: absent; -EINVAL: not a number; -ERANGE.
 * config_size: bytes, with an optional unit K, M, G or T (powers of 1024, an optional 'B' behind
 * it). Errors as config_int; a plain number is bytes.
 */
int config_bool(const char *key, bool dflt, bool *out);
int config_int(const char *key, int64_t *out);
int config_size(const char *key, uint64_t *out);

/* What config_size() does, of a string. */
int config_parse_size(const char *text, uint64_t *out);
int config_parse_bool(const char *text, bool *out);

/* Calls visit for every key that starts with prefix, in the order they were first set; stops at
 * non-zero, returned. */
typedef int config_visit(const char *key, const char *value, void *arg);
int config_walk(const char *prefix, config_visit *visit, void *arg);

/*
 * Reads a file of key=value lines; '#' starts a comment line, blanks around key and value are
 * dropped. On an error writes "FILE:LINE: what" to err and returns a negative errno.
 */
int config_load(const char *path, char *err, size_t errlen);

/* As config_load() from an open stream; name is for messages. */
int config_load_stream(FILE *stream, const char *name, char *err, size_t errlen);

/*
 * Replaces every %(key) in every value by that key's value, and %% by %. -EINVAL, with the sentence
 * in err: an unknown key, a missing ')' or keys that refer to each other. To be called once, when
 * all is set.
 */
int config_expand(char *err, size_t errlen);

/* Writes all pairs, one key=value a line, to the stream. */
void config_dump(FILE *stream);

/* Forgets everything and frees the memory. */
void config_clear(void);

/*
 * Of the strings in candidates (NULL-terminated) the one most like text, or NULL if none is near:
 * for "did you mean".
 */
const char *config_nearest(const char *text, const char *const *candidates);

#endif
