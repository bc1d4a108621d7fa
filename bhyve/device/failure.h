/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done when the guest has failed: the value of the key panic.action or watchdog.action.
 *
 *   report    a line on standard error and no more
 *   halt, poweroff, reset    and the machine ends as if the guest had asked for it
 */
#ifndef BHYVE_DEVICE_FAILURE_H
#define BHYVE_DEVICE_FAILURE_H

#include <stddef.h>
#include <stdint.h>

/* Reads the key: VMM_SUSPEND_*, of which VMM_SUSPEND_NONE is "report"; dflt if it is not set. 0, or
 * -EINVAL with a line in err. */
int failure_action(const char *key, uint32_t dflt, uint32_t *how, char *err, size_t errlen);

/* Does it. Safe from any thread. */
void failure_act(uint32_t how);

#endif
