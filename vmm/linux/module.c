// SPDX-License-Identifier: BSD-2-Clause
/*
 * vmm.ko: loading takes EL2 of the whole machine, step by step, unloading gives it back. Each step
 * says its number before it begins, so that the last line of a machine that hangs names what it
 * hangs in.
 */
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include <asm/cpufeature.h>

#include "el2_check.h"
#include "vcpu.h"
#include "vmm_linux.h"
#include "vmm_version.h"

static uint wfi_wait_us = VCPU_WAIT_US_MAX;
module_param(wfi_wait_us, uint, 0444);
MODULE_PARM_DESC(wfi_wait_us, "the longest that an idle virtual CPU keeps its CPU, 0 to 500");

/* More than the host's scheduler takes to give the CPU away, and less than the time that it gives
 */
static uint spin_us = 200;
module_param(spin_us, uint, 0444);
MODULE_PARM_DESC(spin_us, "after how long a loop of a guest's kernel makes it give way, 0: never");

static struct el2_machine machine;
static pa_t *gicr;
static u64 *mpidr, *gicr_host;

static int find_gic(void)
{
	gicr = kcalloc(nr_cpu_ids, sizeof(*gicr), GFP_KERNEL);
	mpidr = kcalloc(nr_cpu_ids, sizeof(*mpidr), GFP_KERNEL);
	gicr_host = kcalloc(nr_cpu_ids, sizeof(*gicr_host), GFP_KERNEL);
	machine.gicr = gicr;
	machine.gicr_host = gicr_host;
	machine.mpidr = mpidr;
	return gicr && mpidr && gicr_host ? gic_find(gicr, mpidr, gicr_host) : -ENOMEM;
}

static void forget_gic(void)
{
	gic_forget();
	kfree(gicr);
	kfree(mpidr);
	kfree(gicr_host);
	gicr_host = NULL;
	gicr = NULL;
	mpidr = NULL;
}

static int request_interrupts(void)
{
	return interrupts_request(&machine.config);
}

static int start_el2(void)
{
	int error = el2_start(&machine);

	if (error)
		pr_err("EL2 image of %zu bytes: cannot be prepared: %pe\n", machine.image_size,
		       ERR_PTR(error));
	return error;
}

/* The end of the kernel's memory. What is plugged in later, further up, EL2 does not map. */
static u64 memory_end(void)
{
	u64 end = 0;
	int node;

	for_each_online_node(node) end = max_t(u64, end, PFN_PHYS(node_end_pfn(node)));
	return end;
}

static void describe_machine(void)
{
	machine.image = hyp_image_start;
	machine.image_size = (uintptr_t)hyp_image_end - (uintptr_t)hyp_image_start;
	machine.host_at_el2 = is_kernel_in_hyp_mode();
	machine.page_size = PAGE_SIZE;
	machine.memory_end = memory_end();
	machine.id_aa64pfr0 = read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1);
	machine.id_aa64mmfr0 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1);
	machine.id_aa64mmfr1 = read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1);
}

/* All that is in the way is said at once, so that nobody boots again for one at a time. Nothing is
 * changed. */
static int check_machine(void)
{
	const int errors[] = { boot_mode_check(), kvm_check(), gic_check(),
			       el2_check_machine(&machine) };
	int error = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(errors) && !error; i++)
		error = errors[i];
	return error;
}

static int look_at_machine(void)
{
	describe_machine();
	return check_machine();
}

/* What loading does, in order; what is undone, in the opposite order. */
static const struct {
	const char *what;
	int (*start)(void);
	void (*stop)(void);
} steps[] = {
	{ "looking at the machine", look_at_machine, NULL },
	{ "keeping KVM out of EL2", kvm_release, kvm_restore },
	{ "preparing calls between CPUs", host_start, host_stop },
	{ "reading the GICv3 redistributors", find_gic, forget_gic },
	{ "requesting per-CPU interrupts", request_interrupts, interrupts_release },
	{ "preparing the code at EL2", start_el2, el2_stop },
	{ "taking EL2 on every CPU", cpu_take_all, cpu_give_all },
	{ "making the control device", vmm_devices_init, vmm_devices_exit },
};

static void undo_steps(unsigned int count)
{
	while (count--) {
		if (steps[count].stop)
			steps[count].stop();
	}
}

static void say_ready(void)
{
	char kick[24] = "no kick SGI";

	if (machine.config.kick_sgi != HYP_NO_KICK_SGI)
		snprintf(kick, sizeof(kick), "kick SGI %u", machine.config.kick_sgi);
	pr_info("STOP: ready, %s EL2 of %u CPUs, %u-bit IPA, %u-bit VMID, %s\n",
		el2_is_hosts ? "beside the kernel at" : "at", el2_cpu_count(), el2_ipa_bits(),
		el2_vmid_bits(), kick);
}

static int __init vmm_start(void)
{
	pr_info("START: on Linux %s, %u CPUs\n", init_utsname()->release, num_online_cpus());
	wfi_wait_us = min_t(uint, wfi_wait_us, VCPU_WAIT_US_MAX);
	vcpu_set_wait_limit(wfi_wait_us);
	spin_us = min_t(uint, spin_us, VCPU_SPIN_US_MAX);
	vcpu_set_spin_limit(spin_us);
	for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++) {
		int error;

		pr_info("[%u/%zu] %s\n", i + 1, ARRAY_SIZE(steps), steps[i].what);
		error = steps[i].start();
		if (error) {
			undo_steps(i);
			pr_err("STOP: not loaded: %s failed: %pe\n", steps[i].what, ERR_PTR(error));
			return error;
		}
	}
	say_ready();
	return 0;
}

static void __exit vmm_stop(void)
{
	undo_steps(ARRAY_SIZE(steps));
	pr_info("unloaded, EL2 is the kernel's alone again\n");
}

module_init(vmm_start);
module_exit(vmm_stop);

MODULE_DESCRIPTION("bhyve-armv8: the hypervisor's driver, which owns EL2");
MODULE_VERSION(VMM_VERSION);
MODULE_LICENSE("Dual BSD/GPL");
