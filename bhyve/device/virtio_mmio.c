// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio over MMIO, version 2 registers (virtio 1.2, 4.2), see virtio.h.
 */
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bhyve/device/virtio.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "bhyve/report.h"
#include "vmmapi.h"

#define TRANSPORT_FEATURES                                                  \
	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_INDIRECT_DESC | \
	 1ULL << VIRTIO_RING_F_EVENT_IDX)

#define STATUS_BITS                                                                         \
	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK | \
	 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_FAILED)

/* How many chains are served before other devices get their turn, per element of the queue. */
#define TURNS_PER_ELEMENT 2u

void virtio_lock(struct virtio_device *virtio)
{
	pthread_mutex_lock(&virtio->lock);
}

void virtio_unlock(struct virtio_device *virtio)
{
	pthread_mutex_unlock(&virtio->lock);
}

bool virtio_running(const struct virtio_device *virtio)
{
	return virtio->started && !(virtio->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

bool virtio_has_feature(const struct virtio_device *virtio, unsigned feature)
{
	return virtio->driver_features >> feature & 1;
}

static void set_line(struct virtio_device *virtio, bool level)
{
	guest_irq(VIRTIO_MMIO_INTID(virtio->device.slot), level);
}

static void raise_interrupt(struct virtio_device *virtio, uint32_t cause)
{
	bool high = virtio->interrupt_status != 0;

	virtio->interrupt_status |= cause;
	if (!high)
		set_line(virtio, true);
}

/* The line is high while a cause is left. It falls first, so that the driver of an edge-triggered
 * interrupt sees the cause that came between its reading of InterruptStatus and its writing of
 * InterruptACK. */
static void acknowledge_interrupt(struct virtio_device *virtio, uint32_t causes)
{
	if (!(virtio->interrupt_status & causes))
		return;
	virtio->interrupt_status &= ~causes;
	set_line(virtio, false);
	if (virtio->interrupt_status)
		set_line(virtio, true);
}

void virtio_interrupt(struct virtio_device *virtio, unsigned queue)
{
	if (virtio->queues[queue].ready && virtqueue_should_interrupt(&virtio->queues[queue]))
		raise_interrupt(virtio, VIRTIO_MMIO_INT_VRING);
}

void virtio_config_changed(struct virtio_device *virtio)
{
	virtio->config_generation++;
	if (virtio->started)
		raise_interrupt(virtio, VIRTIO_MMIO_INT_CONFIG);
}

void virtio_needs_reset(struct virtio_device *virtio)
{
	if (virtio->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	virtio->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	if (!virtio->complained)
		report("slot %u: %s: the guest's driver broke a rule of virtio; the device waits "
		       "for "
		       "a reset",
		       virtio->device.slot, virtio->device.ops->name);
	virtio->complained = true;
	if (virtio->started)
		raise_interrupt(virtio, VIRTIO_MMIO_INT_CONFIG);
}

void virtio_kick(struct virtio_device *virtio)
{
	const uint64_t one = 1;
	ssize_t written = write(virtio->notify_fd, &one, sizeof(one));

	(void)written; /* fails only when the counter is full: then the loop is to wake anyway */
}

int virtio_pop(struct virtio_device *virtio, unsigned queue, struct virtqueue_chain *chain)
{
	int taken = virtio_running(virtio) ? virtqueue_pop(&virtio->queues[queue], chain) : 0;

	if (taken >= 0)
		return taken;
	virtio_needs_reset(virtio);
	return 0;
}

/* Serves chains until there is none (true), or until the turns are used up or the device must
 * wait (false). */
static bool serve_available(struct virtio_device *virtio, unsigned index, virtio_handler *handle,
			    unsigned *turns)
{
	struct virtqueue *queue = &virtio->queues[index];
	int error;

	virtqueue_disable_notify(queue);
	for (; *turns; --*turns) {
		if (!virtio_pop(virtio, index, &virtio->chain))
			return true;
		error = handle(virtio, queue, &virtio->chain);
		if (error == -EAGAIN) {
			virtqueue_unpop(queue);
			return false;
		}
		if (error)
			virtio_needs_reset(virtio);
	}
	virtio_kick(virtio);
	return false;
}

void virtio_serve(struct virtio_device *virtio, unsigned index, virtio_handler *handle)
{
	struct virtqueue *queue = &virtio->queues[index];
	unsigned turns = queue->size * TURNS_PER_ELEMENT;

	if (!queue->ready)
		return;
	while (serve_available(virtio, index, handle, &turns) && virtio_running(virtio) &&
	       virtqueue_enable_notify(queue))
		;
	virtio_interrupt(virtio, index);
}

/* 2.1, 2.4.1: the status register. With the lock held. */
static void reset_locked(struct virtio_device *virtio)
{
	virtio->status = 0;
	virtio->started = false;
	virtio->ops->reset(virtio);
	for (unsigned i = 0; i < virtio->queue_count; i++)
		virtqueue_stop(&virtio->queues[i]);
	acknowledge_interrupt(virtio, UINT32_MAX);
	virtio->driver_features = 0;
	virtio->features_select = 0;
	virtio->driver_features_select = 0;
	virtio->queue_select = 0;
}

void virtio_reset(struct virtio_device *virtio)
{
	virtio_lock(virtio);
	reset_locked(virtio);
	virtio_unlock(virtio);
}

/* 2.2.2: a driver must take VERSION_1 and nothing that was not offered. */
static bool features_acceptable(const struct virtio_device *virtio)
{
	return !(virtio->driver_features & ~virtio->features) &&
	       virtio_has_feature(virtio, VIRTIO_F_VERSION_1);
}

/* FreeBSD 13's driver leaves FEATURES_OK out: its features are judged at DRIVER_OK. */
static void write_status(struct virtio_device *virtio, uint32_t value)
{
	uint32_t set = value & STATUS_BITS & ~virtio->status;

	if (value == 0) {
		reset_locked(virtio);
		return;
	}
	if (!features_acceptable(virtio))
		set &= ~(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK);
	virtio->status |= set;
	if (set & VIRTIO_CONFIG_S_DRIVER_OK) {
		virtio->started = true;
		virtio_kick(virtio);
	}
}

/*
 * A driver that notifies before DRIVER_OK, which 3.1.1 forbids, means it: FreeBSD's for
 * virtio-console waits there and then for its first message to be taken. That a queue is ready says
 * that the features are final.
 */
static void start_early(struct virtio_device *virtio)
{
	const uint32_t mask = VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_FAILED;

	if ((virtio->status & mask) != VIRTIO_CONFIG_S_DRIVER || !features_acceptable(virtio))
		return;
	for (unsigned i = 0; i < virtio->queue_count; i++)
		virtio->started |= virtio->queues[i].ready;
}

static void write_driver_features(struct virtio_device *virtio, uint32_t value)
{
	unsigned shift = virtio->driver_features_select * 32;

	if (virtio->driver_features_select > 1 || virtio->started ||
	    (virtio->status & VIRTIO_CONFIG_S_FEATURES_OK))
		return;
	virtio->driver_features &= ~(0xffffffffULL << shift);
	virtio->driver_features |= (uint64_t)value << shift;
}

static struct virtqueue *selected_queue(const struct virtio_device *virtio)
{
	if (virtio->queue_select >= virtio->queue_count)
		return NULL;
	return &virtio->queues[virtio->queue_select];
}

static void set_low(uint64_t *address, uint32_t value)
{
	*address = (*address & ~0xffffffffULL) | value;
}

static void set_high(uint64_t *address, uint32_t value)
{
	*address = (*address & 0xffffffffULL) | (uint64_t)value << 32;
}

/* 4.2.2.2: the layout of a queue may only change while it is not ready. */
static void write_queue_layout(struct virtqueue *queue, uint64_t offset, uint32_t value)
{
	if (queue->ready)
		return;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		queue->size = value;
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
		set_low(&queue->desc_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_high(&queue->desc_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
		set_low(&queue->avail_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_high(&queue->avail_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
		set_low(&queue->used_ipa, value);
		break;
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_high(&queue->used_ipa, value);
		break;
	}
}

/* A queue that was in use is stopped with the whole device only: requests may be in flight. */
static void write_queue_ready(struct virtio_device *virtio, struct virtqueue *queue, uint32_t value)
{
	bool event_idx = virtio_has_feature(virtio, VIRTIO_RING_F_EVENT_IDX);

	if (value == 1 && !queue->ready) {
		if (virtqueue_start(queue, event_idx))
			virtio_needs_reset(virtio);
	} else if (value == 0 && !virtio->started) {
		virtqueue_stop(queue);
	}
}

static void write_register(struct virtio_device *virtio, uint64_t offset, uint32_t value)
{
	struct virtqueue *queue = selected_queue(virtio);

	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		virtio->features_select = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		write_driver_features(virtio, value);
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		virtio->driver_features_select = value;
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		virtio->queue_select = value;
		break;
	case VIRTIO_MMIO_QUEUE_READY:
		if (queue)
			write_queue_ready(virtio, queue, value);
		break;
	case VIRTIO_MMIO_QUEUE_NOTIFY:
		virtio_kick(virtio);
		break;
	case VIRTIO_MMIO_INTERRUPT_ACK:
		acknowledge_interrupt(virtio, value);
		break;
	case VIRTIO_MMIO_STATUS:
		write_status(virtio, value);
		break;
	default:
		if (queue)
			write_queue_layout(queue, offset, value);
		break;
	}
}

static uint32_t read_features(const struct virtio_device *virtio)
{
	if (virtio->features_select > 1)
		return 0;
	return (uint32_t)(virtio->features >> (32 * virtio->features_select));
}

static uint32_t read_register(const struct virtio_device *virtio, uint64_t offset)
{
	const struct virtqueue *queue = selected_queue(virtio);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return VIRTIO_MAGIC;
	case VIRTIO_MMIO_VERSION:
		return VIRTIO_VERSION;
	case VIRTIO_MMIO_DEVICE_ID:
		return virtio->ops->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VIRTIO_VENDOR_ID;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return read_features(virtio);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return queue ? VIRTQUEUE_SIZE_MAX : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return queue && queue->ready;
	case VIRTIO_MMIO_INTERRUPT_STATUS:
		return virtio->interrupt_status;
	case VIRTIO_MMIO_STATUS:
		return virtio->status;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		return UINT32_MAX; /* there is no shared memory region */
	case VIRTIO_MMIO_CONFIG_GENERATION:
		return virtio->config_generation;
	default:
		return 0;
	}
}

/* Bytes past the configuration space read as zero. */
static uint64_t read_config(const struct virtio_device *virtio, uint64_t offset, unsigned size)
{
	uint64_t value = 0;

	if (offset >= virtio->config_size)
		return 0;
	if (size > virtio->config_size - offset)
		size = (unsigned)(virtio->config_size - offset);
	memcpy(&value, (const uint8_t *)virtio->config + offset, size);
	return value;
}

/* 4.2.2.2: registers are accessed by aligned 32-bit words; others read as zero, are not written. */
static bool is_register_access(uint64_t offset, unsigned size)
{
	return size == sizeof(uint32_t) && offset % sizeof(uint32_t) == 0;
}

static int mmio_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	struct virtio_device *virtio = opaque;

	virtio_lock(virtio);
	if (offset >= VIRTIO_MMIO_CONFIG)
		*value = read_config(virtio, offset - VIRTIO_MMIO_CONFIG, size);
	else
		*value = is_register_access(offset, size) ? read_register(virtio, offset) : 0;
	virtio_unlock(virtio);
	return 0;
}

static int mmio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct virtio_device *virtio = opaque;

	virtio_lock(virtio);
	if (offset < VIRTIO_MMIO_CONFIG) {
		if (is_register_access(offset, size))
			write_register(virtio, offset, (uint32_t)value);
	} else if (virtio->ops->config_write && offset - VIRTIO_MMIO_CONFIG < virtio->config_size) {
		virtio->ops->config_write(virtio, offset - VIRTIO_MMIO_CONFIG, size, value);
	}
	virtio_unlock(virtio);
	return 0;
}

static const struct mmio_ops register_ops = { .read = mmio_read, .write = mmio_write };

/* The I/O loop: the driver rang the doorbell. */
static void notified(int fd, unsigned revents, void *arg)
{
	struct virtio_device *virtio = arg;
	uint64_t count;

	(void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	virtio_lock(virtio);
	start_early(virtio);
	if (virtio_running(virtio))
		virtio->ops->notify(virtio);
	virtio_unlock(virtio);
}

/* Without a doorbell in the kernel (it says no) a write of QueueNotify goes through mmio_write. */
static void bind_doorbell(const struct virtio_device *virtio, uint32_t flags)
{
	uint64_t ipa = VIRTIO_MMIO_BASE(virtio->device.slot) + VIRTIO_MMIO_QUEUE_NOTIFY;

	if (guest_vm())
		vm_ioeventfd(guest_vm(), virtio->notify_fd, ipa, sizeof(uint32_t), 0, flags);
}

static int attach(struct virtio_device *virtio)
{
	int error;

	virtio->features |= TRANSPORT_FEATURES;
	virtio->queues = calloc(virtio->queue_count, sizeof(*virtio->queues));
	if (!virtio->queues)
		return -ENOMEM;
	virtio->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (virtio->notify_fd < 0)
		return -errno;
	error = mevent_add_fd(virtio->notify_fd, POLLIN, notified, virtio);
	if (error)
		return error;
	error = mmio_register(virtio->device.ops->name, VIRTIO_MMIO_BASE(virtio->device.slot),
			      VIRTIO_MMIO_SIZE, &register_ops, virtio);
	if (!error)
		bind_doorbell(virtio, 0);
	return error;
}

int virtio_mmio_attach(struct virtio_device *virtio, const struct device_ops *ops, unsigned slot,
		       char *err, size_t errlen)
{
	int error;

	virtio->device.ops = ops;
	virtio->device.slot = slot;
	pthread_mutex_init(&virtio->lock, NULL);
	error = attach(virtio);
	if (error)
		snprintf(err, errlen, "slot %u: %s: cannot be attached: %s", slot, ops->name,
			 strerror(-error));
	return error;
}

void virtio_mmio_detach(struct virtio_device *virtio)
{
	if (!virtio->queues)
		return;
	if (virtio->notify_fd > 0) {
		bind_doorbell(virtio, VMM_EVENTFD_DEASSIGN);
		mevent_del_fd(virtio->notify_fd);
		close(virtio->notify_fd);
	}
	free(virtio->queues);
	virtio->queues = NULL;
	pthread_mutex_destroy(&virtio->lock);
}
