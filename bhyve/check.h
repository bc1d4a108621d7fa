/* SPDX-License-Identifier: BSD-2-Clause */
/* Which configuration keys there are, and whether a configuration makes sense. */
#ifndef BHYVE_CHECK_H
#define BHYVE_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Whether a key may be set: 0, or -EINVAL with the sentence, which names the nearest key, in err.
 */
int check_key(const char *key, char *err, size_t errlen);

/*
 * Checks all keys, and the values that bhyve itself uses; those of devices are checked when these
 * are made. -EINVAL, or -EOPNOTSUPP for what bhyve(8) has elsewhere and we do not, with the
 * sentence in err. To be called once all is set and expanded.
 */
int check_config(char *err, size_t errlen);

/* The CPU topology: values of cpus, sockets, cores and threads. */
struct topology {
	unsigned cpus;
	unsigned sockets; /* 0: no topology given */
	unsigned cores;
	unsigned threads;
};

/* Reads it from the configuration. -EINVAL with the sentence in err if the product is not right or
 * out of range. */
int check_topology(struct topology *topology, char *err, size_t errlen);

/* memory.size in bytes; 0 if it is not set. A number below 1048576 without a unit is in MiB, as
 * always in bhyve. */
int check_memory(uint64_t *size, char *err, size_t errlen);

/* Slots that have a device: bit N for slot N. */
uint32_t check_slots(void);

/* Prints the devices of `-s help`. */
void check_list_devices(FILE *stream);

#endif
