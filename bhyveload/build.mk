# SPDX-License-Identifier: BSD-2-Clause
# bhyveload: creates a VM and loads a guest into it.
$(eval $(call tool,bhyveload,$(sort $(wildcard bhyveload/*.c)) bhyve/config.c,$(BUILD)/lib/libloader.a $(BUILD)/lib/libvmmapi.a -lfdt -lz -lzstd))
