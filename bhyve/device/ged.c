// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the generic event device of ACPI (ACPI 6.3, section 5.6.9) reads in this machine: one
 * register, as on QEMU's `virt` machine. Reading says which events there were and forgets them;
 * writing, which the device's _INI does, says which the guest wants to hear of.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/acpi/dsdt.h"
#include "bhyve/device.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mmio.h"

struct ged {
	struct device device;
	pthread_mutex_t lock;
	uint32_t events;
	uint32_t enabled;
};

/* The one of this machine, for the power button. */
static struct ged *the_device;

bool ged_press_power(void)
{
	struct ged *ged = the_device;
	bool listens;

	if (!ged)
		return false;
	pthread_mutex_lock(&ged->lock);
	listens = ged->enabled & DSDT_EVENT_POWER;
	if (listens) {
		ged->events |= DSDT_EVENT_POWER;
		guest_irq(GED_INTID, true);
		guest_irq(GED_INTID, false);
	}
	pthread_mutex_unlock(&ged->lock);
	return listens;
}

static int ged_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct ged *ged = opaque;

	(void)offset;
	*value = 0;
	if (size != GED_SIZE)
		return 0;
	pthread_mutex_lock(&ged->lock);
	*value = ged->events;
	ged->events = 0;
	pthread_mutex_unlock(&ged->lock);
	return 0;
}

static int ged_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct ged *ged = opaque;

	(void)offset;
	if (size != GED_SIZE)
		return 0;
	pthread_mutex_lock(&ged->lock);
	ged->enabled = (uint32_t)value;
	pthread_mutex_unlock(&ged->lock);
	return 0;
}

static const struct mmio_ops ged_mmio = { .read = ged_read, .write = ged_write };

static void ged_reset(struct device *device)
{
	struct ged *ged = (struct ged *)device;

	pthread_mutex_lock(&ged->lock);
	ged->events = ged->enabled = 0;
	pthread_mutex_unlock(&ged->lock);
}

static void ged_destroy(struct device *device)
{
	struct ged *ged = (struct ged *)device;

	the_device = NULL;
	pthread_mutex_destroy(&ged->lock);
	free(ged);
}

static const struct device_ops ged_ops = {
	.name = "ged",
	.summary = "generic event device of ACPI",
	.reset = ged_reset,
	.destroy = ged_destroy,
};

int ged_create(struct device **out, char *err, size_t errlen)
{
	struct ged *ged = calloc(1, sizeof(*ged));
	int error = ged ? mmio_register("ged", GED_BASE, GED_SIZE, &ged_mmio, ged) : -ENOMEM;

	if (!ged || error) {
		snprintf(err, errlen, "ged: cannot be attached: %s", strerror(-error));
		free(ged);
		return error;
	}
	ged->device.ops = &ged_ops;
	pthread_mutex_init(&ged->lock, NULL);
	the_device = ged;
	*out = &ged->device;
	return 0;
}
