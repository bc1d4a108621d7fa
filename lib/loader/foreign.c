/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of other kinds, see foreign.h. */
#include "lib/loader/foreign.h"

#include <string.h>

#include "lib/loader/bytes.h"

struct format {
	size_t offset;
	const char *magic;
	size_t size;
	const char *what;
};

/* Formats that are known and not ours, by the bytes they have at an offset. */
static const struct format formats[] = {
	{ 0x202, "HdrS", 4, "an x86 Linux kernel (bzImage)" },
	{ 0x24, "\x01\x6f\x28\x18", 4, "a big-endian 32-bit Arm Linux kernel (zImage)" },
	{ 0x38, "RSC\x05", 4, "a RISC-V Linux kernel" },
	{ 4, "zimg", 4, "a compressed EFI kernel in a compressed file" },
	{ 0, "\x27\x05\x19\x56", 4, "a U-Boot image (uImage)" },
	{ 0, "\xd0\x0d\xfe\xed", 4, "a device tree or U-Boot FIT image" },
	{ 0, "ANDROID!", 8, "an Android boot image" },
	{ 0, "\x1f\x8b\x08", 3, "compressed with gzip" },
	{ 0, "\xfd\x37zXZ", 5, "compressed with xz" },
	{ 0, "\x28\xb5\x2f\xfd", 4, "compressed with zstd" },
	{ 0, "\x04\x22\x4d\x18", 4, "compressed with lz4" },
	{ 0, "\x02\x21\x4c\x18", 4, "compressed with lz4" },
	{ 0, "BZh", 3, "compressed with bzip2" },
	{ 0, "7z\xbc\xaf\x27\x1c", 6, "a 7z archive" },
	{ 0, "PK\x03\x04", 4, "a ZIP archive" },
	{ 0, "070701", 6, "a cpio archive (an initrd)" },
	{ 0x101, "ustar", 5, "a tar archive" },
	{ 0, "!<arch>\n", 8, "an ar archive (a Debian package or a library)" },
	{ 0, "\xed\xab\xee\xdb", 4, "an RPM package" },
	{ 0, "QFI\xfb", 4, "a qcow2 disk image" },
	{ 0, "KDMV", 4, "a VMDK disk image" },
	{ 0, "vhdxfile", 8, "a VHDX disk image" },
	{ 0, "conectix", 8, "a VHD disk image" },
	{ 0x40, "\x7f\x10\xda\xbe", 4, "a VDI disk image" },
	{ 0x200, "EFI PART", 8, "a disk image (with a GPT)" },
	{ 0, "hsqs", 4, "a squashfs file system" },
	{ 0x8001, "CD001", 5, "an ISO image (of a CD)" },
	{ 0, "#!", 2, "a script" },
	{ 0, "\177ELF", 4, "an ELF file" },
	{ 0, "MZ", 2, "an EFI program" },
};

/* Those whose magic number is short: looked at if the file begins with a word of 0, which is no
 * instruction. */
static const struct format disks[] = {
	{ 0x438, "\x53\xef", 2, "an ext4 file system" },
	{ 0x1fe, "\x55\xaa", 2, "a disk image (with an MBR)" },
};

static const struct format kernels[] = {
	{ 0x38, "ARM\x64", 4, "an arm64 Linux kernel (Image)" },
	{ 0x24, "\x18\x28\x6f\x01", 4, "a 32-bit Arm Linux kernel (zImage)" },
};

static const char *find(const struct format *table, size_t count, const uint8_t *head, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (len >= table[i].offset + table[i].size &&
		    memcmp(head + table[i].offset, table[i].magic, table[i].size) == 0)
			return table[i].what;
	return NULL;
}

/* ASCII but for control characters, or a byte of UTF-8 that is no ASCII. */
static bool is_text_byte(uint8_t byte)
{
	return (byte >= ' ' && byte != 0x7f && byte < 0xf5 && byte != 0xc0 && byte != 0xc1) ||
	       (byte >= '\t' && byte <= '\r') || byte == '\033';
}

/* Bytes that follow the first of a character of UTF-8. */
static unsigned followers(uint8_t byte)
{
	return byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
}

static bool is_text(const uint8_t *head, size_t len)
{
	unsigned follow = 0;

	for (size_t i = 0; i < len; i++) {
		bool follows = head[i] >= 0x80 && head[i] < 0xc0;

		if (!is_text_byte(head[i]) || follows != (follow > 0))
			return false;
		follow = follows ? follow - 1 : followers(head[i]);
	}
	return len > 0;
}

const char *foreign_format(const uint8_t *head, size_t len)
{
	const char *what = find(formats, sizeof(formats) / sizeof(formats[0]), head, len);

	if (!what && len >= 4 && le32(head) == 0)
		what = find(disks, sizeof(disks) / sizeof(disks[0]), head, len);
	return !what && is_text(head, len) ? "text" : what;
}

const char *foreign_kernel(const uint8_t *head, size_t len)
{
	return find(kernels, sizeof(kernels) / sizeof(kernels[0]), head, len);
}

bool foreign_is_arm32(const uint8_t *head, size_t len)
{
	if (len < 16 || le32(head) >> 24 != 0xea)
		return false;
	for (unsigned i = 4; i < 16; i += 4) {
		uint32_t word = le32(head + i);

		/* b, or ldr pc, [pc, #imm] */
		if (word >> 24 != 0xea && word >> 12 != 0xe59ff)
			return false;
	}
	return true;
}

bool foreign_is_a64(uint32_t word)
{
	return (word >> 25 & 0xf) >= 4;
}
