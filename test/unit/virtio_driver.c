// SPDX-License-Identifier: BSD-2-Clause
/*
 * The driver's side of a virtio-mmio device, see virtio_driver.h.
 */
#include "virtio_driver.h"

#include <stdlib.h>
#include <string.h>

#define AVAIL_OFFSET 0x4000u
#define USED_OFFSET  0x8000u

uint32_t driver_get(unsigned slot, uint32_t offset)
{
	return (uint32_t)fake_read(VIRTIO_MMIO_BASE(slot) + offset, 4);
}

void driver_set(unsigned slot, uint32_t offset, uint32_t value)
{
	fake_write(VIRTIO_MMIO_BASE(slot) + offset, 4, value);
}

uint64_t driver_offered(unsigned slot)
{
	uint64_t low;

	driver_set(slot, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	low = driver_get(slot, VIRTIO_MMIO_DEVICE_FEATURES);
	driver_set(slot, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return low | (uint64_t)driver_get(slot, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

bool driver_negotiate(unsigned slot, uint64_t features)
{
	uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	driver_set(slot, VIRTIO_MMIO_STATUS, 0);
	driver_set(slot, VIRTIO_MMIO_STATUS, status);
	driver_set(slot, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	driver_set(slot, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
	driver_set(slot, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	driver_set(slot, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32));
	driver_set(slot, VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_FEATURES_OK);
	return driver_get(slot, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK;
}

struct vring_desc *driver_desc(unsigned queue)
{
	return fake_ram(DRIVER_QUEUE_IPA(queue));
}

struct vring_avail *driver_avail(unsigned queue)
{
	return fake_ram(DRIVER_QUEUE_IPA(queue) + AVAIL_OFFSET);
}

struct vring_used *driver_used(unsigned queue)
{
	return fake_ram(DRIVER_QUEUE_IPA(queue) + USED_OFFSET);
}

void driver_setup_queue(unsigned slot, unsigned queue, unsigned size)
{
	uint32_t base = DRIVER_QUEUE_IPA(queue);

	memset(fake_ram(base), 0, 0x10000);
	driver_set(slot, VIRTIO_MMIO_QUEUE_SEL, queue);
	driver_set(slot, VIRTIO_MMIO_QUEUE_NUM, size);
	driver_set(slot, VIRTIO_MMIO_QUEUE_DESC_LOW, base);
	driver_set(slot, VIRTIO_MMIO_QUEUE_DESC_HIGH, 0);
	driver_set(slot, VIRTIO_MMIO_QUEUE_AVAIL_LOW, base + AVAIL_OFFSET);
	driver_set(slot, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, 0);
	driver_set(slot, VIRTIO_MMIO_QUEUE_USED_LOW, base + USED_OFFSET);
	driver_set(slot, VIRTIO_MMIO_QUEUE_USED_HIGH, 0);
	driver_set(slot, VIRTIO_MMIO_QUEUE_READY, 1);
}

void driver_ok(unsigned slot)
{
	driver_set(slot, VIRTIO_MMIO_STATUS,
		   driver_get(slot, VIRTIO_MMIO_STATUS) | VIRTIO_CONFIG_S_DRIVER_OK);
}

void driver_start(unsigned slot, uint64_t features, unsigned queues)
{
	if (!driver_negotiate(slot, features | 1ULL << VIRTIO_F_VERSION_1))
		abort();
	for (unsigned i = 0; i < queues; i++)
		driver_setup_queue(slot, i, DRIVER_QUEUE_SIZE);
	driver_ok(slot);
	fake_settle();
}

void driver_put(unsigned queue, unsigned index, uint64_t ipa, uint32_t len, unsigned flags,
		unsigned next)
{
	driver_desc(queue)[index] = (struct vring_desc){
		.addr = ipa,
		.len = len,
		.flags = (uint16_t)flags,
		.next = (uint16_t)next,
	};
}

void driver_offer(unsigned queue, unsigned head)
{
	struct vring_avail *avail = driver_avail(queue);

	avail->ring[avail->idx % DRIVER_QUEUE_SIZE] = (uint16_t)head;
	__atomic_store_n(&avail->idx, (uint16_t)(avail->idx + 1), __ATOMIC_RELEASE);
}

void driver_kick(unsigned slot, unsigned queue)
{
	driver_set(slot, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

struct awaited {
	unsigned queue;
	uint16_t count;
};

static bool used_enough(void *arg)
{
	const struct awaited *awaited = arg;

	return __atomic_load_n(&driver_used(awaited->queue)->idx, __ATOMIC_ACQUIRE) >=
	       awaited->count;
}

bool driver_wait_used(unsigned queue, uint16_t count)
{
	struct awaited awaited = { .queue = queue, .count = count };

	return fake_wait(used_enough, &awaited);
}

bool driver_needs_reset(unsigned slot)
{
	fake_settle();
	return driver_get(slot, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}
