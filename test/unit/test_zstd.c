// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kernels compressed with zstd: plain frames, and in compressed EFI kernels.
 *
 * sources: lib/loader/load.c lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/loader/load.h"
#include "lib/loader/zstd.h"

#define MIB	    (1ULL << 20)
#define MEMORY_SIZE (64 * MIB)
#define KERNEL_SIZE 700000
#define PAYLOAD	    4096 /* offset in a compressed EFI kernel */
#define FILE_ROOM   (KERNEL_SIZE + 65536)

static char path[] = "/tmp/test_zstd.XXXXXX";
static uint8_t *ram;
static uint8_t kernel[KERNEL_SIZE];
static uint8_t packed[FILE_ROOM];
static struct record record;
static char err[LOADER_ERROR_MAX];

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* An Image whose bytes compress to about half. */
static void make_kernel(void)
{
	uint32_t word = 1;

	for (size_t i = 0; i < sizeof(kernel); i++) {
		word = word * 1664525 + 1013904223;
		kernel[i] = (uint8_t)(word >> 28);
	}
	memset(kernel, 0, 64);
	put(kernel, 0x14000000, 4);
	put(kernel + 16, 4 * MIB, 8);
	put(kernel + 24, 0xa, 8);
	memcpy(kernel + 56, "ARM\x64", 4);
}

static void write_file(const void *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* As the tool does it for a pipe: with a checksum, and without the size in the header. */
static size_t pack(uint8_t *at, size_t room, const void *data, size_t size, int window_log)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	ZSTD_inBuffer in = { data, size, 0 };
	ZSTD_outBuffer out = { at, room, 0 };

	assert_non_null(context);
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
	ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
	assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
	assert_int_equal(in.pos, size);
	ZSTD_freeCCtx(context);
	return out.pos;
}

static size_t pack_kernel(uint8_t *at, size_t room)
{
	return pack(at, room, kernel, sizeof(kernel), 0);
}

/* In packed; the compressed EFI kernel's size. */
static size_t make_zboot(const char *word)
{
	size_t size = pack_kernel(packed + PAYLOAD, sizeof(packed) - PAYLOAD - 64);

	memset(packed, 0, PAYLOAD);
	put(packed + PAYLOAD + size, sizeof(kernel), 4); /* Linux's build appends it */
	memcpy(packed, "MZ\0\0zimg", 8);
	put(packed + 8, PAYLOAD, 4);
	put(packed + 12, size + 4, 4);
	strcpy((char *)packed + 24, word);
	memset(packed + PAYLOAD + size + 4, 0, 60); /* sections of the program */
	return PAYLOAD + size + 64;
}

static int setup(void **state)
{
	(void)state;
	memset(&record, 0, sizeof(record));
	err[0] = '\0';
	record.memory_size = MEMORY_SIZE;
	strcpy(record.kernel, path);
	madvise(ram, MEMORY_SIZE, MADV_DONTNEED);
	make_kernel();
	return 0;
}

static void assert_loaded(void)
{
	if (load_guest(&record, ram, err, sizeof(err)))
		fail_msg("refused: %s", err);
	assert_memory_equal(ram, kernel, sizeof(kernel));
	assert_int_equal(record.kernel_size, 4 * MIB);
}

static void assert_refused(int error, const char *text)
{
	assert_int_equal(load_guest(&record, ram, err, sizeof(err)), error);
	if (!strstr(err, text) || strchr(err, '\n'))
		fail_msg("\"%s\" does not say \"%s\" in one line", err, text);
}

static void zstd_image_is_the_same(void **state)
{
	(void)state;
	write_file(packed, pack_kernel(packed, sizeof(packed)));
	assert_loaded();
}

static void frames_one_behind_the_other_are_one_image(void **state)
{
	size_t size = pack(packed, sizeof(packed), kernel, 100001, 0);

	(void)state;
	size += pack(packed + size, sizeof(packed) - size, kernel, 0, 0);
	size += pack(packed + size, sizeof(packed) - size, kernel + 100001, sizeof(kernel) - 100001,
		     0);
	memcpy(packed + size, "behind", 6);
	write_file(packed, size + 6);
	assert_loaded();
}

static void compressed_efi_kernel_is_the_same(void **state)
{
	(void)state;
	write_file(packed, make_zboot("zstd22"));
	assert_loaded();
	madvise(ram, MEMORY_SIZE, MADV_DONTNEED);
	write_file(packed, make_zboot("zstd"));
	assert_loaded();
}

static void compressed_efi_kernel_is_what_its_header_says(void **state)
{
	(void)state;
	write_file(packed, make_zboot("gzip"));
	assert_refused(-ENOEXEC, "damaged (no gzip data where its header says); copy it again");
	make_zboot("zstd22");
	packed[PAYLOAD] ^= 1;
	write_file(packed, sizeof(packed));
	assert_refused(-ENOEXEC, "damaged (no zstd data where its header says); copy it again");
	write_file(packed, make_zboot("zstd2"));
	assert_refused(-ENOEXEC, "not supported (zstd2, not gzip or zstd)");
}

/* Wherever it is cut off, at the start of a block or within one. */
static void truncated_data_is_refused(void **state)
{
	size_t size = pack_kernel(packed, sizeof(packed));

	(void)state;
	for (size_t cut = 5; cut < size; cut += cut < 40 ? 1 : 17041) {
		write_file(packed, cut);
		assert_refused(-EIO, "truncated (the zstd data ends early); copy it again");
	}
	write_file(packed, size - 1);
	assert_refused(-EIO, "truncated (the zstd data ends early); copy it again");
}

static void damaged_data_is_refused(void **state)
{
	size_t size = pack_kernel(packed, sizeof(packed));

	(void)state;
	packed[size - 1] ^= 1; /* the checksum */
	write_file(packed, size);
	assert_refused(-EIO, "damaged (the zstd data is inconsistent); copy it again");
	packed[4] |= 8; /* a reserved bit of the frame's header */
	write_file(packed, size);
	assert_refused(-EIO, "damaged (the zstd data is inconsistent); copy it again");
}

/* No byte behind the frame's header that is wrong is let through: the checksum is of all of them.
 */
static void no_flipped_bit_is_loaded_as_the_kernel(void **state)
{
	size_t size = pack_kernel(packed, sizeof(packed));

	(void)state;
	for (size_t at = 6; at < size; at += 9973) {
		packed[at] ^= 0x10;
		write_file(packed, size);
		assert_int_equal(load_guest(&record, ram, err, sizeof(err)), -EIO);
		packed[at] ^= 0x10;
	}
}

static void window_beyond_the_limit_is_refused(void **state)
{
	size_t size = pack(packed, sizeof(packed), kernel, sizeof(kernel), ZSTD_WINDOW_LOG);

	(void)state;
	write_file(packed, size);
	assert_loaded();
	/* the header: descriptor, and the window's logarithm less 10 in the upper five bits */
	assert_int_equal(packed[4] & 0xe0, 0);
	assert_int_equal(packed[5] >> 3, ZSTD_WINDOW_LOG - 10);
	packed[5] += 1 << 3;
	write_file(packed, size);
	assert_refused(-E2BIG, "takes more than 128 MiB of memory to unpack; compress it without");
}

static void bomb_stops_at_the_end_of_memory(void **state)
{
	static const uint8_t zeroes[MIB];
	size_t size = pack_kernel(packed, sizeof(packed));

	(void)state;
	for (unsigned i = 0; i < 80; i++)
		size += pack(packed + size, sizeof(packed) - size, zeroes, sizeof(zeroes), 0);
	write_file(packed, size);
	assert_refused(-ENOSPC, "does not fit into the virtual machine's 64 MiB");
}

static void twice_compressed_is_named(void **state)
{
	gzFile file = gzopen(path, "wb");
	size_t size = pack_kernel(packed, sizeof(packed));

	(void)state;
	assert_int_equal(gzwrite(file, packed, (unsigned)size), size);
	assert_int_equal(gzclose(file), Z_OK);
	assert_refused(-ENOEXEC, "is compressed with zstd");
}

/* Offsets of the unpacked data, forwards and backwards, as an ELF file is read. */
static void any_offset_can_be_read(void **state)
{
	static const uint64_t offsets[] = { 0, 600000, 64, 64, 131072, 699999, 0 };
	struct zstd_file *file;
	uint8_t byte;

	(void)state;
	write_file(packed, pack_kernel(packed, sizeof(packed)));
	file = zstd_open(open(path, O_RDONLY | O_CLOEXEC));
	assert_non_null(file);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		assert_int_equal(zstd_seek(file, offsets[i]), 0);
		assert_int_equal(zstd_read(file, &byte, 1), 1);
		assert_int_equal(byte, kernel[offsets[i]]);
	}
	assert_int_equal(zstd_seek(file, sizeof(kernel) + 1), 0);
	assert_int_equal(zstd_read(file, &byte, 1), 0);
	zstd_close(file);
}

static int group_setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	ram = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return fd < 0 || close(fd) || ram == MAP_FAILED ? -1 : 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(path);
	return munmap(ram, MEMORY_SIZE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(zstd_image_is_the_same),
		TEST(frames_one_behind_the_other_are_one_image),
		TEST(compressed_efi_kernel_is_the_same),
		TEST(compressed_efi_kernel_is_what_its_header_says),
		TEST(truncated_data_is_refused),
		TEST(damaged_data_is_refused),
		TEST(no_flipped_bit_is_loaded_as_the_kernel),
		TEST(window_beyond_the_limit_is_refused),
		TEST(bomb_stops_at_the_end_of_memory),
		TEST(twice_compressed_is_named),
		TEST(any_offset_can_be_read),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
