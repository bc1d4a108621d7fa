# SPDX-License-Identifier: BSD-2-Clause
# The EL2 image's C on fake CPUs (vmm/hyp/arch/fake) and a guest on top of it, compiled once for all the tests that
# say: libs: build/obj/unit/libhyp.a

HYP_TEST_LIB  := $(PC_BUILD)/obj/unit/libhyp.a
HYP_TEST_SRCS := $(wildcard vmm/hyp/*.c) $(wildcard vmm/hyp/arch/fake/*.c) \
		  test/unit/fake_guest.c
HYP_TEST_OBJS := $(call objects,unit/hyp,$(HYP_TEST_SRCS))
HYP_TEST_INCS := -DHYP_FAKE -Ivmm/hyp -Ivmm/hyp/arch/fake -Itest/unit
ALL_OBJS      += $(HYP_TEST_OBJS)

$(PC_BUILD)/obj/unit/hyp/%.o: %.c | $(PACKAGES_READY)
	$(call say,CC,$< (hyp))
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) $(NATIVE_CPPFLAGS) $(NATIVE_CFLAGS) $(HYP_TEST_INCS) $(DEPFLAGS) -c -o $@ $<

$(HYP_TEST_LIB): $(HYP_TEST_OBJS)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^
