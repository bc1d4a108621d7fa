/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A string of bytes that grows: what tables are written into. Numbers are little-endian.
 *
 * Errors stick: once memory ran out nothing more is written, and the owner looks at `error` when
 * all is done. Starts as all zeroes.
 */
#ifndef BHYVE_ACPI_BLOB_H
#define BHYVE_ACPI_BLOB_H

#include <stddef.h>
#include <stdint.h>

struct blob {
	uint8_t *data; /* allocated; blob_free() or a new owner frees it */
	size_t len;
	size_t room;
	int error; /* 0 or -ENOMEM */
};

/* Appends. */
void blob_bytes(struct blob *blob, const void *bytes, size_t len);
void blob_zero(struct blob *blob, size_t len);
/* The low `size` bytes of value, 1 to 8. */
void blob_number(struct blob *blob, uint64_t value, unsigned size);
/* The text, cut or filled with `fill` to len bytes. */
void blob_text(struct blob *blob, const char *text, size_t len, char fill);

/* Overwrites bytes that are there with a number. */
void blob_patch(struct blob *blob, size_t offset, uint64_t value, unsigned size);

/* Makes room for len bytes before those at offset, and puts bytes there. */
void blob_insert(struct blob *blob, size_t offset, const void *bytes, size_t len);

void blob_free(struct blob *blob);

#endif
