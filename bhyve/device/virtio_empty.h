/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio-mmio slots without a device: placeholders, which every driver passes over (virtio 1.2,
 * 4.2.2: DeviceID 0).
 */
#ifndef BHYVE_DEVICE_VIRTIO_EMPTY_H
#define BHYVE_DEVICE_VIRTIO_EMPTY_H

#include <stdint.h>

/* Answers for every slot whose bit is 0. As mmio_register(). */
int virtio_empty_attach(uint32_t taken);

#endif
