/* SPDX-License-Identifier: BSD-2-Clause */
/* The contents of the DSDT: the devices that have no table of their own. */
#ifndef BHYVE_ACPI_DSDT_H
#define BHYVE_ACPI_DSDT_H

#include "bhyve/acpi/blob.h"
#include "bhyve/fdt.h"

/* Where the UART is in the namespace; DBG2 says so, too. */
#define DSDT_UART	 "\\_SB.COM0"

/* Bits of the event device's register. */
#define DSDT_EVENT_POWER (1u << 1)

/* Appends the AML. */
void dsdt_build(const struct fdt_machine *machine, struct blob *out);

#endif
