// SPDX-License-Identifier: BSD-2-Clause
/* Sentences for users. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

/* Errors whose meaning depends on what was being done; name is put where the %s is, if there is
 * one. */
static const struct {
	enum vm_operation op;
	int error;
	const char *sentence;
} specific[] = {
	{ VM_OP_CREATE, EEXIST, "exists; destroy it with bhyvectl --vm=%s --destroy" },
	{ VM_OP_CREATE, ENOSPC,
	  "cannot be created: the driver's limit of virtual machines is "
	  "reached; destroy one (bhyvectl --list)" },
	{ VM_OP_OPEN, EACCES, "belongs to another user; choose another name" },
	{ VM_OP_DESTROY, EPERM, "belongs to another user, who alone may destroy it, or root" },
	{ VM_OP_MEMORY, ENOMEM, "the host does not have that much memory; give a smaller -m" },
	{ VM_OP_MEMORY, EINVAL,
	  "not a size of memory that a virtual machine can have; give a "
	  "multiple of 2M with -m" },
	{ VM_OP_MEMORY, ENOSPC, "has all the memory segments that it can have" },
	{ VM_OP_VCPU, EINVAL, "no such vCPU; a virtual machine has at most 16 (0 to 15)" },
	{ VM_OP_VCPU, ENOENT, "no such vCPU; see bhyvectl --vm=%s --get-active-cpus" },
	{ VM_OP_VCPU, EBUSY, "is run by another process; see bhyvectl --list" },
	{ VM_OP_REGISTER, ENOENT, "no such vCPU; choose another with --cpu" },
	{ VM_OP_REGISTER, EINVAL, "no such vCPU; choose another with --cpu" },
	{ VM_OP_REGISTER, EPERM, "that register cannot be set" },
	{ VM_OP_REGISTER, EBUSY, "is running; registers are set while it is stopped" },
	{ VM_OP_STATE, EBUSY, "is running; stop it with bhyvectl --vm=%s --force-poweroff" },
};

static const char *general(int error)
{
	switch (error) {
	case ENOENT:
		return "the vmm driver is not loaded; run modprobe vmm, and where that fails, "
		       "dmesg | grep vmm: to see why";
	case ENXIO:
		return "no such virtual machine; see bhyvectl --list";
	case ENODEV:
		return "the virtual machine was destroyed";
	case EACCES:
	case EPERM:
		return "permission denied; be root, or in group vmm for virtual machines of your "
		       "own";
	case EINVAL:
		return "not a name for a virtual machine; use letters, digits, '.', '_', '-' and "
		       "'+', not first a '.'";
	case ENAMETOOLONG:
		return "the name is too long; use at most 63 characters";
	case EPROTO:
		return "the vmm driver is of another version than this program; reload it (rmmod "
		       "vmm; modprobe vmm) or install matching tools";
	case ENOMEM:
		return "the host is out of memory";
	default:
		return NULL;
	}
}

static const char *sentence(enum vm_operation op, int error)
{
	for (size_t i = 0; i < sizeof(specific) / sizeof(specific[0]); i++)
		if (specific[i].op == op && specific[i].error == error)
			return specific[i].sentence;
	if (op > VM_OP_DESTROY && (error == EINVAL || error == EPERM))
		return NULL;
	return general(error);
}

/* What a user may have in all, by the operation that found it used up. */
static const struct {
	enum vm_operation op;
	const char *parameter;
	const char *what;
} limits[] = {
	{ VM_OP_CREATE, "max_user_vms", "virtual machines" },
	{ VM_OP_VCPU, "max_user_vcpus", "vCPUs in all virtual machines together" },
	{ VM_OP_MEMORY, "max_user_memory", "MiB of memory in all virtual machines together" },
};

/* The value of a parameter of the driver as text, or "so many". */
static void read_parameter(const char *name, char *buf, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/vmm/parameters/%s", name);
	file = fopen(path, "re");
	if (!file || !fgets(buf, (int)len, file))
		snprintf(buf, len, "so many");
	buf[strcspn(buf, "\n")] = '\0';
	if (file)
		fclose(file);
}

static bool explain_limit(enum vm_operation op, char *buf, size_t len)
{
	char value[24];

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (limits[i].op != op)
			continue;
		read_parameter(limits[i].parameter, value, sizeof(value));
		snprintf(buf, len,
			 "a user other than root may have %s %s (parameter %s of the vmm module), "
			 "and they are in use; destroy a virtual machine (bhyvectl --list)",
			 value, limits[i].what, limits[i].parameter);
		return true;
	}
	return false;
}

/* A driver that is missing because it was refused: says why. False where that cannot be known. */
static bool explain_refusal(char *buf, size_t len)
{
	static const char intro[] = "the vmm driver is not loaded; it was refused: ";
	char reasons[1024];
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool refused;

	if (log < 0)
		return false;
	refused = vm_last_refusal(log, reasons, sizeof(reasons));
	close(log);
	if (refused)
		snprintf(buf, len, "%s%s", intro, reasons);
	return refused;
}

const char *vm_explain(enum vm_operation op, const char *name, int error, char *buf, size_t len)
{
	const char *text = sentence(op, -error);
	const char *gap;

	if (error == -ENOENT && text == general(ENOENT) && explain_refusal(buf, len))
		return buf;
	if (error == -EDQUOT && explain_limit(op, buf, len))
		return buf;
	if (!text) {
		snprintf(buf, len, "%s", strerror(-error));
		return buf;
	}
	gap = strstr(text, "%s");
	if (gap)
		snprintf(buf, len, "%.*s%s%s", (int)(gap - text), text, name ? name : "NAME",
			 gap + 2);
	else
		snprintf(buf, len, "%s", text);
	return buf;
}
