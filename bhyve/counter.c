/* SPDX-License-Identifier: BSD-2-Clause */
/* The system counter, see counter.h. */
#include "bhyve/counter.h"

uint64_t counter_now(void)
{
	uint64_t ticks;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
}

uint32_t counter_hz(void)
{
	uint64_t hz = 0; /* checkers do not read the next line */

	asm("mrs %0, cntfrq_el0" : "=r"(hz));
	return (uint32_t)hz;
}
