/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which device answers at which guest address.
 *
 * Regions are registered before the first vCPU runs and stay until the process ends; mmio_access()
 * is called by all vCPU threads at once and takes no lock: a device that needs one takes its own.
 */
#ifndef BHYVE_MMIO_H
#define BHYVE_MMIO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * offset is from the region's base, size 1, 2, 4 or 8; an access never crosses the region's end.
 * read stores the value zero-extended. A non-zero return (negative errno) becomes an external abort
 * in the guest: registers that are not there read as zero and ignore writes instead, unless the
 * device's specification says otherwise.
 */
struct mmio_ops {
	int (*read)(void *opaque, uint64_t offset, unsigned size, uint64_t *value);
	int (*write)(void *opaque, uint64_t offset, unsigned size, uint64_t value);
};

/* Most regions: 32 virtio-mmio slots and the board's own devices. */
#define MMIO_REGIONS_MAX 64

/*
 * name (for messages) and ops must outlive the region. -EINVAL: size is 0 or wraps; -EEXIST:
 * overlaps another region; -ENOSPC.
 */
int mmio_register(const char *name, uint64_t base, uint64_t size, const struct mmio_ops *ops,
		  void *opaque);

/*
 * One access of size bytes at a guest address. For a read *value is the result, for a write what is
 * written. -ENOENT: nobody there, or the access straddles the region's end; else what the device
 * returned.
 */
int mmio_access(uint64_t ipa, bool write, unsigned size, uint64_t *value);

/* The name of the region at a guest address, or NULL. */
const char *mmio_name(uint64_t ipa);

/* Forgets all regions. No vCPU may be running. */
void mmio_clear(void);

#endif
