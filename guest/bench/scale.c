// SPDX-License-Identifier: BSD-2-Clause
/* What the scale table is made with: exits of CPU 0 while all others sleep, and machines that only
 * sleep. */
#include "measure.h"

#include "device_tree.h"

static volatile bool stop;

static void sleep_until_stopped(void *argument)
{
	(void)argument;
	gic_enable(SGI_NUDGE);
	irq_unmask();
	while (!stop)
		wfi();
}

PROPERTY(exits_cost_the_same_beside_others_that_sleep)
{
	if (!device_tree_argument("bench=scale"))
		SKIP("not asked for");
	stop = false;
	CHECK(cpu_start_others(sleep_until_stopped, NULL));
	for (uint64_t end = counter() + ticks_of_us(2000); counter() < end;)
		asm volatile("yield" ::: "memory");
	MEASURE("hypercall", 64, hvc(0x8600ff01, 0, 0, 0));
	MEASURE("gicd-read", 64, read32(GICD_IIDR));
	MEASURE("mmio-vmm", 16, read32(PL011_FR));
	stop = true;
	gic_send_sgi(SGI_NUDGE, SGI_OTHERS);
	CHECK(cpu_join_others());
}

PROPERTY(a_machine_sleeps_until_it_is_stopped)
{
	if (!device_tree_argument("bench=idle"))
		SKIP("not asked for");
	print("idle\n");
	while (1)
		wfi();
}
