// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of devices, and those that this virtual machine has; see bhyve/device.h.
 */
#include "bhyve/device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bhyve/config.h"
#include "bhyve/device/fw_cfg.h"
#include "bhyve/device/option.h"
#include "bhyve/device/virtio_empty.h"
#include "bhyve/firmware.h"

/* Devices of the board, and one a slot. */
#define DEVICES_MAX (VIRTIO_MMIO_SLOTS + 12)

const struct device_ops *const device_table[] = {
	&virtio_blk_device, &virtio_net_device, &virtio_console_device, &virtio_rnd_device, NULL,
};

static struct device *devices[DEVICES_MAX];
static size_t devices_made;

const struct device_ops *device_find(const char *name)
{
	for (size_t i = 0; device_table[i]; i++)
		if (strcmp(device_table[i]->name, name) == 0)
			return device_table[i];
	return NULL;
}

/* Whether a key has the form of an option's name, in which '#' stands for digits. */
static bool key_matches(const char *name, const char *key)
{
	while (*name && *key) {
		if (*name != '#') {
			if (*name++ != *key++)
				return false;
			continue;
		}
		if (!isdigit((unsigned char)*key))
			return false;
		while (isdigit((unsigned char)*key))
			key++;
		name++;
	}
	return !*name && !*key;
}

const struct device_key *device_key_find(const struct device_ops *ops, const char *key)
{
	for (const struct device_key *at = ops->keys; at->name; at++)
		if (key_matches(at->name, key))
			return at;
	return NULL;
}

static int create_slot(unsigned slot, char *err, size_t errlen)
{
	const char *name = option_get(slot, "device");
	const struct device_ops *ops = name ? device_find(name) : NULL;
	int error;

	if (!name)
		return 0;
	if (!ops)
		return option_error(err, errlen, slot,
				    "%s: no such device; -s help lists what there is", name);
	error = ops->create(slot, &devices[devices_made], err, errlen);
	if (!error)
		devices_made++;
	return error;
}

static int create_board(int (*create)(struct device **out, char *err, size_t errlen), char *err,
			size_t errlen)
{
	int error = create(&devices[devices_made], err, errlen);

	if (!error)
		devices_made++;
	return error;
}

/* What only machines with a boot ROM have. */
static int create_firmware(char *err, size_t errlen)
{
	int error = create_board(fw_cfg_create, err, errlen);

	if (!error && firmware_has_acpi())
		error = create_board(ged_create, err, errlen);
	return error;
}

static int create_slots(char *err, size_t errlen)
{
	uint32_t taken = 0;
	int error = 0;

	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS && !error; slot++) {
		error = create_slot(slot, err, errlen);
		if (option_get(slot, "device"))
			taken |= 1U << slot;
	}
	if (error)
		return error;
	error = virtio_empty_attach(taken);
	if (error)
		snprintf(err, errlen, "empty slots: cannot be attached: %s", strerror(-error));
	return error;
}

int devices_create_all(bool flash, char *err, size_t errlen)
{
	int error = create_board(pl011_create, err, errlen);

	if (!error)
		error = create_board(pl031_create, err, errlen);
	if (!error)
		error = create_board(pl061_create, err, errlen);
	if (!error)
		error = create_board(pvpanic_create, err, errlen);
	if (!error)
		error = create_board(watchdog_create, err, errlen);
	if (!error && flash)
		error = create_board(flash_create, err, errlen);
	if (!error && config_get("bootrom"))
		error = create_firmware(err, errlen);
	if (!error)
		error = create_slots(err, errlen);
	if (error)
		devices_destroy_all();
	return error;
}

void devices_reset_all(void)
{
	for (size_t i = 0; i < devices_made; i++)
		devices[i]->ops->reset(devices[i]);
}

int device_resize(unsigned slot, char *err, size_t errlen)
{
	for (size_t i = 0; i < devices_made; i++) {
		struct device *device = devices[i];

		/* the board's own devices are in no slot */
		if (device->slot != slot || !device_find(device->ops->name))
			continue;
		if (device->ops->resize)
			return device->ops->resize(device, err, errlen);
		return option_error(err, errlen, slot, "%s: has no size", device->ops->name);
	}
	return option_error(err, errlen, slot, "no device is there");
}

static const char *const stat_names[] = {
#define STAT_NAME(id, name, description) [VM_DEVICE_STAT_##id] = name,
	VM_DEVICE_STATS(STAT_NAME)
};

void devices_each_stat(device_stat_fn *visit, void *arg)
{
	for (size_t i = 0; i < devices_made; i++) {
		const uint8_t *stat = devices[i]->ops->stats;

		for (; stat && *stat != STATS_END; stat++)
			visit(devices[i], stat_names[*stat], devices[i]->stats[*stat], arg);
	}
}

void devices_destroy_all(void)
{
	while (devices_made > 0) {
		struct device *device = devices[--devices_made];

		devices[devices_made] = NULL;
		device->ops->destroy(device);
	}
}
