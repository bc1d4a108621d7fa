/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measuring: an operation is repeated in samples, and the median, least and greatest cost of one is
 * printed as "bench NAME MEDIAN MIN MAX", in nanoseconds of the virtual counter. Where the
 * machine's clock counts instructions (QEMU's -icount shift=0) these are instructions of everybody:
 * guest, EL2, host kernel and VMM.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "property.h"

#define SAMPLES 24

/* The counter ticks every 16 ns or so: interrupts are sent at changing phases of it. */
static inline void dither(unsigned int turn)
{
	for (unsigned int n = turn % 13; n > 0; n--)
		asm volatile("nop");
}

/* What a sample measured, in ticks, for the number of operations given to measure_end(). At most
 * SAMPLES. */
void measure_begin(void);
void measure_sample(uint64_t ticks);
void measure_end(const char *name, unsigned int operations);

/* Whether this group is measured: "bench=GROUP" is on the command line, or no "bench=" at all. */
bool measure_wanted(const char *argument);

/* Boot CPU only. The loop itself costs 2 or 3 instructions. The first sample, which finds nothing
 * cached, is dropped. */
#define MEASURE(name, operations, ...)                                                \
	do {                                                                          \
		measure_begin();                                                      \
		for (unsigned int sample_ = 0; sample_ <= SAMPLES; sample_++) {       \
			uint64_t start_ = counter();                                  \
			for (unsigned int turn_ = (operations); turn_ > 0; turn_--) { \
				__VA_ARGS__;                                          \
				asm volatile("" : "+r"(turn_));                       \
			}                                                             \
			start_ = counter() - start_;                                  \
			if (sample_ > 0)                                              \
				measure_sample(start_);                               \
		}                                                                     \
		measure_end(name, operations);                                        \
	} while (0)

#define MEASURED_GROUP(group)                        \
	do {                                         \
		if (!measure_wanted("bench=" group)) \
			SKIP("not asked for");       \
	} while (0)

#endif
