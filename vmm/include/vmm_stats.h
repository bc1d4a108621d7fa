/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Statistics of a vCPU: counted by EL2 and by the driver, read with VMM_GET_STATS.
 */
#ifndef VMM_STATS_H
#define VMM_STATS_H

/* Statistics, one counter each per vCPU: X(NAME, "name", "description"). */
#define VMM_STATS(X)                                                                         \
	X(EXITS, "exits", "total number of exits from the guest to EL2")                     \
	X(EXIT_WFI, "wfi", "exits by a WFI instruction")                                     \
	X(EXIT_HVC, "hvc", "exits by an HVC instruction")                                    \
	X(EXIT_SMC, "smc", "exits by an SMC instruction")                                    \
	X(EXIT_SYSREG, "sysreg", "exits by a trapped system register access")                \
	X(EXIT_DABT, "data-abort", "exits by a stage-2 data abort")                          \
	X(EXIT_IABT, "instruction-abort", "exits by a stage-2 instruction abort")            \
	X(EXIT_IRQ, "irq", "exits by a physical interrupt")                                  \
	X(EXIT_FP, "fp", "exits by the first use of a floating-point or SIMD register")      \
	X(EXIT_DEBUG, "debug", "exits by a debug exception or register")                     \
	X(EXIT_OTHER, "unhandled",                                                           \
	  "exits of any other class, answered with an UNDEFINED exception")                  \
	X(DONE_EL2, "done-el2", "exits finished at EL2")                                     \
	X(DONE_KERNEL, "done-kernel", "exits finished in the host kernel")                   \
	X(DONE_USER, "done-user", "exits finished in user space")                            \
	X(MMIO_VGIC, "mmio-vgic", "accesses to the virtual GIC's registers")                 \
	X(MMIO_USER, "mmio-user", "device accesses answered by user space")                  \
	X(MMIO_DOORBELL, "mmio-doorbell", "device writes that signalled an eventfd")         \
	X(MMIO_DECODED, "mmio-decoded",                                                      \
	  "device accesses decoded from the instruction (no valid syndrome)")                \
	X(PAGE_FAULTS, "page-faults", "guest memory allocated or mapped on first touch")     \
	X(SGI_SENT, "sgi-sent", "software generated interrupts sent")                        \
	X(IRQ_INJECTED, "irq-injected", "virtual interrupts put into a list register")       \
	X(TIMER_VIRTUAL, "timer-virtual", "virtual timer interrupts")                        \
	X(TIMER_PHYSICAL, "timer-physical", "emulated physical timer interrupts")            \
	X(MAINTENANCE, "maintenance", "GIC maintenance interrupts")                          \
	X(KICKS, "kicks", "interruptions of this vCPU by another CPU")                       \
	X(WFI_SLEEPS, "wfi-sleeps", "times the vCPU's thread slept in WFI")                  \
	X(WFI_WAITS, "wfi-waits", "times the CPU waited in WFI at EL2")                      \
	X(MIGRATIONS, "migrations", "times the vCPU was entered on another CPU than before") \
	X(UNDEF_INJECTED, "undef-injected", "UNDEFINED exceptions injected")                 \
	X(ABORT_INJECTED, "abort-injected", "external aborts injected")                      \
	X(EXIT_WFE, "wfe", "exits by a WFE instruction, while other threads want the CPU")   \
	X(YIELDS, "yields", "times a WFE or a loop gave the CPU to another of the machine")  \
	X(SPINS, "spins", "loops of its kernel found, while other threads want the CPU")

enum vmm_stat {
#define VMM_STAT_ENUM(name, string, description) VMM_STAT_##name,
	VMM_STATS(VMM_STAT_ENUM)
#undef VMM_STAT_ENUM
		VMM_STAT_COUNT
};

#endif
