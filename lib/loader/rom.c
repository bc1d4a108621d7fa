// SPDX-License-Identifier: BSD-2-Clause
/* Loads a boot ROM. */
#include "lib/loader/rom.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/loader/bytes.h"
#include "lib/loader/file.h"
#include "lib/loader/foreign.h"
#include "lib/loader/load.h"

/* The ROM's memory is a multiple of this, a block of stage 2, in bytes. */
#define ROM_STEP 0x200000ULL

#define CHUNK	 0x4000u

static int read_failed(const char *path, char *err, size_t errlen)
{
	int error = errno ? errno : EIO;

	snprintf(err, errlen, "%s: cannot be read: %s", path, strerror(error));
	return -error;
}

/* Whether all bytes have the value. */
static bool is_fill(const uint8_t *bytes, size_t len, uint8_t value)
{
	return bytes[0] == value && memcmp(bytes, bytes + 1, len - 1) == 0;
}

/* Bytes of the file without its padding, in whole chunks. Negative errno. */
static int64_t length_without_padding(int fd, const char *path, uint64_t size, char *err,
				      size_t errlen)
{
	uint8_t bytes[CHUNK], fill;
	uint64_t end = size;

	errno = 0;
	if (pread(fd, &fill, 1, (off_t)size - 1) != 1)
		return read_failed(path, err, errlen);
	while (end > 0) {
		uint64_t start = (end - 1) / CHUNK * CHUNK;
		size_t len = (size_t)(end - start);

		errno = 0;
		if (pread(fd, bytes, len, (off_t)start) != (ssize_t)len)
			return read_failed(path, err, errlen);
		if (!is_fill(bytes, len, fill))
			break;
		end = start;
	}
	return (int64_t)end;
}

static int refuse(const char *path, const char *what, char *err, size_t errlen)
{
	snprintf(err, errlen,
		 "%s: is %s; give firmware for QEMU's arm64 virt machine, such as u-boot.bin of "
		 "U-Boot's qemu_arm64, or AAVMF_CODE.fd or QEMU_EFI.fd of EDK2",
		 path, what);
	return -ENOEXEC;
}

/* Refuses what is known to be no firmware. */
static int check_format(int fd, const char *path, char *err, size_t errlen)
{
	static uint8_t head[FOREIGN_HEAD_SIZE];
	ssize_t len = pread(fd, head, sizeof(head), 0);
	const char *what;

	if (len < 0)
		return read_failed(path, err, errlen);
	what = foreign_kernel(head, (size_t)len);
	if (what) {
		snprintf(err, errlen, "%s: is %s, no firmware; give it with kernel=", path, what);
		return -ENOEXEC;
	}
	what = foreign_format(head, (size_t)len);
	if (!what && foreign_is_arm32(head, (size_t)len))
		what = "firmware for 32-bit Arm";
	return what ? refuse(path, what, err, errlen) : 0;
}

/* Size of the segment at ROM_BASE; 0 if there is none. */
static uint64_t rom_segment(struct vmctx *vm)
{
	struct vmm_memseg segment;

	for (uint32_t i = 0; vm_get_memseg(vm, i, &segment) == 0; i++)
		if (segment.ipa == ROM_BASE && (segment.flags & VMM_MEM_READONLY))
			return segment.size;
	return 0;
}

bool rom_begins_with_code(struct vmctx *vm)
{
	uint64_t size = rom_segment(vm);
	const uint8_t *rom = size ? vm_map(vm, ROM_BASE, size) : NULL;

	return !rom || foreign_is_a64(le32(rom));
}

/* Makes sure that the VM has room for len bytes; *room is what it has. */
static int make_room(struct vmctx *vm, const char *path, uint64_t len, uint64_t *room, char *err,
		     size_t errlen)
{
	int error;

	*room = rom_segment(vm);
	if (*room >= len)
		return 0;
	if (*room) {
		snprintf(err, errlen,
			 "%s: has %llu KiB, the virtual machine was made with a ROM of %llu KiB; "
			 "destroy it with bhyvectl --vm=%s --destroy and run this again",
			 path, (unsigned long long)len >> 10, (unsigned long long)*room >> 10,
			 vm_name(vm));
		return -EEXIST;
	}
	*room = (len + ROM_STEP - 1) / ROM_STEP * ROM_STEP;
	error = vm_add_memseg(vm, ROM_BASE, *room, VMM_MEM_READONLY);
	if (error)
		vm_explain(VM_OP_MEMORY, vm_name(vm), error, err, errlen);
	return error;
}

static int load(struct vmctx *vm, int fd, const char *path, uint64_t len, char *err, size_t errlen)
{
	uint64_t room;
	uint8_t *rom;
	int error = make_room(vm, path, len, &room, err, errlen);

	if (error)
		return error;
	rom = vm_map(vm, ROM_BASE, room);
	if (!rom) {
		error = -errno;
		vm_explain(VM_OP_MEMORY, vm_name(vm), error, err, errlen);
		return error;
	}
	error = file_read(fd, path, rom, len, err, errlen);
	memset(rom + len, 0xff, room - len);
	vm_sync_memory(rom, room);
	return error;
}

/* Bytes of the file that are to be loaded, if it may be firmware. Negative errno. */
static int64_t measure(int fd, const char *path, uint64_t size, char *err, size_t errlen)
{
	int64_t len;
	int error;

	if (size == 0 || size > ROM_SIZE_MAX) {
		snprintf(err, errlen,
			 "%s: %llu bytes are no size for a boot ROM; give firmware of at most 64M",
			 path, (unsigned long long)size);
		return -EINVAL;
	}
	error = check_format(fd, path, err, errlen);
	if (error)
		return error;
	len = length_without_padding(fd, path, size, err, errlen);
	if (len)
		return len;
	snprintf(err, errlen, "%s: is empty (all bytes are the same); give firmware", path);
	return -EINVAL;
}

int rom_load(struct vmctx *vm, struct record *record, char *err, size_t errlen)
{
	uint64_t size;
	int64_t len;
	int fd = file_open(record->bootrom, &size, err, errlen), error;

	if (fd < 0)
		return fd;
	len = measure(fd, record->bootrom, size, err, errlen);
	error = len < 0 ? (int)len : load(vm, fd, record->bootrom, (uint64_t)len, err, errlen);
	close(fd);
	record->entry = ROM_BASE;
	record->dtb_ipa = LOADER_RAM_BASE;
	record->dtb_room = 0;
	record->fresh = error == 0;
	return error;
}
