// SPDX-License-Identifier: BSD-2-Clause
/*
 * The generated device tree, read back with libfdt.
 *
 * sources: bhyve/fdt.c
 * libs: -lfdt
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include "bhyve/fdt.h"
#include "lib/loader/load.h"

static char blob[65536];
static struct fdt_machine machine;

static int setup(void **state)
{
	(void)state;
	machine = (struct fdt_machine){
		.cpus = 2,
		.redistributors = 2,
		.memory_base = 0x40000000,
		.memory_size = 0x140000000ULL,
		.cmdline = "console=ttyAMA0 quiet",
		.initrd = 0x48000000,
		.initrd_size = 0x1234,
		.slots = 0x9,
		.kaslr_seed = 0x1122334455667788ULL,
	};
	memset(machine.rng_seed, 0xa5, sizeof(machine.rng_seed));
	return 0;
}

static void build(void)
{
	memset(blob, 0xff, sizeof(blob));
	assert_int_equal(fdt_build(&machine, blob, sizeof(blob)), 0);
	assert_int_equal(fdt_check_full(blob, sizeof(blob)), 0);
}

static int node(const char *path)
{
	int offset = fdt_path_offset(blob, path);

	if (offset < 0)
		fail_msg("%s: %s", path, fdt_strerror(offset));
	return offset;
}

static const void *property(const char *path, const char *name, int want_len)
{
	int len;
	const void *value = fdt_getprop(blob, node(path), name, &len);

	if (!value)
		fail_msg("%s: no %s", path, name);
	if (want_len >= 0)
		assert_int_equal(len, want_len);
	return value;
}

static void assert_cells(const char *path, const char *name, unsigned count, const uint32_t *want)
{
	const fdt32_t *cells = property(path, name, (int)count * 4);

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(fdt32_to_cpu(cells[i]), want[i]);
}

#define CELLS(path, name, ...)                                            \
	assert_cells(path, name, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4, \
		     (uint32_t[]){ __VA_ARGS__ })

static void chosen_has_command_line_initrd_console_and_seeds(void **state)
{
	(void)state;
	build();
	assert_string_equal(property("/chosen", "bootargs", -1), "console=ttyAMA0 quiet");
	CELLS("/chosen", "linux,initrd-start", 0, 0x48000000);
	CELLS("/chosen", "linux,initrd-end", 0, 0x48001234);
	CELLS("/chosen", "kaslr-seed", 0x11223344, 0x55667788);
	assert_memory_equal(property("/chosen", "rng-seed", 32), machine.rng_seed, 32);
	assert_string_equal(property("/chosen", "stdout-path", -1), "serial0:115200n8");
	/* the alias leads to the UART */
	node(property("/aliases", "serial0", -1));
}

/* What lib/loader leaves room for behind a FreeBSD kernel. */
static void panics_have_their_register(void **state)
{
	(void)state;
	build();
	assert_string_equal(property("/pvpanic@90d0000", "compatible", -1), "qemu,pvpanic-mmio");
	CELLS("/pvpanic@90d0000", "reg", 0, 0x090d0000, 0, 2);
}

/* arm,sbsa-gwdt.yaml: control and refresh frame, in this order. */
static void watchdog_has_its_two_frames(void **state)
{
	(void)state;
	build();
	assert_string_equal(property("/watchdog@90e0000", "compatible", -1), "arm,sbsa-gwdt");
	CELLS("/watchdog@90e0000", "reg", 0, 0x090e0000, 0, 0x1000, 0, 0x090f0000, 0, 0x1000);
	CELLS("/watchdog@90e0000", "interrupts", 0, 10, 4);
}

static void largest_tree_fits_into_the_small_room(void **state)
{
	static char cmdline[RECORD_CMDLINE_MAX + 1];

	(void)state;
	memset(cmdline, 'x', RECORD_CMDLINE_MAX);
	machine.cmdline = cmdline;
	machine.cpus = machine.redistributors = 16;
	machine.sockets = machine.cores = 2;
	machine.threads = 4;
	machine.slots = UINT32_MAX;
	machine.flash = machine.firmware = true;
	machine.uuid = "00112233-4455-6677-8899-aabbccddeeff";
	build();
	assert_true(fdt_totalsize(blob) <= LOADER_DTB_SMALL / 2);
}

static void without_initrd_there_is_no_initrd_property(void **state)
{
	(void)state;
	machine.initrd_size = 0;
	build();
	assert_null(fdt_getprop(blob, node("/chosen"), "linux,initrd-start", NULL));
	assert_null(fdt_getprop(blob, node("/chosen"), "linux,initrd-end", NULL));
}

static void memory_beyond_4_gib_is_described(void **state)
{
	(void)state;
	build();
	CELLS("/memory@40000000", "reg", 0, 0x40000000, 1, 0x40000000);
	assert_string_equal(property("/memory@40000000", "device_type", 7), "memory");
}

static void cpus_are_started_by_psci_over_hvc(void **state)
{
	(void)state;
	machine.cpus = machine.redistributors = 16;
	build();
	CELLS("/cpus/cpu@0", "reg", 0);
	CELLS("/cpus/cpu@f", "reg", 15);
	assert_string_equal(property("/cpus/cpu@f", "enable-method", -1), "psci");
	assert_string_equal(property("/cpus/cpu@f", "compatible", -1), "arm,armv8");
	assert_string_equal(property("/psci", "method", -1), "hvc");
	assert_int_equal(fdt_node_check_compatible(blob, node("/psci"), "arm,psci-1.0"), 0);
	assert_int_equal(fdt_node_check_compatible(blob, node("/psci"), "arm,psci-0.2"), 0);
	assert_true(fdt_path_offset(blob, "/cpus/cpu@10") < 0);
}

static void gic_has_a_redistributor_for_each_vcpu(void **state)
{
	(void)state;
	machine.redistributors = 4;
	build();
	CELLS("/intc@8000000", "reg", 0, 0x08000000, 0, 0x10000, 0, 0x080a0000, 0, 0x80000);
	/* of the maintenance interrupt, which a guest without EL2 has not */
	assert_null(fdt_getprop(blob, node("/intc@8000000"), "interrupts", NULL));
	assert_string_equal(property("/intc@8000000", "compatible", -1), "arm,gic-v3");
	assert_int_equal(fdt32_to_cpu(*(const fdt32_t *)property("/", "interrupt-parent", 4)),
			 fdt_get_phandle(blob, node("/intc@8000000")));
}

static void timer_has_its_four_interrupts(void **state)
{
	(void)state;
	build();
	CELLS("/timer", "interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
	property("/timer", "always-on", 0);
}

static void monitors_interrupt_by_ppi_7_where_there_are_any(void **state)
{
	(void)state;
	build();
	assert_true(fdt_path_offset(blob, "/pmu") < 0);
	machine.pmu = true;
	build();
	assert_string_equal(property("/pmu", "compatible", -1), "arm,armv8-pmuv3");
	CELLS("/pmu", "interrupts", 1, 7, 4);
}

static void uart_and_rtc_have_clock_and_level_interrupt(void **state)
{
	uint32_t clock;

	(void)state;
	build();
	clock = fdt_get_phandle(blob, node("/apb-pclk"));
	CELLS("/pl011@9000000", "reg", 0, 0x09000000, 0, 0x1000);
	CELLS("/pl011@9000000", "interrupts", 0, 1, 4);
	CELLS("/pl011@9000000", "clocks", clock, clock);
	CELLS("/pl031@9010000", "reg", 0, 0x09010000, 0, 0x1000);
	CELLS("/pl031@9010000", "interrupts", 0, 2, 4);
	CELLS("/pl031@9010000", "clocks", clock);
	assert_int_equal(fdt_node_check_compatible(blob, node("/pl031@9010000"), "arm,primecell"),
			 0);
	CELLS("/apb-pclk", "clock-frequency", 24000000);
}

static void power_button_is_a_key_at_a_pin_of_the_gpio(void **state)
{
	uint32_t gpio;

	(void)state;
	build();
	gpio = fdt_get_phandle(blob, node("/pl061@9030000"));
	CELLS("/pl061@9030000", "reg", 0, 0x09030000, 0, 0x1000);
	CELLS("/pl061@9030000", "interrupts", 0, 7, 4);
	CELLS("/pl061@9030000", "#gpio-cells", 2);
	CELLS("/gpio-keys/poweroff", "gpios", gpio, 3, 0);
	CELLS("/gpio-keys/poweroff", "linux,code", 116);
}

static void fw_cfg_is_there_with_a_boot_rom(void **state)
{
	(void)state;
	build();
	assert_true(fdt_path_offset(blob, "/fw-cfg@9020000") < 0);
	machine.firmware = true;
	build();
	CELLS("/fw-cfg@9020000", "reg", 0, 0x09020000, 0, 0x18);
	assert_string_equal(property("/fw-cfg@9020000", "compatible", -1), "qemu,fw-cfg-mmio");
}

static void flash_is_there_if_the_machine_has_it(void **state)
{
	(void)state;
	build();
	assert_true(fdt_path_offset(blob, "/flash@0") < 0);
	machine.flash = true;
	machine.cmdline = NULL;
	build();
	CELLS("/flash@0", "reg", 0, 0, 0, 0x04000000, 0, 0x04000000, 0, 0x04000000);
	CELLS("/flash@0", "bank-width", 4);
	assert_string_equal(property("/flash@0", "compatible", -1), "cfi-flash");
	assert_null(fdt_getprop(blob, fdt_path_offset(blob, "/chosen"), "bootargs", NULL));
}

static void only_used_slots_are_there(void **state)
{
	(void)state;
	machine.slots = 0x80000009;
	build();
	CELLS("/virtio_mmio@a000000", "reg", 0, 0x0a000000, 0, 0x200);
	CELLS("/virtio_mmio@a000000", "interrupts", 0, 16, 1);
	CELLS("/virtio_mmio@a000600", "interrupts", 0, 19, 1);
	CELLS("/virtio_mmio@a003e00", "interrupts", 0, 47, 1);
	property("/virtio_mmio@a003e00", "dma-coherent", 0);
	assert_string_equal(property("/virtio_mmio@a003e00", "compatible", -1), "virtio,mmio");
	assert_true(fdt_path_offset(blob, "/virtio_mmio@a000200") < 0);
}

static void topology_names_every_cpu_once(void **state)
{
	unsigned seen = 0;
	int offset;

	(void)state;
	machine.cpus = machine.redistributors = 8;
	machine.sockets = machine.cores = machine.threads = 2;
	build();
	node("/cpus/cpu-map/socket1/cluster0/core1/thread1");
	for (offset = fdt_next_node(blob, -1, NULL); offset >= 0;
	     offset = fdt_next_node(blob, offset, NULL)) {
		const fdt32_t *cpu = fdt_getprop(blob, offset, "cpu", NULL);
		const fdt32_t *reg;

		if (!cpu)
			continue;
		reg = fdt_getprop(blob, fdt_node_offset_by_phandle(blob, fdt32_to_cpu(*cpu)), "reg",
				  NULL);
		assert_non_null(reg);
		assert_false(seen & 1U << fdt32_to_cpu(*reg));
		seen |= 1U << fdt32_to_cpu(*reg);
	}
	assert_int_equal(seen, 0xff);
}

static void without_topology_there_is_no_map(void **state)
{
	(void)state;
	build();
	assert_true(fdt_path_offset(blob, "/cpus/cpu-map") < 0);
}

static void uuid_is_told_when_given(void **state)
{
	(void)state;
	build();
	assert_null(fdt_getprop(blob, 0, "vm,uuid", NULL));
	machine.uuid = "01234567-89ab-cdef-0123-456789abcdef";
	build();
	assert_string_equal(property("/", "vm,uuid", 37), machine.uuid);
}

static void too_small_a_buffer_is_enospc(void **state)
{
	char small[512];

	(void)state;
	assert_int_equal(fdt_build(&machine, small, sizeof(small)), -ENOSPC);
	assert_int_equal(fdt_build(&machine, blob, (size_t)INT32_MAX + 1), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(chosen_has_command_line_initrd_console_and_seeds),
		TEST(without_initrd_there_is_no_initrd_property),
		TEST(memory_beyond_4_gib_is_described),
		TEST(cpus_are_started_by_psci_over_hvc),
		TEST(gic_has_a_redistributor_for_each_vcpu),
		TEST(panics_have_their_register),
		TEST(watchdog_has_its_two_frames),
		TEST(largest_tree_fits_into_the_small_room),
		TEST(timer_has_its_four_interrupts),
		TEST(monitors_interrupt_by_ppi_7_where_there_are_any),
		TEST(uart_and_rtc_have_clock_and_level_interrupt),
		TEST(power_button_is_a_key_at_a_pin_of_the_gpio),
		TEST(fw_cfg_is_there_with_a_boot_rom),
		TEST(flash_is_there_if_the_machine_has_it),
		TEST(only_used_slots_are_there),
		TEST(topology_names_every_cpu_once),
		TEST(without_topology_there_is_no_map),
		TEST(uuid_is_told_when_given),
		TEST(too_small_a_buffer_is_enospc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
