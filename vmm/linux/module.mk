# vmm/linux/module.mk - build/vmm.ko (included by vmm/build.mk, which has the rule for HYP_IMAGE).

VMM_MODULE_DIR     := $(BUILD)/obj/vmm
VMM_CORE_SOURCES   := $(wildcard vmm/core/*.c)
VMM_LINUX_SOURCES  := $(wildcard vmm/linux/*.c)
VMM_MODULE_HEADERS := $(wildcard vmm/include/*.h vmm/core/*.h vmm/linux/*.h)
HYP_IMAGE          ?= $(BUILD)/hyp/hyp.bin

ALL_MODULES += $(BUILD)/vmm.ko

$(BUILD)/vmm.ko: $(VMM_CORE_SOURCES) $(VMM_LINUX_SOURCES) $(VMM_MODULE_HEADERS) vmm/linux/hyp_image.S \
		 vmm/linux/Kbuild vmm/linux/module.mk $(HYP_IMAGE) | $(KERNEL_READY)
	$(call say,KMOD,$@)
	$(Q)mkdir -p $(VMM_MODULE_DIR)
	$(Q)cp vmm/linux/Kbuild $(VMM_MODULE_DIR)/Kbuild
	$(Q)flock $(VMM_MODULE_DIR) $(KMAKE) M=$(abspath $(VMM_MODULE_DIR)) VMM_TOP=$(CURDIR) VMM_IMAGE=$(abspath $(HYP_IMAGE)) \
		VMM_CORE="$(basename $(notdir $(VMM_CORE_SOURCES)))" \
		VMM_LINUX="$(basename $(notdir $(VMM_LINUX_SOURCES)))" CONFIG_DEBUG_INFO_BTF_MODULES= \
		$(VMM_KMAKE_FLAGS) modules
	$(Q)$(TARGET_OBJCOPY) --strip-debug $(VMM_MODULE_DIR)/vmm.ko $@.new && mv $@.new $@
