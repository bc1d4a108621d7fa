/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots without a device, see virtio_empty.h. */
#include "bhyve/device/virtio_empty.h"

#include <linux/virtio_mmio.h>

#include "bhyve/device.h"
#include "bhyve/device/virtio.h"
#include "bhyve/mmio.h"

/* All registers but the three that say what it is read as zero, DeviceID among them. */
static int empty_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	(void)opaque;
	*value = 0;
	if (size != sizeof(uint32_t))
		return 0;
	switch (offset % VIRTIO_MMIO_SIZE) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		*value = VIRTIO_MAGIC;
		break;
	case VIRTIO_MMIO_VERSION:
		*value = VIRTIO_VERSION;
		break;
	case VIRTIO_MMIO_VENDOR_ID:
		*value = VIRTIO_VENDOR_ID;
		break;
	}
	return 0;
}

static int empty_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	(void)opaque;
	(void)offset;
	(void)size;
	(void)value;
	return 0;
}

static const struct mmio_ops empty_ops = { .read = empty_read, .write = empty_write };

/* Neighbours are one region: the fewer there are, the faster a device is found. */
int virtio_empty_attach(uint32_t taken)
{
	unsigned first = 0;
	int error = 0;

	for (unsigned slot = 0; slot <= VIRTIO_MMIO_SLOTS && !error; slot++) {
		if (slot < VIRTIO_MMIO_SLOTS && !(taken >> slot & 1))
			continue;
		if (first < slot)
			error = mmio_register("empty virtio slot", VIRTIO_MMIO_BASE(first),
					      (slot - first) * VIRTIO_MMIO_SIZE, &empty_ops, NULL);
		first = slot + 1;
	}
	return error;
}
