// SPDX-License-Identifier: BSD-2-Clause
/*
 * The generic timer (Arm ARM D11): the same properties for the virtual and the physical timer.
 */
#include "property.h"

#define ENABLE	1
#define IMASK	2
#define ISTATUS 4
/* QEMU 7.2 adds CNTVOFF_EL2 to the compare value without a look at the carry, and then does nothing
 * but fire its timer: centuries are enough. */
#define NEVER	(UINT64_MAX >> 2)

struct timer {
	unsigned int intid;
	uint64_t (*now)(void);
	uint64_t (*control)(void);
	uint64_t (*compare)(void);
	uint64_t (*left)(void);
	void (*set_control)(uint64_t);
	void (*set_compare)(uint64_t);
	void (*set_left)(uint64_t);
};

#define TIMER_ACCESS(name, prefix, count)               \
	static uint64_t name##_now(void)                \
	{                                               \
		isb();                                  \
		return read_sysreg(count);              \
	}                                               \
	static uint64_t name##_control(void)            \
	{                                               \
		isb();                                  \
		return read_sysreg(prefix##_ctl_el0);   \
	}                                               \
	static uint64_t name##_compare(void)            \
	{                                               \
		return read_sysreg(prefix##_cval_el0);  \
	}                                               \
	static uint64_t name##_left(void)               \
	{                                               \
		isb();                                  \
		return read_sysreg(prefix##_tval_el0);  \
	}                                               \
	static void name##_set_control(uint64_t value)  \
	{                                               \
		write_sysreg(prefix##_ctl_el0, value);  \
		isb();                                  \
	}                                               \
	static void name##_set_compare(uint64_t value)  \
	{                                               \
		write_sysreg(prefix##_cval_el0, value); \
		isb();                                  \
	}                                               \
	static void name##_set_left(uint64_t value)     \
	{                                               \
		write_sysreg(prefix##_tval_el0, value); \
		isb();                                  \
	}

#define TIMER(name, ppi)                     \
	{ .intid = ppi,                      \
	  .now = name##_now,                 \
	  .control = name##_control,         \
	  .compare = name##_compare,         \
	  .left = name##_left,               \
	  .set_control = name##_set_control, \
	  .set_compare = name##_set_compare, \
	  .set_left = name##_set_left }

TIMER_ACCESS(virtual, cntv, cntvct_el0)
TIMER_ACCESS(physical, cntp, cntpct_el0)

static const struct timer virtual_timer = TIMER(virtual, 27);
static const struct timer physical_timer = TIMER(physical, 30);

/* Two properties with one body. */
#define TIMER_PROPERTY_CPUS(name, cpus)            \
	static void name(const struct timer *t);   \
	PROPERTY_CPUS(virtual_timer_##name, cpus)  \
	{                                          \
		name(&virtual_timer);              \
	}                                          \
	PROPERTY_CPUS(physical_timer_##name, cpus) \
	{                                          \
		name(&physical_timer);             \
	}                                          \
	static void name(const struct timer *t)
#define TIMER_PROPERTY(name) TIMER_PROPERTY_CPUS(name, 1)

PROPERTY(counter_frequency_is_stated)
{
	CHECK(counter_frequency() >= 1000000);
}

PROPERTY(counters_advance)
{
	uint64_t virtual_count = virtual_now(), physical_count = physical_now();

	CHECK(WAIT(virtual_now() > virtual_count, PATIENCE_MS));
	CHECK(WAIT(physical_now() > physical_count, PATIENCE_MS));
}

PROPERTY(virtual_counter_keeps_a_fixed_distance_from_the_physical)
{
	uint64_t low = UINT64_MAX, high = 0;

	/* physical - virtual lies between the two differences of each round */
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t before = physical_now(), middle = virtual_now(), after = physical_now();

		CHECK(after >= before);
		high = before - middle > high || i == 0 ? before - middle : high;
		low = after - middle < low || i == 0 ? after - middle : low;
	}
	CHECK((int64_t)(low - high) >= 0);
}

TIMER_PROPERTY(compare_and_value_registers_agree)
{
	uint64_t second = counter_frequency(), before, left;

	before = t->now();
	t->set_left(second);
	CHECK(t->compare() >= before + second);
	CHECK(t->compare() <= t->now() + second);
	t->set_compare(t->now() + 10 * second);
	left = t->left();
	CHECK(left <= 10 * second);
	CHECK(left >= 5 * second);
	CHECK_EQUAL(t->control() & ~(uint64_t)ISTATUS, 0);
}

TIMER_PROPERTY(value_register_is_signed_and_32_bits_wide)
{
	uint64_t now;

	t->set_left((uint32_t)-1000);
	now = t->now();
	CHECK(t->compare() < now);
	CHECK(t->compare() + counter_frequency() > now);
	t->set_compare(t->now() - 1000);
	CHECK((int32_t)t->left() < 0);
	CHECK_EQUAL(t->left() >> 32, 0);
}

TIMER_PROPERTY(status_says_whether_the_condition_is_met)
{
	t->set_compare(t->now() + 1000 * counter_frequency());
	t->set_control(ENABLE | IMASK);
	CHECK_EQUAL(t->control(), ENABLE | IMASK);
	t->set_compare(t->now());
	CHECK_EQUAL(t->control(), ENABLE | IMASK | ISTATUS);
	t->set_compare(NEVER);
	CHECK_EQUAL(t->control(), ENABLE | IMASK);
}

TIMER_PROPERTY(interrupt_is_pending_while_the_condition_is_met)
{
	t->set_compare(t->now());
	t->set_control(ENABLE);
	CHECK(WAIT(gic_pending(t->intid), PATIENCE_MS));
	t->set_compare(t->now() + 1000 * counter_frequency());
	CHECK(WAIT(!gic_pending(t->intid), PATIENCE_MS));
	t->set_compare(t->now());
	CHECK(WAIT(gic_pending(t->intid), PATIENCE_MS));
	t->set_control(ENABLE | IMASK);
	CHECK(WAIT(!gic_pending(t->intid), PATIENCE_MS));
	t->set_control(ENABLE);
	CHECK(WAIT(gic_pending(t->intid), PATIENCE_MS));
	t->set_control(0);
	CHECK(WAIT(!gic_pending(t->intid), PATIENCE_MS));
}

TIMER_PROPERTY(masked_interrupt_does_not_come)
{
	gic_enable(t->intid);
	t->set_compare(t->now());
	t->set_control(ENABLE | IMASK);
	CHECK(t->control() & ISTATUS);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	t->set_control(ENABLE);
	CHECK_EQUAL(gic_acknowledge_wait(), t->intid);
	t->set_control(0);
	gic_end(t->intid);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

TIMER_PROPERTY(interrupt_that_ends_with_the_condition_met_comes_again)
{
	gic_enable(t->intid);
	t->set_compare(t->now());
	t->set_control(ENABLE);
	for (unsigned int i = 0; i < 5; i++) {
		CHECK_EQUAL(gic_acknowledge_wait(), t->intid);
		gic_end(t->intid);
	}
	CHECK_EQUAL(gic_acknowledge_wait(), t->intid);
	t->set_compare(NEVER);
	gic_end(t->intid);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

TIMER_PROPERTY(interrupt_moved_away_before_acknowledge_does_not_come)
{
	gic_enable(t->intid);
	t->set_compare(t->now());
	t->set_control(ENABLE);
	CHECK(WAIT(read_sysreg(icc_hppir1_el1) == t->intid, PATIENCE_MS));
	t->set_compare(NEVER);
	CHECK(WAIT(!gic_pending(t->intid), PATIENCE_MS));
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
}

TIMER_PROPERTY(interrupt_never_comes_early)
{
	gic_enable(t->intid);
	for (unsigned int i = 1; i <= 20; i++) {
		uint64_t due = t->now() + ticks_of_us(137 * i);

		t->set_compare(due);
		t->set_control(ENABLE);
		CHECK_EQUAL(gic_acknowledge_wait(), t->intid);
		CHECK(t->now() >= due);
		t->set_control(0);
		gic_end(t->intid);
	}
}

TIMER_PROPERTY(enabled_with_a_far_compare_value_does_not_fire)
{
	gic_enable(t->intid);
	t->set_compare(NEVER);
	t->set_control(ENABLE);
	CHECK_EQUAL(t->control(), ENABLE);
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK(!gic_pending(t->intid));
}

static const struct timer *ticking;

static void tick(uint32_t intid)
{
	(void)intid;
	ticking->set_compare(ticking->compare() + ticks_of_us(1000));
}

TIMER_PROPERTY(ticks_through_the_handler)
{
	ticking = t;
	irq_set_handler(0, tick);
	gic_enable(t->intid);
	t->set_left(ticks_of_us(1000));
	t->set_control(ENABLE);
	irq_unmask();
	CHECK(WAIT(irq_log(0)->count >= 100, PATIENCE_MS));
	irq_mask();
	CHECK_EQUAL(irq_log(0)->intid[0], t->intid);
	CHECK_EQUAL(irq_log(0)->intid[99], t->intid);
}

TIMER_PROPERTY(wakes_the_cpu_from_wfi)
{
	uint64_t late, latest = 0;

	gic_enable(t->intid);
	for (unsigned int i = 1; i <= 20; i++) {
		uint64_t due = t->now() + ticks_of_us(2000);

		t->set_compare(due);
		t->set_control(ENABLE);
		while (!(t->control() & ISTATUS))
			wfi();
		late = t->now() - due;
		latest = late > latest ? late : latest;
		CHECK_EQUAL(gic_acknowledge_wait(), t->intid);
		t->set_control(0);
		gic_end(t->intid);
	}
	/* a busy host may be late, but not by seconds */
	CHECK(latest < counter_frequency());
}

TIMER_PROPERTY(wakes_from_wfi_with_interrupts_unmasked)
{
	ticking = t;
	irq_set_handler(0, tick);
	gic_enable(t->intid);
	t->set_left(ticks_of_us(1000));
	t->set_control(ENABLE);
	while (irq_log(0)->count < 20) {
		/* no interrupt is lost between the look and the sleep: WFI sees pending ones though
		 * they are masked */
		irq_mask();
		if (irq_log(0)->count < 20)
			wfi();
		irq_unmask();
		isb();
	}
	irq_mask();
	CHECK(irq_log(0)->count >= 20);
}

static bool fired[MAX_CPUS];

static void fire_here(void *argument)
{
	const struct timer *t = argument;
	unsigned int cpu = cpu_self();

	gic_enable(t->intid);
	t->set_left(ticks_of_us(3000));
	t->set_control(ENABLE);
	while (!(t->control() & ISTATUS))
		wfi();
	fired[cpu] = gic_acknowledge_wait() == t->intid;
	t->set_control(0);
	gic_end(t->intid);
}

TIMER_PROPERTY_CPUS(is_private_to_each_cpu, 2)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		fired[cpu] = false;
	gic_enable(t->intid);
	CHECK(cpu_start_others(fire_here, (void *)t));
	CHECK(cpu_join_others());
	CHECK_EQUAL(gic_acknowledge(), SPURIOUS);
	CHECK_EQUAL(t->control(), 0);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		CHECK(fired[cpu]);
}

PROPERTY(both_timers_run_side_by_side)
{
	bool virtual_seen = false, physical_seen = false;

	gic_enable(27);
	gic_enable(30);
	virtual_set_left(ticks_of_us(500));
	physical_set_left(ticks_of_us(700));
	virtual_set_control(ENABLE);
	physical_set_control(ENABLE);
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t intid = gic_acknowledge_wait();

		virtual_seen |= intid == 27;
		physical_seen |= intid == 30;
		if (intid == 27)
			virtual_set_control(0);
		else
			physical_set_control(0);
		gic_end(intid);
	}
	CHECK(virtual_seen);
	CHECK(physical_seen);
}

/* The latest count that any CPU has seen: no CPU may read an earlier one afterwards. */
static uint64_t latest_seen;
static bool went_back;

static void watch_counter(void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t before = __atomic_load_n(&latest_seen, __ATOMIC_ACQUIRE);
		uint64_t now = counter();

		if (now < before)
			__atomic_store_n(&went_back, true, __ATOMIC_RELAXED);
		while (now > before &&
		       !__atomic_compare_exchange_n(&latest_seen, &before, now, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE))
			;
	}
}

PROPERTY_CPUS(counter_never_goes_back_across_cpus, 2)
{
	latest_seen = 0;
	went_back = false;
	CHECK(cpu_start_others(watch_counter, NULL));
	watch_counter(NULL);
	CHECK(cpu_join_others());
	CHECK(!went_back);
}

static void read_counters_at_el0(void *argument)
{
	uint64_t *result = argument;

	result[0] = read_sysreg(cntvct_el0);
	result[1] = read_sysreg(cntpct_el0);
	result[2] = read_sysreg(cntfrq_el0);
}

static uint64_t el0_result[3];

PROPERTY(counters_are_open_to_el0_when_allowed)
{
	struct fault fault;

	write_sysreg(cntkctl_el1, 3);
	isb();
	fault = el0_call(read_counters_at_el0, el0_result);
	if (fault.taken)
		print("# ESR 0x%lx, ELR 0x%lx\n", fault.esr, fault.elr);
	CHECK(!fault.taken);
	CHECK(el0_result[0] && el0_result[1]);
	CHECK_EQUAL(el0_result[2], counter_frequency());
}

PROPERTY(counters_are_closed_to_el0_when_not_allowed)
{
	struct fault fault;

	write_sysreg(cntkctl_el1, 0);
	isb();
	fault = el0_call(read_counters_at_el0, el0_result);
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_SYSREG);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_LOWER);
	CHECK_EQUAL(read_sysreg(cntkctl_el1), 0);
}

static void use_timer_at_el0(void *argument)
{
	uint64_t *result = argument;

	result[0] = read_sysreg(cntp_cval_el0);
}

PROPERTY(physical_timer_is_closed_to_el0_when_not_allowed)
{
	struct fault fault;

	write_sysreg(cntkctl_el1, 3);
	isb();
	fault = el0_call(use_timer_at_el0, el0_result);
	CHECK(fault.taken);
	CHECK_EQUAL(ESR_EC(fault.esr), EC_SYSREG);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_LOWER);
}

PROPERTY(physical_timer_is_open_to_el0_when_allowed)
{
	struct fault fault;

	write_sysreg(cntkctl_el1, 0x203);
	isb();
	physical_set_compare(0x123456789abc);
	fault = el0_call(use_timer_at_el0, el0_result);
	CHECK(!fault.taken);
	CHECK_EQUAL(el0_result[0], 0x123456789abc);
}
