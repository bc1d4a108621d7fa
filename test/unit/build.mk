# SPDX-License-Identifier: BSD-2-Clause
# test/unit/build.mk - native unit tests (cmocka, ASan, UBSan): every test/unit/test_NAME.c is one program,
# build/unit/test_NAME, and `make check` runs them all.
#
# What a test is linked with stands in the test itself, in comment lines anywhere in the file:
#
#   /* sources: bhyve/device/virtqueue.c test/unit/fake_vm.c */     further C files, from the top of the tree; also vmm/hyp/[a-z]*.c
#   /* cflags: -Ivmm/hyp */                                         flags for all of them
#   /* libs: -lslirp */                                             linker words
#
# Each may stand on several lines. The test's own folder is on the include path, for the fakes. What does not fit
# (generated files, say) goes into a fragment test/unit/ANY.mk, included here.

unit_words = $(shell sed -nE 's,^[ /*]*$(2): (.*[^ */])[ */]*$$,\1,p' $(1))
unit_sources = $(foreach word,$(call unit_words,$(1),sources),$(or $(wildcard $(word)),$(word)))
unit_program = $(call unit_test,$(basename $(notdir $(1))),$(1) $(call unit_sources,$(1)),-Itest/unit \
	$(call unit_words,$(1),cflags),$(call unit_words,$(1),libs))

$(foreach test,$(wildcard test/unit/test_*.c),$(eval $(call unit_program,$(test))))

-include $(filter-out test/unit/build.mk,$(wildcard test/unit/*.mk))
