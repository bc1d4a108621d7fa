# test/fuzz/build.mk - libFuzzer programs (clang, ASan, UBSan): every test/fuzz/fuzz_NAME.c is one program,
# build/fuzz/fuzz_NAME, named and linked by the same comment lines as unit tests (test/unit/build.mk): sources:,
# cflags:, libs:. Files with other names are what several share.
#
# Run one with: build/fuzz/fuzz_NAME -max_total_time=60

fuzz_program = $(call fuzz_test,$(basename $(notdir $(1))),$(1) $(call unit_words,$(1),sources),-Itest/unit \
	-Itest/fuzz $(call unit_words,$(1),cflags),$(call unit_words,$(1),libs))

$(foreach test,$(wildcard test/fuzz/fuzz_*.c),$(eval $(call fuzz_program,$(test))))
