# SPDX-License-Identifier: BSD-2-Clause
# bhyvectl: looks at virtual machines and controls them.
$(eval $(call tool,bhyvectl,$(sort $(wildcard bhyvectl/*.c)),$(BUILD)/lib/libloader.a $(BUILD)/lib/libvmmapi.a -lfdt -lz -ljson-c))
