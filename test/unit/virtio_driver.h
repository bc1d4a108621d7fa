/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of a virtio-mmio device, for tests: what a guest's driver does, step by step.
 */
#ifndef TEST_UNIT_VIRTIO_DRIVER_H
#define TEST_UNIT_VIRTIO_DRIVER_H

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/device.h"
#include "fake_vm.h"

/* Queues lie one a 64 KiB, buffers behind them. */
#define DRIVER_QUEUE_IPA(queue) (FAKE_RAM + 0x10000u * (queue))
#define DRIVER_BUFFER_IPA	(FAKE_RAM + 0x400000u)
#define DRIVER_QUEUE_SIZE	16u

/* The registers of a slot. */
uint32_t driver_get(unsigned slot, uint32_t offset);
void driver_set(unsigned slot, uint32_t offset, uint32_t value);

uint64_t driver_offered(unsigned slot);

/* Reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK; whether the device took the features. */
bool driver_negotiate(unsigned slot, uint64_t features);

/* The parts of a queue, by the layout above. */
struct vring_desc *driver_desc(unsigned queue);
struct vring_avail *driver_avail(unsigned queue);
struct vring_used *driver_used(unsigned queue);

void driver_setup_queue(unsigned slot, unsigned queue, unsigned size);
void driver_ok(unsigned slot);

/* All of the above, with queues 0 .. queues - 1 of DRIVER_QUEUE_SIZE. */
void driver_start(unsigned slot, uint64_t features, unsigned queues);

/* Writes a descriptor; flags are VRING_DESC_F_*. */
void driver_put(unsigned queue, unsigned index, uint64_t ipa, uint32_t len, unsigned flags,
		unsigned next);

/* Makes a chain available and, with driver_kick(), tells the device. */
void driver_offer(unsigned queue, unsigned head);
void driver_kick(unsigned slot, unsigned queue);

/* Runs the I/O loop until used->idx is at least count; false: it did not happen. */
bool driver_wait_used(unsigned queue, uint16_t count);

bool driver_needs_reset(unsigned slot);

#endif
