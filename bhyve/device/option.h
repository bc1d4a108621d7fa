/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of devices: the keys slot.N.* of the configuration.
 *
 * Functions with err return 0, or -EINVAL after writing "slot N: " and one line.
 */
#ifndef BHYVE_DEVICE_OPTION_H
#define BHYVE_DEVICE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/device.h"

extern const struct device_ops virtio_blk_device;
extern const struct device_ops virtio_net_device;
extern const struct device_ops virtio_console_device;
extern const struct device_ops virtio_rnd_device;

/* The value of slot.N.KEY, or NULL. */
const char *option_get(unsigned slot, const char *key);

/* A boolean that is false unless set. */
int option_bool(unsigned slot, const char *key, bool *out, char *err, size_t errlen);

/* A number from low to high; an absent key leaves *out. */
int option_number(unsigned slot, const char *key, uint64_t low, uint64_t high, uint64_t *out,
		  char *err, size_t errlen);

/* Writes the line and returns -EINVAL. */
int option_error(char *err, size_t errlen, unsigned slot, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A number that depends on the virtual machine's name, the slot and a text only. */
uint64_t option_hash(const char *text, unsigned slot);

#endif
