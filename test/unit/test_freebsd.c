// SPDX-License-Identifier: BSD-2-Clause
/*
 * Loading ELF kernels: what FreeBSD/arm64 finds in memory, and bare-metal programs.
 *
 * sources: lib/loader/load.c lib/loader/kernel.c lib/loader/image.c lib/loader/file.c
 * sources: lib/loader/devicetree.c lib/loader/stream.c lib/loader/elf.c lib/loader/elf_load.c
 * sources: lib/loader/freebsd.c lib/vmmapi/memory.c lib/vmmapi/control.c
 * sources: lib/loader/zboot.c lib/loader/zstd.c lib/loader/foreign.c
 * libs: -lfdt -lz -lzstd
 */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>

#include "lib/loader/elf.h"
#include "lib/loader/freebsd.h"
#include "lib/loader/devicetree.h"
#include "lib/loader/load.h"

#define MIB	    (1ULL << 20)
#define MEMORY_SIZE (48 * MIB)
#define KERNBASE    0xffff000000000000ULL

/* The file: headers and text at its start, as in FreeBSD's kernel, then data, symbols, strings,
 * section headers. */
#define TEXT_SIZE   0x3000
#define DATA_VADDR  (KERNBASE + 0x5008)
#define DATA_OFFSET 0x3008
#define DATA_SIZE   0x100
#define DATA_MEMORY 0x2345
#define SYMTAB_SIZE (3 * 24)
#define STRTAB_SIZE 13
#define SYMTAB	    0x4000
#define STRTAB	    0x4100
#define SHDRS	    0x4200
#define FILE_SIZE   (SHDRS + 3 * sizeof(Elf64_Shdr))
#define KERNEL_END  0x8000 /* of 0x5008 + 0x2345 = 0x734d, with symbols, in pages */

static char folder[] = "/tmp/test_freebsd.XXXXXX";
static char path[2][PATH_MAX]; /* kernel, initrd */
static uint8_t *ram;
static uint8_t file[FILE_SIZE];
static Elf64_Ehdr *header = (Elf64_Ehdr *)file;
static Elf64_Phdr *program = (Elf64_Phdr *)(file + sizeof(Elf64_Ehdr));
static struct record record;
static char err[LOADER_ERROR_MAX];

static void write_file(const char *name, const void *data, size_t size)
{
	FILE *stream = fopen(name, "wb");

	assert_non_null(stream);
	assert_int_equal(fwrite(data, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
}

static void make_elf(void)
{
	Elf64_Shdr *sections = (Elf64_Shdr *)(file + SHDRS);

	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * 5 + (i >> 8) + 1);
	*header = (Elf64_Ehdr){
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_AARCH64,
		.e_version = EV_CURRENT,
		.e_entry = KERNBASE + 0x1234,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_shoff = SHDRS,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 3,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 3,
	};
	/* physical addresses are the virtual ones, as in FreeBSD's kernel */
	program[0] = (Elf64_Phdr){ PT_LOAD,  PF_R | PF_X, 0,	     KERNBASE,
				   KERNBASE, TEXT_SIZE,	  TEXT_SIZE, 0x10000 };
	program[1] = (Elf64_Phdr){ PT_LOAD,    PF_R | PF_W, DATA_OFFSET, DATA_VADDR,
				   DATA_VADDR, DATA_SIZE,   DATA_MEMORY, 0x10000 };
	program[2] = (Elf64_Phdr){ PT_DYNAMIC,	      PF_R, DATA_OFFSET, DATA_VADDR + 0x40,
				   DATA_VADDR + 0x40, 0x20, 0x20,	 8 };
	memset(sections, 0, 3 * sizeof(*sections));
	sections[1].sh_type = SHT_SYMTAB;
	sections[1].sh_offset = SYMTAB;
	sections[1].sh_size = SYMTAB_SIZE;
	sections[1].sh_link = 2;
	sections[2].sh_type = SHT_STRTAB;
	sections[2].sh_offset = STRTAB;
	sections[2].sh_size = STRTAB_SIZE;
}

static int setup(void **state)
{
	(void)state;
	memset(&record, 0, sizeof(record));
	err[0] = '\0';
	record.memory_size = MEMORY_SIZE;
	strcpy(record.kernel, path[0]);
	/* memory as an earlier guest left it */
	memset(ram, 0xa5, MEMORY_SIZE);
	make_elf();
	return 0;
}

static int load(void)
{
	write_file(path[0], file, sizeof(file));
	return load_guest(&record, ram, err, sizeof(err));
}

static void assert_loads(void)
{
	if (load())
		fail_msg("%s", err);
}

static void assert_refused(int error, const char *text)
{
	assert_int_equal(load(), error);
	if (!strstr(err, text))
		fail_msg("\"%s\" does not say \"%s\"", err, text);
	assert_false(record.fresh);
}

static uint32_t read32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t read64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* What the kernel sees at a virtual address. */
static uint8_t *kva(uint64_t address)
{
	assert_true(address >= KERNBASE && address - KERNBASE < MEMORY_SIZE);
	return ram + (address - KERNBASE);
}

/* Walks the records as the kernel does: the value of a type, behind the record of the module's
 * name. */
static const uint8_t *find(const char *module, uint32_t type, uint32_t *size)
{
	const uint8_t *at = kva(record.argument);
	bool inside = false;

	for (unsigned i = 0; i < 100; i++) {
		*size = read32(at + 4);
		if (read32(at) == 0 && *size == 0)
			return NULL;
		if (read32(at) == 1)
			inside = strcmp((const char *)at + 8, module) == 0;
		if (inside && read32(at) == type)
			return at + 8;
		at += (8 + *size + 7) & ~7U;
	}
	fail_msg("the records have no end");
	return NULL;
}

static uint64_t wide(const char *module, uint32_t type)
{
	uint32_t size;
	const uint8_t *value = find(module, type, &size);

	assert_non_null(value);
	assert_int_equal(size, 8);
	return read64(value);
}

static void kernel_lies_at_the_start_of_memory(void **state)
{
	static const uint8_t zeroes[DATA_MEMORY - DATA_SIZE];

	(void)state;
	assert_loads();
	assert_memory_equal(ram, file, TEXT_SIZE);
	assert_memory_equal(ram + 0x5008, file + DATA_OFFSET, DATA_SIZE);
	assert_memory_equal(ram + 0x5008 + DATA_SIZE, zeroes, sizeof(zeroes));
	assert_int_equal(record.kernel_ipa, 0x40000000);
	assert_int_equal(record.entry, 0x40001234);
	assert_true(record.fresh);
}

static void kernel_linked_above_a_block_keeps_its_place_in_it(void **state)
{
	(void)state;
	program[0].p_vaddr += 4 * MIB + 0x800;
	program[1].p_vaddr += 4 * MIB + 0x800;
	header->e_entry += 4 * MIB + 0x800;
	assert_loads();
	assert_memory_equal(ram + 0x800, file, TEXT_SIZE);
	assert_int_equal(record.entry, 0x40001a34);
	assert_true(record.argument > KERNBASE + 4 * MIB);
}

static void metadata_begins_with_the_kernel(void **state)
{
	const uint8_t *at;
	uint32_t size;

	(void)state;
	assert_loads();
	assert_int_equal(record.argument % 4096, 0);
	at = kva(record.argument);
	assert_int_equal(read32(at), 1);
	assert_int_equal(read32(at + 4), 7);
	assert_string_equal((const char *)at + 8, "kernel");
	at = find("kernel", 2, &size);
	assert_string_equal((const char *)at, "elf kernel");
	assert_int_equal(size, 11);
	assert_int_equal((uintptr_t)at % 8, 0);
	assert_int_equal(wide("kernel", 3), KERNBASE);
	assert_memory_equal(find("kernel", 0x8002, &size), file, 64);
	assert_int_equal(size, 64);
	assert_int_equal(wide("kernel", 0x8005), DATA_VADDR + 0x40);
}

static void symbols_are_behind_the_kernel_each_table_with_its_size(void **state)
{
	uint64_t begin, end;
	const uint8_t *at;

	(void)state;
	assert_loads();
	begin = wide("kernel", 0x8003);
	end = wide("kernel", 0x8004);
	assert_int_equal(begin, KERNBASE + 0x7350);
	at = kva(begin);
	assert_int_equal(read64(at), SYMTAB_SIZE);
	assert_memory_equal(at + 8, file + SYMTAB, SYMTAB_SIZE);
	assert_int_equal(read64(at + 8 + SYMTAB_SIZE), STRTAB_SIZE);
	assert_memory_equal(at + 16 + SYMTAB_SIZE, file + STRTAB, STRTAB_SIZE);
	assert_int_equal(end, begin + 16 + SYMTAB_SIZE + 16);
	assert_int_equal(wide("kernel", 4), end - KERNBASE);
}

static void stripped_kernel_has_no_symbols(void **state)
{
	uint32_t size;

	(void)state;
	header->e_shnum = 0;
	header->e_shoff = 0;
	assert_loads();
	assert_null(find("kernel", 0x8003, &size));
	assert_null(find("kernel", 0x8004, &size));
	assert_int_equal(wide("kernel", 4), 0x734d);
}

static void environment_device_tree_and_metadata_follow_in_pages(void **state)
{
	uint64_t env, dtb, end;

	(void)state;
	strcpy(record.cmdline, "-v vfs.root.mountfrom=ufs:/dev/vtbd0 hw.x=\"a b\" flag");
	assert_loads();
	env = wide("kernel", 0x8006);
	dtb = wide("kernel", 0x9002);
	end = wide("kernel", 0x8008);
	assert_int_equal(env, KERNBASE + KERNEL_END);
	assert_memory_equal(kva(env), "vfs.root.mountfrom=ufs:/dev/vtbd0\0hw.x=a b\0flag=1\0", 51);
	assert_int_equal(dtb, (env + 4096 + 0xffff) & ~0xffffULL);
	assert_int_equal(record.dtb_ipa, 0x40000000 + (dtb - KERNBASE));
	assert_int_equal(record.dtb_room, 0x10000);
	assert_int_equal(record.argument, dtb + 0x10000);
	assert_int_equal(end, record.argument + 4096);
	assert_int_equal(record.kernel_ipa + record.kernel_size, 0x40000000 + (end - KERNBASE));
}

/* A tree of the user's has the room it needs, which crosses no 2 MiB boundary either. */
static void device_tree_of_the_user_has_its_room(void **state)
{
	(void)state;
	assert_int_equal(devicetree_small_room(0), 0x10000);
	assert_int_equal(devicetree_small_room(1), 0x10000);
	assert_int_equal(devicetree_small_room(0x10000), 0x20000);
	assert_int_equal(devicetree_small_room(0x100000), 2 * MIB);
	assert_int_equal(devicetree_small_room(UINT64_MAX / 2), 2 * MIB);
}

static void boot_flags_are_in_howto(void **state)
{
	uint32_t size;
	const uint8_t *howto;

	(void)state;
	strcpy(record.cmdline, "-sv boot_serial=YES boot_mute=no");
	assert_loads();
	howto = find("kernel", 0x8007, &size);
	assert_non_null(howto);
	assert_int_equal(size, 4);
	assert_int_equal(read32(howto), 0x2 | 0x800 | 0x1000);
}

static void no_environment_is_an_empty_one(void **state)
{
	(void)state;
	assert_loads();
	assert_memory_equal(kva(wide("kernel", 0x8006)), "\0", 2);
}

static void initrd_is_a_memory_disk(void **state)
{
	uint64_t place;
	uint32_t size;

	(void)state;
	strcpy(record.initrd, path[1]);
	write_file(path[1], file + 100, 5000);
	assert_loads();
	assert_string_equal((const char *)find("initrd", 2, &size), "md_image");
	place = wide("initrd", 3);
	assert_int_equal(place, KERNBASE + KERNEL_END);
	assert_int_equal(wide("initrd", 4), 5000);
	assert_memory_equal(kva(place), file + 100, 5000);
	assert_int_equal(record.initrd_ipa, 0x40000000 + (place - KERNBASE));
	assert_int_equal(wide("kernel", 0x8006), place + 0x2000);
}

static void gzip_kernel_is_the_same(void **state)
{
	gzFile gz = gzopen(path[0], "wb");

	(void)state;
	assert_int_equal(gzwrite(gz, file, sizeof(file)), sizeof(file));
	gzclose(gz);
	assert_int_equal(load_guest(&record, ram, err, sizeof(err)), 0);
	assert_memory_equal(ram, file, TEXT_SIZE);
	assert_int_equal(wide("kernel", 4), 0x73b8);
}

static void kernel_that_does_not_fit_is_refused(void **state)
{
	(void)state;
	program[1].p_memsz = MEMORY_SIZE;
	assert_refused(-ENOSPC, "does not fit");
	program[1].p_memsz = MEMORY_SIZE - 0x10000 - 0x5008;
	assert_refused(-ENOSPC, "does not fit");
	/* the device tree takes less than 2 MiB */
	program[1].p_memsz = MEMORY_SIZE - MIB / 4;
	assert_int_equal(load(), 0);
	program[0].p_vaddr += ELF_FREEBSD_SPAN - 4096;
	program[1].p_vaddr = KERNBASE;
	assert_refused(-ENOSPC, "does not fit");
}

/* FreeBSD maps no more than 1 GiB when it starts. Only what is touched of this machine is there. */
static void memory_disk_out_of_reach_is_refused(void **state)
{
	uint64_t size = 1020 * MIB - 0x10000;
	uint8_t *small = ram;

	(void)state;
	record.memory_size = 2048 * MIB;
	ram = mmap(NULL, record.memory_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(ram, MAP_FAILED);
	strcpy(record.initrd, path[1]);
	write_file(path[1], file, 1);
	assert_int_equal(truncate(path[1], (off_t)size), 0);
	assert_refused(-ENOSPC, "kernel and memory disk have 1020 MiB");
	munmap(ram, record.memory_size);
	ram = small;
}

static void truncated_kernels_are_refused(void **state)
{
	static const size_t sizes[] = { 64, 100, 4096, TEXT_SIZE, SYMTAB + 8, FILE_SIZE - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_file(path[0], file, sizes[i]);
		assert_int_equal(load_guest(&record, ram, err, sizeof(err)), -ENOEXEC);
		assert_non_null(strstr(err, "truncated"));
	}
}

static void malformed_headers_are_refused(void **state)
{
	(void)state;
	header->e_type = ET_REL;
	assert_refused(-ENOEXEC, "not executable");
	make_elf();
	header->e_phentsize = 32;
	assert_refused(-ENOEXEC, "program headers");
	make_elf();
	header->e_phoff = UINT64_MAX;
	assert_refused(-ENOEXEC, "program headers");
	make_elf();
	program[0].p_filesz = TEXT_SIZE + 1;
	assert_refused(-ENOEXEC, "malformed program header");
	make_elf();
	program[0].p_vaddr = UINT64_MAX - 5;
	assert_refused(-ENOEXEC, "malformed program header");
	make_elf();
	program[0].p_type = program[1].p_type = PT_NOTE;
	assert_refused(-ENOEXEC, "nothing to load");
	make_elf();
	header->e_entry = KERNBASE + 0x100000;
	assert_refused(-ENOEXEC, "entry point");
}

/* Two segments at physical addresses, linked elsewhere. */
static void make_bare(uint64_t paddr)
{
	make_elf();
	header->e_entry = 0x1234;
	program[0].p_vaddr = 0;
	program[0].p_paddr = paddr;
	program[1].p_vaddr = 0x5008;
	program[1].p_paddr = paddr + 0x5008;
}

static void bare_metal_program_goes_to_its_physical_addresses(void **state)
{
	(void)state;
	make_bare(0x40080000);
	assert_loads();
	assert_memory_equal(ram + 0x80000, file, TEXT_SIZE);
	assert_memory_equal(ram + 0x85008, file + DATA_OFFSET, DATA_SIZE);
	assert_int_equal(ram[0x85008 + DATA_SIZE], 0);
	assert_int_equal(record.entry, 0x40081234);
	assert_int_equal(record.kernel_ipa, 0x40080000);
	assert_int_equal(record.kernel_size, 0x5008 + DATA_MEMORY);
	assert_int_equal(record.argument, 0);
	assert_int_equal(record.bare, 1);
	assert_int_equal(record.dtb_ipa, 0x40000000 + MEMORY_SIZE / 2);
}

static void bare_metal_program_behind_the_middle_of_memory_has_its_tree_above_it(void **state)
{
	(void)state;
	make_bare(0x40000000 + MEMORY_SIZE / 2 + 0x1000);
	assert_loads();
	assert_int_equal(record.dtb_ipa, 0x40000000 + MEMORY_SIZE / 2 + 2 * MIB);
}

static void bare_metal_program_outside_memory_is_refused(void **state)
{
	(void)state;
	make_bare(0x80000);
	assert_refused(-ENOSPC, "segment at 0x80000");
	make_bare(0x40000000 + MEMORY_SIZE - 0x5000);
	assert_refused(-ENOSPC, "give more memory");
	make_bare(0xffff800008000000ULL);
	assert_refused(-ENOSPC, "Image in place of vmlinux");
	make_bare(0x40000000);
	header->e_entry = 0x4000;
	assert_refused(-ENOEXEC, "entry point");
}

/* A kernel.bin: a Linux header with flags 8, and the word that the kernel looks for. */
static void make_kernel_bin(uint64_t flags)
{
	memset(file, 0, sizeof(file));
	file[18] = 0x40; /* image_size 4 MiB */
	file[24] = (uint8_t)flags;
	memcpy(file + 56, "ARM\x64", 4);
	strcpy((char *)file + 0x2000, "FreeBSD:");
}

static void kernel_bin_gets_its_command_line_behind_the_guard(void **state)
{
	(void)state;
	make_kernel_bin(8);
	strcpy(record.cmdline, "-v a=b");
	assert_loads();
	assert_string_equal(record.cmdline, "FreeBSD: -v a=b");
	assert_int_equal(record.entry, 0x40000000);
	/* again, as when the guest resets */
	assert_loads();
	assert_string_equal(record.cmdline, "FreeBSD: -v a=b");
	strcpy(record.cmdline, " freebsd: -s");
	assert_loads();
	assert_string_equal(record.cmdline, " freebsd: -s");
	assert_int_equal(record.dtb_ipa % (2 * MIB), 0);
}

static void linux_image_keeps_its_command_line(void **state)
{
	(void)state;
	make_kernel_bin(0xa);
	strcpy(record.cmdline, "quiet");
	assert_loads();
	assert_string_equal(record.cmdline, "quiet");
}

static void kernel_bin_refuses_what_it_would_cut(void **state)
{
	(void)state;
	make_kernel_bin(8);
	memset(record.cmdline, 'x', 504);
	assert_refused(-EINVAL, "longer than the 512 bytes");
	record.cmdline[503] = '\0';
	assert_loads();
	strcpy(record.cmdline, "a=\"b c\"");
	assert_refused(-EINVAL, "values with blanks");
}

static void environment_is_that_of_freebsds_loader(void **state)
{
	struct freebsd_env env;

	(void)state;
	freebsd_parse_cmdline("  FreeBSD:  a=1\t-S115200  b=\"x  y\" a=2 =3 c=\"q", &env);
	assert_int_equal(env.size, sizeof("comconsole_speed=115200\0b=x  y\0a=2\0c=\"q\0"));
	assert_memory_equal(env.text, "comconsole_speed=115200\0b=x  y\0a=2\0c=\"q\0", env.size);
	assert_int_equal(env.howto, 0);
	freebsd_parse_cmdline("-asrdvhCgmpPD", &env);
	assert_int_equal(env.howto, 0x3011b863);
}

static int group_setup(void **state)
{
	(void)state;
	ram = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED || !mkdtemp(folder))
		return -1;
	snprintf(path[0], sizeof(path[0]), "%s/kernel", folder);
	snprintf(path[1], sizeof(path[1]), "%s/initrd", folder);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(path[0]);
	unlink(path[1]);
	rmdir(folder);
	return munmap(ram, MEMORY_SIZE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_lies_at_the_start_of_memory),
		TEST(kernel_linked_above_a_block_keeps_its_place_in_it),
		TEST(metadata_begins_with_the_kernel),
		TEST(symbols_are_behind_the_kernel_each_table_with_its_size),
		TEST(stripped_kernel_has_no_symbols),
		TEST(environment_device_tree_and_metadata_follow_in_pages),
		TEST(device_tree_of_the_user_has_its_room),
		TEST(boot_flags_are_in_howto),
		TEST(no_environment_is_an_empty_one),
		TEST(initrd_is_a_memory_disk),
		TEST(gzip_kernel_is_the_same),
		TEST(kernel_that_does_not_fit_is_refused),
		TEST(memory_disk_out_of_reach_is_refused),
		TEST(truncated_kernels_are_refused),
		TEST(malformed_headers_are_refused),
		TEST(bare_metal_program_goes_to_its_physical_addresses),
		TEST(bare_metal_program_behind_the_middle_of_memory_has_its_tree_above_it),
		TEST(bare_metal_program_outside_memory_is_refused),
		TEST(kernel_bin_gets_its_command_line_behind_the_guard),
		TEST(linux_image_keeps_its_command_line),
		TEST(kernel_bin_refuses_what_it_would_cut),
		TEST(environment_is_that_of_freebsds_loader),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
