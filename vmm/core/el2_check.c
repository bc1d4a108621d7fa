// SPDX-License-Identifier: BSD-2-Clause
/* Refusals: see el2_check.h. vmm(4) lists them. */
#include "el2_check.h"

#include "el2_registers.h"
#include "host.h"

#define MAX_PA_BITS   48
#define PRIORITY_BITS 5 /* ICH_AP0R0_EL2 and ICH_AP1R0_EL2 hold as many */

static bool granule_is_usable(uint64_t id_aa64mmfr0)
{
	return EL2_MMFR0_TGRAN4(id_aa64mmfr0) != EL2_TGRAN4_NONE &&
	       EL2_MMFR0_TGRAN4_2(id_aa64mmfr0) != EL2_TGRAN4_2_NONE;
}

/* The machine's memory, which EL2 and stage 2 must be able to map. What sizes of addresses the
 * kernel could use does not matter. */
static int check_memory(const struct el2_machine *machine)
{
	int error = 0;

	if (machine->page_size != VMM_PAGE_SIZE) {
		host_log(HOST_LOG_ERROR,
			 "the kernel has pages of %llu KiB; vmm needs one with pages of 4 KiB",
			 (unsigned long long)machine->page_size / 1024);
		error = -ENODEV;
	}
	if (machine->memory_end > UINT64_C(1) << MAX_PA_BITS) {
		host_log(HOST_LOG_ERROR,
			 "the machine has memory up to address 0x%llx; vmm reaches the first 256 "
			 "TiB; boot with mem= so that the kernel leaves what is behind alone",
			 (unsigned long long)machine->memory_end);
		error = -ENODEV;
	}
	if (!granule_is_usable(machine->id_aa64mmfr0)) {
		host_log(HOST_LOG_ERROR, "the CPUs have no translation granule of 4 KiB");
		error = -ENODEV;
	}
	return error;
}

int el2_check_machine(const struct el2_machine *machine)
{
	int memory = check_memory(machine);

	if (EL2_PFR0_GIC(machine->id_aa64pfr0) == 0) {
		host_log(HOST_LOG_ERROR, "GICv3: the CPUs have no system registers for it");
		return -ENODEV;
	}
	return memory;
}

static unsigned int priority_bits(const struct hyp_cpu *cpu)
{
	unsigned int priority = ICH_VTR_PRIBITS(cpu->ich_vtr);
	unsigned int preemption = ICH_VTR_PREBITS(cpu->ich_vtr);

	return priority > preemption ? priority : preemption;
}

int el2_check_cpu(const struct hyp_cpu *cpu, const struct hyp_cpu *first)
{
	unsigned int number = (unsigned int)cpu->number;

	if (priority_bits(cpu) > PRIORITY_BITS) {
		host_log(HOST_LOG_ERROR,
			 "CPU %u: its GIC has virtual interrupts of %u bits of priority; vmm keeps "
			 "5",
			 number, priority_bits(cpu));
		return -ENODEV;
	}
	if (CTR_LINES(cpu->ctr) != CTR_LINES(first->ctr) ||
	    DCZID_BLOCK(cpu->dczid) != DCZID_BLOCK(first->dczid)) {
		host_log(HOST_LOG_ERROR,
			 "CPU %u: its cache lines have not the size of those of CPU %u; a guest "
			 "that moves between them would miss some",
			 number, (unsigned int)first->number);
		return -ENODEV;
	}
	if (cpu->lacks_features) {
		host_log(HOST_LOG_ERROR,
			 "CPU %u: lacks features that guests have been offered; load vmm while it "
			 "is on line",
			 number);
		return -ENODEV;
	}
	return 0;
}
