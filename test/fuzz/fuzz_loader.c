// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fuzzes kernel files (plain, gzip, zstd, ELF, compressed EFI), FreeBSD's command lines, and
 * records.
 *
 * sources: lib/loader/load.c lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/loader/record.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/loader/freebsd.h"
#include "lib/loader/load.h"

#define MEMORY_SIZE (8ULL << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_record(const uint8_t *data, size_t size)
{
	static struct record record;
	static struct freebsd_env env;
	char *copy = strndup((const char *)data, size);

	record_parse(copy, strlen(copy), &record);
	freebsd_parse_cmdline(copy, &env);
	free(copy);
}

static void fuzz_kernel(const uint8_t *data, size_t size)
{
	static struct record record;
	static uint8_t *ram;
	static char err[LOADER_ERROR_MAX];
	int fd = memfd_create("kernel", 0);

	if (!ram)
		ram = malloc(MEMORY_SIZE); /* the heap: AddressSanitizer watches its ends */
	memset(&record, 0, sizeof(record));
	record.memory_size = MEMORY_SIZE;
	snprintf(record.kernel, sizeof(record.kernel), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size)
		load_guest(&record, ram, err, sizeof(err));
	close(fd);
}

/* The data as a zstd frame, behind its magic number; and well compressed, so that what is read
 * through libzstd is fuzzed, too. */
static void fuzz_zstd(const uint8_t *data, size_t size)
{
	size_t room = ZSTD_compressBound(size) + 4;
	uint8_t *packed = malloc(room);

	memcpy(packed, "\x28\xb5\x2f\xfd", 4);
	memcpy(packed + 4, data, size);
	fuzz_kernel(packed, size + 4);
	fuzz_kernel(packed, ZSTD_compress(packed, room, data, size, 1));
	free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_record(data, size);
	fuzz_kernel(data, size);
	fuzz_zstd(data, size);
	return 0;
}
