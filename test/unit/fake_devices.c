// SPDX-License-Identifier: BSD-2-Clause
/* A device table for tests, with a disk (path, ro, serial) and a serial multiport (port.#.path). */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "bhyve/device.h"

static const struct device_key disk_keys[] = {
	{ "path", "the image" },
	{ "ro", "read only" },
	{ "serial", "serial number" },
	{ NULL, NULL },
};

static const struct device_key serial_keys[] = {
	{ "port.#.path", "where a port goes" },
	{ NULL, NULL },
};

static int no_create(unsigned slot, struct device **out, char *err, size_t errlen)
{
	(void)slot;
	(void)out;
	(void)err;
	(void)errlen;
	return -ENODEV;
}

static const struct device_ops disk = {
	.name = "virtio-blk",
	.summary = "a disk",
	.first_key = "path",
	.keys = disk_keys,
	.create = no_create,
};

static const struct device_ops serial = {
	.name = "virtio-console",
	.summary = "serial ports",
	.keys = serial_keys,
	.create = no_create,
};

const struct device_ops *const device_table[] = { &disk, &serial, NULL };

const struct device_ops *device_find(const char *name)
{
	for (const struct device_ops *const *ops = device_table; *ops; ops++)
		if (strcmp((*ops)->name, name) == 0)
			return *ops;
	return NULL;
}

const struct device_key *device_key_find(const struct device_ops *ops, const char *key)
{
	for (const struct device_key *k = ops->keys; k->name; k++)
		if (strcmp(k->name, key) == 0 ||
		    (strncmp(key, "port.", 5) == 0 && isdigit((unsigned char)key[5]) &&
		     strcmp(k->name, "port.#.path") == 0 && strcmp(key + 6, ".path") == 0))
			return k;
	return NULL;
}
