# SPDX-License-Identifier: BSD-2-Clause
# mk/guest32.mk - what `make check` boots as the 32-bit Linux guest: Debian's armhf kernel with LPAE, and an initrd with Debian's armhf busybox.

ARMHF           := $(BUILD)/armhf
ARMHF_READY     := $(BUILD)/.stamp/armhf
GUEST32_IMAGE   := $(BUILD)/guest/zImage
GUEST32_INITRD  := $(BUILD)/guest/initrd-armhf
GUEST32_FILES   := $(GUEST32_IMAGE) $(GUEST32_INITRD)

# Only the tests need it: a mirror that has no armhf just now is no reason to have no build.
.PHONY: guest32
guest32: | $(PACKAGES_READY)
	$(Q)$(MAKE) $(GUEST32_FILES) || echo '  NOTE    there is no 32-bit guest: its tests are skipped' >&2
CHECK_TARGETS += guest32

$(ARMHF_READY): $(DEBIAN)/fetch $(DEBIAN)/unpack $(DEBIAN)/armhf.list | $(PACKAGES_READY)
	$(Q)$(DEBIAN)/fetch $(ARMHF) $(DEBIAN)/armhf.list armhf
	$(Q)$(DEBIAN)/unpack image $(ARMHF)
	$(Q)$(DEBIAN)/unpack host $(ARMHF)
	$(Q)mkdir -p $(@D) && touch $@

$(GUEST32_IMAGE): $(ARMHF_READY)
	$(call say,COPY,$@)
	$(Q)mkdir -p $(@D)
	$(Q)cp -L $(ARMHF)/kernel/Image $@

$(GUEST32_INITRD): $(DEBIAN)/initramfs $(shell find $(DEBIAN)/guest/initrd -type f) mk/guest32.mk $(ARMHF_READY)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(ARMHF) $@ --overlay $(DEBIAN)/guest/initrd $(addprefix --module ,$(GUEST_MODULES))
