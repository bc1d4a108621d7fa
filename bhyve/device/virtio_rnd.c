// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-rnd: random numbers (virtio 1.2, 5.4) from the host kernel.
 */
#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <sys/random.h>

#include "bhyve/device/option.h"
#include "bhyve/device/virtio.h"

/* Most bytes given for one chain: a device may fill less than the buffer (5.4.6.1). */
#define BYTES_MAX 4096u

#define QUEUE	  0u

/* Fills the start of a buffer; the number of bytes. */
static uint32_t fill(struct virtqueue_chain *chain)
{
	uint32_t done = 0;

	for (unsigned i = 0; i < chain->writable && done < BYTES_MAX; i++) {
		const struct iovec *iov = &chain->iov[chain->readable + i];
		size_t part = iov->iov_len < BYTES_MAX - done ? iov->iov_len : BYTES_MAX - done;
		ssize_t got = getrandom(iov->iov_base, part, GRND_NONBLOCK);

		if (got > 0)
			done += (uint32_t)got;
		if (got != (ssize_t)part)
			break;
	}
	return done;
}

/* 5.4.6: the driver gives buffers that the device writes. */
static int serve_buffer(struct virtio_device *virtio, struct virtqueue *queue,
			struct virtqueue_chain *chain)
{
	(void)virtio;
	if (chain->readable || !chain->writable)
		return -EPROTO;
	virtqueue_push(queue, chain->head, fill(chain));
	return 0;
}

static void rnd_notify(struct virtio_device *virtio)
{
	virtio_serve(virtio, QUEUE, serve_buffer);
}

static void rnd_virtio_reset(struct virtio_device *virtio)
{
	(void)virtio; /* nothing is in flight between two notifications */
}

static const struct virtio_ops rnd_virtio_ops = {
	.id = VIRTIO_ID_RNG,
	.notify = rnd_notify,
	.reset = rnd_virtio_reset,
};

static void rnd_reset(struct device *device)
{
	virtio_reset((struct virtio_device *)device);
}

static void rnd_destroy(struct device *device)
{
	virtio_mmio_detach((struct virtio_device *)device);
	free(device);
}

static int rnd_create(unsigned slot, struct device **out, char *err, size_t errlen)
{
	struct virtio_device *virtio = calloc(1, sizeof(*virtio));
	int error;

	if (!virtio)
		return option_error(err, errlen, slot, "virtio-rnd: no memory");
	virtio->ops = &rnd_virtio_ops;
	virtio->queue_count = 1;
	error = virtio_mmio_attach(virtio, &virtio_rnd_device, slot, err, errlen);
	if (error)
		rnd_destroy(&virtio->device);
	else
		*out = &virtio->device;
	return error;
}

static const struct device_key rnd_keys[] = {
	{ NULL, NULL },
};

const struct device_ops virtio_rnd_device = {
	.name = "virtio-rnd",
	.summary = "random numbers from the host",
	.keys = rnd_keys,
	.create = rnd_create,
	.reset = rnd_reset,
	.destroy = rnd_destroy,
};
