// SPDX-License-Identifier: BSD-2-Clause
/*
 * The per-CPU interrupts that belong to EL2 while a guest runs: they must be enabled at the
 * redistributor, so they are requested as any driver does. Their handlers have nothing to do: EL2
 * takes them first, and one that comes late, when the guest has been left, has done its work by
 * coming. KVM, when it is built in, holds two of them already; it has them enabled on every CPU
 * where it is at EL2 (always, up to 6.11), and disabled where it is not. So each is enabled here on
 * each CPU where it is not, and only what was enabled here is disabled again.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/percpu.h>

#include <clocksource/arm_arch_timer.h>

#include <asm/arch_gicv3.h>
#include <asm/virt.h>

#include "vcpu.h"
#include "vmm_linux.h"

#define PPI_TYPE   1 /* first cell of an interrupt, "arm,gic-v3" binding */
#define PPI_BASE   16

#define INTID_MASK 0xffffff
#define LOOKS	   100 /* a microsecond apart */
#define TRIES	   100

enum our_interrupt {
	VTIMER,
	HYPTIMER,
	MAINTENANCE,
	KICK,
	PMU, /* the host's, if it has a driver for it; a machine may have none */
	INTERRUPT_COUNT,
};

struct cpu_interrupt {
	const char *name;
	u32 intid;
	unsigned int irq;
	bool ours;
};

static struct cpu_interrupt interrupts[INTERRUPT_COUNT] = {
	[VTIMER] = { "vmm virtual timer" },	[HYPTIMER] = { "vmm hypervisor timer" },
	[MAINTENANCE] = { "vmm maintenance" },	[KICK] = { "vmm kick" },
	[PMU] = { "vmm performance monitors" },
};

static DEFINE_PER_CPU(int, cookie);
static DEFINE_PER_CPU(u8, enabled_here); /* bits by enum our_interrupt */

static uint kick_sgis = 0xff00;
module_param(kick_sgis, uint, 0444);
MODULE_PARM_DESC(
	kick_sgis,
	"mask of the SGIs that may be used to interrupt a guest; 0: by calls between CPUs");

static irqreturn_t nothing_to_do(int irq, void *unused)
{
	return IRQ_HANDLED;
}

static irqreturn_t wake_listed(int irq, void *unused)
{
	vcpu_wake_listed();
	return IRQ_HANDLED;
}

/* What KVM holds already does as well: it has no handler that would mind. */
static int request(struct cpu_interrupt *interrupt)
{
	int error;

	if (irq_has_action(interrupt->irq))
		return 0;
	error = request_percpu_irq(interrupt->irq,
				   interrupt == &interrupts[KICK] ? wake_listed : nothing_to_do,
				   interrupt->name, &cookie);
	interrupt->ours = !error;
	return error;
}

static int request_from_tree(struct cpu_interrupt *interrupt, struct device_node *node, int index)
{
	struct of_phandle_args cells;
	int error = of_irq_parse_one(node, index, &cells);

	if (error || cells.args_count < 3 || cells.args[0] != PPI_TYPE) {
		pr_err("%pOF: has no per-CPU interrupt for the %s\n", node, interrupt->name + 4);
		return -ENODEV;
	}
	interrupt->intid = cells.args[1] + PPI_BASE;
	interrupt->irq = irq_create_of_mapping(&cells);
	error = interrupt->irq ? request(interrupt) : -EINVAL;
	if (error)
		pr_err("interrupt %u (%s): cannot be requested: %pe\n", interrupt->intid,
		       interrupt->name, ERR_PTR(error));
	return error;
}

/* The binding has an order, which "interrupt-names" overrules. */
static int timer_index(struct device_node *timer, const char *name, int otherwise)
{
	int index = of_property_match_string(timer, "interrupt-names", name);

	return index < 0 ? otherwise : index;
}

static int request_timers(void)
{
	struct device_node *timer = of_find_compatible_node(NULL, NULL, "arm,armv8-timer");
	int error;

	if (!timer) {
		pr_err("the device tree has no arm,armv8-timer\n");
		return -ENODEV;
	}
	error = request_from_tree(&interrupts[VTIMER], timer, timer_index(timer, "virt", 2));
	if (!error)
		error = request_from_tree(&interrupts[HYPTIMER], timer,
					  timer_index(timer, "hyp-phys", 3));
	of_node_put(timer);
	return error;
}

static bool is_pmu(struct device_node *node)
{
	const char *compatible;

	for (int i = 0; !of_property_read_string_index(node, "compatible", i, &compatible); i++) {
		if (strstarts(compatible, "arm,") && strstr(compatible, "pmu"))
			return true;
	}
	return false;
}

/*
 * The first CPU performance monitors whose interrupt is one per CPU ("arm,cortex-a53-pmu" and many
 * more are their names). Guests are not offered any where there are none.
 */
static u32 request_pmu(void)
{
	struct device_node *node;
	struct of_phandle_args cells;

	for_each_node_with_property(node, "interrupts")
	{
		if (!is_pmu(node) || of_irq_parse_one(node, 0, &cells) || cells.args_count < 3 ||
		    cells.args[0] != PPI_TYPE)
			continue;
		if (request_from_tree(&interrupts[PMU], node, 0))
			break;
		of_node_put(node);
		return interrupts[PMU].intid;
	}
	of_node_put(node);
	interrupts[PMU].irq = 0;
	return HYP_NO_PPI;
}

static bool request_sgi(struct cpu_interrupt *kick, u32 sgi)
{
	struct irq_fwspec spec = {
		.fwnode = of_fwnode_handle(gic_node()),
		.param_count = 1, /* one cell is an SGI */
		.param = { sgi },
	};

	kick->irq = irq_create_fwspec_mapping(&spec);
	if (!kick->irq)
		return false;
	kick->intid = sgi;
	request(kick);
	if (!kick->ours) {
		irq_dispose_mapping(kick->irq);
		kick->irq = 0;
	}
	return kick->ours;
}

/* The first that the redistributors and the kernel let us have. */
static u32 request_kick(void)
{
	unsigned long usable = kick_sgis ? gic_usable_sgis() & kick_sgis : 0;
	unsigned int sgi;

	for_each_set_bit(sgi, &usable, 16)
	{
		if (request_sgi(&interrupts[KICK], sgi))
			return sgi;
	}
	return HYP_NO_KICK_SGI;
}

int interrupts_request(struct hyp_config *config)
{
	int error = request_timers();

	if (!error)
		error = request_from_tree(&interrupts[MAINTENANCE], gic_node(), 0);
	if (error) {
		interrupts_release();
		return error;
	}
	config->vtimer_ppi = interrupts[VTIMER].intid;
	config->hyptimer_ppi = interrupts[HYPTIMER].intid;
	config->maintenance_ppi = interrupts[MAINTENANCE].intid;
	config->kick_sgi = request_kick();
	config->pmu_ppi = request_pmu();
	return 0;
}

/* The mapping of the SGI is ours; those of the device tree are the kernel's, and stay. */
void interrupts_release(void)
{
	for (unsigned int i = 0; i < INTERRUPT_COUNT; i++) {
		if (interrupts[i].ours)
			free_percpu_irq(interrupts[i].irq, &cookie);
		if (interrupts[i].ours && i == KICK)
			irq_dispose_mapping(interrupts[i].irq);
		interrupts[i].ours = false;
	}
}

void interrupts_online(void)
{
	for (unsigned int i = 0; i < INTERRUPT_COUNT; i++) {
		if (!interrupts[i].irq || irq_percpu_is_enabled(interrupts[i].irq))
			continue;
		enable_percpu_irq(interrupts[i].irq, IRQ_TYPE_NONE);
		this_cpu_or(enabled_here, BIT(i));
	}
}

void interrupts_offline(void)
{
	for (unsigned int i = 0; i < INTERRUPT_COUNT; i++) {
		if (this_cpu_read(enabled_here) & BIT(i))
			disable_percpu_irq(interrupts[i].irq);
	}
	this_cpu_write(enabled_here, 0);
}

bool interrupts_kick_works(void)
{
	return interrupts[KICK].ours && (gic_enabled_private() & BIT(interrupts[KICK].intid));
}

/* Interrupts are masked. Is this the interrupt that the CPU would take next? */
static bool is_next(u32 intid)
{
	return (read_sysreg_s(SYS_ICC_HPPIR1_EL1) & INTID_MASK) == intid;
}

/* Waits a moment: the timer's line takes some time to the redistributor, and that to the CPU. */
static bool becomes_next(u32 intid, bool wanted)
{
	for (unsigned int i = 0; i < LOOKS; i++) {
		if (is_next(intid) == wanted)
			return true;
		udelay(1);
	}
	return false;
}

/* At EL2 the names of a guest's timer are the host's (Arm ARM D8.13.5). */
static u64 read_vtimer(bool compare)
{
	if (is_kernel_in_hyp_mode())
		return compare ? read_sysreg_s(SYS_CNTV_CVAL_EL02)
			       : read_sysreg_s(SYS_CNTV_CTL_EL02);
	return compare ? read_sysreg(cntv_cval_el0) : read_sysreg(cntv_ctl_el0);
}

static void write_vtimer(bool compare, u64 value)
{
	if (is_kernel_in_hyp_mode() && compare)
		write_sysreg_s(value, SYS_CNTV_CVAL_EL02);
	else if (is_kernel_in_hyp_mode())
		write_sysreg_s(value, SYS_CNTV_CTL_EL02);
	else if (compare)
		write_sysreg(value, cntv_cval_el0);
	else
		write_sysreg(value, cntv_ctl_el0);
}

/*
 * The host does not use the virtual timer. It is made to expire while interrupts are masked, so
 * that nobody takes its interrupt, which stays as long as the timer is on.
 */
static bool virtual_timer_arrives_now(void)
{
	unsigned long flags;
	u64 control, deadline;
	bool arrives;

	local_irq_save(flags);
	/* KVM's last machine may have left it active; there is none any more */
	gic_deactivate_private(interrupts[VTIMER].intid);
	control = read_vtimer(false);
	deadline = read_vtimer(true);
	write_vtimer(true, 0);
	write_vtimer(false, ARCH_TIMER_CTRL_ENABLE);
	isb();
	arrives = becomes_next(interrupts[VTIMER].intid, true);
	write_vtimer(false, 0);
	write_vtimer(true, deadline);
	write_vtimer(false, control);
	isb();
	becomes_next(interrupts[VTIMER].intid, false);
	local_irq_restore(flags);
	return arrives;
}

/* Another interrupt may be before it; it is taken in between. */
static bool virtual_timer_arrives(void)
{
	for (unsigned int i = 0; i < TRIES; i++) {
		if (virtual_timer_arrives_now())
			return true;
	}
	return false;
}

int interrupts_check(void)
{
	u32 enabled = gic_enabled_private();
	int error = 0;

	for (unsigned int i = 0; i < KICK; i++) {
		if (enabled & BIT(interrupts[i].intid))
			continue;
		pr_err("CPU %u: interrupt %u (%s) cannot be enabled: firmware keeps it, or the "
		       "device tree has a wrong number\n",
		       smp_processor_id(), interrupts[i].intid, interrupts[i].name);
		error = -ENODEV;
	}
	if (!error && !virtual_timer_arrives()) {
		pr_err("CPU %u: interrupt %u (%s) does not arrive when the timer expires; guests' "
		       "timers would come late\n",
		       smp_processor_id(), interrupts[VTIMER].intid, interrupts[VTIMER].name);
		error = -ENODEV;
	}
	return error;
}
