# SPDX-License-Identifier: BSD-2-Clause
# mk/guests-more.mk - what else `make check` boots: Debian's cloud kernel, Debian's installer, and a root in squashfs.

GUEST_CLOUD     := $(BUILD)/guest/Image-cloud $(BUILD)/guest/initrd-cloud
GUEST_INSTALLER := $(BUILD)/guest/installer/linux $(BUILD)/guest/installer/initrd.gz
GUEST_SQUASHFS  := $(BUILD)/guest/rootfs.squashfs $(BUILD)/guest/initrd-squashfs

CHECK_TARGETS   += $(GUEST_SQUASHFS)

# Only the tests need these two: a mirror that does not have one just now is no reason to have no build.
.PHONY: guest-cloud guest-installer
guest-cloud guest-installer: guest-%: | $(BUILD)/.stamp/fetched
	$(Q)$(MAKE) $(GUEST_FILES_$*) || echo '  NOTE    there is no $* guest: its tests are skipped' >&2
GUEST_FILES_cloud     := $(GUEST_CLOUD)
GUEST_FILES_installer := $(GUEST_INSTALLER)
CHECK_TARGETS   += guest-cloud guest-installer

CLOUD           := $(BUILD)/cloud
CLOUD_READY     := $(BUILD)/.stamp/cloud

$(CLOUD_READY): $(DEBIAN)/fetch $(DEBIAN)/unpack $(DEBIAN)/cloud.list | $(PACKAGES_READY)
	$(Q)$(DEBIAN)/fetch $(CLOUD) $(DEBIAN)/cloud.list
	$(Q)$(DEBIAN)/unpack image $(CLOUD)
	$(Q)$(DEBIAN)/unpack host $(CLOUD)
	$(Q)mkdir -p $(@D) && touch $@

$(BUILD)/guest/Image-cloud: $(CLOUD_READY)
	$(call say,COPY,$@)
	$(Q)mkdir -p $(@D)
	$(Q)cp -L $(CLOUD)/kernel/Image $@

GUEST_INIT := $(DEBIAN)/initramfs $(shell find $(DEBIAN)/guest/initrd -type f) $(lastword $(MAKEFILE_LIST))

$(BUILD)/guest/initrd-cloud: $(GUEST_INIT) $(CLOUD_READY)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(CLOUD) $@ --overlay $(DEBIAN)/guest/initrd $(addprefix --module ,$(GUEST_MODULES))

INSTALLER_READY := $(BUILD)/.stamp/installer

$(INSTALLER_READY): $(DEBIAN)/fetch $(DEBIAN)/installer.list $(BUILD)/.stamp/fetched
	$(Q)$(DEBIAN)/fetch $(BUILD) $(DEBIAN)/installer.list
	$(Q)mkdir -p $(@D) && touch $@

# The text installer's; the package has the graphical one as well.
$(GUEST_INSTALLER) &: $(INSTALLER_READY) $(lastword $(MAKEFILE_LIST))
	$(call say,UNPACK,$(BUILD)/guest/installer)
	$(Q)rm -rf $(BUILD)/installer.new && mkdir -p $(BUILD)/installer.new $(BUILD)/guest/installer
	$(Q)dpkg-deb --fsys-tarfile $$(cat $(BUILD)/apt/installer.debs) | tar -x -C $(BUILD)/installer.new --wildcards \
		'*/text/debian-installer/arm64/linux' '*/text/debian-installer/arm64/initrd.gz'
	$(Q)cp $(BUILD)/installer.new/usr/lib/debian-installer/images/*/arm64/text/debian-installer/arm64/{linux,initrd.gz} $(BUILD)/guest/installer/
	$(Q)rm -rf $(BUILD)/installer.new

$(BUILD)/guest/rootfs.squashfs: $(DEBIAN)/squashfs $(shell find $(DEBIAN)/guest/squashfs -type f) $(HOST_ROOT_READY)
	$(call say,SQUASH,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/squashfs $(BUILD) $@

$(BUILD)/guest/initrd-squashfs: $(GUEST_INIT) $(KERNEL_READY) $(HOST_ROOT_READY)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(BUILD) $@ --overlay $(DEBIAN)/guest/initrd $(addprefix --module ,$(GUEST_MODULES) squashfs overlay)
