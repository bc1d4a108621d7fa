// SPDX-License-Identifier: BSD-2-Clause
/*
 * Every interrupt that one CPU sends to another (SGI) has a number, and is taken once: none is lost
 * on its way to a CPU that runs, that is not running just now, or that sleeps, and none comes
 * twice.
 *
 * Each pair of CPUs has a line. The sender's number is its SGI's INTID, and it sends the next one
 * of a line when the last one has been taken, as two that are pending at once are one (IHI
 * 0069, 2.2.1). A CPU that cannot send sleeps with nothing but these interrupts to wake it; CPU 0
 * alone has a timer too, and looks for lines that do not get on. SGI 15 is the library's: CPU 15
 * takes only.
 *
 * "ipis=N" on the command line: how many are sent in all, at least.
 */
#include "property.h"

#include "device_tree.h"

#define IPIS	      50000
#define SENDERS	      SGI_NUDGE
#define VTIMER	      27
#define TIMER_EXPIRED 4 /* CNTV_CTL_EL0.ISTATUS */
#define LOOK_MS	      500
#define REPORT_LOOKS  20
#define NUDGE_MS      100
/* A line that stands for this long has lost its interrupt: longer than a host with other work
 * takes. */
#define LOST_MS	      240000

struct line {
	uint32_t sent, taken; /* by the sender; by the receiver */
	uint64_t pad[7];
} __attribute__((aligned(64)));

static struct line lines[SENDERS][MAX_CPUS];
static uint32_t ready, stop, stopped, twice;
static uint32_t look; /* the timer has expired: CPU 0 is to look at the lines */

static struct {
	uint64_t state;
} __attribute__((aligned(64))) numbers[MAX_CPUS];

/* xorshift64 */
static uint64_t any(void)
{
	uint64_t x = numbers[cpu_self()].state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return numbers[cpu_self()].state = x;
}

static bool is_idle(const struct line *line)
{
	return __atomic_load_n(&line->taken, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&line->sent, __ATOMIC_RELAXED);
}

/* One that was pending when the timer was set again is left over from before: nothing else would
 * wake a machine whose CPUs all sleep. */
static void timer_taken(void)
{
	if (!(read_sysreg(cntv_ctl_el0) & TIMER_EXPIRED))
		return;
	write_sysreg(cntv_ctl_el0, 0);
	isb();
	__atomic_store_n(&look, 1, __ATOMIC_RELEASE);
}

static void take(uint32_t intid)
{
	struct line *line;

	if (intid == VTIMER) {
		timer_taken();
		return;
	}
	line = &lines[intid][cpu_self()];
	if (is_idle(line))
		__atomic_store_n(&twice, 1 + intid, __ATOMIC_RELAXED);
	__atomic_store_n(&line->taken, line->taken + 1, __ATOMIC_RELEASE);
}

/* To those of the mask whose last one has been taken. False: to none. */
static bool send(uint64_t targets)
{
	struct line *mine = lines[cpu_self()];

	targets &= (UINT64_C(1) << cpus_at_boot) - 1;
	for (unsigned int cpu = 0; cpu < cpus_at_boot; cpu++) {
		if (!(targets >> cpu & 1))
			continue;
		if (cpu == cpu_self() || !is_idle(&mine[cpu]))
			targets &= ~(UINT64_C(1) << cpu);
		else
			__atomic_store_n(&mine[cpu].sent, mine[cpu].sent + 1, __ATOMIC_RELEASE);
	}
	if (targets)
		gic_send_sgi(cpu_self(), targets);
	return targets;
}

/* Interrupts are masked from the look to the WFI, which a pending one ends. */
static void sleep_unless(const uint32_t *condition)
{
	irq_mask();
	if (!__atomic_load_n(condition, __ATOMIC_ACQUIRE))
		wfi();
	irq_unmask();
}

static void send_and_sleep(const uint32_t *unless)
{
	uint64_t number = any();
	bool sent;

	switch (number >> 32 & 7) {
	case 0:
		sent = send(UINT64_MAX);
		break;
	case 1:
		sent = send(number);
		break;
	default:
		sent = send(UINT64_C(1) << (number & 0xf));
	}
	if (!sent)
		sent = send(UINT64_MAX);
	if (!sent || (number >> 40 & 7) == 0)
		sleep_unless(unless);
}

static void enable_all(void)
{
	numbers[cpu_self()].state = (cpu_self() + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned int intid = 0; intid < SENDERS; intid++)
		gic_enable(intid);
	gic_enable(SGI_NUDGE);
	irq_unmask();
	/* one that is still being reset would lose what is pending */
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	WAIT(__atomic_load_n(&ready, __ATOMIC_ACQUIRE) == cpus_at_boot, LOST_MS);
}

static bool all_taken_by(unsigned int cpu)
{
	for (unsigned int sender = 0; sender < SENDERS; sender++)
		if (!is_idle(&lines[sender][cpu]))
			return false;
	return true;
}

static void run_cpu(void *argument)
{
	(void)argument;
	irq_set_handler(cpu_self(), take);
	enable_all();
	while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
		if (cpu_self() < SENDERS)
			send_and_sleep(&stop);
		else
			sleep_unless(&stop);
	}
	__atomic_fetch_add(&stopped, 1, __ATOMIC_SEQ_CST);
	WAIT(__atomic_load_n(&stopped, __ATOMIC_ACQUIRE) == cpus_at_boot &&
		     all_taken_by(cpu_self()),
	     LOST_MS);
}

static uint64_t all_taken(void)
{
	uint64_t taken = 0;

	for (unsigned int sender = 0; sender < SENDERS; sender++)
		for (unsigned int cpu = 0; cpu < cpus_at_boot; cpu++)
			taken += __atomic_load_n(&lines[sender][cpu].taken, __ATOMIC_RELAXED);
	return taken;
}

/* Since when each line stands, by the looks of CPU 0. */
static struct {
	uint32_t taken;
	uint32_t looks;
} stands[SENDERS][MAX_CPUS];

/* A line that has not moved for so long; it is said which. */
static bool is_lost(unsigned int sender, unsigned int cpu)
{
	uint32_t taken = __atomic_load_n(&lines[sender][cpu].taken, __ATOMIC_RELAXED);

	if (is_idle(&lines[sender][cpu]) || stands[sender][cpu].taken != taken)
		stands[sender][cpu].looks = 0;
	stands[sender][cpu].taken = taken;
	if (++stands[sender][cpu].looks < LOST_MS / LOOK_MS)
		return false;
	print("# CPU %u does not take number %u of CPU %u; pending 0x%x, active 0x%x\n", cpu,
	      taken + 1, sender, read32(GICR_SGI(cpu) + ISPENDR),
	      read32(GICR_SGI(cpu) + ISACTIVER));
	return true;
}

static bool any_lost(void)
{
	for (unsigned int sender = 0; sender < SENDERS; sender++)
		for (unsigned int cpu = 0; cpu < cpus_at_boot; cpu++)
			if (is_lost(sender, cpu))
				return true;
	return false;
}

static void set_timer(void)
{
	__atomic_store_n(&look, 0, __ATOMIC_RELEASE);
	write_sysreg(cntv_cval_el0, counter() + ticks_of_us(1000 * LOOK_MS));
	write_sysreg(cntv_ctl_el0, 1);
	isb();
}

/* CPU 0 sends as the others do, and looks after the lines. False: one is lost. */
static bool send_until(uint64_t wanted)
{
	unsigned int looks = 0;

	while (all_taken() < wanted && !__atomic_load_n(&twice, __ATOMIC_RELAXED)) {
		set_timer();
		while (!__atomic_load_n(&look, __ATOMIC_ACQUIRE))
			send_and_sleep(&look);
		if (any_lost())
			return false;
		if (++looks % REPORT_LOOKS == 0)
			print("# %lu\n", all_taken());
	}
	return true;
}

/* Those that sleep look at "stop" when they are woken. */
static bool stop_all(void)
{
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&stopped, 1, __ATOMIC_SEQ_CST);
	for (unsigned int ms = 0; ms < LOST_MS; ms += NUDGE_MS) {
		gic_send_sgi(SGI_NUDGE, SGI_OTHERS);
		if (WAIT(__atomic_load_n(&stopped, __ATOMIC_ACQUIRE) == cpus_at_boot, NUDGE_MS))
			return WAIT(all_taken_by(0), LOST_MS);
	}
	return false;
}

PROPERTY_CPUS(every_ipi_is_taken_once, 2)
{
	uint64_t sent = 0;

	CHECK(cpu_start_others(run_cpu, NULL));
	irq_set_handler(0, take);
	enable_all();
	gic_enable(VTIMER);
	CHECK(send_until(device_tree_number("ipis=", IPIS)));
	CHECK(stop_all());
	CHECK(cpu_join_others());
	CHECK_EQUAL(twice, 0);
	for (unsigned int sender = 0; sender < SENDERS; sender++)
		for (unsigned int cpu = 0; cpu < cpus_at_boot; cpu++) {
			CHECK_EQUAL(lines[sender][cpu].taken, lines[sender][cpu].sent);
			sent += lines[sender][cpu].sent;
		}
	print("# %lu IPIs were sent, and each was taken once\n", sent);
}
