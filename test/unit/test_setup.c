// SPDX-License-Identifier: BSD-2-Clause
/*
 * Creating and filling a VM, and what is remembered of it.
 *
 * sources: lib/loader/setup.c lib/loader/record.c lib/loader/rom.c lib/loader/load.c
 * sources: lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/vmmapi/error.c lib/vmmapi/refusal.c test/unit/fake_vmm.c
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

#include "fake_vmm.h"
#include "lib/loader/setup.h"

#define MIB (1ULL << 20)

static char kernel_path[] = "/tmp/test_setup.XXXXXX";
static char err[LOADER_ERROR_MAX];
static struct setup request;
static struct record record;
static struct vmctx *vm;

static int reset(void **state)
{
	(void)state;
	fake_vmm_reset();
	err[0] = '\0';
	vm = (struct vmctx *)&request; /* not left so by any outcome */
	request = (struct setup){ .name = "vm0", .kernel = kernel_path, .cmdline = "quiet" };
	return 0;
}

static int set_up(void)
{
	return setup_vm(&request, &vm, &record, err, sizeof(err));
}

static void assert_refused(int error, const char *text)
{
	assert_int_equal(set_up(), error);
	if (!strstr(err, text))
		fail_msg("\"%s\" does not say \"%s\"", err, text);
	assert_int_equal(fake_vmm.handles, 0);
	assert_null(vm);
}

static void new_vm_is_created_loaded_and_remembered(void **state)
{
	struct record kept;

	(void)state;
	request.memory_size = 64 * MIB;
	assert_int_equal(set_up(), 0);
	assert_true(fake_vmm.exists);
	assert_int_equal(fake_vmm.memory_size, 64 * MIB);
	assert_int_equal(setup_read_record(vm, &kept, err, sizeof(err)), 0);
	assert_string_equal(kept.kernel, kernel_path);
	assert_string_equal(kept.cmdline, "quiet");
	assert_int_equal(kept.memory_size, 64 * MIB);
	assert_int_equal(kept.entry, 0x40080000);
	assert_true(kept.fresh);
	vm_close(vm);
}

static void memory_is_256_mib_when_not_given(void **state)
{
	(void)state;
	assert_int_equal(set_up(), 0);
	assert_int_equal(fake_vmm.memory_size, 256 * MIB);
	vm_close(vm);
}

static void failed_new_vm_is_destroyed_again(void **state)
{
	(void)state;
	request.kernel = "/nonexistent/Image";
	assert_refused(-ENOENT, "/nonexistent/Image");
	assert_false(fake_vmm.exists);
}

static void existing_vm_is_loaded_again_and_kept_on_failure(void **state)
{
	(void)state;
	assert_int_equal(set_up(), 0);
	vm_close(vm);
	assert_int_equal(set_up(), 0);
	vm_close(vm);
	assert_int_equal(fake_vmm.reinits, 2);
	request.kernel = "/nonexistent/Image";
	assert_refused(-ENOENT, "/nonexistent/Image");
	assert_true(fake_vmm.exists);
	/* half of a kernel is not run */
	assert_int_equal(fake_vmm.blob_size, 0);
}

static void running_vm_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(set_up(), 0);
	vm_close(vm);
	fake_vmm.fail = FAKE_REINIT;
	fake_vmm.error = -EBUSY;
	assert_refused(-EBUSY, "is running; stop it with bhyvectl --vm=vm0 --force-poweroff");
	assert_true(fake_vmm.blob_size > 0);
}

static void existing_vm_keeps_its_memory(void **state)
{
	(void)state;
	request.memory_size = 64 * MIB;
	assert_int_equal(set_up(), 0);
	vm_close(vm);
	request.memory_size = 128 * MIB;
	assert_refused(-EEXIST, "exists with 64M of memory, not 128M");
	request.memory_size = 0;
	assert_int_equal(set_up(), 0);
	assert_int_equal(record.memory_size, 64 * MIB);
	vm_close(vm);
}

static void more_memory_than_the_host_has_is_explained(void **state)
{
	(void)state;
	fake_vmm.fail = FAKE_ADD_MEMSEG;
	fake_vmm.error = -ENOMEM;
	assert_refused(-ENOMEM, "the host does not have that much memory");
	assert_false(fake_vmm.exists);
}

static void missing_driver_and_permission_are_explained(void **state)
{
	(void)state;
	fake_vmm.fail = FAKE_CREATE;
	fake_vmm.error = -ENOENT;
	assert_refused(-ENOENT, "run modprobe vmm");
	fake_vmm.error = -EACCES;
	assert_refused(-EACCES, "be root");
}

static void bad_names_are_explained(void **state)
{
	char name[301];

	(void)state;
	request.name = "a/b";
	assert_refused(-EINVAL, "not a name for a virtual machine");
	memset(name, 'n', 300);
	name[300] = '\0';
	request.name = name;
	assert_refused(-ENAMETOOLONG, "the name is too long");
}

static void blob_that_cannot_be_kept_fails_the_setup(void **state)
{
	(void)state;
	fake_vmm.fail = FAKE_SET_BLOB;
	fake_vmm.error = -ENOMEM;
	assert_refused(-ENOMEM, "out of memory");
	assert_false(fake_vmm.exists);
}

static void memory_that_cannot_be_mapped_fails_the_setup(void **state)
{
	(void)state;
	fake_vmm.fail = FAKE_MAP;
	fake_vmm.error = -ENOMEM;
	assert_refused(-ENOMEM, "memory");
	assert_false(fake_vmm.exists);
}

static void long_command_lines_are_refused(void **state)
{
	static char line[RECORD_CMDLINE_MAX + 2];

	(void)state;
	memset(line, 'a', sizeof(line) - 1);
	request.cmdline = line;
	assert_refused(-EINVAL, "cmdline: longer than 2047 bytes");
	line[RECORD_CMDLINE_MAX] = '\0';
	assert_int_equal(set_up(), 0);
	vm_close(vm);
	request.cmdline = "a\nb";
	assert_refused(-EINVAL, "cmdline");
}

static void wired_memory_is_allocated(void **state)
{
	(void)state;
	request.memory_size = 4 * MIB;
	request.wire = true;
	assert_int_equal(set_up(), 0);
	vm_close(vm);
}

static void vm_with_nothing_loaded_says_so(void **state)
{
	(void)state;
	assert_int_equal(vm_create("vm0"), 0);
	assert_int_equal(vm_open("vm0", &vm), 0);
	assert_int_equal(setup_read_record(vm, &record, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "load a kernel with bhyveload -k KERNEL vm0"));
	vm_set_blob(vm, "nonsense", 8);
	assert_int_equal(setup_read_record(vm, &record, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "run bhyveload again"));
	vm_close(vm);
}

static void reload_reads_the_files_again(void **state)
{
	(void)state;
	request.memory_size = 4 * MIB;
	assert_int_equal(set_up(), 0);
	memset((char *)fake_vmm.memory + 0x80000, 0xee, 16);
	record.fresh = false;
	assert_int_equal(setup_reload(vm, &record, err, sizeof(err)), 0);
	assert_memory_equal((char *)fake_vmm.memory + 0x80000, "raw kernel", 10);
	assert_true(record.fresh);
	vm_close(vm);
}

static struct record full_record(void)
{
	struct record r = {
		.kernel = "/boot/Image",
		.initrd = "/boot/initrd",
		.dtb = "/boot/dtb",
		.cmdline = "a=b c=\"d e\"",
		.memory_size = 64 * MIB,
		.entry = 0x40080000,
		.kernel_ipa = 0x40080000,
		.kernel_size = 0x100000,
		.page_size = 4096,
		.initrd_ipa = 0x43000000,
		.initrd_size = 0x1234,
		.dtb_ipa = 0x43e00000,
		.dtb_room = 0x200000,
		.bare = 1,
		.cpus = 4,
		.sockets = 2,
		.cores = 2,
		.threads = 1,
		.fresh = true,
	};

	return r;
}

static void record_survives_formatting_and_parsing(void **state)
{
	static char blob[VMM_BLOB_MAX];
	struct record in = full_record(), out;
	int len = record_format(&in, blob, sizeof(blob));

	(void)state;
	assert_true(len > 0);
	assert_int_equal(record_parse(blob, (size_t)len, &out), 0);
	assert_string_equal(out.kernel, in.kernel);
	assert_string_equal(out.initrd, in.initrd);
	assert_string_equal(out.dtb, in.dtb);
	assert_string_equal(out.cmdline, in.cmdline);
	assert_int_equal(out.memory_size, in.memory_size);
	assert_int_equal(out.entry, in.entry);
	assert_int_equal(out.kernel_ipa, in.kernel_ipa);
	assert_int_equal(out.kernel_size, in.kernel_size);
	assert_int_equal(out.page_size, in.page_size);
	assert_int_equal(out.initrd_ipa, in.initrd_ipa);
	assert_int_equal(out.initrd_size, in.initrd_size);
	assert_int_equal(out.dtb_ipa, in.dtb_ipa);
	assert_int_equal(out.bare, 1);
	assert_int_equal(out.dtb_room, in.dtb_room);
	assert_int_equal(out.cpus, 4);
	assert_int_equal(out.sockets, 2);
	assert_int_equal(out.cores, 2);
	assert_int_equal(out.threads, 1);
	assert_true(out.fresh);
	assert_int_equal(record_format(&in, blob, 64), -ENOSPC);
}

static void records_of_later_versions_are_read(void **state)
{
	char blob[1024] = "";
	struct record in = full_record(), out;
	int len = record_format(&in, blob, sizeof(blob));

	(void)state;
	strcpy(blob + len, "snapshot=yes\n");
	assert_int_equal(record_parse(blob, strlen(blob), &out), 0);
}

static void malformed_records_are_refused(void **state)
{
	static const char *const bad[] = { "x",
					   "entry=",
					   "entry=zz\n",
					   "entry=1 2\n",
					   "kernel=/Image\n",
					   "\n",
					   "kernel=/I\nmemory.size=0x99999999999999999\n" };
	char blob[1024] = "";
	struct record in, out;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(record_parse(bad[i], strlen(bad[i]), &out), -EINVAL);
	assert_int_equal(record_parse("", 0, &out), -ENOENT);
	in = full_record();
	in.dtb_ipa = LOADER_RAM_BASE + in.memory_size - 4096;
	assert_int_equal(record_parse(blob, (size_t)record_format(&in, blob, sizeof(blob)), &out),
			 -EINVAL);
	in.dtb_room = 4096;
	assert_int_equal(record_parse(blob, (size_t)record_format(&in, blob, sizeof(blob)), &out),
			 0);
	in.dtb_room = 0;
	assert_int_equal(record_parse(blob, (size_t)record_format(&in, blob, sizeof(blob)), &out),
			 -EINVAL);
	in = full_record();
	in.initrd_size = UINT64_MAX;
	assert_int_equal(record_parse(blob, (size_t)record_format(&in, blob, sizeof(blob)), &out),
			 -EINVAL);
	in = full_record();
	in.entry = LOADER_RAM_BASE - 4;
	assert_int_equal(record_parse(blob, (size_t)record_format(&in, blob, sizeof(blob)), &out),
			 -EINVAL);
}

static int make_kernel(void **state)
{
	int fd = mkstemp(kernel_path);

	(void)state;
	if (fd < 0 || write(fd, "raw kernel", 11) != 11) /* with its NUL: a binary */
		return -1;
	return close(fd);
}

static int remove_kernel(void **state)
{
	(void)state;
	fake_vmm_reset();
	return unlink(kernel_path);
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_vm_is_created_loaded_and_remembered),
		TEST(memory_is_256_mib_when_not_given),
		TEST(failed_new_vm_is_destroyed_again),
		TEST(existing_vm_is_loaded_again_and_kept_on_failure),
		TEST(running_vm_is_left_alone),
		TEST(existing_vm_keeps_its_memory),
		TEST(more_memory_than_the_host_has_is_explained),
		TEST(missing_driver_and_permission_are_explained),
		TEST(bad_names_are_explained),
		TEST(blob_that_cannot_be_kept_fails_the_setup),
		TEST(memory_that_cannot_be_mapped_fails_the_setup),
		TEST(long_command_lines_are_refused),
		TEST(wired_memory_is_allocated),
		TEST(vm_with_nothing_loaded_says_so),
		TEST(reload_reads_the_files_again),
		TEST(record_survives_formatting_and_parsing),
		TEST(records_of_later_versions_are_read),
		TEST(malformed_records_are_refused),
	};

	return cmocka_run_group_tests(tests, make_kernel, remove_kernel);
}
