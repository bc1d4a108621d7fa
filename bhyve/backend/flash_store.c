// SPDX-License-Identifier: BSD-2-Clause
/* What flash holds, in a file: see flash_store.h. */
#include "bhyve/backend/flash_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "bhyve/report.h"

/* What is written in one piece, whoever is killed meanwhile: a page of the host. */
#define PAGE	      4096u
#define MEMORY_BLOCKS 4u

/* The note of a change, behind the end of the image; a page holds it. `len` bytes of data follow
 * the header of a write. */
struct record {
	char magic[8];
	uint32_t kind;
	uint32_t offset;
	uint32_t len;
	uint32_t crc; /* of all, with this member 0 */
	uint8_t data[FLASH_STORE_WRITE_MAX];
};
#define HEADER_SIZE offsetof(struct record, data)

enum { KIND_WRITE = 1, KIND_ERASE = 2 };

static const char magic[8] = "BHYVEFL1";

struct flash_store {
	char *path; /* NULL: in memory */
	int fd;
	uint32_t size;
	bool pending;	      /* `record` is in the file, and perhaps not done */
	bool failing;	      /* the last change failed, which was reported */
	bool unsynced;	      /* changes since the last sync */
	struct record record; /* the last one that was noted */
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

/* All of it, or a negative errno. */
static int write_all(int fd, const void *buf, size_t len, off_t offset)
{
	const char *from = buf;

	while (len > 0) {
		ssize_t done = pwrite(fd, from, len, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		from += done;
		offset += done;
		len -= (size_t)done;
	}
	return 0;
}

static int read_all(int fd, void *buf, size_t len, off_t offset)
{
	char *to = buf;

	while (len > 0) {
		ssize_t done = pread(fd, to, len, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		to += done;
		offset += done;
		len -= (size_t)done;
	}
	return 0;
}

/* A disk that is full says so before anything is written; some file systems cannot tell. */
static int reserve(const struct flash_store *store, uint32_t offset, uint32_t len)
{
	if (fallocate(store->fd, FALLOC_FL_KEEP_SIZE, offset, len) == 0 || errno == EOPNOTSUPP)
		return 0;
	return -errno;
}

static size_t record_size(const struct record *record)
{
	return HEADER_SIZE + (record->kind == KIND_WRITE ? record->len : 0);
}

static uint32_t record_crc(const struct record *record)
{
	struct record header = { .kind = record->kind,
				 .offset = record->offset,
				 .len = record->len };
	uLong crc;

	memcpy(header.magic, record->magic, sizeof(header.magic));
	crc = crc32(0, (const Bytef *)&header, HEADER_SIZE);
	return (uint32_t)crc32(crc, record->data, (uInt)(record_size(record) - HEADER_SIZE));
}

/* Whether the record is whole and of this image. `got` bytes were read of it. */
static bool record_valid(const struct flash_store *store, const struct record *record, size_t got)
{
	if (got < HEADER_SIZE || memcmp(record->magic, magic, sizeof(magic)) != 0)
		return false;
	if (record->kind != KIND_WRITE && record->kind != KIND_ERASE)
		return false;
	if (record->kind == KIND_WRITE && record->len > FLASH_STORE_WRITE_MAX)
		return false;
	if (record->offset > store->size || record->len > store->size - record->offset)
		return false;
	return got >= record_size(record) && record->crc == record_crc(record);
}

static int apply(const struct flash_store *store, const struct record *record)
{
	uint8_t erased[PAGE];
	int error = 0;

	if (record->kind == KIND_WRITE)
		return write_all(store->fd, record->data, record->len, record->offset);
	memset(erased, 0xff, sizeof(erased));
	for (uint32_t done = 0; done < record->len && !error; done += PAGE)
		error = write_all(store->fd, erased, PAGE, (off_t)record->offset + done);
	return error;
}

static int sync_file(const struct flash_store *store)
{
	return store->path && fsync(store->fd) < 0 ? -errno : 0;
}

/* Does what the record says, and forgets it: on the disk in this order. */
static int finish(struct flash_store *store)
{
	int error = apply(store, &store->record);

	if (!error)
		error = sync_file(store);
	if (!error && ftruncate(store->fd, store->size) < 0)
		error = -errno;
	if (!error)
		error = sync_file(store);
	store->pending = error != 0;
	return error;
}

/* Notes a change in the file and makes it. */
static int change(struct flash_store *store)
{
	struct record *record = &store->record;
	int error;

	memcpy(record->magic, magic, sizeof(magic));
	record->crc = record_crc(record);
	error = reserve(store, record->offset, record->len);
	/* a record that is there in part is none, and is written over or cut off */
	if (!error)
		error = write_all(store->fd, record, record_size(record), store->size);
	if (!error)
		error = sync_file(store);
	return error ? error : finish(store);
}

/* Keeps the user informed, but says a thing once. */
static int told(struct flash_store *store, int error)
{
	if (error && !store->failing)
		report("%s: cannot be written: %s; the guest was told that its flash failed",
		       store->path ? store->path : "the flash in memory", strerror(-error));
	store->failing = error != 0;
	return error;
}

int flash_store_read(void *opaque, uint32_t offset, void *buf, uint32_t len)
{
	const struct flash_store *store = opaque;

	return read_all(store->fd, buf, len, offset);
}

static int write_change(struct flash_store *store, uint32_t offset, const void *buf, uint32_t len)
{
	int error = store->pending ? finish(store) : 0;

	if (error)
		return error;
	store->unsynced = true;
	if (offset / PAGE == (offset + len - 1) / PAGE) {
		error = reserve(store, offset, len);
		return error ? error : write_all(store->fd, buf, len, offset);
	}
	store->record.kind = KIND_WRITE;
	store->record.offset = offset;
	store->record.len = len;
	memcpy(store->record.data, buf, len);
	return change(store);
}

int flash_store_write(void *opaque, uint32_t offset, const void *buf, uint32_t len)
{
	if (len == 0 || len > FLASH_STORE_WRITE_MAX)
		return len ? -EINVAL : 0;
	return told(opaque, write_change(opaque, offset, buf, len));
}

int flash_store_erase(void *opaque, uint32_t offset, uint32_t len)
{
	struct flash_store *store = opaque;
	int error = store->pending ? finish(store) : 0;

	if (!error) {
		store->unsynced = true;
		store->record.kind = KIND_ERASE;
		store->record.offset = offset;
		store->record.len = len;
		error = change(store);
	}
	return told(store, error);
}

int flash_store_sync(void *opaque)
{
	struct flash_store *store = opaque;
	int error;

	if (!store->unsynced)
		return 0;
	error = store->path && fdatasync(store->fd) < 0 ? -errno : 0;
	store->unsynced = error != 0;
	return told(store, error);
}

uint32_t flash_store_size(const struct flash_store *store)
{
	return store->size;
}

void flash_store_close(struct flash_store *store)
{
	if (!store)
		return;
	flash_store_sync(store);
	if (store->fd >= 0)
		close(store->fd);
	free(store->path);
	free(store);
}

static int open_memory(struct flash_store *store, uint32_t block, char *err, size_t errlen)
{
	store->size = MEMORY_BLOCKS * block;
	store->record = (struct record){ .kind = KIND_ERASE, .len = store->size };
	store->fd = memfd_create("flash", MFD_CLOEXEC);
	if (store->fd < 0 || ftruncate(store->fd, store->size) < 0 || apply(store, &store->record))
		return fail(err, errlen, errno, "no memory for the guest's flash: %s",
			    strerror(errno));
	return 0;
}

static int explain_open(const char *path, int error, char *err, size_t errlen)
{
	int probe = -1;

	if (error == ENOENT)
		return fail(err, errlen, error,
			    "%s: no such file; copy a template such as AAVMF_VARS.fd to it, or "
			    "make an empty one with truncate -s 64M %s",
			    path, path);
	if (error == EACCES || error == EROFS || error == EPERM)
		probe = open(path, O_RDONLY | O_CLOEXEC);
	if (probe < 0)
		return fail(err, errlen, error, "%s: cannot be opened: %s", path, strerror(error));
	close(probe);
	return fail(err, errlen, error,
		    "%s: is read-only; make it writable, or give a copy of it that is", path);
}

static int lock_file(const struct flash_store *store, char *err, size_t errlen)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(store->fd, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES))
		return 0;
	return fail(err, errlen, EBUSY,
		    "%s: is in use by another process; give every virtual machine a copy of its "
		    "own",
		    store->path);
}

/* What is behind the image: a record to be finished, or one that was never complete. False: neither
 * of them. */
static bool is_record(const struct flash_store *store, const struct record *record, size_t got,
		      bool *whole)
{
	const uint8_t *bytes = (const uint8_t *)record;
	size_t zeros = 0;

	*whole = record_valid(store, record, got);
	while (zeros < got && bytes[zeros] == 0)
		zeros++;
	return zeros == got || memcmp(bytes, magic, got < sizeof(magic) ? got : sizeof(magic)) == 0;
}

static int recover(struct flash_store *store, size_t tail)
{
	struct record *record = &store->record;
	bool whole;
	int error = read_all(store->fd, record, tail, store->size);

	if (error)
		return error;
	if (!is_record(store, record, tail, &whole))
		return -EINVAL;
	if (whole)
		return finish(store);
	return ftruncate(store->fd, store->size) < 0 ? -errno : 0;
}

/* Distributions have variables in such images, too. */
static bool is_qcow2(const struct flash_store *store)
{
	char head[4];

	return pread(store->fd, head, sizeof(head), 0) == sizeof(head) &&
	       memcmp(head, "QFI\xfb", sizeof(head)) == 0;
}

static int measure(struct flash_store *store, uint32_t block, uint32_t max, char *err,
		   size_t errlen)
{
	struct stat st;
	uint64_t size;
	int error = fstat(store->fd, &st) < 0 ? -errno : 0;

	if (!error && !S_ISREG(st.st_mode))
		return fail(err, errlen, EINVAL, "%s: is not a regular file; name one",
			    store->path);
	if (!error && is_qcow2(store))
		return fail(err, errlen, EINVAL,
			    "%s: is a qcow2 image; convert it with qemu-img convert -O raw",
			    store->path);
	size = error ? 0 : (uint64_t)st.st_size;
	store->size = size / block * block <= max ? (uint32_t)(size / block * block) : 0;
	if (!error && (store->size == 0 || size - store->size > sizeof(struct record)))
		error = -EINVAL;
	if (!error && size > store->size)
		error = recover(store, size - store->size);
	if (error == -EINVAL)
		return fail(err, errlen, EINVAL,
			    "%s: %llu bytes are no size for flash; give a multiple of %uK up to "
			    "%uM: truncate -s 64M %s",
			    store->path, (unsigned long long)size, block >> 10, max >> 20,
			    store->path);
	if (error)
		return fail(err, errlen, -error, "%s: %s", store->path, strerror(-error));
	return 0;
}

static int open_file(struct flash_store *store, const char *path, uint32_t block, uint32_t max,
		     char *err, size_t errlen)
{
	int error;

	store->path = strdup(path);
	if (!store->path)
		return fail(err, errlen, ENOMEM, "%s: the host is out of memory", path);
	store->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (store->fd < 0)
		return explain_open(path, errno, err, errlen);
	error = lock_file(store, err, errlen);
	return error ? error : measure(store, block, max, err, errlen);
}

int flash_store_open(const char *path, uint32_t block, uint32_t max, struct flash_store **out,
		     char *err, size_t errlen)
{
	struct flash_store *store = calloc(1, sizeof(*store));
	int error;

	if (!store)
		return fail(err, errlen, ENOMEM, "the host is out of memory");
	store->fd = -1;
	error = path ? open_file(store, path, block, max, err, errlen)
		     : open_memory(store, block, err, errlen);
	if (error)
		flash_store_close(store);
	else
		*out = store;
	return error;
}
