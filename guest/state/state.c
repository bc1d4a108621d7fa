// SPDX-License-Identifier: BSD-2-Clause
/* What a CPU keeps while it is away: registers survive exits, other vCPUs, and a host that runs
 * something else. */
#include "property.h"

#define EXITS 6

uint64_t general_registers(unsigned int exit);
void exit_0(void), exit_1(void), exit_2(void), exit_3(void), exit_4(void), exit_5(void);
void fp_load(const uint64_t v[64]), fp_store(uint64_t v[64]);
void break_here(void), touch(uint64_t address);

static void (*const exits[EXITS])(void) = { exit_0, exit_1, exit_2, exit_3, exit_4, exit_5 };

/* An interrupt that is masked and pending, so that WFI ends. */
static void keep_awake(void)
{
	gic_enable(1);
	gic_pend(1);
}

PROPERTY(general_registers_survive_every_kind_of_exit)
{
	keep_awake();
	for (unsigned int exit = 0; exit < EXITS; exit++)
		CHECK_EQUAL(general_registers(exit), 0);
}

/* "but" is an exit that is left out, or EXITS. */
#define KEPT_BUT(but, name, value)                                         \
	do {                                                               \
		uint64_t before_ = read_sysreg(name), kept_;               \
		write_sysreg(name, value);                                 \
		isb();                                                     \
		kept_ = read_sysreg(name); /* not all bits may be there */ \
		for (unsigned int exit_ = 0; exit_ < EXITS; exit_++)       \
			if (exit_ != (but))                                \
				exits[exit_]();                            \
		actual = read_sysreg(name);                                \
		write_sysreg(name, before_);                               \
		isb();                                                     \
		CHECK_EQUAL(actual, kept_);                                \
	} while (0)
#define KEPT(name, value) KEPT_BUT(EXITS, name, value)
#define EXIT_WFI	  4

#define PATTERN		  UINT64_C(0x123456789abcdef0)

PROPERTY(system_registers_survive_every_kind_of_exit)
{
	uint64_t actual;

	keep_awake();
	KEPT(sp_el0, PATTERN);
	KEPT(tpidr_el0, PATTERN + 1);
	KEPT(tpidrro_el0, PATTERN + 2);
	KEPT(tpidr_el1, PATTERN + 3);
	KEPT(contextidr_el1, 0x13572468);
	KEPT(esr_el1, 0x56000123);
	KEPT(far_el1, PATTERN + 4);
	KEPT(elr_el1, PATTERN + 8);
	KEPT(spsr_el1, 0x600003c4);
	KEPT(afsr0_el1, 0x1);
	KEPT(afsr1_el1, 0x2);
	KEPT(amair_el1, 0);
	KEPT(mair_el1, UINT64_C(0x440c0400ff04));
	KEPT(ttbr1_el1, UINT64_C(0x0055000012345000));
	KEPT(par_el1, 0x12345000);
	KEPT(cntkctl_el1, 0x2f3);
	KEPT(csselr_el1, 2);
	KEPT(cntv_cval_el0, PATTERN >> 4);
	KEPT(cntp_cval_el0, PATTERN >> 3);
	KEPT(tcr_el1, read_sysreg(tcr_el1) | UINT64_C(0x20) << 16 << 1);
	KEPT(fpcr, 0x00c00000);
	KEPT(fpsr, 0x0800001f);
	KEPT(mdscr_el1, 1 << 12);
	KEPT(dbgbvr0_el1, 0x40200000);
	KEPT(dbgwvr0_el1, 0x40300000);
	KEPT(vbar_el1, read_sysreg(vbar_el1));
	KEPT(sctlr_el1, read_sysreg(sctlr_el1) | (1 << 15));
}

/* WFI does not end for an interrupt that these registers hold back. */
PROPERTY(gic_interface_registers_survive_every_kind_of_exit)
{
	uint64_t actual;

	KEPT_BUT(EXIT_WFI, icc_pmr_el1, 0xa8);
	KEPT_BUT(EXIT_WFI, icc_bpr0_el1, 5);
	KEPT_BUT(EXIT_WFI, icc_bpr1_el1, 6);
	KEPT_BUT(EXIT_WFI, icc_ctlr_el1, 2);
	KEPT_BUT(EXIT_WFI, icc_igrpen0_el1, 1);
	KEPT_BUT(EXIT_WFI, icc_igrpen1_el1, 0);
}

static uint64_t vectors_of(unsigned int cpu, unsigned int n)
{
	return (UINT64_C(0x9e3779b97f4a7c15) * (n + 1)) ^ ((uint64_t)cpu << 56);
}

static volatile unsigned int wrong;

/* The FP registers hold this CPU's own pattern over many exits, while other CPUs hold theirs. */
static void fp_for_a_while(void *argument)
{
	uint64_t in[64], out[64];
	unsigned int cpu = cpu_self(), rounds = *(const unsigned int *)argument;

	for (unsigned int n = 0; n < 64; n++)
		in[n] = vectors_of(cpu, n);
	fp_load(in);
	for (unsigned int round = 0; round < rounds; round++) {
		exits[round % 4]();
		if (round % 64 == 0)
			exit_5();
		fp_store(out);
		for (unsigned int n = 0; n < 64; n++)
			if (out[n] != in[n])
				wrong = wrong + 1;
	}
}

PROPERTY(fp_and_simd_registers_survive_every_kind_of_exit)
{
	unsigned int rounds = 256;

	wrong = 0;
	fp_for_a_while(&rounds);
	CHECK_EQUAL(wrong, 0);
}

PROPERTY_CPUS(fp_and_simd_registers_of_several_cpus_do_not_mix, 2)
{
	unsigned int rounds = 1000;

	wrong = 0;
	CHECK(cpu_start_others(fp_for_a_while, &rounds));
	fp_for_a_while(&rounds);
	CHECK(cpu_join_others());
	CHECK_EQUAL(wrong, 0);
}

static void fp_through_sleep(void *argument)
{
	uint64_t in[64], out[64];

	(void)argument;
	gic_enable(27);
	for (unsigned int round = 0; round < 50; round++) {
		for (unsigned int n = 0; n < 64; n++)
			in[n] = vectors_of(cpu_self(), n + round);
		fp_load(in);
		write_sysreg(cntv_cval_el0, counter() + ticks_of_us(300));
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		wfi();
		write_sysreg(cntv_ctl_el0, 0);
		fp_store(out);
		for (unsigned int n = 0; n < 64; n++)
			if (out[n] != in[n])
				wrong = wrong + 1;
	}
}

PROPERTY_CPUS(fp_and_simd_registers_survive_sleep, 2)
{
	wrong = 0;
	CHECK(cpu_start_others(fp_through_sleep, NULL));
	fp_through_sleep(NULL);
	CHECK(cpu_join_others());
	CHECK_EQUAL(wrong, 0);
}

static void keep_thread_registers(void *argument)
{
	uint64_t mine = PATTERN + cpu_self();

	(void)argument;
	write_sysreg(tpidr_el1, mine);
	write_sysreg(tpidr_el0, ~mine);
	for (unsigned int round = 0; round < 1000; round++) {
		exits[round % 4]();
		if (read_sysreg(tpidr_el1) != mine || read_sysreg(tpidr_el0) != ~mine)
			wrong = wrong + 1;
	}
}

PROPERTY_CPUS(system_registers_of_several_cpus_do_not_mix, 2)
{
	wrong = 0;
	CHECK(cpu_start_others(keep_thread_registers, NULL));
	keep_thread_registers(NULL);
	CHECK(cpu_join_others());
	CHECK_EQUAL(wrong, 0);
}

static volatile uint64_t identity[MAX_CPUS][4];

static void note_identity(void *argument)
{
	unsigned int cpu = cpu_self();

	(void)argument;
	identity[cpu][0] = read_sysreg(midr_el1);
	identity[cpu][1] = read_sysreg(mpidr_el1);
	identity[cpu][2] = read_sysreg(id_aa64pfr0_el1);
	identity[cpu][3] = read_sysreg(id_aa64mmfr0_el1);
}

PROPERTY_CPUS(cpus_are_alike_but_for_their_affinity, 2)
{
	CHECK(cpu_start_others(note_identity, NULL));
	note_identity(NULL);
	CHECK(cpu_join_others());
	for (unsigned int cpu = 0; cpu < cpu_count(); cpu++) {
		CHECK_EQUAL(identity[cpu][0], identity[0][0]);
		CHECK_EQUAL(identity[cpu][1] & 0xff00ffffff, cpu);
		CHECK_EQUAL(identity[cpu][2], identity[0][2]);
		CHECK_EQUAL(identity[cpu][3], identity[0][3]);
	}
}

PROPERTY(identification_offers_what_there_is)
{
	uint64_t pfr0 = read_sysreg(id_aa64pfr0_el1), mmfr0 = read_sysreg(id_aa64mmfr0_el1);

	CHECK_EQUAL((pfr0 >> 4) & 0xf, pfr0 & 0xf ? (pfr0 >> 4) & 0xf : 0);
	CHECK((pfr0 & 0xf) >= 1 && ((pfr0 >> 4) & 0xf) >= 1); /* EL0 and EL1 in AArch64 */
	CHECK_EQUAL((pfr0 >> 8) & 0xf, 0);		      /* no EL2 */
	CHECK((mmfr0 & 0xf) <= 5);
	CHECK_EQUAL((mmfr0 >> 28) & 0xf, 0); /* 4 KiB granule */
}

PROPERTY(performance_monitors_work_or_are_absent)
{
	uint64_t version = (read_sysreg(id_aa64dfr0_el1) >> 8) & 0xf, value = 0, later = 0;
	struct fault fault = FAULT_OF(asm volatile("mrs %0, pmcr_el0" : "+r"(value)));

	if (version == 0 || version == 0xf) {
		CHECK(fault.taken);
		CHECK_EQUAL(fault.esr, ESR_IL);
		return;
	}
	CHECK(!fault.taken);
	write_sysreg(pmcntenset_el0, UINT64_C(1) << 31);
	write_sysreg(pmcr_el0, value | 1);
	isb();
	value = read_sysreg(pmccntr_el0);
	CHECK(WAIT((later = read_sysreg(pmccntr_el0)) != value, PATIENCE_MS));
	write_sysreg(pmcr_el0, 0);
}

#define MDSCR_MDE	  (1 << 15)
#define MDSCR_KDE	  (1 << 13)
#define CONTROL_EL1	  (1 << 1)
#define BREAKPOINT_4BYTES (0xf << 5)
#define WATCH_STORE	  (2 << 3)
#define WATCH_8BYTES	  (0xff << 5)
#define EC_BREAKPOINT	  0x31
#define EC_WATCHPOINT	  0x35

static void debug_on(void)
{
	write_sysreg(oslar_el1, 0);
	write_sysreg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
	isb();
	asm volatile("msr daifclr, #8" ::: "memory");
}

static void debug_off(void)
{
	asm volatile("msr daifset, #8" ::: "memory");
	write_sysreg(dbgbcr0_el1, 0);
	write_sysreg(dbgwcr0_el1, 0);
	write_sysreg(mdscr_el1, 0);
	isb();
}

PROPERTY(hardware_breakpoint_stops_before_its_instruction)
{
	struct fault fault;

	CHECK(((read_sysreg(id_aa64dfr0_el1) >> 12) & 0xf) >= 1);
	write_sysreg(dbgbvr0_el1, (uint64_t)break_here);
	write_sysreg(dbgbcr0_el1, 1 | CONTROL_EL1 | BREAKPOINT_4BYTES);
	debug_on();
	exit_1(); /* goes through the host and back first */
	fault = FAULT_OF(break_here());
	debug_off();
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_BREAKPOINT);
	CHECK_EQUAL(fault.elr, (uint64_t)break_here);
	fault = FAULT_OF(break_here());
	CHECK(!fault.taken);
}

PROPERTY(hardware_watchpoint_stops_a_store)
{
	static volatile uint64_t watched;
	struct fault fault;

	watched = PATTERN;
	write_sysreg(dbgwvr0_el1, (uint64_t)&watched);
	write_sysreg(dbgwcr0_el1, 1 | CONTROL_EL1 | WATCH_STORE | WATCH_8BYTES);
	debug_on();
	exit_1();
	fault = FAULT_OF(touch((uint64_t)&watched));
	debug_off();
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_WATCHPOINT);
	CHECK_EQUAL(fault.far, (uint64_t)&watched);
	CHECK_EQUAL(fault.elr, (uint64_t)touch);
	CHECK_EQUAL(watched, PATTERN);
}

static void break_elsewhere(void *argument)
{
	(void)argument;
	wrong = FAULT_OF(break_here()).taken;
}

PROPERTY_CPUS(breakpoint_of_one_cpu_does_not_stop_another, 2)
{
	wrong = 2;
	write_sysreg(dbgbvr0_el1, (uint64_t)break_here);
	write_sysreg(dbgbcr0_el1, 1 | CONTROL_EL1 | BREAKPOINT_4BYTES);
	debug_on();
	CHECK_EQUAL(cpu_start(1, break_elsewhere, NULL), PSCI_SUCCESS);
	CHECK(cpu_join(1));
	debug_off();
	CHECK_EQUAL(wrong, 0);
}

static void step_over(void *argument)
{
	(void)argument;
	asm volatile("nop; nop; nop; nop");
}

PROPERTY(cpu_without_debug_exceptions_runs_through_a_breakpoint)
{
	struct fault fault;

	write_sysreg(dbgbvr0_el1, (uint64_t)break_here);
	write_sysreg(dbgbcr0_el1, 1 | CONTROL_EL1 | BREAKPOINT_4BYTES);
	isb();
	fault = FAULT_OF(break_here());
	write_sysreg(dbgbcr0_el1, 0);
	CHECK(!fault.taken);
	fault = el0_call(step_over, NULL);
	CHECK(!fault.taken);
}
