// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fuzzes configuration files, -s and -c arguments, and the check of what they make.
 *
 * sources: bhyve/options.c bhyve/check.c bhyve/replaced.c bhyve/report.c bhyve/config.c
 * sources: bhyve/config_file.c
 * sources: test/unit/fake_devices.c lib/loader/load.c lib/loader/kernel.c lib/loader/image.c
 * sources: lib/loader/file.c lib/loader/devicetree.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bhyve/check.h"
#include "bhyve/config.h"
#include "bhyve/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[512];
	char *text;
	FILE *stream;

	if (size < 2)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	if (data[0] == 's') {
		options_slot(text, err, sizeof(err));
	} else if (data[0] == 'c') {
		options_cpus(text, err, sizeof(err));
	} else {
		stream = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
		config_load_stream(stream, "fuzz", err, sizeof(err));
		fclose(stream);
	}
	if (config_expand(err, sizeof(err)) == 0)
		check_config(err, sizeof(err));
	config_clear();
	free(text);
	return 0;
}
