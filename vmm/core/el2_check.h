/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the machine and its CPUs EL2 cannot do with, and why. */
#ifndef VMM_CORE_EL2_CHECK_H
#define VMM_CORE_EL2_CHECK_H

#include "el2.h"

/* Before anything is taken. 0, or -ENODEV with every reason logged, not the first alone. Any
 * context. */
int el2_check_machine(const struct el2_machine *machine);

/* A CPU that has been entered, beside the first one (or itself). As above. */
int el2_check_cpu(const struct hyp_cpu *cpu, const struct hyp_cpu *first);

#endif
