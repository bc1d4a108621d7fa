/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket, VM_RUN_DIR/NAME/control: what bhyve alone knows of the virtual machine, for
 * bhyvectl.
 *
 * A client sends one line and gets an answer of lines, after which the connection is closed:
 *
 *   device-stats   a line "DEVICE SLOT COUNTER VALUE" for each counter of each device
 *                  (lib/vmmapi/vm_device_stats.h)
 *   resize-disk SLOT   measures the disk's image again and tells the guest its new size: "done"
 *   anything else  a line "error REASON"
 *
 * Nothing that a client does keeps the I/O loop: an answer fits the socket's buffer.
 */
#ifndef BHYVE_CONTROL_H
#define BHYVE_CONTROL_H

/*
 * Makes the directory of the VM of a name, where its console may be, too, and the socket. A user
 * who may not make the directory goes without; what else fails is said on standard error. Called
 * before the devices are made.
 */
void control_open(const char *name);

/* The directory of control_open(), as an absolute path. */
const char *control_directory(void);

/* Removes the socket, and the directory if nothing else is there. The I/O loop does not run. */
void control_close(void);

#endif
