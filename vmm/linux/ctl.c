// SPDX-License-Identifier: BSD-2-Clause
/* /dev/vmmctl, and the device nodes of the virtual machines, /dev/vmm/NAME. */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "compat.h"
#include "device.h"
#include "vmm_linux.h"

#define MINORS 65536

static DEFINE_MUTEX(ctl_lock); /* covers core's table of names and "nodes"; outermost */
static DEFINE_IDR(nodes);      /* by minor number */
static struct class *vmm_class;
static dev_t first_number;
static struct cdev vm_cdev;

/* Counts VMs whose end was waited for, for who waits for their memory. */
static atomic_t ends = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(end_queue);

/* With ctl_lock. */
static void node_open(struct vmm_node *node)
{
	get_device(&node->device);
	node->files++;
}

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
		node_open(node);
	mutex_unlock(&ctl_lock);
	return node;
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
	node->listed = true;
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
	node->listed = false;
	vm_unlist(node->vm);
	device_del(&node->device);
}

/* Ends a VM that was removed, and waits for what runs in it: not with ctl_lock. */
static void node_end(struct vmm_node *node)
{
	vm_end(node->vm);
	put_device(&node->device);
}

/* Last of all: what the VM had is free, but for what others have open. */
static void note_end(void)
{
	atomic_inc(&ends);
	wake_up_all(&end_queue);
	module_put(THIS_MODULE);
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
	node_end(node);
	note_end();
	return 0;
}

/* With ctl_lock. */
static void unbind(struct vmm_node *node)
{
	if (node->binder)
		put_task_struct(node->binder);
	node->binder = NULL;
	node->binding = NULL;
}

static int bind(struct vmm_node *node, const void *file)
{
	if (!node->listed)
		return -ENODEV;
	if (node->binding)
		return node->binding == file ? 0 : -EBUSY;
	node->binding = file;
	node->binder = current->group_leader;
	get_task_struct(node->binder);
	return 0;
}

int ctl_bind(struct vmm_node *node, const void *file, bool wanted)
{
	int error = 0;

	mutex_lock(&ctl_lock);
	if (wanted)
		error = bind(node, file);
	else if (node->binding == file)
		unbind(node);
	mutex_unlock(&ctl_lock);
	return error;
}

/* With ctl_lock. Does the VM go with this open file, and was its run not ended before? */
static bool goes_with(const struct vmm_node *node, const void *file)
{
	return node->binding == file && node->listed &&
	       READ_ONCE(node->vm->suspend_how) == VMM_SUSPEND_NONE;
}

void ctl_file_closed(struct vmm_node *node, const void *file)
{
	bool destroys;

	mutex_lock(&ctl_lock);
	destroys = goes_with(node, file);
	if (node->binding == file)
		unbind(node);
	if (destroys)
		node_remove(node);
	node->files--;
	mutex_unlock(&ctl_lock);
	if (destroys) {
		pr_info("%s: its process has ended without ending it: destroyed, %llu MiB\n",
			node->vm->name, memory_resident(&node->vm->memory) >> 20);
		node_end(node);
	}
	put_device(&node->device);
	if (destroys)
		note_end();
}

/* Has the process been told to end, and not ended yet, so that it will close what it has open? */
static bool is_dying(struct task_struct *process)
{
	bool ended = READ_ONCE(process->exit_state) && get_nr_threads(process) <= 1;

	return !ended && ((READ_ONCE(process->signal->flags) & SIGNAL_GROUP_EXIT) ||
			  tsk_is_oom_victim(process));
}

bool ctl_await_end(unsigned long timeout)
{
	int before = atomic_read(&ends);
	struct vmm_node *node = NULL;
	bool dying = false;
	int minor;

	if (!mutex_trylock(&ctl_lock))
		return false;
	idr_for_each_entry(&nodes, node, minor)
	{
		dying = dying || (node->binder && is_dying(node->binder));
	}
	mutex_unlock(&ctl_lock);
	return dying && wait_event_timeout(end_queue, atomic_read(&ends) != before, timeout);
}

/* With ctl_lock. The VM with the most memory among those that no process has open, or null. */
static struct vmm_node *largest_orphan(void)
{
	struct vmm_node *node = NULL, *largest = NULL;
	u64 size, most = 0;
	int minor;

	idr_for_each_entry(&nodes, node, minor)
	{
		size = node->files ? 0 : memory_resident(&node->vm->memory);
		if (size > most) {
			most = size;
			largest = node;
		}
	}
	return largest;
}

u64 ctl_destroy_orphan(void)
{
	struct vmm_node *node;
	u64 size;

	mutex_lock(&ctl_lock);
	node = largest_orphan();
	if (node)
		node_remove(node);
	mutex_unlock(&ctl_lock);
	if (!node)
		return 0;
	size = memory_resident(&node->vm->memory);
	pr_warn("%s: the host is out of memory and no process has it open: destroyed, %llu MiB\n",
		node->vm->name, size >> 20);
	node_end(node);
	note_end();
	return size;
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
	if (error)
		goto no_cdev;
	error = oom_start();
	if (error)
		goto no_oom;
	error = misc_register(&ctl_device);
	if (!error)
		return 0;
	oom_stop();
no_oom:
	remove_cdev();
no_cdev:
	class_destroy(vmm_class);
	return error;
}

/* No VM is left: each held the module. */
void vmm_devices_exit(void)
{
	misc_deregister(&ctl_device);
	oom_stop();
	remove_cdev();
	class_destroy(vmm_class);
	idr_destroy(&nodes);
}
