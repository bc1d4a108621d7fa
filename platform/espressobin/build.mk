# SPDX-License-Identifier: BSD-2-Clause
# platform/espressobin - the SD card of the ESPRESSObin, its boot script, and its rehearsal in an emulator.

ESPRESSOBIN := platform/espressobin
BOARD_DIR   := $(BUILD)/espressobin
BOOT_SCRIPT := $(BOARD_DIR)/boot.scr

# The time in the header is that of the kernel, so that the same inputs give the same file.
$(BOOT_SCRIPT): $(ESPRESSOBIN)/boot.cmd | $(PACKAGES_READY) $(KERNEL_READY)
	$(call say,MKIMAGE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)SOURCE_DATE_EPOCH=$$(stat -L -c %Y $(BUILD)/kernel/Image) mkimage -A arm64 -T script -C none -n 'bhyve-armv8 host' \
		-d $< $@ > /dev/null

SD_IMAGE        := $(BOARD_DIR)/sd.img
BOARD_FETCHED   := $(BUILD)/.stamp/board-fetched
BOARD_INITRAMFS := $(BOARD_DIR)/initramfs

# What it takes to reach the root file system on a board (card, eMMC, SATA, USB) and in QEMU
BOARD_MODULES := sdhci_xenon_driver gpio_regulator ahci_mvebu phy_mvebu_a3700_comphy phy_mvebu_a3700_utmi xhci_plat_hcd \
	ehci_orion usb_storage uas sd_mod virtio_mmio virtio_pci virtio_blk ext4 'crc32c_generic?'

$(BOARD_FETCHED): $(ESPRESSOBIN)/fetch $(ESPRESSOBIN)/arm64.list $(DEBIAN)/arm64.list $(BUILD)/.stamp/fetched | $(PACKAGES_READY)
	$(Q)$(ESPRESSOBIN)/fetch $(BUILD)
	$(Q)mkdir -p $(@D) && touch $@

$(BOARD_INITRAMFS): $(DEBIAN)/initramfs $(ESPRESSOBIN)/initramfs/init $(ESPRESSOBIN)/build.mk $(KERNEL_READY) $(HOST_ROOT_READY)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(BUILD) $@ --overlay $(ESPRESSOBIN)/initramfs $(addprefix --module ,$(BOARD_MODULES))

$(SD_IMAGE): $(addprefix $(ESPRESSOBIN)/,sd-image root-fs efi-image layout) $(shell find $(ESPRESSOBIN)/root -type f -o -type l) \
	     $(BOOT_SCRIPT) $(BOARD_INITRAMFS) $(BOARD_FETCHED) $(ALL_TOOLS) $(ALL_MODULES) \
	     $(addprefix $(BUILD)/guest/,Image initrd disk.img) $(wildcard man/*.[0-9])
	$(Q)$(ESPRESSOBIN)/sd-image $(BUILD) $@

.PHONY: image flash
image: $(SD_IMAGE)
	$(Q)echo "$(SD_IMAGE): $$(($$(stat -c %s $(SD_IMAGE)) >> 20)) MiB; write it to a card with: make flash DEV=/dev/sdX"

flash: $(SD_IMAGE)
	$(Q)$(ESPRESSOBIN)/flash $(SD_IMAGE) $(DEV)

.PHONY: rehearse serve
rehearse: $(SD_IMAGE)
	$(Q)$(ESPRESSOBIN)/rehearse $(BUILD) '$(BOOT)'

serve: $(SD_IMAGE)
	$(Q)$(ESPRESSOBIN)/serve $(BUILD)/espressobin/boot '$(IF)'

# For tests: what the script starts in place of a kernel, with the UART of QEMU's virt and with the board's
$(PC_BUILD)/board/test/payload-virt.bin: PAYLOAD_UART := 0x9000000
$(PC_BUILD)/board/test/payload-board.bin: PAYLOAD_UART := 0xd0012004
$(PC_BUILD)/board/test/payload-%.bin: test/system/board/payload.S | $(PACKAGES_READY)
	$(call say,AS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) -DUART_DATA=$(PAYLOAD_UART) -nostdlib -c -o $(@:.bin=.o) $<
	$(Q)$(TARGET_OBJCOPY) -O binary $(@:.bin=.o) $@

CHECK_TARGETS += $(SD_IMAGE) $(BOOT_SCRIPT) $(PC_BUILD)/board/test/payload-virt.bin $(PC_BUILD)/board/test/payload-board.bin
