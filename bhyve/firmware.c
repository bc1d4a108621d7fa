// SPDX-License-Identifier: BSD-2-Clause
/* Fills fw_cfg. */
#include "bhyve/firmware.h"

#include "bhyve/acpi/acpi.h"
#include "bhyve/config.h"
#include "bhyve/device/fw_cfg.h"
#include "bhyve/smbios.h"

bool firmware_has_acpi(void)
{
	bool wanted = true;

	config_bool("acpi_tables", true, &wanted);
	return wanted;
}

/* Makes the bytes a file of fw_cfg, which takes them. */
static int give(const char *name, struct blob *blob)
{
	void *data = blob->data;

	blob->data = NULL;
	return fw_cfg_set_file(name, data, (uint32_t)blob->len);
}

static int give_smbios(const struct fdt_machine *machine)
{
	struct smbios_files files;
	int error = smbios_build(machine, &files);

	if (!error)
		error = give(SMBIOS_TABLES_FILE, &files.tables);
	if (!error)
		error = give(SMBIOS_ANCHOR_FILE, &files.anchor);
	smbios_free(&files);
	return error;
}

static int give_acpi(const struct fdt_machine *machine)
{
	struct acpi_files files;
	int error = acpi_build(machine, &files);

	if (!error)
		error = give(ACPI_TABLES_FILE, &files.tables);
	if (!error)
		error = give(ACPI_RSDP_FILE, &files.rsdp);
	if (!error)
		error = give(ACPI_LINKER_FILE, &files.linker);
	acpi_free(&files);
	return error;
}

int firmware_provide(const struct fdt_machine *machine)
{
	int error;

	fw_cfg_set_cpus((uint16_t)machine->cpus);
	error = give_smbios(machine);
	if (!error && firmware_has_acpi())
		error = give_acpi(machine);
	return error;
}
