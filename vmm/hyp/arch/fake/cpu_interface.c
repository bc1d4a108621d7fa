// SPDX-License-Identifier: BSD-2-Clause
/*
 * The virtual CPU interface: see cpu_interface.h.
 */
#include "arch/arch.h"
#include "cpu_interface.h"

#define LR_INTID(lr)	((unsigned int)((lr) & 0xffffffff))
#define LR_PINTID(lr)	((unsigned int)((lr) >> ICH_LR_PINTID_SHIFT) & 0x1fff)
#define LR_PRIORITY(lr) ((unsigned int)((lr) >> ICH_LR_PRIORITY_SHIFT) & 0xff)
#define IDLE_PRIORITY	0xff
#define EOICOUNT_ONE	(UINT64_C(1) << ICH_HCR_EOICOUNT_SHIFT)
#define EOICOUNT_MAX	0x1f
#define FIRST_SPECIAL	1020

static bool is_group1(uint64_t lr)
{
	return (lr & ICH_LR_GROUP) != 0;
}

/* Index of the list register with the highest-priority pending interrupt of an enabled group, or
 * -1. */
static int highest_pending(const struct fake_cpu *cpu)
{
	int found = -1;

	for (unsigned int i = 0; i < cpu->hyp.lr_count; i++) {
		uint64_t lr = cpu->lr[i];
		uint64_t enable = is_group1(lr) ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0;

		if (!(lr & ICH_LR_PENDING) || (lr & ICH_LR_ACTIVE) || !(cpu->ich_vmcr_el2 & enable))
			continue;
		if (found < 0 || LR_PRIORITY(lr) < LR_PRIORITY(cpu->lr[found]))
			found = (int)i;
	}
	return found;
}

unsigned int cpu_interface_running_priority(const struct fake_cpu *cpu)
{
	uint32_t active = (uint32_t)(cpu->ich_ap0r0_el2 | cpu->ich_ap1r0_el2);

	return active ? 8 * (unsigned int)__builtin_ctz(active) : IDLE_PRIORITY;
}

unsigned int cpu_interface_pending(const struct fake_cpu *cpu, bool group1)
{
	int index = cpu->ich_hcr_el2 & ICH_HCR_EN ? highest_pending(cpu) : -1;

	return index < 0 || is_group1(cpu->lr[index]) != group1 ? GIC_SPURIOUS
								: LR_INTID(cpu->lr[index]);
}

bool cpu_interface_signals(const struct fake_cpu *cpu, bool group1)
{
	unsigned int priority, mask = (cpu->ich_vmcr_el2 >> ICH_VMCR_VPMR_SHIFT) & 0xff;

	if (cpu_interface_pending(cpu, group1) == GIC_SPURIOUS)
		return false;
	priority = LR_PRIORITY(cpu->lr[highest_pending(cpu)]);
	return priority < mask && (priority & 0xf8) < cpu_interface_running_priority(cpu);
}

unsigned int cpu_interface_acknowledge(struct fake_cpu *cpu, bool group1)
{
	uint64_t *lr;

	if (!cpu_interface_signals(cpu, group1))
		return GIC_SPURIOUS;
	lr = &cpu->lr[highest_pending(cpu)];
	*(group1 ? &cpu->ich_ap1r0_el2 : &cpu->ich_ap0r0_el2) |= UINT64_C(1)
								 << LR_PRIORITY(*lr) / 8;
	*lr = (*lr & ~ICH_LR_PENDING) | ICH_LR_ACTIVE;
	return LR_INTID(*lr);
}

/* The list register in which it is active; none: EOIcount tells. */
static uint64_t *find_active(struct fake_cpu *cpu, unsigned int intid)
{
	for (unsigned int i = 0; i < cpu->hyp.lr_count; i++)
		if ((cpu->lr[i] & ICH_LR_ACTIVE) && LR_INTID(cpu->lr[i]) == intid)
			return &cpu->lr[i];
	if ((cpu->ich_hcr_el2 >> ICH_HCR_EOICOUNT_SHIFT) < EOICOUNT_MAX)
		cpu->ich_hcr_el2 += EOICOUNT_ONE;
	return NULL;
}

static void deactivate(struct fake_cpu *cpu, uint64_t *lr)
{
	*lr &= ~ICH_LR_ACTIVE;
	if (*lr & ICH_LR_HW)
		cpu->gicr_active &= ~(1u << LR_PINTID(*lr));
}

/* Drops the highest active priority of the group; IDLE_PRIORITY: there is none. */
static unsigned int drop_priority(uint64_t *active)
{
	unsigned int dropped = *active ? 8 * (unsigned int)__builtin_ctz((uint32_t)*active)
				       : IDLE_PRIORITY;

	*active &= *active - 1;
	return dropped;
}

/* An interrupt is deactivated only if group and priority in its list register are those of what was
 * dropped (pseudocode of ICV_EOIR1_EL1). */
void cpu_interface_end(struct fake_cpu *cpu, unsigned int intid, bool group1)
{
	unsigned int dropped;
	uint64_t *lr;

	if (intid >= FIRST_SPECIAL)
		return;
	dropped = drop_priority(group1 ? &cpu->ich_ap1r0_el2 : &cpu->ich_ap0r0_el2);
	if (cpu->ich_vmcr_el2 & VMCR_EOI_MODE)
		return;
	lr = find_active(cpu, intid);
	if (lr && is_group1(*lr) == group1 && (LR_PRIORITY(*lr) & 0xf8) == dropped)
		deactivate(cpu, lr);
}

void cpu_interface_deactivate(struct fake_cpu *cpu, unsigned int intid)
{
	uint64_t *lr;

	if (intid >= FIRST_SPECIAL || !(cpu->ich_vmcr_el2 & VMCR_EOI_MODE))
		return;
	lr = find_active(cpu, intid);
	if (lr)
		deactivate(cpu, lr);
}

static bool ended_level(uint64_t lr)
{
	return (lr & ICH_LR_EOI) && !(lr & (ICH_LR_HW | ICH_LR_PENDING | ICH_LR_ACTIVE));
}

bool cpu_interface_maintenance(const struct fake_cpu *cpu)
{
	uint64_t hcr = cpu->ich_hcr_el2;
	bool pending = false, ended = false;

	if (!(hcr & ICH_HCR_EN))
		return false;
	for (unsigned int i = 0; i < cpu->hyp.lr_count; i++) {
		pending |= (cpu->lr[i] & ICH_LR_PENDING) && !(cpu->lr[i] & ICH_LR_ACTIVE);
		ended |= ended_level(cpu->lr[i]);
	}
	return ended || ((hcr & ICH_HCR_NPIE) && !pending) ||
	       ((hcr & ICH_HCR_LRENPIE) && hcr >> ICH_HCR_EOICOUNT_SHIFT);
}
