# SPDX-License-Identifier: BSD-2-Clause
# bhyve: the VMM process. device/sources.mk adds the device models to BHYVE_SRCS and their libraries to BHYVE_LIBS.
BHYVE_SRCS := $(addprefix bhyve/,main.c options.c replaced.c config.c config_file.c check.c machine.c vcpu.c psci.c fdt.c firmware.c smbios.c \
	mmio.c guest_memory.c host_memory.c counter.c report.c control.c janitor.c \
	sandbox.c sandbox_files.c sandbox_filter.c sandbox_table.c sandbox_user.c) $(wildcard bhyve/acpi/*.c)
BHYVE_LIBS := $(BUILD)/lib/libloader.a $(BUILD)/lib/libvmmapi.a -lfdt -lz -lzstd

-include bhyve/device/sources.mk

$(eval $(call tool,bhyve,$(sort $(BHYVE_SRCS)),$(BHYVE_LIBS)))
