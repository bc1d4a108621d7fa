# SPDX-License-Identifier: BSD-2-Clause
# mk/toolchain.mk - compilers, flags, and the helpers that FOLDER/build.mk fragments are written with.
#
# How the build is put together
# -----------------------------
# One make, no recursion. The top Makefile includes this file and then every FOLDER/build.mk that exists. All paths are
# relative to the top of the tree. What is for an arm64 host goes under build/HOST (variable BUILD), where HOST is the release
# of Debian that the host is (platform/debian/release.sh); what runs on this PC goes under build (variable PC_BUILD):
#
#   build/HOST/bin/NAME     arm64 programs for the host (bhyve, bhyveload, bhyvectl), on the emulated host's PATH
#   build/HOST/lib/libNAME.a   arm64 static libraries
#   build/HOST/vmm.ko       the driver (made by vmm/build.mk)
#   build/HOST/sysroot, kernel, guest    unpacked from Debian's arm64 packages (platform/debian)
#   build/unit/NAME         native unit tests (ASan + UBSan, cmocka); `make check` runs every one
#   build/fuzz/NAME         native libFuzzer programs (clang)
#   build/board/NAME        native tools for boards
#   build/archives          packages that were downloaded
#   obj in each             objects, in the shape of the source tree
#
# Helpers for fragments; each is used as $(eval $(call HELPER,ARGUMENTS)), and SOURCES are paths from the top:
#
#   tool,NAME,SOURCES,LIBRARIES,CFLAGS        arm64 program $(BUILD)/bin/NAME; added to ALL_TOOLS
#   library,NAME,SOURCES,CFLAGS               arm64 static library $(BUILD)/lib/libNAME.a; added to ALL_LIBS
#   unit_test,NAME,SOURCES,CFLAGS,LIBRARIES   native build/unit/NAME, linked with cmocka; added to UNIT_TESTS
#   fuzz_test,NAME,SOURCES,CFLAGS,LIBRARIES   native build/fuzz/NAME, linked with libFuzzer; added to FUZZ_TESTS
#
# LIBRARIES are linker words: $(BUILD)/lib/libvmmapi.a becomes a prerequisite, -lfdt stays what it is. Example:
#
#   $(eval $(call tool,bhyvectl,$(wildcard bhyvectl/*.c),$(BUILD)/lib/libvmmapi.a))
#   $(eval $(call unit_test,test_vgic,test/unit/test_vgic.c vmm/hyp/vgic.c,-Itest/unit/fake))
#
# A fragment may also add to these lists:
#
#   ALL_MODULES   kernel modules that `make build` makes and the initramfs carries ($(BUILD)/vmm.ko)
#   ALL_MAN       pages checked by `make lint`
#   HOST_FILES    further words SOURCE:/path/on/host to carry in the host's initramfs
#   LINT_TARGETS  phony targets that `make lint` runs beside its own
#   CHECK_TARGETS phony targets that `make check` runs before the tests
#   CLEAN_TARGETS phony targets that `make clean` runs
#
# Order-only prerequisites that make sure that something has been fetched and unpacked (all instant when done):
#
#   $(PACKAGES_READY)   the compilers and tools of this PC
#   $(SYSROOT_READY)    arm64 headers and libraries in $(SYSROOT)
#   $(KERNEL_READY)     $(KDIR), the emulated host's kernel headers, ready for an out-of-tree module; kernel Image
#
# A module is built with $(KMAKE) M=$(abspath $(BUILD)/...) modules, which carries -C $(KDIR), ARCH and CROSS_COMPILE.
# Recipes start with $(call say,CC,name) and hide their commands with $(Q), which `make V=1` shows.

# The emulated host's release of Debian. Some shells keep this PC's name in a variable of that name.
HOSTS           := $(foreach release,debian12 debian13,$(foreach kernel,$(release) $(release)-backports,$(addprefix $(kernel),-rt -cloud) $(kernel)))
ifneq ($(origin HOST),command line)
HOST            := $(or $(filter $(HOSTS),$(HOST)),$(file < platform/debian/default-host))
endif
ifeq ($(filter $(HOSTS),$(HOST)),)
$(error HOST=$(HOST): must be debian12 or debian13, with -backports for the newer kernel, and -rt or -cloud for another flavour)
endif
export HOST

PC_BUILD        := build
BUILD           := $(PC_BUILD)/$(HOST)
SYSROOT         := $(BUILD)/sysroot
KDIR            := $(abspath $(BUILD)/kernel/headers)
CROSS_COMPILE   := aarch64-linux-gnu-
export CROSS_COMPILE

# Quiet output
V ?= 0
ifeq ($(V),0)
Q       := @
say      = @printf '  %-7s %s\n' '$(1)' '$(2)'
MAKEFLAGS += --no-print-directory
else
Q       :=
say      = @:
endif

PACKAGES_READY  := $(PC_BUILD)/.stamp/packages
SYSROOT_READY   := $(BUILD)/.stamp/sysroot
KERNEL_READY    := $(BUILD)/.stamp/kernel

# arm64 programs
TARGET_CC       := $(CROSS_COMPILE)gcc
TARGET_AR       := $(CROSS_COMPILE)ar
TARGET_LD       := $(CROSS_COMPILE)ld
TARGET_OBJCOPY  := $(CROSS_COMPILE)objcopy
TARGET_LIBDIR   := $(SYSROOT)/usr/lib/aarch64-linux-gnu

WARNINGS        := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
INCLUDES        := -I. -Ivmm/include -Ilib/vmmapi
TARGET_CPPFLAGS := -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 $(INCLUDES) -isystem $(SYSROOT)/usr/include/aarch64-linux-gnu \
		   -isystem $(SYSROOT)/usr/include
TARGET_CFLAGS   := -std=gnu17 -O2 -g $(WARNINGS) -ffunction-sections -fdata-sections -fPIE -fstack-protector-strong \
		   -pthread
# The C library is the host's, as all else that the tools run on: this PC's cross compiler comes with that of its own release.
TARGET_LDFLAGS  := --sysroot=$(abspath $(SYSROOT)) -B$(TARGET_LIBDIR)/ -pie -Wl,--gc-sections -Wl,-z,relro,-z,now,-z,noexecstack -pthread -L$(TARGET_LIBDIR) \
		   -L$(SYSROOT)/lib/aarch64-linux-gnu \
		   -Wl,-rpath-link,$(TARGET_LIBDIR):$(SYSROOT)/lib/aarch64-linux-gnu

# Where the kernel is of another release than this PC, its compiler is too (platform/debian/unpack).
KMAKE           = env PATH="$(abspath $(BUILD)/toolchain/usr/bin):$$PATH" $(MAKE) -C $(KDIR) ARCH=arm64 CROSS_COMPILE=$(CROSS_COMPILE) $(if $(filter 0,$(V)),-s)

# Native tests
NATIVE_CC       := gcc
FUZZ_CC         := clang-19
SANITIZE        := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
NATIVE_CPPFLAGS := -D_GNU_SOURCE -DUNIT_TEST $(INCLUDES)
NATIVE_CFLAGS   := -std=gnu17 -O1 -g $(WARNINGS) $(SANITIZE) -pthread
NATIVE_LDFLAGS  := $(SANITIZE) -pthread
FUZZ_SANITIZE   := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZ_CFLAGS     := -std=gnu17 -O1 -g $(WARNINGS) -pthread

DEPFLAGS         = -MMD -MP -MF $(@:.o=.d)

ALL_TOOLS       :=
ALL_LIBS        :=
ALL_MODULES     :=
ALL_MAN         :=
ALL_OBJS        :=
UNIT_TESTS      :=
FUZZ_TESTS      :=
HOST_FILES      :=
LINT_TARGETS    :=
CHECK_TARGETS   :=
CLEAN_TARGETS   :=

# $(call objects,KIND,SOURCES): where the objects of SOURCES go; those of a KIND that runs on this PC are the same for every HOST
objects = $(addprefix $(if $(filter arm64 hyp hyp-vhe,$(1)),$(BUILD),$(PC_BUILD))/obj/$(1)/,$(addsuffix .o,$(basename $(2))))
# files among linker words: libraries that are ours
files = $(filter %.a %.o,$(1))

define tool
ALL_TOOLS += $(BUILD)/bin/$(1)
ALL_OBJS += $(call objects,arm64,$(2))
$(call objects,arm64,$(2)): EXTRA_CFLAGS := $(4)
$(BUILD)/bin/$(1): $(call objects,arm64,$(2)) $(call files,$(3)) | $(SYSROOT_READY)
	$$(call say,LINK,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)$(TARGET_CC) $(TARGET_LDFLAGS) -o $$@ $(call objects,arm64,$(2)) $(3)
endef

define library
ALL_LIBS += $(BUILD)/lib/lib$(1).a
ALL_OBJS += $(call objects,arm64,$(2))
$(call objects,arm64,$(2)): EXTRA_CFLAGS := $(3)
$(BUILD)/lib/lib$(1).a: $(call objects,arm64,$(2))
	$$(call say,AR,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)rm -f $$@ && $(TARGET_AR) rcs $$@ $(call objects,arm64,$(2))
endef

# A test has objects of its own (build/obj/unit/NAME/...), as tests compile the same source with different fakes.
define unit_test
UNIT_TESTS += $(PC_BUILD)/unit/$(1)
ALL_OBJS += $(call objects,unit/$(1),$(2))
$(PC_BUILD)/obj/unit/$(1)/%.o: %.c | $(PACKAGES_READY)
	$$(call say,CC,$$< ($(1)))
	$(Q)mkdir -p $$(@D)
	$(Q)$(NATIVE_CC) $(NATIVE_CPPFLAGS) $(NATIVE_CFLAGS) $(3) $$(DEPFLAGS) -c -o $$@ $$<
$(PC_BUILD)/unit/$(1): $(call objects,unit/$(1),$(2)) $(call files,$(4))
	$$(call say,LINK,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)$(NATIVE_CC) $(NATIVE_LDFLAGS) -o $$@ $(call objects,unit/$(1),$(2)) $(4) -lcmocka
endef

define fuzz_test
FUZZ_TESTS += $(PC_BUILD)/fuzz/$(1)
ALL_OBJS += $(call objects,fuzz/$(1),$(2))
$(PC_BUILD)/obj/fuzz/$(1)/%.o: %.c | $(PACKAGES_READY)
	$$(call say,CC,$$< ($(1)))
	$(Q)mkdir -p $$(@D)
	$(Q)$(FUZZ_CC) $(NATIVE_CPPFLAGS) $(FUZZ_CFLAGS) $(FUZZ_SANITIZE) $(3) $$(DEPFLAGS) -c -o $$@ $$<
$(PC_BUILD)/fuzz/$(1): $(call objects,fuzz/$(1),$(2)) $(call files,$(4))
	$$(call say,LINK,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_SANITIZE) -pthread -o $$@ $(call objects,fuzz/$(1),$(2)) $(4)
endef

$(BUILD)/obj/arm64/%.o: %.c | $(SYSROOT_READY)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(TARGET_CPPFLAGS) $(TARGET_CFLAGS) $(EXTRA_CFLAGS) $(DEPFLAGS) -c -o $@ $<

$(BUILD)/obj/arm64/%.o: %.S | $(SYSROOT_READY)
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(TARGET_CC) $(TARGET_CPPFLAGS) $(EXTRA_CFLAGS) $(DEPFLAGS) -c -o $@ $<
