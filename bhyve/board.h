/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board: memory map and interrupts of the virtual machine, which are those of QEMU's `virt`
 * machine. Device models, device tree and ACPI tables take every figure from here.
 *
 * Addresses are guest addresses (IPA), sizes bytes, interrupts INTIDs: private peripheral interrupt
 * N is INTID 16 + N, shared peripheral interrupt N is INTID 32 + N.
 */
#ifndef BHYVE_BOARD_H
#define BHYVE_BOARD_H

#include "vmm/include/arm64.h"

/* Two banks of flash: the boot ROM, and its variables. */
#define BOOTROM_BASE		0x00000000u
#define FLASH_BASE		0x04000000u
#define FLASH_BANK_SIZE		0x04000000u

#define GICD_BASE		VM_GICD_BASE
#define GICD_SIZE		VM_GICD_SIZE
#define GICR_BASE		VM_GICR_BASE
#define GICR_SIZE		VM_GICR_STRIDE /* for one vCPU */

/* The generic timer's; they are level-triggered. */
#define TIMER_SECURE		29u
#define TIMER_PHYSICAL		30u
#define TIMER_VIRTUAL		VM_PPI_VTIMER
#define TIMER_HYP		26u

#define PMU_INTID		((unsigned)VM_PPI_PMU)

/* Level-triggered. */
#define PL011_BASE		0x09000000u
#define PL011_SIZE		0x1000u
#define PL011_INTID		33u
#define PL031_BASE		0x09010000u
#define PL031_SIZE		0x1000u
#define PL031_INTID		34u
#define PL061_BASE		0x09030000u
#define PL061_SIZE		0x1000u
#define PL061_INTID		39u
#define GPIO_POWER_BUTTON	3u /* the pin it is at; high while it is pressed */

#define FW_CFG_BASE		0x09020000u
#define FW_CFG_SIZE		0x18u

#define WATCHDOG_CONTROL_BASE	0x090e0000u
#define WATCHDOG_REFRESH_BASE	0x090f0000u
#define WATCHDOG_FRAME_SIZE	0x1000u
#define WATCHDOG_INTID		42u

#define PVPANIC_BASE		0x090d0000u
#define PVPANIC_SIZE		2u

/* Edge-triggered. */
#define GED_BASE		0x09080000u
#define GED_SIZE		4u
#define GED_INTID		41u
#define VIRTIO_MMIO_SLOTS	32u
#define VIRTIO_MMIO_SIZE	0x200u
#define VIRTIO_MMIO_BASE(slot)	(0x0a000000u + (slot) * VIRTIO_MMIO_SIZE)
#define VIRTIO_MMIO_INTID(slot) (48u + (slot))

#endif
