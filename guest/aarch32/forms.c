// SPDX-License-Identifier: BSD-2-Clause
/* Loads and stores of A32 and T32 that a syndrome does not describe, to a device. */
#include "a32.h"

#define PRIORITIES (GICR_SGI + 0x400) /* eight words of RAM, so to say, in the GIC */
#define IROUTER32  (GICD + 0x6100)
#define UART_IBRD  0x09000024u /* 16 bits, and behind it 6 */
#define HOLE	   0x0b000000u
#define RESTING	   0xa0a0a0a0u
#define FPEXC_EN   0x40000000u
#define CPACR_FULL 0x00f00000u

struct form {
	uint32_t r[8]; /* R2 to R9 */
	uint32_t base;
};

#define FORM(name)                               \
	void name(uint32_t base, struct form *); \
	extern char name##_at[]
FORM(stmia_arm);
FORM(stmib_arm);
FORM(stmda_arm);
FORM(stmdb_arm);
FORM(ldmia_arm);
FORM(ldmib_arm);
FORM(ldmda_arm);
FORM(ldmdb_arm);
FORM(ldm_user_arm);
FORM(ldm_base_arm);
FORM(ldm_lr_arm);
FORM(strd_arm);
FORM(ldrd_arm);
FORM(ldrd_post_arm);
FORM(ldrd_register_arm);
FORM(ldr_post_arm);
FORM(ldr_pre_arm);
FORM(ldr_shifted_arm);
FORM(ldr_rotated_arm);
FORM(ldr_carry_arm);
FORM(str_post_arm);
FORM(strb_pre_arm);
FORM(strh_post_arm);
FORM(ldrb_post_arm);
FORM(ldrh_pre_arm);
FORM(ldrsb_post_arm);
FORM(ldrsh_register_arm);
FORM(ldrt_arm);
FORM(ldr_lr_arm);
FORM(str_lr_arm);
FORM(ldr_sp_arm);
FORM(str_sp_thumb);
FORM(stm_thumb);
FORM(ldm_thumb);
FORM(ldm_base_thumb);
FORM(stmdb_thumb);
FORM(ldmia_wide_thumb);
FORM(push_thumb);
FORM(push_lr_thumb);
FORM(pop_thumb);
FORM(strd_thumb);
FORM(ldrd_thumb);
FORM(ldr_post_thumb);
FORM(ldrh_pre_thumb);
FORM(strb_post_thumb);
FORM(ldrsb_pre_thumb);
FORM(it_block_thumb);
FORM(vldr_arm);
FORM(vstr_thumb);
FORM(vldm_arm);
FORM(vstm_thumb);
FORM(vldm_single_arm);
uint32_t read_fpexc(void);
void write_fpexc(uint32_t value);

static struct form form;

#define R2 form.r[0]
#define R3 form.r[1]
#define R4 form.r[2]
#define R5 form.r[3]
#define R6 form.r[4]
#define R7 form.r[5]
#define R8 form.r[6]
#define R9 form.r[7]

/* Word n of the priorities is 0xn0n0n0n0 + 0x10203040, each byte different. */
static uint32_t word(unsigned int n)
{
	return 0x10203040 + 0x10101010 * n;
}

static void fill(void)
{
	for (unsigned int i = 0; i < 8; i++) {
		write32(PRIORITIES + 4 * i, word(i));
		form.r[i] = 0x50607080 + 0x10101010 * i;
	}
	form.base = 0;
}

static void rest(void)
{
	for (unsigned int i = 0; i < 8; i++)
		write32(PRIORITIES + 4 * i, RESTING);
}

/* Does the form with its base at a word of the priorities. */
static void at_word(void (*run)(uint32_t, struct form *), unsigned int n)
{
	fill();
	run(PRIORITIES + 4 * n, &form);
}

#define CHECK_BASE(n)	 CHECK_EQUAL(form.base, PRIORITIES + 4 * (n))
#define CHECK_WORD(n, v) CHECK_EQUAL(read32(PRIORITIES + 4 * (n)), v)

PROPERTY(a32_multiple_stores_reach_a_device_in_order)
{
	at_word(stmia_arm, 1);
	CHECK_BASE(5);
	CHECK_WORD(0, word(0));
	CHECK_WORD(1, R2);
	CHECK_WORD(2, R3);
	CHECK_WORD(3, R4);
	CHECK_WORD(4, R5);
	CHECK_WORD(5, word(5));
	at_word(stmib_arm, 1);
	CHECK_BASE(1);
	CHECK_WORD(1, word(1));
	CHECK_WORD(2, R2);
	CHECK_WORD(3, R3);
	at_word(stmda_arm, 4);
	CHECK_BASE(2);
	CHECK_WORD(3, R2);
	CHECK_WORD(4, R3);
	at_word(stmdb_arm, 4);
	CHECK_BASE(2);
	CHECK_WORD(2, R2);
	CHECK_WORD(3, R3);
	CHECK_WORD(4, word(4));
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(a32_multiple_loads_come_from_a_device)
{
	at_word(ldmia_arm, 2);
	CHECK_EQUAL(R6, word(2));
	CHECK_EQUAL(R7, word(3));
	CHECK_EQUAL(R8, word(4));
	CHECK_EQUAL(R9, word(5));
	CHECK_BASE(2);
	at_word(ldmib_arm, 2);
	CHECK_EQUAL(R6, word(3));
	CHECK_EQUAL(R7, word(4));
	CHECK_BASE(4);
	at_word(ldmda_arm, 2);
	CHECK_EQUAL(R6, word(1));
	CHECK_EQUAL(R7, word(2));
	CHECK_BASE(2);
	at_word(ldmdb_arm, 2);
	CHECK_EQUAL(R6, word(0));
	CHECK_EQUAL(R7, word(1));
	CHECK_BASE(0);
	at_word(ldm_user_arm, 2);
	CHECK_EQUAL(R7, word(3));
	at_word(ldm_base_arm, 3);
	CHECK_EQUAL(form.base, word(3));
	CHECK_EQUAL(R6, word(4));
	at_word(ldm_lr_arm, 6);
	CHECK_EQUAL(R6, word(6));
	CHECK_EQUAL(R7, word(7));
	rest();
	CHECK_EQUAL(fault.count, 0);
}

/* Later versions than 7.2 make one access of 64 bits of the two words, which their GIC ignores. */
#define SKIP_WHERE_QEMU_MAKES_ONE_ACCESS_OF_TWO                                   \
	do {                                                                      \
		at_word(strd_arm, 1);                                             \
		if (read32(PRIORITIES + 4 * 2) != R2)                             \
			SKIP_ON_QEMU("makes one access of 64 bits of two words"); \
	} while (0)

PROPERTY(a32_dual_accesses_have_two_words)
{
	SKIP_WHERE_QEMU_MAKES_ONE_ACCESS_OF_TWO;
	at_word(strd_arm, 1);
	CHECK_WORD(1, word(1));
	CHECK_WORD(2, R2);
	CHECK_WORD(3, R3);
	CHECK_BASE(1);
	at_word(ldrd_arm, 1);
	CHECK_EQUAL(R6, word(2));
	CHECK_EQUAL(R7, word(3));
	CHECK_BASE(2);
	at_word(ldrd_post_arm, 4);
	CHECK_EQUAL(R6, word(4));
	CHECK_EQUAL(R7, word(5));
	CHECK_BASE(2);
	fill();
	R2 = 8;
	ldrd_register_arm(PRIORITIES + 16, &form);
	CHECK_EQUAL(R6, word(2));
	CHECK_EQUAL(R7, word(3));
	CHECK_BASE(4);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(a32_words_write_their_base_back)
{
	at_word(ldr_post_arm, 1);
	CHECK_EQUAL(R6, word(1));
	CHECK_BASE(2);
	at_word(ldr_pre_arm, 3);
	CHECK_EQUAL(R6, word(2));
	CHECK_BASE(2);
	at_word(ldrt_arm, 3);
	CHECK_EQUAL(R6, word(3));
	CHECK_BASE(4);
	at_word(str_post_arm, 3);
	CHECK_WORD(3, R2);
	CHECK_BASE(5);
	fill();
	R2 = 2;
	ldr_shifted_arm(PRIORITIES, &form);
	CHECK_EQUAL(R6, word(2));
	CHECK_BASE(2);
	fill();
	R2 = 4; /* rotated right by 31: 8 */
	ldr_rotated_arm(PRIORITIES + 16, &form);
	CHECK_EQUAL(R6, word(4));
	CHECK_BASE(2);
	fill();
	R2 = 8; /* with the carry: 0x80000004 */
	ldr_carry_arm(PRIORITIES - 0x80000000u, &form);
	CHECK_EQUAL(R6, word(1));
	CHECK_BASE(1);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(a32_bytes_and_halfwords_write_their_base_back)
{
	at_word(ldrb_post_arm, 1);
	CHECK_EQUAL(R6, 0x50);
	CHECK_EQUAL(form.base, PRIORITIES + 5);
	at_word(strb_pre_arm, 2);
	CHECK_EQUAL(form.base, PRIORITIES + 9);
	CHECK_WORD(2, (word(2) & ~0xff00u) | (R2 & 0xff) << 8);
	fill();
	ldrsb_post_arm(PRIORITIES + 4 * 5, &form);
	CHECK_EQUAL(R6, 0xffffff90);
	CHECK_EQUAL(form.base, PRIORITIES + 19);
	rest();
	fill();
	write32(UART_IBRD, 0x8321);
	ldrh_pre_arm(UART_IBRD - 2, &form);
	CHECK_EQUAL(R6, 0x8321);
	CHECK_EQUAL(form.base, UART_IBRD);
	R2 = 0x9876;
	strh_post_arm(UART_IBRD, &form);
	CHECK_EQUAL(form.base, UART_IBRD + 2);
	CHECK_EQUAL(read32(UART_IBRD), 0x9876);
	R2 = 6;
	ldrsh_register_arm(UART_IBRD, &form);
	CHECK_EQUAL(R6, 0xffff9876);
	CHECK_EQUAL(form.base, UART_IBRD + 6);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

/* In the GIC, which is finished at EL2, and in the UART. */
PROPERTY(link_register_and_stack_pointer_are_those_of_the_mode)
{
	at_word(ldr_lr_arm, 1);
	CHECK_EQUAL(R6, word(1));
	at_word(ldr_sp_arm, 2);
	CHECK_EQUAL(R6, word(2));
	at_word(str_lr_arm, 1);
	CHECK_WORD(1, R2);
	at_word(str_sp_thumb, 2);
	CHECK_WORD(2, R2);
	fill();
	R2 = 0x4320;
	str_lr_arm(UART_IBRD, &form);
	ldr_lr_arm(UART_IBRD, &form);
	CHECK_EQUAL(R6, 0x4320);
	R2 = 0x5678;
	str_sp_thumb(UART_IBRD, &form);
	ldr_sp_arm(UART_IBRD, &form);
	CHECK_EQUAL(R6, 0x5678);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(t32_multiple_accesses_reach_a_device)
{
	at_word(stm_thumb, 1);
	CHECK_WORD(1, R2);
	CHECK_WORD(2, R3);
	CHECK_WORD(3, R4);
	CHECK_BASE(4);
	at_word(ldm_thumb, 1);
	CHECK_EQUAL(R5, word(1));
	CHECK_EQUAL(R7, word(3));
	CHECK_BASE(4);
	at_word(ldm_base_thumb, 1);
	CHECK_EQUAL(form.base, word(1));
	CHECK_EQUAL(R6, word(2));
	at_word(stmdb_thumb, 4);
	CHECK_WORD(2, R2);
	CHECK_WORD(3, R8);
	CHECK_BASE(2);
	at_word(ldmia_wide_thumb, 4);
	CHECK_EQUAL(R6, word(4));
	CHECK_EQUAL(R9, word(5));
	CHECK_BASE(6);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(a_stack_may_be_a_device)
{
	at_word(push_thumb, 4);
	CHECK_WORD(2, R2);
	CHECK_WORD(3, R3);
	CHECK_BASE(2);
	at_word(push_lr_thumb, 4);
	CHECK_WORD(2, R2);
	CHECK_WORD(3, R3);
	CHECK_BASE(2);
	at_word(pop_thumb, 4);
	CHECK_EQUAL(R6, word(4));
	CHECK_EQUAL(R7, word(5));
	CHECK_BASE(6);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(t32_duals_and_writeback_reach_a_device)
{
	SKIP_WHERE_QEMU_MAKES_ONE_ACCESS_OF_TWO;
	at_word(strd_thumb, 2);
	CHECK_WORD(1, R2);
	CHECK_WORD(2, R5);
	CHECK_BASE(2);
	at_word(ldrd_thumb, 2);
	CHECK_EQUAL(R6, word(2));
	CHECK_EQUAL(R8, word(3));
	CHECK_BASE(4);
	at_word(ldr_post_thumb, 2);
	CHECK_EQUAL(R6, word(2));
	CHECK_BASE(3);
	at_word(strb_post_thumb, 2);
	CHECK_WORD(2, (word(2) & ~0xffu) | (R2 & 0xff));
	CHECK_EQUAL(form.base, PRIORITIES + 7);
	at_word(ldrsb_pre_thumb, 6);
	CHECK_EQUAL(R6, 0xffffff90);
	CHECK_EQUAL(form.base, PRIORITIES + 25);
	fill();
	write32(UART_IBRD, 0x8321);
	ldrh_pre_thumb(UART_IBRD + 2, &form);
	CHECK_EQUAL(R6, 0x8321);
	CHECK_EQUAL(form.base, UART_IBRD);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(it_block_goes_on_behind_a_multiple_load)
{
	uint32_t r8, r9;

	fill();
	r8 = R8;
	r9 = R9;
	it_block_thumb(PRIORITIES + 4, &form);
	CHECK_EQUAL(R6, word(1));
	CHECK_EQUAL(R7, word(2));
	CHECK_EQUAL(R8, r8);
	CHECK_EQUAL(R9, r9 + 1);
	CHECK_BASE(3);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

/* Two registers of the UART, which user space answers: one after the other. */
PROPERTY(user_space_answers_multiple_accesses)
{
	fill();
	R2 = 0x1234;
	R3 = 0x15;
	stmdb_arm(UART_IBRD + 8, &form);
	CHECK_EQUAL(form.base, UART_IBRD);
	CHECK_EQUAL(read32(UART_IBRD), 0x1234);
	CHECK_EQUAL(read32(UART_IBRD + 4), 0x15);
	ldrd_thumb(UART_IBRD, &form);
	CHECK_EQUAL(R6, 0x1234);
	CHECK_EQUAL(R8, 0x15);
	CHECK_EQUAL(form.base, UART_IBRD + 8);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

PROPERTY(floating_point_registers_are_loaded_from_a_device)
{
	mcr(p15, 0, c1, c0, 2, CPACR_FULL);
	write_fpexc(FPEXC_EN);
	at_word(vldr_arm, 1);
	CHECK_EQUAL(R6, word(2));
	at_word(vstr_thumb, 3);
	CHECK_WORD(2, R2);
	at_word(vldm_single_arm, 1);
	CHECK_EQUAL(R6, word(1));
	CHECK_EQUAL(R7, word(2));
	CHECK_EQUAL(R8, word(3));
	rest();
	CHECK_EQUAL(fault.count, 0);
}

/* Of the doubleword registers that the GIC has, for the routing of SPIs. */
PROPERTY(doubleword_registers_are_loaded_from_a_device)
{
	mcr(p15, 0, c1, c0, 2, CPACR_FULL);
	write_fpexc(FPEXC_EN);
	fill();
	R2 = 0x00000001;
	R3 = 0x00000011;
	vstm_thumb(IROUTER32 + 8, &form);
	CHECK_EQUAL(form.base, IROUTER32);
	write32(IROUTER32 + 8, 2);
	write32(IROUTER32 + 12, 0x22);
	CHECK_EQUAL(read32(IROUTER32), 1);
	CHECK_EQUAL(read32(IROUTER32 + 4), 0x11);
	vldm_arm(IROUTER32, &form);
	CHECK_EQUAL(R6, 1);
	CHECK_EQUAL(R7, 0x11);
	CHECK_EQUAL(R8, 2);
	CHECK_EQUAL(R9, 0x22);
	CHECK_EQUAL(form.base, IROUTER32 + 16);
	rest();
	CHECK_EQUAL(fault.count, 0);
}

/* The base is as it was, and so are the registers: the instruction may be repeated. */
PROPERTY(multiple_load_from_a_hole_aborts_and_changes_nothing)
{
	fill();
	ldmdb_arm(HOLE + 0x100, &form);
	CHECK_EQUAL(fault.count, 1);
	CHECK_EQUAL(fault.vector, VECTOR_DABT);
	CHECK_EQUAL(fault.lr, (uint32_t)ldmdb_arm_at + 8);
	CHECK_EQUAL(fault.dfar, HOLE + 0xf8);
	CHECK_EQUAL(form.base, HOLE + 0x100);
	CHECK_EQUAL(R6, 0x50607080 + 0x10101010u * 4);
	rest();
}
