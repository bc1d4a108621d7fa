// SPDX-License-Identifier: BSD-2-Clause
/* PSCI 1.0 (Arm DEN 0022D) and the SMC Calling Convention 1.1 (DEN 0028) over HVC. */
#include "property.h"

#define ROUNDS 40

PROPERTY(version_is_1_0_or_later)
{
	int64_t version = hvc(PSCI_VERSION, 0, 0, 0);

	CHECK(version >= 0x10000 && version < 0x20000);
}

PROPERTY(unknown_functions_are_not_supported)
{
	static const uint32_t unknown[] = { 0x84000fff, 0xc4000fff, 0x86000001, 0x8600ff01,
					    0xc600ff01, 0x83000000, 0x82001234, 0x00000000,
					    0x12345678, 0xffffffff };

	for (unsigned int i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		CHECK_EQUAL(hvc(unknown[i], 1, 2, 3), PSCI_NOT_SUPPORTED);
}

PROPERTY(features_names_what_is_there)
{
	static const uint32_t there[] = {
		PSCI_VERSION,	 PSCI_CPU_SUSPEND,  PSCI_CPU_SUSPEND_32, PSCI_CPU_OFF,
		PSCI_CPU_ON,	 PSCI_CPU_ON_32,    PSCI_AFFINITY_INFO,	 PSCI_AFFINITY_INFO_32,
		PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES
	};

	for (unsigned int i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		CHECK(hvc(PSCI_FEATURES, there[i], 0, 0) >= 0);
	CHECK_EQUAL((int32_t)hvc(PSCI_FEATURES, 0x84000fff, 0, 0), PSCI_NOT_SUPPORTED);
	CHECK_EQUAL((int32_t)hvc(PSCI_FEATURES, 0xc4000fff, 0, 0), PSCI_NOT_SUPPORTED);
}

PROPERTY(no_trusted_os_needs_migration)
{
	int32_t type = (int32_t)hvc(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0);

	CHECK(type == 2 || type == PSCI_NOT_SUPPORTED);
}

PROPERTY(smccc_version_is_1_1_or_later)
{
	SKIP_ON_QEMU("has no SMCCC_VERSION");
	CHECK(hvc(SMCCC_VERSION, 0, 0, 0) >= 0x10001);
	CHECK_EQUAL(hvc(PSCI_FEATURES, SMCCC_VERSION, 0, 0), 0);
	CHECK(hvc(SMCCC_ARCH_FEATURES, SMCCC_VERSION, 0, 0) >= 0);
	CHECK_EQUAL((int32_t)hvc(SMCCC_ARCH_FEATURES, 0x8000ffff, 0, 0), PSCI_NOT_SUPPORTED);
}

/* SMCCC_ARCH_WORKAROUND_1, _2 and _3 (DEN 0028, 7.4 to 7.6): needed, not needed, or unknown. */
PROPERTY(workarounds_are_there_if_they_are_offered)
{
	static const uint32_t functions[] = { 0x80008000, 0x80007fff, 0x80003fff };

	SKIP_ON_QEMU("has no SMCCC_ARCH_FEATURES");
	for (unsigned int i = 0; i < 3; i++) {
		int32_t offer = (int32_t)hvc(SMCCC_ARCH_FEATURES, functions[i], 0, 0);
		bool there = (int32_t)hvc(functions[i], 1, 0, 0) != PSCI_NOT_SUPPORTED;

		CHECK(offer == 0 || offer == 1 || offer == PSCI_NOT_SUPPORTED);
		CHECK_EQUAL(there, offer != PSCI_NOT_SUPPORTED);
	}
}

void hvc_with_registers(uint64_t function, uint64_t after[31]);

PROPERTY(calls_preserve_registers_from_x4_up)
{
	static const uint32_t functions[] = { PSCI_VERSION, PSCI_FEATURES, 0x84000fff, PSCI_CPU_ON,
					      PSCI_AFFINITY_INFO };
	static uint64_t after[31];

	/* CPU 1 of the affinity 1 that PSCI_CPU_ON and PSCI_AFFINITY_INFO get may exist: entry
	 * address 2 is refused, or not reached before the CPU is off */
	for (unsigned int i = 0; i < 3; i++) {
		hvc_with_registers(functions[i], after);
		for (unsigned int n = 4; n < 31; n++)
			CHECK_EQUAL(after[n], n);
	}
}

PROPERTY(affinity_info_tells_on_from_off)
{
	CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO, 0, 0, 0), AFFINITY_ON);
	CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO_32, 0, 0, 0), AFFINITY_ON);
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO, cpu, 0, 0), AFFINITY_OFF);
}

PROPERTY(all_cpus_are_known_from_the_first_call)
{
	CHECK_EQUAL(cpus_at_boot, cpu_count());
}

PROPERTY(every_call_of_many_has_its_answer)
{
	for (unsigned int i = 0; i < 5000; i++)
		CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO, 0, 0, 0), AFFINITY_ON);
}

PROPERTY(affinity_info_refuses_cpus_that_do_not_exist)
{
	CHECK_EQUAL((int32_t)hvc(PSCI_AFFINITY_INFO, cpu_count(), 0, 0), PSCI_INVALID_PARAMS);
	CHECK_EQUAL((int32_t)hvc(PSCI_AFFINITY_INFO, 0x0700, 0, 0), PSCI_INVALID_PARAMS);
	CHECK_EQUAL((int32_t)hvc(PSCI_AFFINITY_INFO, UINT64_C(7) << 32, 0, 0), PSCI_INVALID_PARAMS);
}

PROPERTY(affinity_info_of_a_level_above_zero_is_answered)
{
	int32_t answer = (int32_t)hvc(PSCI_AFFINITY_INFO, 0, 1, 0);

	CHECK(answer == AFFINITY_ON || answer == PSCI_INVALID_PARAMS);
	SKIP_ON_QEMU("answers for any level");
	CHECK_EQUAL((int32_t)hvc(PSCI_AFFINITY_INFO, 0, 4, 0), PSCI_INVALID_PARAMS);
}

PROPERTY(cpu_on_of_a_running_cpu_is_refused)
{
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, 0, (uint64_t)secondary_entry, 0), PSCI_ALREADY_ON);
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON_32, 0, (uint64_t)secondary_entry, 0), PSCI_ALREADY_ON);
}

PROPERTY(cpu_on_of_a_cpu_that_does_not_exist_is_refused)
{
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, cpu_count(), (uint64_t)secondary_entry, 0),
		    PSCI_INVALID_PARAMS);
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, 0x10001, (uint64_t)secondary_entry, 0),
		    PSCI_INVALID_PARAMS);
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, UINT64_C(1) << 32, (uint64_t)secondary_entry, 0),
		    PSCI_INVALID_PARAMS);
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, UINT64_MAX, (uint64_t)secondary_entry, 0),
		    PSCI_INVALID_PARAMS);
}

PROPERTY_CPUS(cpu_on_at_a_bad_address_is_refused, 2)
{
	static const uint64_t bad[] = { 0x0b000000, 0x09000000, UINT64_C(0xff00000000),
					UINT64_C(0xffffffffffff0000) };

	SKIP_ON_QEMU("takes any entry address");
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, 1, bad[i], 0), PSCI_INVALID_ADDRESS);
		CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO, 1, 0, 0), AFFINITY_OFF);
	}
	CHECK_EQUAL((int32_t)hvc(PSCI_CPU_ON, 1, ram_base() + ram_size(), 0), PSCI_INVALID_ADDRESS);
}

extern char note_entry_state[], note_entry_end[];
static uint64_t state[8] __attribute__((aligned(64)));

PROPERTY_CPUS(cpu_on_enters_in_the_state_that_psci_says, 2)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		state[0] = 0;
		cache_clean(state, sizeof(state));
		CHECK_EQUAL(hvc(PSCI_CPU_ON, cpu, (uint64_t)note_entry_state, (uint64_t)state), 0);
		CHECK(WAIT((cache_clean(state, sizeof(state)), *(volatile uint64_t *)state),
			   PATIENCE_MS));
		CHECK(WAIT(hvc(PSCI_AFFINITY_INFO, cpu, 0, 0) == AFFINITY_OFF, PATIENCE_MS));
		cache_clean(state, sizeof(state));
		CHECK_EQUAL(state[0], (uint64_t)state); /* context in x0 */
		CHECK_EQUAL(state[1] & 0x1005, 0);	/* SCTLR_EL1: MMU and caches off */
		CHECK_EQUAL((state[1] >> 25) & 1, 0);	/* little-endian */
		CHECK_EQUAL(state[2], 0x3c0);		/* DAIF */
		CHECK_EQUAL(state[3], 1 << 2);		/* EL1 */
		CHECK_EQUAL(state[4], 1);		/* SP_EL1 */
		CHECK_EQUAL(state[5] & 0xff00ffffff, cpu);
		CHECK_EQUAL(state[5] >> 31 & 1, 1);
		CHECK_EQUAL(state[6] & 1, 0); /* timer off */
	}
}

static volatile unsigned int runs;
static volatile bool go_on;

static void count_run(void *argument)
{
	(void)argument;
	runs++;
}

static void run_until_told(void *argument)
{
	(void)argument;
	runs++;
	while (!go_on)
		asm volatile("yield" ::: "memory");
}

PROPERTY_CPUS(cpu_goes_off_and_on_again_many_times, 2)
{
	for (unsigned int i = 1; i <= 200; i++) {
		runs = 0;
		CHECK_EQUAL(cpu_start(1, count_run, NULL), PSCI_SUCCESS);
		CHECK(cpu_join(1));
		CHECK_EQUAL(runs, 1);
	}
}

PROPERTY_CPUS(affinity_info_of_a_started_cpu_is_on, 2)
{
	runs = 0;
	go_on = false;
	CHECK_EQUAL(cpu_start(1, run_until_told, NULL), PSCI_SUCCESS);
	CHECK(on_plain_qemu() || hvc(PSCI_AFFINITY_INFO, 1, 0, 0) != AFFINITY_OFF);
	CHECK(WAIT(runs == 1, PATIENCE_MS));
	CHECK_EQUAL(hvc(PSCI_AFFINITY_INFO, 1, 0, 0), AFFINITY_ON);
	CHECK_EQUAL(cpu_start(1, run_until_told, NULL), PSCI_ALREADY_ON);
	go_on = true;
	CHECK(cpu_join(1));
}

/* All CPUs but the target wait for the round, then call CPU_ON together. */
static struct {
	volatile unsigned int round, arrived;
	volatile unsigned int target;
	volatile unsigned int won, refused, other;
} race;

static void race_once(void)
{
	int64_t answer;

	answer = cpu_start(race.target, run_until_told, NULL);
	if (answer == PSCI_SUCCESS)
		__atomic_fetch_add(&race.won, 1, __ATOMIC_SEQ_CST);
	else if (answer == PSCI_ALREADY_ON || answer == PSCI_ON_PENDING)
		__atomic_fetch_add(&race.refused, 1, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_add(&race.other, 1, __ATOMIC_SEQ_CST);
}

static void racer(void *argument)
{
	(void)argument;
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		__atomic_fetch_add(&race.arrived, 1, __ATOMIC_SEQ_CST);
		while (race.round < round)
			asm volatile("yield" ::: "memory");
		race_once();
	}
	__atomic_fetch_add(&race.arrived, 1, __ATOMIC_SEQ_CST);
}

/* One target, raced for by all others. Returns what is wrong, or NULL. */
static const char *race_for(unsigned int target)
{
	unsigned int racers = cpu_count() - 2;

	race.round = race.arrived = 0;
	race.target = target;
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		if (cpu != target && cpu_start(cpu, racer, NULL) != PSCI_SUCCESS)
			return "a racer does not start";
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		if (!WAIT(race.arrived == racers * round, PATIENCE_MS))
			return "a racer does not come to the line";
		race.won = race.refused = race.other = runs = 0;
		go_on = false;
		race.round = round;
		race_once();
		if (!WAIT(race.won + race.refused + race.other == racers + 1, PATIENCE_MS))
			return "a racer has no answer";
		if (race.won != 1 || race.other)
			return "not exactly one wins, and the others are told that it is on";
		if (!WAIT(runs == 1, PATIENCE_MS))
			return "the CPU does not run";
		go_on = true;
		if (!cpu_join(target) || runs != 1)
			return "the CPU ran more than once, or does not go off";
	}
	return NULL;
}

PROPERTY_CPUS(cpu_on_in_a_race_is_won_by_exactly_one, 3)
{
	SKIP_ON_QEMU("lets several win");
	for (unsigned int target = 1; target < cpu_count(); target++) {
		const char *wrong = race_for(target);

		if (wrong)
			print("# %s: target %u: %u won, %u refused, %u other\n", wrong, target,
			      race.won, race.refused, race.other);
		CHECK(!wrong);
		for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
			CHECK(cpu_join(cpu));
	}
}

PROPERTY_CPUS(cpu_on_while_the_cpu_goes_off_wins_in_the_end, 2)
{
	for (unsigned int i = 0; i < 100; i++) {
		runs = 0;
		CHECK(WAIT(cpu_start(1, count_run, NULL) == PSCI_SUCCESS, PATIENCE_MS));
		CHECK(WAIT(runs == 1, PATIENCE_MS));
	}
	CHECK(cpu_join(1));
}

PROPERTY_CPUS(cpus_switch_each_other_on, 3)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++) {
		go_on = true;
		runs = 0;
		CHECK_EQUAL(cpu_start(cpu, run_until_told, NULL), PSCI_SUCCESS);
		CHECK(cpu_join(cpu));
		CHECK_EQUAL(runs, 1);
	}
}

PROPERTY(cpu_suspend_returns_when_an_interrupt_is_pending)
{
	gic_enable(1);
	gic_send_sgi(1, 1);
	CHECK_EQUAL(hvc(PSCI_CPU_SUSPEND, 0, 0, 0), PSCI_SUCCESS);
	CHECK_EQUAL(gic_acknowledge_wait(), 1);
	gic_end(1);
}

PROPERTY(cpu_suspend_sleeps_until_the_timer_fires)
{
	uint64_t due = counter() + ticks_of_us(2000);

	gic_enable(27);
	write_sysreg(cntv_cval_el0, due);
	write_sysreg(cntv_ctl_el0, 1);
	isb();
	CHECK_EQUAL(hvc(PSCI_CPU_SUSPEND, 0, 0, 0), PSCI_SUCCESS);
	CHECK_EQUAL(gic_acknowledge_wait(), 27);
	CHECK(counter() >= due);
	write_sysreg(cntv_ctl_el0, 0);
	gic_end(27);
}

static void call_at_el0(void *argument)
{
	(void)argument;
	asm volatile("hvc #0" ::: "x0", "x1", "x2", "x3", "memory");
}

PROPERTY(hvc_from_el0_is_undefined)
{
	struct fault fault = el0_call(call_at_el0, NULL);

	CHECK(fault.taken);
	CHECK_EQUAL(fault.esr, ESR_IL);
	CHECK_EQUAL(fault.vector, VECTOR_SYNC_LOWER);
}
