// SPDX-License-Identifier: BSD-2-Clause
/* Generates the device tree. */
#include "bhyve/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bhyve/board.h"

#define UART_CLOCK_HZ 24000000u

/* Interrupt specifiers (arm,gic-v3.yaml): type, number, flags. */
#define GIC_SPI	      0
#define GIC_PPI	      1
#define EDGE_RISING   1
#define LEVEL_HIGH    4
#define SPI_OF(intid) ((intid) - 32u)
#define PPI_OF(intid) ((intid) - 16u)

enum phandle { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2, PHANDLE_GPIO = 3, PHANDLE_CPU = 16 };

/* gpio/gpio.txt, input/linux-event-codes.h */
#define ACTIVE_HIGH 0
#define KEY_POWER   116

/* The tree being written; after the first error nothing more is. */
struct tree {
	void *buf;
	int error;
};

static void did(struct tree *tree, int result)
{
	if (!tree->error)
		tree->error = result;
}

__attribute__((format(printf, 2, 3))) static void begin(struct tree *tree, const char *format, ...)
{
	char name[64];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (!tree->error)
		did(tree, fdt_begin_node(tree->buf, name));
}

static void end(struct tree *tree)
{
	if (!tree->error)
		did(tree, fdt_end_node(tree->buf));
}

static void bytes(struct tree *tree, const char *name, const void *value, size_t len)
{
	if (!tree->error)
		did(tree, fdt_property(tree->buf, name, value, (int)len));
}

static void string(struct tree *tree, const char *name, const char *value)
{
	bytes(tree, name, value, strlen(value) + 1);
}

static void empty(struct tree *tree, const char *name)
{
	bytes(tree, name, "", 0);
}

static void cell_array(struct tree *tree, const char *name, const uint32_t *values, unsigned count)
{
	fdt32_t cells[16] = { 0 };

	for (unsigned i = 0; i < count; i++)
		cells[i] = cpu_to_fdt32(values[i]);
	bytes(tree, name, cells, count * sizeof(cells[0]));
}

/* cells(tree, "reg", 1, 2, 3): up to 16 of them. */
#define cells(tree, name, ...)                                    \
	cell_array(tree, name, (const uint32_t[]){ __VA_ARGS__ }, \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void wide(struct tree *tree, const char *name, uint64_t value)
{
	cells(tree, name, (uint32_t)(value >> 32), (uint32_t)value);
}

/* reg of one region, with two cells each for address and size. */
static void reg(struct tree *tree, uint64_t base, uint64_t size)
{
	cells(tree, "reg", (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
	      (uint32_t)size);
}

static void chosen(struct tree *tree, const struct fdt_machine *machine)
{
	begin(tree, "chosen");
	if (machine->cmdline)
		string(tree, "bootargs", machine->cmdline);
	string(tree, "stdout-path", "serial0:115200n8");
	if (machine->initrd_size) {
		wide(tree, "linux,initrd-start", machine->initrd);
		wide(tree, "linux,initrd-end", machine->initrd + machine->initrd_size);
	}
	bytes(tree, "rng-seed", machine->rng_seed, sizeof(machine->rng_seed));
	wide(tree, "kaslr-seed", machine->kaslr_seed);
	end(tree);
	begin(tree, "aliases");
	string(tree, "serial0", "/pl011@9000000");
	end(tree);
}

static void memory(struct tree *tree, const struct fdt_machine *machine)
{
	begin(tree, "memory@%llx", (unsigned long long)machine->memory_base);
	string(tree, "device_type", "memory");
	reg(tree, machine->memory_base, machine->memory_size);
	end(tree);
}

/* One core of cpu-map (cpu/cpu-topology.txt); first is the number of its first vCPU. */
static void core(struct tree *tree, const struct fdt_machine *machine, unsigned number,
		 unsigned first)
{
	begin(tree, "core%u", number);
	if (machine->threads <= 1)
		cells(tree, "cpu", PHANDLE_CPU + first);
	for (unsigned t = 0; machine->threads > 1 && t < machine->threads; t++) {
		begin(tree, "thread%u", t);
		cells(tree, "cpu", PHANDLE_CPU + first + t);
		end(tree);
	}
	end(tree);
}

static void cpu_map(struct tree *tree, const struct fdt_machine *machine)
{
	unsigned next = 0;

	begin(tree, "cpu-map");
	for (unsigned s = 0; s < machine->sockets; s++) {
		begin(tree, "socket%u", s);
		begin(tree, "cluster0");
		for (unsigned c = 0; c < machine->cores; c++, next += machine->threads)
			core(tree, machine, c, next);
		end(tree);
		end(tree);
	}
	end(tree);
}

static void cpus(struct tree *tree, const struct fdt_machine *machine)
{
	begin(tree, "cpus");
	cells(tree, "#address-cells", 1);
	cells(tree, "#size-cells", 0);
	for (unsigned i = 0; i < machine->cpus; i++) {
		begin(tree, "cpu@%x", i);
		string(tree, "device_type", "cpu");
		string(tree, "compatible", "arm,armv8");
		cells(tree, "reg", i);
		string(tree, "enable-method", "psci");
		cells(tree, "phandle", PHANDLE_CPU + i);
		end(tree);
	}
	if (machine->sockets)
		cpu_map(tree, machine);
	end(tree);
}

static void psci(struct tree *tree)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	begin(tree, "psci");
	bytes(tree, "compatible", compatible, sizeof(compatible));
	string(tree, "method", "hvc");
	end(tree);
}

static void timer(struct tree *tree)
{
	begin(tree, "timer");
	string(tree, "compatible", "arm,armv8-timer");
	cells(tree, "interrupts", GIC_PPI, PPI_OF(TIMER_SECURE), LEVEL_HIGH, GIC_PPI,
	      PPI_OF(TIMER_PHYSICAL), LEVEL_HIGH, GIC_PPI, PPI_OF(TIMER_VIRTUAL), LEVEL_HIGH,
	      GIC_PPI, PPI_OF(TIMER_HYP), LEVEL_HIGH);
	empty(tree, "always-on");
	end(tree);
}

/* perf's devicetree bindings, arm/pmu.yaml */
static void pmu(struct tree *tree)
{
	begin(tree, "pmu");
	string(tree, "compatible", "arm,armv8-pmuv3");
	cells(tree, "interrupts", GIC_PPI, PPI_OF(PMU_INTID), LEVEL_HIGH);
	end(tree);
}

static void gic(struct tree *tree, const struct fdt_machine *machine)
{
	begin(tree, "intc@%x", GICD_BASE);
	string(tree, "compatible", "arm,gic-v3");
	cells(tree, "#interrupt-cells", 3);
	cells(tree, "#address-cells", 2);
	cells(tree, "#size-cells", 2);
	empty(tree, "ranges");
	empty(tree, "interrupt-controller");
	cells(tree, "#redistributor-regions", 1);
	cells(tree, "reg", 0, GICD_BASE, 0, GICD_SIZE, 0, GICR_BASE, 0,
	      GICR_SIZE * machine->redistributors);
	cells(tree, "phandle", PHANDLE_GIC);
	end(tree);
}

static void clock(struct tree *tree)
{
	begin(tree, "apb-pclk");
	string(tree, "compatible", "fixed-clock");
	cells(tree, "#clock-cells", 0);
	cells(tree, "clock-frequency", UART_CLOCK_HZ);
	string(tree, "clock-output-names", "clk24mhz");
	cells(tree, "phandle", PHANDLE_CLOCK);
	end(tree);
}

static void uart_and_rtc(struct tree *tree)
{
	static const char uart[] = "arm,pl011\0arm,primecell";
	static const char uart_clocks[] = "uartclk\0apb_pclk";
	static const char rtc[] = "arm,pl031\0arm,primecell";

	begin(tree, "pl011@%x", PL011_BASE);
	bytes(tree, "compatible", uart, sizeof(uart));
	reg(tree, PL011_BASE, PL011_SIZE);
	cells(tree, "interrupts", GIC_SPI, SPI_OF(PL011_INTID), LEVEL_HIGH);
	cells(tree, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
	bytes(tree, "clock-names", uart_clocks, sizeof(uart_clocks));
	end(tree);
	begin(tree, "pl031@%x", PL031_BASE);
	bytes(tree, "compatible", rtc, sizeof(rtc));
	reg(tree, PL031_BASE, PL031_SIZE);
	cells(tree, "interrupts", GIC_SPI, SPI_OF(PL031_INTID), LEVEL_HIGH);
	cells(tree, "clocks", PHANDLE_CLOCK);
	string(tree, "clock-names", "apb_pclk");
	end(tree);
}

static void power_button(struct tree *tree)
{
	static const char gpio[] = "arm,pl061\0arm,primecell";

	begin(tree, "pl061@%x", PL061_BASE);
	bytes(tree, "compatible", gpio, sizeof(gpio));
	reg(tree, PL061_BASE, PL061_SIZE);
	cells(tree, "interrupts", GIC_SPI, SPI_OF(PL061_INTID), LEVEL_HIGH);
	cells(tree, "clocks", PHANDLE_CLOCK);
	string(tree, "clock-names", "apb_pclk");
	empty(tree, "gpio-controller");
	cells(tree, "#gpio-cells", 2);
	cells(tree, "phandle", PHANDLE_GPIO);
	end(tree);
	begin(tree, "gpio-keys");
	string(tree, "compatible", "gpio-keys");
	begin(tree, "poweroff");
	string(tree, "label", "power button");
	cells(tree, "linux,code", KEY_POWER);
	cells(tree, "gpios", PHANDLE_GPIO, GPIO_POWER_BUTTON, ACTIVE_HIGH);
	end(tree);
	end(tree);
}

static void pvpanic(struct tree *tree)
{
	begin(tree, "pvpanic@%x", PVPANIC_BASE);
	string(tree, "compatible", "qemu,pvpanic-mmio");
	reg(tree, PVPANIC_BASE, PVPANIC_SIZE);
	end(tree);
}

static void watchdog(struct tree *tree)
{
	begin(tree, "watchdog@%x", WATCHDOG_CONTROL_BASE);
	string(tree, "compatible", "arm,sbsa-gwdt");
	cells(tree, "reg", 0, WATCHDOG_CONTROL_BASE, 0, WATCHDOG_FRAME_SIZE, 0,
	      WATCHDOG_REFRESH_BASE, 0, WATCHDOG_FRAME_SIZE);
	cells(tree, "interrupts", GIC_SPI, SPI_OF(WATCHDOG_INTID), LEVEL_HIGH);
	end(tree);
}

static void virtio(struct tree *tree, uint32_t slots)
{
	for (unsigned slot = 0; slot < VIRTIO_MMIO_SLOTS; slot++) {
		if (!(slots >> slot & 1))
			continue;
		begin(tree, "virtio_mmio@%x", VIRTIO_MMIO_BASE(slot));
		string(tree, "compatible", "virtio,mmio");
		reg(tree, VIRTIO_MMIO_BASE(slot), VIRTIO_MMIO_SIZE);
		cells(tree, "interrupts", GIC_SPI, SPI_OF(VIRTIO_MMIO_INTID(slot)), EDGE_RISING);
		empty(tree, "dma-coherent");
		end(tree);
	}
}

static void fw_cfg(struct tree *tree)
{
	begin(tree, "fw-cfg@%x", FW_CFG_BASE);
	string(tree, "compatible", "qemu,fw-cfg-mmio");
	reg(tree, FW_CFG_BASE, FW_CFG_SIZE);
	empty(tree, "dma-coherent");
	end(tree);
}

/* The boot ROM's bank and the variables' (mtd-physmap.yaml). */
static void flash(struct tree *tree)
{
	begin(tree, "flash@%x", BOOTROM_BASE);
	string(tree, "compatible", "cfi-flash");
	cells(tree, "reg", 0, BOOTROM_BASE, 0, FLASH_BANK_SIZE, 0, FLASH_BASE, 0, FLASH_BANK_SIZE);
	cells(tree, "bank-width", 4);
	end(tree);
}

static void root(struct tree *tree, const struct fdt_machine *machine)
{
	begin(tree, "%s", "");
	string(tree, "compatible", "linux,dummy-virt");
	string(tree, "model", "bhyve-armv8");
	if (machine->uuid)
		string(tree, "vm,uuid", machine->uuid);
	cells(tree, "interrupt-parent", PHANDLE_GIC);
	cells(tree, "#address-cells", 2);
	cells(tree, "#size-cells", 2);
	chosen(tree, machine);
	memory(tree, machine);
	cpus(tree, machine);
	psci(tree);
	timer(tree);
	if (machine->pmu)
		pmu(tree);
	gic(tree, machine);
	clock(tree);
	uart_and_rtc(tree);
	power_button(tree);
	pvpanic(tree);
	watchdog(tree);
	if (machine->flash)
		flash(tree);
	if (machine->firmware)
		fw_cfg(tree);
	virtio(tree, machine->slots);
	end(tree);
}

int fdt_build(const struct fdt_machine *machine, void *buf, size_t size)
{
	struct tree tree = { .buf = buf };

	if (size > INT32_MAX)
		return -EINVAL;
	did(&tree, fdt_create(buf, (int)size));
	did(&tree, fdt_finish_reservemap(buf));
	root(&tree, machine);
	if (!tree.error)
		did(&tree, fdt_finish(buf));
	if (tree.error == -FDT_ERR_NOSPACE)
		return -ENOSPC;
	return tree.error ? -EINVAL : 0;
}
