// SPDX-License-Identifier: BSD-2-Clause
/* The driver, faked. */
#include "fake_vmm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct fake_vmm fake_vmm;

/* Handles have no state: they are counted. */
static char handle;

void fake_vmm_reset(void)
{
	if (fake_vmm.memory)
		munmap(fake_vmm.memory, fake_vmm.memory_size);
	if (fake_vmm.rom)
		munmap(fake_vmm.rom, fake_vmm.rom_size);
	memset(&fake_vmm, 0, sizeof(fake_vmm));
}

static int failing(enum fake_call call)
{
	return fake_vmm.fail == call ? fake_vmm.error : 0;
}

int vm_create(const char *name)
{
	int error = failing(FAKE_CREATE);

	if (!error)
		error = vm_check_name(name);
	if (!error && fake_vmm.exists)
		error = -EEXIST;
	if (error)
		return error;
	fake_vmm.exists = true;
	strcpy(fake_vmm.name, name);
	return 0;
}

int vm_check_name(const char *name)
{
	return strlen(name) > VMM_NAME_MAX ? -ENAMETOOLONG : strchr(name, '/') ? -EINVAL : 0;
}

int vm_destroy(const char *name)
{
	if (!fake_vmm.exists || strcmp(name, fake_vmm.name) != 0)
		return -ENXIO;
	fake_vmm.exists = false;
	return 0;
}

int vm_open(const char *name, struct vmctx **vm)
{
	int error = failing(FAKE_OPEN);

	if (error)
		return error;
	if (!fake_vmm.exists || strcmp(name, fake_vmm.name) != 0)
		return -ENXIO;
	fake_vmm.handles++;
	*vm = (struct vmctx *)&handle;
	return 0;
}

int vm_bind(struct vmctx *vm, bool bound)
{
	(void)vm;
	fake_vmm.bound = bound;
	return 0;
}

int vm_owner(const char *name, uid_t *owner)
{
	if (!fake_vmm.exists || strcmp(name, fake_vmm.name) != 0)
		return -ENXIO;
	*owner = fake_vmm.owner;
	return 0;
}

void vm_close(struct vmctx *vm)
{
	if (vm)
		fake_vmm.handles--;
}

const char *vm_name(const struct vmctx *vm)
{
	(void)vm;
	return fake_vmm.name;
}

int vm_get_info(struct vmctx *vm, struct vmm_info *info)
{
	(void)vm;
	*info = fake_vmm.info;
	return 0;
}

int vm_reinit(struct vmctx *vm, uint32_t ended)
{
	(void)vm;
	if (ended != VMM_SUSPEND_NONE && ended != fake_vmm.info.suspend_how)
		return -ECANCELED;
	fake_vmm.reinits++;
	return failing(FAKE_REINIT);
}

int vm_add_memseg(struct vmctx *vm, uint64_t ipa, uint64_t size, uint32_t flags)
{
	int error = failing(FAKE_ADD_MEMSEG);

	bool rom = ipa == 0;
	void *memory;

	(void)vm;
	if (error)
		return error;
	if (rom != ((flags & VMM_MEM_READONLY) != 0) || (!rom && ipa != VM_RAM_BASE) ||
	    (rom ? fake_vmm.rom_size : fake_vmm.memory_size))
		return -EEXIST;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*(rom ? &fake_vmm.rom : &fake_vmm.memory) = memory;
	*(rom ? &fake_vmm.rom_size : &fake_vmm.memory_size) = size;
	return 0;
}

int vm_get_memseg(struct vmctx *vm, uint32_t index, struct vmm_memseg *segment)
{
	(void)vm;
	if (index == 1 && fake_vmm.rom_size) {
		*segment =
			(struct vmm_memseg){ .size = fake_vmm.rom_size, .flags = VMM_MEM_READONLY };
		return 0;
	}
	if (index > 0 || !fake_vmm.memory_size)
		return -ENOENT;
	*segment = (struct vmm_memseg){ .ipa = VM_RAM_BASE, .size = fake_vmm.memory_size };
	return 0;
}

void *vm_map(struct vmctx *vm, uint64_t ipa, uint64_t len)
{
	(void)vm;
	errno = failing(FAKE_MAP) ? -fake_vmm.error : EFAULT;
	if (!failing(FAKE_MAP) && ipa == 0 && len <= fake_vmm.rom_size)
		return fake_vmm.rom;
	if (failing(FAKE_MAP) || ipa != VM_RAM_BASE || len > fake_vmm.memory_size)
		return NULL;
	return fake_vmm.memory;
}

void vm_sync_memory(const void *host, size_t len)
{
	(void)host;
	(void)len;
}

int vm_set_blob(struct vmctx *vm, const void *data, size_t size)
{
	int error = size ? failing(FAKE_SET_BLOB) : 0;

	(void)vm;
	if (error)
		return error;
	memcpy(fake_vmm.blob, data, size);
	fake_vmm.blob_size = size;
	return 0;
}

int vm_get_blob(struct vmctx *vm, char **data, size_t *size)
{
	(void)vm;
	*data = calloc(1, fake_vmm.blob_size + 1);
	memcpy(*data, fake_vmm.blob, fake_vmm.blob_size);
	*size = fake_vmm.blob_size;
	return 0;
}

int vm_set_features(struct vmctx *vm, uint32_t features)
{
	(void)vm;
	fake_vmm.features = features;
	return failing(FAKE_FEATURES);
}

int vm_vcpu_create(struct vmctx *vm, uint32_t vcpu)
{
	int error = failing(FAKE_VCPU_CREATE);

	(void)vm;
	if (!error)
		fake_vmm.info.vcpus_created |= 1U << vcpu;
	return error;
}

int vm_vcpu_on(struct vmctx *vm, uint32_t vcpu, uint64_t entry, uint64_t context)
{
	(void)vm;
	fake_vmm.on.count++;
	fake_vmm.on.vcpu = vcpu;
	fake_vmm.on.entry = entry;
	fake_vmm.on.context = context;
	return 0;
}

int vm_vcpu_on32(struct vmctx *vm, uint32_t vcpu, uint32_t entry, uint32_t context)
{
	fake_vmm.on.aarch32 = true;
	return vm_vcpu_on(vm, vcpu, entry, context);
}

int vm_set_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t value)
{
	(void)vm;
	(void)vcpu;
	if (reg < 3)
		fake_vmm.on.x[reg] = value;
	return 0;
}

/* As VMM_SUSPEND: a power-off or halt takes the place of a reset, else the first one stands. */
int vm_suspend(struct vmctx *vm, uint32_t how)
{
	(void)vm;
	if (fake_vmm.info.suspend_how > VMM_SUSPEND_RESET ||
	    (fake_vmm.info.suspend_how == VMM_SUSPEND_RESET && how == VMM_SUSPEND_RESET))
		return -EALREADY;
	fake_vmm.info.suspend_how = how;
	fake_vmm.info.state = VMM_STATE_SUSPENDED;
	return 0;
}

int vm_list(vm_visit *visit, void *arg)
{
	return fake_vmm.exists ? visit(fake_vmm.name, arg) : 0;
}

int vm_get_stats(struct vmctx *vm, uint32_t vcpu, struct vmm_stats *stats)
{
	(void)vm;
	if (!(fake_vmm.info.vcpus_created >> vcpu & 1))
		return -ENOENT;
	*stats = fake_vmm.stats;
	stats->vcpu = vcpu;
	return 0;
}

int vm_get_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t *value)
{
	(void)vm;
	*value = 1000 * vcpu + reg;
	return 0;
}

int vm_irq_line(struct vmctx *vm, uint32_t vcpu, uint32_t intid, bool level)
{
	(void)vm;
	(void)vcpu;
	(void)intid;
	(void)level;
	return 0;
}
