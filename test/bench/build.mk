# SPDX-License-Identifier: BSD-2-Clause
# test/bench/build.mk - `make bench`: KVM and bhyve side by side, counted in instructions.
#
# The peer that drives KVM is Debian's arm64 QEMU, which is fetched for this alone (platform/debian/peer.list).

PEER_DISK := $(BUILD)/bench/peer.img

$(PEER_DISK): test/bench/peer-disk $(DEBIAN)/peer.list | $(BUILD)/.stamp/fetched
	$(Q)$(DEBIAN)/fetch $(BUILD) $(DEBIAN)/peer.list
	$(call say,DISK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)test/bench/peer-disk $(BUILD) $@

.PHONY: bench bench-profile bench-doc
bench: build guests $(PEER_DISK)
	$(Q)test/bench/bench $(PARTS)

# Where the instructions of an exit go, by function of the EL2 image
bench-profile: build guests $(PEER_DISK)
	$(Q)test/bench/profile

# The generated parts of doc/performance.md, from the last whole run and the last profile
bench-doc:
	$(Q)test/bench/update-doc $(BUILD)/bench doc
