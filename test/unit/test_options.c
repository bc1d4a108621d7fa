// SPDX-License-Identifier: BSD-2-Clause
/*
 * The command line of bhyve, and the check of what it makes.
 *
 * sources: bhyve/options.c bhyve/check.c bhyve/replaced.c bhyve/config.c bhyve/config_file.c
 * sources: test/unit/fake_devices.c lib/loader/load.c lib/loader/kernel.c lib/loader/image.c
 * sources: lib/loader/file.c lib/loader/devicetree.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c lib/loader/freebsd.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "bhyve/check.h"
#include "bhyve/config.h"
#include "bhyve/options.h"
#include "bhyve/report.h"

static char err[1024];

/* The notes that were printed, one behind the other. */
static char notes[1024];

void report(const char *format, ...)
{
	size_t used = strlen(notes);
	va_list args;

	va_start(args, format);
	vsnprintf(notes + used, sizeof(notes) - used, format, args);
	va_end(args);
}

static int clear(void **state)
{
	(void)state;
	config_clear();
	err[0] = notes[0] = '\0';
	return 0;
}

static enum options_result parse_words(const char *const words[])
{
	char *argv[32];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	config_clear();
	return options_parse(argc, argv, err, sizeof(err));
}

/* Parses "bhyve" and the words given. */
#define parse(...)	  parse_words((const char *const[]){ "bhyve", __VA_ARGS__, NULL })

/* Whether the error mentions the text. */
#define assert_says(text) assert_non_null(strstr(err, text))

static void letters_set_their_keys(void **state)
{
	(void)state;
	assert_int_equal(parse("-C", "-D", "-M", "-S", "-c", "2", "-m", "64M", "-U", "u", "-o",
			       "console=stdio", "-p", "0:1", "-p", "0:3", "-s", "3,virtio-blk,disk",
			       "vm0"),
			 OPTIONS_RUN);
	assert_string_equal(config_get("memory.guest_in_core"), "true");
	assert_string_equal(config_get("destroy_on_poweroff"), "true");
	assert_string_equal(config_get("monitor"), "true");
	assert_string_equal(config_get("memory.wired"), "true");
	assert_string_equal(config_get("cpus"), "2");
	assert_string_equal(config_get("memory.size"), "64M");
	assert_string_equal(config_get("uuid"), "u");
	assert_string_equal(config_get("console"), "stdio");
	assert_string_equal(config_get("vcpu.0.cpuset"), "1,3");
	assert_string_equal(config_get("slot.3.device"), "virtio-blk");
	assert_string_equal(config_get("slot.3.path"), "disk");
	assert_string_equal(config_get("name"), "vm0");
}

static void help_version_and_device_list_are_found(void **state)
{
	(void)state;
	assert_int_equal(parse("-h"), OPTIONS_HELP);
	assert_int_equal(parse("--help"), OPTIONS_HELP);
	assert_int_equal(parse("--version"), OPTIONS_VERSION);
	assert_int_equal(parse("-s", "help"), OPTIONS_DEVICES);
}

static void unknown_options_are_named(void **state)
{
	(void)state;
	assert_int_equal(parse("-z", "vm0"), OPTIONS_ERROR);
	assert_says("-z: unknown option");
	assert_int_equal(parse("--zoo", "vm0"), OPTIONS_ERROR);
	assert_says("--zoo: unknown option");
	assert_int_equal(parse("-c"), OPTIONS_ERROR);
	assert_says("-c: needs an argument");
}

static void name_is_needed_once(void **state)
{
	(void)state;
	assert_int_equal(parse("-c", "1"), OPTIONS_ERROR);
	assert_says("no virtual machine is named");
	assert_int_equal(parse("vm0", "vm1"), OPTIONS_ERROR);
	assert_says("vm1");
	assert_int_equal(parse("-o", "name=vm2"), OPTIONS_RUN);
	assert_string_equal(config_get("name"), "vm2");
}

static void gdb_is_refused_clearly(void **state)
{
	(void)state;
	assert_int_equal(parse("-G", "1234", "vm0"), OPTIONS_ERROR);
	assert_says("-G: not supported yet");
}

static void a_boot_rom_may_name_its_variables(void **state)
{
	(void)state;
	assert_int_equal(parse("-o", "bootrom=/x.fd", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("bootrom"), "/x.fd");
	assert_null(config_get("bootvars"));
	assert_int_equal(parse("-o", "bootrom=/x.fd,/y,z.fd", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("bootrom"), "/x.fd");
	assert_string_equal(config_get("bootvars"), "/y,z.fd");
	assert_int_equal(check_config(err, sizeof(err)), 0);
	assert_int_equal(parse("-o", "kernel=/a,b", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("kernel"), "/a,b");
}

static void topology_is_read_in_any_order(void **state)
{
	struct topology topology;

	(void)state;
	assert_int_equal(options_cpus("4,sockets=2,cores=2,threads=1", err, sizeof(err)), 0);
	assert_int_equal(check_topology(&topology, err, sizeof(err)), 0);
	assert_int_equal(topology.cpus, 4);
	assert_int_equal(topology.sockets, 2);
	config_clear();
	assert_int_equal(options_cpus("threads=2,cores=3", err, sizeof(err)), 0);
	assert_int_equal(check_topology(&topology, err, sizeof(err)), 0);
	assert_int_equal(topology.cpus, 6);
	assert_int_equal(topology.sockets, 1);
}

static void plain_count_has_no_topology(void **state)
{
	struct topology topology;

	(void)state;
	assert_int_equal(check_topology(&topology, err, sizeof(err)), 0);
	assert_int_equal(topology.cpus, 1);
	assert_int_equal(topology.sockets, 0);
	assert_int_equal(options_cpus("cpus=16", err, sizeof(err)), 0);
	assert_int_equal(check_topology(&topology, err, sizeof(err)), 0);
	assert_int_equal(topology.cpus, 16);
}

static void bad_cpu_counts_are_refused(void **state)
{
	static const char *const bad[] = {
		"0", "17", "-1", "x", "1,cores=0", "3,cores=2", "cores=5,threads=4"
	};
	struct topology topology;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config_clear();
		err[0] = '\0';
		assert_int_equal(options_cpus(bad[i], err, sizeof(err)), 0);
		assert_int_equal(check_topology(&topology, err, sizeof(err)), -EINVAL);
		assert_true(err[0]);
	}
	assert_int_equal(options_cpus("chips=2", err, sizeof(err)), -EINVAL);
	assert_says("-c chips=2");
}

static void slot_options_become_keys(void **state)
{
	(void)state;
	assert_int_equal(options_slot("3,virtio-blk,disk.img,ro,serial=S1", err, sizeof(err)), 0);
	assert_string_equal(config_get("slot.3.device"), "virtio-blk");
	assert_string_equal(config_get("slot.3.path"), "disk.img");
	assert_string_equal(config_get("slot.3.ro"), "true");
	assert_string_equal(config_get("slot.3.serial"), "S1");
}

static void first_option_may_be_a_key_itself(void **state)
{
	(void)state;
	assert_int_equal(options_slot("0,virtio-blk,ro,path=a", err, sizeof(err)), 0);
	assert_string_equal(config_get("slot.0.ro"), "true");
	assert_string_equal(config_get("slot.0.path"), "a");
}

static void path_with_an_equals_sign_is_still_the_path(void **state)
{
	(void)state;
	assert_int_equal(options_slot("0,virtio-blk,/vm/a=b.img,ro", err, sizeof(err)), 0);
	assert_string_equal(config_get("slot.0.path"), "/vm/a=b.img");
	assert_string_equal(config_get("slot.0.ro"), "true");
}

static void repeated_option_collects_values(void **state)
{
	(void)state;
	assert_int_equal(options_slot("0,virtio-blk,serial=a,serial=b", err, sizeof(err)), 0);
	assert_string_equal(config_get("slot.0.serial"), "a;b");
}

static void two_devices_in_one_slot_are_refused(void **state)
{
	(void)state;
	assert_int_equal(options_slot("5,virtio-blk,a", err, sizeof(err)), 0);
	assert_int_equal(options_slot("5,virtio-console", err, sizeof(err)), -EINVAL);
	assert_says("slot 5: has two devices, virtio-blk and virtio-console");
}

static void bad_slots_are_refused(void **state)
{
	static const char *const bad[] = {
		"",   "32,virtio-blk", "-1,virtio-blk",	 "x,virtio-blk",  "3",
		"3,", "3,,ro",	       "0x3,virtio-blk", "3:0,virtio-blk"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err[0] = '\0';
		assert_int_equal(options_slot(bad[i], err, sizeof(err)), -EINVAL);
		assert_true(err[0]);
	}
	assert_null(config_get("slot.3.device"));
}

static void unknown_device_is_named_with_the_nearest(void **state)
{
	(void)state;
	assert_int_equal(parse("-s", "1,virtio-block,/dev/vda", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("slot 1: virtio-block: unknown device; did you mean virtio-blk?");
	assert_int_equal(parse("-s", "1,vritio-blk,/dev/vda", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("did you mean virtio-blk?");
}

/* "virtio-" in common is no likeness. */
static void no_other_device_is_suggested_for_one_that_is_missing(void **state)
{
	static const char *const names[] = { "virtio-9p",  "virtio-gpu",   "virtio-scsi",
					     "virtio-fs",  "virtio-vsock", "virtio-",
					     "hostbridge", "nvme",	   "lpc" };
	char slot[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(slot, sizeof(slot), "1,%s,x", names[i]);
		assert_int_equal(parse("-s", slot, "vm0"), OPTIONS_RUN);
		assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
		assert_says(names[i]);
		assert_null(strstr(err, "did you mean"));
	}
	assert_int_equal(parse("-s", "1,ahci-hd,x", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("slot 1: ahci-hd: not supported: use virtio-blk");
}

static void options_that_mean_nothing_here_are_taken_with_a_note(void **state)
{
	(void)state;
	assert_int_equal(parse("-AHPw", "-u", "-c", "2", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("cpus"), "2");
	assert_string_equal(config_get("name"), "vm0");
	assert_non_null(strstr(notes, "-A: has no effect here: firmware gets ACPI tables anyway"));
	assert_non_null(strstr(notes, "-H: has no effect here"));
	assert_non_null(strstr(notes, "-P: has no effect here"));
	assert_non_null(strstr(notes, "-w: has no effect here"));
	assert_int_equal(check_config(err, sizeof(err)), 0);
}

static void lpc_names_a_boot_rom(void **state)
{
	(void)state;
	assert_int_equal(parse("-l", "bootrom,/x.fd", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("bootrom"), "/x.fd");
	assert_null(config_get("bootvars"));
	assert_int_equal(parse("-l", "bootrom,/x.fd,/vars.fd", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("bootvars"), "/vars.fd");
}

static void options_of_another_bhyve_say_what_replaces_them(void **state)
{
	static const char *const wrong[][3] = {
		{ "-l", "com1,stdio",
		  "-l com1,stdio: the serial port is given with -o console=stdio" },
		{ "-l", "tpm,passthru", "there is no LPC bridge" },
		{ "-l", "bootrom,", "-l bootrom,: give bootrom,FILE" },
		{ "-K", "de", "-K: not supported: there is no VNC server" },
		{ "-f", "name", "-f: not supported: firmware gets no files" },
		{ "-r", "vm.ckp", "-r: not supported: there are no snapshots" },
		{ "-B", "1,x=y", "-B: not supported: the UUID is -U" },
		{ "-s", "0:0,hostbridge", "-s 0:0,hostbridge: there is no PCI bus yet" },
		{ "-s", "0:3:0,virtio-blk,x", "there is no PCI bus yet" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(parse(wrong[i][0], wrong[i][1], "vm0"), OPTIONS_ERROR);
		assert_says(wrong[i][2]);
	}
}

static void keys_of_a_file_are_named_with_file_and_line(void **state)
{
	static const struct {
		const char *line;
		const char *says;
	} wrong[] = {
		{ "memory.sise=4G", ":3: memory.sise: unknown key; did you" },
		{ "memory.wired=maybe", ":3: memory.wired=maybe: not a truth" },
		{ "memory.size=5M", ":3: memory.size: not a multiple" },
		{ "cpus=17", ":3: cpus=17: not a number" },
		{ "uuid=%(name)", ":3: uuid=vm0: not a UUID" },
		{ "slot.1.device=virtio-9p", ":3: slot 1: virtio-9p: not" },
	};

	char path[] = "/tmp/test_options.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	assert_non_null(file);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rewind(file);
		assert_int_equal(ftruncate(fd, 0), 0);
		fprintf(file, "# a file\nname=vm0\n%s\n", wrong[i].line);
		fflush(file);
		assert_int_equal(parse("-k", path), OPTIONS_RUN);
		assert_int_equal(config_expand(err, sizeof(err)), 0);
		assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
		assert_memory_equal(err, path, strlen(path));
		assert_memory_equal(err + strlen(path), wrong[i].says, strlen(wrong[i].says));
	}
	/* a later option is no part of the file */
	assert_int_equal(parse("-k", path, "-o", "slot.1.device=virtio-9p"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_memory_equal(err, "slot 1: ", 8);
	fclose(file);
	unlink(path);
}

static void unknown_option_of_a_device_is_named(void **state)
{
	(void)state;
	assert_int_equal(parse("-s", "1,virtio-blk,x,seriel=4", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("slot.1.seriel: unknown option; did you mean serial?");
}

static void path_that_is_not_the_first_option_is_named(void **state)
{
	(void)state;
	assert_int_equal(options_slot("1,virtio-blk,ro,/dev/vda", err, sizeof(err)), -EINVAL);
	assert_says("slot 1: /dev/vda: not an option");
	assert_int_equal(options_slot("2,virtio-blk,x,a b=7", err, sizeof(err)), -EINVAL);
	assert_says("slot 2: a b=7: not an option");
}

static void numbered_options_are_known(void **state)
{
	(void)state;
	assert_int_equal(parse("-s", "1,virtio-console,port.2.path=x", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), 0);
}

static void unknown_keys_are_named_with_the_nearest(void **state)
{
	(void)state;
	assert_int_equal(parse("-o", "memory.sise=4", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("memory.sise: unknown key; did you mean memory.size?");
	assert_int_equal(check_key("qqqqqqqqqqqqqq", err, sizeof(err)), -EINVAL);
	assert_says("qqqqqqqqqqqqqq: unknown key; see bhyve_config(5)");
	assert_int_equal(check_key("slot.32.device", err, sizeof(err)), -EINVAL);
	assert_says("slots are 0 to 31");
	assert_int_equal(check_key("slot.03.device", err, sizeof(err)), -EINVAL);
	assert_int_equal(check_key("slot.4.path", err, sizeof(err)), -EINVAL);
	assert_says("no device is in slot 4");
	assert_int_equal(check_key("vcpu.16.cpuset", err, sizeof(err)), -EINVAL);
	assert_int_equal(check_key("pci.0.3.0.device", err, sizeof(err)), -EOPNOTSUPP);
}

static void doubled_comma_is_one_of_a_file_name(void **state)
{
	(void)state;
	assert_int_equal(parse("-s", "0,virtio-blk,/a,,b=1,,,,c.img,ro,serial=x,,", "-s",
			       "1,virtio-blk,path=,,", "-o", "bootrom=r,,om,va,rs", "vm0"),
			 OPTIONS_RUN);
	assert_string_equal(config_get("slot.0.path"), "/a,b=1,,c.img");
	assert_string_equal(config_get("slot.0.ro"), "true");
	assert_string_equal(config_get("slot.0.serial"), "x,");
	assert_string_equal(config_get("slot.1.path"), ",");
	assert_string_equal(config_get("bootrom"), "r,om");
	assert_string_equal(config_get("bootvars"), "va,rs");
	assert_int_equal(parse("-o", "bootrom=rom", "-o", "slot.0.path=a,b", "vm0"), OPTIONS_RUN);
	assert_string_equal(config_get("bootrom"), "rom");
	assert_null(config_get("bootvars"));
	assert_string_equal(config_get("slot.0.path"), "a,b");
}

static void host_cpus_are_given_to_vcpus_that_there_are(void **state)
{
	(void)state;
	assert_int_equal(parse("-c", "2", "-p", "2:0", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("vcpu.2.cpuset: there is no vCPU 2; the virtual machine has 2");
	assert_int_equal(parse("-c", "sockets=2,cores=2", "-p", "3:0", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), 0);
	assert_int_equal(parse("-p", "0:0", "vm0"), OPTIONS_RUN);
	assert_int_equal(check_config(err, sizeof(err)), 0);
}

static void every_documented_key_is_known(void **state)
{
	static const char *const keys[] = {
		"name",
		"cpus",
		"sockets",
		"cores",
		"threads",
		"memory.size",
		"memory.wired",
		"memory.guest_in_core",
		"destroy_on_poweroff",
		"monitor",
		"uuid",
		"console",
		"rtc.use_localtime",
		"panic.action",
		"watchdog.action",
		"kernel",
		"initrd",
		"cmdline",
		"fdt.bootargs",
		"dtb",
		"config.dump",
		"vcpu.0.cpuset",
		"vcpu.15.cpuset",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(check_key(keys[i], err, sizeof(err)), 0);
}

static void memory_without_unit_is_in_mebibytes_when_small(void **state)
{
	uint64_t size;

	(void)state;
	config_set("memory.size", "512");
	assert_int_equal(check_memory(&size, err, sizeof(err)), 0);
	assert_int_equal(size, 512ULL << 20);
	config_set("memory.size", "1073741824");
	assert_int_equal(check_memory(&size, err, sizeof(err)), 0);
	assert_int_equal(size, 1ULL << 30);
	config_set("memory.size", "2G");
	assert_int_equal(check_memory(&size, err, sizeof(err)), 0);
	assert_int_equal(size, 2ULL << 30);
}

static void absent_memory_is_zero(void **state)
{
	uint64_t size = 1;

	(void)state;
	assert_int_equal(check_memory(&size, err, sizeof(err)), 0);
	assert_int_equal(size, 0);
}

static void bad_memory_sizes_are_refused(void **state)
{
	static const char *const bad[] = { "0", "0M", "1M", "3M", "5K", "lots", "256G", "-1", "" };
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config_set("memory.size", bad[i]);
		err[0] = '\0';
		assert_int_equal(check_memory(&size, err, sizeof(err)), -EINVAL);
		assert_says("memory.size");
	}
}

static void bad_values_are_refused(void **state)
{
	(void)state;
	config_set("monitor", "perhaps");
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("monitor=perhaps");
	config_clear();
	config_set("uuid", "1234");
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	assert_says("uuid=1234");
	config_set("uuid", "01234567-89ab-cdef-0123-456789abcdeg");
	assert_int_equal(check_config(err, sizeof(err)), -EINVAL);
	config_set("uuid", "01234567-89ab-cdef-0123-456789abcdef");
	assert_int_equal(check_config(err, sizeof(err)), 0);
}

static void bad_pins_are_refused(void **state)
{
	static const char *const bad[] = { "1", "1:", ":1", "16:0", "0:1x", "0:1024" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse("-p", bad[i], "vm0"), OPTIONS_ERROR);
		assert_says("-p ");
	}
}

static void file_options_are_read_in_order(void **state)
{
	char path[] = "/tmp/test_options.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "cpus=2\nname=vm7\n", 16), 16);
	close(fd);
	assert_int_equal(parse("-c", "4", "-k", path), OPTIONS_RUN);
	assert_string_equal(config_get("cpus"), "2");
	assert_string_equal(config_get("name"), "vm7");
	assert_int_equal(parse("-k", path, "-c", "4", "vm8"), OPTIONS_RUN);
	assert_string_equal(config_get("cpus"), "4");
	assert_string_equal(config_get("name"), "vm8");
	unlink(path);
}

static void used_slots_are_collected(void **state)
{
	(void)state;
	assert_int_equal(options_slot("0,virtio-blk,a", err, sizeof(err)), 0);
	assert_int_equal(options_slot("31,virtio-console", err, sizeof(err)), 0);
	assert_int_equal(check_slots(), 0x80000001);
}

static void device_list_has_names_and_keys(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	check_list_devices(stream);
	fclose(stream);
	assert_non_null(strstr(text, "virtio-blk  a disk\n"));
	assert_non_null(strstr(text, "port.#.path"));
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clear, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(letters_set_their_keys),
		TEST(help_version_and_device_list_are_found),
		TEST(unknown_options_are_named),
		TEST(name_is_needed_once),
		TEST(gdb_is_refused_clearly),
		TEST(a_boot_rom_may_name_its_variables),
		TEST(topology_is_read_in_any_order),
		TEST(plain_count_has_no_topology),
		TEST(bad_cpu_counts_are_refused),
		TEST(slot_options_become_keys),
		TEST(first_option_may_be_a_key_itself),
		TEST(path_with_an_equals_sign_is_still_the_path),
		TEST(repeated_option_collects_values),
		TEST(two_devices_in_one_slot_are_refused),
		TEST(bad_slots_are_refused),
		TEST(unknown_device_is_named_with_the_nearest),
		TEST(no_other_device_is_suggested_for_one_that_is_missing),
		TEST(options_that_mean_nothing_here_are_taken_with_a_note),
		TEST(lpc_names_a_boot_rom),
		TEST(options_of_another_bhyve_say_what_replaces_them),
		TEST(keys_of_a_file_are_named_with_file_and_line),
		TEST(unknown_option_of_a_device_is_named),
		TEST(path_that_is_not_the_first_option_is_named),
		TEST(numbered_options_are_known),
		TEST(unknown_keys_are_named_with_the_nearest),
		TEST(doubled_comma_is_one_of_a_file_name),
		TEST(host_cpus_are_given_to_vcpus_that_there_are),
		TEST(every_documented_key_is_known),
		TEST(memory_without_unit_is_in_mebibytes_when_small),
		TEST(absent_memory_is_zero),
		TEST(bad_memory_sizes_are_refused),
		TEST(bad_values_are_refused),
		TEST(bad_pins_are_refused),
		TEST(file_options_are_read_in_order),
		TEST(used_slots_are_collected),
		TEST(device_list_has_names_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
