// SPDX-License-Identifier: BSD-2-Clause
/* vmm/core/host.h on Linux: memory, locks, CPUs and the log. Time and sleeping are in host_wait.c.
 */
#include <linux/arm-smccc.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <asm/barrier.h>
#include <asm/sysreg.h>

#include "host.h"
#include "vmm_linux.h"

static_assert(sizeof(struct mutex) <= sizeof(struct host_mutex));
static_assert(sizeof(raw_spinlock_t) <= sizeof(struct host_spinlock));

static DEFINE_PER_CPU(call_single_data_t, kick_data);
static DEFINE_PER_CPU(atomic_t, kick_sent);

void *host_alloc_pages(unsigned int order, bool account)
{
	gfp_t flags = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN;

	if (account)
		flags |= __GFP_ACCOUNT;
	if (order)
		flags |= __GFP_COMP;
	return (void *)__get_free_pages(flags, order);
}

void host_free_pages(void *pages, unsigned int order)
{
	free_pages((unsigned long)pages, order);
}

void *host_zalloc(size_t size)
{
	return kzalloc(size, GFP_KERNEL_ACCOUNT);
}

void host_free(void *object)
{
	kfree(object);
}

pa_t host_pa(const void *object)
{
	return pa_from(virt_to_phys((void *)object));
}

void host_clean_dcache(const void *start, size_t size)
{
	unsigned long line = 4ul << (read_sysreg(ctr_el0) >> 16 & 0xf); /* CTR_EL0.DminLine */
	unsigned long end = (unsigned long)start + size;

	for (unsigned long at = (unsigned long)start & ~(line - 1); at < end; at += line)
		asm volatile("dc civac, %0" : : "r"(at) : "memory");
	dsb(sy);
}

void host_invalidate_icache(void)
{
	asm volatile("ic ialluis" : : : "memory");
	dsb(ish);
	isb();
}

unsigned long host_spin_lock(struct host_spinlock *lock) __acquires((raw_spinlock_t *)lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave((raw_spinlock_t *)lock, flags);
	return flags;
}

void host_spin_unlock(struct host_spinlock *lock, unsigned long flags)
	__releases((raw_spinlock_t *)lock)
{
	raw_spin_unlock_irqrestore((raw_spinlock_t *)lock, flags);
}

unsigned long host_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void host_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}

bool host_irqs_disabled(void)
{
	return irqs_disabled();
}

int host_call_on_cpu(unsigned int cpu, void (*function)(void *context), void *context)
{
	return smp_call_function_single(cpu, function, context, 1);
}

/* EL2's way to EL3 is SMC, whatever the kernel's is. */
int32_t host_firmware_feature(uint32_t function)
{
	struct arm_smccc_res result;

	if (arm_smccc_1_1_get_conduit() != SMCCC_CONDUIT_SMC)
		return SMCCC_RET_NOT_SUPPORTED;
	arm_smccc_1_1_smc(ARM_SMCCC_ARCH_FEATURES_FUNC_ID, function, &result);
	return (int32_t)result.a0;
}

static void kicked(void *unused)
{
	atomic_set_release(this_cpu_ptr(&kick_sent), 0);
}

/*
 * A call that is on its way already does as well. Its data must not be used twice at a time, and
 * callers are on any CPU, also in interrupts.
 */
void host_kick_cpu(unsigned int cpu)
{
	atomic_t *sent = per_cpu_ptr(&kick_sent, cpu);

	if (atomic_xchg(sent, 1))
		return;
	if (smp_call_function_single_async(cpu, per_cpu_ptr(&kick_data, cpu)))
		atomic_set(sent, 0);
}

int host_start(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) INIT_CSD(per_cpu_ptr(&kick_data, cpu), kicked, NULL);
	return 0;
}

static void nothing(void *unused)
{
}

/* Waits for kicks that are on their way: their data is the module's. */
void host_stop(void)
{
	on_each_cpu(nothing, NULL, 1);
}

void host_end_uncontained(uint64_t syndrome)
{
	panic("vmm: uncontained hardware error while a guest ran (SError, syndrome %#llx)",
	      (unsigned long long)syndrome);
}

void host_log(enum host_log_level level, const char *format, ...)
{
	struct va_format line = { .fmt = format };
	va_list arguments;

	va_start(arguments, format);
	line.va = &arguments;
	if (level == HOST_LOG_ERROR)
		pr_err("%pV\n", &line);
	else if (level == HOST_LOG_WARNING)
		pr_warn("%pV\n", &line);
	else
		pr_info("%pV\n", &line);
	va_end(arguments);
}

/* Of the EL2 code that is a part of this module. */
extern struct hyp_config hyp_config;

uint64_t host_el2_code(void)
{
	return (uintptr_t)hyp_vhe_call;
}

void host_el2_configure(const struct hyp_config *config)
{
	hyp_config = *config;
}
