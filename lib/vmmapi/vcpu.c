// SPDX-License-Identifier: BSD-2-Clause
/* Virtual CPUs, interrupts, state, statistics and blob: the calls that are one ioctl each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vm.h"

int vm_get_info(struct vmctx *vm, struct vmm_info *info)
{
	memset(info, 0, sizeof(*info));
	return vm_ioctl(vm->fd, VMM_INFO, (uintptr_t)info);
}

int vm_set_features(struct vmctx *vm, uint32_t features)
{
	return vm_ioctl(vm->fd, VMM_SET_FEATURES, features);
}

int vm_vcpu_create(struct vmctx *vm, uint32_t vcpu)
{
	return vm_ioctl(vm->fd, VMM_VCPU_CREATE, vcpu);
}

int vm_vcpu_on(struct vmctx *vm, uint32_t vcpu, uint64_t entry, uint64_t context)
{
	struct vmm_vcpu_on on = { .vcpu = vcpu, .entry = entry, .context = context };

	return vm_ioctl(vm->fd, VMM_VCPU_ON, (uintptr_t)&on);
}

int vm_vcpu_on32(struct vmctx *vm, uint32_t vcpu, uint32_t entry, uint32_t context)
{
	struct vmm_vcpu_on on = {
		.vcpu = vcpu, .flags = VMM_VCPU_AARCH32, .entry = entry, .context = context
	};

	return vm_ioctl(vm->fd, VMM_VCPU_ON, (uintptr_t)&on);
}

int vm_vcpu_off(struct vmctx *vm, uint32_t vcpu)
{
	return vm_ioctl(vm->fd, VMM_VCPU_OFF, vcpu);
}

struct vmm_run *vm_run_page(struct vmctx *vm, uint32_t vcpu)
{
	struct vmm_run *page;

	if (vcpu >= VMM_MAX_VCPUS) {
		errno = EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&vm->lock);
	page = vm->run_pages[vcpu];
	if (!page) {
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vm->fd,
			    (off_t)VMM_MMAP_VCPU(vcpu));
		if (page == MAP_FAILED)
			page = NULL;
		vm->run_pages[vcpu] = page;
	}
	pthread_mutex_unlock(&vm->lock);
	return page;
}

int vm_run(struct vmctx *vm, uint32_t vcpu)
{
	return vm_ioctl(vm->fd, VMM_RUN, vcpu);
}

int vm_get_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t *value)
{
	struct vmm_reg_access access = { .vcpu = vcpu, .reg = reg };
	int error = vm_ioctl(vm->fd, VMM_GET_REG, (uintptr_t)&access);

	if (!error)
		*value = access.value;
	return error;
}

int vm_set_register(struct vmctx *vm, uint32_t vcpu, uint32_t reg, uint64_t value)
{
	struct vmm_reg_access access = { .vcpu = vcpu, .reg = reg, .value = value };

	return vm_ioctl(vm->fd, VMM_SET_REG, (uintptr_t)&access);
}

int vm_irq_line(struct vmctx *vm, uint32_t vcpu, uint32_t intid, bool level)
{
	struct vmm_irq_line line = { .intid = intid, .level = level, .vcpu = vcpu };

	return vm_ioctl(vm->fd, VMM_IRQ_LINE, (uintptr_t)&line);
}

int vm_irqfd(struct vmctx *vm, int fd, uint32_t intid, uint32_t flags)
{
	struct vmm_irqfd irqfd = { .fd = fd, .intid = intid, .flags = flags };

	return vm_ioctl(vm->fd, VMM_IRQFD, (uintptr_t)&irqfd);
}

int vm_ioeventfd(struct vmctx *vm, int fd, uint64_t ipa, uint32_t len, uint64_t data,
		 uint32_t flags)
{
	struct vmm_ioeventfd doorbell = {
		.ipa = ipa,
		.data = data,
		.len = len,
		.flags = flags,
		.fd = fd,
	};

	return vm_ioctl(vm->fd, VMM_IOEVENTFD, (uintptr_t)&doorbell);
}

int vm_suspend(struct vmctx *vm, uint32_t how)
{
	return vm_ioctl(vm->fd, VMM_SUSPEND, how);
}

int vm_reinit(struct vmctx *vm, uint32_t ended)
{
	return vm_ioctl(vm->fd, VMM_REINIT, ended);
}

int vm_get_stats(struct vmctx *vm, uint32_t vcpu, struct vmm_stats *stats)
{
	int error;

	memset(stats, 0, sizeof(*stats));
	stats->vcpu = vcpu;
	error = vm_ioctl(vm->fd, VMM_GET_STATS, (uintptr_t)stats);
	if (!error && stats->count > VMM_STATS_ROOM)
		stats->count = VMM_STATS_ROOM;
	return error;
}

int vm_set_blob(struct vmctx *vm, const void *data, size_t size)
{
	struct vmm_blob blob = { .data = (uintptr_t)data, .size = (uint32_t)size };

	if (size > VMM_BLOB_MAX)
		return -E2BIG;
	return vm_ioctl(vm->fd, VMM_SET_BLOB, (uintptr_t)&blob);
}

int vm_get_blob(struct vmctx *vm, char **data, size_t *size)
{
	char *buffer = calloc(1, VMM_BLOB_MAX + 1);
	struct vmm_blob blob = { .data = (uintptr_t)buffer, .size = VMM_BLOB_MAX };
	int error;

	if (!buffer)
		return -ENOMEM;
	error = vm_ioctl(vm->fd, VMM_GET_BLOB, (uintptr_t)&blob);
	if (error) {
		free(buffer);
		return error;
	}
	buffer[blob.size] = '\0';
	*data = buffer;
	*size = blob.size;
	return 0;
}
