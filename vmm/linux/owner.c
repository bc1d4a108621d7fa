// SPDX-License-Identifier: BSD-2-Clause
/*
 * Who made a virtual machine, and what it counts for among what he may have. A VM counts from its
 * creation until its memory is free, which an open file of it puts off.
 */
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "owner.h"

/* max_user_memory until the module has looked at the host's memory. */
#define NOT_GIVEN ULONG_MAX

static unsigned int max_user_vms = 64;
module_param(max_user_vms, uint, 0644);
MODULE_PARM_DESC(max_user_vms, "virtual machines of a user other than root; 0: no limit");

static unsigned int max_user_vcpus = 256;
module_param(max_user_vcpus, uint, 0644);
MODULE_PARM_DESC(max_user_vcpus,
		 "virtual CPUs of all virtual machines of a user other than root; 0: no limit");

static unsigned long max_user_memory = NOT_GIVEN;
module_param(max_user_memory, ulong, 0644);
MODULE_PARM_DESC(max_user_memory,
		 "memory of all virtual machines of a user other than root, in MiB; 0: no limit; "
		 "three quarters of the host's unless given");

/* What the virtual machines of one user come to. */
struct vmm_user {
	struct list_head link;
	kuid_t uid;
	unsigned int vms;
	unsigned int vcpus;
	u64 memory; /* bytes */
};

static DEFINE_MUTEX(users_lock); /* covers "users", and what stands there; innermost */
static LIST_HEAD(users);	 /* those who have a VM, but for root */

void owner_limits_init(void)
{
	if (max_user_memory == NOT_GIVEN)
		max_user_memory = (totalram_pages() >> (20 - PAGE_SHIFT)) / 4 * 3;
}

/* Whoever may give himself more of everything. */
static bool is_unlimited(const struct file *file)
{
	return uid_eq(file->f_cred->fsuid, GLOBAL_ROOT_UID) ||
	       file_ns_capable(file, &init_user_ns, CAP_SYS_RESOURCE);
}

/* With users_lock. Null: there is no memory for it. */
static struct vmm_user *user_get(kuid_t uid)
{
	struct vmm_user *user;

	list_for_each_entry(user, &users, link) if (uid_eq(user->uid, uid)) return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (!user)
		return NULL;
	user->uid = uid;
	list_add(&user->link, &users);
	return user;
}

/* With users_lock. Forgets who has nothing. */
static void user_put(struct vmm_user *user)
{
	if (user->vms)
		return;
	list_del(&user->link);
	kfree(user);
}

static int count_vm(struct vmm_owner *owner)
{
	unsigned int limit = READ_ONCE(max_user_vms);
	struct vmm_user *user;
	int error = 0;

	mutex_lock(&users_lock);
	user = user_get(owner->uid);
	if (!user)
		error = -ENOMEM;
	else if (limit && user->vms >= limit)
		error = -EDQUOT;
	else
		user->vms++;
	if (user)
		user_put(user);
	mutex_unlock(&users_lock);
	owner->user = error ? NULL : user;
	return error;
}

int owner_init(struct vmm_owner *owner, const struct file *file)
{
	int error;

	owner->uid = file->f_cred->fsuid;
	owner->user = NULL;
	mutex_init(&owner->lock);
	if (!is_unlimited(file)) {
		error = count_vm(owner);
		if (error)
			return error;
	}
	owner->namespace = get_user_ns(file->f_cred->user_ns);
	return 0;
}

void owner_release(struct vmm_owner *owner)
{
	struct vmm_user *user = owner->user;

	if (user) {
		mutex_lock(&users_lock);
		user->vms--;
		user->vcpus -= owner->vcpus;
		user->memory -= owner->memory;
		user_put(user);
		mutex_unlock(&users_lock);
	}
	put_user_ns(owner->namespace);
}

bool owner_permits(const struct vmm_owner *owner, const struct file *file)
{
	return uid_eq(file->f_cred->fsuid, owner->uid) ||
	       file_ns_capable(file, owner->namespace, CAP_SYS_ADMIN);
}

/* Takes one vCPU for the VM, or gives it back (-1). */
static int count_vcpus(struct vmm_owner *owner, int change)
{
	unsigned int limit = READ_ONCE(max_user_vcpus);
	struct vmm_user *user = owner->user;
	int error = 0;

	if (!user)
		return 0;
	mutex_lock(&users_lock);
	if (change > 0 && limit && user->vcpus >= limit) {
		error = -EDQUOT;
	} else {
		user->vcpus += change;
		owner->vcpus += change;
	}
	mutex_unlock(&users_lock);
	return error;
}

static int take_memory(struct vmm_owner *owner, u64 size)
{
	u64 limit = (u64)READ_ONCE(max_user_memory) << 20;
	struct vmm_user *user = owner->user;
	int error = 0;

	if (!user)
		return 0;
	mutex_lock(&users_lock);
	if (limit && (user->memory > limit || size > limit - user->memory)) {
		error = -EDQUOT;
	} else {
		user->memory += size;
		owner->memory += size;
	}
	mutex_unlock(&users_lock);
	return error;
}

static void give_memory(struct vmm_owner *owner, u64 size)
{
	if (!owner->user)
		return;
	mutex_lock(&users_lock);
	owner->user->memory -= size;
	owner->memory -= size;
	mutex_unlock(&users_lock);
}

int owner_create_vcpu(struct vmm_owner *owner, struct vm *vm, u64 index)
{
	int error;

	mutex_lock(&owner->lock);
	if (vm_vcpu(vm, index)) {
		error = vm_create_vcpu(vm, index);
	} else {
		error = count_vcpus(owner, 1);
		if (!error) {
			error = vm_create_vcpu(vm, index);
			if (error)
				count_vcpus(owner, -1);
		}
	}
	mutex_unlock(&owner->lock);
	return error;
}

int owner_set_memseg(struct vmm_owner *owner, struct vm *vm, struct vmm_memseg *segment)
{
	int error = take_memory(owner, segment->size);

	if (error)
		return error;
	error = vm_set_memseg(vm, segment);
	if (error)
		give_memory(owner, segment->size);
	return error;
}
