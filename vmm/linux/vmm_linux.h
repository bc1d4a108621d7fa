/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of vmm/linux say to each other. */
#ifndef VMM_LINUX_H
#define VMM_LINUX_H

#include <linux/types.h>

#include "el2.h"

/* ctl.c: /dev/vmmctl and what hangs from it. Negative errno; undone by vmm_devices_exit. */
int vmm_devices_init(void);
void vmm_devices_exit(void);

/*
 * symbols.c: the address of a function or variable of the kernel that is not exported; 0: this
 * kernel has none of that name, or does not tell (no CONFIG_KPROBES). Process context.
 */
unsigned long symbol_find(const char *name);

/*
 * boot_mode.c: did firmware enter this kernel at EL2, and does it run at EL1 now? 0, or -ENODEV
 * with each reason logged. Executes no HVC.
 */
int boot_mode_check(void);

/*
 * kvm.c: kvm_check says whether KVM would ever let go of EL2: 0, or -ENODEV with the reason logged.
 * From kvm_release on, KVM is not at EL2, and KVM_CREATE_VM fails (EBUSY); kvm_restore lets it come
 * back to where it was. -EBUSY: KVM has virtual machines; -ENODEV: this kernel's KVM cannot be kept
 * out; the reason is logged, and nothing has changed. 0 on a kernel without KVM. kvm_release makes
 * HVCs: boot_mode_check comes first. Process context.
 */
int kvm_check(void);
int kvm_release(void);
void kvm_restore(void);

/*
 * gic.c: the GICv3 in the device tree. gic_check: is there one? gic_find maps the redistributors of
 * all CPUs and fills in gicr and mpidr (arrays by CPU number). -ENODEV with the reason logged.
 */
int gic_check(void);
int gic_find(pa_t *gicr, u64 *mpidr, u64 *gicr_host);
void gic_forget(void);
/* SGIs 8 to 15 (a mask) that are non-secure group 1 and can be enabled on every CPU that is on
 * line. */
u32 gic_usable_sgis(void);
/* On the CPU itself: the SGIs and PPIs (a mask) that are enabled, and that are not secure (nor
 * group 0). */
u32 gic_enabled_private(void);
/* On the CPU itself: an SGI or PPI that somebody has left active may come again. */
void gic_deactivate_private(u32 intid);
struct device_node;
struct device_node *gic_node(void);

/*
 * interrupts.c: the per-CPU interrupts that EL2 takes while a guest runs. interrupts_request fills
 * in the numbers; online and offline run on the CPU itself.
 */
int interrupts_request(struct hyp_config *config);
void interrupts_release(void);
void interrupts_online(void);
void interrupts_offline(void);
/*
 * On the CPU itself, when it is on line: do the interrupts arrive that a guest needs? 0, or -ENODEV
 * with the reason logged.
 */
int interrupts_check(void);
/* On the CPU itself, when it is on line: can EL2 send it the kick SGI? */
bool interrupts_kick_works(void);

/* cpu.c: keeps EL2 of every CPU that is on line ours, from start to stop. */
int cpu_take_all(void);
void cpu_give_all(void);

/* host.c: what host_kick_cpu needs. */
int host_start(void);
void host_stop(void);

/* hyp_image.S */
extern const u8 hyp_image_start[], hyp_image_end[];

#endif
