/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the properties of guests in AArch32 are written with: registers, exceptions, console, PSCI.
 * The MMU is off; the boot CPU runs them, in Supervisor mode with interrupts masked.
 */
#ifndef GUEST_A32_H
#define GUEST_A32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MRC and MCR, MRRC and MCRR: the words of the assembler's syntax. */
#define mrc(cp, opc1, crn, crm, opc2)                                                 \
	({                                                                            \
		uint32_t value_;                                                      \
		asm volatile("mrc " #cp ", " #opc1 ", %0, " #crn ", " #crm ", " #opc2 \
			     : "=r"(value_)::"memory");                               \
		value_;                                                               \
	})
#define mcr(cp, opc1, crn, crm, opc2, value)                                  \
	asm volatile("mcr " #cp ", " #opc1 ", %0, " #crn ", " #crm ", " #opc2 \
		     "\n isb" ::"r"((uint32_t)(value))                        \
		     : "memory")
#define mrrc(cp, opc1, crm)                                                 \
	({                                                                  \
		uint32_t low_, high_;                                       \
		asm volatile("isb\n mrrc " #cp ", " #opc1 ", %0, %1, " #crm \
			     : "=r"(low_), "=r"(high_)::"memory");          \
		(uint64_t)high_ << 32 | low_;                               \
	})
#define mcrr(cp, opc1, crm, value)                                                               \
	asm volatile("mcrr " #cp ", " #opc1 ", %0, %1, " #crm "\n isb" ::"r"((uint32_t)(value)), \
		     "r"((uint32_t)((uint64_t)(value) >> 32))                                    \
		     : "memory")

#define CPSR_MODE   0x1fu
#define CPSR_T	    0x20u
#define CPSR_F	    0x40u
#define CPSR_I	    0x80u
#define CPSR_A	    0x100u
#define MODE_IRQ    0x12u
#define MODE_SVC    0x13u
#define MODE_ABT    0x17u
#define MODE_UND    0x1bu

#define VECTOR_UND  1
#define VECTOR_SVC  2
#define VECTOR_PABT 3
#define VECTOR_DABT 4
#define VECTOR_IRQ  6

static inline uint32_t cpsr(void)
{
	uint32_t value;

	asm volatile("mrs %0, cpsr" : "=r"(value)::"memory");
	return value;
}

static inline uint32_t read32(uint32_t address)
{
	uint32_t value;

	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static inline void write32(uint32_t address, uint32_t value)
{
	asm volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static inline void barrier(void)
{
	asm volatile("dsb\n isb" ::: "memory");
}

/* What an exception found; start.S saves it. */
struct frame {
	uint32_t spsr, cpsr; /* cpsr: of the handler */
	uint32_t r[13];
	uint32_t lr; /* where to go on */
};

/* The last exception other than an IRQ, since fault_clear(). */
struct fault {
	unsigned int count, vector;
	uint32_t lr, spsr, cpsr, dfsr, dfar, ifsr, ifar;
};
extern volatile struct fault fault;
/* Where the handler goes on, instead of behind the instruction of 4 (T32 SMC: also 4) bytes. */
extern volatile uint32_t fault_resume;
void fault_clear(void);
/*
 * QEMU's CPU, when it has returned from EL2 into a mode of AArch32 that is not the one that was
 * left, shows SPSR of that one. On such a host ("host=qemu" on the command line) the handler
 * returns with this, and what SPSR said is not looked at.
 */
extern volatile uint32_t fault_spsr;
extern bool on_qemu_host;

/* IRQs taken, and the last one's INTID. */
extern volatile unsigned int irq_count;
extern volatile uint32_t irq_intid;

extern uint32_t boot_state[4]; /* CPSR, r0, r1, r2 at the image's start */
extern volatile uint32_t thumb_entries;
extern char vectors_thumb[];

void print(const char *format, ...); /* %s %u %x %c */

/* PSCI (DEN 0022) */
#define PSCI_VERSION	   0x84000000u
#define PSCI_CPU_OFF	   0x84000002u
#define PSCI_CPU_ON	   0x84000003u
#define PSCI_AFFINITY_INFO 0x84000004u
#define PSCI_SYSTEM_OFF	   0x84000008u
#define PSCI_FEATURES	   0x8400000au
#define PSCI_64BIT	   0x40000000u
uint32_t hvc(uint32_t function, uint32_t a, uint32_t b, uint32_t c);
_Noreturn void power_off(void);

/* What a CPU was like when CPU_ON started it. */
struct start {
	volatile uint32_t started, cpsr, context;
};
extern struct start starts[8];
void secondary_arm(void);
void secondary_thumb(void);

/* Device tree: is "word" anywhere in it? */
bool boot_argument(const char *word);

struct property {
	const char *name;
	void (*run)(void);
	unsigned int cpus;
	unsigned int pad;
};

#define PROPERTY_CPUS(name_, cpus_)                                                            \
	static void name_(void);                                                               \
	static const struct property property_##name_                                          \
		__attribute__((used, section(".properties"),                                   \
			       aligned(8))) = { .name = #name_, .run = name_, .cpus = cpus_ }; \
	static void name_(void)
#define PROPERTY(name_) PROPERTY_CPUS(name_, 1)
#define CHECK(condition)                                               \
	do {                                                           \
		if (!(condition)) {                                    \
			property_fail(__FILE__, __LINE__, #condition); \
			return;                                        \
		}                                                      \
	} while (0)
#define CHECK_EQUAL(actual, expected)                                                         \
	do {                                                                                  \
		uint32_t actual_ = (uint32_t)(actual), expected_ = (uint32_t)(expected);      \
		if (actual_ != expected_) {                                                   \
			property_fail_equal(__FILE__, __LINE__, #actual, actual_, expected_); \
			return;                                                               \
		}                                                                             \
	} while (0)
#define SKIP_ON_QEMU(reason)                            \
	do {                                            \
		if (on_plain_qemu) {                    \
			property_skip("QEMU: " reason); \
			return;                         \
		}                                       \
	} while (0)
void property_fail(const char *file, int line, const char *condition);
void property_fail_equal(const char *file, int line, const char *what, uint32_t actual,
			 uint32_t expected);
void property_skip(const char *reason);
extern bool on_plain_qemu;
extern unsigned int cpus; /* of the machine */

/* GICv3 */
#define GICD	   0x08000000u
#define GICR	   0x080a0000u
#define GICR_SGI   (GICR + 0x10000u)
#define PPI_VTIMER 27
#define PPI_PTIMER 30
void gic_init(void);
bool irq_arrives(unsigned int intid); /* unmasks IRQs until one does, with patience */

#endif
