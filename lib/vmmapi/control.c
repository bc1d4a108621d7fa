// SPDX-License-Identifier: BSD-2-Clause
/* Creating, destroying, opening and listing virtual machines. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm.h"

int vm_ioctl(int fd, unsigned long request, uintptr_t arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._-+", c));
}

int vm_check_name(const char *name)
{
	size_t len = strlen(name);

	if (len > VMM_NAME_MAX)
		return -ENAMETOOLONG;
	if (len == 0 || name[0] == '.')
		return -EINVAL;
	for (const char *c = name; *c; c++)
		if (!name_char(*c))
			return -EINVAL;
	return 0;
}

/* Opens /dev/vmmctl and makes sure that we speak the driver's language. A descriptor or negative
 * errno. */
static int open_control(void)
{
	uint32_t version = 0;
	int fd = open(VMM_CTL_PATH, O_RDWR | O_CLOEXEC);
	int error;

	if (fd < 0)
		return errno == ENXIO || errno == ENODEV ? -ENOENT : -errno;
	error = vm_ioctl(fd, VMMCTL_VERSION, (uintptr_t)&version);
	if (error == 0 && version != VMM_ABI_VERSION)
		error = -EPROTO;
	if (error == -ENOTTY)
		error = -EPROTO;
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

static int control(const char *name, unsigned long request)
{
	struct vmm_name argument = { 0 };
	int error = vm_check_name(name);
	int fd;

	if (error)
		return error;
	fd = open_control();
	if (fd < 0)
		return fd;
	memcpy(argument.name, name, strlen(name) + 1);
	error = vm_ioctl(fd, request, (uintptr_t)&argument);
	close(fd);
	return error;
}

int vm_create(const char *name)
{
	return control(name, VMMCTL_CREATE);
}

int vm_destroy(const char *name)
{
	int error = control(name, VMMCTL_DESTROY);

	/* -ENOENT is the missing driver's; from the ioctl it is the missing VM */
	if (error == -ENOENT && access(VMM_CTL_PATH, F_OK) == 0)
		return -ENXIO;
	return error;
}

#define DEVICE_PATH_MAX (sizeof(VMM_VM_DIR) + VMM_NAME_MAX + 2)

static void device_path(const char *name, char path[DEVICE_PATH_MAX])
{
	snprintf(path, DEVICE_PATH_MAX, "%s/%s", VMM_VM_DIR, name);
}

/* Opens the VM's device. A descriptor or negative errno. */
static int open_device(const char *name)
{
	char path[DEVICE_PATH_MAX];
	int control_fd, fd;

	device_path(name, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT && errno != ENXIO && errno != ENODEV)
		return -errno;
	control_fd = open_control();
	if (control_fd >= 0)
		close(control_fd);
	/* who may use the VM need not be allowed to create one */
	if (fd >= 0 && control_fd < 0 && control_fd != -EACCES) {
		close(fd);
		return control_fd;
	}
	if (fd >= 0)
		return fd;
	return control_fd < 0 ? control_fd : -ENXIO;
}

int vm_open(const char *name, struct vmctx **vm)
{
	struct vmctx *handle;
	int error = vm_check_name(name);

	if (error)
		return error;
	handle = calloc(1, sizeof(*handle));
	if (!handle)
		return -ENOMEM;
	handle->fd = open_device(name);
	if (handle->fd < 0) {
		error = handle->fd;
		free(handle);
		return error;
	}
	memcpy(handle->name, name, strlen(name) + 1);
	pthread_mutex_init(&handle->lock, NULL);
	*vm = handle;
	return 0;
}

void vm_close(struct vmctx *vm)
{
	if (!vm)
		return;
	for (unsigned i = 0; i < vm->mapping_count; i++)
		munmap(vm->mappings[i].host, vm->mappings[i].size);
	for (unsigned i = 0; i < VMM_MAX_VCPUS; i++)
		if (vm->run_pages[i])
			munmap(vm->run_pages[i], 4096);
	close(vm->fd);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

const char *vm_name(const struct vmctx *vm)
{
	return vm->name;
}

int vm_fd(const struct vmctx *vm)
{
	return vm->fd;
}

static int is_vm(const struct dirent *entry)
{
	return vm_check_name(entry->d_name) == 0;
}

int vm_list(vm_visit *visit, void *arg)
{
	struct dirent **entries = NULL;
	int count, result = 0;

	if (access(VMM_CTL_PATH, F_OK) != 0)
		return -errno;
	count = scandir(VMM_VM_DIR, &entries, is_vm, alphasort);
	if (count < 0) /* the folder is there while a VM is */
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = visit(entries[i]->d_name, arg);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int vm_bind(struct vmctx *vm, bool bound)
{
	return vm_ioctl(vm->fd, VMM_BIND, bound);
}

int vm_owner(const char *name, uid_t *owner)
{
	char path[DEVICE_PATH_MAX];
	struct stat status;
	int error = vm_check_name(name);

	if (error)
		return error;
	device_path(name, path);
	if (stat(path, &status) < 0)
		return errno == ENOENT ? -ENXIO : -errno;
	*owner = status.st_uid;
	return 0;
}
