/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What differs between the kernels that vmm is built for. compat_features.sh finds out at build
 * time, by compiling a few lines against the kernel's own headers, what it has; no version number
 * is looked at, as distributions bring changes back to older kernels. A function that an older
 * kernel lacks is defined here under the name that newer ones have; one that takes other arguments
 * has a name that starts with compat_. Most are macros, as vmm/core includes this file, too, where
 * the kernel's headers for memory have names that are taken.
 */
#ifndef VMM_LINUX_COMPAT_H
#define VMM_LINUX_COMPAT_H

#include <linux/list.h>
#include <linux/thread_info.h>

#include <asm/sysreg.h>

#include "compat_features.h"

/* Names that some kernels have, too, for what vmm/include/arm64.h defines: vmm uses its own. */
#undef CNTHCTL_EL1PCEN
#undef CNTHCTL_EL1PCTEN
#undef ICH_HCR_EN
#undef ICH_HCR_NPIE
#undef ICH_HCR_TC
#undef ICH_HCR_TDIR
#undef ICH_HCR_UIE
#undef ICH_LR_EOI
#undef ICH_LR_GROUP
#undef ICH_LR_HW
#undef PSR_MODE_MASK
#undef SCTLR_EL2_A
#undef SCTLR_EL2_C
#undef SCTLR_EL2_I
#undef SCTLR_EL2_M
#undef SCTLR_EL2_RES1
#undef SCTLR_EL2_SA
#undef SCTLR_EL2_WXN

#ifdef VMM_HAS_CLASS_CREATE_NAME
#define compat_class_create(name) class_create(name)
#else
#define compat_class_create(name) class_create(THIS_MODULE, name)
#endif

/* Room for what a thread has in floating-point registers that the kernel uses: struct host_fp, of
 * kernels that have it somewhere else themselves not used. */
#ifdef VMM_HAS_NEON_BEGIN_STATE
#define compat_neon_begin(room) kernel_neon_begin((struct user_fpsimd_state *)(room))
#define compat_neon_end(room)	kernel_neon_end((struct user_fpsimd_state *)(room))
#else
#define compat_neon_begin(room) ((void)(room), kernel_neon_begin())
#define compat_neon_end(room)	((void)(room), kernel_neon_end())
#endif

/* The device that device_type.devnode gets. */
struct device;
#ifdef VMM_HAS_DEVNODE_CONST
typedef const struct device compat_devnode_device;
#else
typedef struct device compat_devnode_device;
#endif

#ifdef VMM_HAS_EVENTFD_SIGNAL_ONE
#define compat_eventfd_signal(event) eventfd_signal(event)
#else
#define compat_eventfd_signal(event) eventfd_signal(event, 1)
#endif

/*
 * Kernels with CONFIG_PREEMPT_LAZY ask a thread to give way by a flag of its own, which becomes
 * _TIF_NEED_RESCHED not before the next tick.
 */
#ifdef _TIF_NEED_RESCHED_LAZY
#define COMPAT_NEED_RESCHED (_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY)
#else
#define COMPAT_NEED_RESCHED _TIF_NEED_RESCHED
#endif

#ifndef VMM_HAS_VM_FLAGS_SET
#define vm_flags_set(area, flags) ((area)->vm_flags |= (flags))
#endif

#ifndef VMM_HAS_LIST_COUNT_NODES
static inline size_t list_count_nodes(const struct list_head *head)
{
	const struct list_head *node;
	size_t count = 0;

	list_for_each(node, head) count++;
	return count;
}
#endif

#endif
