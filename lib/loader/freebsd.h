/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What FreeBSD/arm64's kernel takes from its loader: the environment and the metadata of preloaded
 * files (sys/linker.h, machine/metadata.h and sys/reboot.h have the numbers). Private to the
 * loader.
 */
#ifndef LOADER_FREEBSD_H
#define LOADER_FREEBSD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A kernel.bin takes boot arguments only behind this word, and 512 bytes of them with it. */
#define FREEBSD_GUARD	     "FreeBSD:"
#define FREEBSD_BOOTARGS_MAX 512

/* Longest environment: a command line, whose words it is made of, with two NULs. */
#define FREEBSD_ENV_MAX	     4096

/* The kernel's environment, NAME=VALUE with a NUL behind each and one more behind all, and its boot
 * flags (RB_* of sys/reboot.h). */
struct freebsd_env {
	char text[FREEBSD_ENV_MAX];
	size_t size;
	uint32_t howto;
};

/*
 * Makes the environment of a command line as FreeBSD's loader does: "-sv" are boot flags,
 * NAME=VALUE (the value in double quotes if it has blanks) is a variable, NAME alone is NAME=1, and
 * the boot_* variables of loader(8) set their flags, too. FREEBSD_GUARD at the start is skipped. A
 * variable that is given twice has its last value.
 */
void freebsd_parse_cmdline(const char *cmdline, struct freebsd_env *env);

/* What the metadata says. Addresses are virtual; 0: not said. */
struct freebsd_metadata {
	uint64_t address; /* of the kernel, and its size with symbols, in bytes */
	uint64_t size;
	uint32_t howto;
	uint64_t env;
	uint64_t dtb;
	uint64_t kernel_end; /* first address that nothing is loaded at or above */
	uint64_t symbols;
	uint64_t symbols_end;
	uint64_t dynamic;
	uint64_t memory_disk; /* a file system image, and its size in bytes */
	uint64_t memory_disk_size;
	const uint8_t *elf_header; /* 64 bytes */
};

/* Room that is enough for the metadata, in bytes. */
#define FREEBSD_METADATA_MAX 1024

/* Writes the metadata; its size in bytes. */
size_t freebsd_write_metadata(const struct freebsd_metadata *metadata, uint8_t *buf);

#endif
