/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the kernel itself. Private to the loader. */
#ifndef LOADER_KERNEL_H
#define LOADER_KERNEL_H

#include "lib/loader/image.h"
#include "lib/loader/record.h"
#include "lib/loader/stream.h"

/*
 * Loads record->kernel, plain or compressed with gzip or zstd, to its place in ram
 * (record->memory_size bytes), and sets the record's entry, kernel_ipa and kernel_size; an ELF
 * FreeBSD kernel, which has them in its own order, sets initrd_ipa, dtb_ipa and argument, too,
 * which are 0 after others. record->initrd_size is given. Negative errno with the sentence in err.
 */
int kernel_load(struct record *record, uint8_t *ram, char *err, size_t errlen);

/* Says that a kernel needs more memory than there is (needed 0: not known), in bytes. -ENOSPC. */
int kernel_too_large(struct stream *stream, uint64_t needed, uint64_t memory);

#endif
