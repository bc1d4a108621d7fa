# SPDX-License-Identifier: BSD-2-Clause
# `make mutants`: see test/mutants. SAMPLE=60 SEED=1 FILES="vmm/hyp/run.c vmm/core/vm.c:202" JOBS=2

.PHONY: mutants
mutants: unit-tests
	$(Q)NATIVE_CC='$(NATIVE_CC)' NATIVE_CPPFLAGS='$(NATIVE_CPPFLAGS)' NATIVE_CFLAGS='$(NATIVE_CFLAGS)' \
		NATIVE_LDFLAGS='$(NATIVE_LDFLAGS)' HYP_TEST_SRCS='$(HYP_TEST_SRCS)' HYP_TEST_INCS='$(HYP_TEST_INCS)' \
		test/mutants $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED)) $(FILES)
