// SPDX-License-Identifier: BSD-2-Clause
/*
 * Debug registers of the guest (Arm ARM D13.3). They are trapped and kept in struct hyp_vcpu; what
 * has an effect (breakpoints, watchpoints, MDSCR_EL1) is written to the CPU when it changes and on
 * entry, while the guest has debug exceptions enabled. The debug communication channel and the
 * external debugger's side read as absent.
 */
#include "hyp.h"

#define MDSCR_MDE	ARM64_BIT(15)
#define MDSCR_EL1	SYSREG(2, 0, 0, 2, 2)
#define OSLAR_EL1	SYSREG(2, 0, 1, 0, 4)
#define OSLSR_EL1	SYSREG(2, 0, 1, 1, 4)
#define OSLSR_OSLM	ARM64_BIT(3)
#define OSLSR_OSLK	ARM64_BIT(1)
#define DBGCLAIMSET_EL1 SYSREG(2, 0, 7, 8, 6)
#define DBGCLAIM_ALL	0xff
#define OP2(encoding)	(((encoding) >> 17) & 7)
#define CRM(encoding)	(((encoding) >> 1) & 0xf)

/* Read as zero, writes ignored. */
static bool is_quiet(uint32_t encoding)
{
	static const uint32_t quiet[] = {
		SYSREG(2, 0, 0, 0, 2),	/* OSDTRRX_EL1 */
		SYSREG(2, 0, 0, 2, 0),	/* MDCCINT_EL1 */
		SYSREG(2, 0, 0, 3, 2),	/* OSDTRTX_EL1 */
		SYSREG(2, 0, 0, 6, 2),	/* OSECCR_EL1 */
		SYSREG(2, 0, 1, 0, 0),	/* MDRAR_EL1 */
		SYSREG(2, 0, 1, 3, 4),	/* OSDLR_EL1 */
		SYSREG(2, 0, 1, 4, 4),	/* DBGPRCR_EL1 */
		SYSREG(2, 0, 7, 9, 6),	/* DBGCLAIMCLR_EL1 */
		SYSREG(2, 0, 7, 14, 6), /* DBGAUTHSTATUS_EL1 */
		SYSREG(2, 3, 0, 1, 0),	/* MDCCSR_EL0 */
		SYSREG(2, 3, 0, 4, 0),	/* DBGDTR_EL0 */
		SYSREG(2, 3, 0, 5, 0),	/* DBGDTRRX_EL0, DBGDTRTX_EL0 */
		SYSREG(2, 4, 0, 7, 0),	/* DBGVCR32_EL2 */
	};

	for (unsigned int i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (quiet[i] == encoding)
			return true;
	return false;
}

#define BREAKPOINT_LOAD(n)                              \
	do {                                            \
		write_sysreg(dbgbvr##n##_el1, b[0][n]); \
		write_sysreg(dbgbcr##n##_el1, b[1][n]); \
	} while (0)
#define WATCHPOINT_LOAD(n)                              \
	do {                                            \
		write_sysreg(dbgwvr##n##_el1, b[2][n]); \
		write_sysreg(dbgwcr##n##_el1, b[3][n]); \
	} while (0)
#define BREAKPOINT_SAVE(n)                              \
	do {                                            \
		b[0][n] = read_sysreg(dbgbvr##n##_el1); \
		b[1][n] = read_sysreg(dbgbcr##n##_el1); \
	} while (0)
#define WATCHPOINT_SAVE(n)                              \
	do {                                            \
		b[2][n] = read_sysreg(dbgwvr##n##_el1); \
		b[3][n] = read_sysreg(dbgwcr##n##_el1); \
	} while (0)
#define UP_TO(n, count, what)     \
	do {                      \
		if ((count) >= n) \
			what(n);  \
	} while (0)

/* As many as the CPU has, which guests are offered: ID_AA64DFR0_EL1 has the number less one. */
#define EACH_OF(count, what)            \
	do {                            \
		what(0);                \
		what(1);                \
		UP_TO(2, count, what);  \
		UP_TO(3, count, what);  \
		UP_TO(4, count, what);  \
		UP_TO(5, count, what);  \
		UP_TO(6, count, what);  \
		UP_TO(7, count, what);  \
		UP_TO(8, count, what);  \
		UP_TO(9, count, what);  \
		UP_TO(10, count, what); \
		UP_TO(11, count, what); \
		UP_TO(12, count, what); \
		UP_TO(13, count, what); \
		UP_TO(14, count, what); \
		UP_TO(15, count, what); \
	} while (0)
#define EACH(breakpoint, watchpoint)                          \
	do {                                                  \
		uint64_t dfr0 = read_sysreg(id_aa64dfr0_el1); \
                                                              \
		EACH_OF((dfr0 >> 12) & 0xf, breakpoint);      \
		EACH_OF((dfr0 >> 20) & 0xf, watchpoint);      \
	} while (0)

static void breakpoints_load(uint64_t (*b)[HYP_BREAKPOINTS])
{
	EACH(BREAKPOINT_LOAD, WATCHPOINT_LOAD);
}

static void breakpoints_save(uint64_t (*b)[HYP_BREAKPOINTS])
{
	EACH(BREAKPOINT_SAVE, WATCHPOINT_SAVE);
}

/* On entry, and after a change: only while the guest enabled them are the CPU's own switched. The
 * host's are kept. */
void debug_load(struct hyp_vcpu *vcpu)
{
	struct hyp_cpu *cpu = this_cpu();

	if (!(read_sysreg(mdscr_el1) & MDSCR_MDE))
		return;
	if (!cpu->debug_loaded)
		breakpoints_save(cpu->debug);
	cpu->debug_loaded = 1;
	breakpoints_load(vcpu->debug);
}

/* On the way to the host: its breakpoints, if the guest had its own in the CPU. */
void debug_leave(struct hyp_cpu *cpu)
{
	if (!cpu->debug_loaded)
		return;
	cpu->debug_loaded = 0;
	breakpoints_load(cpu->debug);
}

static bool breakpoint_access(struct hyp_vcpu *vcpu, uint32_t encoding, bool read, uint64_t *value)
{
	uint64_t *reg;

	if ((encoding & SYSREG(3, 7, 15, 0, 0)) != SYSREG(2, 0, 0, 0, 0) || OP2(encoding) < 4)
		return false;
	reg = &vcpu->debug[OP2(encoding) - 4][CRM(encoding)];
	if (read) {
		*value = *reg;
	} else {
		*reg = *value;
		debug_load(vcpu);
	}
	return true;
}

static bool debug_read(struct hyp_vcpu *vcpu, uint32_t encoding, uint64_t *value)
{
	*value = 0;
	if (encoding == MDSCR_EL1)
		*value = read_sysreg(mdscr_el1);
	else if (encoding == OSLSR_EL1)
		*value = OSLSR_OSLM | (vcpu->oslar ? OSLSR_OSLK : 0);
	else if (encoding == DBGCLAIMSET_EL1)
		*value = DBGCLAIM_ALL;
	else
		return is_quiet(encoding);
	return true;
}

bool debug_access(struct hyp_vcpu *vcpu, uint32_t encoding, bool read, uint64_t *value)
{
	vcpu_count(vcpu, VMM_STAT_EXIT_DEBUG);
	if (breakpoint_access(vcpu, encoding, read, value))
		return true;
	if (read)
		return debug_read(vcpu, encoding, value);
	if (encoding == MDSCR_EL1) {
		write_sysreg(mdscr_el1, *value & 0xffffffff);
		debug_load(vcpu);
	} else if (encoding == OSLAR_EL1) {
		vcpu->oslar = *value & 1;
	} else {
		return encoding == DBGCLAIMSET_EL1 || is_quiet(encoding);
	}
	return true;
}
