// SPDX-License-Identifier: BSD-2-Clause
/* /dev/vmmctl, and the device nodes of the virtual machines, /dev/vmm/NAME. */
#include <linux/cdev.h>
#include <linux/cred.h>
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

/* The node of one virtual machine. */
struct vmm_node {
	struct device device;
	struct vm *vm;
	kuid_t uid; /* of who created it */
};

static DEFINE_MUTEX(ctl_lock); /* covers core's table of names and "nodes"; outermost */
static DEFINE_IDR(nodes);      /* by minor number */
static struct class *vmm_class;
static dev_t first_number;
static struct cdev vm_cdev;

struct vm *ctl_get_vm(dev_t number)
{
	struct vmm_node *node;
	struct vm *vm = NULL;

	mutex_lock(&ctl_lock);
	node = idr_find(&nodes, MINOR(number) - MINOR(first_number));
	if (node) {
		vm = node->vm;
		vm_get(vm);
	}
	mutex_unlock(&ctl_lock);
	return vm;
}

static char *node_name(compat_devnode_device *device, umode_t *mode, kuid_t *uid, kgid_t *gid)
{
	const struct vmm_node *node = container_of(device, const struct vmm_node, device);

	if (mode)
		*mode = 0600;
	if (uid)
		*uid = node->uid;
	return kasprintf(GFP_KERNEL, "vmm/%s", dev_name(device));
}

static const struct device_type node_type = {
	.name = "vmm",
	.devnode = node_name,
};

static void node_release(struct device *device)
{
	kfree(container_of(device, struct vmm_node, device));
}

static struct vmm_node *node_allocate(struct vm *vm)
{
	struct vmm_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node)
		return NULL;
	node->vm = vm;
	node->uid = current_fsuid();
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

static int node_add(struct vm *vm)
{
	struct vmm_node *node = node_allocate(vm);
	int error;

	if (!node)
		return -ENOMEM;
	error = node_publish(node);
	if (error)
		put_device(&node->device);
	return error;
}

static void node_remove(struct vm *vm)
{
	struct vmm_node *node = NULL;
	int minor;

	idr_for_each_entry(&nodes, node, minor)
	{
		if (node->vm == vm) {
			idr_remove(&nodes, minor);
			device_unregister(&node->device);
			return;
		}
	}
}

/* The module stays while the VM is there. */
static int create(const char *name)
{
	struct vm *vm;
	int error;

	mutex_lock(&ctl_lock);
	error = vm_create(name, &vm);
	if (!error) {
		error = node_add(vm);
		if (error)
			vm_destroy(vm);
		else
			__module_get(THIS_MODULE);
	}
	mutex_unlock(&ctl_lock);
	return error;
}

static int destroy(const char *name)
{
	struct vm *vm;

	mutex_lock(&ctl_lock);
	vm = vm_find(name);
	if (vm) {
		node_remove(vm);
		vm_destroy(vm);
		module_put(THIS_MODULE);
	}
	mutex_unlock(&ctl_lock);
	return vm ? 0 : -ENOENT;
}

static long name_ioctl(const void __user *user, int (*function)(const char *name))
{
	struct vmm_name name;

	if (copy_from_user(&name, user, sizeof(name)))
		return -EFAULT;
	if (strnlen(name.name, sizeof(name.name)) == sizeof(name.name))
		return -EINVAL;
	return function(name.name);
}

static long ctl_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	switch (command) {
	case VMMCTL_VERSION:
		return put_user(VMM_ABI_VERSION, (uint32_t __user *)argument);
	case VMMCTL_CREATE:
		return name_ioctl((const void __user *)argument, create);
	case VMMCTL_DESTROY:
		return name_ioctl((const void __user *)argument, destroy);
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
