// SPDX-License-Identifier: BSD-2-Clause
/* One kind of exit, again and again, for a profile. */
#include "measure.h"

#include "device_tree.h"

static void repeat_call(void)
{
	register uint64_t x0 asm("x0");

	while (1) {
		x0 = 0x8600ff01;
		asm volatile("hvc #0" : "+r"(x0)::"x1", "x2", "x3", "memory");
	}
}

static void repeat_id(void)
{
	while (1)
		read_sysreg(id_aa64mmfr0_el1);
}

static void repeat_read(uint64_t address)
{
	while (1)
		read32(address);
}

static void repeat_enable(void)
{
	gic_set_group(40, 1);
	while (1) {
		write32(gic_register(0, ISENABLER, 40), GIC_BIT(40));
		write32(gic_register(0, ICENABLER, 40), GIC_BIT(40));
	}
}

/* With interrupts masked: each is acknowledged and ended here. */
static void repeat_sgi(void)
{
	gic_enable(1);
	while (1) {
		gic_send_sgi(1, 1);
		gic_end(gic_acknowledge());
	}
}

/* Where the timer's interrupt finds the guest at work. */
static void repeat_timer(void)
{
	gic_enable(27);
	irq_unmask();
	while (1) {
		write_sysreg(cntv_cval_el0, counter() + ticks_of_us(5));
		write_sysreg(cntv_ctl_el0, 1);
		isb();
		irq_log(0)->count = 0;
		while (__atomic_load_n(&irq_log(0)->count, __ATOMIC_ACQUIRE) == 0)
			asm volatile("yield" ::: "memory");
	}
}

static void sleep_for_ever(void *argument)
{
	(void)argument;
	gic_enable(1);
	irq_unmask();
	while (1)
		wfi();
}

static void repeat_wake(void)
{
	if (cpu_start(1, sleep_for_ever, NULL) != PSCI_SUCCESS)
		return;
	while (1) {
		uint64_t start = counter() + ticks_of_us(30);

		while (counter() < start)
			asm volatile("yield" ::: "memory");
		irq_log(1)->count = 0;
		gic_send_sgi(1, 2);
		while (__atomic_load_n(&irq_log(1)->count, __ATOMIC_ACQUIRE) != 1)
			asm volatile("yield" ::: "memory");
	}
}

static void repeat_touch(void)
{
	for (uint64_t at = free_ram();; at += PAGE_SIZE)
		write64(at, at);
}

PROPERTY(a_profile_has_one_kind_of_exit)
{
	if (!device_tree_argument("bench=loop"))
		SKIP("not asked for");
	print("looping\n");
	if (device_tree_argument("loop=hypercall"))
		repeat_call();
	if (device_tree_argument("loop=id-register"))
		repeat_id();
	if (device_tree_argument("loop=gicd-read"))
		repeat_read(GICD_IIDR);
	if (device_tree_argument("loop=gicd-enable"))
		repeat_enable();
	if (device_tree_argument("loop=sgi-self"))
		repeat_sgi();
	if (device_tree_argument("loop=mmio-vmm"))
		repeat_read(PL011_FR);
	if (device_tree_argument("loop=timer"))
		repeat_timer();
	if (device_tree_argument("loop=sgi-wfi"))
		repeat_wake();
	if (device_tree_argument("loop=first-touch"))
		repeat_touch();
	CHECK(!"no such loop");
}
