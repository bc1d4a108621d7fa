// SPDX-License-Identifier: BSD-2-Clause
/*
 * virtio-blk: a disk (virtio 1.2, 5.2), over bhyve/backend/block.h.
 *
 * One queue. Requests run side by side, up to REQUESTS of them, and finish in any order.
 */
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/block.h"
#include "bhyve/device/iov.h"
#include "bhyve/device/option.h"
#include "bhyve/device/virtio.h"
#include "bhyve/device/virtio_blk_options.h"
#include "bhyve/mevent.h"
#include "bhyve/report.h"

#define REQUESTS	    128u
#define SEGMENTS_MAX	    (VIRTQUEUE_SIZE_MAX - 2u) /* buffers of data: without header and status */
#define QUEUE		    0u

/* Most sectors of one discard or write-zeroes request: 1 GiB and 64 MiB, so that one request keeps
 * others waiting for a moment only. */
#define DISCARD_SECTORS_MAX 0x200000u
#define ZEROES_SECTORS_MAX  0x20000u

struct virtio_blk;

struct blk_request {
	struct block_request io;
	struct virtio_blk *blk;
	struct blk_request *next_free;
	uint32_t type; /* VIRTIO_BLK_T_* */
	uint16_t head;
	uint64_t bytes;	  /* that it reads, writes or discards */
	uint32_t written; /* bytes of data that a successful read puts into guest memory */
	uint8_t *status;  /* in guest memory */
	struct iovec iov[SEGMENTS_MAX + 2];
};

struct virtio_blk {
	struct virtio_device virtio;
	struct virtio_blk_config config;
	struct block *block;
	bool read_only;
	char serial[VIRTIO_BLK_ID_BYTES];
	struct blk_request *requests;
	struct blk_request *free;
	bool complained; /* about an error of the host's */
};

static struct virtio_blk *blk_of(struct virtio_device *virtio)
{
	return (struct virtio_blk *)virtio;
}

/* 5.2.5.2: without FLUSH or in write-through mode a write is durable when it completes. */
static bool write_through(const struct virtio_blk *blk)
{
	if (virtio_has_feature(&blk->virtio, VIRTIO_BLK_F_CONFIG_WCE))
		return !blk->config.wce;
	return !virtio_has_feature(&blk->virtio, VIRTIO_BLK_F_FLUSH);
}

/* Kinds of requests and their counters. */
static const struct {
	uint32_t type;
	uint8_t requests, bytes, errors;
} counted[] = {
	{ VIRTIO_BLK_T_IN, VM_DEVICE_STAT_READ_REQUESTS, VM_DEVICE_STAT_READ_BYTES,
	  VM_DEVICE_STAT_READ_ERRORS },
	{ VIRTIO_BLK_T_OUT, VM_DEVICE_STAT_WRITE_REQUESTS, VM_DEVICE_STAT_WRITE_BYTES,
	  VM_DEVICE_STAT_WRITE_ERRORS },
	{ VIRTIO_BLK_T_FLUSH, VM_DEVICE_STAT_FLUSH_REQUESTS, STATS_END,
	  VM_DEVICE_STAT_FLUSH_ERRORS },
	{ VIRTIO_BLK_T_DISCARD, VM_DEVICE_STAT_DISCARD_REQUESTS, VM_DEVICE_STAT_DISCARD_BYTES,
	  VM_DEVICE_STAT_DISCARD_ERRORS },
	{ VIRTIO_BLK_T_WRITE_ZEROES, VM_DEVICE_STAT_DISCARD_REQUESTS, VM_DEVICE_STAT_DISCARD_BYTES,
	  VM_DEVICE_STAT_DISCARD_ERRORS },
};

static const uint8_t blk_stats[] = {
	VM_DEVICE_STAT_READ_REQUESTS,	 VM_DEVICE_STAT_READ_BYTES,
	VM_DEVICE_STAT_READ_ERRORS,	 VM_DEVICE_STAT_WRITE_REQUESTS,
	VM_DEVICE_STAT_WRITE_BYTES,	 VM_DEVICE_STAT_WRITE_ERRORS,
	VM_DEVICE_STAT_FLUSH_REQUESTS,	 VM_DEVICE_STAT_FLUSH_ERRORS,
	VM_DEVICE_STAT_DISCARD_REQUESTS, VM_DEVICE_STAT_DISCARD_BYTES,
	VM_DEVICE_STAT_DISCARD_ERRORS,	 STATS_END,
};

static void count_request(const struct blk_request *request, bool done)
{
	struct device *device = &request->blk->virtio.device;

	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		if (counted[i].type != request->type)
			continue;
		device_count(device, counted[i].requests, 1);
		if (!done)
			device_count(device, counted[i].errors, 1);
		else if (counted[i].bytes != STATS_END)
			device_count(device, counted[i].bytes, request->bytes);
	}
}

static void request_finish(struct blk_request *request, uint8_t status)
{
	struct virtio_blk *blk = request->blk;
	uint32_t written = status == VIRTIO_BLK_S_OK ? request->written : 0;

	count_request(request, status == VIRTIO_BLK_S_OK);
	*request->status = status;
	virtqueue_push(&blk->virtio.queues[QUEUE], request->head, written + 1);
	request->next_free = blk->free;
	blk->free = request;
}

/* An error of the host's, once a disk: the guest may repeat the request for ever. */
static void complain(struct virtio_blk *blk, const struct block_request *io, int error)
{
	static const char *const names[] = {
		[BLOCK_READ] = "a read",       [BLOCK_WRITE] = "a write", [BLOCK_FLUSH] = "a flush",
		[BLOCK_DISCARD] = "a discard", [BLOCK_ZERO] = "a write",
	};

	if (blk->complained)
		return;
	blk->complained = true;
	report("slot %u: %s: %s at byte %llu failed: %s; the guest gets an I/O error, others are "
	       "not reported",
	       blk->virtio.device.slot, option_get(blk->virtio.device.slot, "path"), names[io->op],
	       (unsigned long long)io->offset,
	       error == BLOCK_SHRUNK ? "the file is shorter than it was" : strerror(-error));
}

static void io_done(struct block_request *io, int error)
{
	if (error)
		complain(((struct blk_request *)io)->blk, io, error);
	request_finish((struct blk_request *)io, error ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK);
}

static bool in_range(const struct virtio_blk *blk, uint64_t sector, uint64_t bytes)
{
	uint64_t size = block_size(blk->block);

	return sector <= size / BLOCK_SECTOR && bytes <= size - sector * BLOCK_SECTOR;
}

/* 5.2.6: a read or a write of the data buffers, which are request->iov[0 .. count). */
static uint8_t start_transfer(struct blk_request *request, enum block_op op, uint64_t sector,
			      size_t count)
{
	struct virtio_blk *blk = request->blk;
	size_t length = iov_length(request->iov, count);

	if (op == BLOCK_WRITE && blk->read_only)
		return VIRTIO_BLK_S_IOERR;
	if (length == 0 || length % BLOCK_SECTOR || !in_range(blk, sector, length))
		return VIRTIO_BLK_S_IOERR;
	request->written = op == BLOCK_READ ? (uint32_t)length : 0;
	request->io.op = op;
	request->io.offset = sector * BLOCK_SECTOR;
	request->io.length = request->bytes = length;
	request->io.iov = request->iov;
	request->io.iov_count = (unsigned)count;
	request->io.durable = op == BLOCK_WRITE && write_through(blk);
	block_submit(blk->block, &request->io);
	return VIRTIO_BLK_S_OK;
}

static uint8_t start_flush(struct blk_request *request)
{
	request->io.op = BLOCK_FLUSH;
	block_submit(request->blk->block, &request->io);
	return VIRTIO_BLK_S_OK;
}

/* 5.2.6: one range (max_discard_seg and max_write_zeroes_seg are 1). */
static uint8_t start_range(struct blk_request *request, enum block_op op, size_t count)
{
	struct virtio_blk *blk = request->blk;
	uint32_t most = op == BLOCK_DISCARD ? DISCARD_SECTORS_MAX : ZEROES_SECTORS_MAX;
	uint32_t allowed = op == BLOCK_ZERO ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
	struct virtio_blk_discard_write_zeroes range;
	uint64_t bytes;

	if (blk->read_only || iov_length(request->iov, count) != sizeof(range))
		return VIRTIO_BLK_S_IOERR;
	iov_read(request->iov, count, 0, &range, sizeof(range));
	if (range.flags & ~allowed)
		return VIRTIO_BLK_S_UNSUPP;
	bytes = (uint64_t)range.num_sectors * BLOCK_SECTOR;
	if (range.num_sectors == 0 || range.num_sectors > most ||
	    !in_range(blk, range.sector, bytes))
		return VIRTIO_BLK_S_IOERR;
	request->io.op = op;
	request->io.offset = range.sector * BLOCK_SECTOR;
	request->io.length = request->bytes = bytes;
	request->io.unmap = range.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	request->io.durable = op == BLOCK_ZERO && write_through(blk);
	block_submit(blk->block, &request->io);
	return VIRTIO_BLK_S_OK;
}

static uint8_t get_id(struct blk_request *request, size_t count)
{
	size_t done = iov_write(request->iov, count, 0, request->blk->serial,
				sizeof(request->blk->serial));

	request->written = (uint32_t)done;
	request_finish(request, VIRTIO_BLK_S_OK);
	return VIRTIO_BLK_S_OK;
}

/* The data buffers of a request: those the device reads without the header, or those it writes
 * without the status byte. */
static size_t data_buffers(struct blk_request *request, const struct virtqueue_chain *chain,
			   bool writable)
{
	const struct iovec *iov = chain->iov + (writable ? chain->readable : 0);
	size_t room = sizeof(request->iov) / sizeof(request->iov[0]);
	ssize_t count;

	if (writable)
		count = iov_slice(request->iov, room, iov, chain->writable, 0,
				  chain->writable_bytes - 1);
	else
		count = iov_slice(request->iov, room, iov, chain->readable,
				  sizeof(struct virtio_blk_outhdr),
				  chain->readable_bytes - sizeof(struct virtio_blk_outhdr));
	return count < 0 ? 0 : (size_t)count;
}

static bool offered(const struct virtio_blk *blk, unsigned feature)
{
	return blk->virtio.features >> feature & 1;
}

/* Starts or answers a request; a status other than OK is for the caller to give. */
static uint8_t dispatch(struct blk_request *request, const struct virtio_blk_outhdr *header,
			const struct virtqueue_chain *chain)
{
	const struct virtio_blk *blk = request->blk;

	switch (header->type) {
	case VIRTIO_BLK_T_IN:
		return start_transfer(request, BLOCK_READ, header->sector,
				      data_buffers(request, chain, true));
	case VIRTIO_BLK_T_OUT:
		return start_transfer(request, BLOCK_WRITE, header->sector,
				      data_buffers(request, chain, false));
	case VIRTIO_BLK_T_FLUSH:
		return start_flush(request);
	case VIRTIO_BLK_T_GET_ID:
		return get_id(request, data_buffers(request, chain, true));
	case VIRTIO_BLK_T_DISCARD:
		if (!offered(blk, VIRTIO_BLK_F_DISCARD))
			return VIRTIO_BLK_S_UNSUPP;
		return start_range(request, BLOCK_DISCARD, data_buffers(request, chain, false));
	case VIRTIO_BLK_T_WRITE_ZEROES:
		if (!offered(blk, VIRTIO_BLK_F_WRITE_ZEROES))
			return VIRTIO_BLK_S_UNSUPP;
		return start_range(request, BLOCK_ZERO, data_buffers(request, chain, false));
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

static struct blk_request *take_request(struct virtio_blk *blk)
{
	struct blk_request *request = blk->free;

	if (request) {
		blk->free = request->next_free;
		request->blk = blk;
		request->written = 0;
		request->bytes = 0;
		request->io = (struct block_request){ .done = io_done };
	}
	return request;
}

/* 5.2.6: a chain without room for header and status breaks the rules. */
static int serve_request(struct virtio_device *virtio, struct virtqueue *queue,
			 struct virtqueue_chain *chain)
{
	struct virtio_blk_outhdr header;
	struct blk_request *request;
	const struct iovec *last;
	uint8_t status;

	(void)queue;
	if (chain->writable_bytes < 1 || chain->readable_bytes < sizeof(header))
		return -EPROTO;
	request = take_request(blk_of(virtio));
	if (!request)
		return -EAGAIN;
	iov_read(chain->iov, chain->readable, 0, &header, sizeof(header));
	last = &chain->iov[chain->readable + chain->writable - 1];
	request->status = (uint8_t *)last->iov_base + last->iov_len - 1;
	request->head = chain->head;
	request->type = header.type;
	status = dispatch(request, &header, chain);
	if (status != VIRTIO_BLK_S_OK)
		request_finish(request, status);
	return 0;
}

static void start_requests(struct virtio_blk *blk)
{
	virtio_serve(&blk->virtio, QUEUE, serve_request);
	block_kick(blk->block);
}

/* What the host's cache answers is done at once, and need not wait for the next round of the loop.
 */
static void blk_notify(struct virtio_device *virtio)
{
	struct virtio_blk *blk = blk_of(virtio);

	start_requests(blk);
	if (!block_has_finished(blk->block))
		return;
	block_reap(blk->block);
	start_requests(blk);
}

/* The I/O loop: requests have finished. Others may have waited for one to be free. */
static void blk_finished(int fd, unsigned revents, void *arg)
{
	struct virtio_blk *blk = arg;

	(void)fd;
	(void)revents;
	virtio_lock(&blk->virtio);
	block_reap(blk->block);
	if (virtio_running(&blk->virtio))
		start_requests(blk);
	virtio_unlock(&blk->virtio);
}

static void blk_reset(struct virtio_device *virtio)
{
	struct virtio_blk *blk = blk_of(virtio);

	block_drain(blk->block);
	blk->config.wce = 1;
}

/* 5.2.5.2: the only writable field. */
static void blk_config_write(struct virtio_device *virtio, uint64_t offset, unsigned size,
			     uint64_t value)
{
	if (offset == offsetof(struct virtio_blk_config, wce) && size == 1 &&
	    virtio_has_feature(virtio, VIRTIO_BLK_F_CONFIG_WCE))
		blk_of(virtio)->config.wce = value & 1;
}

static const struct virtio_ops blk_virtio_ops = {
	.id = VIRTIO_ID_BLOCK,
	.notify = blk_notify,
	.reset = blk_reset,
	.config_write = blk_config_write,
};

/* 5.2.4: the configuration space. Unit of sizes: 512-byte sectors, unless it says otherwise. */
static void fill_config(struct virtio_blk *blk, uint32_t logical, uint32_t physical)
{
	struct virtio_blk_config *config = &blk->config;

	config->capacity = block_size(blk->block) / BLOCK_SECTOR;
	config->seg_max = SEGMENTS_MAX;
	config->blk_size = logical;
	config->physical_block_exp = (uint8_t)__builtin_ctz(physical / logical);
	config->min_io_size = (uint16_t)(physical / logical);
	config->wce = 1;
	config->num_queues = 1;
	config->max_discard_sectors = DISCARD_SECTORS_MAX;
	config->max_discard_seg = 1;
	config->discard_sector_alignment = physical / BLOCK_SECTOR;
	config->max_write_zeroes_sectors = ZEROES_SECTORS_MAX;
	config->max_write_zeroes_seg = 1;
	config->write_zeroes_may_unmap = block_can_discard(blk->block);
}

static uint64_t blk_features(const struct virtio_blk *blk)
{
	uint64_t features = 1ULL << VIRTIO_BLK_F_SEG_MAX | 1ULL << VIRTIO_BLK_F_BLK_SIZE |
			    1ULL << VIRTIO_BLK_F_TOPOLOGY | 1ULL << VIRTIO_BLK_F_FLUSH;

	if (blk->read_only)
		return features | 1ULL << VIRTIO_BLK_F_RO;
	features |= 1ULL << VIRTIO_BLK_F_CONFIG_WCE | 1ULL << VIRTIO_BLK_F_WRITE_ZEROES;
	if (block_can_discard(blk->block))
		features |= 1ULL << VIRTIO_BLK_F_DISCARD;
	return features;
}

/* 5.2.5: the driver reads the capacity again. */
static int blk_resize(struct device *device, char *err, size_t errlen)
{
	struct virtio_blk *blk = (struct virtio_blk *)device;
	char reason[1024];
	int error;

	virtio_lock(&blk->virtio);
	error = block_grow(blk->block, option_get(device->slot, "path"), blk->config.blk_size,
			   reason, sizeof(reason));
	if (!error && blk->config.capacity != block_size(blk->block) / BLOCK_SECTOR) {
		blk->config.capacity = block_size(blk->block) / BLOCK_SECTOR;
		virtio_config_changed(&blk->virtio);
	}
	virtio_unlock(&blk->virtio);
	if (error)
		option_error(err, errlen, device->slot, "%s", reason);
	return error;
}

static int make_requests(struct virtio_blk *blk)
{
	blk->requests = calloc(REQUESTS, sizeof(*blk->requests));
	if (!blk->requests)
		return -ENOMEM;
	for (unsigned i = REQUESTS; i-- > 0;) {
		blk->requests[i].next_free = blk->free;
		blk->free = &blk->requests[i];
	}
	return 0;
}

static int blk_setup(struct virtio_blk *blk, unsigned slot, char *err, size_t errlen)
{
	struct blk_options options;
	char reason[1024];
	int error = blk_options_read(&options, slot, err, errlen);

	if (error)
		return error;
	error = block_open(&options.image, &blk->block, reason, sizeof(reason));
	if (error) {
		option_error(err, errlen, slot, "%s", reason);
		return error;
	}
	error = blk_options_fit(&options, blk->block, slot, err, errlen);
	if (error)
		return error;
	blk->read_only = options.image.read_only;
	memcpy(blk->serial, options.serial, sizeof(blk->serial));
	fill_config(blk, options.logical, options.physical);
	blk->virtio.features = blk_features(blk);
	if (make_requests(blk))
		return option_error(err, errlen, slot, "virtio-blk: no memory");
	return 0;
}

static void blk_destroy(struct device *device)
{
	struct virtio_blk *blk = (struct virtio_blk *)device;

	virtio_mmio_detach(&blk->virtio);
	if (blk->block && block_event_fd(blk->block) >= 0)
		mevent_del_fd(block_event_fd(blk->block));
	block_close(blk->block);
	free(blk->requests);
	free(blk);
}

static void blk_device_reset(struct device *device)
{
	virtio_reset((struct virtio_device *)device);
}

static int blk_create(unsigned slot, struct device **out, char *err, size_t errlen)
{
	struct virtio_blk *blk = calloc(1, sizeof(*blk));
	int error;

	if (!blk)
		return option_error(err, errlen, slot, "virtio-blk: no memory");
	error = blk_setup(blk, slot, err, errlen);
	if (!error) {
		blk->virtio.ops = &blk_virtio_ops;
		blk->virtio.config = &blk->config;
		blk->virtio.config_size = sizeof(blk->config);
		blk->virtio.queue_count = 1;
		error = virtio_mmio_attach(&blk->virtio, &virtio_blk_device, slot, err, errlen);
	}
	if (!error && block_event_fd(blk->block) >= 0)
		error = mevent_add_fd(block_event_fd(blk->block), POLLIN, blk_finished, blk);
	if (error)
		blk_destroy(&blk->virtio.device);
	else
		*out = &blk->virtio.device;
	return error;
}

const struct device_ops virtio_blk_device = {
	.name = "virtio-blk",
	.summary = "disk: a raw image or a block device",
	.first_key = "path",
	.keys = blk_keys,
	.stats = blk_stats,
	.create = blk_create,
	.reset = blk_device_reset,
	.destroy = blk_destroy,
	.resize = blk_resize,
};
