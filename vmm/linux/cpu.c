// SPDX-License-Identifier: BSD-2-Clause
/*
 * EL2 of every CPU that is on line is ours, from cpu_take_all to cpu_give_all: through CPU hotplug,
 * and given back around low-power states that lose it (a CPU wakes up with the kernel's stub),
 * before a reboot and before kexec.
 */
#include <linux/cpu.h>
#include <linux/cpu_pm.h>
#include <linux/cpuhotplug.h>
#include <linux/percpu.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include "vcpu.h"
#include "vmm_linux.h"

static int hotplug_state;
static bool starting; /* a failure is the caller's: nothing stays behind */
static bool closing;  /* the machine is about to reboot: nothing is taken any more */
static DEFINE_PER_CPU(bool, taken);
static DEFINE_PER_CPU(bool, in_low_power);

static void explain(unsigned int cpu, int error)
{
	if (error == -EBUSY)
		pr_err("CPU %u: cannot take EL2: KVM, or another hypervisor, has it\n", cpu);
	else if (error == -EPROTO)
		pr_err("CPU %u: EL2 was entered but does not answer as it should\n", cpu);
	else if (!el2_cpu_block(cpu))
		pr_err("CPU %u: has no redistributor in the device tree\n", cpu);
	else if (error != -ENODEV) /* the reason has been logged */
		pr_err("CPU %u: EL2 cannot be taken: %pe\n", cpu, ERR_PTR(error));
}

/* On the CPU itself, in its hotplug thread. A CPU that comes later and cannot be had still may come
 * on line. */
static int cpu_online_here(unsigned int cpu)
{
	int error;

	if (READ_ONCE(closing))
		return 0;
	error = el2_cpu_online();
	if (error) {
		explain(cpu, error);
		return starting ? error : 0;
	}
	interrupts_online();
	error = interrupts_check();
	if (error) {
		interrupts_offline();
		el2_cpu_offline();
		return starting ? error : 0;
	}
	this_cpu_write(taken, true);
	WRITE_ONCE(el2_cpu_block(cpu)->takes_kicks, interrupts_kick_works());
	return 0;
}

static void nothing(void *unused)
{
}

/* Nobody waits any more for this CPU to wake a vCPU's thread. The call makes sure that EL2 of each
 * CPU has done with what it began before. */
static void stop_kicks(unsigned int cpu)
{
	unsigned long flags;

	WRITE_ONCE(el2_cpu_block(cpu)->takes_kicks, 0);
	on_each_cpu(nothing, NULL, 1);
	local_irq_save(flags);
	vcpu_wake_listed();
	local_irq_restore(flags);
}

static int cpu_offline_here(unsigned int cpu)
{
	if (this_cpu_read(taken))
		stop_kicks(cpu);
	el2_cpu_offline();
	if (this_cpu_read(taken))
		interrupts_offline();
	this_cpu_write(taken, false);
	return 0;
}

/* In the idle loop or on the last CPU of a suspend, interrupts off. */
static int power_notify(struct notifier_block *block, unsigned long event, void *unused)
{
	switch (event) {
	case CPU_PM_ENTER:
		if (el2_cpu_ready()) {
			el2_cpu_offline();
			__this_cpu_write(in_low_power, true);
		}
		break;
	case CPU_PM_ENTER_FAILED:
	case CPU_PM_EXIT:
		if (__this_cpu_read(in_low_power)) {
			__this_cpu_write(in_low_power, false);
			if (!READ_ONCE(closing) && el2_cpu_online())
				pr_err("CPU %u: EL2 was lost in a low-power state\n",
				       smp_processor_id());
		}
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block power_block = { .notifier_call = power_notify };

static void give_here(void *unused)
{
	el2_cpu_offline();
}

static int reboot_notify(struct notifier_block *block, unsigned long event, void *unused)
{
	WRITE_ONCE(closing, true);
	on_each_cpu(give_here, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block reboot_block = { .notifier_call = reboot_notify };

int cpu_take_all(void)
{
	starting = true;
	hotplug_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "vmm:online", cpu_online_here,
					  cpu_offline_here);
	starting = false;
	if (hotplug_state < 0)
		return hotplug_state;
	el2_settle();
	cpu_pm_register_notifier(&power_block);
	register_reboot_notifier(&reboot_block);
	return 0;
}

void cpu_give_all(void)
{
	unregister_reboot_notifier(&reboot_block);
	cpu_pm_unregister_notifier(&power_block);
	cpuhp_remove_state(hotplug_state);
}
