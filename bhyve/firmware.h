/* SPDX-License-Identifier: BSD-2-Clause */
/* What firmware finds in fw_cfg of a machine that has a boot ROM. */
#ifndef BHYVE_FIRMWARE_H
#define BHYVE_FIRMWARE_H

#include <stdbool.h>

#include "bhyve/fdt.h"

/* Whether there are ACPI tables: the key acpi_tables, true unless it says otherwise. */
bool firmware_has_acpi(void);

/* Gives the machine's files to fw_cfg (device/fw_cfg.h), anew for every run. 0 or negative errno.
 * No vCPU may be running. */
int firmware_provide(const struct fdt_machine *machine);

#endif
