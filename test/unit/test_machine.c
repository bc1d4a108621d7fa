// SPDX-License-Identifier: BSD-2-Clause
/*
 * Opening, loading and starting the virtual machine, and memory as devices see it.
 *
 * sources: bhyve/machine.c bhyve/guest_memory.c bhyve/fdt.c bhyve/check.c bhyve/replaced.c
 * sources: bhyve/config.c bhyve/host_memory.c
 * sources: bhyve/report.c lib/loader/setup.c lib/loader/record.c lib/loader/rom.c
 * sources: lib/loader/load.c
 * sources: lib/loader/kernel.c lib/loader/image.c lib/loader/file.c lib/loader/devicetree.c
 * sources: bhyve/smbios.c
 * sources: lib/vmmapi/error.c lib/vmmapi/refusal.c test/unit/fake_vmm.c test/unit/fake_devices.c
 * sources: bhyve/firmware.c bhyve/device/fw_cfg.c bhyve/mmio.c bhyve/acpi/aml.c bhyve/acpi/blob.c
 * sources: bhyve/acpi/dsdt.c bhyve/acpi/linker.c bhyve/acpi/tables.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <libfdt.h>

#include "bhyve/config.h"
#include "bhyve/device/fw_cfg.h"
#include "bhyve/guest_memory.h"
#include "bhyve/machine.h"
#include "bhyve/mmio.h"
#include "fake_vmm.h"
#include "lib/loader/rom.h"
#include "lib/loader/setup.h"

#define MIB (1ULL << 20)

static char kernel_path[] = "/tmp/test_machine.XXXXXX";
static char image_path[] = "/tmp/test_machine.image.XXXXXX";
static char rom_path[] = "/tmp/test_machine.rom.XXXXXX";
static char err[LOADER_ERROR_MAX];
static struct machine machine;

static int setup(void **state)
{
	(void)state;
	fake_vmm_reset();
	config_clear();
	err[0] = '\0';
	machine = (struct machine){ 0 };
	return config_set("name", "vm0");
}

static int open_machine(void)
{
	return machine_open(&machine, err, sizeof(err));
}

static void assert_refused(int error, const char *text)
{
	assert_int_equal(open_machine(), error);
	if (!strstr(err, text))
		fail_msg("\"%s\" does not say \"%s\"", err, text);
	assert_null(machine.vm);
	assert_int_equal(fake_vmm.handles, 0);
}

/* What bhyveload does. */
static void load_vm(void)
{
	struct setup request = {
		.name = "vm0",
		.kernel = kernel_path,
		.cmdline = "quiet",
		.memory_size = 64 * MIB,
	};
	struct record record;
	struct vmctx *vm;

	assert_int_equal(setup_vm(&request, &vm, &record, err, sizeof(err)), 0);
	vm_close(vm);
}

static void loaded_vm_is_run_as_it_is(void **state)
{
	uint8_t *ram;

	(void)state;
	load_vm();
	ram = fake_vmm.memory;
	ram[0x80000] = 'R'; /* somebody changed memory meanwhile: it stays */
	assert_int_equal(open_machine(), 0);
	assert_int_equal(ram[0x80000], 'R');
	assert_int_equal(fake_vmm.info.vcpus_created, 1);
	machine_close(&machine, false);
	assert_true(fake_vmm.exists);
}

static void vm_that_was_run_is_loaded_again(void **state)
{
	uint8_t *ram;

	(void)state;
	load_vm();
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	machine_close(&machine, false);
	ram = fake_vmm.memory;
	ram[0x80000] = 'R';
	fake_vmm.reinits = 0;
	assert_int_equal(open_machine(), 0);
	assert_int_equal(ram[0x80000], 'r');
	assert_int_equal(fake_vmm.reinits, 1);
	machine_close(&machine, false);
}

static void kernel_key_creates_and_loads(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	config_set("memory.size", "32M");
	config_set("cpus", "3");
	assert_int_equal(open_machine(), 0);
	assert_int_equal(fake_vmm.memory_size, 32 * MIB);
	assert_int_equal(fake_vmm.info.vcpus_created, 7);
	assert_true(machine.created);
	machine_close(&machine, false);
	assert_true(fake_vmm.exists);
}

static void monitors_are_asked_for_unless_they_are_off(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	assert_int_equal(open_machine(), 0);
	assert_int_equal(fake_vmm.features, VMM_FEATURE_PMU);
	assert_true(machine.pmu);
	machine_close(&machine, true);
	config_set("pmu", "off");
	assert_int_equal(open_machine(), 0);
	assert_int_equal(fake_vmm.features, 0);
	assert_false(machine.pmu);
	machine_close(&machine, true);
}

static void a_host_without_monitors_is_an_error_only_where_they_are_asked_for(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	fake_vmm.fail = FAKE_FEATURES;
	fake_vmm.error = -EOPNOTSUPP;
	assert_int_equal(open_machine(), 0);
	assert_false(machine.pmu);
	machine_close(&machine, true);
	config_set("pmu", "on");
	assert_refused(-EOPNOTSUPP, "leave it out");
	fake_vmm.error = -EBUSY;
	assert_refused(-EBUSY, "-o pmu=off");
}

static void start_that_never_ran_leaves_nothing_it_created(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	assert_int_equal(open_machine(), 0);
	machine_close(&machine, true);
	assert_false(fake_vmm.exists);
	fake_vmm_reset();
	fake_vmm.fail = FAKE_VCPU_CREATE;
	fake_vmm.error = -ENOMEM;
	assert_refused(-ENOMEM, "out of memory");
	assert_false(fake_vmm.exists);
}

static void start_that_never_ran_leaves_what_was_there(void **state)
{
	(void)state;
	load_vm();
	assert_int_equal(open_machine(), 0);
	machine_close(&machine, true);
	assert_true(fake_vmm.exists);
}

static void what_bhyve_loads_goes_with_it_unless_it_is_to_stay(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	assert_int_equal(open_machine(), 0);
	assert_true(fake_vmm.bound);
	assert_true(machine.bound);
	machine_close(&machine, false);
	/* there is one already, which stays what it was when it is not run */
	assert_int_equal(open_machine(), 0);
	assert_true(fake_vmm.bound);
	machine_close(&machine, true);
	assert_false(fake_vmm.bound);
	assert_true(fake_vmm.exists);
	config_set("persist", "true");
	assert_int_equal(open_machine(), 0);
	assert_false(fake_vmm.bound);
	assert_false(machine.bound);
	machine_close(&machine, false);
}

static void what_bhyveload_made_stays(void **state)
{
	(void)state;
	load_vm();
	assert_int_equal(open_machine(), 0);
	assert_false(fake_vmm.bound);
	machine_close(&machine, false);
}

static void running_vm_is_refused(void **state)
{
	(void)state;
	load_vm();
	fake_vmm.info.state = VMM_STATE_RUNNING;
	fake_vmm.info.runner_pid = 123;
	assert_refused(-EBUSY, "is being run by process 123");
	config_set("kernel", kernel_path);
	assert_refused(-EBUSY, "is being run by process 123");
	assert_true(fake_vmm.exists);
}

static void missing_and_empty_vms_are_refused(void **state)
{
	(void)state;
	assert_refused(-ENXIO, "no such virtual machine");
	assert_int_equal(vm_create("vm0"), 0);
	assert_refused(-ENOENT, "nothing is loaded");
}

static void other_memory_size_is_refused(void **state)
{
	(void)state;
	load_vm();
	config_set("memory.size", "128M");
	assert_refused(-EINVAL, "was loaded with 64M of memory, not 128M");
	config_set("memory.size", "64M");
	assert_int_equal(open_machine(), 0);
	machine_close(&machine, false);
}

static void keys_of_a_kernel_need_one(void **state)
{
	static const char *const keys[] = { "initrd", "cmdline", "fdt.bootargs", "dtb" };

	(void)state;
	load_vm();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		setup(NULL);
		config_set(keys[i], "x");
		assert_refused(-EINVAL, "goes with kernel=");
	}
}

static const void *tree(void)
{
	return (char *)fake_vmm.memory + (fake_vmm.on.context - VM_RAM_BASE);
}

static const char *bootargs(void)
{
	return fdt_getprop(tree(), fdt_path_offset(tree(), "/chosen"), "bootargs", NULL);
}

static void start_enters_the_kernel_with_a_device_tree(void **state)
{
	(void)state;
	load_vm();
	config_set("slot.4.device", "virtio-blk");
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	assert_int_equal(fake_vmm.on.count, 1);
	assert_int_equal(fake_vmm.on.vcpu, 0);
	assert_int_equal(fake_vmm.on.entry, 0x40080000);
	assert_int_equal(fdt_check_full(tree(), LOADER_DTB_ROOM), 0);
	assert_string_equal(bootargs(), "quiet");
	assert_true(fdt_path_offset(tree(), "/virtio_mmio@a000800") > 0);
	assert_true(fdt_path_offset(tree(), "/virtio_mmio@a000000") < 0);
	machine_close(&machine, false);
}

/* A header of Linux' with nothing behind it. */
static void use_linux(void)
{
	uint8_t image[64] = { [18] = 0x40, [24] = 0xa, [56] = 'A', 'R', 'M', 0x64 };
	int fd = open(image_path, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, image, sizeof(image)), sizeof(image));
	close(fd);
	config_set("kernel", image_path);
}

static void empty_command_line_of_linux_becomes_the_console(void **state)
{
	(void)state;
	use_linux();
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	assert_string_equal(bootargs(), "console=ttyAMA0");
	machine_close(&machine, false);
}

static void program_gets_the_command_line_that_is_given_and_no_other(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	assert_null(bootargs());
	machine_close(&machine, false);
	config_set("cmdline", "one two");
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	assert_string_equal(bootargs(), "one two");
	machine_close(&machine, false);
}

static void each_start_has_other_seeds(void **state)
{
	uint64_t seed[2];

	(void)state;
	load_vm();
	assert_int_equal(open_machine(), 0);
	fake_vmm.info.suspend_how = VMM_SUSPEND_RESET;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
		memcpy(&seed[i],
		       fdt_getprop(tree(), fdt_path_offset(tree(), "/chosen"), "kaslr-seed", NULL),
		       sizeof(seed[i]));
		assert_int_equal(machine_reload(&machine, VMM_SUSPEND_RESET, err, sizeof(err)), 0);
	}
	assert_true(seed[0] != seed[1]);
	machine_close(&machine, false);
}

static void machine_that_was_powered_off_meanwhile_is_not_loaded_again(void **state)
{
	(void)state;
	load_vm();
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	fake_vmm.info.suspend_how = VMM_SUSPEND_POWEROFF;
	fake_vmm.reinits = 0;
	assert_int_equal(machine_reload(&machine, VMM_SUSPEND_RESET, err, sizeof(err)), -ECANCELED);
	assert_int_equal(fake_vmm.reinits, 0);
	machine_close(&machine, false);
}

static void topology_is_kept_for_bhyvectl(void **state)
{
	struct record record;

	(void)state;
	load_vm();
	config_set("sockets", "2");
	config_set("cores", "3");
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	assert_int_equal(setup_read_record(machine.vm, &record, err, sizeof(err)), 0);
	assert_int_equal(record.cpus, 6);
	assert_int_equal(record.sockets, 2);
	assert_int_equal(record.cores, 3);
	assert_int_equal(record.threads, 1);
	assert_false(record.fresh);
	machine_close(&machine, false);
}

static void vcpus_of_an_earlier_run_keep_their_redistributors(void **state)
{
	const fdt32_t *reg;

	(void)state;
	load_vm();
	fake_vmm.info.vcpus_created = 0xf;
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	reg = fdt_getprop(tree(), fdt_path_offset(tree(), "/intc@8000000"), "reg", NULL);
	assert_int_equal(fdt32_to_cpu(reg[7]), 4 * 0x20000);
	assert_true(fdt_path_offset(tree(), "/cpus/cpu@1") < 0);
	machine_close(&machine, false);
}

static void devices_see_memory_and_nothing_else(void **state)
{
	(void)state;
	load_vm();
	assert_int_equal(open_machine(), 0);
	assert_ptr_equal(guest_vm(), machine.vm);
	assert_ptr_equal(guest_memory(VM_RAM_BASE, 64 * MIB), fake_vmm.memory);
	assert_ptr_equal(guest_memory(VM_RAM_BASE + 4096, 1), (char *)fake_vmm.memory + 4096);
	assert_non_null(guest_memory(VM_RAM_BASE + 64 * MIB - 1, 1));
	assert_non_null(guest_memory(VM_RAM_BASE, 0));
	assert_null(guest_memory(VM_RAM_BASE + 64 * MIB, 0));
	assert_null(guest_memory(VM_RAM_BASE + 64 * MIB - 1, 2));
	assert_null(guest_memory(VM_RAM_BASE - 1, 2));
	assert_null(guest_memory(VM_RAM_BASE + 1, UINT64_MAX));
	assert_null(guest_memory(UINT64_MAX, 1));
	assert_null(guest_memory(0, 1));
	machine_close(&machine, false);
}

/* A boot ROM of `size` bytes: `used` of them count up, the rest is padding. */
static void use_bootrom(size_t used, size_t size, uint8_t padding)
{
	uint8_t *bytes = malloc(size);
	int fd = open(rom_path, O_WRONLY | O_TRUNC);

	assert_non_null(bytes);
	memset(bytes, padding, size);
	for (size_t i = 0; i < used; i++)
		bytes[i] = (uint8_t)(i + 1);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	free(bytes);
	config_set("bootrom", rom_path);
	config_set("memory.size", "64M");
}

/* Starts an open machine whose firmware has its fw_cfg. */
static void start_firmware(void)
{
	struct device *fw_cfg;

	assert_int_equal(fw_cfg_create(&fw_cfg, err, sizeof(err)), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	fw_cfg->ops->destroy(fw_cfg);
	mmio_clear();
}

static void boot_rom_starts_at_0_with_the_tree_at_the_start_of_memory(void **state)
{
	const uint8_t *rom;
	int flash;

	(void)state;
	use_bootrom(5000, 8 * MIB, 0);
	assert_int_equal(open_machine(), 0);
	assert_int_equal(fake_vmm.rom_size, 2 * MIB);
	rom = fake_vmm.rom;
	assert_int_equal(rom[0], 1);
	assert_int_equal(rom[4999], 5000 & 0xff);
	assert_int_equal(rom[2 * MIB - 1], 0xff);
	assert_null(guest_memory(0, 4)); /* devices do not write to it */
	start_firmware();
	assert_int_equal(fake_vmm.on.entry, 0);
	assert_int_equal(fake_vmm.on.context, VM_RAM_BASE);
	assert_int_equal(fdt_check_full(tree(), LOADER_DTB_ROOM), 0);
	assert_null(bootargs());
	flash = fdt_path_offset(tree(), "/flash@0");
	assert_int_equal(fdt_node_check_compatible(tree(), flash, "cfi-flash"), 0);
	machine_close(&machine, false);
}

static void vm_with_a_boot_rom_is_run_again_without_naming_it(void **state)
{
	(void)state;
	use_bootrom(5000, 5000, 0);
	config_set("bootvars", "/vars.fd");
	assert_int_equal(open_machine(), 0);
	start_firmware();
	machine_close(&machine, false);
	memset(fake_vmm.rom, 0, 5000);
	config_clear();
	config_set("name", "vm0");
	assert_int_equal(open_machine(), 0);
	assert_string_equal(config_get("bootrom"), rom_path);
	assert_string_equal(config_get("bootvars"), "/vars.fd");
	assert_int_equal(((uint8_t *)fake_vmm.rom)[0], 1);
	machine_close(&machine, false);
}

/* U-Boot as a kernel reads its environment from flash. */
static void raw_program_has_flash_and_a_copy_of_its_tree_at_the_start_of_memory(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	config_set("memory.size", "64M");
	assert_int_equal(open_machine(), 0);
	assert_true(machine_has_flash(&machine));
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	assert_int_equal(fake_vmm.on.context, VM_RAM_BASE + 32 * MIB);
	assert_int_equal(fdt_check_full(tree(), 0x80000), 0);
	assert_memory_equal(tree(), fake_vmm.memory, fdt_totalsize(tree()));
	assert_true(fdt_path_offset(tree(), "/flash@0") > 0);
	assert_true(fdt_path_offset(tree(), "/fw-cfg@9020000") < 0);
	assert_string_equal((char *)fake_vmm.memory + 0x80000, "raw kernel");
	machine_close(&machine, false);
}

static void vm_with_variables_is_run_again_without_naming_them(void **state)
{
	(void)state;
	config_set("kernel", kernel_path);
	config_set("bootvars", "/vars.fd");
	assert_int_equal(open_machine(), 0);
	assert_int_equal(machine_start(&machine, err, sizeof(err)), 0);
	machine_close(&machine, false);
	config_clear();
	config_set("name", "vm0");
	assert_int_equal(open_machine(), 0);
	assert_string_equal(config_get("bootvars"), "/vars.fd");
	assert_null(config_get("bootrom"));
	machine_close(&machine, false);
}

static void boot_roms_that_are_none_are_refused(void **state)
{
	(void)state;
	use_bootrom(0, MIB, 0xff);
	assert_refused(-EINVAL, "all bytes are the same");
	use_bootrom(0, 0, 0);
	assert_refused(-EINVAL, "0 bytes are no size for a boot ROM");
	assert_int_equal(truncate(rom_path, 65 * MIB), 0);
	assert_refused(-EINVAL, "at most 64M");
	config_set("bootrom", "/nowhere/u-boot.bin");
	assert_refused(-ENOENT, "/nowhere/u-boot.bin: cannot be opened");
	assert_false(fake_vmm.exists);
}

/* A boot ROM that begins with these bytes, and has zeroes behind them. */
static void use_rom_with(size_t offset, const void *bytes, size_t len)
{
	static uint8_t rom[0x10000];
	int fd = open(rom_path, O_WRONLY | O_TRUNC);

	memset(rom, 0, sizeof(rom));
	memcpy(rom + offset, bytes, len);
	rom[sizeof(rom) - 1] = 1;
	assert_int_equal(write(fd, rom, sizeof(rom)), sizeof(rom));
	close(fd);
	config_set("bootrom", rom_path);
}

static void files_of_other_kinds_are_no_boot_rom(void **state)
{
	static const uint32_t vectors[] = { 0xea0000b8, 0xe59ff014, 0xe59ff014, 0xe59ff014 };

	(void)state;
	use_rom_with(0, "QFI\xfb", 4);
	assert_refused(-ENOEXEC, "is a qcow2 disk image; give firmware");
	use_rom_with(0x8001, "CD001", 5);
	assert_refused(-ENOEXEC, "is an ISO image");
	use_rom_with(56, "ARM\x64", 4);
	assert_refused(-ENOEXEC,
		       "an arm64 Linux kernel (Image), no firmware; give it with kernel=");
	use_rom_with(0, "\177ELF\2\1\1", 7);
	assert_refused(-ENOEXEC, "is an ELF file; give firmware");
	use_rom_with(0, vectors, sizeof(vectors));
	assert_refused(-ENOEXEC, "is firmware for 32-bit Arm");
	config_set("bootrom", "/etc/passwd");
	assert_refused(-ENOEXEC, "is text");
	assert_false(fake_vmm.exists);
}

/* The one warning goes to standard error. */
static void what_does_not_begin_with_an_instruction_is_warned_about(void **state)
{
	const uint32_t branch = 0x14000400;

	(void)state;
	use_rom_with(0, &branch, sizeof(branch));
	assert_int_equal(open_machine(), 0);
	assert_true(rom_begins_with_code(machine.vm));
	machine_close(&machine, false);
	assert_int_equal(vm_destroy("vm0"), 0);
	use_rom_with(40, "_FVH", 4); /* EDK2's variables, or its firmware for x86 */
	assert_int_equal(open_machine(), 0);
	assert_false(rom_begins_with_code(machine.vm));
	machine_close(&machine, false);
}

static void a_larger_boot_rom_wants_a_new_machine(void **state)
{
	(void)state;
	use_bootrom(5000, 5000, 0);
	assert_int_equal(open_machine(), 0);
	machine_close(&machine, false);
	use_bootrom(3 * MIB, 3 * MIB, 0);
	assert_refused(-EEXIST, "destroy it with bhyvectl --vm=vm0 --destroy");
}

static void a_boot_rom_goes_with_variables_and_without_a_kernel(void **state)
{
	(void)state;
	config_set("bootvars", "/vars.fd");
	assert_refused(-EINVAL, "bootvars: goes with bootrom= or kernel=");
	use_bootrom(5000, 5000, 0);
	config_set("kernel", kernel_path);
	assert_refused(-EINVAL, "bootrom, kernel: give one of them");
}

static int make_kernel(void **state)
{
	int fd = mkstemp(kernel_path), rom = mkstemp(rom_path), image = mkstemp(image_path);

	(void)state;
	/* with its NUL: a binary */
	if (image < 0 || close(image) || rom < 0 || close(rom) || fd < 0 ||
	    write(fd, "raw kernel", 11) != 11)
		return -1;
	return close(fd);
}

static int remove_kernel(void **state)
{
	(void)state;
	fake_vmm_reset();
	config_clear();
	return unlink(kernel_path) | unlink(rom_path) | unlink(image_path);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loaded_vm_is_run_as_it_is),
		TEST(vm_that_was_run_is_loaded_again),
		TEST(kernel_key_creates_and_loads),
		TEST(monitors_are_asked_for_unless_they_are_off),
		TEST(a_host_without_monitors_is_an_error_only_where_they_are_asked_for),
		TEST(start_that_never_ran_leaves_nothing_it_created),
		TEST(start_that_never_ran_leaves_what_was_there),
		TEST(what_bhyve_loads_goes_with_it_unless_it_is_to_stay),
		TEST(what_bhyveload_made_stays),
		TEST(running_vm_is_refused),
		TEST(missing_and_empty_vms_are_refused),
		TEST(other_memory_size_is_refused),
		TEST(keys_of_a_kernel_need_one),
		TEST(start_enters_the_kernel_with_a_device_tree),
		TEST(empty_command_line_of_linux_becomes_the_console),
		TEST(program_gets_the_command_line_that_is_given_and_no_other),
		TEST(each_start_has_other_seeds),
		TEST(machine_that_was_powered_off_meanwhile_is_not_loaded_again),
		TEST(topology_is_kept_for_bhyvectl),
		TEST(vcpus_of_an_earlier_run_keep_their_redistributors),
		TEST(devices_see_memory_and_nothing_else),
		TEST(boot_rom_starts_at_0_with_the_tree_at_the_start_of_memory),
		TEST(vm_with_a_boot_rom_is_run_again_without_naming_it),
		TEST(raw_program_has_flash_and_a_copy_of_its_tree_at_the_start_of_memory),
		TEST(vm_with_variables_is_run_again_without_naming_them),
		TEST(boot_roms_that_are_none_are_refused),
		TEST(files_of_other_kinds_are_no_boot_rom),
		TEST(what_does_not_begin_with_an_instruction_is_warned_about),
		TEST(a_larger_boot_rom_wants_a_new_machine),
		TEST(a_boot_rom_goes_with_variables_and_without_a_kernel),
	};

	return cmocka_run_group_tests(tests, make_kernel, remove_kernel);
}
