# SPDX-License-Identifier: BSD-2-Clause
# mk/system-disk.mk - a disk as a distribution has it, for firmware to boot: GPT, GRUB, and Debian with systemd and cloud-init.

SYSTEM_DISK    := $(BUILD)/guest/system.img
SYSTEM_FETCHED := $(BUILD)/.stamp/system-fetched

$(SYSTEM_FETCHED): $(DEBIAN)/system.list $(DEBIAN)/fetch $(BUILD)/.stamp/fetched
	$(Q)$(DEBIAN)/fetch $(BUILD) $(DEBIAN)/system.list
	$(Q)mkdir -p $(@D) && touch $@

# As with the guest's disk, a user's changes are kept as long as nothing that it is made from changes.
$(SYSTEM_DISK): $(DEBIAN)/system-disk $(DEBIAN)/disk.sh $(shell find $(DEBIAN)/system/root -type f) $(SYSTEM_FETCHED) $(KERNEL_READY) \
		$(GUEST_INITRD)
	$(call say,DISK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(DEBIAN)/system-disk $(BUILD) $@

CHECK_TARGETS += $(SYSTEM_DISK)
