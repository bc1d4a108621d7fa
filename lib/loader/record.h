/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was loaded into a virtual machine. It is kept with the VM in the kernel, as lines of
 * key=value, so that a bhyve that is started later can run it, and a guest's reboot can load the
 * same files again.
 */
#ifndef LOADER_RECORD_H
#define LOADER_RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest command line of a kernel, without the NUL (Linux: COMMAND_LINE_SIZE 2048). */
#define RECORD_CMDLINE_MAX 2047

/* Paths are absolute; an empty string is "none". Addresses are guest addresses (IPA), sizes are in
 * bytes. */
struct record {
	char kernel[PATH_MAX];
	char initrd[PATH_MAX];
	char bootrom[PATH_MAX];	 /* firmware in place of a kernel, */
	char bootvars[PATH_MAX]; /* and the file of its variables */
	char dtb[PATH_MAX];	 /* the user's device tree; none: bhyve generates one */
	char cmdline[RECORD_CMDLINE_MAX + 1];
	char arch[8]; /* what the user says the kernel is for: armv7, armv8; empty: find out */
	uint64_t memory_size;
	uint64_t entry;
	uint64_t argument; /* what the kernel is entered with in X0; 0: dtb_ipa */
	uint64_t kernel_ipa;
	uint64_t kernel_size; /* with BSS */
	uint64_t aarch32;     /* 1: vCPUs start in AArch32 */
	uint64_t raw;	      /* 1: the kernel is a raw binary */
	uint64_t bare;	      /* 1: it is a bare-metal program: a raw binary or an ELF file */
	uint64_t page_size;   /* of the kernel: 4096, 16384, 65536; 0: not said */
	uint64_t initrd_ipa;
	uint64_t initrd_size;
	uint64_t dtb_ipa;
	uint64_t dtb_room; /* bytes that are free there; 0: LOADER_DTB_ROOM */
	uint64_t cpus;	   /* this and the next three: of the last run; 0: never run */
	uint64_t sockets;
	uint64_t cores;
	uint64_t threads;
	bool fresh; /* loaded, and not run since */
};

/* Writes the lines into buf. Their length, or -ENOSPC. */
int record_format(const struct record *record, char *buf, size_t len);

/*
 * Reads the lines of a blob (len bytes, then a NUL). Unknown keys are skipped: they are a later
 * version's. -ENOENT: the blob is empty, nothing was loaded; -EINVAL: malformed, or addresses
 * outside the VM's memory.
 */
int record_parse(const char *blob, size_t len, struct record *record);

#endif
