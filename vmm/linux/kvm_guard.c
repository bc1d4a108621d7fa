// SPDX-License-Identifier: BSD-2-Clause
/*
 * Keeps KVM out while EL2 is ours: KVM enables itself on each CPU when its first virtual machine is
 * created, in kvm_arch_hardware_enable; a probe makes that return -EBUSY, which is what
 * KVM_CREATE_VM then returns.
 */
#include <linux/kprobes.h>

#include "vmm_linux.h"

static bool guard_set;

static int refuse(struct kprobe *probe, struct pt_regs *regs)
{
	regs->regs[0] = -EBUSY;
	instruction_pointer_set(regs, procedure_link_pointer(regs));
	return 1;
}
NOKPROBE_SYMBOL(refuse);

static struct kprobe guard = {
	.symbol_name = "kvm_arch_hardware_enable",
	.pre_handler = refuse,
};

int kvm_guard_set(void)
{
	int error;

	guard.addr = NULL;
	guard.flags = 0;
	error = register_kprobe(&guard);
	guard_set = !error;
	return error == -ENOENT ? 0 : error;
}

void kvm_guard_clear(void)
{
	if (guard_set)
		unregister_kprobe(&guard);
	guard_set = false;
}
