// SPDX-License-Identifier: BSD-2-Clause
/* One virtual machine: see vm.h. */
#include "vm.h"
#include "el2.h"
#include "pvtime.h"
#include "stage2.h"
#include "vcpu.h"

_Static_assert(sizeof(struct hyp_vm) <= VMM_PAGE_SIZE, "a VM has one page at EL2");
_Static_assert(HYP_SPI_BANKS * 32 == VMM_SPI_LAST - VMM_SPI_FIRST + 1, "the two ABIs agree");

static struct vm *all_vms;

static bool name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-' || c == '+';
}

bool vm_name_valid(const char *name)
{
	size_t length = strnlen(name, VMM_NAME_MAX + 1), i;

	if (length == 0 || length > VMM_NAME_MAX || name[0] == '.')
		return false;
	for (i = 0; i < length; i++)
		if (!name_character(name[i]))
			return false;
	return true;
}

struct vm *vm_find(const char *name)
{
	struct vm *vm;

	for (vm = all_vms; vm; vm = vm->next)
		if (!strcmp(vm->name, name))
			return vm;
	return NULL;
}

/* EL2's view of the VM. */
static int make_hyp(struct vm *vm)
{
	int error;

	vm->hyp = host_alloc_pages(0, true);
	if (!vm->hyp)
		return -ENOMEM;
	vm->hyp_pa = host_pa(vm->hyp);
	vm->hyp->vtcr = el2_vtcr();
	vm->hyp->cntvoff = host_counter();
	vgic_reset_vm(vm->hyp);
	error = pvtime_make(vm);
	return error ? error : el2_share(vm->hyp_pa, VMM_PAGE_SIZE);
}

static int make_vm(struct vm *vm)
{
	int error;

	vm->stage2 = host_zalloc(sizeof(*vm->stage2));
	if (!vm->stage2)
		return -ENOMEM;
	error = stage2_init(vm->stage2);
	if (error)
		return error;
	memory_init(&vm->memory, vm->stage2);
	error = make_hyp(vm);
	if (error)
		stage2_destroy(vm->stage2);
	return error;
}

static void free_vm(struct vm *vm)
{
	if (vm->hyp)
		host_free_pages(vm->hyp, 0);
	pvtime_free(vm);
	host_free_large(vm->blob);
	host_free(vm->irq_events);
	host_free(vm->stage2);
	host_free(vm);
}

int vm_create(const char *name, struct vm **created)
{
	struct vm *vm;
	int error;

	if (!vm_name_valid(name))
		return -EINVAL;
	if (vm_find(name))
		return -EEXIST;
	vm = host_zalloc(sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	memcpy(vm->name, name, strlen(name) + 1);
	vm->references = 1;
	vm->created_ns = host_boottime_ns();
	host_mutex_init(&vm->lock);
	error = make_vm(vm);
	if (error) {
		free_vm(vm);
		return error;
	}
	vm->next = all_vms;
	all_vms = vm;
	*created = vm;
	return 0;
}

void vm_get(struct vm *vm)
{
	__atomic_add_fetch(&vm->references, 1, __ATOMIC_RELAXED);
}

void vm_put(struct vm *vm)
{
	unsigned int i;

	if (__atomic_sub_fetch(&vm->references, 1, __ATOMIC_ACQ_REL))
		return;
	memory_destroy(&vm->memory);
	doorbell_remove_owner(&vm->doorbells, NULL);
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			vcpu_free(vm->vcpu[i]);
	free_vm(vm);
}

struct vcpu *vm_vcpu(const struct vm *vm, uint64_t index)
{
	return index < VMM_MAX_VCPUS ? HOST_READ_ACQUIRE(vm->vcpu[index]) : NULL;
}

int vm_el2_call(struct vm *vm, uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3,
		uint64_t a4, uint64_t *result)
{
	int error = -ENODEV;

	host_gate_enter();
	if (!HOST_READ(vm->detached))
		error = el2_call_here(function, a1, a2, a3, a4, result);
	host_gate_leave();
	if (error == -EIO)
		vm_crash(vm);
	return error;
}

/* From here on EL2 is not given the VM any more. vm.lock is held. */
static void detach(struct vm *vm)
{
	HOST_WRITE(vm->detached, true);
	host_gate_wait();
}

static void interrupt_all(struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned int i;

	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		vcpu = vm_vcpu(vm, i);
		if (vcpu)
			vcpu_interrupt(vcpu);
	}
}

/* Waits until no thread is in the guest: each has left vcpu_run, or lends its lock and then sees
 * that the VM is gone. */
static void drain(struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned int i;

	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		vcpu = vm_vcpu(vm, i);
		if (!vcpu)
			continue;
		vcpu_hold(vcpu);
		vcpu_release(vcpu);
	}
}

void vm_unlist(struct vm *vm)
{
	struct vm **link;

	for (link = &all_vms; *link; link = &(*link)->next) {
		if (*link == vm) {
			*link = vm->next;
			return;
		}
	}
}

void vm_end(struct vm *vm)
{
	unsigned int i;

	host_mutex_lock(&vm->lock);
	HOST_WRITE(vm->gone, true);
	interrupt_all(vm);
	drain(vm);
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			vcpu_unlist(vm->vcpu[i]);
	detach(vm);
	for (i = 0; i < VMM_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			vcpu_detach(vm->vcpu[i]);
	stage2_destroy(vm->stage2);
	el2_unshare(vm->hyp_pa, VMM_PAGE_SIZE);
	host_mutex_unlock(&vm->lock);
	vm_put(vm);
}

void vm_destroy(struct vm *vm)
{
	vm_unlist(vm);
	vm_end(vm);
}

void vm_crash(struct vm *vm)
{
	HOST_WRITE(vm->crashed, true);
	HOST_WRITE(vm->detached, true);
	host_log(HOST_LOG_ERROR, "%s: cannot go on after a fault at EL2; destroy it", vm->name);
	interrupt_all(vm);
}

void vm_wake(struct vm *vm, uint64_t mask)
{
	while (mask) {
		struct vcpu *vcpu = vm_vcpu(vm, (uint64_t)__builtin_ctzll(mask));

		mask &= mask - 1;
		if (vcpu)
			vcpu_wake(vcpu);
	}
}

static uint32_t vm_state(const struct vm *vm, uint32_t running)
{
	if (HOST_READ(vm->suspend_how) != VMM_SUSPEND_NONE)
		return VMM_STATE_SUSPENDED;
	return running ? VMM_STATE_RUNNING : VMM_STATE_IDLE;
}

/* The driver's own memory for the VM, in bytes. */
static uint64_t overhead(const struct vm *vm, unsigned int vcpus)
{
	uint64_t per_vcpu = 2 * VMM_PAGE_SIZE + sizeof(struct vcpu);

	return sizeof(*vm) + 2 * VMM_PAGE_SIZE + vm->blob_size + vm->memory.overhead +
	       stage2_overhead(vm->stage2) + per_vcpu * vcpus;
}

int vm_info(struct vm *vm, struct vmm_info *info)
{
	const struct vcpu *vcpu;
	unsigned int i, vcpus = 0;

	if (HOST_READ(vm->gone))
		return -ENODEV;
	memset(info, 0, sizeof(*info));
	memcpy(info->name, vm->name, sizeof(info->name));
	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		vcpu = vm_vcpu(vm, i);
		if (!vcpu)
			continue;
		vcpus++;
		info->vcpus_created |= 1u << i;
		info->vcpus_on |= (uint32_t)HOST_READ(vcpu->on) << i;
		info->vcpus_running |= (HOST_READ(vcpu->in_run) == VCPU_RUNNING ? 1u : 0u) << i;
	}
	info->state = vm_state(vm, info->vcpus_running);
	info->suspend_how = HOST_READ(vm->suspend_how);
	info->runner_pid = HOST_READ(vm->runner_pid);
	info->memory_size = memory_size(&vm->memory);
	info->memory_resident = memory_resident(&vm->memory);
	info->overhead = overhead(vm, vcpus);
	info->created_ns = vm->created_ns;
	return 0;
}

int vm_set_memseg(struct vm *vm, struct vmm_memseg *segment)
{
	int error = -ENODEV;

	host_mutex_lock(&vm->lock);
	if (!vm->gone)
		error = memory_add(&vm->memory, segment, &segment->index);
	host_mutex_unlock(&vm->lock);
	segment->resident = 0;
	return error;
}

int vm_set_memseg_flags(struct vm *vm, const struct vmm_memseg *segment)
{
	int error = -ENODEV;

	if (segment->ipa || segment->size || segment->resident)
		return -EINVAL;
	host_mutex_lock(&vm->lock);
	if (!vm->gone)
		error = memory_set_flags(&vm->memory, segment->index, segment->flags);
	host_mutex_unlock(&vm->lock);
	return error;
}

int vm_get_memseg(struct vm *vm, struct vmm_memseg *segment)
{
	const struct memory_segment *found;

	if (HOST_READ(vm->gone))
		return -ENODEV;
	if (segment->index >= HOST_READ_ACQUIRE(vm->memory.count))
		return -ENOENT;
	found = &vm->memory.segment[segment->index];
	segment->flags = found->flags;
	segment->ipa = found->ipa;
	segment->size = found->size;
	segment->resident = HOST_READ(found->resident);
	return 0;
}

/* With vm.lock. */
static int add_vcpu(struct vm *vm, uint32_t index)
{
	struct vcpu *vcpu;
	int error = vcpu_create(vm, index, &vcpu);

	if (error)
		return error;
	HOST_WRITE(vm->hyp->vcpu[index], vcpu->hyp->self);
	if (vm->hyp->vcpu_count < index + 1)
		HOST_WRITE_RELEASE(vm->hyp->vcpu_count, index + 1);
	HOST_WRITE_RELEASE(vm->vcpu[index], vcpu);
	return 0;
}

int vm_create_vcpu(struct vm *vm, uint64_t index)
{
	int error = 0;

	if (index >= VMM_MAX_VCPUS)
		return -EINVAL;
	host_mutex_lock(&vm->lock);
	if (vm->gone)
		error = -ENODEV;
	else if (!vm->vcpu[index])
		error = add_vcpu(vm, (uint32_t)index);
	host_mutex_unlock(&vm->lock);
	return error;
}

static bool has_vcpus(const struct vm *vm)
{
	for (unsigned int i = 0; i < VMM_MAX_VCPUS; i++)
		if (vm->vcpu[i])
			return true;
	return false;
}

int vm_set_features(struct vm *vm, uint64_t features)
{
	int error = 0;

	if (features & ~(uint64_t)VMM_FEATURE_PMU)
		return -EINVAL;
	if ((features & VMM_FEATURE_PMU) && !el2_has_pmu())
		return -EOPNOTSUPP;
	host_mutex_lock(&vm->lock);
	if (vm->gone)
		error = -ENODEV;
	else if (features != vm->features && has_vcpus(vm))
		error = -EBUSY;
	else
		vm->features = (uint32_t)features;
	host_mutex_unlock(&vm->lock);
	return error;
}

/* A guest that resets itself again and again must not evade who wants it to stop. */
static bool stands(uint32_t before, uint64_t how)
{
	return before != VMM_SUSPEND_NONE &&
	       (before != VMM_SUSPEND_RESET || how == VMM_SUSPEND_RESET);
}

int vm_suspend(struct vm *vm, uint64_t how)
{
	int error = 0;

	if (how < VMM_SUSPEND_RESET || how > VMM_SUSPEND_HALT)
		return -EINVAL;
	host_mutex_lock(&vm->lock);
	if (vm->gone)
		error = -ENODEV;
	else if (stands(vm->suspend_how, how))
		error = -EALREADY;
	else
		HOST_WRITE(vm->suspend_how, (uint32_t)how);
	if (!error)
		interrupt_all(vm);
	host_mutex_unlock(&vm->lock);
	return error;
}

/* Keeps all vCPUs from being run; "claimed" gets their mask. */
static int claim_all(struct vm *vm, uint32_t *claimed)
{
	unsigned int i;

	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		if (!vm->vcpu[i])
			continue;
		if (!vcpu_claim(vm->vcpu[i], VCPU_RESETTING))
			return -EBUSY;
		*claimed |= 1u << i;
	}
	return 0;
}

static void unclaim(struct vm *vm, uint32_t claimed)
{
	unsigned int i;

	for (i = 0; i < VMM_MAX_VCPUS; i++)
		if (claimed & (1u << i))
			vcpu_unclaim(vm->vcpu[i]);
}

/* With vm.lock, and every vCPU claimed. Interrupt lines that are set meanwhile count as set before.
 */
static int reset(struct vm *vm)
{
	struct vcpu *vcpu;
	unsigned int i;

	detach(vm);
	vgic_reset_vm(vm->hyp);
	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		vcpu = vm->vcpu[i];
		if (!vcpu)
			continue;
		vcpu_hold(vcpu);
		vcpu_reset(vcpu);
		vcpu_release(vcpu);
	}
	vm->hyp->cntvoff = host_counter();
	HOST_WRITE(vm->suspend_how, VMM_SUSPEND_NONE);
	host_mb();
	HOST_WRITE(vm->detached, false);
	return memory_unmap_all(&vm->memory);
}

/* With vm.lock. */
static int may_reset(const struct vm *vm, uint64_t ended)
{
	if (ended > VMM_SUSPEND_HALT)
		return -EINVAL;
	if (vm->gone)
		return -ENODEV;
	if (vm->crashed)
		return -EIO;
	return ended != VMM_SUSPEND_NONE && ended != vm->suspend_how ? -ECANCELED : 0;
}

int vm_reinit(struct vm *vm, uint64_t ended)
{
	uint32_t claimed = 0;
	int error;

	host_mutex_lock(&vm->lock);
	error = may_reset(vm, ended);
	if (!error)
		error = claim_all(vm, &claimed);
	if (!error)
		error = reset(vm);
	unclaim(vm, claimed);
	host_mutex_unlock(&vm->lock);
	return error;
}

int vm_add_doorbell(struct vm *vm, const struct doorbell *doorbell)
{
	int error = -ENODEV;

	host_mutex_lock(&vm->lock);
	if (!vm->gone)
		error = doorbell_add(&vm->doorbells, doorbell);
	host_mutex_unlock(&vm->lock);
	return error;
}

int vm_remove_doorbell(struct vm *vm, const struct doorbell *doorbell)
{
	int error = -ENODEV;

	host_mutex_lock(&vm->lock);
	if (!vm->gone)
		error = doorbell_remove(&vm->doorbells, doorbell);
	host_mutex_unlock(&vm->lock);
	return error;
}

int vm_set_blob(struct vm *vm, void *blob, uint32_t size)
{
	void *old = blob;
	int error = -ENODEV;

	host_mutex_lock(&vm->lock);
	if (!vm->gone) {
		old = vm->blob;
		vm->blob = blob;
		vm->blob_size = size;
		error = 0;
	}
	host_mutex_unlock(&vm->lock);
	host_free_large(old);
	return error;
}

int vm_get_blob(struct vm *vm, void *buffer, uint32_t *size)
{
	uint32_t room = *size;
	int error = 0;

	host_mutex_lock(&vm->lock);
	*size = vm->blob_size;
	if (vm->gone)
		error = -ENODEV;
	else if (vm->blob_size > room)
		error = -ENOSPC;
	else if (vm->blob_size)
		memcpy(buffer, vm->blob, vm->blob_size);
	host_mutex_unlock(&vm->lock);
	return error;
}

void vm_disown(struct vm *vm, const void *owner)
{
	struct vcpu *vcpu;
	unsigned int i;

	host_mutex_lock(&vm->lock);
	doorbell_remove_owner(&vm->doorbells, owner);
	for (i = 0; i < VMM_MAX_VCPUS; i++) {
		vcpu = vm->vcpu[i];
		if (!vcpu || HOST_READ(vcpu->owner) != owner)
			continue;
		vcpu_hold(vcpu);
		vcpu_cancel(vcpu, owner);
		vcpu_release(vcpu);
	}
	if (vm->runner == owner) {
		vm->runner = NULL;
		vm->runner_pid = 0;
	}
	host_mutex_unlock(&vm->lock);
}
