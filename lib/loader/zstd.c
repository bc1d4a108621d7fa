// SPDX-License-Identifier: BSD-2-Clause
/* Unpacks zstd frames through libzstd. */
#include "lib/loader/zstd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "lib/loader/bytes.h"

/* Bytes that are read at once. */
#define BUFFER_SIZE (1U << 17)
#define MAGIC_SIZE  4

struct zstd_file {
	ZSTD_DCtx *context;
	int fd;
	off_t start;	   /* where in the file the data begins */
	uint64_t position; /* in the unpacked data */
	ZSTD_inBuffer in;
	bool in_frame; /* a frame has begun and not ended */
	bool at_end;
	uint8_t buffer[BUFFER_SIZE];
	uint8_t nowhere[BUFFER_SIZE]; /* what is passed over goes here */
};

static bool is_magic(const uint8_t *bytes)
{
	return le32(bytes) == ZSTD_MAGICNUMBER;
}

bool zstd_is_frame(int fd)
{
	uint8_t magic[MAGIC_SIZE];

	return pread(fd, magic, sizeof(magic), lseek(fd, 0, SEEK_CUR)) == sizeof(magic) &&
	       is_magic(magic);
}

struct zstd_file *zstd_open(int fd)
{
	struct zstd_file *file = malloc(sizeof(*file));

	if (!file)
		return NULL;
	memset(file, 0, offsetof(struct zstd_file, buffer));
	file->fd = fd;
	file->start = lseek(fd, 0, SEEK_CUR);
	file->in.src = file->buffer;
	file->context = ZSTD_createDCtx();
	if (file->context && !ZSTD_isError(ZSTD_DCtx_setParameter(
				     file->context, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
		return file;
	ZSTD_freeDCtx(file->context);
	free(file);
	return NULL;
}

void zstd_close(struct zstd_file *file)
{
	ZSTD_freeDCtx(file->context);
	close(file->fd);
	free(file);
}

static int error_of(size_t result)
{
	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return -E2BIG;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}

/* Gets more of the file behind what is left of it. Bytes that there are then, or -EIO. */
static int64_t fill(struct zstd_file *file)
{
	size_t left = file->in.size - file->in.pos;

	memmove(file->buffer, file->buffer + file->in.pos, left);
	file->in.pos = 0;
	file->in.size = left;
	while (file->in.size < MAGIC_SIZE) {
		ssize_t got =
			read(file->fd, file->buffer + file->in.size, BUFFER_SIZE - file->in.size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -EIO;
		if (got == 0)
			break;
		file->in.size += (size_t)got;
	}
	return (int64_t)file->in.size;
}

/* Between frames: whether another one follows. 0, or -EIO. */
static int find_frame(struct zstd_file *file)
{
	int64_t left = (int64_t)(file->in.size - file->in.pos);

	if (left < MAGIC_SIZE)
		left = fill(file);
	if (left < 0)
		return (int)left;
	file->in_frame = left >= MAGIC_SIZE && is_magic(file->buffer + file->in.pos);
	file->at_end = !file->in_frame;
	return 0;
}

/* Within a frame: unpacks what there is input or room for. */
static int unpack(struct zstd_file *file, ZSTD_outBuffer *out)
{
	size_t before = out->pos, consumed = file->in.pos, result;
	int64_t input = (int64_t)(file->in.size - file->in.pos);

	if (!input) {
		input = fill(file);
		consumed = 0;
	}
	if (input < 0)
		return (int)input;
	result = ZSTD_decompressStream(file->context, out, &file->in);
	if (ZSTD_isError(result))
		return error_of(result);
	file->in_frame = result != 0;
	file->position += out->pos - before;
	/* neither taken nor given: what is missing does not come */
	return file->in_frame && out->pos == before && file->in.pos == consumed ? -EPIPE : 0;
}

int64_t zstd_read(struct zstd_file *file, void *buf, uint64_t len)
{
	ZSTD_outBuffer out = { .dst = buf, .size = len };
	int error = 0;

	while (!error && out.pos < out.size && !file->at_end)
		error = file->in_frame ? unpack(file, &out) : find_frame(file);
	return error ? error : (int64_t)out.pos;
}

static int rewind_file(struct zstd_file *file)
{
	if (lseek(file->fd, file->start, SEEK_SET) < 0)
		return -EIO;
	ZSTD_DCtx_reset(file->context, ZSTD_reset_session_only);
	file->position = 0;
	file->in.pos = 0;
	file->in.size = 0;
	file->in_frame = false;
	file->at_end = false;
	return 0;
}

int zstd_seek(struct zstd_file *file, uint64_t offset)
{
	int64_t got = offset < file->position ? rewind_file(file) : 0;

	while (got >= 0 && !file->at_end && file->position < offset) {
		uint64_t left = offset - file->position;

		got = zstd_read(file, file->nowhere, left < BUFFER_SIZE ? left : BUFFER_SIZE);
	}
	return got < 0 ? (int)got : 0;
}
