/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What firmware does with the ACPI files of fw_cfg: places them in memory, and runs the script.
 */
#ifndef TEST_UNIT_FAKE_FIRMWARE_H
#define TEST_UNIT_FAKE_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#include "bhyve/acpi/acpi.h"

/* Loads the files, ending the test at the first command that makes no sense. */
void firmware_load(const struct acpi_files *files);

/* The RSDP, and the table of a signature through the XSDT ("DSDT": through the FADT; "XSDT"), or
 * NULL. The address is of the loaded copy. */
const uint8_t *firmware_rsdp(void);
const uint8_t *firmware_table(const char *signature);

/* The number of size bytes at an address of the copy. */
uint64_t firmware_number(const uint8_t *at, unsigned size);

/* The length in a table's header, and the sum of so many bytes. */
size_t firmware_length(const uint8_t *table);
uint8_t firmware_sum(const uint8_t *bytes, size_t len);

void firmware_unload(void);

#endif
