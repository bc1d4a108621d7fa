/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system counter of the generic timer, as this process sees it (Arm ARM D11.1.2). A guest sees
 * it less the CNTVOFF of its VM.
 */
#ifndef BHYVE_COUNTER_H
#define BHYVE_COUNTER_H

#include <stdint.h>

/* Ticks since the host was switched on. */
uint64_t counter_now(void);

/* Ticks a second. */
uint32_t counter_hz(void);

#endif
