// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every instruction of the system instruction space (Arm ARM C4.1.3, "System instructions", "System
 * register move"): all op0, op1, CRn, CRm and op2, both directions, at EL1 and at EL0. Each is
 * written into RAM and run.
 */
#include "hostile.h"

#define SYSTEM	  UINT32_C(0xd5000000)
#define READ	  (UINT32_C(1) << 21)
#define RET	  UINT32_C(0xd65f03c0)
#define ENCODINGS (UINT32_C(1) << 17) /* direction, op0, op1, CRn, CRm, op2 */
#define XZR	  31u

#define ENCODING(op0, op1, crn, crm, op2) \
	((uint32_t)(op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define WITHOUT_DIRECTION(encoding) ((encoding) & 0xffff)
#define IS_READ(encoding)	    (((encoding) >> 16) & 1)

#define BATCH			    64

/* For each CPU: instructions, each with a return, and what they are. Many at a time, as code that
 * changes is slow. */
static struct {
	uint32_t insn[BATCH][2];
	uint32_t encoding[BATCH];
} __attribute__((aligned(4096))) code[MAX_CPUS];

static uint32_t next[MAX_CPUS];
static unsigned int sweeps[MAX_CPUS];

/* WFE and WFI sleep, for ever if nothing comes: other attacks have them. */
static bool sleeps(uint32_t encoding)
{
	return encoding == ENCODING(0, 3, 2, 0, 2) || encoding == ENCODING(0, 3, 2, 0, 3);
}

/* What a CPU stands on gets the value that it has: see run_code(), and the attack "legs" for
 * others. */
static bool is_leg(uint32_t encoding, uint64_t *value)
{
	switch (encoding) {
	case ENCODING(3, 0, 1, 0, 0):
		*value = read_sysreg(sctlr_el1);
		return true;
	case ENCODING(3, 0, 2, 0, 0):
		*value = read_sysreg(ttbr0_el1);
		return true;
	case ENCODING(3, 0, 2, 0, 2):
		*value = read_sysreg(tcr_el1);
		return true;
	case ENCODING(3, 0, 10, 2, 0):
		*value = read_sysreg(mair_el1);
		return true;
	case ENCODING(3, 0, 12, 0, 0):
		*value = read_sysreg(vbar_el1);
		return true;
	default:
		return false;
	}
}

/* CNTV_TVAL_EL0 and CNTV_CVAL_EL0 */
static bool is_compare_value(uint32_t encoding)
{
	return encoding == ENCODING(3, 3, 14, 3, 0) || encoding == ENCODING(3, 3, 14, 3, 2);
}

/* ICC_BPR0_EL1 and ICC_BPR1_EL1 */
static bool is_binary_point(uint32_t encoding)
{
	return encoding == ENCODING(3, 0, 12, 8, 3) || encoding == ENCODING(3, 0, 12, 12, 3);
}

/* Instructions by address may write where this image is: DC ZVA; and none is to take its lines
 * away. */
static uint64_t operand(uint32_t encoding)
{
	uint64_t value = any_value();

	if (WITHOUT_DIRECTION(encoding) >> 14 == 1)
		return once_in(2) ? arena() + below(arena_size()) : not_here(somewhere(), 64);
	if (!IS_READ(encoding) && is_leg(WITHOUT_DIRECTION(encoding), &value))
		return value;
	if (is_compare_value(WITHOUT_DIRECTION(encoding)))
		return bearable_compare_value(value) & INT32_MAX;
	if (is_binary_point(WITHOUT_DIRECTION(encoding)))
		return bearable_binary_point(value);
	return value;
}

/* The next encoding of this CPU's share. */
static uint32_t next_encoding(void)
{
	unsigned int cpu = cpu_self();
	uint32_t encoding = next[cpu];

	next[cpu] += cpu_count();
	if (next[cpu] >= ENCODINGS) {
		next[cpu] = cpu;
		sweeps[cpu]++;
	}
	return encoding;
}

/* X0, or XZR at times: not where that would take the CPU's legs, as the next instruction is not
 * fetched then, nor is the vector of that fault. */
static uint32_t any_register(uint32_t encoding)
{
	uint64_t value;

	if (!IS_READ(encoding) && is_leg(WITHOUT_DIRECTION(encoding), &value))
		return 0;
	return once_in(8) ? XZR : 0;
}

static void write_code(void)
{
	unsigned int cpu = cpu_self();

	for (unsigned int i = 0; i < BATCH; i++) {
		uint32_t encoding = next_encoding();

		while (sleeps(WITHOUT_DIRECTION(encoding)))
			encoding = next_encoding();
		code[cpu].encoding[i] = encoding;
		code[cpu].insn[i][0] = SYSTEM | (IS_READ(encoding) ? READ : 0) |
				       WITHOUT_DIRECTION(encoding) << 5 | any_register(encoding);
		code[cpu].insn[i][1] = RET;
	}
	code_written(code[cpu].insn, sizeof(code[cpu].insn));
}

static bool sweep_begins(void)
{
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		next[cpu] = cpu;
		sweeps[cpu] = 0;
	}
	return true;
}

static void run_at_el1(const uint32_t *insn, uint64_t value)
{
	FAULT_OF(run_code(value, insn));
}

/* X0 is the argument as EL0 sees it. */
static void run_at_el0(const uint32_t *insn, uint64_t value)
{
	el0_call((void (*)(void *))(uint64_t)insn, (void *)(value - ALIAS_USER));
}

/* All encodings once at least; then until the time is over. */
static void sweep(void (*run)(const uint32_t *insn, uint64_t value))
{
	unsigned int cpu = cpu_self();

	while (sweeps[cpu] == 0 || attack_goes_on()) {
		write_code();
		for (unsigned int i = 0; i < BATCH; i++) {
			run(code[cpu].insn[i], operand(code[cpu].encoding[i]));
			write_sysreg(cntv_ctl_el0, 0);
		}
	}
}

static void el1_loop(void *unused)
{
	(void)unused;
	sweep(run_at_el1);
}

static void el0_loop(void *unused)
{
	(void)unused;
	write_sysreg(cntkctl_el1, 0x3ff);
	sweep(run_at_el0);
}

PROPERTY(every_system_instruction_is_executed_at_el1)
{
	if (!attack_begin("attack=el1"))
		SKIP("another attack was asked for");
	CHECK(sweep_begins() && attack_on_all_cpus(el1_loop));
	attack_end();
}

PROPERTY(every_system_instruction_is_executed_at_el0)
{
	if (!attack_begin("attack=el0"))
		SKIP("another attack was asked for");
	CHECK(sweep_begins() && attack_on_all_cpus(el0_loop));
	attack_end();
}
