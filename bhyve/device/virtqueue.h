/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues, the device's side (virtio 1.2, 2.7).
 *
 * All of a queue lies in guest memory, which the guest may change at any moment: everything is read
 * once and checked. A queue has no lock; its device's lock guards it. Guest and host are both
 * little-endian.
 */
#ifndef BHYVE_DEVICE_VIRTQUEUE_H
#define BHYVE_DEVICE_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct vring_desc;
struct vring_avail;
struct vring_used;

/* Largest queue offered (QueueNumMax), and most buffers in one descriptor chain, in elements. */
#define VIRTQUEUE_SIZE_MAX 256

struct virtqueue {
	/* As the driver set them: elements (a power of two) and IPAs. */
	uint32_t size;
	uint64_t desc_ipa;
	uint64_t avail_ipa;
	uint64_t used_ipa;

	bool ready;
	bool event_idx; /* VIRTIO_F_EVENT_IDX was negotiated */
	uint16_t next_avail;
	uint16_t next_used;
	uint16_t signalled; /* next_used when the driver was last considered for an interrupt */
	const struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

/* A descriptor chain, checked and translated: first the buffers that the device reads, then those
 * that it writes. The buffers are host addresses of guest memory. */
struct virtqueue_chain {
	uint16_t head;
	uint16_t readable; /* elements of iov */
	uint16_t writable; /* elements of iov, behind the readable ones */
	uint32_t readable_bytes;
	uint32_t writable_bytes;
	struct iovec iov[VIRTQUEUE_SIZE_MAX];
};

/*
 * The driver set QueueReady (2.7, 4.2.3.2): finds the three parts in guest memory and starts at
 * index 0. -EINVAL: size or alignment is not allowed; -EFAULT: a part is not in guest memory.
 */
int virtqueue_start(struct virtqueue *queue, bool event_idx);

/* Back to the state after reset. */
void virtqueue_stop(struct virtqueue *queue);

/*
 * Takes the next available chain (2.7.13). 1: taken; 0: there is none; -EPROTO: what the driver
 * made breaks a rule of 2.7 (a loop, a buffer outside memory, a readable buffer behind a writable
 * one, nested indirect tables, more than 2^32 - 1 bytes or VIRTQUEUE_SIZE_MAX buffers, an index
 * that ran away): the device needs a reset.
 */
int virtqueue_pop(struct virtqueue *queue, struct virtqueue_chain *chain);

/* Undoes the last virtqueue_pop(): the chain will be taken again. */
void virtqueue_unpop(struct virtqueue *queue);

/* Gives a chain back with the number of bytes written into it (2.7.8). */
void virtqueue_push(struct virtqueue *queue, uint16_t head, uint32_t written);

/* As virtqueue_push() for several chains that the driver must see at once (5.1.6.4): each is noted,
 * then all are published. */
void virtqueue_note(struct virtqueue *queue, uint16_t head, uint32_t written);
void virtqueue_publish(struct virtqueue *queue);

/* Whether the driver wants an interrupt for what was pushed since the last call (2.7.7). */
bool virtqueue_should_interrupt(struct virtqueue *queue);

/* Asks the driver not to notify the device, a hint (2.7.10). */
void virtqueue_disable_notify(struct virtqueue *queue);

/* Asks for notifications again; whether a chain became available in between. */
bool virtqueue_enable_notify(struct virtqueue *queue);

/* Whether a chain is available. */
bool virtqueue_has_work(const struct virtqueue *queue);

#endif
