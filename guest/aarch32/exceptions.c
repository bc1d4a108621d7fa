// SPDX-License-Identifier: BSD-2-Clause
/* Exceptions, trapped instructions that are conditional, identification (Arm ARM G1.12, G8). */
#include "a32.h"

#define HOLE	     0x0b000000u /* between the virtio-mmio slots and the platform bus */
#define DFSR_WNR     0x800u
#define SHORT_ABORT  0x008u /* FS: synchronous external abort */
#define LONG_ABORT   0x210u /* LPAE, STATUS: the same */
#define FSR_STATUS   0x63fu
#define SHORT_STATUS 0x60fu /* without the domain */
#define TTBCR_EAE    0x80000000u
#define SCTLR_TE     0x40000000u
#define SCTLR_M	     1u
#define PFR0_A32     0x1u
#define PFR1_DROPPED 0x0ff0f0f0u /* Virt_frac, Sec_frac, Virtualization, Security */

#define PROBE(name)                        \
	uint32_t name(uint32_t, uint32_t); \
	extern char name##_at[]
PROBE(smc_arm);
PROBE(smc_thumb);
PROBE(smc_condition_fails);
PROBE(id_condition_fails);
PROBE(id_condition_holds);
PROBE(it_block);
PROBE(load_arm);
PROBE(load_thumb);
PROBE(store_arm);
PROBE(store_thumb);
PROBE(jump_to);
#define AT(name) ((uint32_t)name##_at & ~1u)

PROPERTY(image_is_entered_as_the_boot_protocol_says)
{
	CHECK_EQUAL(boot_state[0] & (CPSR_MODE | CPSR_T), MODE_SVC);
	CHECK_EQUAL(boot_state[0] & (CPSR_I | CPSR_F), CPSR_I | CPSR_F);
	CHECK_EQUAL(boot_state[1], 0);
	CHECK_EQUAL(boot_state[2], 0xffffffff);
	CHECK_EQUAL(read32(boot_state[3]), 0xedfe0dd0);
	CHECK_EQUAL(mrc(p15, 0, c1, c0, 0) & SCTLR_M, 0);
}

PROPERTY(undefined_in_a32_is_taken_to_undefined_mode)
{
	smc_arm(0, 0);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.vector, VECTOR_UND);
	CHECK_EQUAL(fault.lr, AT(smc_arm) + 4);
	CHECK_EQUAL(fault.spsr & (CPSR_MODE | CPSR_T), MODE_SVC);
	CHECK_EQUAL(fault.cpsr & (CPSR_MODE | CPSR_T | CPSR_I), MODE_UND | CPSR_I);
}

PROPERTY(undefined_in_t32_returns_2_bytes_on)
{
	fault_spsr |= CPSR_T;
	smc_thumb(0, 0);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.lr, AT(smc_thumb) + 2);
	CHECK_EQUAL(fault.spsr & (CPSR_MODE | CPSR_T), MODE_SVC | CPSR_T);
	CHECK_EQUAL(fault.cpsr & CPSR_T, 0);
}

PROPERTY(handler_is_in_t32_when_sctlr_te_says_so)
{
	uint32_t vbar = mrc(p15, 0, c12, c0, 0), sctlr = mrc(p15, 0, c1, c0, 0);

	mcr(p15, 0, c12, c0, 0, (uint32_t)vectors_thumb & ~1u);
	mcr(p15, 0, c1, c0, 0, sctlr | SCTLR_TE);
	thumb_entries = 0;
	smc_arm(0, 0);
	mcr(p15, 0, c1, c0, 0, sctlr);
	mcr(p15, 0, c12, c0, 0, vbar);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(thumb_entries, 1);
}

PROPERTY(condition_that_fails_makes_a_trapped_instruction_do_nothing)
{
	CHECK_EQUAL(smc_condition_fails(0, 0), 1);
	CHECK_EQUAL(id_condition_fails(0x1234, 0), 0x1234);
	CHECK_EQUAL(id_condition_holds(0, 0), mrc(p15, 0, c0, c1, 0));
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(it_block_goes_on_behind_a_trapped_instruction)
{
	CHECK_EQUAL(it_block(0, 0), 3);
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(identification_says_what_the_machine_has)
{
	uint32_t pfr1 = mrc(p15, 0, c0, c1, 1);

	CHECK_EQUAL(mrc(p15, 0, c0, c1, 0) & 0xf, PFR0_A32);
	CHECK_EQUAL(pfr1 >> 28, 1); /* GIC system registers */
	SKIP_ON_QEMU("has EL2's and EL3's fields");
	CHECK_EQUAL(pfr1 & PFR1_DROPPED, 0);
	CHECK_EQUAL(mrc(p15, 0, c0, c1, 2) >> 24 & 0xf, 0); /* ID_DFR0.PerfMon */
	CHECK_EQUAL(mrc(p15, 0, c0, c3, 0), 0);		    /* not AArch64's MVFR0 */
	CHECK_EQUAL(mrc(p15, 0, c0, c4, 0), 0);		    /* nor its ID_AA64PFR0 */
}

PROPERTY(performance_monitors_are_undefined)
{
	SKIP_ON_QEMU("has them");
	mrc(p15, 0, c9, c12, 0);
	CHECK_EQUAL(fault.vector, VECTOR_UND);
	mrrc(p15, 0, c9);
	CHECK_EQUAL(fault.count, 2);
}

static void data_abort(uint32_t status, uint32_t mask)
{
	load_arm(HOLE + 4, 0);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.vector, VECTOR_DABT);
	CHECK_EQUAL(fault.lr, AT(load_arm) + 8);
	CHECK_EQUAL(fault.dfar, HOLE + 4);
	CHECK_EQUAL(fault.dfsr & mask, status);
	CHECK_EQUAL(fault.dfsr & DFSR_WNR, 0);
	CHECK_EQUAL(fault.cpsr & (CPSR_MODE | CPSR_A | CPSR_I), MODE_ABT | CPSR_A | CPSR_I);
	store_arm(HOLE, 0);
	CHECK_EQUAL(fault.count, 2);
	CHECK_EQUAL(fault.dfar, HOLE);
	CHECK_EQUAL(fault.dfsr & (mask | DFSR_WNR), status | DFSR_WNR);
}

PROPERTY(data_abort_has_a_status_of_the_short_format)
{
	data_abort(SHORT_ABORT, SHORT_STATUS);
}

PROPERTY(data_abort_has_a_status_of_the_long_format)
{
	mcr(p15, 0, c2, c0, 2, TTBCR_EAE);
	data_abort(LONG_ABORT, FSR_STATUS);
	mcr(p15, 0, c2, c0, 2, 0);
}

PROPERTY(data_abort_in_t32_names_its_instruction)
{
	fault_resume = AT(load_thumb) + 2;
	fault_spsr |= CPSR_T;
	load_thumb(HOLE, 0);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.lr, AT(load_thumb) + 8);
	CHECK_EQUAL(fault.spsr & CPSR_T, CPSR_T);
}

PROPERTY(prefetch_abort_names_the_address)
{
	jump_to(HOLE, 0);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.vector, VECTOR_PABT);
	CHECK_EQUAL(fault.lr, HOLE + 4);
	CHECK_EQUAL(fault.ifar, HOLE);
	CHECK_EQUAL(fault.ifsr & SHORT_STATUS, SHORT_ABORT);
	CHECK_EQUAL(fault.cpsr & CPSR_MODE, MODE_ABT);
}

PROPERTY(ifar_and_dfar_do_not_touch_each_other)
{
	load_arm(HOLE + 8, 0);
	jump_to(HOLE, 0);
	CHECK_EQUAL(fault.dfar, HOLE + 8);
	fault_resume = 0;
	load_arm(HOLE + 12, 0);
	CHECK_EQUAL(fault.ifar, HOLE);
	CHECK_EQUAL(fault.count, 3);
}

PROPERTY(debug_registers_are_there)
{
	uint32_t id = mrc(p14, 0, c0, c0, 0);

	CHECK((id >> 16 & 0xf) >= 5);
	mcr(p14, 0, c1, c0, 4, 0);	/* DBGOSLAR */
	mcr(p14, 0, c0, c1, 4, 0x1000); /* DBGBVR1 */
	CHECK_EQUAL(mrc(p14, 0, c0, c1, 4), 0x1000);
	CHECK_EQUAL(mrc(p14, 0, c1, c1, 4) & 2, 0); /* DBGOSLSR.OSLK */
	CHECK_EQUAL(fault.count, 0);
	SKIP_ON_QEMU("keeps DBGDSCRint apart");
	mcr(p14, 0, c0, c2, 2, 0x8000); /* DBGDSCRext.MDBGen */
	CHECK_EQUAL(mrc(p14, 0, c0, c1, 0) & 0x8000, 0x8000);
	mcr(p14, 0, c0, c2, 2, 0);
	CHECK_EQUAL(mrc(p14, 0, c0, c1, 0) & 0x8000, 0);
	CHECK_EQUAL(fault.count, 0);
}
