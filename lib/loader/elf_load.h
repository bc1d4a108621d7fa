/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading ELF kernels. Private to the loader. */
#ifndef LOADER_ELF_LOAD_H
#define LOADER_ELF_LOAD_H

#include "lib/loader/record.h"
#include "lib/loader/stream.h"

/*
 * Loads the ELF file for AArch64 that begins with these len bytes to ram (record->memory_size
 * bytes) and sets the record's entry, kernel_ipa and kernel_size.
 *
 * A bare-metal program goes where its physical addresses say. A FreeBSD kernel goes to the start of
 * memory, and behind it, in the order of FreeBSD's loader: symbols, the initial RAM disk's room (a
 * memory disk there), the environment made of record->cmdline, the device tree's room, and the
 * metadata; for it initrd_ipa, dtb_ipa and argument are set as well.
 *
 * Negative errno with the sentence in stream->err.
 */
int elf_load(struct stream *stream, const uint8_t *head, size_t len, struct record *record,
	     uint8_t *ram);

#endif
