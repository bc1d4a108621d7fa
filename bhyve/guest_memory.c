// SPDX-License-Identifier: BSD-2-Clause
/* Guest memory and interrupt lines for devices. */
#include "bhyve/guest_memory.h"

#include <errno.h>

#include "lib/vmmapi/vmmapi.h"

static struct vmctx *machine;

/* Filled by guest_memory_init() before any other thread starts. */
static struct {
	uint64_t ipa;
	uint64_t size;
	char *host;
} segments[VMM_MAX_MEMSEGS];
static unsigned segment_count;

int guest_memory_init(struct vmctx *vm)
{
	struct vmm_memseg segment;

	segment_count = 0;
	for (uint32_t i = 0; i < VMM_MAX_MEMSEGS && vm_get_memseg(vm, i, &segment) == 0; i++) {
		void *host = vm_map(vm, segment.ipa, segment.size);

		if (!host)
			return -errno;
		if (segment.flags & VMM_MEM_READONLY)
			continue;
		segments[segment_count].ipa = segment.ipa;
		segments[segment_count].size = segment.size;
		segments[segment_count++].host = host;
	}
	machine = vm;
	return 0;
}

void *guest_memory(uint64_t ipa, uint64_t len)
{
	for (unsigned i = 0; i < segment_count; i++) {
		uint64_t offset = ipa - segments[i].ipa;

		if (offset < segments[i].size && len <= segments[i].size - offset)
			return segments[i].host + offset;
	}
	return NULL;
}

struct vmctx *guest_vm(void)
{
	return machine;
}

int guest_irq(uint32_t intid, bool level)
{
	return vm_irq_line(machine, 0, intid, level);
}
