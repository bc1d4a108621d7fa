// SPDX-License-Identifier: BSD-2-Clause
/*
 * KVM, which is built into the kernel, lets go of EL2 while vmm is loaded, and is kept out of it.
 * Where the kernel itself is at EL2, so is KVM, and it may stay: it must not run anything.
 *
 * Up to 6.11 KVM comes to EL2 with its first virtual machine and leaves with the last. From 6.12 on
 * it is there from boot where kvm.enable_virt_at_load is Y, as if a virtual machine existed: it
 * counts its users, and kvm_disable_virtualization() and kvm_enable_virtualization() count one down
 * and up. Modules have no right to them in every kernel, so they are found by name. The switch is
 * the one user that may be taken away: where it is N, whoever is counted is a virtual machine.
 *
 * The guard: probes at the entries of the functions that bring KVM to EL2 make these return an
 * error, so that KVM_CREATE_VM fails, and KVM_RUN, too. The guard is set before KVM lets go, and
 * cleared before KVM comes back.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/magic.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include <asm/cpufeature.h>
#include <asm/virt.h>

#include "host.h"
#include "hyp_abi.h"
#include "vmm_linux.h"

#define AT_LOAD	    "/sys/module/kvm/parameters/enable_virt_at_load"
#define KVM_UNKNOWN (~0ull) /* what KVM at EL2 answers to a call that it does not know */

static bool let_go;  /* KVM's user "from boot" has been taken away */
static bool is_user; /* vmm is a user of KVM */

static int refuse(struct kprobe *probe, struct pt_regs *regs)
{
	regs->regs[0] = -EBUSY;
	instruction_pointer_set(regs, procedure_link_pointer(regs));
	return 1;
}
NOKPROBE_SYMBOL(refuse);

/*
 * kvm_enable_virtualization (from 6.12 on) is where KVM_CREATE_VM gets EBUSY from. Who is past it
 * already is stopped on the CPU, by the others: one of these is what every kernel has. Where the
 * kernel is at EL2, KVM_RUN is stopped, and the last but one must not be: KVM did not let go, and
 * calls it on every CPU that comes on line.
 */
enum { EL1 = 1, EL2 = 2 };
static struct guard {
	struct kprobe probe;
	unsigned int of;	 /* kernels at which level */
	unsigned int sufficient; /* and at which it is enough */
	bool set;
} guards[] = {
	{ .probe = { .symbol_name = "kvm_enable_virtualization", .pre_handler = refuse },
	  .of = EL1 | EL2 },
	{ .probe = { .symbol_name = "kvm_arch_enable_virtualization_cpu", .pre_handler = refuse },
	  .of = EL1,
	  .sufficient = EL1 },
	{ .probe = { .symbol_name = "kvm_arch_hardware_enable", .pre_handler = refuse },
	  .of = EL1 | EL2,
	  .sufficient = EL1 },
	{ .probe = { .symbol_name = "kvm_arch_vcpu_ioctl_run", .pre_handler = refuse },
	  .of = EL1 | EL2,
	  .sufficient = EL2 },
};

static void clear_guards(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(guards); i++) {
		if (guards[i].set)
			unregister_kprobe(&guards[i].probe);
		guards[i].set = false;
	}
}

static int set_guards(void)
{
	const unsigned int level = is_kernel_in_hyp_mode() ? EL2 : EL1;
	bool sufficient = !IS_ENABLED(CONFIG_KVM);

	for (unsigned int i = 0; i < ARRAY_SIZE(guards); i++) {
		int error;

		if (!(guards[i].of & level))
			continue;
		guards[i].probe.addr = NULL;
		guards[i].probe.flags = 0;
		error = register_kprobe(&guards[i].probe);
		guards[i].set = !error;
		sufficient |= guards[i].set && (guards[i].sufficient & level);
		if (error && error != -ENOENT)
			pr_warn("no probe can be set on %s: %pe\n", guards[i].probe.symbol_name,
				ERR_PTR(error));
	}
	if (sufficient)
		return 0;
	clear_guards();
	pr_err("cannot take EL2: KVM of this kernel cannot be kept out, as vmm does not know its "
	       "functions; boot with kvm-arm.mode=none\n");
	return -ENODEV;
}

/* What answers at EL2 of this CPU to a call that only vmm's image knows. */
static u64 who_answers(void)
{
	unsigned long flags;
	u64 answer;

	local_irq_save(flags);
	answer = host_hvc(HYP_CALL_VERSION, 0, 0, 0, 0);
	local_irq_restore(flags);
	return answer;
}

/* Is KVM at EL2 from boot? Kernels before 6.12 have no such switch. */
static bool is_at_load(void)
{
	struct file *file = filp_open(AT_LOAD, O_RDONLY, 0);
	loff_t position = 0;
	char value = 'N';

	if (IS_ERR(file))
		return false;
	if (kernel_read(file, &value, 1, &position) != 1)
		value = 'N';
	filp_close(file, NULL);
	return value == 'Y';
}

static int let_kvm_go(void)
{
	void (*disable)(void) = (void (*)(void))symbol_find("kvm_disable_virtualization");

	if (!disable || !symbol_find("kvm_enable_virtualization")) {
		pr_err("cannot take EL2: KVM has it from boot, and this kernel has no function to "
		       "let go of it; boot with kvm.enable_virt_at_load=0\n");
		return -ENODEV;
	}
	disable();
	let_go = true;
	return 0;
}

/* Files that KVM_CREATE_VM and KVM_CREATE_VCPU make */
static int is_kvm_file(const void *unused, struct file *file, unsigned int fd)
{
	const struct dentry *dentry = file->f_path.dentry;

	return dentry->d_sb->s_magic == ANON_INODE_FS_MAGIC &&
	       strstarts(dentry->d_name.name, "kvm-");
}

/* In KVM_RUN, or between two of them: the files may have been closed meanwhile. */
static bool has_vcpu_loaded(const struct task_struct *task)
{
#ifdef CONFIG_PREEMPT_NOTIFIERS
	return !hlist_empty(&task->preempt_notifiers);
#else
	return false;
#endif
}

/* Has a process a virtual machine of KVM? One that is about to get it will find that it does not
 * run. */
static bool kvm_has_machine(void)
{
	struct task_struct *process, *task;
	bool found = false;

	rcu_read_lock();
	for_each_process_thread(process, task)
	{
		task_lock(task);
		found = found || has_vcpu_loaded(task) ||
			(task->files && iterate_fd(task->files, 0, is_kvm_file, NULL));
		task_unlock(task);
	}
	rcu_read_unlock();
	return found;
}

/*
 * From 6.12 on KVM switches the guests' interrupts (timers, maintenance) off on every CPU when its
 * last user goes, which may be a virtual machine that is being destroyed while vmm is loaded: vmm
 * is one more user. Older kernels leave them on.
 */
static void become_user(void)
{
	int (*enable)(void) = (int (*)(void))symbol_find("kvm_enable_virtualization");

	is_user = enable && symbol_find("kvm_disable_virtualization") && !enable();
}

/* A kernel that is at EL2 itself has KVM there like any other part of it: it need not go. */
static int keep_machines_out(void)
{
	int error;

	become_user();
	error = set_guards();
	if (!error && IS_ENABLED(CONFIG_KVM) && kvm_has_machine()) {
		pr_err("cannot take EL2: KVM has a virtual machine; stop it first\n");
		error = -EBUSY;
	}
	if (error)
		kvm_restore();
	return error;
}

int kvm_release(void)
{
	int error;

	if (is_kernel_in_hyp_mode())
		return keep_machines_out();
	error = set_guards();
	if (!error && who_answers() == KVM_UNKNOWN && is_at_load())
		error = let_kvm_go();
	if (!error && who_answers() == KVM_UNKNOWN) {
		pr_err("cannot take EL2: KVM has a virtual machine; stop it first\n");
		error = -EBUSY;
	}
	if (error)
		kvm_restore();
	return error;
}

void kvm_restore(void)
{
	int (*enable)(void);
	void (*disable)(void);
	int error;

	clear_guards();
	if (is_user) {
		disable = (void (*)(void))symbol_find("kvm_disable_virtualization");
		disable();
		is_user = false;
	}
	if (!let_go)
		return;
	let_go = false;
	enable = (int (*)(void))symbol_find("kvm_enable_virtualization");
	error = enable();
	if (error)
		pr_err("KVM did not come back to EL2: %pe; its virtual machines need a reboot\n",
		       ERR_PTR(error));
}

int kvm_check(void)
{
	if (!IS_ENABLED(CONFIG_KVM) || !cpus_have_cap(ARM64_KVM_PROTECTED_MODE))
		return 0;
	pr_err("cannot take EL2: KVM in protected mode keeps it until the next boot; boot without "
	       "kvm-arm.mode=protected\n");
	return -ENODEV;
}
