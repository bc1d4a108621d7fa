# SPDX-License-Identifier: BSD-2-Clause
# mk/verbs.mk - what a person types. Lines that start with ## are what `make help` prints.

## bhyve-armv8: a hypervisor for ARMv8-A, built on this PC and tried on an emulated ARM host.
##
##   make run      build everything, boot the host, and be in the shell of a Debian guest under bhyve
##                 (CPUS=2 MEMORY=512M make run; without a terminal it shows the guest and powers off)
##   make host     a shell on the emulated host, with the tools on its PATH and build/HOST/share at /mnt/pc
##   make check    unit tests, then real boots in the emulator (TESTS="part-of-a-name ..." runs some)
##   make check-quick   unit tests, and one boot of a guest: less than 2 minutes when everything is built
##   make check-bare   the first two of these as a stranger types them, on bare Debian systems (root; RELEASE=bookworm: on one)
##   make bench    measure it beside KVM, in instructions; fails if a target is missed (PARTS="operations memory scale boot idle"; overcommit: 16 vCPUs)
##   make soak     random ioctls of many threads on many virtual machines, on a host whose kernel checks what it frees, for an hour
##                 (SOAK_SECONDS=600; SOAK_SEED=0x... repeats a round that failed)
##   make soak-ipi 16 vCPUs on 2 busy CPUs send each other interrupts, each of which must come once (IPIS=100000000: how many)
##   make mutants  delete single statements, and say which of them no unit test misses (test/README.md)
##   make lint     clang-format, clang-tidy, cppcheck, sparse, shellcheck, mandoc
##   make format   put all C in the one format
##   make build    build the driver, the tools, the host and the guest, and run nothing
##   make image PLATFORM=espressobin      the SD card's image, build/HOST/espressobin/sd.img (doc/espressobin.md)
##   make flash DEV=/dev/sdX              write it to a card, and read it back
##   make rehearse PLATFORM=espressobin   boot that image in QEMU with U-Boot, up to a guest (BOOT=tftp: over the network)
##   make serve IF=eth1                   DHCP and TFTP for a board on that interface
##   make run PLATFORM=foundation         Arm's Foundation Platform or FVP as the host, if it is there (BL1=, FIP=)
##   make board    the tools for boards: build/board/a3700-image, uart-boot, dtcheck
##   HOST=debian12 on any of these: the emulated host is Debian 12 (6.1); debian13 (6.12), debian13-backports, and -rt or -cloud
##                 behind it. What is made for one is in build/HOST
##   make clean    remove what was built, keep what was downloaded (distclean: that too)
##
## V=1 shows commands. QEMU_ARGS and HOST_APPEND reach QEMU and the host's kernel (platform/qemu-virt/launch).

.PHONY: help build run run-qemu-virt host check check-quick check-bare soak unit-tests fuzz-tests lint format clean distclean soak-ipi
help:
	@sed -nE 's/^## ?//p' mk/verbs.mk

build: $(ALL_TOOLS) $(ALL_MODULES) $(HOST_INITRAMFS) $(GUEST_FILES)

# Other platforms have a run-NAME of their own (platform/NAME/build.mk).
PLATFORM ?= qemu-virt
run: run-$(PLATFORM)

run-qemu-virt: build
	$(Q)CPUS='$(CPUS)' MEMORY='$(MEMORY)' $(QEMU_VIRT)/run $(BUILD)

host: build
	$(Q)HOST_DISKS=$(GUEST_DISK) $(QEMU_VIRT)/launch $(BUILD)

unit-tests: $(UNIT_TESTS)

fuzz-tests: $(FUZZ_TESTS)

# Programs of tests that are gone would still be run.
define run_tests
	$(Q)rm -f $(filter-out $(UNIT_TESTS),$(wildcard $(PC_BUILD)/unit/*))
	$(Q)test/system/run --unit $(PC_BUILD)/unit $(1)
endef

check: build $(CHECK_TARGETS) unit-tests
	$(call run_tests,$(TESTS))

check-quick: build unit-tests
	$(call run_tests,a_guest_with_1_vcpu_reaches_its_shell unit)

soak: build
	$(Q)test/system/soak $(SOAK_SECONDS)

soak-ipi: build guests
	$(Q)IPIS='$(or $(IPIS),100000000)' test/system/run "system soak_ipi"

# Apart from the roots this needs nothing that is built: it clones what is committed.
RELEASE ?= bookworm trixie
check-bare: | $(PACKAGES_READY)
	$(Q)test/bare/run $(PC_BUILD)/bare $(RELEASE)

clean: $(CLEAN_TARGETS)
	$(Q)rm -rf $(filter-out $(addprefix $(BUILD)/,apt kernel toolchain sysroot share .stamp),$(wildcard $(BUILD)/*)) \
		$(filter-out $(addprefix $(PC_BUILD)/,archives bare $(HOSTS) .stamp),$(wildcard $(PC_BUILD)/*))
	$(Q)rm -f $(HOST_ROOT_READY)

distclean:
	$(Q)rm -rf $(PC_BUILD)
