/* Loading the kernel itself. Private to the loader. */
#ifndef LOADER_KERNEL_H
#define LOADER_KERNEL_H

#include "lib/loader/image.h"
#include "lib/loader/record.h"

/*
 * Loads record->kernel, plain or compressed with gzip, to its place in ram (record->memory_size
 * bytes), and sets the record's entry, kernel_ipa and kernel_size. Negative errno with the sentence
 * in err.
 */
int kernel_load(struct record *record, uint8_t *ram, char *err, size_t errlen);

#endif
