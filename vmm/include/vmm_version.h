/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The version of everything that is made of this tree: what the tools print, modinfo(8) shows of
 * the driver, pkg-config(1) says, and the packages are named by (mk/install.mk reads it from here).
 */
#ifndef VMM_VERSION_H
#define VMM_VERSION_H

#define VMM_VERSION "0.2"

#endif
