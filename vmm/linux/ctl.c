// SPDX-License-Identifier: BSD-2-Clause
/* /dev/vmmctl, and the device nodes of the virtual machines, /dev/vmm/NAME. */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "device.h"
#include "vmm_linux.h"

#define MINORS 65536

static DEFINE_MUTEX(ctl_lock); /* covers core's table of names and "nodes"; outermost */
static DEFINE_IDR(nodes);      /* by minor number */
static struct class *vmm_class;
static dev_t first_number;
static struct cdev vm_cdev;

struct vmm_node *ctl_get_node(dev_t number, const struct file *file)
{
	struct vmm_node *node;

	mutex_lock(&ctl_lock);
	node = idr_find(&nodes, MINOR(number) - MINOR(first_number));
	if (!node)
		node = ERR_PTR(-ENODEV);
	else if (!owner_permits(&node->owner, file))
		node = ERR_PTR(-EACCES);
	else
		get_device(&node->device);
	mutex_unlock(&ctl_lock);
	return node;
}

void ctl_put_node(struct vmm_node *node)
{
	put_device(&node->device);
}

static char *node_name(compat_devnode_device *device, umode_t *mode, kuid_t *uid, kgid_t *gid)
{
	const struct vmm_node *node = container_of(device, const struct vmm_node, device);

	if (mode)
		*mode = 0600;
	if (uid)
		*uid = node->owner.uid;
	return kasprintf(GFP_KERNEL, "vmm/%s", dev_name(device));
}

static const struct device_type node_type = {
	.name = "vmm",
	.devnode = node_name,
};

/* The last open file of a VM that was destroyed is closed. */
static void node_release(struct device *device)
{
	struct vmm_node *node = container_of(device, struct vmm_node, device);

	if (node->vm)
		vm_put(node->vm);
	owner_release(&node->owner);
	kfree(node);
}

/* A node that has no VM yet. */
static struct vmm_node *node_allocate(const struct file *file)
{
	struct vmm_node *node = kzalloc(sizeof(*node), GFP_KERNEL);
	int error;

	if (!node)
		return ERR_PTR(-ENOMEM);
	error = owner_init(&node->owner, file);
	if (error) {
		kfree(node);
		return ERR_PTR(error);
	}
	device_initialize(&node->device);
	node->device.class = vmm_class;
	node->device.type = &node_type;
	node->device.release = node_release;
	return node;
}

static int node_publish(struct vmm_node *node)
{
	/* Who keeps the inode of a VM that is gone must not reach the next one with it. */
	int minor = idr_alloc_cyclic(&nodes, node, 0, MINORS, GFP_KERNEL);
	int error;

	if (minor < 0)
		return minor;
	node->device.devt = first_number + minor;
	error = dev_set_name(&node->device, "%s", node->vm->name);
	if (!error)
		error = device_add(&node->device);
	if (error)
		idr_remove(&nodes, minor);
	return error;
}

/* With ctl_lock. Makes the VM of a node; the node holds a reference beside the table's. */
static int node_create_vm(struct vmm_node *node, const char *name)
{
	struct vm *vm;
	int error = vm_create(name, &vm);

	if (error)
		return error;
	vm_get(vm);
	node->vm = vm;
	error = node_publish(node);
	if (error)
		vm_destroy(vm);
	return error;
}

/* The module stays while the VM is there. */
static int create(const struct file *file, const char *name)
{
	struct vmm_node *node = node_allocate(file);
	int error;

	if (IS_ERR(node))
		return PTR_ERR(node);
	mutex_lock(&ctl_lock);
	error = node_create_vm(node, name);
	if (!error)
		__module_get(THIS_MODULE);
	mutex_unlock(&ctl_lock);
	if (error)
		put_device(&node->device);
	return error;
}

/* With ctl_lock. Null: no VM has that name. */
static struct vmm_node *node_find(const char *name)
{
	struct vmm_node *node = NULL;
	int minor;

	idr_for_each_entry(&nodes, node, minor)
	{
		if (!strcmp(node->vm->name, name))
			return node;
	}
	return NULL;
}

/* With ctl_lock. From here on the VM is not found, and its name is free; who opened it has it. */
static void node_remove(struct vmm_node *node)
{
	idr_remove(&nodes, MINOR(node->device.devt) - MINOR(first_number));
	vm_unlist(node->vm);
	device_del(&node->device);
}

/* A VM that runs is waited for when the lock is free again: others go on with theirs. */
static int destroy(const struct file *file, const char *name)
{
	struct vmm_node *node;
	int error = 0;

	mutex_lock(&ctl_lock);
	node = node_find(name);
	if (!node)
		error = -ENOENT;
	else if (!owner_permits(&node->owner, file))
		error = -EPERM;
	else
		node_remove(node);
	mutex_unlock(&ctl_lock);
	if (error)
		return error;
	vm_end(node->vm);
	put_device(&node->device);
	module_put(THIS_MODULE);
	return 0;
}

static long name_ioctl(const struct file *file, const void __user *user,
		       int (*function)(const struct file *file, const char *name))
{
	struct vmm_name name;

	if (copy_from_user(&name, user, sizeof(name)))
		return -EFAULT;
	if (strnlen(name.name, sizeof(name.name)) == sizeof(name.name))
		return -EINVAL;
	return function(file, name.name);
}

static long ctl_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	switch (command) {
	case VMMCTL_VERSION:
		return put_user(VMM_ABI_VERSION, (uint32_t __user *)argument);
	case VMMCTL_CREATE:
		return name_ioctl(file, (const void __user *)argument, create);
	case VMMCTL_DESTROY:
		return name_ioctl(file, (const void __user *)argument, destroy);
	}
	return -ENOTTY;
}

static const struct file_operations ctl_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = ctl_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice ctl_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vmmctl",
	.fops = &ctl_operations,
	.mode = 0600,
};

static int add_class(void)
{
	vmm_class = compat_class_create("vmm");
	return PTR_ERR_OR_ZERO(vmm_class);
}

static int add_cdev(void)
{
	int error = alloc_chrdev_region(&first_number, 0, MINORS, "vmm");

	if (error)
		return error;
	cdev_init(&vm_cdev, &vmm_dev_operations);
	vm_cdev.owner = THIS_MODULE;
	error = cdev_add(&vm_cdev, first_number, MINORS);
	if (error)
		unregister_chrdev_region(first_number, MINORS);
	return error;
}

static void remove_cdev(void)
{
	cdev_del(&vm_cdev);
	unregister_chrdev_region(first_number, MINORS);
}

int vmm_devices_init(void)
{
	int error = add_class();

	if (error)
		return error;
	owner_limits_init();
	error = add_cdev();
	if (!error) {
		error = misc_register(&ctl_device);
		if (error)
			remove_cdev();
	}
	if (error)
		class_destroy(vmm_class);
	return error;
}

/* No VM is left: each held the module. */
void vmm_devices_exit(void)
{
	misc_deregister(&ctl_device);
	remove_cdev();
	class_destroy(vmm_class);
	idr_destroy(&nodes);
}
