// SPDX-License-Identifier: BSD-2-Clause
/* Guest memory: its segments, and their mappings in this process. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "vm.h"

int vm_add_memseg(struct vmctx *vm, uint64_t ipa, uint64_t size, uint32_t flags)
{
	struct vmm_memseg segment = { .flags = flags, .ipa = ipa, .size = size };

	return vm_ioctl(vm->fd, VMM_SET_MEMSEG, (uintptr_t)&segment);
}

int vm_set_memseg_flags(struct vmctx *vm, uint32_t index, uint32_t flags)
{
	struct vmm_memseg segment = { .index = index, .flags = flags };

	return vm_ioctl(vm->fd, VMM_SET_MEMSEG_FLAGS, (uintptr_t)&segment);
}

int vm_get_memseg(struct vmctx *vm, uint32_t index, struct vmm_memseg *segment)
{
	memset(segment, 0, sizeof(*segment));
	segment->index = index;
	return vm_ioctl(vm->fd, VMM_GET_MEMSEG, (uintptr_t)segment);
}

static bool covers(uint64_t base, uint64_t size, uint64_t ipa, uint64_t len)
{
	return ipa >= base && ipa - base < size && len <= size - (ipa - base);
}

static void *find_mapping(struct vmctx *vm, uint64_t ipa, uint64_t len)
{
	for (unsigned i = 0; i < vm->mapping_count; i++) {
		struct vm_mapping *mapping = &vm->mappings[i];

		if (covers(mapping->ipa, mapping->size, ipa, len))
			return (char *)mapping->host + (ipa - mapping->ipa);
	}
	return NULL;
}

/* Maps the segment that holds the range. 0 or negative errno. */
static int add_mapping(struct vmctx *vm, uint64_t ipa, uint64_t len)
{
	struct vmm_memseg segment;
	int error = 0;
	void *host;

	for (uint32_t i = 0; i < VMM_MAX_MEMSEGS; i++) {
		error = vm_get_memseg(vm, i, &segment);
		if (error || covers(segment.ipa, segment.size, ipa, len))
			break;
		error = -EFAULT;
	}
	if (error == -ENOENT || vm->mapping_count == VMM_MAX_MEMSEGS)
		return -EFAULT;
	if (error)
		return error;
	host = mmap(NULL, segment.size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->fd,
		    (off_t)segment.ipa);
	if (host == MAP_FAILED)
		return -errno;
	vm->mappings[vm->mapping_count++] =
		(struct vm_mapping){ .ipa = segment.ipa, .size = segment.size, .host = host };
	return 0;
}

void *vm_map(struct vmctx *vm, uint64_t ipa, uint64_t len)
{
	int error = 0;
	void *host;

	pthread_mutex_lock(&vm->lock);
	host = find_mapping(vm, ipa, len);
	if (!host) {
		error = add_mapping(vm, ipa, len);
		if (!error)
			host = find_mapping(vm, ipa, len);
	}
	pthread_mutex_unlock(&vm->lock);
	if (error)
		errno = -error;
	return host;
}

#ifdef __aarch64__
/* Smallest line of the data caches and of the instruction caches, in bytes (Arm ARM D17.2.34,
 * CTR_EL0). */
static void cache_lines(size_t *data, size_t *instruction)
{
	uint64_t ctr;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	*data = 4UL << ((ctr >> 16) & 0xf);
	*instruction = 4UL << (ctr & 0xf);
}

/* Clean and invalidate, not only clean: Cortex-A53 erratum 855873. */
void vm_sync_memory(const void *host, size_t len)
{
	uintptr_t start = (uintptr_t)host, end = start + len;
	size_t data, instruction;

	cache_lines(&data, &instruction);
	for (uintptr_t line = start & ~(data - 1); line < end; line += data)
		__asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
	__asm__ volatile("dsb ish" : : : "memory");
	for (uintptr_t line = start & ~(instruction - 1); line < end; line += instruction)
		__asm__ volatile("ic ivau, %0" : : "r"(line) : "memory");
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
}
#else
void vm_sync_memory(const void *host, size_t len)
{
	(void)host;
	(void)len;
}
#endif
