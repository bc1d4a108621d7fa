// SPDX-License-Identifier: BSD-2-Clause
/* Samples, and what is printed of them. */
#include "measure.h"

#include "device_tree.h"

static uint64_t samples[SAMPLES];
static unsigned int taken;

void measure_begin(void)
{
	taken = 0;
}

/* Kept in order. */
void measure_sample(uint64_t ticks)
{
	unsigned int at = taken++;

	while (at > 0 && samples[at - 1] > ticks) {
		samples[at] = samples[at - 1];
		at--;
	}
	samples[at] = ticks;
}

static uint64_t cost(uint64_t ticks, unsigned int operations)
{
	uint64_t unit = counter_frequency() * operations;

	return (ticks * UINT64_C(1000000000) + unit / 2) / unit;
}

void measure_end(const char *name, unsigned int operations)
{
	print("bench %s %lu %lu %lu\n", name, cost(samples[taken / 2], operations),
	      cost(samples[0], operations), cost(samples[taken - 1], operations));
}

bool measure_wanted(const char *argument)
{
	return device_tree_argument(argument) || !device_tree_argument("bench=");
}
