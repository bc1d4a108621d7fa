// SPDX-License-Identifier: BSD-2-Clause
/*
 * The vCPU threads, with the driver's VM_RUN scripted.
 *
 * sources: bhyve/vcpu.c bhyve/psci.c bhyve/mmio.c bhyve/config.c bhyve/report.c
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "bhyve/config.h"
#include "bhyve/guest_memory.h"
#include "bhyve/mevent.h"
#include "bhyve/mmio.h"
#include "bhyve/sandbox.h"
#include "bhyve/vcpu.h"

#define VCPUS	   4
#define STEPS	   8
#define DEVICE	   0x09000000ULL
#define GUEST_CODE 0x40200000ULL

/* One return of vm_run(): its result and, if that is 0, the exit. */
struct step {
	int result;
	struct vmm_run exit;
};

/* Threads run their own steps; what follows the last one waits for vm_suspend(). */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct step steps[VCPUS][STEPS];
	unsigned next[VCPUS];
	struct vmm_run run[VCPUS];
	struct vmm_run answered[VCPUS][STEPS]; /* as the thread left the page after each step */
	uint32_t suspended;
	unsigned suspends;
	uint32_t on;
	uint64_t entry;
	int stops;
	int stop_value;
	int sandbox_result;
	unsigned sandboxed; /* how many threads were, before they ran anything */
	cpu_set_t cpus;	    /* of the last of them */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static char err[512];

int sandbox_enter_vcpu(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.sandboxed++;
	sched_getaffinity(0, sizeof(fake.cpus), &fake.cpus);
	pthread_mutex_unlock(&fake.lock);
	return fake.sandbox_result;
}

int vm_run(struct vmctx *vm, uint32_t vcpu)
{
	unsigned index = fake.next[vcpu]++;
	struct step *step = &fake.steps[vcpu][index];

	(void)vm;
	if (index > 0)
		fake.answered[vcpu][index - 1] = fake.run[vcpu];
	if (step->result || step->exit.exit_reason) {
		fake.run[vcpu] = step->exit;
		return step->result;
	}
	pthread_mutex_lock(&fake.lock);
	while (!fake.suspended)
		pthread_cond_wait(&fake.changed, &fake.lock);
	fake.run[vcpu] = (struct vmm_run){ .exit_reason = VMM_EXIT_SUSPENDED };
	fake.run[vcpu].suspended.how = fake.suspended;
	pthread_mutex_unlock(&fake.lock);
	return 0;
}

/* As VMM_SUSPEND: a power-off or halt takes the place of a reset, else the first one stands. */
int vm_suspend(struct vmctx *vm, uint32_t how)
{
	int error = 0;

	(void)vm;
	pthread_mutex_lock(&fake.lock);
	if (!fake.suspended || (fake.suspended == VMM_SUSPEND_RESET && how != VMM_SUSPEND_RESET))
		fake.suspended = how;
	else
		error = -EALREADY;
	fake.suspends++;
	pthread_cond_broadcast(&fake.changed);
	pthread_mutex_unlock(&fake.lock);
	return error;
}

struct vmm_run *vm_run_page(struct vmctx *vm, uint32_t vcpu)
{
	(void)vm;
	return &fake.run[vcpu];
}

int vm_get_info(struct vmctx *vm, struct vmm_info *info)
{
	(void)vm;
	memset(info, 0, sizeof(*info));
	info->vcpus_on = fake.on;
	return 0;
}

int vm_vcpu_on32(struct vmctx *vm, uint32_t vcpu, uint32_t entry, uint32_t context)
{
	return vm_vcpu_on(vm, vcpu, entry, context);
}

int vm_vcpu_on(struct vmctx *vm, uint32_t vcpu, uint64_t entry, uint64_t context)
{
	(void)vm;
	(void)context;
	fake.on |= 1U << vcpu;
	fake.entry = entry;
	return 0;
}

int vm_vcpu_off(struct vmctx *vm, uint32_t vcpu)
{
	(void)vm;
	fake.on &= ~(1U << vcpu);
	return 0;
}

void *guest_memory(uint64_t ipa, uint64_t len)
{
	static char memory[4096];

	return ipa >= GUEST_CODE && ipa - GUEST_CODE + len <= sizeof(memory)
		       ? memory + (ipa - GUEST_CODE)
		       : NULL;
}

void mevent_stop(int value)
{
	pthread_mutex_lock(&fake.lock);
	fake.stops++;
	fake.stop_value = value;
	pthread_mutex_unlock(&fake.lock);
}

static uint64_t device_value;

static int device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
	(void)opaque;
	(void)size;
	*value = 0x1000 + offset;
	return 0;
}

static int device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	(void)opaque;
	(void)size;
	device_value = value;
	return offset == 8 ? -EIO : 0;
}

static int setup(void **state)
{
	static const struct mmio_ops ops = { device_read, device_write };

	(void)state;
	memset(fake.steps, 0, sizeof(fake.steps));
	memset(fake.next, 0, sizeof(fake.next));
	memset(fake.answered, 0, sizeof(fake.answered));
	fake.suspended = 0;
	fake.suspends = 0;
	fake.sandbox_result = 0;
	fake.sandboxed = 0;
	fake.stops = 0;
	fake.stop_value = -1;
	fake.on = 1;
	config_clear();
	mmio_clear();
	err[0] = '\0';
	return mmio_register("device", DEVICE, 0x1000, &ops, NULL);
}

static int start(unsigned count)
{
	return vcpus_start((struct vmctx *)&fake, count, false, err, sizeof(err));
}

static enum run_end run(unsigned count)
{
	enum run_end end;

	assert_int_equal(start(count), 0);
	end = vcpus_join();
	assert_false(vcpus_live());
	return end;
}

static struct vmm_run mmio(uint64_t ipa, bool write, uint64_t data)
{
	struct vmm_run exit = { .exit_reason = VMM_EXIT_MMIO };

	exit.mmio.ipa = ipa;
	exit.mmio.size = 4;
	exit.mmio.write = write;
	exit.mmio.data = data;
	return exit;
}

static struct vmm_run hvc(uint64_t x0, uint64_t x1, uint64_t x2)
{
	struct vmm_run exit = { .exit_reason = VMM_EXIT_HVC };

	exit.hvc.arg[0] = x0;
	exit.hvc.arg[1] = x1;
	exit.hvc.arg[2] = x2;
	return exit;
}

static void power_off_ends_all_threads(void **state)
{
	(void)state;
	fake.steps[1][0].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(4), RUN_POWEROFF);
	assert_int_equal(fake.stops, 1);
	assert_int_equal(fake.stop_value, VCPUS_ENDED);
}

/* A machine that ends while its last threads are being made ends once. */
static void power_off_during_the_start_ends_all_threads_once(void **state)
{
	for (unsigned round = 0; round < 200; round++) {
		setup(state);
		fake.steps[0][0].exit = hvc(0x84000008, 0, 0);
		assert_int_equal(run(4), RUN_POWEROFF);
		assert_int_equal(fake.stops, 1);
	}
}

static void reset_is_told_from_power_off(void **state)
{
	(void)state;
	fake.steps[0][0].exit = hvc(0x84000009, 0, 0);
	assert_int_equal(run(2), RUN_RESET);
}

static void two_vcpus_may_power_off_at_once(void **state)
{
	(void)state;
	fake.steps[0][0].exit = hvc(0x84000008, 0, 0);
	fake.steps[1][0].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(2), RUN_POWEROFF);
	assert_int_equal(fake.suspends, 2);
}

static void two_vcpus_may_reset_at_once(void **state)
{
	(void)state;
	fake.steps[0][0].exit = hvc(0x84000009, 0, 0);
	fake.steps[1][0].exit = hvc(0x84000009, 0, 0);
	assert_int_equal(run(2), RUN_RESET);
	assert_int_equal(fake.suspends, 2);
}

static void power_off_wins_over_a_reset_at_the_same_moment(void **state)
{
	(void)state;
	fake.steps[0][0].exit = hvc(0x84000009, 0, 0);
	fake.steps[1][0].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(2), RUN_POWEROFF);
}

static void suspend_from_outside_ends_the_run(void **state)
{
	(void)state;
	assert_int_equal(start(2), 0);
	assert_true(vcpus_live());
	vcpus_stop();
	assert_int_equal(vcpus_join(), RUN_HALT);
	assert_int_equal(fake.stops, 1);
}

static void mmio_is_answered_by_the_device(void **state)
{
	(void)state;
	fake.steps[0][0].exit = mmio(DEVICE + 0x10, false, 0);
	fake.steps[0][1].exit = mmio(DEVICE + 0x20, true, 0xabcd);
	fake.steps[0][2].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(1), RUN_POWEROFF);
	assert_int_equal(fake.answered[0][0].mmio.data, 0x1010);
	assert_int_equal(fake.answered[0][0].mmio.abort, 0);
	assert_int_equal(device_value, 0xabcd);
	assert_int_equal(fake.answered[0][1].mmio.abort, 0);
}

static void mmio_to_nobody_aborts(void **state)
{
	(void)state;
	fake.steps[0][0].exit = mmio(0x20000000, false, 0);
	fake.steps[0][1].exit = mmio(DEVICE + 8, true, 0);
	fake.steps[0][2].exit = hvc(0x84000008, 0, 0);
	run(1);
	assert_int_equal(fake.answered[0][0].mmio.abort, 1);
	assert_int_equal(fake.answered[0][1].mmio.abort, 1);
}

static void interrupted_and_empty_runs_go_on(void **state)
{
	(void)state;
	fake.steps[0][0].result = -EINTR;
	fake.steps[0][1].result = -EINTR;
	fake.steps[0][2].exit = mmio(DEVICE, false, 0);
	fake.steps[0][3].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(1), RUN_POWEROFF);
	assert_int_equal(fake.next[0], 5);
}

static void cpu_on_and_off_reach_the_driver(void **state)
{
	(void)state;
	fake.steps[0][0].exit = hvc(0xc4000003, 1, GUEST_CODE + 64);
	fake.steps[0][1].exit = hvc(0xc4000003, 1, 0x1000);
	fake.steps[0][2].exit = hvc(0xc4000003, 2, GUEST_CODE);
	fake.steps[0][3].exit = hvc(0x84000002, 0, 0);
	fake.steps[0][4].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(2), RUN_POWEROFF);
	assert_int_equal(fake.answered[0][0].hvc.ret[0], 0);
	assert_int_equal(fake.entry, GUEST_CODE + 64);
	assert_int_equal(fake.answered[0][1].hvc.ret[0], (uint64_t)-9);
	/* vCPU 2 is not there */
	assert_int_equal(fake.answered[0][2].hvc.ret[0], (uint64_t)-2);
	assert_int_equal(fake.on, 2);
}

static void fault_at_el2_ends_the_run_as_an_error(void **state)
{
	(void)state;
	fake.steps[1][0].exit.exit_reason = VMM_EXIT_ERROR;
	assert_int_equal(run(3), RUN_ERROR);
}

static void failing_run_call_ends_the_run_as_an_error(void **state)
{
	(void)state;
	fake.steps[0][0].result = -EBUSY;
	assert_int_equal(run(3), RUN_ERROR);
}

static void a_host_without_memory_is_told_from_other_errors(void **state)
{
	(void)state;
	fake.steps[0][0].result = -ENOMEM;
	assert_int_equal(run(3), RUN_NO_MEMORY);
}

static void unknown_exit_ends_the_run_as_an_error(void **state)
{
	(void)state;
	fake.steps[0][0].exit.exit_reason = 99;
	assert_int_equal(run(1), RUN_ERROR);
}

static void destroyed_vm_ends_all_threads(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		fake.steps[i][0].result = -ENODEV;
	assert_int_equal(run(3), RUN_DESTROYED);
	assert_true(fake.stops >= 1);
}

static void second_run_starts_afresh(void **state)
{
	(void)state;
	fake.steps[0][0].exit.exit_reason = VMM_EXIT_ERROR;
	assert_int_equal(run(1), RUN_ERROR);
	setup(NULL);
	fake.steps[0][0].exit = hvc(0x84000009, 0, 0);
	assert_int_equal(run(1), RUN_RESET);
}

static void bad_cpusets_are_refused(void **state)
{
	static const char *const bad[] = { "", "x", "1-", "3-1", "0,", "99999", "0 1" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setup(NULL);
		config_set("vcpu.1.cpuset", bad[i]);
		assert_int_equal(start(2), -EINVAL);
		assert_non_null(strstr(err, "vcpu.1.cpuset"));
		assert_false(vcpus_live());
	}
}

static void cpuset_of_the_host_is_taken(void **state)
{
	(void)state;
	config_set("vcpu.0.cpuset", "0-3,0");
	fake.steps[0][0].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(1), RUN_POWEROFF);
}

static void a_vcpu_has_the_cpus_of_its_set_and_the_io_loop_its_own(void **state)
{
	cpu_set_t before, after;
	char one[16];
	int first = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	while (!CPU_ISSET(first, &before))
		first++;
	snprintf(one, sizeof(one), "%d", first);
	config_set("vcpu.0.cpuset", one);
	fake.steps[0][0].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(1), RUN_POWEROFF);
	assert_int_equal(CPU_COUNT(&fake.cpus), 1);
	assert_true(CPU_ISSET(first, &fake.cpus));
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
}

static void every_vcpu_is_in_its_sandbox(void **state)
{
	(void)state;
	fake.steps[0][0].exit = hvc(0x84000008, 0, 0);
	assert_int_equal(run(3), RUN_POWEROFF);
	assert_int_equal(fake.sandboxed, 3);
}

static void a_vcpu_without_its_sandbox_does_not_run(void **state)
{
	(void)state;
	fake.sandbox_result = -EINVAL;
	assert_int_equal(run(2), RUN_ERROR);
	assert_int_equal(fake.next[0] + fake.next[1], 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(power_off_ends_all_threads),
		TEST(power_off_during_the_start_ends_all_threads_once),
		TEST(reset_is_told_from_power_off),
		TEST(two_vcpus_may_power_off_at_once),
		TEST(two_vcpus_may_reset_at_once),
		TEST(power_off_wins_over_a_reset_at_the_same_moment),
		TEST(suspend_from_outside_ends_the_run),
		TEST(mmio_is_answered_by_the_device),
		TEST(mmio_to_nobody_aborts),
		TEST(interrupted_and_empty_runs_go_on),
		TEST(cpu_on_and_off_reach_the_driver),
		TEST(fault_at_el2_ends_the_run_as_an_error),
		TEST(failing_run_call_ends_the_run_as_an_error),
		TEST(a_host_without_memory_is_told_from_other_errors),
		TEST(unknown_exit_ends_the_run_as_an_error),
		TEST(destroyed_vm_ends_all_threads),
		TEST(second_run_starts_afresh),
		TEST(bad_cpusets_are_refused),
		TEST(cpuset_of_the_host_is_taken),
		TEST(a_vcpu_has_the_cpus_of_its_set_and_the_io_loop_its_own),
		TEST(every_vcpu_is_in_its_sandbox),
		TEST(a_vcpu_without_its_sandbox_does_not_run),
	};

	config_clear();
	return cmocka_run_group_tests(tests, NULL, setup);
}
