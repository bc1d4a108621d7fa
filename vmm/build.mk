# SPDX-License-Identifier: BSD-2-Clause
# The EL2 image (build/HOST/hyp/hyp.bin), and the driver that embeds it (vmm/linux/module.mk).

HYP_SRCS := $(wildcard vmm/hyp/*.c) vmm/hyp/entry.S
HYP_OBJS := $(call objects,hyp,$(HYP_SRCS))
# The compiler is asked for its headers when it is used: it may not be installed yet.
HYP_CFLAGS = -std=gnu17 -O2 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	      -ffreestanding -fno-builtin -nostdinc -isystem $(shell $(TARGET_CC) -print-file-name=include) \
	      -Ivmm/include -Ivmm/hyp -march=armv8-a -mgeneral-regs-only -mno-outline-atomics -mstrict-align \
	      -mfix-cortex-a53-835769 -mfix-cortex-a53-843419 -mcmodel=small -fno-pic -ffixed-x18 -fno-stack-protector \
	      -fno-jump-tables -fno-asynchronous-unwind-tables -fno-common -fno-strict-aliasing -fomit-frame-pointer \
	      -fno-tree-loop-distribute-patterns
HYP_IMAGE := $(BUILD)/hyp/hyp.bin
# What the image may grow to, in bytes.
HYP_IMAGE_MAX := 57344

ALL_OBJS += $(HYP_OBJS)

$(BUILD)/obj/hyp/%.o: %.c | $(PACKAGES_READY)
	$(call say,HYPCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(HYP_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/obj/hyp/%.o: %.S | $(PACKAGES_READY)
	$(call say,HYPAS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) -Ivmm/include -march=armv8-a $(DEPFLAGS) -c -o $@ $<

# The image runs wherever it was copied: an absolute address outside the header would be wrong there.
$(HYP_IMAGE): $(HYP_OBJS) vmm/hyp/hyp.ld vmm/build.mk
	$(call say,HYPLD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_LD) -T vmm/hyp/hyp.ld --fix-cortex-a53-843419 --emit-relocs --no-warn-rwx-segments -o $(BUILD)/hyp/hyp.elf $(HYP_OBJS)
	$(Q)if $(CROSS_COMPILE)readelf -rW $(BUILD)/hyp/hyp.elf | awk '/^Relocation section/ {s=$$3} /R_AARCH64_ABS/ && s !~ /debug|text/ {bad=1; print s, $$0} END {exit !bad}'; \
	then echo "$@: absolute addresses in data: not position independent" >&2; exit 1; fi
	$(Q)$(TARGET_OBJCOPY) -O binary $(BUILD)/hyp/hyp.elf $@
	$(Q)test $$(stat -c %s $@) -le $(HYP_IMAGE_MAX) || { echo "$@: larger than $(HYP_IMAGE_MAX) bytes" >&2; exit 1; }

# The same code for a host kernel that runs at EL2 itself (VHE): a part of the driver, where no probe may be set, as nobody
# would take its exception.
HYP_VHE_OBJS := $(call objects,hyp-vhe,$(HYP_SRCS))
HYP_VHE := $(BUILD)/hyp/hyp_vhe.o
ALL_OBJS += $(HYP_VHE_OBJS)

$(BUILD)/obj/hyp-vhe/%.o: %.c | $(PACKAGES_READY)
	$(call say,VHECC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(HYP_CFLAGS) -march=armv8.1-a -DHYP_VHE $(DEPFLAGS) -c -o $@ $<

$(BUILD)/obj/hyp-vhe/%.o: %.S | $(PACKAGES_READY)
	$(call say,VHEAS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) -Ivmm/include -march=armv8.1-a -DHYP_VHE $(DEPFLAGS) -c -o $@ $<

$(HYP_VHE): $(HYP_VHE_OBJS) vmm/build.mk
	$(call say,VHELD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_LD) -r -o $@.all $(HYP_VHE_OBJS)
	$(Q)$(TARGET_OBJCOPY) --strip-debug --keep-global-symbol=hyp_vhe_call --keep-global-symbol=hyp_config \
		--rename-section .text=.kprobes.text --rename-section .text.hyp=.kprobes.text $@.all $@

-include vmm/linux/module.mk
