// SPDX-License-Identifier: BSD-2-Clause
/* Device trees from hostile bytes. */
/* sources: board/dtcheck/tree.c board/dtcheck/check.c board/dtcheck/firmware.c */
/* sources: board/common/error.c */
/* libs: -lfdt */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/dtcheck/check.h"
#include "board/dtcheck/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* libfdt wants trees at multiples of 8. */
	void *tree = aligned_alloc(8, (size + 8) & ~(size_t)7);
	char *text = NULL;
	size_t length;
	FILE *stream;

	memcpy(tree, data, size);
	if (tree_check(tree, size, NULL) == 0) {
		stream = open_memstream(&text, &length);
		check_machine(tree, "x", stream);
		fclose(stream);
		free(text);
	}
	free(tree);
	return 0;
}
