// SPDX-License-Identifier: BSD-2-Clause
/* Runs the image's properties and prints the results. */
#include "property.h"

#include "device_tree.h"

extern const struct property properties_begin[], properties_end[];

unsigned int cpus_at_boot;

static struct {
	unsigned int failed, skipped, number;
	bool failure;
	const char *skip;
	const char *name;
} run;

void property_fail(const char *file, int line, const char *condition)
{
	run.failure = true;
	print("# %s:%d: %s\n", file, line, condition);
}

void property_fail_equal(const char *file, int line, const char *what, uint64_t actual,
			 uint64_t expected)
{
	run.failure = true;
	print("# %s:%d: %s is 0x%lx, not 0x%lx\n", file, line, what, actual, expected);
}

void property_skip(const char *reason)
{
	run.skip = reason;
}

_Noreturn void property_abandon(const char *why)
{
	print("not ok %u %s\n# %s\nBail out! %s\n", run.number, run.name ? run.name : "start", why,
	      why);
	power_off();
}

static void timers_off(void)
{
	write_sysreg(cntv_ctl_el0, 0);
	write_sysreg(cntp_ctl_el0, 0);
	isb();
}

static void run_one(const struct property *property)
{
	run.number++;
	run.name = property->name;
	run.failure = false;
	run.skip = NULL;
	irq_mask();
	timers_off();
	gic_reset_distributor();
	gic_reset_cpu();
	irq_log_clear();
	if (property->cpus > cpu_count())
		run.skip = "needs more CPUs";
	else
		property->run();
	irq_mask();
	run.failed += run.failure;
	run.skipped += !run.failure && run.skip;
	print("%s %u %s", run.failure ? "not ok" : "ok", run.number, property->name);
	if (!run.failure && run.skip)
		print(" # SKIP %s", run.skip);
	print("\n");
}

/* A failed property may leave CPUs running that nobody stops: what follows would be unfair. */
static bool others_are_off(void)
{
	for (unsigned int cpu = 1; cpu < cpu_count(); cpu++)
		if (!cpu_join(cpu))
			return false;
	return true;
}

void boot_main(void);
void boot_main(void)
{
	size_t bytes = (uint64_t)properties_end - (uint64_t)properties_begin;
	unsigned int total = (unsigned int)(bytes / sizeof(struct property));

	cpus_at_boot = cpu_count();
	print("\n1..%u\n# %u CPUs, %lu MiB of RAM\n", total, cpu_count(), ram_size() >> 20);
	for (unsigned int i = 0; i < total; i++) {
		run_one(&properties_begin[i]);
		if (!others_are_off())
			property_abandon("a CPU does not go off");
	}
	print("# %u properties: %u hold, %u fail, %u skipped\n", total,
	      total - run.failed - run.skipped, run.failed, run.skipped);
	power_off();
}

bool on_plain_qemu(void)
{
	return device_tree_argument("reference=qemu");
}
