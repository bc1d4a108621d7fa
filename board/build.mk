# SPDX-License-Identifier: BSD-2-Clause
# board/build.mk - programs of this PC for bringing up boards: build/board/NAME; and the verbs of platform/espressobin
# and platform/foundation.

BOARD_TOOLS :=
BOARD_CFLAGS := -std=gnu17 -O2 -g $(WARNINGS) -fPIE -fstack-protector-strong -pthread
BOARD_CPPFLAGS := -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -I.

# $(call board_tool,NAME,SOURCES,LIBRARIES): native program build/board/NAME
define board_tool
BOARD_TOOLS += $(PC_BUILD)/board/$(1)
ALL_OBJS += $(call objects,board,$(2))
$(PC_BUILD)/board/$(1): $(call objects,board,$(2))
	$$(call say,LINK,$$@)
	$(Q)mkdir -p $$(@D)
	$(Q)$(NATIVE_CC) -pie -Wl,-z,relro,-z,now -pthread -o $$@ $$^ $(3)
endef

$(PC_BUILD)/obj/board/%.o: %.c | $(PACKAGES_READY)
	$(call say,CC,$< (PC))
	$(Q)mkdir -p $(@D)
	$(Q)$(NATIVE_CC) $(BOARD_CPPFLAGS) $(BOARD_CFLAGS) $(DEPFLAGS) -c -o $@ $<

BOARD_COMMON := board/common/error.c board/common/file.c

$(eval $(call board_tool,a3700-image,$(wildcard board/a3700-image/*.c) $(BOARD_COMMON),-lnettle))
$(eval $(call board_tool,uart-boot,$(wildcard board/uart-boot/*.c) $(addprefix board/a3700-image/,tim.c gpp.c boot_image.c) \
	$(BOARD_COMMON),-lnettle))
# The BootROM that uart-boot is tested against
$(eval $(call board_tool,test/sim-bootrom,$(addprefix test/unit/,sim_main.c sim_bootrom.c sim_escape.c sim_line.c sim_gpp.c) \
	$(addprefix board/a3700-image/,tim.c gpp.c) $(BOARD_COMMON),-lnettle -lutil))
$(eval $(call board_tool,dtcheck,$(wildcard board/dtcheck/*.c) $(BOARD_COMMON),-lfdt))

CHECK_TARGETS += board

.PHONY: board
board: $(BOARD_TOOLS)

-include platform/espressobin/build.mk
-include platform/foundation/build.mk
