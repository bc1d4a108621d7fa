/* What the files of vmm/linux say to each other. */
#ifndef VMM_LINUX_H
#define VMM_LINUX_H

#include <linux/types.h>

#include "el2.h"

/* ctl.c: /dev/vmmctl and what hangs from it. Negative errno; undone by vmm_devices_exit. */
int vmm_devices_init(void);
void vmm_devices_exit(void);

/*
 * boot_mode.c: did firmware enter this kernel at EL2, and does it run at EL1 now? 0, or -ENODEV
 * with the reason logged. Executes no HVC.
 */
int boot_mode_check(void);

/*
 * kvm_guard.c: while set, starting a KVM virtual machine fails with EBUSY. 0 also on a kernel
 * without KVM.
 */
int kvm_guard_set(void);
void kvm_guard_clear(void);

/*
 * gic.c: the GICv3 in the device tree. gic_find maps the redistributors of all CPUs and fills in
 * gicr and mpidr (arrays by CPU number). -ENODEV with the reason logged.
 */
int gic_find(pa_t *gicr, u64 *mpidr);
void gic_forget(void);
/* SGIs 8 to 15 (a mask) that are non-secure group 1 and can be enabled on every CPU that is on
 * line. */
u32 gic_usable_sgis(void);
/* On the CPU itself: the SGIs that are enabled, and that are not secure (nor group 0). */
u32 gic_enabled_sgis(void);
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
