// SPDX-License-Identifier: BSD-2-Clause
/*
 * Disk images, see block.h.
 *
 * Every request is a sequence of steps, each one system call's worth: a short read or write goes on
 * with the rest, an unsupported way to write zeros is followed by the next one. A step is done by
 * the ring, or by perform() in its place.
 */
#include "bhyve/backend/block.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bhyve/backend/block_image.h"
#include "bhyve/backend/block_ring.h"
#include "bhyve/device/iov.h"

#define RING_ENTRIES	 64
#define DIRECT_ALIGNMENT 4096u
/* Most memory that one request has beside the guest's, whatever its length; a multiple of
 * DIRECT_ALIGNMENT. */
#define BOUNCE_BYTES	 (128u * 1024)
#define PUNCH		 (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)
#define ZERO_RANGE	 (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE)

/* Ways to write zeros, the next where one is not supported. */
enum zero_way { ZERO_BY_RANGE, ZERO_BY_PUNCH, ZERO_BY_WRITE };

struct block {
	struct block_image image;
	bool nocache;
	bool can_discard;
	enum zero_way zero_way;
	bool use_ring;
	struct io_uring ring;
	int event_fd;
	unsigned in_flight;
};

static uint8_t zeros[65536] __attribute__((aligned(DIRECT_ALIGNMENT)));

/* What a step is. */
struct step {
	enum { STEP_READ, STEP_WRITE, STEP_SYNC, STEP_ALLOCATE, STEP_WRITE_ZEROS } kind;
	int mode;  /* of fallocate(2) */
	int flags; /* of pwritev2(2) */
};

uint64_t block_size(const struct block *block)
{
	return block->image.size;
}

int block_grow(struct block *block, const char *path, uint32_t multiple, char *err, size_t errlen)
{
	struct block_image image = block->image;
	int error = block_image_measure(path, &image, err, errlen);

	if (error)
		return error;
	if (image.size < block->image.size) {
		snprintf(err, errlen,
			 "%s: has %llu bytes, less than the %llu it had; a guest's disk can only "
			 "grow",
			 path, (unsigned long long)image.size,
			 (unsigned long long)block->image.size);
		return -EINVAL;
	}
	if (image.size % multiple) {
		snprintf(err, errlen, "%s: has %llu bytes, no multiple of its sector size of %u",
			 path, (unsigned long long)image.size, multiple);
		return -EINVAL;
	}
	block->image.size = image.size;
	return 0;
}

uint32_t block_physical(const struct block *block)
{
	return block->image.physical;
}

uint32_t block_logical(const struct block *block)
{
	return block->nocache ? block->image.logical : BLOCK_SECTOR;
}

bool block_can_discard(const struct block *block)
{
	return block->can_discard;
}

int block_event_fd(const struct block *block)
{
	return block->event_fd;
}

static struct step zero_step(const struct block_request *request)
{
	if (request->zero_way == ZERO_BY_WRITE)
		return (struct step){ .kind = STEP_WRITE_ZEROS };
	if (request->zero_way == ZERO_BY_PUNCH || request->unmap)
		return (struct step){ .kind = STEP_ALLOCATE, .mode = PUNCH };
	return (struct step){ .kind = STEP_ALLOCATE, .mode = ZERO_RANGE };
}

static struct step next_step(const struct block_request *request)
{
	switch (request->op) {
	case BLOCK_READ:
		return (struct step){ .kind = STEP_READ };
	case BLOCK_WRITE:
		return (struct step){ .kind = STEP_WRITE,
				      .flags = request->durable ? RWF_DSYNC : 0 };
	case BLOCK_DISCARD:
		return (struct step){ .kind = STEP_ALLOCATE, .mode = PUNCH };
	case BLOCK_ZERO:
		return zero_step(request);
	case BLOCK_FLUSH:
	default:
		return (struct step){ .kind = STEP_SYNC };
	}
}

static unsigned zero_length(const struct block_request *request)
{
	return (unsigned)(request->length < sizeof(zeros) ? request->length : sizeof(zeros));
}

/* Of a read or write: the guest's buffers, or the piece that the bounce buffer has. */
static const struct iovec *step_iov(const struct block_request *request, unsigned *count)
{
	*count = request->bounce ? 1 : request->iov_count;
	return request->bounce ? &request->bounce_iov : request->iov;
}

/* Does a step at once; the result is that of io_uring: a count or a negative errno. */
static int perform(const struct block_request *request, const struct step *step)
{
	int fd = request->block->image.fd;
	off_t offset = (off_t)request->offset;
	unsigned count;
	const struct iovec *iov = step_iov(request, &count);
	ssize_t result = 0;

	switch (step->kind) {
	case STEP_READ:
		result = preadv(fd, iov, (int)count, offset);
		break;
	case STEP_WRITE:
		result = pwritev2(fd, iov, (int)count, offset, step->flags);
		break;
	case STEP_SYNC:
		result = fdatasync(fd);
		break;
	case STEP_ALLOCATE:
		result = fallocate(fd, step->mode, offset, (off_t)request->length);
		break;
	case STEP_WRITE_ZEROS:
		result = pwrite(fd, zeros, zero_length(request), offset);
		break;
	}
	return result < 0 ? -errno : (int)result;
}

static struct io_uring_sqe *get_entry(struct block *block)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&block->ring);

	while (!sqe) { /* the ring is full: the kernel takes what is there */
		io_uring_submit(&block->ring);
		sqe = io_uring_get_sqe(&block->ring);
	}
	return sqe;
}

static void enqueue(struct block_request *request, const struct step *step)
{
	struct io_uring_sqe *sqe = get_entry(request->block);
	int fd = request->block->image.fd;
	unsigned count;
	const struct iovec *iov = step_iov(request, &count);

	switch (step->kind) {
	case STEP_READ:
		io_uring_prep_readv(sqe, fd, iov, count, request->offset);
		break;
	case STEP_WRITE:
		io_uring_prep_writev2(sqe, fd, iov, count, request->offset, step->flags);
		break;
	case STEP_SYNC:
		io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		break;
	case STEP_ALLOCATE:
		io_uring_prep_fallocate(sqe, fd, step->mode, (off_t)request->offset,
					(off_t)request->length);
		break;
	case STEP_WRITE_ZEROS:
		io_uring_prep_write(sqe, fd, zeros, zero_length(request), request->offset);
		break;
	}
	io_uring_sqe_set_data(sqe, request);
}

/* nocache needs aligned memory, which firmware and some drivers do not give. */
static bool needs_bounce(const struct block_request *request)
{
	if (!request->block->nocache || (request->op != BLOCK_READ && request->op != BLOCK_WRITE))
		return false;
	for (unsigned i = 0; i < request->iov_count; i++)
		if (((uintptr_t)request->iov[i].iov_base | request->iov[i].iov_len) % BLOCK_SECTOR)
			return true;
	return false;
}

static int make_bounce(struct block_request *request)
{
	size_t size = request->length < BOUNCE_BYTES ? request->length : BOUNCE_BYTES;

	return -posix_memalign(&request->bounce, DIRECT_ALIGNMENT, size);
}

/* The piece that the next step of a request with a bounce buffer is about. */
static void fill_bounce(struct block_request *request)
{
	size_t size = request->length < BOUNCE_BYTES ? request->length : BOUNCE_BYTES;

	request->bounce_iov = (struct iovec){ request->bounce, size };
	if (request->op == BLOCK_WRITE)
		iov_read(request->iov, request->iov_count, 0, request->bounce, size);
}

static struct step prepare_step(struct block_request *request)
{
	if (request->bounce)
		fill_bounce(request);
	return next_step(request);
}

static void finish(struct block_request *request, int error)
{
	free(request->bounce);
	request->bounce = NULL;
	request->block->in_flight--;
	request->done(request, error);
}

/* Drops the first done bytes of a read's or write's buffers. */
static void advance_buffers(struct block_request *request, uint64_t done)
{
	while (done > 0 && request->iov_count > 0) {
		struct iovec *iov = request->iov;
		size_t part = done < iov->iov_len ? done : iov->iov_len;

		iov->iov_base = (uint8_t *)iov->iov_base + part;
		iov->iov_len -= part;
		done -= part;
		if (iov->iov_len == 0) {
			request->iov++;
			request->iov_count--;
		}
	}
}

/* After result bytes: whether another step must follow. *error is set where the image is shorter
 * than it was. */
static bool advance(struct block_request *request, const struct step *step, uint64_t result,
		    int *error)
{
	if (step->kind == STEP_SYNC || step->kind == STEP_ALLOCATE)
		return false;
	if (result == 0 || result > request->length) {
		*error = step->kind == STEP_READ ? BLOCK_SHRUNK : -EIO;
		return false;
	}
	if (request->bounce && step->kind == STEP_READ)
		iov_write(request->iov, request->iov_count, 0, request->bounce, result);
	request->offset += result;
	request->length -= result;
	if (step->kind != STEP_WRITE_ZEROS)
		advance_buffers(request, result);
	return request->length > 0;
}

/* The file system has no way to free or zero space, or not this range of it (EINVAL): whether to
 * try another. What is not supported once is not tried again. */
static bool fall_back(struct block_request *request, int *error)
{
	struct block *block = request->block;

	if (request->op == BLOCK_DISCARD) {
		*error = 0; /* only a hint */
		return false;
	}
	if (*error == -EINVAL) {
		request->zero_way = ZERO_BY_WRITE;
		return true;
	}
	if (request->unmap && request->zero_way == ZERO_BY_RANGE) {
		request->unmap = false;
		return true;
	}
	request->zero_way++;
	if ((int)block->zero_way < request->zero_way)
		block->zero_way = (enum zero_way)request->zero_way;
	return true;
}

/* Takes the result of a step: whether the request needs another one, or else its error. */
static bool take_result(struct block_request *request, int result, int *error)
{
	struct step step = next_step(request);

	*error = result < 0 ? result : 0;
	if (result == -EINTR || result == -EAGAIN)
		return true;
	if ((result == -EOPNOTSUPP || result == -EINVAL) && step.kind == STEP_ALLOCATE)
		return fall_back(request, error);
	if (result < 0)
		return false;
	if (advance(request, &step, (uint64_t)result, error))
		return true;
	/* Zeros are written as other data is: made durable by a flush. */
	if (request->op == BLOCK_ZERO && request->durable && !*error) {
		request->op = BLOCK_FLUSH;
		return true;
	}
	return false;
}

static void run_now(struct block_request *request)
{
	struct step step;
	int error;

	do
		step = prepare_step(request);
	while (take_result(request, perform(request, &step), &error));
	finish(request, error);
}

void block_submit(struct block *block, struct block_request *request)
{
	struct step step;

	request->block = block;
	request->zero_way = block->zero_way;
	request->bounce = NULL;
	block->in_flight++;
	if (needs_bounce(request) && make_bounce(request)) {
		finish(request, -ENOMEM);
		return;
	}
	if (!block->use_ring) {
		run_now(request);
		return;
	}
	step = prepare_step(request);
	enqueue(request, &step);
}

void block_kick(struct block *block)
{
	if (block->use_ring && io_uring_sq_ready(&block->ring))
		io_uring_submit(&block->ring);
}

static void complete(struct block_request *request, int result)
{
	struct step step;
	int error;

	if (!take_result(request, result, &error)) {
		finish(request, error);
		return;
	}
	step = prepare_step(request);
	enqueue(request, &step);
}

static void reap_ready(struct block *block)
{
	struct io_uring_cqe *cqe;

	while (io_uring_peek_cqe(&block->ring, &cqe) == 0) {
		struct block_request *request = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&block->ring, cqe);
		complete(request, result);
	}
	block_kick(block);
}

bool block_has_finished(const struct block *block)
{
	return block->use_ring && io_uring_cq_ready(&block->ring) > 0;
}

void block_reap(struct block *block)
{
	uint64_t count;

	if (!block->use_ring)
		return;
	if (read(block->event_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	reap_ready(block);
}

void block_drain(struct block *block)
{
	if (!block->use_ring)
		return;
	block_kick(block);
	while (block->in_flight > 0) {
		struct io_uring_cqe *cqe;
		int error = io_uring_wait_cqe(&block->ring, &cqe);

		if (error && error != -EINTR && error != -EAGAIN)
			return;
		reap_ready(block);
	}
}

/* Without io_uring (forbidden, or not in the kernel) requests are done one by one. */
static void open_ring(struct block *block)
{
	block->event_fd = -1;
	if (io_uring_queue_init(RING_ENTRIES, &block->ring, IORING_SETUP_R_DISABLED))
		return;
	block->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (block->event_fd >= 0 && !io_uring_register_eventfd(&block->ring, block->event_fd) &&
	    !block_ring_restrict(block->ring.ring_fd)) {
		block->use_ring = true;
		return;
	}
	if (block->event_fd >= 0)
		close(block->event_fd);
	block->event_fd = -1;
	io_uring_queue_exit(&block->ring);
}

int block_open(const struct block_options *options, struct block **out, char *err, size_t errlen)
{
	struct block *block = calloc(1, sizeof(*block));
	int error;

	if (!block) {
		snprintf(err, errlen, "%s: %s", options->path, strerror(ENOMEM));
		return -ENOMEM;
	}
	error = block_image_open(options, &block->image, err, errlen);
	if (error) {
		free(block);
		return error;
	}
	block->nocache = options->nocache;
	block->can_discard = !options->read_only && !options->nodelete;
	open_ring(block);
	*out = block;
	return 0;
}

void block_close(struct block *block)
{
	if (!block)
		return;
	block_drain(block);
	fdatasync(block->image.fd);
	if (block->use_ring) {
		io_uring_queue_exit(&block->ring);
		close(block->event_fd);
	}
	close(block->image.fd);
	free(block);
}
