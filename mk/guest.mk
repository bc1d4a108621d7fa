# SPDX-License-Identifier: BSD-2-Clause
# mk/guest.mk - the Linux guest: Debian's stock kernel, a small initrd, and a Debian root disk.

GUEST_IMAGE     := $(BUILD)/guest/Image
GUEST_INITRD    := $(BUILD)/guest/initrd
GUEST_DISK      := $(BUILD)/guest/disk.img
GUEST_FILES     += $(GUEST_IMAGE) $(GUEST_INITRD) $(GUEST_DISK)
GUEST_MODULES   := virtio_mmio virtio_blk virtio_net virtio_console virtio_rng ext4 'crc32c_generic?'

$(GUEST_IMAGE): $(KERNEL_READY)
	$(call say,COPY,$@)
	$(Q)mkdir -p $(@D)
	$(Q)cp -L $(BUILD)/kernel/Image $@

$(GUEST_INITRD): $(DEBIAN)/initramfs $(shell find $(DEBIAN)/guest/initrd -type f) mk/guest.mk $(KERNEL_READY) $(HOST_ROOT_READY)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(BUILD) $@ --overlay $(DEBIAN)/guest/initrd $(addprefix --module ,$(GUEST_MODULES))

# A user's changes to the disk are kept as long as nothing that it is made from changes.
$(GUEST_DISK): $(DEBIAN)/guest-disk $(DEBIAN)/disk.sh $(shell find $(DEBIAN)/guest/root -type f) $(BUILD)/.stamp/fetched $(KERNEL_READY)
	$(call say,DISK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/guest-disk $(BUILD) $@
