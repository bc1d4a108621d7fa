/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SMBIOS tables of the virtual machine, for firmware (DMTF DSP0134, "System Management BIOS
 * Reference Specification", version 3.0): what the machine is called, its UUID, processors and
 * memory.
 *
 * They come as two files of fw_cfg, as QEMU gives them: the structures, and a 64-bit entry point
 * without their address, which firmware fills in.
 */
#ifndef BHYVE_SMBIOS_H
#define BHYVE_SMBIOS_H

#include "bhyve/acpi/blob.h"
#include "bhyve/fdt.h"

#define SMBIOS_TABLES_FILE "etc/smbios/smbios-tables"
#define SMBIOS_ANCHOR_FILE "etc/smbios/smbios-anchor"

struct smbios_files {
	struct blob tables;
	struct blob anchor;
};

/* Makes both files. 0, or -ENOMEM; the caller calls smbios_free() in any case. */
int smbios_build(const struct fdt_machine *machine, struct smbios_files *files);
void smbios_free(struct smbios_files *files);

#endif
