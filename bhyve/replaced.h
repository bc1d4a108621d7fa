/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What users of bhyve on other machines are used to, and what stands for it here. FreeBSD's
 * bhyve(8) has options for x86 and devices for PCI that there are none of.
 */
#ifndef BHYVE_REPLACED_H
#define BHYVE_REPLACED_H

#include <stdbool.h>

/* The letters for getopt(3). */
#define REPLACED_LETTERS "AHIPWYaewuxB:K:b:f:r:"

/* An option of another bhyve. *harmless: it may be given, and has no effect here. The half sentence
 * says why, or what to do; NULL: there is no such option. */
const char *replaced_option(int letter, bool *harmless);

/* What to do without a device of another bhyve; NULL: there is no such device. */
const char *replaced_device(const char *name);

#endif
