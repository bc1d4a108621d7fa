/* SPDX-License-Identifier: BSD-2-Clause */
/* The version of the tools, which --version prints. */
#ifndef BHYVE_VERSION
#include "vmm_version.h"

#define BHYVE_VERSION VMM_VERSION
#endif
