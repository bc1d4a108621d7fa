// SPDX-License-Identifier: BSD-2-Clause
/*
 * A machine of fake CPUs: see arch_fake.h.
 */
#include "hyp.h"
#include "cpu_interface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LOCKS	   64
#define MAX_WAITS	   100000
#define NO_INTERRUPT	   1023
#define SGI_TARGETS(sgi1r) ((uint32_t)(sgi1r) & 0xffff)
#define SGI_INTID(sgi1r)   ((unsigned int)((sgi1r) >> 24) & 0xf)
#define SGI_AFFINITY	   UINT64_C(0x00ff00ff00ff0000)
#define CONFIG                         \
	{                              \
		.kick_sgi = 8,         \
		.vtimer_ppi = 27,      \
		.pmu_ppi = 23,         \
		.hyptimer_ppi = 26,    \
		.maintenance_ppi = 25, \
	}

struct fake_machine fake;

static struct {
	const uint64_t *lock;
	unsigned int rank;
} known[MAX_LOCKS];
static unsigned int known_count, held_ranks[MAX_LOCKS], held_count;
static uint32_t slow_sgis[FAKE_CPUS];
static unsigned int waits; /* since the reset */
static bool waiting;

void arch_fake_fail(const char *message)
{
	fprintf(stderr, "fake machine: CPU %u: %s\n", fake.current, message);
	abort();
}

void fake_reset(void)
{
	static const struct hyp_config config = CONFIG;

	memset(&fake, 0, sizeof(fake));
	memset(slow_sgis, 0, sizeof(slow_sgis));
	known_count = held_count = waits = 0;
	waiting = false;
	hyp_config = config;
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		fake.cpu[i].hyp.gicr = FAKE_GICR_BASE + i * FAKE_GICR_STRIDE;
		fake.cpu[i].hyp.mpidr = i;
		fake.cpu[i].hyp.takes_kicks = 1;
		fake.cpu[i].hyp.number = i;
		for (unsigned int n = 0; n < HYP_WORKAROUND_COUNT; n++)
			fake.cpu[i].hyp.firmware[n] = -1;
		fake.cpu[i].hyp.lr_count = FAKE_LR_COUNT;
		fake.cpu[i].ich_vtr_el2 = ICH_VTR_TDS | (FAKE_LR_COUNT - 1);
	}
}

/* Locks */

void fake_declare_lock(const uint64_t *lock, unsigned int rank)
{
	if (known_count == MAX_LOCKS)
		arch_fake_fail("too many locks declared");
	known[known_count].lock = lock;
	known[known_count++].rank = rank;
}

unsigned int fake_locks_held(void)
{
	return held_count;
}

static unsigned int rank_of(const uint64_t *lock)
{
	for (unsigned int i = 0; i < known_count; i++)
		if (known[i].lock == lock)
			return known[i].rank;
	return 0;
}

uint32_t arch_lock_mine(void)
{
	return fake.current + 1;
}

void arch_lock(uint64_t *lock)
{
	unsigned int rank = rank_of(lock);

	if (*lock)
		arch_fake_fail("takes a lock that is held: deadlock");
	for (unsigned int i = 0; i < held_count; i++)
		if (rank && held_ranks[i] >= rank)
			arch_fake_fail("takes locks in the wrong order");
	if (held_count == MAX_LOCKS)
		arch_fake_fail("holds too many locks");
	held_ranks[held_count++] = rank;
	*lock = arch_lock_mine();
}

void arch_unlock(uint64_t *lock)
{
	unsigned int rank = rank_of(lock), i = held_count;

	if (!*lock)
		arch_fake_fail("releases a lock that is not held");
	while (i > 0 && held_ranks[i - 1] != rank)
		i--;
	if (i == 0)
		arch_fake_fail("releases a lock of a rank that is not held");
	memmove(&held_ranks[i - 1], &held_ranks[i], (held_count - i) * sizeof(held_ranks[0]));
	held_count--;
	*lock = 0;
}

void arch_wfi(void)
{
	fake.cpu[fake.current].waits++;
	fake.cpu[fake.current].waits_until = fake.cpu[fake.current].cnthp_ctl_el2 & CNT_CTL_ENABLE
						     ? fake.cpu[fake.current].cnthp_cval_el2
						     : UINT64_MAX;
	fake.counter += fake.wait_lasts;
}

void arch_relax(void)
{
	if (held_count)
		arch_fake_fail("waits for another CPU with a lock held");
	if (++waits > MAX_WAITS)
		arch_fake_fail("waits for ever");
	fake_deliver_sgis(); /* time passes */
	if (fake.while_waiting && !waiting) {
		waiting = true;
		fake.while_waiting();
		waiting = false;
	}
}

/* Registers */

void arch_fake_note(const char *what, uint64_t value)
{
	if (fake.event_count < FAKE_EVENTS)
		fake.events[fake.event_count++] = (struct fake_event){ what, value };
}

static bool virtual_condition(const struct fake_cpu *cpu)
{
	return fake.counter - cpu->cntvoff_el2 >= cpu->cntv_cval_el0;
}

/* What was written to clear bits. */
static void compute_monitors(struct fake_cpu *cpu)
{
	cpu->pmcntenset_el0 &= ~cpu->pmcntenclr_el0;
	cpu->pmintenset_el1 &= ~cpu->pmintenclr_el1;
	cpu->pmovsset_el0 &= ~cpu->pmovsclr_el0;
	cpu->pmcntenclr_el0 = cpu->pmintenclr_el1 = cpu->pmovsclr_el0 = 0;
}

static void compute(struct fake_cpu *cpu)
{
	compute_monitors(cpu);
	cpu->cntpct_el0 = fake.counter;
	cpu->cntv_ctl_el0 &= CNT_CTL_ENABLE | CNT_CTL_IMASK;
	if ((cpu->cntv_ctl_el0 & CNT_CTL_ENABLE) && virtual_condition(cpu))
		cpu->cntv_ctl_el0 |= CNT_CTL_ISTATUS;
}

struct fake_cpu *arch_fake_registers(void)
{
	struct fake_cpu *cpu = &fake.cpu[fake.current];

	compute(cpu);
	return cpu;
}

struct hyp_cpu *this_cpu(void)
{
	return &fake.cpu[fake.current].hyp;
}

static void check_lr(unsigned int index)
{
	if (index >= fake.cpu[fake.current].hyp.lr_count)
		arch_fake_fail("uses a list register that is not implemented");
}

uint64_t arch_read_lr(unsigned int index)
{
	check_lr(index);
	return fake.cpu[fake.current].lr[index];
}

uint64_t arch_empty_lrs(void)
{
	uint64_t empty = 0;

	for (unsigned int i = 0; i < HYP_MAX_LRS; i++) {
		uint64_t lr = fake.cpu[fake.current].lr[i];
		bool reports = !(lr & ICH_LR_HW) && (lr & ICH_LR_EOI);

		if (!(lr & (ICH_LR_PENDING | ICH_LR_ACTIVE)) && !reports)
			empty |= UINT64_C(1) << i;
	}
	return empty;
}

void arch_write_lr(unsigned int index, uint64_t value)
{
	check_lr(index);
	if ((value & ICH_LR_HW) && (value & ICH_LR_PENDING) && (value & ICH_LR_ACTIVE))
		arch_fake_fail("a hardware interrupt is pending and active in a list register");
	fake.cpu[fake.current].lr[index] = value;
}

uint64_t arch_translate(enum arch_translation how, uint64_t address)
{
	uint64_t par = fake.translate ? fake.translate(how, address) : address & PAR_PA_MASK;

	fake.cpu[fake.current].par_el1 = par;
	return par;
}

static void tlbi(enum fake_tlbi what, uint64_t ipa, uint64_t end)
{
	fake.tlbi.what = what;
	fake.tlbi.ipa = ipa;
	fake.tlbi.end = end;
	fake.tlbi.vttbr = fake.cpu[fake.current].vttbr_el2;
	fake.tlbi.tcr = fake.cpu[fake.current].tcr_el1;
	fake.tlbi.sctlr = fake.cpu[fake.current].sctlr_el1;
	fake.tlbi.hcr = fake.cpu[fake.current].hcr_el2;
}

void arch_tlbi_guest(void)
{
	tlbi(FAKE_TLBI_GUEST, 0, 0);
}

void arch_tlbi_guest_pages(uint64_t ipa, uint64_t end)
{
	tlbi(FAKE_TLBI_PAGES, ipa, end);
}

void arch_tlbi_all(void)
{
	tlbi(FAKE_TLBI_ALL, 0, 0);
}

void arch_tlbi_el2(void)
{
	tlbi(FAKE_TLBI_EL2, 0, 0);
}

/* As in entry.S, which goes back to guest_enter()'s caller. */
void hyp_unwind(uint64_t sp, uint64_t result)
{
	(void)sp;
	(void)result;
	arch_fake_fail("unwinds out of a fault at EL2");
}

void arch_forget_translations(void)
{
	fake.cpu[fake.current].forgotten++;
	arch_fake_note("forget", 0);
}

const char guest_vectors[1], guest_vectors_hardened[1];

void arch_firmware_call(uint32_t function, uint64_t argument)
{
	fake.cpu[fake.current].firmware_call = function;
	fake.cpu[fake.current].firmware_argument = argument;
}

/* As in entry.S. */
uint64_t guest_enter(struct hyp_vcpu *vcpu)
{
	uint64_t reason;

	fake.cpu[fake.current].tpidr_el2 = (uintptr_t)vcpu;
	reason = run_prepare(vcpu);
	return reason || fake.guest == NULL ? reason : fake.guest(vcpu);
}

void fp_save(struct hyp_fp *fp)
{
	(void)fp;
}

void fp_restore(const struct hyp_fp *fp)
{
	(void)fp;
	fake.cpu[fake.current].fp_loads++;
}

/* Physical interrupts */

static struct fake_cpu *redistributor(uint64_t address, uint64_t *offset)
{
	uint64_t n = (address - FAKE_GICR_BASE) / FAKE_GICR_STRIDE;

	*offset = (address - FAKE_GICR_BASE) % FAKE_GICR_STRIDE;
	if (n >= FAKE_CPUS)
		arch_fake_fail("accesses a device that does not exist");
	if (n != fake.current)
		arch_fake_fail("accesses the redistributor of another CPU");
	return &fake.cpu[n];
}

uint32_t mmio_read32(uint64_t address)
{
	uint64_t offset;
	struct fake_cpu *cpu = redistributor(address, &offset);

	fake_deliver_sgis(); /* an SGI on its way arrives while one waits for it */
	if (offset == GICR_ISPENDR0 || offset == GICR_ICPENDR0)
		return cpu->gicr_pending;
	if (offset == GICR_ISACTIVER0 || offset == GICR_ICACTIVER0)
		return cpu->gicr_active;
	arch_fake_fail("reads a register of the redistributor that is not its own");
}

void mmio_write32(uint64_t address, uint32_t value)
{
	uint64_t offset;
	struct fake_cpu *cpu = redistributor(address, &offset);

	if (offset == GICR_ISPENDR0)
		cpu->gicr_pending |= value;
	else if (offset == GICR_ICPENDR0)
		cpu->gicr_pending &= ~value;
	else if (offset == GICR_ISACTIVER0)
		cpu->gicr_active |= value;
	else if (offset == GICR_ICACTIVER0)
		cpu->gicr_active &= ~value;
	else
		arch_fake_fail("writes a register of the redistributor that is not its own");
	cpu->icc_hppir1_el1 = fake_physical_interrupt((unsigned int)(cpu - fake.cpu));
}

void arch_send_sgi(uint64_t sgi1r)
{
	uint32_t bit = 1u << SGI_INTID(sgi1r);

	fake.last_sgi1r = sgi1r;
	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		uint64_t mpidr = fake.cpu[i].hyp.mpidr;
		uint64_t affinity = (mpidr & 0xff00000000) << 16 | (mpidr & 0xff0000) << 16 |
				    (mpidr & 0xff00) << 8;

		if ((sgi1r & SGI_AFFINITY) != affinity ||
		    !(SGI_TARGETS(sgi1r) & 1u << (mpidr & 0xf)))
			continue;
		slow_sgis[i] |= bit;
		fake.cpu[i].sgis_received++;
	}
	if (!fake.sgis_are_slow)
		fake_deliver_sgis();
}

bool fake_deliver_sgis(void)
{
	bool any = false;

	for (unsigned int i = 0; i < FAKE_CPUS; i++) {
		any |= slow_sgis[i] != 0;
		fake.cpu[i].gicr_pending |= slow_sgis[i];
		slow_sgis[i] = 0;
	}
	return any;
}

unsigned int fake_physical_interrupt(unsigned int index)
{
	struct fake_cpu *cpu = &fake.cpu[index];
	uint32_t pending = cpu->gicr_pending;

	compute(cpu);
	if (cpu_interface_maintenance(cpu))
		pending |= 1u << hyp_config.maintenance_ppi;
	if ((cpu->cntv_ctl_el0 & CNT_CTL_ISTATUS) && !(cpu->cntv_ctl_el0 & CNT_CTL_IMASK))
		pending |= 1u << hyp_config.vtimer_ppi;
	if ((cpu->cnthp_ctl_el2 & CNT_CTL_ENABLE) && fake.counter >= cpu->cnthp_cval_el2)
		pending |= 1u << hyp_config.hyptimer_ppi;
	if ((cpu->pmcr_el0 & 1) && (cpu->pmovsset_el0 & cpu->pmintenset_el1))
		pending |= 1u << hyp_config.pmu_ppi;
	pending &= ~cpu->gicr_active;
	return pending ? (unsigned int)__builtin_ctz(pending) : NO_INTERRUPT;
}
