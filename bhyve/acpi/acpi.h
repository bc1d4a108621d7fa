/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI tables of the virtual machine, for firmware: ACPI 6.3, hardware-reduced, of the same
 * machine that the device tree describes (fdt.h).
 *
 * They come as three files of fw_cfg, as QEMU gives them: the tables, the RSDP, and a script by
 * which firmware places both in memory and fills in addresses and checksums (linker.h).
 */
#ifndef BHYVE_ACPI_ACPI_H
#define BHYVE_ACPI_ACPI_H

#include "bhyve/acpi/blob.h"
#include "bhyve/fdt.h"

#define ACPI_TABLES_FILE "etc/acpi/tables"
#define ACPI_RSDP_FILE	 "etc/acpi/rsdp"
#define ACPI_LINKER_FILE "etc/table-loader"

struct acpi_files {
	struct blob tables;
	struct blob rsdp;
	struct blob linker;
};

/* Makes the three files. 0, or -ENOMEM; the caller calls acpi_free() in any case. */
int acpi_build(const struct fdt_machine *machine, struct acpi_files *files);
void acpi_free(struct acpi_files *files);

#endif
