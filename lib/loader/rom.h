/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading a boot ROM: firmware that the machine starts at address 0. */
#ifndef LOADER_ROM_H
#define LOADER_ROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/loader/record.h"
#include "lib/vmmapi/vmmapi.h"

/* Where the ROM is, and its largest size in bytes. */
#define ROM_BASE     0x00000000ULL
#define ROM_SIZE_MAX 0x04000000ULL

/*
 * Loads record->bootrom into read-only memory at ROM_BASE, which the VM is given if it has none
 * yet, and sets the record's entry and dtb_ipa: firmware looks for the device tree at the start of
 * memory. What pads the file at its end (bytes of one value) takes no memory. Negative errno with
 * the sentence in err; -ENOEXEC: the file is of a known kind that is no firmware for this machine.
 */
int rom_load(struct vmctx *vm, struct record *record, char *err, size_t errlen);

/* Whether the VM's ROM begins with an instruction, if it has one: false is worth a warning. */
bool rom_begins_with_code(struct vmctx *vm);

#endif
