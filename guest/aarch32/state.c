// SPDX-License-Identifier: BSD-2-Clause
/* Registers that must survive exits to EL2, to the host's kernel and to its user space. */
#include "a32.h"

#define BANKED	   20u
#define EXITS	   50
#define FPEXC_EN   0x40000000u
#define CPACR_FULL 0x00f00000u

void banked_exchange(uint32_t values[BANKED]);
void fp_exchange(uint64_t values[32], uint32_t *fpscr);
uint32_t read_fpexc(void);
void write_fpexc(uint32_t value);
uint32_t read_mvfr0(void);
uint32_t read_mvfr1(void);
void use_fp(uint32_t value);

/* Exits of all kinds, without exceptions. */
static void exit_often(void)
{
	for (unsigned int i = 0; i < EXITS; i++) {
		hvc(PSCI_VERSION, 0, 0, 0);
		hvc(PSCI_AFFINITY_INFO, 0, 0, 0);
		read32(0x09000018);
		read32(GICD);
	}
}

/* Index in banked_exchange()'s values of those that are SPSRs. */
static bool is_spsr(unsigned int i)
{
	return i == 7 || i == 10 || i == 13 || i == 16 || i == 19;
}

PROPERTY(registers_of_all_modes_survive)
{
	static uint32_t values[BANKED];

	for (unsigned int i = 0; i < BANKED; i++)
		values[i] = is_spsr(i) ? 0x600001d0 + (i << 28) + 3 : 0xa0000000 + 0x01010100 * i;
	banked_exchange(values);
	exit_often();
	banked_exchange(values);
	/* SPSR of the mode that the CPU is in is the last: see fault_spsr */
	for (unsigned int i = 0; i < BANKED - on_qemu_host; i++)
		CHECK_EQUAL(values[i],
			    is_spsr(i) ? 0x600001d0 + (i << 28) + 3 : 0xa0000000 + 0x01010100 * i);
	exit_often();
}

#define SURVIVES(value, ...)                          \
	do {                                          \
		uint32_t before_ = mrc(__VA_ARGS__);  \
		mcr(__VA_ARGS__, value);              \
		exit_often();                         \
		CHECK_EQUAL(mrc(__VA_ARGS__), value); \
		mcr(__VA_ARGS__, before_);            \
	} while (0)

PROPERTY(system_registers_survive)
{
	SURVIVES(0x12345678, p15, 0, c3, c0, 0);  /* DACR */
	SURVIVES(0x00000405, p15, 0, c5, c0, 0);  /* DFSR */
	SURVIVES(0x00000407, p15, 0, c5, c0, 1);  /* IFSR */
	SURVIVES(0x87654321, p15, 0, c6, c0, 0);  /* DFAR */
	SURVIVES(0xfedcba98, p15, 0, c6, c0, 2);  /* IFAR */
	SURVIVES(0x40004000, p15, 0, c2, c0, 0);  /* TTBR0 */
	SURVIVES(0x40008000, p15, 0, c2, c0, 1);  /* TTBR1 */
	SURVIVES(0x00000002, p15, 0, c2, c0, 2);  /* TTBCR.N */
	SURVIVES(0x000a81a4, p15, 0, c10, c2, 0); /* PRRR */
	SURVIVES(0x44e048e0, p15, 0, c10, c2, 1); /* NMRR */
	SURVIVES(0x11223344, p15, 0, c13, c0, 1); /* CONTEXTIDR */
	SURVIVES(0x22334455, p15, 0, c13, c0, 2); /* TPIDRURW */
	SURVIVES(0x33445566, p15, 0, c13, c0, 3); /* TPIDRURO */
	SURVIVES(0x44556677, p15, 0, c13, c0, 4); /* TPIDRPRW */
}

static void fp_values(uint64_t values[32])
{
	for (unsigned int i = 0; i < 32; i++)
		values[i] = 0x0123456789abcdefull + ((uint64_t)i << 56 | i);
}

PROPERTY(floating_point_registers_survive)
{
	static uint64_t values[32], expected[32];
	uint32_t fpscr = 0x03c00000, saved = fpscr;

	mcr(p15, 0, c1, c0, 2, CPACR_FULL);
	write_fpexc(FPEXC_EN);
	fp_values(values);
	fp_values(expected);
	fp_exchange(values, &fpscr);
	exit_often();
	fp_exchange(values, &fpscr);
	CHECK_EQUAL(fpscr, saved);
	for (unsigned int i = 0; i < 32; i++)
		CHECK(values[i] == expected[i]);
	CHECK_EQUAL(read_fpexc() & FPEXC_EN, FPEXC_EN);
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(floating_point_that_is_off_is_undefined)
{
	mcr(p15, 0, c1, c0, 2, CPACR_FULL);
	write_fpexc(0);
	exit_often();
	use_fp(0);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.vector, VECTOR_UND);
	CHECK_EQUAL(read_fpexc() & FPEXC_EN, 0);
	write_fpexc(FPEXC_EN);
	use_fp(0);
	CHECK_EQUAL(fault.count, 1);
}

PROPERTY(floating_point_identifies_itself)
{
	CHECK_EQUAL(read_mvfr0() & 0xf, 2); /* 32 registers */
	CHECK(read_mvfr1() != read_mvfr0());
	CHECK_EQUAL(fault.count, 0);
}
