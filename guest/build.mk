# SPDX-License-Identifier: BSD-2-Clause
# guest/build.mk - bare-metal guests: conformance images and the micro-benchmarks. Both run on QEMU alone as well.
#
#   build/HOST/guest/conformance/NAME.img    arm64 Linux Images; the emulated host has them at /guest/conformance
#                                       (guest/README.md; "hostile" and "ipi" are no conformance images, but are built and started like them)
#   make check-guests-qemu              runs each of the others on QEMU's own machine, without our hypervisor: the tests themselves are right

CONFORMANCE        := gic timer pmu psci reset exceptions mmio state cache stage2 freebsd sysregs
CONFORMANCE_DIR    := $(BUILD)/guest/conformance
CONFORMANCE_IMAGES := $(patsubst %,$(CONFORMANCE_DIR)/%.img,$(CONFORMANCE) hostile bench ipi)

BARE_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables -fno-toplevel-reorder \
	       -mgeneral-regs-only -mstrict-align -mno-outline-atomics -mcpu=cortex-a53 -Iguest/lib -MMD -MP
BARE_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none -Wl,--no-warn-rwx-segments

BARE_LIB_OBJS := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(wildcard guest/lib/*.[cS])))

$(BUILD)/obj/guest/%.o: guest/%.c | $(PACKAGES_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(BARE_CFLAGS) -c -o $@ $<

$(BUILD)/obj/guest/%.o: guest/%.S | $(PACKAGES_READY)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(BARE_CFLAGS) -c -o $@ $<

# $(1): name of the image and of its folder
define bare_guest
$(BUILD)/obj/guest/$(1).elf: $(patsubst %,$(BUILD)/obj/%.o,$(basename $(sort $(wildcard guest/$(1)/*.[cS])))) $(BARE_LIB_OBJS) guest/lib/image.ld
	$$(call say,LINK,$$@)
	$(Q)$(TARGET_CC) $(BARE_LDFLAGS) -Wl,-T,guest/lib/image.ld -o $$@ $$(filter %.o,$$^)
$(CONFORMANCE_DIR)/$(1).img: $(BUILD)/obj/guest/$(1).elf
	$(Q)mkdir -p $$(@D)
	$(Q)$(TARGET_OBJCOPY) -O binary $$< $$@
-include $(patsubst %,$(BUILD)/obj/%.d,$(basename $(wildcard guest/$(1)/*.[cS])))
endef

$(foreach image,$(CONFORMANCE) hostile bench ipi,$(eval $(call bare_guest,$(image))))
-include $(BARE_LIB_OBJS:.o=.d)

# The one for AArch32 is a program of its own: a zImage.
AARCH32_CC      := arm-linux-gnueabihf-gcc
AARCH32_CFLAGS  := -std=gnu17 -O2 -g $(WARNINGS) -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables \
		   -fno-toplevel-reorder -fno-builtin -marm -march=armv8-a -mfloat-abi=softfp -mgeneral-regs-only -mno-unaligned-access \
		   -Iguest/aarch32 -MMD -MP
AARCH32_OBJS    := $(patsubst %,$(BUILD)/obj/%.o,$(basename $(sort $(wildcard guest/aarch32/*.[cS]))))
AARCH32_IMAGE   := $(CONFORMANCE_DIR)/aarch32.img
CONFORMANCE_IMAGES += $(AARCH32_IMAGE)

$(AARCH32_OBJS): TARGET_CC := $(AARCH32_CC)
$(AARCH32_OBJS): BARE_CFLAGS := $(AARCH32_CFLAGS)
$(BUILD)/obj/guest/aarch32.elf: $(AARCH32_OBJS) guest/aarch32/image.ld
	$(call say,LINK,$@)
	$(Q)$(AARCH32_CC) $(BARE_LDFLAGS) -Wl,-T,guest/aarch32/image.ld -Wl,-z,noexecstack -o $@ $(filter %.o,$^) -lgcc
$(AARCH32_IMAGE): $(BUILD)/obj/guest/aarch32.elf
	$(Q)mkdir -p $(@D)
	$(Q)arm-linux-gnueabihf-objcopy -O binary $< $@
-include $(AARCH32_OBJS:.o=.d)

# The same program as an ELF file
$(CONFORMANCE_DIR)/psci.elf: $(BUILD)/obj/guest/psci.elf
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_OBJCOPY) --strip-debug $< $@

# An ELF kernel, with symbols, that judges what its loader has left: linked and entered as FreeBSD's
FREEBSD_KERNEL := $(CONFORMANCE_DIR)/freebsd-kernel
$(FREEBSD_KERNEL): $(BUILD)/obj/guest/freebsd-kernel/start.o $(BUILD)/obj/guest/freebsd-kernel/kernel.o $(BUILD)/obj/guest/lib/console.o guest/freebsd-kernel/kernel.ld
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(BARE_LDFLAGS) -Wl,-T,guest/freebsd-kernel/kernel.ld -Wl,--strip-debug -o $@ $(filter %.o,$^)
-include $(BUILD)/obj/guest/freebsd-kernel/kernel.d

.PHONY: guests check-guests-qemu
guests: $(CONFORMANCE_IMAGES) $(CONFORMANCE_DIR)/psci.elf $(FREEBSD_KERNEL)

CHECK_TARGETS += guests check-guests-qemu

check-guests-qemu: $(CONFORMANCE_IMAGES) | $(PACKAGES_READY)
	$(Q)guest/run-qemu $(CONFORMANCE_DIR) $(CONFORMANCE) aarch32
