/* SPDX-License-Identifier: BSD-2-Clause */
/* Options and devices of other machines, see replaced.h. */
#include "bhyve/replaced.h"

#include <stddef.h>
#include <string.h>

static const struct {
	char letter;
	bool harmless;
	const char *what;
} options[] = {
	{ 'A', true, "firmware gets ACPI tables anyway; acpi_tables=false gives none" },
	{ 'H', true, "a virtual CPU that waits gives its CPU away anyway" },
	{ 'P', true, "there is no PAUSE instruction on Arm" },
	{ 'w', true, "there are no MSRs on Arm; a register that is not there is undefined" },
	{ 'u', true, "the clock shows UTC anyway; rtc.use_localtime=true is the other" },
	{ 'W', true, "virtio-mmio has neither MSI nor MSI-X" },
	{ 'I', true, "there is no I/O APIC on Arm" },
	{ 'Y', true, "there is no MP table on Arm" },
	{ 'a', true, "there is no APIC on Arm" },
	{ 'x', true, "there is no APIC on Arm" },
	{ 'e', true, "there are no I/O ports on Arm" },
	{ 'B', false, "the UUID is -U, and the other SMBIOS fields are fixed" },
	{ 'K', false, "there is no VNC server; the console is console=" },
	{ 'b', false, "the console is console=" },
	{ 'f', false, "firmware gets no files of the user's" },
	{ 'r', false, "there are no snapshots yet" },
};

static const struct {
	const char *name;
	const char *instead;
} devices[] = {
	{ "hostbridge", "there is no PCI bus; leave it out" },
	{ "amd_hostbridge", "there is no PCI bus; leave it out" },
	{ "lpc", "leave it out; firmware is bootrom=, and the serial port console=" },
	{ "nvme", "use virtio-blk" },
	{ "ahci", "use virtio-blk" },
	{ "ahci-hd", "use virtio-blk" },
	{ "ahci-cd", "use virtio-blk, with ro" },
	{ "virtio-scsi", "use virtio-blk" },
	{ "e1000", "use virtio-net" },
	{ "uart", "use virtio-console, or console= for the board's" },
	{ "virtio-9p", "folders cannot be shared yet; use a disk or the network" },
	{ "virtio-input", "there is no display yet; the console is console=" },
	{ "virtio-gpu", "there is no display yet; the console is console=" },
	{ "fbuf", "there is no display yet; the console is console=" },
	{ "xhci", "there is no USB yet; the console is console=" },
	{ "hda", "there is no sound" },
	{ "passthru", "devices of the host cannot be passed through" },
};

const char *replaced_option(int letter, bool *harmless)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].letter != letter)
			continue;
		*harmless = options[i].harmless;
		return options[i].what;
	}
	return NULL;
}

const char *replaced_device(const char *name)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (strcmp(name, devices[i].name) == 0)
			return devices[i].instead;
	return NULL;
}
