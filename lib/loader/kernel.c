// SPDX-License-Identifier: BSD-2-Clause
/* Loads a kernel file, plain or compressed with gzip or zstd, where its header wants it. */
#include "lib/loader/kernel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/loader/elf.h"
#include "lib/loader/elf_load.h"
#include "lib/loader/file.h"
#include "lib/loader/foreign.h"
#include "lib/loader/freebsd.h"
#include "lib/loader/load.h"
#include "lib/loader/zboot.h"
#include "lib/vmmapi/vmmapi.h"

/* What a zImage needs behind itself while it unpacks: stack and heap. */
#define ZIMAGE_WORK  0x20000ULL
/* A zImage unpacks to no more than this many times its size, where it does not say. */
#define ZIMAGE_RATIO 6

/* Room left for the BSS of kernels that do not say how large they are. */
#define UNKNOWN_BSS  0x1000000ULL

static uint64_t mib(uint64_t bytes)
{
	return (bytes + 0xfffff) >> 20;
}

int kernel_too_large(struct stream *stream, uint64_t needed, uint64_t memory)
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
			return extra < 0 ? extra : kernel_too_large(stream, 0, memory);
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

static int is_arm32(const struct stream *stream)
{
	snprintf(stream->err, stream->errlen,
		 "%s: begins with the exception vectors of a 32-bit Arm program; give arch=armv7 "
		 "if it is one",
		 stream->path);
	return -ENOEXEC;
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

/*
 * A FreeBSD kernel.bin, which has no page size in its header and names the word that boot arguments
 * begin with. Linux has a page size since it lets itself be put anywhere (4.6).
 */
static bool is_freebsd(const struct image *image, const uint8_t *kernel, uint64_t size)
{
	return !image->raw && image->page_size == 0 && image->anywhere &&
	       memmem(kernel, size, FREEBSD_GUARD, sizeof(FREEBSD_GUARD) - 1);
}

/* Puts the word before the command line without which FreeBSD does not look at it. */
static int guard_cmdline(struct stream *stream, struct record *record)
{
	char cmdline[FREEBSD_BOOTARGS_MAX + 1];
	size_t blanks = strspn(record->cmdline, " \t");
	bool guarded = strncasecmp(record->cmdline + blanks, FREEBSD_GUARD,
				   sizeof(FREEBSD_GUARD) - 1) == 0;
	int len;

	if (!record->cmdline[0])
		return 0;
	if (strchr(record->cmdline, '"')) {
		snprintf(stream->err, stream->errlen,
			 "%s: a FreeBSD kernel.bin cannot take values with blanks; load the ELF "
			 "kernel, which can",
			 stream->path);
		return -EINVAL;
	}
	len = snprintf(cmdline, sizeof(cmdline), "%s%s", guarded ? "" : FREEBSD_GUARD " ",
		       record->cmdline);
	if (len < (int)sizeof(cmdline)) {
		memcpy(record->cmdline, cmdline, (size_t)len + 1);
		return 0;
	}
	snprintf(
		stream->err, stream->errlen,
		"%s: the command line is longer than the %d bytes a FreeBSD kernel.bin takes; load "
		"the ELF kernel, which takes more",
		stream->path, FREEBSD_BOOTARGS_MAX);
	return -EINVAL;
}

/* What is in place is size bytes of a kernel; fills in the record. */
static int finish_image(struct stream *stream, struct record *record, struct image *image,
			uint8_t *ram, uint64_t size)
{
	uint64_t room = record->memory_size - image->text_offset;

	if (size < image->file_size) {
		snprintf(stream->err, stream->errlen,
			 "%s: truncated: it has %llu bytes of %llu; copy it again", stream->path,
			 (unsigned long long)size, (unsigned long long)image->file_size);
		return -ENOEXEC;
	}
	if (image->aarch32)
		image->memory_size = zimage_room(ram + image->text_offset, size);
	if (image->memory_size == 0)
		image->memory_size = size + UNKNOWN_BSS > room ? size : size + UNKNOWN_BSS;
	record->kernel_ipa = LOADER_RAM_BASE + image->text_offset;
	record->kernel_size = image->memory_size > size ? image->memory_size : size;
	record->entry = record->kernel_ipa;
	record->page_size = image->page_size;
	record->raw = image->raw;
	record->bare = image->raw;
	/* the BSS is not touched: the guest clears it, and may never use all of it */
	vm_sync_memory(ram + image->text_offset, (size_t)size);
	if (is_freebsd(image, ram + image->text_offset, size))
		return guard_cmdline(stream, record);
	return 0;
}

/* Loads what is no ELF file. */
static int load_image(struct stream *stream, const uint8_t *head, size_t head_size,
		      struct record *record, uint8_t *ram)
{
	char why[256];
	struct image image;
	int64_t size;
	int error = image_parse(head, head_size, &image, why, sizeof(why));

	if (error) {
		snprintf(stream->err, stream->errlen, "%s: %s", stream->path, why);
		return error;
	}
	error = check_arch(stream, &image, record);
	if (!error && image.raw && !record->aarch32 && foreign_is_arm32(head, head_size))
		error = is_arm32(stream);
	if (error)
		return error;
	if (image.text_offset + head_size > record->memory_size ||
	    image.text_offset > record->memory_size ||
	    image.memory_size > record->memory_size - image.text_offset)
		return kernel_too_large(stream, image.memory_size, record->memory_size);
	memcpy(ram + image.text_offset, head, head_size);
	size = read_rest(stream, ram + image.text_offset, head_size,
			 record->memory_size - image.text_offset, record->memory_size);
	return size < 0 ? (int)size : finish_image(stream, record, &image, ram, (uint64_t)size);
}

static int load_stream(struct stream *stream, struct record *record, uint8_t *ram)
{
	uint8_t head[IMAGE_HEAD_SIZE];
	int64_t head_size = stream_read(stream, head, sizeof(head));

	if (head_size < 0)
		return (int)head_size;
	if (elf_is_arm64(head, (size_t)head_size) && strcmp(record->arch, "armv7") != 0)
		return elf_load(stream, head, (size_t)head_size, record, ram);
	return load_image(stream, head, (size_t)head_size, record, ram);
}

/* Moves fd to the compressed kernel, which is what its header says that it is compressed with. */
static int enter_zboot(int fd, const struct zboot *zboot, char *why, size_t whylen)
{
	uint8_t magic[ZBOOT_MAGIC_SIZE];

	if (pread(fd, magic, sizeof(magic), (off_t)zboot->offset) == sizeof(magic) &&
	    memcmp(magic, zboot->magic, sizeof(magic)) == 0)
		return lseek(fd, (off_t)zboot->offset, SEEK_SET) < 0 ? -errno : 0;
	snprintf(why, whylen, "damaged (no %s data where its header says); copy it again",
		 zboot->method);
	return -ENOEXEC;
}

/* Moves fd to where the kernel begins, which in a compressed EFI kernel is not the start. size: of
 * the file. */
static int find_kernel(int fd, uint64_t size, const char *path, char *err, size_t errlen)
{
	uint8_t head[ZBOOT_HEAD_SIZE];
	struct zboot zboot;
	char why[160] = "cannot be read";
	int error;

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return 0;
	error = zboot_parse(head, size, &zboot, why, sizeof(why));
	if (error > 0)
		error = enter_zboot(fd, &zboot, why, sizeof(why));
	if (error < 0)
		snprintf(err, errlen, "%s: %s", path, why);
	return error;
}

int kernel_load(struct record *record, uint8_t *ram, char *err, size_t errlen)
{
	struct stream stream = { .path = record->kernel, .err = err, .errlen = errlen };
	uint64_t size;
	int fd = file_open(record->kernel, &size, err, errlen), error;

	if (fd < 0)
		return fd;
	record->page_size = 0;
	record->raw = 0;
	record->bare = 0;
	record->aarch32 = 0;
	record->argument = 0;
	record->dtb_ipa = 0;
	record->dtb_room = 0;
	record->initrd_ipa = 0;
	error = find_kernel(fd, size, record->kernel, err, errlen);
	if (error) {
		close(fd);
		return error;
	}
	error = stream_open(&stream, fd);
	if (error)
		return error;
	error = load_stream(&stream, record, ram);
	stream_close(&stream);
	return error;
}
