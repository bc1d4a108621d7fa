// SPDX-License-Identifier: BSD-2-Clause
/* /dev/vmm/NAME: open files and ioctls of one virtual machine. vmm_ioctl.h says what each does. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device.h"
#include "vcpu.h"

static int dev_open(struct inode *inode, struct file *file)
{
	struct vmm_file *opened = kzalloc(sizeof(*opened), GFP_KERNEL_ACCOUNT);
	int error;

	if (!opened)
		return -ENOMEM;
	opened->node = ctl_get_node(inode->i_rdev, file);
	if (IS_ERR(opened->node)) {
		error = PTR_ERR(opened->node);
		kfree(opened);
		return error;
	}
	opened->vm = opened->node->vm;
	mutex_init(&opened->lock);
	INIT_LIST_HEAD(&opened->irqfds);
	file->private_data = opened;
	return 0;
}

static int dev_release(struct inode *inode, struct file *file)
{
	struct vmm_file *closed = file->private_data;

	irqfd_release(closed);
	vm_disown(closed->vm, closed);
	ctl_file_closed(closed->node, closed);
	kfree(closed);
	return 0;
}

static int find_vcpu(struct vmm_file *file, uint64_t index, struct vcpu **vcpu)
{
	if (index >= VMM_MAX_VCPUS)
		return -EINVAL;
	*vcpu = vm_vcpu(file->vm, index);
	return *vcpu ? 0 : -ENOENT;
}

static long run(struct vmm_file *file, unsigned long index)
{
	struct vcpu *vcpu;
	int error = find_vcpu(file, index, &vcpu);

	return error ? error : vcpu_run(vcpu, file);
}

/* The argument of an ioctl, copied from user space and back as its number says. */
union argument {
	struct vmm_info info;
	struct vmm_memseg memseg;
	struct vmm_vcpu_on on;
	struct vmm_reg_access reg;
	struct vmm_irq_line line;
	struct vmm_irqfd irqfd;
	struct vmm_ioeventfd ioeventfd;
	struct vmm_stats stats;
	struct vmm_blob blob;
};

static int vcpu_on(struct vmm_file *file, const struct vmm_vcpu_on *on)
{
	struct vcpu *vcpu;
	int error = find_vcpu(file, on->vcpu, &vcpu);

	return error ? error : vcpu_power_on(vcpu, on);
}

static int vcpu_off(struct vmm_file *file, unsigned long index)
{
	struct vcpu *vcpu;
	int error = find_vcpu(file, index, &vcpu);

	return error ? error : vcpu_power_off(vcpu);
}

static int get_reg(struct vmm_file *file, struct vmm_reg_access *access)
{
	struct vcpu *vcpu;
	int error = find_vcpu(file, access->vcpu, &vcpu);

	return error ? error : vcpu_get_reg(vcpu, access->reg, &access->value);
}

static int set_reg(struct vmm_file *file, const struct vmm_reg_access *access)
{
	struct vcpu *vcpu;
	int error = find_vcpu(file, access->vcpu, &vcpu);

	return error ? error : vcpu_set_reg(vcpu, access->reg, access->value);
}

static int get_stats(struct vmm_file *file, struct vmm_stats *stats)
{
	struct vcpu *vcpu;
	int error = find_vcpu(file, stats->vcpu, &vcpu);

	return error ? error : vcpu_get_stats(vcpu, stats);
}

static int irq_line(struct vmm_file *file, const struct vmm_irq_line *line)
{
	return line->pad ? -EINVAL : vm_irq_line(file->vm, line);
}

static int set_blob(struct vmm_file *file, const struct vmm_blob *blob)
{
	void *copy = NULL;

	if (blob->pad || blob->size > VMM_BLOB_MAX)
		return -EINVAL;
	if (blob->size) {
		copy = host_zalloc_large(blob->size, true);
		if (!copy)
			return -ENOMEM;
		if (copy_from_user(copy, u64_to_user_ptr(blob->data), blob->size)) {
			host_free_large(copy);
			return -EFAULT;
		}
	}
	return vm_set_blob(file->vm, copy, blob->size);
}

static int get_blob(struct vmm_file *file, struct vmm_blob *blob)
{
	uint32_t room = min_t(uint32_t, blob->size, VMM_BLOB_MAX);
	void *copy;
	int error;

	if (blob->pad)
		return -EINVAL;
	copy = host_zalloc_large(room + 1, true);
	if (!copy)
		return -ENOMEM;
	blob->size = room;
	error = vm_get_blob(file->vm, copy, &blob->size);
	if (!error && copy_to_user(u64_to_user_ptr(blob->data), copy, blob->size))
		error = -EFAULT;
	host_free_large(copy);
	return error;
}

/* Those that take a number. Not inline, nor are the others: what they have on the stack would give
 * VMM_RUN a stack protector. */
static noinline int number_ioctl(struct vmm_file *file, unsigned int command,
				 unsigned long argument)
{
	switch (command) {
	case VMM_VCPU_CREATE:
		return owner_create_vcpu(&file->node->owner, file->vm, argument);
	case VMM_VCPU_OFF:
		return vcpu_off(file, argument);
	case VMM_SET_FEATURES:
		return vm_set_features(file->vm, argument);
	case VMM_SUSPEND:
		return vm_suspend(file->vm, argument);
	case VMM_REINIT:
		return vm_reinit(file->vm, argument);
	case VMM_BIND:
		return argument > 1 ? -EINVAL : ctl_bind(file->node, file, argument);
	}
	return -ENOTTY;
}

/* Those that take a structure. */
static int structure_ioctl(struct vmm_file *file, unsigned int command, union argument *argument)
{
	switch (command) {
	case VMM_INFO:
		return vm_info(file->vm, &argument->info);
	case VMM_SET_MEMSEG:
		return owner_set_memseg(&file->node->owner, file->vm, &argument->memseg);
	case VMM_SET_MEMSEG_FLAGS:
		return vm_set_memseg_flags(file->vm, &argument->memseg);
	case VMM_GET_MEMSEG:
		return vm_get_memseg(file->vm, &argument->memseg);
	case VMM_VCPU_ON:
		return vcpu_on(file, &argument->on);
	case VMM_GET_REG:
		return get_reg(file, &argument->reg);
	case VMM_SET_REG:
		return set_reg(file, &argument->reg);
	case VMM_IRQFD:
		return irqfd_ioctl(file, &argument->irqfd);
	case VMM_IOEVENTFD:
		return ioeventfd_ioctl(file, &argument->ioeventfd);
	case VMM_GET_STATS:
		return get_stats(file, &argument->stats);
	case VMM_SET_BLOB:
		return set_blob(file, &argument->blob);
	case VMM_GET_BLOB:
		return get_blob(file, &argument->blob);
	}
	return -ENOTTY;
}

/* A call that fails gives nothing back, save the size that a blob would need. */
static bool gives_back(unsigned int command, int error)
{
	return (_IOC_DIR(command) & _IOC_READ) &&
	       (!error || (command == VMM_GET_BLOB && error == -ENOSPC));
}

static noinline long copied_ioctl(struct vmm_file *file, unsigned int command, void __user *user)
{
	union argument argument;
	size_t size = _IOC_SIZE(command);
	int error;

	if (_IOC_TYPE(command) != VMM_IOC || size > sizeof(argument))
		return -ENOTTY;
	memset(&argument, 0, sizeof(argument));
	if ((_IOC_DIR(command) & _IOC_WRITE) && copy_from_user(&argument, user, size))
		return -EFAULT;
	error = structure_ioctl(file, command, &argument);
	if (gives_back(command, error) && copy_to_user(user, &argument, size))
		return -EFAULT;
	return error;
}

static noinline long line_ioctl(struct vmm_file *file, void __user *user)
{
	struct vmm_irq_line line;

	if (copy_from_user(&line, user, sizeof(line)))
		return -EFAULT;
	return irq_line(file, &line);
}

/* The two that are called all the time come first. */
static long dev_ioctl(struct file *opened, unsigned int command, unsigned long argument)
{
	struct vmm_file *file = opened->private_data;

	if (likely(command == VMM_RUN))
		return run(file, argument);
	if (READ_ONCE(file->vm->gone))
		return -ENODEV;
	if (command == VMM_IRQ_LINE)
		return line_ioctl(file, (void __user *)argument);
	if (_IOC_DIR(command) == _IOC_NONE)
		return number_ioctl(file, command, argument);
	return copied_ioctl(file, command, (void __user *)argument);
}

const struct file_operations vmm_dev_operations = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.unlocked_ioctl = dev_ioctl,
	.mmap = vmm_mmap,
	.llseek = noop_llseek,
};
