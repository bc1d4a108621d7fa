# SPDX-License-Identifier: BSD-2-Clause
# libvmmapi: the C API over the driver's ioctls; and libloader, which fills a VM with a kernel.
$(eval $(call library,vmmapi,$(sort $(wildcard lib/vmmapi/*.c))))
$(eval $(call library,loader,$(sort $(wildcard lib/loader/*.c))))
