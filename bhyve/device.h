/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of the virtual machine.
 *
 * A device is one file behind one struct device_ops, named in the one table, device_table. It is
 * made from the configuration (slot.N.device names it, the other slot.N.* keys are its options),
 * registers its own MMIO region, and lives until the process ends.
 *
 * Threads: devices are made, reset and destroyed by the main thread while no vCPU runs; in between
 * their registers are used by all vCPU threads and their back ends by the I/O loop (mevent.h). Each
 * device has one mutex for both.
 */
#ifndef BHYVE_DEVICE_H
#define BHYVE_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bhyve/board.h"
#include "lib/vmmapi/vm_device_stats.h"

#define STATS_END UINT8_MAX

/* One option of a device. In name a component that is or ends in '#' stands for a decimal number:
 * "port.#.name" is port.0.name, port.1.name, ... */
struct device_key {
	const char *name;
	const char *help;
};

struct device;

struct device_ops {
	const char *name;	       /* "virtio-blk" */
	const char *summary;	       /* one line for `-s help` */
	const char *first_key;	       /* key of a first option without '=', or NULL */
	const struct device_key *keys; /* ends with a NULL name; without "device" */
	/* The counters that the device keeps, the last one STATS_END; NULL: none. */
	const uint8_t *stats;
	/* Makes the device of a slot. 0, or a negative errno with one line in err that names the
	 * object, what failed and what to do, without the program's name. */
	int (*create)(unsigned slot, struct device **out, char *err, size_t errlen);
	/* Back to the state after create: the guest was reset. Waits for I/O in flight. */
	void (*reset)(struct device *device);
	/* Ends I/O in flight, flushes, closes and frees. */
	void (*destroy)(struct device *device);
	/* What is behind the device has another size, which the guest is told; see
	 * device_resize(). NULL: it has none. */
	int (*resize)(struct device *device, char *err, size_t errlen);
};

/* What all devices start with. */
struct device {
	const struct device_ops *ops;
	unsigned slot;
	_Atomic uint64_t stats[VM_DEVICE_STAT_COUNT]; /* those that ops->stats names */
};

/* Adds to a counter. Safe from any thread. */
static inline void device_count(struct device *device, enum vm_device_stat_id stat, uint64_t more)
{
	atomic_fetch_add_explicit(&device->stats[stat], more, memory_order_relaxed);
}

/* The devices that -s can name; ends with NULL. */
extern const struct device_ops *const device_table[];

/* The device of a name, or NULL. */
const struct device_ops *device_find(const char *name);

/* The option that a key names ("port.2.name" finds "port.#.name"), or NULL. */
const struct device_key *device_key_find(const struct device_ops *ops, const char *key);

/* Makes the board's devices and those of all slots, in the order of slots. 0, or a negative errno
 * with one line in err; then those already made have been destroyed. flash: with the banks of
 * flash, which a boot ROM needs. */
int devices_create_all(bool flash, char *err, size_t errlen);

/* The guest is reset: all devices go back to their initial state. No vCPU may be running. */
void devices_reset_all(void);

/*
 * A disk's file or device has grown: the guest is told (virtio 1.2, 5.2.5: by a configuration
 * interrupt). 0, also if the size is what it was, or a negative errno with one line in err: no
 * device is in the slot, it has no size, or it is smaller than it was. Called by the I/O loop's
 * thread.
 */
int device_resize(unsigned slot, char *err, size_t errlen);

/* Flushes and closes everything. No vCPU may be running, nor the I/O loop. */
void devices_destroy_all(void);

/* Calls visit with the counters of all devices, those of a device together. Safe from any thread
 * while the devices are there. */
typedef void device_stat_fn(const struct device *device, const char *counter, uint64_t value,
			    void *arg);
void devices_each_stat(device_stat_fn *visit, void *arg);

/* The devices that are always there; they take `console`, `rtc.use_localtime` and `panic.action`.
 * As device_ops.create. */
int pl011_create(struct device **out, char *err, size_t errlen);
int pl031_create(struct device **out, char *err, size_t errlen);
int pl061_create(struct device **out, char *err, size_t errlen);
int pvpanic_create(struct device **out, char *err, size_t errlen);
int watchdog_create(struct device **out, char *err, size_t errlen);

/* The event device of a machine with ACPI tables. As device_ops.create. */
int ged_create(struct device **out, char *err, size_t errlen);

/*
 * Presses the power button, and lets it go after a moment. False, and nothing is done, if the guest
 * does not listen: it has neither the interrupt of the GPIO pin enabled nor that of the event
 * device. Called by the I/O loop's thread.
 */
bool pl061_press_power(void);
bool ged_press_power(void);

/* Two banks of flash: the boot ROM, which is empty without `bootrom`, and variables, in the file
 * `bootvars`, or in memory. As device_ops.create. */
int flash_create(struct device **out, char *err, size_t errlen);

#endif
