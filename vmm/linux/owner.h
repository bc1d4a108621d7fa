/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who made a virtual machine, and what he may have. Rights are those of who opened a file, not of
 * who uses it: a process that gave up its privileges goes on with what it has open, and one that is
 * handed a file does no more than who handed it.
 */
#ifndef VMM_LINUX_OWNER_H
#define VMM_LINUX_OWNER_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/uidgid.h>

#include "vm.h"

struct vmm_user;

/* Of one virtual machine. */
struct vmm_owner {
	kuid_t uid; /* fsuid of the creator */
	struct user_namespace *namespace;
	struct vmm_user *user; /* what the VM counts for; null: it has no limits */
	struct mutex lock;     /* covers creation of vCPUs; before vm.lock */
	unsigned int vcpus;    /* counted for this VM */
	u64 memory;	       /* likewise, bytes */
};

/* Once, before the first owner: the limits that were not given as parameters. */
void owner_limits_init(void);

/*
 * The owner of a VM that is made through "file" (/dev/vmmctl), which counts for it. Undone by
 * owner_release, when the VM's memory is free. -EDQUOT: has as many as a user may have; -ENOMEM.
 * Process context, as everything here.
 */
int owner_init(struct vmm_owner *owner, const struct file *file);
void owner_release(struct vmm_owner *owner);

/* May who opened "file" use the VM: is it its owner, or has it CAP_SYS_ADMIN where that one lives?
 */
bool owner_permits(const struct vmm_owner *owner, const struct file *file);

/* vm_create_vcpu and vm_set_memseg, within the owner's limits: -EDQUOT, and their errors. */
int owner_create_vcpu(struct vmm_owner *owner, struct vm *vm, u64 index);
int owner_set_memseg(struct vmm_owner *owner, struct vm *vm, struct vmm_memseg *segment);

#endif
