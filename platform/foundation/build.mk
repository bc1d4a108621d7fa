# SPDX-License-Identifier: BSD-2-Clause
# platform/foundation - Arm's Foundation Platform, or the FVP, as the host, where the user has one.

FOUNDATION := platform/foundation

.PHONY: run-foundation run-espressobin
run-foundation: $(SD_IMAGE) | $(PACKAGES_READY)
	$(Q)FOUNDATION_MODEL='$(FOUNDATION_MODEL)' FOUNDATION_BL1='$(BL1)' FOUNDATION_FIP='$(FIP)' \
		$(FOUNDATION)/launch $(BUILD) $(if $(DRY_RUN),--dry-run)

run-espressobin:
	$(Q)echo 'make: a board is not run from here: make image PLATFORM=espressobin, or make rehearse PLATFORM=espressobin' >&2; exit 1
