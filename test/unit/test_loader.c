// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loading kernels, initrds and device trees into memory.
 *
 * sources: lib/loader/load.c lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <libfdt.h>
#include <zlib.h>

#include "lib/loader/devicetree.h"
#include "lib/loader/file.h"
#include "lib/loader/image.h"
#include "lib/loader/load.h"

#define MIB	    (1ULL << 20)
#define MEMORY_SIZE (64 * MIB)
#define KERNEL_SIZE 300000

static char folder[] = "/tmp/test_loader.XXXXXX";
static char path[3][PATH_MAX]; /* kernel, initrd, device tree */
static uint8_t *ram;
static uint8_t kernel[KERNEL_SIZE];
static struct record record;
static char err[LOADER_ERROR_MAX];

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* An arm64 Image header in the kernel's first 64 bytes. */
static void make_image(uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = (uint8_t)(i * 7 + (i >> 9));
	memset(kernel, 0, 64);
	put(kernel, 0x14000000, 4);
	put(kernel + 8, text_offset, 8);
	put(kernel + 16, image_size, 8);
	put(kernel + 24, flags, 8);
	memcpy(kernel + 56, "ARM\x64", 4);
}

static void write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void write_gzip(const char *name, const void *data, size_t size)
{
	gzFile file = gzopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(gzwrite(file, data, (unsigned)size), size);
	assert_int_equal(gzclose(file), Z_OK);
}

static int setup(void **state)
{
	(void)state;
	memset(&record, 0, sizeof(record));
	err[0] = '\0';
	record.memory_size = MEMORY_SIZE;
	strcpy(record.kernel, path[0]);
	madvise(ram, MEMORY_SIZE, MADV_DONTNEED);
	make_image(0, 4 * MIB, 0xa);
	write_file(path[0], kernel, sizeof(kernel));
	return 0;
}

static int load(void)
{
	return load_guest(&record, ram, err, sizeof(err));
}

/* Loading fails with this errno, and a message that has the text. */
static void assert_refused(int error, const char *text)
{
	assert_int_equal(load(), error);
	if (!strstr(err, text))
		fail_msg("\"%s\" does not say \"%s\"", err, text);
	assert_false(record.fresh);
}

static void image_is_loaded_where_its_header_says(void **state)
{
	(void)state;
	make_image(0x80000, 5 * MIB, 0x2);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_memory_equal(ram + 0x80000, kernel, sizeof(kernel));
	assert_int_equal(record.entry, 0x40080000);
	assert_int_equal(record.kernel_ipa, 0x40080000);
	assert_int_equal(record.kernel_size, 5 * MIB);
	assert_int_equal(record.page_size, 4096);
	assert_true(record.fresh);
}

static void gzip_image_is_the_same(void **state)
{
	(void)state;
	write_gzip(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_memory_equal(ram, kernel, sizeof(kernel));
	assert_int_equal(record.kernel_size, 4 * MIB);
}

static void old_image_without_size_goes_to_512_kib(void **state)
{
	(void)state;
	make_image(0, 0, 0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_int_equal(record.entry, 0x40080000);
	assert_true(record.kernel_size > KERNEL_SIZE);
}

static void raw_binary_goes_to_512_kib(void **state)
{
	(void)state;
	memset(kernel, 0x1f, 64);
	write_file(path[0], kernel, 4096);
	assert_int_equal(load(), 0);
	assert_int_equal(record.entry, 0x40080000);
	assert_int_equal(record.raw, 1);
	assert_memory_equal(ram + 0x80000, kernel, 4096);
}

/* As on QEMU's machine: programs may take what is below them, and the end of memory. */
static void a_kept_file_is_loaded_again_when_its_name_is_gone(void **state)
{
	int fd;
	uint64_t size;
	char text[5];

	(void)state;
	write_file(path[1], "first", 5);
	assert_int_equal(file_keep(path[1], err, sizeof(err)), 0);
	assert_int_equal(file_keep(path[1], err, sizeof(err)), 0);
	assert_int_equal(unlink(path[1]), 0);
	for (int i = 0; i < 4; i++) {
		int other = file_open(path[1], &size, err, sizeof(err));

		fd = file_open(path[1], &size, err, sizeof(err));
		assert_true(fd >= 0 && other >= 0);
		assert_int_equal(size, 5);
		assert_int_equal(read(other, text, 2), 2);
		assert_int_equal(file_read(fd, path[1], text, 5, err, sizeof(err)), 0);
		assert_memory_equal(text, "first", 5);
		close(fd);
		close(other);
	}
	assert_int_equal(file_keep("/nowhere/at/all", err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "/nowhere/at/all"));
}

static void raw_binary_has_initrd_and_tree_above_it_from_the_middle_of_memory_on(void **state)
{
	(void)state;
	memset(kernel, 0x1f, 64);
	write_file(path[0], kernel, 4096);
	write_file(path[1], "initrd", 6);
	strcpy(record.initrd, path[1]);
	assert_int_equal(load(), 0);
	assert_int_equal(record.bare, 1);
	assert_int_equal(record.initrd_ipa, LOADER_RAM_BASE + MEMORY_SIZE / 2);
	assert_int_equal(record.dtb_ipa, LOADER_RAM_BASE + MEMORY_SIZE / 2 + 2 * MIB);
	make_image(0, 4 * MIB, 0xa);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_int_equal(record.bare, 0);
	assert_int_equal(record.dtb_ipa, LOADER_RAM_BASE + MEMORY_SIZE - 2 * MIB);
}

static void raw_binary_of_four_bytes_is_loaded(void **state)
{
	(void)state;
	write_file(path[0], "\x00\x00\x00\x14", 4);
	assert_int_equal(load(), 0);
	assert_int_equal(record.entry, 0x40080000);
	assert_int_equal(ram[0x80003], 0x14);
}

static void missing_kernel_is_named(void **state)
{
	(void)state;
	unlink(path[0]);
	assert_refused(-ENOENT, "/Image: cannot be opened: No such file");
}

static void folder_as_kernel_is_refused(void **state)
{
	(void)state;
	strcpy(record.kernel, folder);
	assert_refused(-EINVAL, "not a regular file");
}

static void fifo_as_kernel_does_not_hang(void **state)
{
	(void)state;
	unlink(path[0]);
	assert_int_equal(mkfifo(path[0], 0600), 0);
	assert_refused(-EINVAL, "not a regular file");
	unlink(path[0]);
}

static void empty_kernel_is_refused(void **state)
{
	(void)state;
	write_file(path[0], "", 0);
	assert_refused(-ENOEXEC, "the file is empty");
}

/* A zImage of the whole array; with the table of what it unpacks to if "unpacked" is not 0. */
static void make_zimage(uint32_t unpacked)
{
	make_image(0, 0, 0);
	memset(kernel, 0, 64);
	put(kernel + 0x24, 0x016f2818, 4);
	put(kernel + 0x2c, sizeof(kernel), 4);
	put(kernel + 0x30, 0x04030201, 4);
	if (!unpacked)
		return;
	put(kernel + 0x34, 0x45454545, 4);
	put(kernel + 0x38, 0x100, 4);
	put(kernel + 0x100, 4, 4);
	memcpy(kernel + 0x104, "KLSZ", 4);
	put(kernel + 0x108, sizeof(kernel) - 4, 4);
	put(kernel + 0x10c, 0x1000, 4);	  /* BSS */
	put(kernel + 0x110, 0x208000, 4); /* text offset */
	put(kernel + sizeof(kernel) - 4, unpacked, 4);
}

static void zimage_is_loaded_at_32_mib_for_aarch32(void **state)
{
	(void)state;
	make_zimage(8 * MIB);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_memory_equal(ram + 32 * MIB, kernel, sizeof(kernel));
	assert_int_equal(record.entry, 0x42000000);
	assert_int_equal(record.aarch32, 1);
	assert_true(record.kernel_size >= KERNEL_SIZE && record.kernel_size < MIB);
	make_image(0, 4 * MIB, 0xa);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_int_equal(record.aarch32, 0);
}

/* What it unpacks to reaches over the zImage, which moves behind it: the initrd must lie above. */
static void large_zimage_keeps_the_room_it_moves_to(void **state)
{
	(void)state;
	make_zimage(40 * MIB);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_true(record.kernel_ipa + record.kernel_size >= 0x40000000 + 42 * MIB + KERNEL_SIZE);
	make_zimage(80 * MIB);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOSPC, "does not fit");
	put(kernel + 0x108, 0xfffffffd, 4); /* nonsense is as if it said nothing */
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
}

static void truncated_zimage_is_refused(void **state)
{
	(void)state;
	make_zimage(0);
	write_file(path[0], kernel, sizeof(kernel) - 1);
	assert_refused(-ENOEXEC, "truncated");
	put(kernel + 0x2c, 3, 4);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOEXEC, "malformed zImage header");
}

static void arch_must_fit_the_kernel(void **state)
{
	(void)state;
	strcpy(record.arch, "armv7");
	assert_refused(-EINVAL, "a 64-bit kernel; leave arch=armv7 out");
	make_zimage(0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	strcpy(record.arch, "armv8");
	record.fresh = false;
	assert_refused(-EINVAL, "a 32-bit kernel; leave arch=armv8 out");
}

static void raw_binary_is_what_arch_says(void **state)
{
	(void)state;
	memset(kernel, 0x1f, 64);
	write_file(path[0], kernel, 4096);
	strcpy(record.arch, "armv7");
	assert_int_equal(load(), 0);
	assert_int_equal(record.aarch32, 1);
	assert_int_equal(record.entry, 0x40080000);
}

static void kernels_of_other_machines_are_named(void **state)
{
	static const struct {
		size_t offset;
		const char *bytes;
		size_t size;
		const char *says;
	} foreign[] = {
		{ 0, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\x3e\0", 20, "an ELF file (x86-64)" },
		{ 0, "\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\xb7", 20, "(big-endian arm64)" },
		{ 0x202, "HdrS", 4, "an x86 Linux kernel" },
		{ 0x24, "\x01\x6f\x28\x18", 4, "a big-endian 32-bit Arm Linux kernel" },
		{ 0x38, "RSC\x05", 4, "a RISC-V Linux kernel" },
		{ 0, "MZ\0\0zimg\x40\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0lzma", 29,
		  "compressed EFI kernel of a kind that is not supported (lzma, " },
		{ 0, "\x27\x05\x19\x56", 4, "a U-Boot image" },
		{ 0, "\xfd\x37zXZ\0", 6, "compressed with xz" },
		{ 0, "MZ", 2, "an EFI program" },
		{ 0, "QFI\xfb", 4, "a qcow2 disk image" },
		{ 0, "PK\x03\x04", 4, "a ZIP archive" },
		{ 0x101, "ustar", 5, "a tar archive" },
		{ 0x200, "EFI PART", 8, "a disk image (with a GPT)" },
		{ 0x1fe, "\x55\xaa", 2, "a disk image (with an MBR)" },
		{ 0x438, "\x53\xef", 2, "an ext4 file system" },
		{ 0x8001, "CD001", 5, "an ISO image" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		memset(kernel, 0, 65536);
		memcpy(kernel + foreign[i].offset, foreign[i].bytes, foreign[i].size);
		write_file(path[0], kernel, 65536);
		assert_refused(-ENOEXEC, foreign[i].says);
		assert_non_null(strstr(err, "arm64 Linux Image"));
	}
}

static void text_is_no_kernel(void **state)
{
	static const char *const texts[] = { "root:x:0:0:root:/root:/bin/bash\n", "x",
					     "\033[1mbold", "#!/bin/sh\n",
					     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac\n" };
	static const char *const binaries[] = { "\xff\xff", "a\x80",	"\xc3(",
						"\xc0\x80", "text\x01", "\x7f" };
	static char large[65536];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(path[0], texts[i], strlen(texts[i]));
		assert_refused(-ENOEXEC, i == 3 ? "is a script" : "is text");
	}
	for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++) {
		write_file(path[0], binaries[i], strlen(binaries[i]));
		assert_int_equal(load(), 0);
	}
	memset(large, 'x', sizeof(large));
	write_file(path[0], large, sizeof(large));
	assert_refused(-ENOEXEC, "is text");
	large[4096] = '\0';
	write_file(path[0], large, sizeof(large));
	assert_int_equal(load(), 0);
}

/* Short magic numbers are looked for in what cannot be a program alone. */
static void program_may_have_the_bytes_of_a_disk(void **state)
{
	(void)state;
	memset(kernel, 0, 4096);
	put(kernel, 0x14000002, 4);
	put(kernel + 0x1fe, 0xaa55, 2);
	put(kernel + 0x438, 0xef53, 2);
	write_file(path[0], kernel, 4096);
	assert_int_equal(load(), 0);
	make_image(0, 4 * MIB, 0xa);
	put(kernel + 0x200, 0x5452415020494645, 8);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
}

static void vectors_of_32_bits_want_to_be_asked_for(void **state)
{
	(void)state;
	memset(kernel, 0, 4096);
	put(kernel, 0xea000000 | 0xb8, 4);
	for (unsigned i = 4; i < 32; i += 4)
		put(kernel + i, i == 28 ? 0xea000012 : 0xe59ff014, 4);
	write_file(path[0], kernel, 4096);
	assert_refused(-ENOEXEC, "give arch=armv7");
	strcpy(record.arch, "armv7");
	assert_int_equal(load(), 0);
	assert_int_equal(record.aarch32, 1);
	record.arch[0] = '\0';
	put(kernel + 8, 0xd503201f, 4);
	write_file(path[0], kernel, 4096);
	assert_int_equal(load(), 0);
}

/* The kernel, compressed, at an offset in an EFI program. Returns the file's size. */
static size_t write_zboot(size_t offset)
{
	static uint8_t whole[KERNEL_SIZE];
	FILE *packed;
	size_t size;

	write_gzip(path[0], kernel, sizeof(kernel));
	memset(whole, 0, sizeof(whole));
	packed = fopen(path[0], "rb");
	size = fread(whole + offset, 1, sizeof(whole) - offset - 64, packed);
	fclose(packed);
	memcpy(whole, "MZ\0\0zimg", 8);
	put(whole + 8, offset, 4);
	put(whole + 12, size, 4);
	memcpy(whole + 24, "gzip", 5);
	/* sections of the program may follow */
	write_file(path[0], whole, offset + size + 64);
	return offset + size;
}

static void compressed_efi_kernel_is_the_same(void **state)
{
	(void)state;
	write_zboot(4096);
	assert_int_equal(load(), 0);
	assert_memory_equal(ram, kernel, sizeof(kernel));
	assert_int_equal(record.kernel_size, 4 * MIB);
}

static void truncated_compressed_efi_kernel_is_refused(void **state)
{
	size_t size = write_zboot(4096);

	(void)state;
	assert_int_equal(truncate(path[0], (off_t)size - 1), 0);
	assert_refused(-ENOEXEC, "truncated");
	assert_int_equal(truncate(path[0], 60), 0);
	assert_refused(-ENOEXEC, "truncated");
	write_zboot(20);
	assert_refused(-ENOEXEC, "truncated");
}

static void big_endian_image_is_refused(void **state)
{
	(void)state;
	make_image(0, 4 * MIB, 0x1);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOEXEC, "big-endian");
}

static void unaligned_text_offset_is_refused(void **state)
{
	(void)state;
	make_image(0x123, 4 * MIB, 0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOEXEC, "text_offset 0x123");
}

static void text_offset_outside_memory_is_refused(void **state)
{
	static const uint64_t offsets[] = { MEMORY_SIZE, 0xfffffffffffff000ULL, 1ULL << 40 };

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		make_image(offsets[i], 4 * MIB, 0);
		write_file(path[0], kernel, sizeof(kernel));
		assert_refused(-ENOSPC, "does not fit");
	}
}

static void image_larger_than_memory_is_refused(void **state)
{
	(void)state;
	make_image(0, MEMORY_SIZE + 1, 0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOSPC, "it needs 65 MiB, the virtual machine has 64 MiB");
	make_image(0, UINT64_MAX, 0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOSPC, "does not fit");
}

static void file_larger_than_memory_is_refused(void **state)
{
	(void)state;
	/* more data than the header says, and than there is memory */
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(truncate(path[0], MEMORY_SIZE + 4096), 0);
	assert_refused(-ENOSPC, "does not fit");
}

static void gzip_bomb_stops_at_the_end_of_memory(void **state)
{
	gzFile file = gzopen(path[0], "wb");
	static const uint8_t zeroes[65536];

	(void)state;
	assert_int_equal(gzwrite(file, kernel, sizeof(kernel)), sizeof(kernel));
	for (uint64_t done = 0; done < 2 * MEMORY_SIZE; done += sizeof(zeroes))
		assert_int_equal(gzwrite(file, zeroes, sizeof(zeroes)), sizeof(zeroes));
	gzclose(file);
	assert_refused(-ENOSPC, "does not fit");
}

static void truncated_gzip_is_refused(void **state)
{
	struct stat status;

	(void)state;
	write_gzip(path[0], kernel, sizeof(kernel));
	assert_int_equal(stat(path[0], &status), 0);
	assert_int_equal(truncate(path[0], status.st_size / 2), 0);
	assert_refused(-EIO, "truncated");
	assert_int_equal(truncate(path[0], 20), 0);
	assert_refused(-EIO, "truncated");
}

static void damaged_gzip_is_refused(void **state)
{
	FILE *file;
	struct stat status;

	(void)state;
	write_gzip(path[0], kernel, sizeof(kernel));
	assert_int_equal(stat(path[0], &status), 0);
	file = fopen(path[0], "r+b");
	fseek(file, status.st_size - 8, SEEK_SET); /* its CRC */
	fwrite("\1\2\3\4", 1, 4, file);
	fclose(file);
	assert_refused(-EIO, "damaged");
}

/* A PE header as the EFI stub has it, with one section that ends at end. */
static void add_pe_header(uint32_t end)
{
	memcpy(kernel, "MZ", 2);
	put(kernel + 60, 64, 4);
	memcpy(kernel + 64, "PE\0\0", 4);
	put(kernel + 64 + 6, 2, 2);   /* sections */
	put(kernel + 64 + 20, 16, 2); /* size of the optional header */
	put(kernel + 64 + 24 + 16 + 16, 4096, 4);
	put(kernel + 64 + 24 + 16 + 20, 4096, 4);
	put(kernel + 64 + 24 + 16 + 40 + 16, end - 8192, 4);
	put(kernel + 64 + 24 + 16 + 40 + 20, 8192, 4);
}

static void truncated_image_is_refused(void **state)
{
	(void)state;
	add_pe_header(KERNEL_SIZE);
	write_file(path[0], kernel, KERNEL_SIZE);
	assert_int_equal(load(), 0);
	record.fresh = false;
	write_file(path[0], kernel, KERNEL_SIZE - 1);
	assert_refused(-ENOEXEC, "truncated: it has 299999 bytes of 300000");
}

static void hostile_pe_headers_do_no_harm(void **state)
{
	static const uint32_t offsets[] = { 0, 1, 4090, 4096, 0x7fffffff, 0xffffffff };

	(void)state;
	add_pe_header(KERNEL_SIZE);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		put(kernel + 60, offsets[i], 4);
		write_file(path[0], kernel, KERNEL_SIZE);
		assert_int_equal(load(), 0);
	}
	put(kernel + 60, 64, 4);
	put(kernel + 64 + 6, 0xffff, 2);
	put(kernel + 64 + 20, 0xffff, 2);
	write_file(path[0], kernel, KERNEL_SIZE);
	assert_int_equal(load(), 0);
}

static void initrd_is_above_the_kernel_and_below_the_device_tree(void **state)
{
	(void)state;
	strcpy(record.initrd, path[1]);
	write_file(path[1], kernel, 123457);
	assert_int_equal(load(), 0);
	assert_int_equal(record.initrd_size, 123457);
	assert_int_equal(record.initrd_ipa % 4096, 0);
	assert_true(record.initrd_ipa >= record.kernel_ipa + record.kernel_size);
	assert_true(record.initrd_ipa + record.initrd_size <= record.dtb_ipa);
	assert_memory_equal(ram + (record.initrd_ipa - LOADER_RAM_BASE), kernel, 123457);
}

static void missing_and_empty_initrds_are_named(void **state)
{
	(void)state;
	strcpy(record.initrd, path[1]);
	unlink(path[1]);
	assert_refused(-ENOENT, "/initrd: cannot be opened");
	write_file(path[1], "", 0);
	assert_refused(-EINVAL, "/initrd: the file is empty");
}

static void initrd_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	strcpy(record.initrd, path[1]);
	write_file(path[1], "x", 1);
	assert_int_equal(truncate(path[1], 59 * MIB), 0);
	assert_refused(-ENOSPC, "/initrd: does not fit");
	assert_int_equal(truncate(path[1], 58 * MIB), 0);
	assert_int_equal(load(), 0);
}

static void kernel_that_leaves_no_room_for_the_device_tree_is_refused(void **state)
{
	(void)state;
	make_image(0, MEMORY_SIZE - MIB, 0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_refused(-ENOSPC, "/Image: does not fit");
	make_image(0, MEMORY_SIZE - 2 * MIB, 0);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
}

static void layout_of_a_program_begins_at_the_middle_or_behind_it(void **state)
{
	struct layout layout;

	(void)state;
	assert_int_equal(layout_place_program(512 * MIB, 16 * MIB, 0, &layout), 0);
	assert_int_equal(layout.dtb, 128 * MIB);
	assert_int_equal(layout_place_program(64 * MIB, 40 * MIB + 1, 0x10000, &layout), 0);
	assert_int_equal(layout.initrd, 40 * MIB + 0x10000);
	assert_int_equal(layout.dtb, 42 * MIB);
	assert_int_equal(layout_place_program(4 * MIB, MIB, 0, &layout), 0);
	assert_int_equal(layout.dtb, 2 * MIB);
	assert_int_equal(layout_place_program(4 * MIB, 2 * MIB + 1, 0, &layout), -ENOSPC);
	assert_int_equal(layout_place_program(4 * MIB, 8 * MIB, 0, &layout), -ENOSPC);
	assert_int_equal(layout_place_program(4 * MIB, MIB, UINT64_MAX, &layout), -ENOSPC);
}

static void layout_never_overlaps(void **state)
{
	static const uint64_t sizes[] = { 4 * MIB,    64 * MIB,	  100 * MIB,
					  1024 * MIB, 4096 * MIB, 255ULL << 30 };
	unsigned placed = 0;

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (uint64_t end = 4096; end <= sizes[s]; end = end * 3 + 4096) {
			for (uint64_t initrd = 0; initrd <= sizes[s]; initrd = initrd * 5 + 1) {
				struct layout layout;

				if (layout_place(sizes[s], end, initrd, &layout))
					continue;
				placed++;
				assert_true(layout.initrd >= end);
				assert_true(layout.initrd + initrd <= layout.dtb);
				assert_true(layout.dtb + LOADER_DTB_ROOM <= sizes[s]);
				assert_int_equal(layout.dtb % LOADER_DTB_ROOM, 0);
				assert_true(layout.dtb + LOADER_DTB_ROOM <= 32ULL << 30);
			}
		}
	}
	assert_true(placed > 100);
}

static void large_machines_load_below_the_first_gib_if_it_fits(void **state)
{
	struct layout layout;

	(void)state;
	assert_int_equal(layout_place(8192 * MIB, 40 * MIB, 20 * MIB, &layout), 0);
	assert_int_equal(layout.dtb, 1022 * MIB);
	assert_int_equal(layout.initrd, 1002 * MIB);
	assert_int_equal(layout_place(8192 * MIB, 40 * MIB, 2000 * MIB, &layout), 0);
	assert_int_equal(layout.dtb, 8190 * MIB);
	assert_int_equal(layout_place(64ULL << 30, 40 * MIB, 2000 * MIB, &layout), 0);
	assert_int_equal(layout.dtb, (32ULL << 30) - 2 * MIB);
}

static void memory_sizes_are_checked(void **state)
{
	static const uint64_t bad[] = {
		0, 1, 2 * MIB, 3 * MIB, 4 * MIB + 4096, 256ULL << 30, UINT64_MAX
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err[0] = '\0';
		assert_int_equal(load_check_memory(bad[i], err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "memory.size: "));
	}
	assert_int_equal(load_check_memory(4 * MIB, err, sizeof(err)), 0);
	assert_int_equal(load_check_memory(255ULL << 30, err, sizeof(err)), 0);
}

/* A device tree with a memory node of these values. */
static size_t make_dtb(char *blob, size_t size, uint64_t base, uint64_t length)
{
	fdt64_t reg[2] = { cpu_to_fdt64(base), cpu_to_fdt64(length) };

	assert_int_equal(fdt_create(blob, (int)size), 0);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_u32(blob, "#address-cells", 2);
	fdt_property_u32(blob, "#size-cells", 2);
	fdt_begin_node(blob, "memory");
	fdt_property_string(blob, "device_type", "memory");
	fdt_property(blob, "reg", reg, sizeof(reg));
	fdt_end_node(blob);
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	return fdt_totalsize(blob);
}

static void device_tree_of_the_user_is_loaded_with_chosen_set(void **state)
{
	char blob[4096] = { 0 };
	const void *loaded;
	int chosen;

	(void)state;
	strcpy(record.dtb, path[2]);
	strcpy(record.initrd, path[1]);
	strcpy(record.cmdline, "quiet");
	write_file(path[1], "initrd", 6);
	write_file(path[2], blob, make_dtb(blob, sizeof(blob), LOADER_RAM_BASE, MEMORY_SIZE));
	assert_int_equal(load(), 0);
	loaded = ram + (record.dtb_ipa - LOADER_RAM_BASE);
	assert_int_equal(fdt_check_full(loaded, LOADER_DTB_ROOM), 0);
	chosen = fdt_path_offset(loaded, "/chosen");
	assert_true(chosen >= 0);
	assert_string_equal(fdt_getprop(loaded, chosen, "bootargs", NULL), "quiet");
	assert_int_equal(fdt64_ld(fdt_getprop(loaded, chosen, "linux,initrd-start", NULL)),
			 record.initrd_ipa);
	assert_int_equal(fdt64_ld(fdt_getprop(loaded, chosen, "linux,initrd-end", NULL)),
			 record.initrd_ipa + 6);
}

/* The copy is for programs that look there; none is made over the program, or of Linux' tree. */
static void program_has_a_copy_of_its_tree_at_the_start_of_memory(void **state)
{
	static char blob[0x90000];
	const void *loaded;
	void *large;

	(void)state;
	memset(kernel, 0x1f, 64);
	write_file(path[0], kernel, 4096);
	strcpy(record.dtb, path[2]);
	write_file(path[2], blob, make_dtb(blob, 4096, LOADER_RAM_BASE, MEMORY_SIZE));
	assert_int_equal(load(), 0);
	loaded = ram + (record.dtb_ipa - LOADER_RAM_BASE);
	assert_memory_equal(ram, loaded, fdt_totalsize(loaded));
	assert_int_equal(fdt_open_into(blob, blob, sizeof(blob)), 0);
	assert_int_equal(fdt_setprop_placeholder(blob, 0, "large", 0x80000, &large), 0);
	write_file(path[2], blob, sizeof(blob));
	madvise(ram, MEMORY_SIZE, MADV_DONTNEED);
	assert_int_equal(load(), 0);
	assert_memory_equal(ram + 0x80000, kernel, 4096);
	assert_int_equal(ram[0], 0);
	write_file(path[2], blob, make_dtb(blob, 4096, LOADER_RAM_BASE, MEMORY_SIZE));
	make_image(0x80000, 4 * MIB, 0xa);
	write_file(path[0], kernel, sizeof(kernel));
	assert_int_equal(load(), 0);
	assert_int_equal(ram[0], 0);
}

static void device_tree_with_memory_the_vm_has_not_is_refused(void **state)
{
	static const uint64_t bad[][2] = {
		{ LOADER_RAM_BASE, MEMORY_SIZE + 1 },
		{ 0x80000000, 4096 },
		{ 0, MEMORY_SIZE },
		{ LOADER_RAM_BASE + 4096, MEMORY_SIZE },
		{ LOADER_RAM_BASE, UINT64_MAX },
	};
	char blob[4096] = { 0 };

	(void)state;
	strcpy(record.dtb, path[2]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file(path[2], blob, make_dtb(blob, sizeof(blob), bad[i][0], bad[i][1]));
		assert_refused(-EINVAL, "describes memory at");
	}
}

static void invalid_device_trees_are_refused(void **state)
{
	char blob[4096] = { 0 };
	size_t size = make_dtb(blob, sizeof(blob), LOADER_RAM_BASE, MEMORY_SIZE);

	(void)state;
	strcpy(record.dtb, path[2]);
	unlink(path[2]);
	assert_refused(-ENOENT, "/dtb: cannot be opened");
	write_file(path[2], "", 0);
	assert_refused(-EINVAL, "not a valid device tree blob");
	write_file(path[2], blob, size - 1);
	assert_refused(-EINVAL, "not a valid device tree blob");
	write_file(path[2], blob, 39);
	assert_refused(-EINVAL, "not a valid device tree blob");
	write_file(path[2], "/dts-v1/; / { model = \"source, not blob, of enough bytes\"; };\n",
		   60);
	assert_refused(-EINVAL, "dtc -O dtb");
}

static void device_tree_of_an_ancient_version_is_refused(void **state)
{
	char blob[4096] = { 0 };
	size_t size = make_dtb(blob, sizeof(blob), LOADER_RAM_BASE, MEMORY_SIZE);

	(void)state;
	strcpy(record.dtb, path[2]);
	fdt_set_version(blob, 3);
	fdt_set_last_comp_version(blob, 2);
	write_file(path[2], blob, size);
	assert_refused(-EINVAL, "FDT_ERR_BADVERSION");
}

static void huge_device_tree_is_refused(void **state)
{
	(void)state;
	strcpy(record.dtb, path[2]);
	write_file(path[2], "x", 1);
	assert_int_equal(truncate(path[2], 2 * MIB), 0);
	assert_refused(-EFBIG, "larger than 2048 KiB");
}

static void relative_paths_become_absolute(void **state)
{
	char out[PATH_MAX], cwd[PATH_MAX], want[PATH_MAX + 8];
	char deep[PATH_MAX + 8];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(want, sizeof(want), "%s/Image", cwd);
	assert_int_equal(load_absolute("Image", out), 0);
	assert_string_equal(out, want);
	assert_int_equal(load_absolute("/boot/Image", out), 0);
	assert_string_equal(out, "/boot/Image");
	memset(deep, 'd', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(load_absolute(deep, out), -ENAMETOOLONG);
}

static int group_setup(void **state)
{
	static const char *const names[] = { "Image", "initrd", "dtb" };

	(void)state;
	ram = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED || !mkdtemp(folder))
		return -1;
	for (int i = 0; i < 3; i++)
		snprintf(path[i], sizeof(path[i]), "%s/%s", folder, names[i]);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		unlink(path[i]);
	rmdir(folder);
	return munmap(ram, MEMORY_SIZE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(image_is_loaded_where_its_header_says),
		TEST(gzip_image_is_the_same),
		TEST(old_image_without_size_goes_to_512_kib),
		TEST(raw_binary_goes_to_512_kib),
		TEST(raw_binary_has_initrd_and_tree_above_it_from_the_middle_of_memory_on),
		TEST(layout_of_a_program_begins_at_the_middle_or_behind_it),
		TEST(raw_binary_of_four_bytes_is_loaded),
		TEST(missing_kernel_is_named),
		TEST(folder_as_kernel_is_refused),
		TEST(fifo_as_kernel_does_not_hang),
		TEST(empty_kernel_is_refused),
		TEST(zimage_is_loaded_at_32_mib_for_aarch32),
		TEST(large_zimage_keeps_the_room_it_moves_to),
		TEST(truncated_zimage_is_refused),
		TEST(arch_must_fit_the_kernel),
		TEST(raw_binary_is_what_arch_says),
		TEST(kernels_of_other_machines_are_named),
		TEST(text_is_no_kernel),
		TEST(program_may_have_the_bytes_of_a_disk),
		TEST(vectors_of_32_bits_want_to_be_asked_for),
		TEST(compressed_efi_kernel_is_the_same),
		TEST(truncated_compressed_efi_kernel_is_refused),
		TEST(big_endian_image_is_refused),
		TEST(unaligned_text_offset_is_refused),
		TEST(text_offset_outside_memory_is_refused),
		TEST(image_larger_than_memory_is_refused),
		TEST(file_larger_than_memory_is_refused),
		TEST(gzip_bomb_stops_at_the_end_of_memory),
		TEST(truncated_gzip_is_refused),
		TEST(damaged_gzip_is_refused),
		TEST(truncated_image_is_refused),
		TEST(hostile_pe_headers_do_no_harm),
		TEST(initrd_is_above_the_kernel_and_below_the_device_tree),
		TEST(missing_and_empty_initrds_are_named),
		TEST(initrd_that_does_not_fit_is_refused),
		TEST(kernel_that_leaves_no_room_for_the_device_tree_is_refused),
		TEST(layout_never_overlaps),
		TEST(large_machines_load_below_the_first_gib_if_it_fits),
		TEST(memory_sizes_are_checked),
		TEST(device_tree_of_the_user_is_loaded_with_chosen_set),
		TEST(program_has_a_copy_of_its_tree_at_the_start_of_memory),
		TEST(device_tree_with_memory_the_vm_has_not_is_refused),
		TEST(invalid_device_trees_are_refused),
		TEST(device_tree_of_an_ancient_version_is_refused),
		TEST(huge_device_tree_is_refused),
		TEST(relative_paths_become_absolute),
		/* the last: its file stays kept */
		TEST(a_kept_file_is_loaded_again_when_its_name_is_gone),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
