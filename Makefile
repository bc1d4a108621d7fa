# SPDX-License-Identifier: BSD-2-Clause
# bhyve-armv8: `make help` says what there is. Conventions for FOLDER/build.mk are in mk/toolchain.mk.
#
# What make runs as it reads its files ($(shell ...)) must be on every Debian system: what the build installs is not there yet.
MAKEFLAGS += -rR
# As many jobs as this PC has CPUs; -j of the command line wins.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
SHELL := /bin/bash
# Of the tools that make disks and modules some are in folders that only root has in PATH.
export PATH := $(PATH):/usr/sbin:/sbin
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

include mk/toolchain.mk
include mk/debian.mk

-include vmm/build.mk
-include lib/vmmapi/build.mk
-include bhyve/build.mk
-include bhyveload/build.mk
-include bhyvectl/build.mk
-include guest/build.mk
-include board/build.mk
-include man/build.mk
-include test/unit/build.mk
-include test/fuzz/build.mk
-include test/bench/build.mk
include test/system/build.mk

include mk/guest.mk
include mk/guest32.mk
include mk/guests-more.mk
include mk/firmware.mk
include mk/system-disk.mk
include mk/host.mk
include mk/install.mk
include mk/package.mk
include test/system/install/build.mk
# The lists that the others add to are whole here.
include mk/verbs.mk
include mk/lint.mk

-include $(ALL_OBJS:.o=.d)
