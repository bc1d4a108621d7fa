# SPDX-License-Identifier: BSD-2-Clause
# test/system/build.mk - small programs that the system tests run on the emulated host.

SYSTEM_TOOLS := $(patsubst test/system/tools/%.c,%,$(wildcard test/system/tools/*.c))
HOST_FILES += $(foreach tool,$(SYSTEM_TOOLS),$(BUILD)/test/$(tool):/usr/bin/$(tool))
ALL_OBJS += $(call objects,arm64,$(SYSTEM_TOOLS:%=test/system/tools/%.c))

# It enters the sandbox that bhyve enters.
$(BUILD)/test/escape: $(addprefix $(BUILD)/obj/arm64/bhyve/,report.o sandbox.o sandbox_files.o sandbox_filter.o sandbox_table.o \
	sandbox_user.o)

$(SYSTEM_TOOLS:%=$(BUILD)/test/%): $(BUILD)/test/%: $(BUILD)/obj/arm64/test/system/tools/%.o $(BUILD)/lib/libvmmapi.a | $(SYSROOT_READY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(TARGET_LDFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/lib/libvmmapi.a $(TOOL_LIBS)

$(BUILD)/test/next_kernel: TOOL_LIBS := -lfdt

# A program of several files
IOCTL_FUZZ_OBJS := $(call objects,arm64,$(wildcard test/system/tools/ioctl_fuzz/*.c))
HOST_FILES += $(BUILD)/test/ioctl_fuzz:/usr/bin/ioctl_fuzz
ALL_OBJS += $(IOCTL_FUZZ_OBJS)

$(BUILD)/test/ioctl_fuzz: $(IOCTL_FUZZ_OBJS) | $(SYSROOT_READY)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(TARGET_LDFLAGS) -o $@ $^
