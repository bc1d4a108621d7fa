/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes ACPI Machine Language (ACPI 6.3, section 20.2): as much of it as the DSDT needs.
 *
 * A package is opened by aml_scope() and the like and closed by aml_end(); its length is filled in
 * then. All encodings are the shortest there are. Names are four characters, or fewer, which are
 * filled with '_'; paths may have '\' in front and '.' between names.
 */
#ifndef BHYVE_ACPI_AML_H
#define BHYVE_ACPI_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/acpi/blob.h"

/* How deep packages may nest. */
#define AML_DEPTH 8

struct aml {
	struct blob *out;
	size_t open[AML_DEPTH]; /* where the contents of open packages start */
	unsigned depth;
};

/* Packages; each to be closed. */
void aml_scope(struct aml *aml, const char *path);
void aml_device(struct aml *aml, const char *name);
void aml_method(struct aml *aml, const char *name, unsigned arguments);
/* If (Local0 & mask) */
void aml_if_local0(struct aml *aml, uint64_t mask);
void aml_end(struct aml *aml);

/* Name (name, value) */
void aml_name_integer(struct aml *aml, const char *name, uint64_t value);
void aml_name_string(struct aml *aml, const char *name, const char *value);
/* Name (name, Package () { values }) */
void aml_name_package(struct aml *aml, const char *name, const uint8_t *values, unsigned count);
/* As EisaId ("PNP0C0C") */
void aml_name_eisaid(struct aml *aml, const char *name, const char *id);

/* OperationRegion (name, SystemMemory, base, size) and Field (name, DWordAcc, NoLock, WriteAsZeros)
 * of one field that has size * 8 bits. */
void aml_region(struct aml *aml, const char *name, uint64_t base, uint64_t size, const char *field);

/* Local0 = name; name = value; Notify (path, value) */
void aml_load_local0(struct aml *aml, const char *name);
void aml_store(struct aml *aml, uint64_t value, const char *name);
void aml_notify(struct aml *aml, const char *path, uint64_t value);

/* Name (_CRS, ResourceTemplate () { ... }), to be closed by aml_resources_end(). */
void aml_resources(struct aml *aml);
void aml_memory32(struct aml *aml, uint32_t base, uint32_t size);
/* One interrupt, active high and not shared. */
void aml_interrupt(struct aml *aml, uint32_t intid, bool edge);
void aml_resources_end(struct aml *aml);

#endif
