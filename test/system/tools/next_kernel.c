// SPDX-License-Identifier: BSD-2-Clause
/*
 * next_kernel [-p] IMAGE INITRD COMMANDLINE: what kexec(8) does, on the emulated host.
 *
 * Loads a kernel Image, to be booted by a reboot with LINUX_REBOOT_CMD_KEXEC, which "next_kernel
 * -e" asks for; with -p, by a panic, in the memory that crashkernel= has set aside. The next kernel
 * gets this one's device tree with another command line and initrd. Status: 0, or 1 with a message.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libfdt.h>
#include <linux/kexec.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE_TREE  "/sys/firmware/fdt"
#define TREE_ROOM    65536 /* for what is added */
#define MIB	     (UINT64_C(1) << 20)
#define ALIGNMENT    (2 * MIB)
/* Where a kernel that takes this one's place goes: the first GiB of QEMU's virt, above where it is.
 */
#define NEXT_ADDRESS UINT64_C(0x60000000)
#define IMAGE_MAGIC  0x644d5241 /* "ARM\x64", Documentation/arm64/booting.rst */

struct image_header {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags, reserved[3];
	uint32_t magic, pe;
};

struct file {
	void *bytes;
	size_t size;
};

/* What the next kernel is given, and where it is put. */
struct parcel {
	struct file kernel, initrd, tree;
	uint64_t base, kernel_at, initrd_at, tree_at, stub_at, end;
};

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "next_kernel: %s: %s\n", what, why);
	exit(1);
}

static struct file read_file(const char *path, size_t room)
{
	size_t most = 256 * MIB;
	struct file file = { malloc(most), 0 };
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (descriptor < 0 || !file.bytes)
		fail(path, strerror(errno));
	while ((got = read(descriptor, (char *)file.bytes + file.size, most - room - file.size)) >
	       0)
		file.size += (size_t)got;
	if (got < 0)
		fail(path, strerror(errno));
	close(descriptor);
	return file;
}

/* The memory that crashkernel= has set aside. */
static void find_crash_memory(uint64_t *base, uint64_t *end)
{
	FILE *iomem = fopen("/proc/iomem", "re");
	char line[256];

	while (iomem && fgets(line, sizeof(line), iomem)) {
		if (!strstr(line, "Crash kernel"))
			continue;
		*base = strtoull(line, NULL, 16);
		*end = strtoull(strchr(line, '-') + 1, NULL, 16) + 1;
		fclose(iomem);
		return;
	}
	fail("crash kernel", "no memory has been set aside; boot with crashkernel=");
}

static uint64_t align(uint64_t value, uint64_t alignment)
{
	return (value + alignment - 1) & ~(alignment - 1);
}

static void place(struct parcel *parcel)
{
	const struct image_header *header = parcel->kernel.bytes;

	if (parcel->kernel.size < sizeof(*header) || header->magic != IMAGE_MAGIC)
		fail("kernel", "not an arm64 Image");
	parcel->kernel_at = align(parcel->base, ALIGNMENT) + header->text_offset;
	parcel->initrd_at = align(parcel->kernel_at + header->image_size, ALIGNMENT);
	parcel->tree_at = align(parcel->initrd_at + parcel->initrd.size, ALIGNMENT);
	parcel->stub_at = align(parcel->tree_at + parcel->tree.size + TREE_ROOM, ALIGNMENT);
	if (parcel->end && parcel->stub_at + 4096 > parcel->end)
		fail("crash kernel", "too little memory has been set aside");
}

static void check_tree(int error)
{
	if (error < 0)
		fail(DEVICE_TREE, fdt_strerror(error));
}

/* In a crash the next kernel must stay within what has been set aside. */
static void describe(struct parcel *parcel, const char *command_line)
{
	int size = (int)parcel->tree.size + TREE_ROOM, chosen;
	void *tree = parcel->tree.bytes;

	check_tree(fdt_open_into(tree, tree, size));
	chosen = fdt_path_offset(tree, "/chosen");
	check_tree(chosen);
	check_tree(fdt_setprop_string(tree, chosen, "bootargs", command_line));
	check_tree(fdt_setprop_u64(tree, chosen, "linux,initrd-start", parcel->initrd_at));
	check_tree(fdt_setprop_u64(tree, chosen, "linux,initrd-end",
				   parcel->initrd_at + parcel->initrd.size));
	if (parcel->end) {
		check_tree(
			fdt_setprop_u64(tree, chosen, "linux,usable-memory-range", parcel->base));
		check_tree(fdt_appendprop_u64(tree, chosen, "linux,usable-memory-range",
					      parcel->end - parcel->base));
	}
	parcel->tree.size = fdt_totalsize(tree);
}

/* This kernel jumps here with the MMU off; the next one wants the device tree's address in X0. */
static void fill_stub(uint32_t *stub, const struct parcel *parcel)
{
	const uint64_t values[] = { parcel->tree_at, parcel->kernel_at };

	stub[0] = 0x580000c0; /* ldr x0, [pc + 24] */
	stub[1] = 0x580000e9; /* ldr x9, [pc + 28] */
	stub[2] = 0xaa1f03e1; /* mov x1, xzr; x2, x3 */
	stub[3] = 0xaa1f03e2;
	stub[4] = 0xaa1f03e3;
	stub[5] = 0xd61f0120; /* br x9 */
	memcpy(stub + 6, values, sizeof(values));
}

static void load(const struct parcel *parcel, unsigned long flags)
{
	static uint32_t stub[1024];
	const struct {
		const void *bytes;
		size_t size;
		uint64_t at, room;
	} parts[] = {
		{ parcel->kernel.bytes, parcel->kernel.size, parcel->kernel_at,
		  ((const struct image_header *)parcel->kernel.bytes)->image_size },
		{ parcel->initrd.bytes, parcel->initrd.size, parcel->initrd_at, 0 },
		{ parcel->tree.bytes, parcel->tree.size, parcel->tree_at, 0 },
		{ stub, sizeof(stub), parcel->stub_at, 0 },
	};
	struct kexec_segment segments[sizeof(parts) / sizeof(parts[0])];
	size_t count = sizeof(parts) / sizeof(parts[0]);

	fill_stub(stub, parcel);
	for (size_t i = 0; i < count; i++) {
		size_t room = parts[i].room > parts[i].size ? parts[i].room : parts[i].size;

		segments[i] = (struct kexec_segment){ parts[i].bytes, parts[i].size,
						      (const void *)(uintptr_t)parts[i].at,
						      align(room, 4096) };
	}
	if (syscall(SYS_kexec_load, parcel->stub_at, count, segments, flags | KEXEC_ARCH_AARCH64))
		fail("kexec_load", strerror(errno));
}

int main(int argc, char **argv)
{
	bool crash = argc > 1 && !strcmp(argv[1], "-p");
	struct parcel parcel = { .base = NEXT_ADDRESS };

	if (argc == 2 && !strcmp(argv[1], "-e")) {
		syscall(SYS_reboot, 0xfee1dead, 672274793, 0x45584543,
			NULL); /* LINUX_REBOOT_CMD_KEXEC */
		fail("reboot", strerror(errno));
	}
	if (argc != 4 + crash)
		fail("usage", "next_kernel [-p] IMAGE INITRD COMMANDLINE, or next_kernel -e");
	argv += crash;
	parcel.kernel = read_file(argv[1], 0);
	parcel.initrd = read_file(argv[2], 0);
	parcel.tree = read_file(DEVICE_TREE, TREE_ROOM);
	if (crash)
		find_crash_memory(&parcel.base, &parcel.end);
	place(&parcel);
	describe(&parcel, argv[3]);
	load(&parcel, crash ? KEXEC_ON_CRASH : 0);
	return 0;
}
