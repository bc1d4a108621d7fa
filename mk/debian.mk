# SPDX-License-Identifier: BSD-2-Clause
# mk/debian.mk - what comes from Debian: this PC's compilers, and the arm64 kernel, libraries and user land.
#
# The work is done by the scripts in platform/debian; each is instant when its stamp is newer than the script.

DEBIAN := platform/debian

$(PACKAGES_READY): $(DEBIAN)/packages $(DEBIAN)/pc.list
	$(Q)$(DEBIAN)/packages $(DEBIAN)/pc.list
	$(Q)mkdir -p $(@D) && touch $@

# One script fetches and unpacks everything, so that one resolved set of versions serves all.
$(BUILD)/.stamp/fetched: $(DEBIAN)/fetch $(DEBIAN)/kernel.sh $(DEBIAN)/arm64.list | $(PACKAGES_READY)
	$(Q)$(DEBIAN)/fetch $(BUILD)
	$(Q)mkdir -p $(@D) && touch $@

HOST_ROOT_READY := $(BUILD)/.stamp/host

$(SYSROOT_READY) $(KERNEL_READY) $(HOST_ROOT_READY): $(BUILD)/.stamp/fetched $(DEBIAN)/unpack
	$(Q)$(DEBIAN)/unpack $(patsubst $(BUILD)/.stamp/%,%,$@) $(BUILD)
	$(Q)touch $@
