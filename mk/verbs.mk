# mk/verbs.mk - what a person types.

.PHONY: help build host
help:
	@sed -nE 's/^## ?//p' mk/verbs.mk

build: $(ALL_TOOLS) $(ALL_MODULES) $(HOST_INITRAMFS)

host: build
	$(Q)$(QEMU_VIRT)/launch $(BUILD)
