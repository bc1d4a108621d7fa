// SPDX-License-Identifier: BSD-2-Clause
/*
 * How was this kernel booted? An HVC with nobody at EL2 is an undefined instruction, so this is
 * found out by looking at the kernel's own record of it, __boot_cpu_mode. It is not exported.
 * symbols.c finds it in some kernels; in those that keep no symbols of data, it is the variable
 * that set_cpu_boot_mode_flag addresses first.
 */
#include <linux/of.h>
#include <linux/printk.h>

#include <asm/virt.h>

#include "vmm_linux.h"

#define ADRP_MASK	   0x9f000000u
#define ADRP		   0x90000000u
#define ADD_IMMEDIATE_MASK 0xffc00000u /* 64-bit, without shift */
#define ADD_IMMEDIATE	   0x91000000u
#define REGISTER_MASK	   0x1fu
#define LOOK_AT_MOST	   8 /* instructions */

static u64 adrp_target(const __le32 *at, u32 adrp)
{
	s64 pages = (s64)((u64)(adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3)) << 43 >> 43;

	return ((u64)at & PAGE_MASK) + pages * 4096;
}

/* What the first pair of ADRP and ADD with the same register points to; 0: there is none. */
static u64 first_address(const __le32 *code)
{
	for (unsigned int i = 0; i + 1 < LOOK_AT_MOST; i++) {
		u32 adrp = le32_to_cpu(code[i]), add = le32_to_cpu(code[i + 1]);

		if ((adrp & ADRP_MASK) == ADRP && (add & ADD_IMMEDIATE_MASK) == ADD_IMMEDIATE &&
		    (adrp & REGISTER_MASK) == (add >> 5 & REGISTER_MASK))
			return adrp_target(&code[i], adrp) + (add >> 10 & 0xfff);
	}
	return 0;
}

static const u32 *find_boot_mode(void)
{
	unsigned long mode = symbol_find("__boot_cpu_mode");
	unsigned long code;

	if (mode)
		return (const u32 *)mode;
	code = symbol_find("set_cpu_boot_mode_flag");
	return code ? (const u32 *)first_address((const __le32 *)code) : NULL;
}

/* The way to firmware, for the message: a hypervisor above us is called by HVC, firmware at EL3 by
 * SMC. */
static bool psci_is_hvc(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "arm,psci-0.2");
	const char *method = NULL;

	if (!node)
		node = of_find_compatible_node(NULL, NULL, "arm,psci-1.0");
	of_property_read_string(node, "method", &method);
	of_node_put(node);
	return method && !strcmp(method, "hvc");
}

static int check_boot_record(void)
{
	const u32 *mode = find_boot_mode();

	if (!mode) {
		pr_err("cannot take EL2: this kernel does not tell how it was booted (it needs "
		       "CONFIG_KPROBES and CONFIG_KALLSYMS)\n");
		return -ENODEV;
	}
	if (READ_ONCE(mode[0]) == BOOT_CPU_MODE_EL2 && READ_ONCE(mode[1]) == BOOT_CPU_MODE_EL2)
		return 0;
	pr_err("cannot take EL2: the kernel was booted at EL1%s\n",
	       psci_is_hvc() ? ", under a hypervisor; let that one enable nested virtualization "
			       "(QEMU: -M virt,virtualization=on)"
			     : "; firmware must enter it at EL2");
	return -ENODEV;
}

int boot_mode_check(void)
{
	int error = 0;

	if (!is_kernel_in_hyp_mode())
		error = check_boot_record();
	if (system_uses_irq_prio_masking()) {
		pr_err("cannot take EL2: the kernel masks interrupts by priority, which would hold "
		       "in guests; boot without irqchip.gicv3_pseudo_nmi=1\n");
		error = -ENODEV;
	}
	return error;
}
