/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzzers of devices share: a guest that does what the input says.
 *
 * The input is a string of operations on the registers of one device and on a small piece of guest
 * memory where its queues lie. The back ends are real, but reach nothing outside the process.
 */
#ifndef TEST_FUZZ_ANY_GUEST_H
#define TEST_FUZZ_ANY_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "bhyve/device.h"

/* The path of a disk of 1 MiB that is in memory only. */
#define FUZZ_DISK_FD 100
#define FUZZ_DISK    "/proc/self/fd/100"

/* Starts the machine once, makes the device of slot 0 with options "KEY=VALUE", NULL-terminated. */
struct device *fuzz_create(const struct device_ops *ops, const char *const *options);

/* Makes the device see the input: first a driver starts it by the book with all features that it
 * offers and `queues` queues, then the input goes on from there. The device is reset at the end. */
void fuzz_guest(struct device *device, unsigned queues, const uint8_t *data, size_t size);

#endif
