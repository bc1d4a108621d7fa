# test/system/build.mk - small programs that the system tests run on the emulated host.

SYSTEM_TOOLS := $(patsubst test/system/tools/%.c,$(BUILD)/test/%,$(wildcard test/system/tools/*.c))
HOST_FILES += $(foreach tool,$(SYSTEM_TOOLS),$(tool):/usr/bin/$(notdir $(tool)))

$(BUILD)/test/%: test/system/tools/%.c | $(SYSROOT_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(TARGET_CPPFLAGS) $(TARGET_CFLAGS) $(TARGET_LDFLAGS) -o $@ $<
