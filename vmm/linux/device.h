/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of vmm/linux that make /dev/vmmctl and /dev/vmm/NAME say to each other. */
#ifndef VMM_LINUX_DEVICE_H
#define VMM_LINUX_DEVICE_H

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "owner.h"
#include "vm.h"

/* The node of one virtual machine, with a reference to it. It is there until the last open file of
 * the VM is closed, and the VM's memory with it. */
struct vmm_node {
	struct device device;
	struct vm *vm;
	struct vmm_owner owner;
	/* With the lock of ctl.c: */
	bool listed;		    /* not destroyed */
	unsigned int files;	    /* that are open */
	struct task_struct *binder; /* VMM_BIND's process, a reference, or null */
	const void *binding;	    /* its open file */
};

/* One open file of /dev/vmm/NAME. What it binds (doorbells, irqfds) goes with it. */
struct vmm_file {
	struct vmm_node *node; /* a reference */
	struct vm *vm;	       /* the node's */
	struct mutex lock;     /* covers irqfds */
	struct list_head irqfds;
};

/* ctl.c: the node of a device number for who opened "file", with a reference, which lasts until
 * ctl_file_closed. -ENODEV, -EACCES (it is another user's). */
struct vmm_node *ctl_get_node(dev_t number, const struct file *file);
/* VMM_BIND of the open file "file". -EBUSY, -ENODEV. */
int ctl_bind(struct vmm_node *node, const void *file, bool wanted);
/* The open file "file" is closed: destroys the VM if it goes with it, and drops the reference. */
void ctl_file_closed(struct vmm_node *node, const void *file);
/* Waits until a VM is destroyed that goes with a process that is ending, at most "timeout" jiffies.
 * False: there is none, or none was in that time. Takes no lock that it would have to wait for. */
bool ctl_await_end(unsigned long timeout);
/* Destroys the largest VM that no process has open. Its memory in bytes; 0: there is none. */
u64 ctl_destroy_orphan(void);

/* oom.c: what is done for a host that runs out of memory. Negative errno. */
int oom_start(void);
void oom_stop(void);

/* dev.c: the file operations of /dev/vmm/NAME. */
extern const struct file_operations vmm_dev_operations;

/* memory.c: mmap of guest memory and of the vCPUs' pages, offsets as in vmm_ioctl.h. -EINVAL,
 * -ENXIO. */
int vmm_mmap(struct file *file, struct vm_area_struct *area);

/* eventfd.c: VMM_IRQFD and VMM_IOEVENTFD; irqfd_release undoes all of the file's irqfds. */
int irqfd_ioctl(struct vmm_file *file, const struct vmm_irqfd *request);
int ioeventfd_ioctl(struct vmm_file *file, const struct vmm_ioeventfd *request);
void irqfd_release(struct vmm_file *file);

#endif
