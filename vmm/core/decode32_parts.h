/* SPDX-License-Identifier: BSD-2-Clause */
/* What the decoders of A32 and T32 have in common. Each adds to a description; -ENOENT: not known.
 */
#ifndef VMM_CORE_DECODE32_PARTS_H
#define VMM_CORE_DECODE32_PARTS_H

#include "decode32.h"
#include "host.h"

/* "count" bits of an instruction from bit "low" up. */
static inline uint32_t decode32_bits(uint32_t instruction, unsigned int low, unsigned int count)
{
	return (instruction >> low) & ((1u << count) - 1);
}

void decode32_defaults(struct decoded32 *out, unsigned int length);
int decode32_address(struct decoded32 *out, uint32_t instruction, int32_t offset);
int decode32_register(struct decoded32 *out, uint32_t number);
int decode32_pair(struct decoded32 *out, uint32_t first, uint32_t second);
int decode32_list(struct decoded32 *out, uint32_t list, bool up, bool before);
int decode32_fp(uint32_t instruction, struct decoded32 *out);

#endif
