// SPDX-License-Identifier: BSD-2-Clause
/* Exits that a guest causes by an instruction of its own, and that nobody else takes part in. */
#include "measure.h"

#define OPERATIONS	 64
#define UNKNOWN_FUNCTION 0x8600ff01
#define SPI		 40

static inline void call(uint32_t function)
{
	register uint64_t x0 asm("x0") = function;

	asm volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
}

PROPERTY(calls_are_answered)
{
	MEASURED_GROUP("exits");
	MEASURE("hypercall", OPERATIONS, call(UNKNOWN_FUNCTION));
	MEASURE("psci-version", OPERATIONS, call(PSCI_VERSION));
	MEASURE("smccc-version", OPERATIONS, call(SMCCC_VERSION));
}

PROPERTY(identification_registers_are_read)
{
	MEASURED_GROUP("exits");
	MEASURE("id-register", OPERATIONS, read_sysreg(id_aa64mmfr0_el1));
}

PROPERTY(vgic_registers_are_read_and_written)
{
	uint64_t enable = gic_register(0, ISENABLER, SPI);
	uint64_t disable = gic_register(0, ICENABLER, SPI);

	MEASURED_GROUP("exits");
	MEASURE("gicd-read", OPERATIONS, read32(GICD_IIDR));
	MEASURE("gicr-read", OPERATIONS, read32(GICR_SGI(0) + ISENABLER));
	MEASURE("gicd-enable", OPERATIONS, {
		/* to and fro, so that each changes it */
		write32(turn_ & 1 ? enable : disable, GIC_BIT(SPI));
	});
}
