/* SPDX-License-Identifier: BSD-2-Clause */
/* The flattened device tree that the loader hands over (Devicetree specification, 5). */
#ifndef GUEST_DEVICE_TREE_H
#define GUEST_DEVICE_TREE_H

#include "arch.h"

/* /chosen/bootargs, or "". */
const char *device_tree_arguments(void);
/* Whether the words are part of /chosen/bootargs. */
bool device_tree_argument(const char *words);
/* The decimal number that follows the word ("ipis=") there, or "otherwise". */
uint64_t device_tree_number(const char *word, uint64_t otherwise);

#endif
