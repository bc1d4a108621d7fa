# SPDX-License-Identifier: BSD-2-Clause
# test/system/install/build.mk - for test_install.py: a Debian machine's disk, the packages that are installed on it, and a guest
# for the service.

INSTALL_TEST    := test/system/install
INSTALL_DISK    := $(BUILD)/guest/install.img
INSTALL_DEBS    := $(BUILD)/guest/install
INSTALL_GUEST   := $(BUILD)/guest/initrd-service
INSTALL_FETCHED := $(BUILD)/.stamp/install-fetched

$(INSTALL_FETCHED): $(INSTALL_TEST)/packages.list $(DEBIAN)/fetch $(BUILD)/.stamp/fetched
	$(Q)$(DEBIAN)/fetch $(BUILD) $(INSTALL_TEST)/packages.list
	$(Q)mkdir -p $(@D) && touch $@

$(INSTALL_DISK): $(INSTALL_TEST)/disk $(DEBIAN)/disk.sh $(shell find $(INSTALL_TEST)/host $(DEBIAN)/system/root -type f) \
		 $(INSTALL_FETCHED) $(KERNEL_READY) | $(PACKAGING_READY)
	$(call say,DISK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(INSTALL_TEST)/disk $(BUILD) $@

$(INSTALL_DEBS)/.copied: $(DEBS)
	$(Q)rm -rf $(@D) && mkdir -p $(@D) && cp $(DEBS) $(@D)/ && touch $@

$(INSTALL_GUEST): $(DEBIAN)/initramfs $(INSTALL_TEST)/guest/init $(KERNEL_READY) $(HOST_ROOT_READY)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(BUILD) $@ --overlay $(INSTALL_TEST)/guest $(addprefix --module ,virtio_mmio virtio_blk evdev gpio_keys)

# The test takes long, as the emulated machine's own compiler builds the driver: it runs where it is asked for, as by
# make check TESTS="system install".
CHECK_TARGETS += $(if $(findstring install,$(TESTS)),$(INSTALL_DISK) $(INSTALL_DEBS)/.copied $(INSTALL_GUEST))
