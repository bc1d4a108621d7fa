// SPDX-License-Identifier: BSD-2-Clause
/*
 * PSCI SYSTEM_RESET: the machine starts again, with the image as it was loaded. It runs two times;
 * a word in RAM, which a reset keeps, says which.
 */
#include "property.h"

#define SECOND_START UINT64_C(0x5245534554212121)

static volatile unsigned int changed;

static void spin(void *argument)
{
	(void)argument;
	while (1)
		asm volatile("yield" ::: "memory");
}

PROPERTY(system_reset_starts_the_machine_again_with_a_fresh_image)
{
	volatile uint64_t *start = (volatile uint64_t *)free_ram();

	if (*start == SECOND_START) {
		*start = 0;
		CHECK_EQUAL(changed, 0);
		for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
			CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO, cpu, 0, 0), AFFINITY_OFF);
		return;
	}
	changed = 1;
	*start = SECOND_START;
	cache_clean((const void *)start, 8);
	cache_clean((const void *)&changed, sizeof(changed));
	if (cpu_count() > 1)
		CHECK(cpu_start_others(spin, NULL));
	hvc(PSCI_SYSTEM_RESET, 0, 0, 0);
	CHECK(!"SYSTEM_RESET returned");
}
