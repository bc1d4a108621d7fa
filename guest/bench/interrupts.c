// SPDX-License-Identifier: BSD-2-Clause
/* Interrupts: from what causes one to the guest's handler, which reads the counter first. */
#include "measure.h"

#define BATCH	     8
#define SGI	     1
#define PENDING	     4 /* as many as Cortex-A53 has list registers */
#define VTIMER	     27
#define TIMER_US     20
#define WFI_TIMER_US 2000
#define ASLEEP_US    1000
#define SHORT_US     200 /* within the longest wait in the CPU, ours and KVM's: 500 */

static volatile bool ready, stop;

/* Waits without a call, and lets QEMU go on with another CPU where it emulates one after the other.
 */
#define WAIT_COUNT(log, wanted)                                                      \
	do {                                                                         \
		while (__atomic_load_n(&(log)->count, __ATOMIC_ACQUIRE) != (wanted)) \
			asm volatile("yield" ::: "memory");                          \
	} while (0)

/* A sample: the time from the write of ICC_SGI1R_EL1 to the target's handler, for BATCH interrupts.
 */
static uint64_t sgi_batch(unsigned int target, uint64_t pause)
{
	struct irq_log *log = irq_log(target);
	uint64_t total = 0;

	for (unsigned int n = 0; n < BATCH; n++) {
		uint64_t start = counter() + pause;

		while (counter() < start)
			asm volatile("yield" ::: "memory");
		dither(n);
		log->count = 0;
		start = counter();
		gic_send_sgi(SGI, UINT64_C(1) << target);
		WAIT_COUNT(log, 1);
		total += log->time[0] - start;
	}
	return total;
}

static void measure_sgi(const char *name, unsigned int target, uint64_t pause, unsigned int samples)
{
	sgi_batch(target, pause);
	measure_begin();
	for (unsigned int n = 0; n < samples; n++)
		measure_sample(sgi_batch(target, pause));
	measure_end(name, BATCH);
}

PROPERTY(a_cpu_interrupts_itself)
{
	MEASURED_GROUP("interrupts");
	gic_enable(SGI);
	irq_unmask();
	measure_sgi("sgi-self", 0, 0, SAMPLES);
}

static void run_until_stopped(void *argument)
{
	(void)argument;
	gic_enable(SGI);
	irq_unmask();
	ready = true;
	while (!stop)
		asm volatile("yield" ::: "memory");
}

static void sleep_until_stopped(void *argument)
{
	(void)argument;
	gic_enable(SGI);
	irq_unmask();
	ready = true;
	while (!stop)
		wfi();
}

static void measure_other(const char *name, void (*function)(void *), uint64_t pause,
			  unsigned int samples)
{
	ready = stop = false;
	CHECK_EQUAL(cpu_start(1, function, NULL), PSCI_SUCCESS);
	CHECK(WAIT(ready, PATIENCE_MS));
	measure_sgi(name, 1, pause, samples);
	stop = true;
	gic_send_sgi(SGI, 2);
	CHECK(cpu_join(1));
}

PROPERTY_CPUS(a_cpu_interrupts_one_that_runs, 2)
{
	MEASURED_GROUP("interrupts");
	measure_other("sgi-running", run_until_stopped, 0, SAMPLES);
}

PROPERTY_CPUS(a_cpu_wakes_one_that_sleeps, 2)
{
	MEASURED_GROUP("interrupts");
	measure_other("sgi-wfi", sleep_until_stopped, ticks_of_us(ASLEEP_US), 5);
	measure_other("sgi-wfi-short", sleep_until_stopped, ticks_of_us(SHORT_US), 5);
}

/* With interrupts masked: acknowledge and end, nothing else. */
static uint64_t end_pending(void)
{
	uint64_t start, spent;

	for (unsigned int n = 0; n < PENDING; n++)
		gic_send_sgi(n, 1);
	dsb();
	start = counter();
	for (unsigned int n = 0; n < PENDING; n++) {
		uint64_t intid = read_sysreg(icc_iar1_el1);

		isb();
		write_sysreg(icc_eoir1_el1, intid);
		isb();
	}
	spent = counter() - start;
	return spent;
}

PROPERTY(pending_interrupts_are_ended)
{
	MEASURED_GROUP("interrupts");
	for (unsigned int n = 0; n < PENDING; n++)
		gic_enable(n);
	end_pending();
	measure_begin();
	for (unsigned int n = 0; n < SAMPLES; n++) {
		uint64_t total = 0;

		for (unsigned int turn = 0; turn < BATCH; turn++) {
			dither(turn);
			total += end_pending();
		}
		measure_sample(total);
	}
	measure_end("eoi", PENDING * BATCH);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

static void timer_off(uint32_t intid)
{
	(void)intid;
	write_sysreg(cntv_ctl_el0, 0);
	isb();
}

static uint64_t timer_batch(uint64_t ahead, bool sleep)
{
	struct irq_log *log = irq_log(0);
	uint64_t total = 0;

	for (unsigned int n = 0; n < BATCH; n++) {
		uint64_t expiry;

		dither(n);
		log->count = 0;
		expiry = counter() + ahead;
		write_sysreg(cntv_cval_el0, expiry);
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		while (__atomic_load_n(&log->count, __ATOMIC_ACQUIRE) == 0)
			if (sleep)
				wfi();
		total += log->time[0] - expiry;
	}
	return total;
}

static void measure_timer(const char *name, uint64_t ahead, bool sleep, unsigned int samples)
{
	gic_enable(VTIMER);
	irq_set_handler(0, timer_off);
	irq_unmask();
	timer_batch(ahead, sleep);
	measure_begin();
	for (unsigned int n = 0; n < samples; n++)
		measure_sample(timer_batch(ahead, sleep));
	measure_end(name, BATCH);
}

PROPERTY(the_virtual_timer_interrupts_a_cpu_that_runs)
{
	MEASURED_GROUP("interrupts");
	measure_timer("timer-running", ticks_of_us(TIMER_US), false, SAMPLES);
}

/* The interrupt is far ahead: it does not come between the look at the log and the WFI. */
PROPERTY(the_virtual_timer_wakes_a_cpu_that_sleeps)
{
	MEASURED_GROUP("interrupts");
	measure_timer("timer-wfi", ticks_of_us(WFI_TIMER_US), true, 5);
	measure_timer("timer-wfi-short", ticks_of_us(SHORT_US), true, 5);
}
