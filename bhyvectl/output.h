/* SPDX-License-Identifier: BSD-2-Clause */
/* What bhyvectl prints: text for people, or one JSON document for programs. */
#ifndef BHYVECTL_OUTPUT_H
#define BHYVECTL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the output. With json the functions below write one object; without, they print nothing.
 * -ENOMEM. */
int output_start(bool json);
bool output_is_json(void);

/* Ends the document, and prints it unless something failed: never half of one. -ENOMEM. */
int output_finish(bool complete);

/* Members of the object or, with key NULL, elements of the array that is open. */
void output_string(const char *key, const char *value);
void output_number(const char *key, uint64_t value);
void output_null(const char *key);
void output_hex(const char *key, uint64_t value); /* a string: JSON numbers do not hold 64 bits */
void output_begin(const char *key, char bracket); /* '{' or '[' */
void output_end(void);				  /* of what output_begin() began last */

/* A size for people: "256M", "1536K". In a buffer of the caller's, returned. */
const char *output_size(uint64_t size, char buf[24]);

#endif
