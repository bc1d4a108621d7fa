/* Loads a kernel file, plain or compressed with gzip, where its header wants it. */
#include "lib/loader/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/loader/file.h"
#include "lib/loader/load.h"
#include "lib/vmmapi/vmmapi.h"

/* What a zImage needs behind itself while it unpacks: stack and heap. */
#define ZIMAGE_WORK  0x20000ULL
/* A zImage unpacks to no more than this many times its size, where it does not say. */
#define ZIMAGE_RATIO 6

/* Room left for the BSS of kernels that do not say how large they are. */
#define UNKNOWN_BSS  0x1000000ULL

/* A kernel file that is being read. */
struct stream {
	const char *path;
	gzFile gz;
	char *err;
	size_t errlen;
};

static uint64_t mib(uint64_t bytes)
{
	return (bytes + 0xfffff) >> 20;
}

static int too_large(struct stream *stream, uint64_t needed, uint64_t memory)
{
	if (needed)
		snprintf(stream->err, stream->errlen,
			 "%s: does not fit: it needs %llu MiB, the virtual machine has %llu MiB; "
			 "give more memory with -m",
			 stream->path, (unsigned long long)mib(needed),
			 (unsigned long long)mib(memory));
	else
		snprintf(stream->err, stream->errlen,
			 "%s: does not fit into the virtual machine's %llu MiB; give more memory "
			 "with -m",
			 stream->path, (unsigned long long)mib(memory));
	return -ENOSPC;
}

/* Reads up to len bytes. Their number, or negative errno (truncated or damaged gzip data). */
static int64_t stream_read(struct stream *stream, void *buf, uint64_t len)
{
	uint64_t done = 0;
	int number;

	while (done < len) {
		unsigned part = len - done > 1U << 30 ? 1U << 30 : (unsigned)(len - done);
		int got = gzread(stream->gz, (char *)buf + done, part);

		if (got <= 0)
			break;
		done += (uint64_t)got;
	}
	gzerror(stream->gz, &number);
	if (number == Z_OK || number == Z_STREAM_END)
		return (int64_t)done;
	snprintf(stream->err, stream->errlen, "%s: %s; copy it again", stream->path,
		 number == Z_BUF_ERROR ? "truncated (the gzip data ends early)"
				       : "damaged (the gzip data is inconsistent)");
	return -EIO;
}

/* Copies the rest of the stream behind the head, which lies in place already. Bytes in all, or
 * negative errno. */
static int64_t read_rest(struct stream *stream, uint8_t *place, size_t head, uint64_t room,
			 uint64_t memory)
{
	int64_t rest = stream_read(stream, place + head, room - head);
	char more;

	if (rest < 0)
		return rest;
	if (head + (uint64_t)rest == room) {
		int64_t extra = stream_read(stream, &more, 1);

		if (extra)
			return extra < 0 ? extra : too_large(stream, 0, memory);
	}
	return (int64_t)head + rest;
}

/* Whether the user's arch= fits the file; settles what the vCPUs start in. */
static int check_arch(const struct stream *stream, const struct image *image, struct record *record)
{
	bool asked32 = strcmp(record->arch, "armv7") == 0;

	if (!image->raw && record->arch[0] && asked32 != image->aarch32) {
		snprintf(stream->err, stream->errlen, "%s: a %s-bit kernel; leave arch=%s out",
			 stream->path, image->aarch32 ? "32" : "64", record->arch);
		return -EINVAL;
	}
	record->aarch32 = image->aarch32 || (image->raw && asked32);
	if (!record->aarch32 || record->memory_size <= LOADER_MEMORY_32)
		return 0;
	snprintf(stream->err, stream->errlen,
		 "%s: a 32-bit guest has no more than 3 GiB of memory; give -m 3G or less",
		 stream->path);
	return -EINVAL;
}

/*
 * Bytes from where a zImage of "size" bytes was put to the end of what it uses until the kernel
 * runs. It moves itself out of the way behind the kernel where they overlap.
 */
static uint64_t zimage_room(const uint8_t *file, uint64_t size)
{
	struct image_unpacked unpacked;
	uint64_t kernel_end = ZIMAGE_RATIO * size;
	uint64_t own = size + ZIMAGE_WORK;

	if (image_zimage_table(file, size, &unpacked) == 0)
		kernel_end = (uint64_t)unpacked.text_offset + unpacked.size + unpacked.bss;
	if (kernel_end <= IMAGE_ZIMAGE_OFFSET)
		return own;
	return kernel_end - IMAGE_ZIMAGE_OFFSET + own;
}

static int load_stream(struct stream *stream, struct record *record, uint8_t *ram)
{
	uint8_t head[IMAGE_HEAD_SIZE];
	char why[256];
	struct image image;
	uint64_t room;
	int64_t size, head_size = stream_read(stream, head, sizeof(head));
	int error;

	if (head_size < 0)
		return (int)head_size;
	error = image_parse(head, (size_t)head_size, &image, why, sizeof(why));
	if (error) {
		snprintf(stream->err, stream->errlen, "%s: %s", stream->path, why);
		return error;
	}
	error = check_arch(stream, &image, record);
	if (error)
		return error;
	if (image.text_offset + (uint64_t)head_size > record->memory_size ||
	    image.text_offset > record->memory_size ||
	    image.memory_size > record->memory_size - image.text_offset)
		return too_large(stream, image.memory_size, record->memory_size);
	room = record->memory_size - image.text_offset;
	memcpy(ram + image.text_offset, head, (size_t)head_size);
	size = read_rest(stream, ram + image.text_offset, (size_t)head_size, room,
			 record->memory_size);
	if (size < 0)
		return (int)size;
	if ((uint64_t)size < image.file_size) {
		snprintf(stream->err, stream->errlen,
			 "%s: truncated: it has %lld bytes of %llu; copy it again", stream->path,
			 (long long)size, (unsigned long long)image.file_size);
		return -ENOEXEC;
	}
	if (image.aarch32)
		image.memory_size = zimage_room(ram + image.text_offset, (uint64_t)size);
	if (image.memory_size == 0)
		image.memory_size = (uint64_t)size + UNKNOWN_BSS > room
					    ? (uint64_t)size
					    : (uint64_t)size + UNKNOWN_BSS;
	record->kernel_ipa = LOADER_RAM_BASE + image.text_offset;
	record->kernel_size = image.memory_size > (uint64_t)size ? image.memory_size
								 : (uint64_t)size;
	record->entry = record->kernel_ipa;
	record->page_size = image.page_size;
	/* the BSS is not touched: the guest clears it, and may never use all of it */
	vm_sync_memory(ram + image.text_offset, (size_t)size);
	return 0;
}

int kernel_load(struct record *record, uint8_t *ram, char *err, size_t errlen)
{
	struct stream stream = { .path = record->kernel, .err = err, .errlen = errlen };
	uint64_t size;
	int fd = file_open(record->kernel, &size, err, errlen);
	int error;

	if (fd < 0)
		return fd;
	stream.gz = gzdopen(fd, "rb");
	if (!stream.gz) {
		snprintf(err, errlen, "%s: the host is out of memory", record->kernel);
		close(fd);
		return -ENOMEM;
	}
	gzbuffer(stream.gz, 1U << 17);
	error = load_stream(&stream, record, ram);
	gzclose(stream.gz);
	return error;
}
