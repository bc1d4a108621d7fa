# SPDX-License-Identifier: BSD-2-Clause
# test/fuzz/build.mk - libFuzzer programs (clang, ASan, UBSan): every test/fuzz/fuzz_NAME.c is one program,
# build/fuzz/fuzz_NAME, named and linked by the same comment lines as unit tests (test/unit/build.mk): sources:,
# cflags:, libs:. Files with other names are what several share.
#
# Run one with: build/fuzz/fuzz_NAME -max_total_time=60

fuzz_program = $(call fuzz_test,$(basename $(notdir $(1))),$(1) $(call unit_sources,$(1)),-Itest/unit \
	-Itest/fuzz $(call unit_words,$(1),cflags),$(call unit_words,$(1),libs))

# A short run of each, the same every time: that they build, and start, and that what they know to be wrong is not there.
.PHONY: check-fuzz
check-fuzz: fuzz-tests
	$(Q)$(foreach program,$(FUZZ_TESTS),$(program) -seed=1 -runs=500 -max_len=4096 > $(program).log 2>&1 || { cat $(program).log; exit 1; };)
	$(Q)echo 'PASS $(words $(FUZZ_TESTS)) fuzzing programs, a short run of each'
CHECK_TARGETS += check-fuzz

$(foreach test,$(wildcard test/fuzz/fuzz_*.c),$(eval $(call fuzz_program,$(test))))
