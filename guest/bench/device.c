// SPDX-License-Identifier: BSD-2-Clause
/* Devices: an access that the VMM answers, and one that only signals it (virtio 1.2, 4.2.3.2
 * and 4.2.2.2). */
#include "measure.h"

#define SLOT(n)		   (0x0a000000 + 0x200 * (uint64_t)(n))
#define SLOTS		   32
#define MAGIC_VALUE	   0x74726976
#define MAGIC		   0x000
#define DEVICE_ID	   0x008
#define DRIVER_FEATURES	   0x020
#define DRIVER_SELECT	   0x024
#define QUEUE_SELECT	   0x030
#define QUEUE_SIZE	   0x038
#define QUEUE_READY	   0x044
#define QUEUE_NOTIFY	   0x050
#define STATUS		   0x070
#define QUEUE_DESCRIPTORS  0x080
#define QUEUE_AVAILABLE	   0x090
#define QUEUE_USED	   0x0a0
#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER	   2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8
#define VERSION_1	   1 /* bit 32 */
#define ENTRIES		   8

PROPERTY(a_device_register_is_read)
{
	MEASURED_GROUP("device");
	MEASURE("mmio-vmm", 16, read32(PL011_FR));
}

static uint64_t find_device(void)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (read32(SLOT(slot) + MAGIC) == MAGIC_VALUE &&
		    read32(SLOT(slot) + DEVICE_ID) != 0)
			return SLOT(slot);
	return 0;
}

static void set_address(uint64_t at, const void *address)
{
	write32(at, (uint32_t)(uint64_t)address);
	write32(at + 4, (uint32_t)((uint64_t)address >> 32));
}

/* Queue 0, empty. */
static void start_device(uint64_t device)
{
	static uint8_t descriptors[16 * ENTRIES] __attribute__((aligned(16)));
	static uint16_t available[3 + ENTRIES] __attribute__((aligned(4)));
	static uint32_t used[2 + 2 * ENTRIES];
	uint32_t status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;

	write32(device + STATUS, 0);
	write32(device + STATUS, status);
	write32(device + DRIVER_SELECT, 0);
	write32(device + DRIVER_FEATURES, 0);
	write32(device + DRIVER_SELECT, 1);
	write32(device + DRIVER_FEATURES, VERSION_1);
	write32(device + STATUS, status |= STATUS_FEATURES_OK);
	write32(device + QUEUE_SELECT, 0);
	write32(device + QUEUE_SIZE, ENTRIES);
	set_address(device + QUEUE_DESCRIPTORS, descriptors);
	set_address(device + QUEUE_AVAILABLE, available);
	set_address(device + QUEUE_USED, used);
	write32(device + QUEUE_READY, 1);
	write32(device + STATUS, status | STATUS_DRIVER_OK);
}

PROPERTY(a_doorbell_is_rung)
{
	uint64_t device;

	MEASURED_GROUP("doorbell");
	device = find_device();
	if (device == 0)
		SKIP("needs a virtio device");
	start_device(device);
	MEASURE("doorbell", 16, write32(device + QUEUE_NOTIFY, 0));
	write32(device + STATUS, 0);
}
