/* SPDX-License-Identifier: BSD-2-Clause */
/* What bhyvectl shows of virtual machines. Each returns 0 or a negative errno. */
#ifndef BHYVECTL_SHOW_H
#define BHYVECTL_SHOW_H

#include "lib/vmmapi/vmmapi.h"

/* One line (or object) per VM; of the one named only if name is not NULL. */
int show_list(const char *name);

/* Counters: of one vCPU, or with cpu -1 of each and their total. */
int show_stats(struct vmctx *vm, int cpu);

/* Counters of the devices, which the process that runs the VM has: as vm_device_stats(). */
int show_device_stats(const char *name);

/* Registers of a vCPU: those with wanted[reg] set. */
int show_registers(struct vmctx *vm, uint32_t cpu, const bool wanted[VMM_REG_COUNT]);

/* vCPUs that are powered on, or that are not running: powered off, or stopped by a suspend. */
int show_active_cpus(struct vmctx *vm);
int show_suspended_cpus(struct vmctx *vm);

int show_memsegs(struct vmctx *vm);
int show_memmap(struct vmctx *vm);
int show_topology(struct vmctx *vm);

/* State, and what was loaded. */
int show_state(struct vmctx *vm);

#endif
