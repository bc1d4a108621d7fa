/*
 * Fuzzes kernel files (plain, gzip, ELF, compressed EFI), FreeBSD's command lines, and records.
 *
 * sources: lib/loader/load.c lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/loader/record.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c
 * libs: -lfdt -lz
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_record(data, size);
	fuzz_kernel(data, size);
	return 0;
}
