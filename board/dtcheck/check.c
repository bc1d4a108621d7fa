// SPDX-License-Identifier: BSD-2-Clause
#include "board/dtcheck/check.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <libfdt.h>

#include "board/dtcheck/firmware.h"
#include "board/dtcheck/tree.h"

/* A redistributor's two frames */
#define GICR_FRAMES	  0x20000u
#define GICD_MIN_SIZE	  0x10000u
/* Interrupts of "arm,armv8-timer" in the order of its binding */
#define TIMER_VIRTUAL	  2
#define TIMER_HYPERVISOR  3
/* The Armada 3700's TF-A lives here, and CPU 1 starts in it. */
#define ARMADA_TFA	  0x04000000u
#define ARMADA_TFA_SIZE	  0x00200000u
#define MAX_REGIONS_SHOWN 64

struct context {
	const void *tree;
	FILE *stream;
	unsigned int count[FINDING_BAD + 1];
	char reason[200]; /* the first bad finding */
	char doubt[200];  /* the first thing that is unknown */
	unsigned int cpus;
};

static void find(struct context *context, enum finding finding, const char *subject,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void find(struct context *context, enum finding finding, const char *subject,
		 const char *format, ...)
{
	static const char *const words[] = { "good", "note", "unknown", "BAD" };
	char text[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(context->stream, "  %-8s %-10s %s\n", words[finding], subject, text);
	if (finding == FINDING_BAD && context->count[FINDING_BAD] == 0)
		snprintf(context->reason, sizeof(context->reason), "%s", text);
	if (finding == FINDING_UNKNOWN && context->count[FINDING_UNKNOWN] == 0)
		snprintf(context->doubt, sizeof(context->doubt), "%s", text);
	context->count[finding]++;
}

/* Cores that this project's people and its users meet. vhe: the kernel would run at EL2 itself. */
static const struct core {
	const char *compatible;
	enum { CORE_PLAIN, CORE_VHE, CORE_32BIT } kind;
} cores[] = {
	{ "arm,cortex-a35", CORE_PLAIN },
	{ "arm,cortex-a53", CORE_PLAIN },
	{ "arm,cortex-a57", CORE_PLAIN },
	{ "arm,cortex-a72", CORE_PLAIN },
	{ "arm,cortex-a73", CORE_PLAIN },
	{ "arm,armv8", CORE_PLAIN },
	{ "cavium,thunder", CORE_PLAIN },
	{ "apm,potenza", CORE_PLAIN },
	{ "apm,strega", CORE_PLAIN },
	{ "qcom,kryo", CORE_PLAIN },
	{ "arm,cortex-a55", CORE_VHE },
	{ "arm,cortex-a65", CORE_VHE },
	{ "arm,cortex-a75", CORE_VHE },
	{ "arm,cortex-a76", CORE_VHE },
	{ "arm,cortex-a77", CORE_VHE },
	{ "arm,cortex-a78", CORE_VHE },
	{ "arm,cortex-a78ae", CORE_VHE },
	{ "arm,cortex-a510", CORE_VHE },
	{ "arm,cortex-a710", CORE_VHE },
	{ "arm,cortex-x1", CORE_VHE },
	{ "arm,neoverse-e1", CORE_VHE },
	{ "arm,neoverse-n1", CORE_VHE },
	{ "cavium,thunder2", CORE_VHE },
	{ "brcm,vulcan", CORE_VHE },
	{ "nvidia,carmel", CORE_VHE },
	{ "nvidia,denver", CORE_PLAIN },
	{ "nvidia,tegra132-denver", CORE_PLAIN },
	{ "nvidia,tegra186-denver", CORE_PLAIN },
	{ "arm,cortex-a7", CORE_32BIT },
	{ "arm,cortex-a9", CORE_32BIT },
	{ "arm,cortex-a15", CORE_32BIT },
	{ "arm,cortex-a17", CORE_32BIT },
};

static const struct core *core_of(const void *tree, int cpu)
{
	for (size_t i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
		if (fdt_node_check_compatible(tree, cpu, cores[i].compatible) == 0)
			return &cores[i];
	}
	return NULL;
}

static bool is_cpu(const void *tree, int node)
{
	const char *type = tree_string(tree, node, "device_type");

	return type != NULL && strcmp(type, "cpu") == 0;
}

static void check_core(struct context *context, int cpu)
{
	const char *compatible = tree_string(context->tree, cpu, "compatible");
	const struct core *core = core_of(context->tree, cpu);

	if (core == NULL)
		find(context, FINDING_UNKNOWN, "CPU", "%s: not a core that is known here",
		     compatible == NULL ? "no compatible" : compatible);
	else if (core->kind == CORE_32BIT)
		find(context, FINDING_BAD, "CPU", "%s: a 32-bit core; vmm needs ARMv8-A",
		     core->compatible);
	else if (core->kind == CORE_VHE)
		find(context, FINDING_NOTE, "CPU",
		     "%s has VHE: the kernel keeps EL2 itself, and vmm is a part of it there",
		     core->compatible);
	else
		find(context, FINDING_GOOD, "CPU",
		     "%s: ARMv8.0, the kernel runs at EL1 and leaves EL2", core->compatible);
}

static void check_enable_method(struct context *context, int cpu)
{
	const char *method = tree_string(context->tree, cpu, "enable-method");

	if (context->cpus > 1 && method == NULL)
		find(context, FINDING_UNKNOWN, "CPU",
		     "no enable-method: one CPU alone would start");
	else if (method != NULL && strcmp(method, "psci") != 0)
		find(context, FINDING_NOTE, "CPU", "started by %s, not by PSCI", method);
}

/* Each kind of core once */
static void check_cpus(struct context *context)
{
	const void *tree = context->tree;
	int cpus = fdt_path_offset(tree, "/cpus"), node;
	const char *last = NULL;
	int first = -1;

	fdt_for_each_subnode(node, tree, cpus)
	{
		const char *compatible = tree_string(tree, node, "compatible");

		if (cpus < 0 || !is_cpu(tree, node))
			continue;
		if (first < 0)
			first = node;
		context->cpus++;
		if (last == NULL || compatible == NULL || strcmp(last, compatible) != 0)
			check_core(context, node);
		last = compatible;
	}
	if (context->cpus == 0) {
		find(context, FINDING_BAD, "CPU", "no CPU in /cpus");
		return;
	}
	find(context, FINDING_GOOD, "CPU", "%u in all", context->cpus);
	check_enable_method(context, first);
}

/* Who gives us EL2: firmware at EL3, called by SMC. A machine called by HVC is a guest itself. */
static void check_psci(struct context *context)
{
	static const char *const versions[] = { "arm,psci-1.0", "arm,psci-0.2", "arm,psci" };
	const char *method = NULL;
	size_t i;
	int node = -1;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]) && node < 0; i++)
		node = tree_find(context->tree, -1, versions[i]);
	if (node < 0) {
		find(context, FINDING_UNKNOWN, "EL2",
		     "no PSCI: whether firmware enters the kernel at EL2 is not told");
		return;
	}
	method = tree_string(context->tree, node, "method");
	if (method != NULL && strcmp(method, "smc") == 0)
		find(context, FINDING_GOOD, "EL2",
		     "PSCI (%s) by SMC: firmware is at EL3, EL2 is the kernel's if firmware enters "
		     "it "
		     "there",
		     versions[i - 1]);
	else if (method != NULL && strcmp(method, "hvc") == 0)
		find(context, FINDING_BAD, "EL2",
		     "PSCI by HVC: a hypervisor has EL2 already, this is its guest");
	else
		find(context, FINDING_UNKNOWN, "EL2", "PSCI whose method is neither smc nor hvc");
}

/* Firmware that keeps EL2 says nothing of it in the device tree; one that runs Linux as its guest
 * may. */
static void check_holder(struct context *context)
{
	const char *running = firmware_running_hypervisor(context->tree);
	const char *holder = firmware_hypervisor(context->tree);

	if (running != NULL)
		find(context, FINDING_BAD, "EL2",
		     "%s: a hypervisor has EL2 already, this is its guest", running);
	else if (holder != NULL)
		find(context, FINDING_UNKNOWN, "EL2",
		     "EL2 is normally held by %s: dmesg must say \"started at EL2\"", holder);
}

static void check_maintenance(struct context *context, int gic)
{
	int intid = tree_ppi(context->tree, gic, 0);

	if (intid >= 0)
		find(context, FINDING_GOOD, "GIC", "maintenance interrupt %d (PPI %d)", intid,
		     intid - INTID_PPI);
	else if (intid == -ENOENT)
		find(context, FINDING_BAD, "GIC",
		     "no maintenance interrupt: vmm could not refill list registers");
	else
		find(context, FINDING_BAD, "GIC", "its maintenance interrupt is not a per-CPU one");
}

static void check_redistributors(struct context *context, int gic)
{
	uint32_t regions = tree_cell(context->tree, gic, "#redistributor-regions", 1);
	uint64_t room = 0;

	for (uint32_t i = 0; i < regions && i < 64; i++) {
		struct region region;

		if (tree_reg(context->tree, gic, 1 + i, &region) != 0) {
			find(context, FINDING_BAD, "GIC",
			     "redistributor region %u is missing or "
			     "cannot be reached",
			     i);
			return;
		}
		room += region.size / GICR_FRAMES;
		if (i == 0)
			find(context, FINDING_GOOD, "GIC", "redistributors at 0x%llx, 0x%llx bytes",
			     (unsigned long long)region.address, (unsigned long long)region.size);
	}
	if (room < context->cpus)
		find(context, FINDING_BAD, "GIC", "redistributors for %llu CPUs, but there are %u",
		     (unsigned long long)room, context->cpus);
}

static void check_gicv3(struct context *context, int gic)
{
	struct region region;

	find(context, FINDING_GOOD, "GIC", "GICv3%s",
	     tree_find(context->tree, -1, "arm,gic-v3-its") >= 0 ? " with ITS" : "");
	if (tree_reg(context->tree, gic, 0, &region) == 0 && region.size >= GICD_MIN_SIZE)
		find(context, FINDING_GOOD, "GIC", "distributor at 0x%llx",
		     (unsigned long long)region.address);
	else
		find(context, FINDING_BAD, "GIC", "its distributor is missing or too small");
	check_redistributors(context, gic);
	check_maintenance(context, gic);
}

static void check_gic(struct context *context)
{
	static const char *const older[] = { "arm,gic-400",	  "arm,cortex-a15-gic",
					     "arm,cortex-a7-gic", "arm,cortex-a9-gic",
					     "qcom,msm-qgic2",	  "brcm,bcm2836-l1-intc" };
	int gic = tree_find(context->tree, -1, "arm,gic-v3");

	if (gic >= 0) {
		check_gicv3(context, gic);
		return;
	}
	for (size_t i = 0; i < sizeof(older) / sizeof(older[0]); i++) {
		if (tree_find(context->tree, -1, older[i]) >= 0) {
			find(context, FINDING_BAD, "GIC",
			     "%s: vmm needs a GICv3, whose CPU interface is system registers",
			     older[i]);
			return;
		}
	}
	find(context, FINDING_BAD, "GIC", "no GICv3 in this device tree");
}

static void check_timer(struct context *context, int timer, const char *which, const char *name,
			unsigned int index)
{
	int intid = tree_ppi(context->tree, timer,
			     tree_interrupt_index(context->tree, timer, name, index));

	if (intid >= 0)
		find(context, FINDING_GOOD, "timer", "%s timer's interrupt is %d (PPI %d)", which,
		     intid, intid - INTID_PPI);
	else
		find(context, FINDING_BAD, "timer", "no per-CPU interrupt for the %s timer", which);
}

static void check_timers(struct context *context)
{
	int timer = tree_find(context->tree, -1, "arm,armv8-timer");

	if (timer < 0) {
		find(context, FINDING_BAD, "timer", "no arm,armv8-timer");
		return;
	}
	check_timer(context, timer, "virtual", "virt", TIMER_VIRTUAL);
	check_timer(context, timer, "hypervisor", "hyp-phys", TIMER_HYPERVISOR);
	if (fdt_getprop(context->tree, timer, "arm,cpu-registers-not-fw-configured", NULL) != NULL)
		find(context, FINDING_BAD, "timer",
		     "firmware leaves the timer's registers unset, CNTVOFF_EL2 among them");
}

static bool contains(const struct region *outer, uint64_t address, uint64_t size)
{
	return address >= outer->address && size <= outer->size &&
	       address - outer->address <= outer->size - size;
}

/* Nodes without reg are pools that the kernel places itself. */
static bool list_kept(struct context *context, int reserved)
{
	unsigned int shown = 0;
	bool tfa = false;
	int node;

	fdt_for_each_subnode(node, context->tree, reserved)
	{
		struct region region;

		if (fdt_getprop(context->tree, node, "no-map", NULL) == NULL ||
		    !tree_enabled(context->tree, node) ||
		    tree_reg(context->tree, node, 0, &region) != 0)
			continue;
		tfa |= contains(&region, ARMADA_TFA, ARMADA_TFA_SIZE);
		if (shown++ < MAX_REGIONS_SHOWN)
			find(context, FINDING_GOOD, "memory",
			     "kept by firmware: 0x%llx to 0x%llx (%s)",
			     (unsigned long long)region.address,
			     (unsigned long long)(region.address + region.size - 1),
			     fdt_get_name(context->tree, node, NULL));
	}
	return tfa;
}

static bool is_armada_3700(const void *tree)
{
	return fdt_node_check_compatible(tree, 0, "marvell,armada3710") == 0 ||
	       fdt_node_check_compatible(tree, 0, "marvell,armada3720") == 0;
}

static void check_kept_memory(struct context *context)
{
	int reserved = fdt_path_offset(context->tree, "/reserved-memory");
	bool tfa = reserved >= 0 && list_kept(context, reserved);

	if (is_armada_3700(context->tree) && !tfa)
		find(context, FINDING_BAD, "memory",
		     "TF-A's memory (0x%x to 0x%x) is not kept: Linux would overwrite it",
		     ARMADA_TFA, ARMADA_TFA + ARMADA_TFA_SIZE - 1);
	for (int i = 0; i < fdt_num_mem_rsv(context->tree) && i < MAX_REGIONS_SHOWN; i++) {
		uint64_t address, size;

		if (fdt_get_mem_rsv(context->tree, i, &address, &size) == 0)
			find(context, FINDING_NOTE, "memory",
			     "reserved by the header: 0x%llx, 0x%llx bytes",
			     (unsigned long long)address, (unsigned long long)size);
	}
}

static void check_memory(struct context *context)
{
	uint64_t total = 0;
	int node;

	fdt_for_each_subnode(node, context->tree, 0)
	{
		const char *type = tree_string(context->tree, node, "device_type");
		struct region region;

		if (type == NULL || strcmp(type, "memory") != 0)
			continue;
		for (unsigned int i = 0; tree_reg(context->tree, node, i, &region) == 0; i++)
			total += region.size;
	}
	if (total == 0)
		find(context, FINDING_NOTE, "memory", "its size is filled in by the boot loader");
	else
		find(context, FINDING_NOTE, "memory", "%llu MiB (the boot loader may set it right)",
		     (unsigned long long)total >> 20);
	check_kept_memory(context);
}

enum verdict check_machine(const void *tree, const char *name, FILE *stream)
{
	struct context context = { .tree = tree, .stream = stream };
	const char *model = tree_string(tree, 0, "model");

	fprintf(stream, "%s: %s\n", name, model == NULL ? "(no model)" : model);
	check_cpus(&context);
	check_psci(&context);
	check_holder(&context);
	check_gic(&context);
	check_timers(&context);
	check_memory(&context);
	if (context.count[FINDING_BAD] > 0) {
		fprintf(stream, "%s: cannot run vmm: %s\n", name, context.reason);
		return VERDICT_NO;
	}
	if (context.count[FINDING_UNKNOWN] > 0) {
		fprintf(stream, "%s: may run vmm: %s\n", name, context.doubt);
		return VERDICT_MAYBE;
	}
	fprintf(stream, "%s: can run vmm\n", name);
	return VERDICT_YES;
}
