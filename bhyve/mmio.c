// SPDX-License-Identifier: BSD-2-Clause
/* Finds the device of an address: sorted regions, a binary search, and each thread's last hit
 * before that. */
#include "bhyve/mmio.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct region {
	uint64_t base;
	uint64_t size;
	const struct mmio_ops *ops;
	void *opaque;
	const char *name;
};

static struct region regions[MMIO_REGIONS_MAX];
static unsigned region_count;

/* Index of the region that answered this thread last; a guest stays with one device for a while. */
static _Thread_local unsigned last_hit;

static bool in_region(const struct region *region, uint64_t ipa)
{
	return ipa - region->base < region->size;
}

/* Index of the first region that starts above the address. */
static unsigned first_above(uint64_t ipa)
{
	unsigned low = 0, high = region_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (regions[middle].base <= ipa)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct region *find(uint64_t ipa)
{
	unsigned index = last_hit;

	if (index < region_count && in_region(&regions[index], ipa))
		return &regions[index];
	index = first_above(ipa);
	if (index == 0 || !in_region(&regions[index - 1], ipa))
		return NULL;
	last_hit = index - 1;
	return &regions[index - 1];
}

int mmio_register(const char *name, uint64_t base, uint64_t size, const struct mmio_ops *ops,
		  void *opaque)
{
	unsigned index = first_above(base);

	if (size == 0 || base + (size - 1) < base)
		return -EINVAL;
	if (region_count == MMIO_REGIONS_MAX)
		return -ENOSPC;
	if (index > 0 && in_region(&regions[index - 1], base))
		return -EEXIST;
	if (index < region_count && regions[index].base - base < size)
		return -EEXIST;
	memmove(&regions[index + 1], &regions[index], (region_count - index) * sizeof(regions[0]));
	regions[index] = (struct region){
		.base = base,
		.size = size,
		.ops = ops,
		.opaque = opaque,
		.name = name,
	};
	region_count++;
	return 0;
}

static int region_access(const struct region *region, uint64_t offset, bool write, unsigned size,
			 uint64_t *value)
{
	if (write)
		return region->ops->write(region->opaque, offset, size, *value);
	return region->ops->read(region->opaque, offset, size, value);
}

/* Devices have registers of at most 32 bits: a doubleword is two words side by side, the lower one
 * first. */
static int doubleword_access(const struct region *region, uint64_t offset, bool write,
			     uint64_t *value)
{
	uint64_t low = (uint32_t)*value, high = *value >> 32;
	int error = region_access(region, offset, write, 4, &low);

	if (!error)
		error = region_access(region, offset + 4, write, 4, &high);
	if (!error && !write)
		*value = (uint32_t)low | high << 32;
	return error;
}

int mmio_access(uint64_t ipa, bool write, unsigned size, uint64_t *value)
{
	const struct region *region = find(ipa);
	uint64_t offset;

	if (!region)
		return -ENOENT;
	offset = ipa - region->base;
	if (size > region->size - offset)
		return -ENOENT;
	if (size == 8)
		return doubleword_access(region, offset, write, value);
	return region_access(region, offset, write, size, value);
}

const char *mmio_name(uint64_t ipa)
{
	const struct region *region = find(ipa);

	return region ? region->name : NULL;
}

void mmio_clear(void)
{
	region_count = 0;
}
