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
};

/* One open file of /dev/vmm/NAME. What it binds (doorbells, irqfds) goes with it. */
struct vmm_file {
	struct vmm_node *node; /* a reference */
	struct vm *vm;	       /* the node's */
	struct mutex lock;     /* covers irqfds */
	struct list_head irqfds;
};

/* ctl.c: the node of a device number for who opened "file", with a reference, for ctl_put_node.
 * -ENODEV, -EACCES (it is another user's). */
struct vmm_node *ctl_get_node(dev_t number, const struct file *file);
void ctl_put_node(struct vmm_node *node);

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
