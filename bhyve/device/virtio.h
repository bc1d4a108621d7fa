/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all virtio devices share: the device side of virtio-mmio, modern layout (virtio 1.2, 4.2).
 *
 * A device embeds struct virtio_device first, fills the part that is its own and calls
 * virtio_mmio_attach(). From then on the transport takes the device's lock for every register
 * access and around every call of struct virtio_ops; back ends call virtio_lock() themselves.
 *
 * The driver's notifications arrive through an eventfd (in the kernel a doorbell at QueueNotify
 * signals it) and are served by the I/O loop, never by a vCPU's thread.
 */
#ifndef BHYVE_DEVICE_VIRTIO_H
#define BHYVE_DEVICE_VIRTIO_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/device.h"
#include "bhyve/device/virtqueue.h"

/* What all slots say of themselves, 4.2.2. */
#define VIRTIO_MAGIC	 0x74726976u /* "virt" */
#define VIRTIO_VERSION	 2u
#define VIRTIO_VENDOR_ID 0x76796862u /* "bhyv" */

struct virtio_device;

struct virtio_ops {
	uint32_t id; /* device id, virtio 1.2 section 5 */
	/* The driver notified the device, or has just started it: serve all queues. Called by the
	 * I/O loop. */
	void (*notify)(struct virtio_device *virtio);
	/* The driver resets the device: nothing may touch guest memory after it returns. Called
	 * by a vCPU's thread or the main one. */
	void (*reset)(struct virtio_device *virtio);
	/* The driver wrote the configuration space (the bytes in config are unchanged). NULL: it
	 * is read-only. */
	void (*config_write)(struct virtio_device *virtio, uint64_t offset, unsigned size,
			     uint64_t value);
};

struct virtio_device {
	struct device device;

	/* Set by the device before virtio_mmio_attach(). */
	const struct virtio_ops *ops;
	uint64_t features;    /* offered; the transport adds those of its own */
	const void *config;   /* configuration space */
	size_t config_size;   /* bytes */
	unsigned queue_count; /* 1 or more */

	/* The transport's. */
	pthread_mutex_t lock;
	struct virtqueue *queues;
	uint64_t driver_features;
	uint32_t features_select;
	uint32_t driver_features_select;
	uint32_t queue_select;
	uint32_t status;
	uint32_t interrupt_status;
	uint32_t config_generation;
	int notify_fd;
	bool started;		      /* since the reset: by DRIVER_OK or by a notification */
	bool complained;	      /* the user has been told that the guest broke a rule */
	struct virtqueue_chain chain; /* the one that virtio_serve() works on */
};

/* Registers the device at its slot. The device comes zeroed but for its own part. 0, or negative
 * errno with one line in err. */
int virtio_mmio_attach(struct virtio_device *virtio, const struct device_ops *ops, unsigned slot,
		       char *err, size_t errlen);

/* Undoes it, also a failed or a missing one. The region stays registered until the process ends:
 * no vCPU may run any more. */
void virtio_mmio_detach(struct virtio_device *virtio);

/* As if the driver reset the device; takes the lock. */
void virtio_reset(struct virtio_device *virtio);

void virtio_lock(struct virtio_device *virtio);
void virtio_unlock(struct virtio_device *virtio);

/* The functions below are called with the lock held. */

/* Whether queues may be served: the driver has started the device, and nothing broke since. */
bool virtio_running(const struct virtio_device *virtio);

/* Whether a feature (bit number) was negotiated. */
bool virtio_has_feature(const struct virtio_device *virtio, unsigned feature);

/* The driver broke a rule: the device stops and asks for a reset (2.1.2). */
void virtio_needs_reset(struct virtio_device *virtio);

/*
 * Serves the chains that are available in a queue: handle is called for each (it is in
 * virtio->chain) and gives it back with virtqueue_push() at once or later. It returns 0, or
 * -EAGAIN: take the chain again later, when the device calls virtio_serve() once more; any other
 * error makes the device need a reset. Interrupts the driver at the end if it wants that.
 */
typedef int virtio_handler(struct virtio_device *virtio, struct virtqueue *queue,
			   struct virtqueue_chain *chain);
void virtio_serve(struct virtio_device *virtio, unsigned queue, virtio_handler *handle);

/* virtqueue_pop() for devices that fill buffers: 1 taken, 0 none, now or (a reset is needed) ever.
 */
int virtio_pop(struct virtio_device *virtio, unsigned queue, struct virtqueue_chain *chain);

/* Interrupts the driver if it wants that for what was pushed. */
void virtio_interrupt(struct virtio_device *virtio, unsigned queue);

/* The configuration space changed (2.5): a new generation, and an interrupt. */
void virtio_config_changed(struct virtio_device *virtio);

/* Has the I/O loop call ops->notify. */
void virtio_kick(struct virtio_device *virtio);

#endif
