/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table walk as the hardware does it, written from Arm ARM D8.2 for the 4 KiB granule, apart from
 * vmm/core/pgtable.c: the tests' reference.
 */
#ifndef TABLE_WALK_H
#define TABLE_WALK_H

#include <stdbool.h>
#include <stdint.h>

struct walk_result {
	uint64_t output;     /* of the input address */
	uint64_t descriptor; /* of the leaf */
	unsigned int level;
};

/* Walks from "root" for an input of "bits" bits, starting at "level"; false: translation fault. */
static inline bool table_walk(uint64_t root, unsigned int level, unsigned int bits, uint64_t input,
			      struct walk_result *result)
{
	uint64_t table = root;
	unsigned int top = bits - 1;

	for (;; level++) {
		unsigned int low = 39 - 9 * level;
		uint64_t index = (input & ((UINT64_C(2) << top) - 1)) >> low;
		uint64_t descriptor = ((uint64_t *)(uintptr_t)table)[index];
		uint64_t address = descriptor & UINT64_C(0xfffffffff000);

		if (!(descriptor & 1))
			return false;
		if (level == 3 || !(descriptor & 2)) {
			if ((level == 3 && !(descriptor & 2)) || level == 0)
				return false;
			*result = (struct walk_result){
				.output = address + (input & ((UINT64_C(1) << low) - 1)),
				.descriptor = descriptor,
				.level = level,
			};
			return true;
		}
		table = address;
		top = low - 1;
	}
}

#endif
