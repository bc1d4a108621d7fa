# SPDX-License-Identifier: BSD-2-Clause
# bhyve/device/sources.mk - the device models, their back ends and the I/O loop, for bhyve/build.mk.

BHYVE_SRCS += bhyve/mevent.c $(wildcard bhyve/device/*.c) $(wildcard bhyve/backend/*.c)
BHYVE_LIBS += -luring -lslirp
