# SPDX-License-Identifier: BSD-2-Clause
# mk/lint.mk - what `make lint` checks. C is found in the tree, so that a new file cannot be forgotten.

C_FILES         := $(sort $(shell find vmm lib bhyve bhyveload bhyvectl guest board test -name '*.[ch]' 2>/dev/null))
# vmm/linux is compiled with the kernel's flags only: W=1 and sparse check it
TIDY_FILES      := $(filter-out vmm/linux/% vmm/hyp/arch/fake/% guest/% test/%,$(filter %.c,$(C_FILES)))
# As it is compiled for EL2, see HYP_CFLAGS
TIDY_HYP_FLAGS  := -ffreestanding -Ivmm/include -Ivmm/hyp -march=armv8-a -mgeneral-regs-only -ffixed-x18
SHELL_FILES      = $(shell git ls-files -- platform test board .ci mk packaging debian | while read -r f; do \
			test -f "$$f" && head -c 64 "$$f" | grep -qE '^\#!/bin/(ba)?sh' && echo "$$f"; done)
PYTHON_FILES     = $(filter %.py,$(shell git ls-files -- platform test board mk)) $(shell grep -lsI '^\#!/usr/bin/env python3' \
			$$(git ls-files -- platform test board mk | grep -v '\.py$$'))

.PHONY: lint-format lint-tidy lint-cppcheck lint-shell lint-python lint-man lint-spdx
lint: lint-spdx lint-format lint-shell lint-python lint-man lint-cppcheck lint-tidy lint-module $(LINT_TARGETS)

lint-spdx:
	$(call say,SPDX,the tree)
	$(Q)mk/spdx

format: | $(PACKAGES_READY)
	$(Q)clang-format-19 -i $(C_FILES)

lint-format: | $(PACKAGES_READY)
	$(call say,FORMAT,$(words $(C_FILES)) files)
	$(Q)clang-format-19 --dry-run -Werror $(C_FILES)

$(PC_BUILD)/lint/vmm/hyp/%.c.tidy: vmm/hyp/%.c .clang-tidy | $(PACKAGES_READY)
	$(call say,TIDY,$<)
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy-19 --quiet --warnings-as-errors='*' $< -- --target=aarch64-linux-gnu $(TIDY_HYP_FLAGS) -std=gnu17 2>/dev/null
	$(Q)touch $@

lint-tidy: $(addprefix $(PC_BUILD)/lint/,$(TIDY_FILES:=.tidy))

$(PC_BUILD)/lint/%.c.tidy: %.c .clang-tidy | $(SYSROOT_READY)
	$(call say,TIDY,$<)
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy-19 --quiet --warnings-as-errors='*' $< -- --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include \
		$(TARGET_CPPFLAGS) -std=gnu17 -DBHYVE_VERSION='"lint"' 2>/dev/null
	$(Q)touch $@

# A test need not go on without memory, and its macros name an argument more than once.
CPPCHECK_NOT_IN_TESTS := nullPointerOutOfMemory nullPointerArithmeticOutOfMemory nullPointerOutOfResources deallocuse incorrectStringBooleanError

# Its later versions do not know a variable in a register of one's choice.
lint-cppcheck: | $(PACKAGES_READY)
	$(call say,CPPCHK,$(words $(C_FILES)) files)
	$(Q)cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --std=c11 \
		--suppress=missingInclude --suppress=unknownMacro --suppress=normalCheckLevelMaxBranches \
		$(foreach id,$(CPPCHECK_NOT_IN_TESTS),'--suppress=$(id):test/*') '-Dasm(x)=' '-D__asm__(x)=' -I. -Ivmm/include -j 2 $(filter %.c,$(C_FILES))

lint-shell: | $(PACKAGES_READY)
	$(call say,SHELL,$(words $(SHELL_FILES)) files)
	$(Q)shellcheck -S warning $(SHELL_FILES)

lint-python: | $(PACKAGES_READY)
	$(call say,PYTHON,$(words $(PYTHON_FILES)) files)
	$(Q)for file in $(PYTHON_FILES); do \
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' $$file || exit 1; done

lint-man: | $(PACKAGES_READY)
	$(call say,MAN,$(words $(ALL_MAN)) pages)
	$(Q)$(if $(ALL_MAN),mandoc -T lint -W warning $(ALL_MAN))

