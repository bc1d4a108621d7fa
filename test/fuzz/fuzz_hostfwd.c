// SPDX-License-Identifier: BSD-2-Clause
/*
 * The parser of port forwardings.
 */
/* sources: bhyve/backend/hostfwd.c */
#include <stdlib.h>
#include <string.h>

#include "bhyve/backend/hostfwd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	const char *at = text;
	struct hostfwd rule;
	char err[256];

	memcpy(text, data, size);
	text[size] = '\0';
	while (*at && hostfwd_parse(&at, &rule, err, sizeof(err)) == 0)
		if (!rule.host_port || !rule.guest_port)
			abort();
	free(text);
	return 0;
}
