/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that firmware reads: QEMU's fw_cfg device, as its `virt` machine has it
 * (docs/specs/fw_cfg.rst of QEMU; qemu,fw-cfg-mmio.yaml).
 *
 * A guest selects an item by its number and reads it byte by byte from the data register, or has
 * it copied into its memory by DMA. Nothing can be written.
 */
#ifndef BHYVE_DEVICE_FW_CFG_H
#define BHYVE_DEVICE_FW_CFG_H

#include <stdint.h>

#include "bhyve/device.h"

/* Longest name of a file, without the NUL. */
#define FW_CFG_NAME_MAX	 55
/* Most files. */
#define FW_CFG_FILES_MAX 16

/* The one device, at FW_CFG_BASE. As device_ops.create; -EEXIST: it is there. */
int fw_cfg_create(struct device **out, char *err, size_t errlen);

/*
 * Gives firmware a file, in place of one of that name if there is one. data is allocated and is
 * the device's from now on, also on an error. No vCPU may be running. -ENODEV: there is no device;
 * -ENAMETOOLONG; -ENOSPC.
 */
int fw_cfg_set_file(const char *name, void *data, uint32_t size);

/* How many processors firmware is told of. No vCPU may be running. */
void fw_cfg_set_cpus(uint16_t cpus);

#endif
