// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening a disk image, see block_image.h.
 */
#include "bhyve/backend/block_image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_PHYSICAL 4096u

/* Formats that are not raw, by what a file starts with. */
static const struct signature {
	size_t offset;
	size_t length;
	const char *bytes;
	const char *format;
	const char *remedy;
} signatures[] = {
	{ 0, 4, "QFI\xfb", "qcow2", "convert it with qemu-img convert -O raw" },
	{ 0, 4, "KDMV", "VMDK", "convert it with qemu-img convert -O raw" },
	{ 0, 4, "COWD", "VMDK", "convert it with qemu-img convert -O raw" },
	{ 0, 21, "# Disk DescriptorFile", "VMDK", "convert it with qemu-img convert -O raw" },
	{ 0, 8, "vhdxfile", "VHDX", "convert it with qemu-img convert -O raw" },
	{ 0, 8, "conectix", "VHD", "convert it with qemu-img convert -O raw" },
	{ 64, 4, "\x7f\x10\xda\xbe", "VDI", "convert it with qemu-img convert -O raw" },
	{ 0, 4, "QED\0", "QED", "convert it with qemu-img convert -O raw" },
	{ 0, 3, "\x1f\x8b\x08", "gzip", "unpack it with gunzip" },
	{ 0, 6,
	  "\xfd"
	  "7zXZ\0",
	  "xz", "unpack it with unxz" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "zstd", "unpack it with unzstd" },
	{ 0, 3, "BZh", "bzip2", "unpack it with bunzip2" },
};

static int __attribute__((format(printf, 4, 5))) fail(char *err, size_t errlen, int error,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, errlen, format, args);
	va_end(args);
	return -error;
}

static int check_kind(const char *path, char *err, size_t errlen)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		if (errno == ENOENT)
			return fail(err, errlen, ENOENT,
				    "%s: no such file; name a raw disk image, or make one with "
				    "truncate -s 4G %s",
				    path, path);
		return fail(err, errlen, errno, "%s: %s", path, strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		return fail(err, errlen, EISDIR,
			    "%s: is a directory; name a raw disk image or a block device", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return fail(err, errlen, EINVAL,
			    "%s: is neither a file nor a block device; name one", path);
	return 0;
}

static int open_flags(const struct block_options *options)
{
	int flags = O_CLOEXEC | (options->read_only ? O_RDONLY : O_RDWR);

	if (options->nocache)
		flags |= O_DIRECT;
	if (options->sync)
		flags |= O_DSYNC;
	return flags;
}

static int explain_open(const struct block_options *options, int error, char *err, size_t errlen)
{
	int probe = -1;

	if (!options->read_only && (error == EACCES || error == EROFS || error == EPERM))
		probe = open(options->path, O_RDONLY | O_CLOEXEC);
	if (probe >= 0) {
		close(probe);
		return fail(err, errlen, error,
			    "%s: is read-only; make it writable, or add the option ro",
			    options->path);
	}
	if (options->nocache && error == EINVAL)
		return fail(err, errlen, error,
			    "%s: its file system has no direct I/O; drop the option nocache",
			    options->path);
	return fail(err, errlen, error, "%s: cannot be opened: %s", options->path, strerror(error));
}

/* A lock that ends with the process, so that a killed one leaves nothing behind. */
static int lock_image(const struct block_options *options, int fd, char *err, size_t errlen)
{
	struct flock lock = {
		.l_type = options->read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES))
		return 0;
	return fail(err, errlen, EBUSY,
		    "%s: is in use by another process; stop that one, or add the option ro to both",
		    options->path);
}

static int measure_file(const char *path, struct block_image *image, char *err, size_t errlen)
{
	struct stat st;

	if (fstat(image->fd, &st) < 0)
		return fail(err, errlen, errno, "%s: %s", path, strerror(errno));
	image->is_device = S_ISBLK(st.st_mode);
	image->size = (uint64_t)st.st_size;
	image->logical = BLOCK_SECTOR;
	image->physical = FILE_PHYSICAL;
	return 0;
}

static int measure_device(const char *path, struct block_image *image, char *err, size_t errlen)
{
	int logical = BLOCK_SECTOR;
	unsigned physical = BLOCK_SECTOR;

	if (ioctl(image->fd, BLKGETSIZE64, &image->size) < 0)
		return fail(err, errlen, errno, "%s: its size cannot be read: %s", path,
			    strerror(errno));
	ioctl(image->fd, BLKSSZGET, &logical);
	ioctl(image->fd, BLKPBSZGET, &physical);
	image->logical = (uint32_t)logical;
	image->physical = physical;
	return 0;
}

int block_image_measure(const char *path, struct block_image *image, char *err, size_t errlen)
{
	int error = measure_file(path, image, err, errlen);

	if (!error && image->is_device)
		error = measure_device(path, image, err, errlen);
	if (error)
		return error;
	if (image->size == 0)
		return fail(err, errlen, EINVAL,
			    "%s: is empty; give it the size of the disk, as with truncate -s 4G %s",
			    path, path);
	if (image->size % BLOCK_SECTOR)
		return fail(err, errlen, EINVAL,
			    "%s: its length of %llu bytes is no multiple of %u; a download that "
			    "broke off, or round it up with truncate -s %%%u %s",
			    path, (unsigned long long)image->size, BLOCK_SECTOR, BLOCK_SECTOR,
			    path);
	return 0;
}

/* The image is opened once more for this, as nocache asks for aligned reads. */
static int check_format(const char *path, char *err, size_t errlen)
{
	char head[BLOCK_SECTOR] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return fail(err, errlen, errno, "%s: cannot be read: %s", path, strerror(errno));
	length = pread(fd, head, sizeof(head), 0);
	close(fd);
	for (size_t i = 0; length > 0 && i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *s = &signatures[i];

		if (memcmp(head + s->offset, s->bytes, s->length) == 0)
			return fail(err, errlen, EINVAL, "%s: not a raw image (%s header); %s",
				    path, s->format, s->remedy);
	}
	return 0;
}

int block_image_open(const struct block_options *options, struct block_image *image, char *err,
		     size_t errlen)
{
	int error = check_kind(options->path, err, errlen);

	if (error)
		return error;
	image->fd = open(options->path, open_flags(options));
	if (image->fd < 0)
		return explain_open(options, errno, err, errlen);
	error = block_image_measure(options->path, image, err, errlen);
	/* Before the length: that of a compressed image is rarely a multiple of a sector. */
	if (image->size && check_format(options->path, err, errlen))
		error = -EINVAL;
	if (!error)
		error = lock_image(options, image->fd, err, errlen);
	if (error)
		close(image->fd);
	return error;
}
