/* SPDX-License-Identifier: BSD-2-Clause */
/* What EL2 sees of memory: an identity map of exactly what it needs, never both writable and
 * executable. */
#ifndef VMM_CORE_EL2_MAP_H
#define VMM_CORE_EL2_MAP_H

#include "hyp_abi.h"

#define EL2_MAP_BITS 48

/* Makes empty tables. -ENOMEM. */
int el2_map_start(void);
void el2_map_stop(void);
/* For TTBR0_EL2. */
pa_t el2_map_root(void);
/* The image's text, read-only data and data, at "image". -ENOMEM, -EINVAL. */
int el2_map_image(pa_t image, const struct hyp_image *header);
/* A CPU's block without its guard page, and its redistributor's two frames as device memory.
 * -ENOMEM, -EINVAL. */
int el2_map_cpu(pa_t block, pa_t gicr);

#endif
