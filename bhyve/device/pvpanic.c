/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pvpanic: a register by which the guest says that it panicked (QEMU's docs/specs/pvpanic.rst;
 * Linux' Documentation/devicetree/bindings/misc/pvpanic-mmio.txt).
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/device.h"
#include "bhyve/device/failure.h"
#include "bhyve/mmio.h"
#include "bhyve/report.h"
#include "lib/vmmapi/vmmapi.h"

/* Events; reading the register gives those that are known. */
#define PANICKED (1u << 0)
#define CRASH_LOADED \
	(1u << 1) /* it panicked, and a kernel for that is there: it goes on with that */

struct pvpanic {
	struct device device;
	uint32_t how;	    /* what is done, failure.h */
	atomic_uint events; /* that were said since the last reset */
};

static int panic_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	(void)opaque;
	(void)size;
	*value = offset == 0 ? PANICKED | CRASH_LOADED : 0;
	return 0;
}

/* Each event is said once, however often the guest repeats it. */
static int panic_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pvpanic *panic = opaque;
	unsigned events = (unsigned)value & (PANICKED | CRASH_LOADED);
	unsigned fresh = offset == 0 ? events & ~atomic_fetch_or(&panic->events, events) : 0;

	(void)size;
	if (fresh & CRASH_LOADED)
		report("the guest panicked; it has loaded a kernel for that case");
	if (!(fresh & PANICKED))
		return 0;
	report("the guest panicked%s", panic->how ? "" : "; panic.action= can end or reset it");
	failure_act(panic->how);
	return 0;
}

static const struct mmio_ops panic_mmio = { .read = panic_read, .write = panic_write };

static void panic_reset(struct device *device)
{
	atomic_store(&((struct pvpanic *)device)->events, 0);
}

static void panic_destroy(struct device *device)
{
	free(device);
}

static const struct device_ops panic_ops = {
	.name = "pvpanic",
	.summary = "the guest says that it panicked",
	.reset = panic_reset,
	.destroy = panic_destroy,
};

int pvpanic_create(struct device **out, char *err, size_t errlen)
{
	struct pvpanic *panic = calloc(1, sizeof(*panic));
	int error = -ENOMEM;

	if (panic)
		error = failure_action("panic.action", VMM_SUSPEND_NONE, &panic->how, err, errlen);
	if (error == -EINVAL) {
		free(panic);
		return error;
	}
	if (!error)
		error = mmio_register("pvpanic", PVPANIC_BASE, PVPANIC_SIZE, &panic_mmio, panic);
	if (error) {
		snprintf(err, errlen, "pvpanic: cannot be attached: %s", strerror(-error));
		free(panic);
		return error;
	}
	panic->device.ops = &panic_ops;
	*out = &panic->device;
	return 0;
}
