// SPDX-License-Identifier: BSD-2-Clause
/* Memory that the guest touches for the first time. */
#include "measure.h"

#define BLOCK (UINT64_C(2) << 20)

PROPERTY(memory_is_touched_for_the_first_time)
{
	uint64_t at = free_ram();

	MEASURED_GROUP("memory");
	measure_begin();
	for (unsigned int n = 0; n < 8; n++, at += BLOCK) {
		uint64_t start = counter();

		for (uint64_t page = at; page < at + BLOCK; page += PAGE_SIZE)
			write64(page, page);
		measure_sample(counter() - start);
	}
	measure_end("first-touch", BLOCK / PAGE_SIZE);
}
