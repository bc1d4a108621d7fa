# SPDX-License-Identifier: BSD-2-Clause
# vmm/linux/module.mk - build/HOST/vmm.ko (included by vmm/build.mk, which has the rule for HYP_IMAGE), and lint-module.

VMM_MODULE_DIR     := $(BUILD)/obj/vmm
VMM_LINT_DIR       := $(BUILD)/obj/vmm-lint
VMM_CORE_SOURCES   := $(wildcard vmm/core/*.c)
VMM_LINUX_SOURCES  := $(wildcard vmm/linux/*.c)
VMM_MODULE_SOURCES := $(VMM_CORE_SOURCES) $(VMM_LINUX_SOURCES) vmm/linux/hyp_image.S vmm/linux/Kbuild \
		      vmm/linux/compat_features.sh \
		      vmm/linux/module.mk $(wildcard vmm/include/*.h vmm/core/*.h vmm/linux/*.h)
HYP_IMAGE          ?= $(BUILD)/hyp/hyp.bin
HYP_VHE            ?= $(BUILD)/hyp/hyp_vhe.o

ALL_MODULES += $(BUILD)/vmm.ko

# $(call vmm_kmake,DIRECTORY): make the module in a folder of its own, one make at a time. It has no BTF, and so pahole is not
# needed; kernels from 7.3 on warn where it is not the one that they were built with.
vmm_kmake = mkdir -p $(1) && cp vmm/linux/Kbuild $(1)/Kbuild && \
	    flock $(1) $(KMAKE) M=$(abspath $(1)) VMM_TOP=$(CURDIR) VMM_IMAGE=$(abspath $(HYP_IMAGE)) VMM_VHE=$(abspath $(HYP_VHE)) \
	    VMM_CORE="$(basename $(notdir $(VMM_CORE_SOURCES)))" \
	    VMM_LINUX="$(basename $(notdir $(VMM_LINUX_SOURCES)))" CONFIG_DEBUG_INFO_BTF_MODULES= \
	    PAHOLE_VERSION='$$(CONFIG_PAHOLE_VERSION)'

$(BUILD)/vmm.ko: $(VMM_MODULE_SOURCES) $(HYP_IMAGE) $(HYP_VHE) | $(KERNEL_READY)
	$(call say,KMOD,$@)
	+$(Q)$(call vmm_kmake,$(VMM_MODULE_DIR)) modules
	$(Q)$(TARGET_OBJCOPY) --strip-debug $(VMM_MODULE_DIR)/vmm.ko $@.new && mv $@.new $@

# A second build, with the kernel's extra warnings and sparse; nothing they say is let through.
.PHONY: lint-module
lint-module: $(HYP_IMAGE) $(HYP_VHE) | $(KERNEL_READY)
	$(call say,SPARSE,vmm.ko)
	$(Q)rm -rf $(VMM_LINT_DIR)
	+$(Q)$(call vmm_kmake,$(VMM_LINT_DIR)) W=1 C=2 CHECK=sparse modules > $(VMM_LINT_DIR).log 2>&1 || \
		{ cat $(VMM_LINT_DIR).log; exit 1; }
	$(Q)! grep -E 'warning|error' $(VMM_LINT_DIR).log
