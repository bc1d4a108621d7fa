# SPDX-License-Identifier: BSD-2-Clause
# mk/host.mk - the emulated host: its initramfs, with what has been built, and the verbs that boot it.

QEMU_VIRT       := platform/qemu-virt
HOST_INITRAMFS  := $(BUILD)/host/initramfs

# Modules that the host's initramfs carries, besides ours
HOST_MODULES    := virtio_mmio virtio_pci virtio_net virtio_blk virtio_console virtio_rng 9p 9pnet_virtio ext4 'crc32c_generic?' loop \
		   tun tap vhost_net bridge

# What is in build/HOST/bin goes along; `make host ALL_TOOLS=` boots with what is there when a tool does not build just now.
HOST_PROGRAMS    = $(foreach tool,$(sort $(ALL_TOOLS) $(wildcard $(BUILD)/bin/*)),$(tool):/usr/bin/$(notdir $(tool)))

$(HOST_INITRAMFS): $(DEBIAN)/initramfs $(shell find $(QEMU_VIRT)/host -type f) $(ALL_TOOLS) $(ALL_MODULES) \
		   $(foreach word,$(HOST_FILES),$(firstword $(subst :, ,$(word)))) \
		   $(KERNEL_READY) $(SYSROOT_READY) $(HOST_ROOT_READY) $(MAKEFILE_LIST)
	$(call say,CPIO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/initramfs $(BUILD) $@ --overlay $(QEMU_VIRT)/host $(addprefix --module ,$(HOST_MODULES) $(sort $(ALL_MODULES) $(wildcard $(BUILD)/vmm.ko))) \
		$(HOST_PROGRAMS) $(BUILD)/host/root/usr/bin/strace:/usr/bin/strace $(HOST_FILES)
