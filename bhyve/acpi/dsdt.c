// SPDX-License-Identifier: BSD-2-Clause
/* Devices of the DSDT. The RTC is not among them: ACPI has no id for it, firmware serves its time.
 */
#include "bhyve/acpi/dsdt.h"

#include <stdio.h>

#include "bhyve/acpi/aml.h"
#include "bhyve/board.h"

#define LEVEL		      false
#define EDGE		      true

/* 5.6.6 */
#define NOTIFY_BUTTON_PRESSED 0x80

static void processors(struct aml *aml, unsigned count)
{
	char name[8];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "C%03X", i & 0xfffU);
		aml_device(aml, name);
		aml_name_string(aml, "_HID", "ACPI0007");
		aml_name_integer(aml, "_UID", i);
		aml_end(aml);
	}
}

static void uart(struct aml *aml)
{
	aml_device(aml, "COM0");
	aml_name_string(aml, "_HID", "ARMH0011");
	aml_name_integer(aml, "_UID", 0);
	aml_resources(aml);
	aml_memory32(aml, PL011_BASE, PL011_SIZE);
	aml_interrupt(aml, PL011_INTID, LEVEL);
	aml_resources_end(aml);
	aml_end(aml);
}

/* The power button, and the device that tells when it was pressed (5.6.9): its register is ged.c.
 */
static void power_button(struct aml *aml)
{
	aml_device(aml, "PWRB");
	aml_name_eisaid(aml, "_HID", "PNP0C0C");
	aml_name_integer(aml, "_UID", 0);
	aml_end(aml);
	aml_device(aml, "GED");
	aml_name_string(aml, "_HID", "ACPI0013");
	aml_name_integer(aml, "_UID", 0);
	aml_resources(aml);
	aml_interrupt(aml, GED_INTID, EDGE);
	aml_resources_end(aml);
	aml_region(aml, "EREG", GED_BASE, GED_SIZE, "ESEL");
	aml_method(aml, "_INI", 0);
	aml_store(aml, DSDT_EVENT_POWER, "ESEL");
	aml_end(aml);
	aml_method(aml, "_EVT", 1);
	aml_load_local0(aml, "ESEL");
	aml_if_local0(aml, DSDT_EVENT_POWER);
	aml_notify(aml, "PWRB", NOTIFY_BUTTON_PRESSED);
	aml_end(aml);
	aml_end(aml);
	aml_end(aml);
}

static void pvpanic(struct aml *aml)
{
	aml_device(aml, "PEVT");
	aml_name_string(aml, "_HID", "QEMU0001");
	aml_resources(aml);
	aml_memory32(aml, PVPANIC_BASE, PVPANIC_SIZE);
	aml_resources_end(aml);
	aml_end(aml);
}

/* _CCA: the device sees caches, as dma-coherent in the device tree. */
static void fw_cfg(struct aml *aml)
{
	aml_device(aml, "FWCF");
	aml_name_string(aml, "_HID", "QEMU0002");
	aml_name_integer(aml, "_CCA", 1);
	aml_resources(aml);
	aml_memory32(aml, FW_CFG_BASE, FW_CFG_SIZE);
	aml_resources_end(aml);
	aml_end(aml);
}

static void virtio(struct aml *aml, uint32_t slots)
{
	char name[8];

	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS; slot++) {
		if (!(slots >> slot & 1))
			continue;
		snprintf(name, sizeof(name), "VR%02u", slot);
		aml_device(aml, name);
		aml_name_string(aml, "_HID", "LNRO0005");
		aml_name_integer(aml, "_UID", slot);
		aml_name_integer(aml, "_CCA", 1);
		aml_resources(aml);
		aml_memory32(aml, VIRTIO_MMIO_BASE(slot), VIRTIO_MMIO_SIZE);
		aml_interrupt(aml, VIRTIO_MMIO_INTID(slot), EDGE);
		aml_resources_end(aml);
		aml_end(aml);
	}
}

/*
 * \_S5, 7.4.2.6: there is a soft off, without which FreeBSD does not know what the power button is
 * for. The values are for sleep registers, which there are not: PSCI switches the machine off.
 */
static void soft_off(struct aml *aml)
{
	static const uint8_t types[] = { 0, 0 };

	aml_name_package(aml, "_S5", types, sizeof(types));
}

void dsdt_build(const struct fdt_machine *machine, struct blob *out)
{
	struct aml aml = { .out = out };

	soft_off(&aml);
	aml_scope(&aml, "_SB");
	processors(&aml, machine->cpus);
	uart(&aml);
	power_button(&aml);
	pvpanic(&aml);
	fw_cfg(&aml);
	virtio(&aml, machine->slots);
	aml_end(&aml);
}
