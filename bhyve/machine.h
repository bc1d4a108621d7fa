/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual machine as this process knows it: opened, or created and loaded, from the
 * configuration.
 */
#ifndef BHYVE_MACHINE_H
#define BHYVE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bhyve/check.h"
#include "lib/loader/record.h"
#include "lib/vmmapi/vmmapi.h"

struct machine {
	struct vmctx *vm;
	struct record record; /* what is loaded */
	struct topology topology;
	bool pmu;     /* its CPUs have performance monitors */
	bool created; /* by machine_open(): there was no such VM before */
	bool bound;   /* it goes with this process, vm_bind() */
};

/*
 * Opens the VM of the configuration, with a kernel that is loaded and was not run: creates and
 * loads it with kernel=, loads it again if it was run before. Maps its memory and creates its
 * vCPUs. Negative errno with the sentence in err; then nothing is left open, nor a VM that it
 * created.
 */
int machine_open(struct machine *machine, char *err, size_t errlen);

/*
 * Whether there are two banks of flash, as QEMU's machine has them: with a boot ROM, with a file of
 * variables, and for raw binaries, of which U-Boot is one that reads its environment there.
 */
bool machine_has_flash(const struct machine *machine);

/* Powers vCPU 0 on, at the kernel's entry point, with the device tree in x0; the record is no
 * longer fresh. */
int machine_start(struct machine *machine, char *err, size_t errlen);

/*
 * After a reset: loads everything again, all vCPUs off. No thread may be in vm_run(). ended: as
 * vm_reinit() has it, -ECANCELED too.
 */
int machine_reload(struct machine *machine, uint32_t ended, char *err, size_t errlen);

/* Closes the handle; the VM stays, unless it was created here and never_ran. */
void machine_close(struct machine *machine, bool never_ran);

#endif
