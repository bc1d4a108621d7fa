# SPDX-License-Identifier: BSD-2-Clause
# mk/firmware.mk - firmware for guests, from Debian's packages: U-Boot and EDK2, as their packages have them.

GUEST_FIRMWARE   := $(BUILD)/guest/firmware
FIRMWARE_FETCHED := $(BUILD)/.stamp/firmware-fetched
FIRMWARE_FILES   := $(addprefix $(GUEST_FIRMWARE)/,u-boot.bin AAVMF_CODE.fd AAVMF_VARS.fd QEMU_EFI.fd)

$(FIRMWARE_FETCHED): $(DEBIAN)/firmware.list $(DEBIAN)/fetch $(BUILD)/.stamp/fetched
	$(Q)$(DEBIAN)/fetch $(BUILD) $(DEBIAN)/firmware.list
	$(Q)mkdir -p $(@D) && touch $@

# AAVMF's files are padded to 64 MiB: holes, on disk.
$(FIRMWARE_FILES) &: $(FIRMWARE_FETCHED) $(lastword $(MAKEFILE_LIST))
	$(call say,UNPACK,$(GUEST_FIRMWARE))
	$(Q)rm -rf $(BUILD)/firmware.new && mkdir -p $(BUILD)/firmware.new $(GUEST_FIRMWARE)
	$(Q)while read -r package; do dpkg-deb -x $$package $(BUILD)/firmware.new; done < $(BUILD)/apt/firmware.debs
	$(Q)cd $(BUILD)/firmware.new/usr && cp -L --sparse=always lib/u-boot/qemu_arm64/u-boot.bin share/AAVMF/AAVMF_CODE.fd \
		share/AAVMF/AAVMF_VARS.fd share/qemu-efi-aarch64/QEMU_EFI.fd $(abspath $(GUEST_FIRMWARE))/
	$(Q)rm -rf $(BUILD)/firmware.new

CHECK_TARGETS += $(FIRMWARE_FILES)
