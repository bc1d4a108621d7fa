/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the virtual CPU interface of GICv3, written from the specification (IHI 0069, 4.8
 * "Handling prioritization", 6.2 to 6.4 virtual interrupts, and the pseudocode of ICV_IAR1_EL1,
 * ICV_EOIR1_EL1, ICV_DIR_EL1): what the guest's accesses to ICC_* do with list registers and active
 * priorities, and when it raises the maintenance interrupt.
 *
 * 5 bits of priority and of preemption; ICH_AP0R0_EL2 and ICH_AP1R0_EL2 bit N is priority N * 8.
 */
#ifndef CPU_INTERFACE_H
#define CPU_INTERFACE_H

#include "arch_fake.h"

#define GIC_SPURIOUS  1023
#define VMCR_EOI_MODE ARM64_BIT(9) /* EOIR drops the priority, DIR deactivates */

/* ICC_HPPIR1_EL1 / ICC_HPPIR0_EL1: the interrupt that would be acknowledged if its priority
 * sufficed, or 1023. */
unsigned int cpu_interface_pending(const struct fake_cpu *cpu, bool group1);

/* Whether the CPU would take a virtual IRQ (group 1) or FIQ (group 0). */
bool cpu_interface_signals(const struct fake_cpu *cpu, bool group1);

/* ICC_IAR1_EL1, ICC_IAR0_EL1: acknowledges; INTID, or 1023 when nothing is signalled. */
unsigned int cpu_interface_acknowledge(struct fake_cpu *cpu, bool group1);

/* ICC_EOIR1_EL1, ICC_EOIR0_EL1: priority drop and, with VMCR_EOI_MODE clear, deactivation. */
void cpu_interface_end(struct fake_cpu *cpu, unsigned int intid, bool group1);

/* ICC_DIR_EL1: deactivation, with VMCR_EOI_MODE set. */
void cpu_interface_deactivate(struct fake_cpu *cpu, unsigned int intid);

/* ICC_RPR_EL1: running priority, 0xff when idle. */
unsigned int cpu_interface_running_priority(const struct fake_cpu *cpu);

/* Whether the maintenance interrupt is asserted (ICH_MISR_EL2 is not 0). */
bool cpu_interface_maintenance(const struct fake_cpu *cpu);

#endif
