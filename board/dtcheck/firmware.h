/* SPDX-License-Identifier: BSD-2-Clause */
/* Which machines' own firmware normally keeps EL2 for a hypervisor, whatever the device tree says.
 */
#ifndef BOARD_DTCHECK_FIRMWARE_H
#define BOARD_DTCHECK_FIRMWARE_H

/** Who normally has EL2 on a machine, in words that follow "EL2 is normally held by"; NULL: nobody
 * that is known. */
const char *firmware_hypervisor(const void *tree);

/** The compatible of a node that tells of a hypervisor which runs now (/hypervisor), or NULL. */
const char *firmware_running_hypervisor(const void *tree);

#endif
