// SPDX-License-Identifier: BSD-2-Clause
/* The machine's GICv3, as the device tree describes it ("arm,gic-v3" binding; GIC specification IHI
 * 0069, 12). */
#include <linux/cpu.h>
#include <linux/io.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_device.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include <asm/cputype.h>

#include "vmm_linux.h"

#define FRAME_SIZE	 0x10000
#define FRAMES_GICV3	 2
#define FRAMES_GICV4	 4	 /* with the virtual LPI frames */
#define OUR_SGIS	 0xff00u /* Linux has 0 to 7 */
#define GICD_CTLR_DS_BIT BIT(6)

static struct device_node *node;
static void __iomem **frames; /* by CPU: the RD frame, and the SGI frame behind it */
static bool two_security_states;
static atomic_t usable;

struct device_node *gic_node(void)
{
	return node;
}

/* The affinity of a CPU from its device tree node; ~0 if it has none. */
static u64 cpu_affinity(unsigned int cpu)
{
	struct device_node *cpu_node = of_cpu_device_node_get(cpu);
	u64 affinity = ~0ull;
	int cells = of_property_count_u32_elems(cpu_node, "reg");
	u32 low;

	if (cells == 2)
		of_property_read_u64(cpu_node, "reg", &affinity);
	else if (cells == 1 && !of_property_read_u32(cpu_node, "reg", &low))
		affinity = low;
	of_node_put(cpu_node);
	return affinity;
}

/* GICR_TYPER.Affinity_Value has Aff3 right above Aff2; MPIDR_EL1 leaves a gap. */
static u64 typer_affinity(u64 typer)
{
	u64 value = typer >> 32;

	return (value & 0xffffff) | (value >> 24) << 32;
}

static int note_frame(phys_addr_t pa, u64 typer, pa_t *gicr, u64 *mpidr, u64 *gicr_host)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
	{
		if (gicr[cpu].value || cpu_affinity(cpu) != typer_affinity(typer))
			continue;
		frames[cpu] = ioremap(pa, FRAMES_GICV3 * FRAME_SIZE);
		if (!frames[cpu])
			return -ENOMEM;
		gicr_host[cpu] = (uintptr_t)frames[cpu];
		gicr[cpu] = pa_from(pa);
		mpidr[cpu] = typer_affinity(typer);
	}
	return 0;
}

/* One region of redistributors side by side; GICR_TYPER.Last ends it. */
static int walk_region(const struct resource *region, u64 stride, pa_t *gicr, u64 *mpidr,
		       u64 *gicr_host)
{
	resource_size_t offset = 0;
	int error = 0;
	u64 typer = 0;

	while (!error && !(typer & GICR_TYPER_LAST) &&
	       offset + FRAMES_GICV3 * FRAME_SIZE <= resource_size(region)) {
		void __iomem *frame = ioremap(region->start + offset, PAGE_SIZE);

		if (!frame)
			return -ENOMEM;
		typer = readq_relaxed(frame + GICR_TYPER);
		iounmap(frame);
		error = note_frame(region->start + offset, typer, gicr, mpidr, gicr_host);
		if (stride)
			offset += stride;
		else
			offset += FRAME_SIZE *
				  (typer & GICR_TYPER_VLPIS ? FRAMES_GICV4 : FRAMES_GICV3);
	}
	return error;
}

static int walk_regions(pa_t *gicr, u64 *mpidr, u64 *gicr_host)
{
	struct resource region;
	u32 regions = 1;
	u64 stride = 0;
	int error = 0;

	of_property_read_u32(node, "#redistributor-regions", &regions);
	of_property_read_u64(node, "redistributor-stride", &stride);
	for (u32 i = 0; i < regions && !error; i++) {
		error = of_address_to_resource(node, 1 + i, &region);
		if (!error)
			error = walk_region(&region, stride, gicr, mpidr, gicr_host);
	}
	return error;
}

/* With two security states GICD_CTLR.DS reads as zero here, and groups are firmware's. */
static int read_distributor(void)
{
	void __iomem *distributor = of_iomap(node, 0);

	if (!distributor)
		return -ENOMEM;
	two_security_states = !(readl_relaxed(distributor + GICD_CTLR) & GICD_CTLR_DS_BIT);
	iounmap(distributor);
	return 0;
}

static int check_cpus(const pa_t *gicr)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
	{
		if (!gicr[cpu].value) {
			pr_err("GICv3: the device tree has no redistributor for CPU %u\n", cpu);
			return -ENODEV;
		}
	}
	return 0;
}

static struct device_node *find_node(void)
{
	struct device_node *found = of_find_compatible_node(NULL, NULL, "arm,gic-v3");

	if (found && of_device_is_available(found))
		return found;
	of_node_put(found);
	return NULL;
}

int gic_check(void)
{
	struct device_node *found = find_node();

	of_node_put(found);
	if (found)
		return 0;
	pr_err("GICv3: the device tree has none; hosts with a GICv2, or with ACPI only, are not "
	       "supported\n");
	return -ENODEV;
}

int gic_find(pa_t *gicr, u64 *mpidr, u64 *gicr_host)
{
	int error;

	node = find_node();
	if (!node)
		return -ENODEV;
	frames = kcalloc(nr_cpu_ids, sizeof(*frames), GFP_KERNEL);
	error = frames ? read_distributor() : -ENOMEM;
	if (!error)
		error = walk_regions(gicr, mpidr, gicr_host);
	if (!error)
		error = check_cpus(gicr);
	if (error)
		gic_forget();
	return error;
}

void gic_forget(void)
{
	for (unsigned int cpu = 0; frames && cpu < nr_cpu_ids; cpu++) {
		if (frames[cpu])
			iounmap(frames[cpu]);
	}
	kfree(frames);
	frames = NULL;
	of_node_put(node);
	node = NULL;
}

/*
 * On each CPU: which of our SGIs does the redistributor let us enable? Those that firmware made
 * secure, or group 0, read as zero. What was enabled before stays so.
 */
static void probe_sgis(void *unused)
{
	void __iomem *frame = frames[smp_processor_id()] + FRAME_SIZE;
	u32 before = readl_relaxed(frame + GICR_ISENABLER0);
	u32 after;

	writel_relaxed(OUR_SGIS, frame + GICR_ISENABLER0);
	after = readl_relaxed(frame + GICR_ISENABLER0);
	writel_relaxed(after & ~before & OUR_SGIS, frame + GICR_ICENABLER0);
	if (!two_security_states)
		after &= readl_relaxed(frame + GICR_IGROUPR0);
	/* One that somebody uses already is not ours. */
	atomic_and(after & ~before & OUR_SGIS, &usable);
}

u32 gic_enabled_private(void)
{
	void __iomem *frame = frames[smp_processor_id()] + FRAME_SIZE;
	u32 enabled = readl_relaxed(frame + GICR_ISENABLER0);

	return two_security_states ? enabled : enabled & readl_relaxed(frame + GICR_IGROUPR0);
}

void gic_deactivate_private(u32 intid)
{
	void __iomem *frame = frames[smp_processor_id()] + FRAME_SIZE;

	writel_relaxed(BIT(intid), frame + GICR_ICACTIVER0);
	readl_relaxed(frame + GICR_ICACTIVER0); /* it has taken effect */
}

u32 gic_usable_sgis(void)
{
	atomic_set(&usable, OUR_SGIS);
	on_each_cpu(probe_sgis, NULL, 1);
	return atomic_read(&usable);
}
