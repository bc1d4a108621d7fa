// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fuzzes device trees of the user's.
 *
 * sources: lib/loader/load.c lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/vmmapi/memory.c lib/vmmapi/control.c
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

#include "lib/loader/devicetree.h"
#include "lib/loader/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record record;
	static uint8_t *room;
	static char err[LOADER_ERROR_MAX];
	int fd = memfd_create("dtb", 0);

	if (!room)
		room = malloc(LOADER_DTB_ROOM);
	memset(&record, 0, sizeof(record));
	record.memory_size = 64ULL << 20;
	record.initrd_ipa = 0x41000000;
	record.initrd_size = 4096;
	strcpy(record.cmdline, "quiet");
	snprintf(record.dtb, sizeof(record.dtb), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size)
		devicetree_load(&record, room, err, sizeof(err));
	close(fd);
	return 0;
}
