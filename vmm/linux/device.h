/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of vmm/linux that make /dev/vmmctl and /dev/vmm/NAME say to each other. */
#ifndef VMM_LINUX_DEVICE_H
#define VMM_LINUX_DEVICE_H

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "vm.h"

/* One open file of /dev/vmm/NAME. What it binds (doorbells, irqfds) goes with it. */
struct vmm_file {
	struct vm *vm;	   /* a reference */
	struct mutex lock; /* covers irqfds */
	struct list_head irqfds;
};

/* ctl.c: the VM of a device number, with a reference, or null. */
struct vm *ctl_get_vm(dev_t number);

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
