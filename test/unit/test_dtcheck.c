/* SPDX-License-Identifier: BSD-2-Clause */
/* dtcheck: what is said of machines that can and that cannot run vmm, and of broken device trees.
 */
/* sources: board/dtcheck/tree.c board/dtcheck/check.c board/dtcheck/firmware.c */
/* sources: board/common/error.c */
/* libs: -lfdt */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "board/dtcheck/check.h"
#include "board/dtcheck/tree.h"

#define TREE_SIZE 8192
#define GIC	  1u /* phandle */

static void check(int result)
{
	if (result != 0)
		fail_msg("libfdt: %s", fdt_strerror(result));
}

static void set_cells(void *tree, const char *path, const char *name, const uint32_t *cells,
		      unsigned int count)
{
	fdt32_t value[16];

	for (unsigned int i = 0; i < count; i++)
		value[i] = cpu_to_fdt32(cells[i]);
	check(fdt_setprop(tree, fdt_path_offset(tree, path), name, value,
			  (int)(count * sizeof(value[0]))));
}

#define CELLS(tree, path, name, ...)                                   \
	set_cells(tree, path, name, (const uint32_t[]){ __VA_ARGS__ }, \
		  sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void text(void *tree, const char *path, const char *name, const char *value)
{
	check(fdt_setprop_string(tree, fdt_path_offset(tree, path), name, value));
}

static void add(void *tree, const char *parent, const char *name)
{
	int node = fdt_add_subnode(tree, fdt_path_offset(tree, parent), name);

	if (node < 0)
		check(node);
}

static void add_cpus(void *tree)
{
	add(tree, "/", "cpus");
	CELLS(tree, "/cpus", "#address-cells", 1);
	CELLS(tree, "/cpus", "#size-cells", 0);
	for (uint32_t i = 0; i < 2; i++) {
		char path[] = "/cpus/cpu@0";

		path[10] = (char)('0' + i);
		add(tree, "/cpus", path + 6);
		text(tree, path, "device_type", "cpu");
		text(tree, path, "compatible", "arm,cortex-a53");
		text(tree, path, "enable-method", "psci");
		CELLS(tree, path, "reg", i);
	}
}

/* The board's: addresses of the GIC go through two buses */
static void add_soc(void *tree)
{
	add(tree, "/", "soc");
	CELLS(tree, "/soc", "#address-cells", 2);
	CELLS(tree, "/soc", "#size-cells", 2);
	check(fdt_setprop(tree, fdt_path_offset(tree, "/soc"), "ranges", NULL, 0));
	add(tree, "/soc", "regs");
	CELLS(tree, "/soc/regs", "#address-cells", 1);
	CELLS(tree, "/soc/regs", "#size-cells", 1);
	CELLS(tree, "/soc/regs", "ranges", 0, 0, 0xd0000000, 0x2000000);
	add(tree, "/soc/regs", "gic");
	text(tree, "/soc/regs/gic", "compatible", "arm,gic-v3");
	CELLS(tree, "/soc/regs/gic", "phandle", GIC);
	CELLS(tree, "/soc/regs/gic", "#interrupt-cells", 3);
	CELLS(tree, "/soc/regs/gic", "reg", 0x1d00000, 0x10000, 0x1d40000, 0x40000);
	CELLS(tree, "/soc/regs/gic", "interrupts", 1, 9, 4);
}

/* A machine like the ESPRESSObin */
static void *machine(void)
{
	void *tree = calloc(1, TREE_SIZE);

	check(fdt_create_empty_tree(tree, TREE_SIZE));
	text(tree, "/", "model", "a test");
	text(tree, "/", "compatible", "marvell,armada3720");
	CELLS(tree, "/", "#address-cells", 2);
	CELLS(tree, "/", "#size-cells", 2);
	CELLS(tree, "/", "interrupt-parent", GIC);
	add(tree, "/", "reserved-memory");
	CELLS(tree, "/reserved-memory", "#address-cells", 2);
	CELLS(tree, "/reserved-memory", "#size-cells", 2);
	check(fdt_setprop(tree, fdt_path_offset(tree, "/reserved-memory"), "ranges", NULL, 0));
	add(tree, "/reserved-memory", "psci-area");
	CELLS(tree, "/reserved-memory/psci-area", "reg", 0, 0x4000000, 0, 0x200000);
	check(fdt_setprop(tree, fdt_path_offset(tree, "/reserved-memory/psci-area"), "no-map", NULL,
			  0));
	add(tree, "/", "psci");
	text(tree, "/psci", "compatible", "arm,psci-0.2");
	text(tree, "/psci", "method", "smc");
	add(tree, "/", "timer");
	text(tree, "/timer", "compatible", "arm,armv8-timer");
	CELLS(tree, "/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	add_cpus(tree);
	add_soc(tree);
	return tree;
}

/* Checks a tree, frees it, and looks for a part of what is said. */
static void expect(void *tree, enum verdict verdict, const char *part)
{
	char *said = NULL;
	size_t size;
	FILE *stream = open_memstream(&said, &size);
	struct board_error error;
	enum verdict is;

	if (tree_check(tree, TREE_SIZE, &error) != 0)
		fail_msg("%s", error.text);
	is = check_machine(tree, "x", stream);
	fclose(stream);
	if (is != verdict || strstr(said, part) == NULL)
		fail_msg("verdict %d, no \"%s\" in:\n%s", is, part, said);
	free(said);
	free(tree);
}

static void machine_like_the_board_can_run_vmm(void **state)
{
	(void)state;
	expect(machine(), VERDICT_YES, "x: can run vmm");
	expect(machine(), VERDICT_YES, "2 in all");
	expect(machine(), VERDICT_YES, "kept by firmware: 0x4000000 to 0x41fffff (psci-area)");
}

static void addresses_go_through_the_buses(void **state)
{
	(void)state;
	expect(machine(), VERDICT_YES, "distributor at 0xd1d00000");
	expect(machine(), VERDICT_YES, "redistributors at 0xd1d40000, 0x40000 bytes");
}

static void interrupts_are_told_as_intids(void **state)
{
	(void)state;
	expect(machine(), VERDICT_YES, "maintenance interrupt 25 (PPI 9)");
	expect(machine(), VERDICT_YES, "virtual timer's interrupt is 27");
	expect(machine(), VERDICT_YES, "hypervisor timer's interrupt is 26");
}

static void gicv2_cannot_run_vmm(void **state)
{
	void *tree = machine();

	(void)state;
	text(tree, "/soc/regs/gic", "compatible", "arm,gic-400");
	expect(tree, VERDICT_NO, "x: cannot run vmm: arm,gic-400: vmm needs a GICv3");
}

static void gic_that_is_disabled_is_none(void **state)
{
	void *tree = machine();

	(void)state;
	text(tree, "/soc/regs/gic", "status", "disabled");
	expect(tree, VERDICT_NO, "no GICv3");
}

static void gic_without_maintenance_interrupt_cannot_run_vmm(void **state)
{
	void *tree = machine();

	(void)state;
	check(fdt_delprop(tree, fdt_path_offset(tree, "/soc/regs/gic"), "interrupts"));
	expect(tree, VERDICT_NO, "no maintenance interrupt");
	tree = machine();
	CELLS(tree, "/soc/regs/gic", "interrupts", 0, 9, 4);
	expect(tree, VERDICT_NO, "its maintenance interrupt is not a per-CPU one");
}

static void too_few_redistributors_are_seen(void **state)
{
	void *tree = machine();

	(void)state;
	CELLS(tree, "/soc/regs/gic", "reg", 0x1d00000, 0x10000, 0x1d40000, 0x20000);
	expect(tree, VERDICT_NO, "redistributors for 1 CPUs, but there are 2");
	tree = machine();
	CELLS(tree, "/soc/regs/gic", "reg", 0x1d00000, 0x10000);
	expect(tree, VERDICT_NO, "redistributor region 0 is missing");
}

static void address_outside_every_range_is_seen(void **state)
{
	void *tree = machine();

	(void)state;
	CELLS(tree, "/soc/regs/gic", "reg", 0x3d00000, 0x10000, 0x1d40000, 0x40000);
	expect(tree, VERDICT_NO, "its distributor is missing");
}

static void guest_of_a_hypervisor_cannot_run_vmm(void **state)
{
	void *tree = machine();

	(void)state;
	text(tree, "/psci", "method", "hvc");
	expect(tree, VERDICT_NO, "a hypervisor has EL2 already");
}

static void machine_without_psci_is_left_open(void **state)
{
	void *tree = machine();

	(void)state;
	text(tree, "/psci", "status", "disabled");
	expect(tree, VERDICT_MAYBE, "whether firmware enters the kernel at EL2 is not told");
}

static void timer_without_hypervisor_interrupt_cannot_run_vmm(void **state)
{
	void *tree = machine();

	(void)state;
	CELLS(tree, "/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4);
	expect(tree, VERDICT_NO, "no per-CPU interrupt for the hypervisor timer");
	tree = machine();
	text(tree, "/timer", "compatible", "arm,armv7-timer");
	expect(tree, VERDICT_NO, "no arm,armv8-timer");
}

static void names_of_interrupts_overrule_their_order(void **state)
{
	static const char names[] = "hyp-phys\0phys\0virt";
	void *tree = machine();

	(void)state;
	CELLS(tree, "/timer", "interrupts", 1, 10, 4, 1, 14, 4, 1, 11, 4);
	check(fdt_setprop(tree, fdt_path_offset(tree, "/timer"), "interrupt-names", names,
			  sizeof(names)));
	expect(tree, VERDICT_YES, "hypervisor timer's interrupt is 26");
}

static void extended_interrupts_are_understood(void **state)
{
	void *tree = machine();

	(void)state;
	check(fdt_delprop(tree, fdt_path_offset(tree, "/soc/regs/gic"), "interrupts"));
	CELLS(tree, "/soc/regs/gic", "interrupts-extended", GIC, 1, 9, 4);
	expect(tree, VERDICT_YES, "maintenance interrupt 25");
	tree = machine();
	CELLS(tree, "/soc/regs/gic", "interrupts-extended", 77, 1, 9, 4);
	expect(tree, VERDICT_NO, "not a per-CPU one");
}

static void core_with_vhe_is_told_what_to_do(void **state)
{
	void *tree = machine();

	(void)state;
	text(tree, "/cpus/cpu@0", "compatible", "arm,cortex-a55");
	expect(tree, VERDICT_YES, "arm,cortex-a55 has VHE");
	tree = machine();
	text(tree, "/cpus/cpu@1", "compatible", "arm,cortex-a7");
	expect(tree, VERDICT_NO, "a 32-bit core");
	tree = machine();
	text(tree, "/cpus/cpu@1", "compatible", "somebody,core");
	expect(tree, VERDICT_MAYBE, "somebody,core: not a core that is known here");
}

static void board_whose_firmware_memory_is_not_kept_cannot_run_vmm(void **state)
{
	void *tree = machine();

	(void)state;
	check(fdt_delprop(tree, fdt_path_offset(tree, "/reserved-memory/psci-area"), "no-map"));
	expect(tree, VERDICT_NO, "TF-A's memory (0x4000000 to 0x41fffff) is not kept");
	tree = machine();
	CELLS(tree, "/reserved-memory/psci-area", "reg", 0, 0x4000000, 0, 0x100000);
	expect(tree, VERDICT_NO, "TF-A's memory (0x4000000 to 0x41fffff) is not kept");
}

static void machine_without_cpus_is_refused(void **state)
{
	void *tree = machine();

	(void)state;
	check(fdt_del_node(tree, fdt_path_offset(tree, "/cpus")));
	expect(tree, VERDICT_NO, "no CPU in /cpus");
}

static void files_that_are_no_device_tree_are_refused(void **state)
{
	void *tree = machine();
	struct board_error error;

	(void)state;
	assert_int_equal(tree_check("/dts-v1/; / { model = \"a source, not a blob at all\"; };", 56,
				    &error),
			 -EINVAL);
	assert_non_null(strstr(error.text, "compile it with dtc"));
	assert_int_equal(tree_check("\xd0\x0d\xfe\xed", 4, &error), -EINVAL);
	assert_int_equal(tree_check(tree, fdt_totalsize(tree) - 1, &error), -EINVAL);
	assert_non_null(strstr(error.text, "cut short"));
	fdt_set_off_dt_struct(tree, 0xfffffff0);
	assert_int_equal(tree_check(tree, TREE_SIZE, &error), -EINVAL);
	free(tree);
}

static void damaged_trees_are_checked_or_refused_but_never_trusted(void **state)
{
	unsigned int seed = 3720;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		uint8_t *tree = machine();
		FILE *nowhere = fopen("/dev/null", "w");
		uint32_t size = fdt_off_dt_strings(tree) + fdt_size_dt_strings(tree);
		uint8_t *exact;

		for (int i = 1 + rand_r(&seed) % 4; i > 0; i--)
			tree[(uint32_t)rand_r(&seed) % size] = (uint8_t)rand_r(&seed);
		/* Exactly as large as the file would be, for the sanitizer to see what is read past
		 * it. */
		exact = malloc(TREE_SIZE);
		memcpy(exact, tree, TREE_SIZE);
		if (tree_check(exact, TREE_SIZE, NULL) == 0)
			check_machine(exact, "x", nowhere);
		fclose(nowhere);
		free(exact);
		free(tree);
	}
}

static void machine_whose_firmware_normally_keeps_el2_may_run_vmm(void **state)
{
	static const struct {
		const char *compatible, *holder;
	} cases[] = {
		{ "vendor,phone\0qcom,msm8996", "Gunyah or QHEE" },
		{ "samsung,exynosautov9", "RKP or H-Arx" },
		{ "mediatek,mt6797", "GenieZone" },
		{ "hisilicon,hi3670-hikey970\0hisilicon,hi3670", "HHEE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *second = cases[i].compatible + strlen(cases[i].compatible) + 1;
		size_t size = (size_t)(second - cases[i].compatible);
		void *tree = machine();

		if (i == 0 || i == 3)
			size += strlen(second) + 1;
		check(fdt_setprop(tree, 0, "compatible", cases[i].compatible, (int)size));
		expect(tree, VERDICT_MAYBE, cases[i].holder);
		tree = machine();
		check(fdt_setprop(tree, 0, "compatible", cases[i].compatible, (int)size));
		expect(tree, VERDICT_MAYBE, "x: may run vmm: EL2 is normally held by");
	}
}

static void boards_of_a_vendor_whose_phones_have_a_hypervisor_can_run_vmm(void **state)
{
	static const char *const compatibles[] = { "mediatek,mt7986a", "mediatek,mt8183",
						   "hisilicon,hip07-d05", "nvidia,tegra186" };

	(void)state;
	for (size_t i = 0; i < sizeof(compatibles) / sizeof(compatibles[0]); i++) {
		void *tree = machine();

		text(tree, "/", "compatible", compatibles[i]);
		expect(tree, VERDICT_YES, "x: can run vmm");
	}
}

static void hypervisor_that_is_there_already_is_named(void **state)
{
	void *tree = machine();

	(void)state;
	add(tree, "/", "hypervisor");
	text(tree, "/hypervisor", "compatible", "xen,xen");
	expect(tree, VERDICT_NO, "cannot run vmm: xen,xen: a hypervisor has EL2 already");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_like_the_board_can_run_vmm),
		cmocka_unit_test(addresses_go_through_the_buses),
		cmocka_unit_test(interrupts_are_told_as_intids),
		cmocka_unit_test(gicv2_cannot_run_vmm),
		cmocka_unit_test(gic_that_is_disabled_is_none),
		cmocka_unit_test(gic_without_maintenance_interrupt_cannot_run_vmm),
		cmocka_unit_test(too_few_redistributors_are_seen),
		cmocka_unit_test(address_outside_every_range_is_seen),
		cmocka_unit_test(guest_of_a_hypervisor_cannot_run_vmm),
		cmocka_unit_test(machine_without_psci_is_left_open),
		cmocka_unit_test(timer_without_hypervisor_interrupt_cannot_run_vmm),
		cmocka_unit_test(names_of_interrupts_overrule_their_order),
		cmocka_unit_test(extended_interrupts_are_understood),
		cmocka_unit_test(core_with_vhe_is_told_what_to_do),
		cmocka_unit_test(board_whose_firmware_memory_is_not_kept_cannot_run_vmm),
		cmocka_unit_test(machine_without_cpus_is_refused),
		cmocka_unit_test(files_that_are_no_device_tree_are_refused),
		cmocka_unit_test(damaged_trees_are_checked_or_refused_but_never_trusted),
		cmocka_unit_test(machine_whose_firmware_normally_keeps_el2_may_run_vmm),
		cmocka_unit_test(boards_of_a_vendor_whose_phones_have_a_hypervisor_can_run_vmm),
		cmocka_unit_test(hypervisor_that_is_there_already_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
