/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions that a property expects, interrupts, and code at EL0.
 */
#ifndef GUEST_EXCEPTION_H
#define GUEST_EXCEPTION_H

#include "arch.h"

/* As vectors.S saves it. */
struct frame {
	uint64_t x[31];
	uint64_t elr, spsr, esr, far;
	uint64_t pad;
};

/* Exception classes (ESR_EL1.EC) */
#define EC_UNKNOWN	       0x00
#define EC_FP		       0x07
#define EC_SVC64	       0x15
#define EC_SYSREG	       0x18
#define EC_IABT_LOWER	       0x20
#define EC_IABT_SAME	       0x21
#define EC_PC_ALIGN	       0x22
#define EC_DABT_LOWER	       0x24
#define EC_DABT_SAME	       0x25
#define EC_SP_ALIGN	       0x26
#define EC_BRK64	       0x3c

#define ESR_EC(esr)	       ((uint32_t)((esr) >> 26) & 0x3f)
#define ESR_IL		       (UINT64_C(1) << 25)
#define ESR_WNR		       (UINT64_C(1) << 6)
#define ESR_FSC(esr)	       ((uint32_t)(esr) & 0x3f)

#define FSC_TRANSLATION_L3     0x07
#define FSC_PERMISSION_L3      0x0f
#define FSC_EXTERNAL	       0x10
#define FSC_ALIGNMENT	       0x21
#define FSC_UNSUPPORTED_ATOMIC 0x35

/* Vectors, as offsets from VBAR_EL1 */
#define VECTOR_SYNC_SP0	       0x000
#define VECTOR_SYNC_SPX	       0x200
#define VECTOR_SYNC_LOWER      0x400

/* A synchronous exception that was expected. "vector" is its offset from VBAR_EL1. */
struct fault {
	bool taken;
	unsigned int vector;
	uint64_t esr, elr, far, spsr, pstate;
};

/*
 * From now on a synchronous exception on this CPU is recorded, and execution goes on behind the
 * instruction (outside of the image: where x30 points). fault_end() ends this; the first fault is
 * returned.
 */
void fault_expect(void);
struct fault fault_end(void);

/* Runs one statement, and gives what exception it took. */
#define FAULT_OF(...)           \
	({                      \
		fault_expect(); \
		__VA_ARGS__;    \
		fault_end();    \
	})

/* Calls a function at an address, for FAULT_OF(): the exception of the fetch returns here. */
void call_address(uint64_t address);

/* Runs function(argument) at EL0, in the user alias (mmu.h). The exception that ended it, or taken
 * = false. */
struct fault el0_call(void (*function)(void *), void *argument);

/* Called for an interrupt; the default acknowledges, records in the CPU's log, calls the CPU's
 * handler and ends it. */
struct irq_log {
	volatile unsigned int count;
	volatile uint32_t intid[128];	 /* the first ones */
	volatile uint32_t priority[128]; /* ICC_RPR_EL1 in the handler */
	volatile uint64_t time[128];	 /* counter at the entry */
};

/* An SGI that wakes a CPU and is neither logged nor handled. */
#define SGI_NUDGE 15

struct irq_log *irq_log(unsigned int cpu);
void irq_log_clear(void);
/* Called between acknowledge and end, with interrupts masked. NULL: nobody. */
void irq_set_handler(unsigned int cpu, void (*handler)(uint32_t intid));
/* Called for an FIQ in place of a failure. */
void fiq_set_handler(void (*handler)(void));

#endif
