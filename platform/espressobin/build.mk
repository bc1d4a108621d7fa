# platform/espressobin - the SD card of the ESPRESSObin, its boot script, and its rehearsal in an emulator.

ESPRESSOBIN := platform/espressobin
BOARD_DIR   := $(BUILD)/espressobin
BOOT_SCRIPT := $(BOARD_DIR)/boot.scr

# The time in the header is that of the kernel, so that the same inputs give the same file.
$(BOOT_SCRIPT): $(ESPRESSOBIN)/boot.cmd | $(BOARD_READY) $(KERNEL_READY)
	$(call say,MKIMAGE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)SOURCE_DATE_EPOCH=$$(stat -L -c %Y $(BUILD)/kernel/Image) mkimage -A arm64 -T script -C none -n 'bhyve-armv8 host' \
		-d $< $@ > /dev/null

# For tests: what the script starts in place of a kernel, with the UART of QEMU's virt and with the board's
$(BUILD)/board/test/payload-virt.bin: PAYLOAD_UART := 0x9000000
$(BUILD)/board/test/payload-board.bin: PAYLOAD_UART := 0xd0012004
$(BUILD)/board/test/payload-%.bin: test/system/board/payload.S | $(PACKAGES_READY)
	$(call say,AS,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) -DUART_DATA=$(PAYLOAD_UART) -nostdlib -c -o $(@:.bin=.o) $<
	$(Q)$(TARGET_OBJCOPY) -O binary $(@:.bin=.o) $@

CHECK_TARGETS += $(BOOT_SCRIPT) $(BUILD)/board/test/payload-virt.bin $(BUILD)/board/test/payload-board.bin
