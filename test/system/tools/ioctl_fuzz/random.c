// SPDX-License-Identifier: BSD-2-Clause
/* Random numbers that a seed repeats: splitmix64. */
#include "fuzz.h"

uint64_t fuzz_random(struct fuzz_random *random)
{
	uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

struct fuzz_random fuzz_random_from(uint64_t seed, uint64_t purpose)
{
	struct fuzz_random random = { .state = seed };

	random.state = fuzz_random(&random) ^ purpose;
	fuzz_random(&random);
	return random;
}

uint32_t fuzz_below(struct fuzz_random *random, uint32_t limit)
{
	return (uint32_t)((fuzz_random(random) >> 32) * limit >> 32);
}

bool fuzz_once_in(struct fuzz_random *random, uint32_t times)
{
	return fuzz_below(random, times) == 0;
}

/* Where functions of the driver change what they do: numbers of vCPUs and interrupts, sizes,
 * addresses of devices and memory, ends of address spaces. */
static const uint64_t limits[] = {
	0,
	1,
	2,
	3,
	VMM_MAX_MEMSEGS - 1,
	VMM_MAX_MEMSEGS,
	VMM_MAX_VCPUS - 1,
	VMM_MAX_VCPUS,
	27,
	VMM_SPI_FIRST - 1,
	VMM_SPI_FIRST,
	63,
	64,
	VMM_REG_COUNT - 1,
	VMM_REG_COUNT,
	255,
	256,
	VMM_SPI_LAST,
	VMM_SPI_LAST + 1,
	1020,
	FUZZ_PAGE - 1,
	FUZZ_PAGE,
	VMM_BLOB_MAX,
	VMM_BLOB_MAX + 1,
	0x08000000,
	0x08010000,
	0x080a0000,
	0x0a000000,
	FUZZ_RAM,
	FUZZ_RAM + FUZZ_RAM_SIZE,
	INT32_MAX,
	UINT64_C(1) << 31,
	UINT32_MAX,
	UINT64_C(1) << 32,
	(UINT64_C(1) << 40) - FUZZ_PAGE,
	UINT64_C(1) << 40,
	VMM_MMAP_VCPU(0),
	VMM_MMAP_VCPU(VMM_MAX_VCPUS),
	INT64_MAX,
	UINT64_C(1) << 63,
	UINT64_MAX - FUZZ_PAGE + 1,
	UINT64_MAX,
};

uint64_t fuzz_value(struct fuzz_random *random)
{
	switch (fuzz_below(random, 4)) {
	case 0:
		return fuzz_random(random);
	case 1:
		return fuzz_random(random) >> fuzz_below(random, 64);
	default:
		return limits[fuzz_below(random, sizeof(limits) / sizeof(limits[0]))];
	}
}
