/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disk images: a raw file or a block device, several requests in flight.
 *
 * Requests are handed to the kernel by io_uring; where the host does not allow it they are done one
 * by one in block_submit(). A struct block has no lock: its user calls it from one thread at a
 * time. Offsets and lengths are in bytes and multiples of BLOCK_SECTOR.
 */
#ifndef BHYVE_BACKEND_BLOCK_H
#define BHYVE_BACKEND_BLOCK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define BLOCK_SECTOR 512u

/* The error of a read behind the end of a file that was longer when it was opened. */
#define BLOCK_SHRUNK (-ENODATA)

struct block;

struct block_options {
	const char *path;
	bool read_only;
	bool nocache;  /* bypass the host's page cache (O_DIRECT) */
	bool sync;     /* a write is on stable storage when it completes (O_DSYNC) */
	bool nodelete; /* discard frees nothing in the image */
};

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,   /* all writes that completed before are on stable storage */
	BLOCK_DISCARD, /* the contents are no longer needed; a hint */
	BLOCK_ZERO,    /* the range reads as zeros */
};

/*
 * One request, owned by the caller until done is called; the data is read into or written from iov
 * (which is changed on the way). error is 0 or a negative errno. done is called in block_submit(),
 * block_reap() or block_drain() and must not call them.
 */
struct block_request {
	enum block_op op;
	bool durable; /* BLOCK_WRITE, BLOCK_ZERO: as if a flush of it followed */
	bool unmap;   /* BLOCK_ZERO: space may be given back */
	uint64_t offset;
	uint64_t length; /* BLOCK_READ, BLOCK_WRITE: of all of iov */
	struct iovec *iov;
	unsigned iov_count;
	void (*done)(struct block_request *request, int error);
	/* The back end's. */
	struct block *block;
	int zero_way;
	void *bounce;
	struct iovec bounce_iov;
};

/*
 * Opens and locks an image (shared if read-only, else alone). 0, or a negative errno with one line
 * in err that begins with the path: missing, empty, read-only, no multiple of a sector long, a
 * directory, another format than raw, or in use.
 */
int block_open(const struct block_options *options, struct block **out, char *err, size_t errlen);

/* Waits for requests in flight, flushes, unlocks and closes. NULL is allowed. */
void block_close(struct block *block);

uint64_t block_size(const struct block *block);
/*
 * Takes the size that the image has grown to. 0, also if it has not, or a negative errno with one
 * line in err that begins with the path: no multiple of `multiple` bytes, or smaller than it was.
 */
int block_grow(struct block *block, const char *path, uint32_t multiple, char *err, size_t errlen);

/* Bytes of the smallest write that needs no read before it, a power of two. */
uint32_t block_physical(const struct block *block);
/* Bytes that the host's device addresses at least, when the page cache is bypassed. */
uint32_t block_logical(const struct block *block);
bool block_can_discard(const struct block *block);

/* Starts a request; it may not yet have reached the kernel before block_kick(). */
void block_submit(struct block *block, struct block_request *request);
void block_kick(struct block *block);

/* A descriptor that becomes readable when requests have finished, or -1: they finish in
 * block_submit(). Then block_reap() calls their done functions. */
int block_event_fd(const struct block *block);
bool block_has_finished(const struct block *block); /* whether block_reap() has something to do */
void block_reap(struct block *block);

/* Waits until no request is in flight. */
void block_drain(struct block *block);

#endif
