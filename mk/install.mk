# SPDX-License-Identifier: BSD-2-Clause
# mk/install.mk - `make install`: what was built, and the files of packaging, where an arm64 host wants them.
#
#   make install [PREFIX=/usr/local] [DESTDIR=]     tools, manual pages, headers, libvmmapi, service, completion
#   make install-dkms [DESTDIR=]                    the driver's sources in /usr/src, for DKMS
#   make uninstall [PREFIX=/usr/local] [DESTDIR=]   removes both
#
# PREFIX is where the files will be on the host, DESTDIR an empty folder in its place (for a package, or another machine's disk).

VERSION     := $(shell sed -nE 's/^.define VMM_VERSION "(.*)"$$/\1/p' vmm/include/vmm_version.h)
PACKAGING   := packaging
DESTDIR     ?=
PREFIX      ?= /usr/local
BINDIR      := $(PREFIX)/bin
LIBDIR      := $(PREFIX)/lib/aarch64-linux-gnu
LIBEXECDIR  := $(PREFIX)/libexec
INCLUDEDIR  := $(PREFIX)/include
MANDIR      := $(PREFIX)/share/man
DOCDIR      := $(PREFIX)/share/doc/bhyve-armv8
SYSCONFDIR  := /etc
DKMS_NAME   := bhyve-armv8
DKMS_DIR    := /usr/src/$(DKMS_NAME)-$(VERSION)

# What a program that uses libvmmapi includes
INSTALLED_HEADERS := $(addprefix lib/vmmapi/,vmmapi.h vm_device_stats.h) $(addprefix vmm/include/,vmm_ioctl.h vmm_stats.h)

# The driver's sources, those of the EL2 image among them
DKMS_SOURCES = $(shell find vmm -name fake -prune -o -type f ! -name '*.md' -print)

install_file = install -D -m $(1) $(2) $(DESTDIR)$(3)
install_all  = install -D -m $(1) -t $(DESTDIR)$(3) $(2)

# $(call install_filled,MODE,SOURCE,TARGET): with @NAME@ replaced
install_filled = mkdir -p $(DESTDIR)$(dir $(3)) && sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' \
	-e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' \
	-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@VERSION@|$(VERSION)|g' $(2) > $(DESTDIR)$(3) && chmod $(1) $(DESTDIR)$(3)

.PHONY: install install-dkms uninstall
install: $(ALL_TOOLS) $(BUILD)/lib/libvmmapi.a
	$(call say,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)$(call install_all,755,$(ALL_TOOLS),$(BINDIR))
	$(Q)$(call install_all,644,$(BUILD)/lib/libvmmapi.a,$(LIBDIR))
	$(Q)$(call install_all,644,$(INSTALLED_HEADERS),$(INCLUDEDIR)/bhyve)
	$(Q)$(call install_filled,644,$(PACKAGING)/libvmmapi.pc.in,$(LIBDIR)/pkgconfig/libvmmapi.pc)
	$(Q)for page in $(HOST_MAN); do $(call install_all,644,$$page,$(MANDIR)/man$${page##*.}) || exit 1; done
	$(Q)$(call install_filled,644,$(PACKAGING)/systemd/bhyve@.service.in,$(PREFIX)/lib/systemd/system/bhyve@.service)
	$(Q)$(call install_filled,755,$(PACKAGING)/systemd/service.in,$(LIBEXECDIR)/bhyve-armv8/service)
	$(Q)$(call install_file,644,$(PACKAGING)/systemd/modules-load.conf,$(PREFIX)/lib/modules-load.d/bhyve-armv8.conf)
	$(Q)$(call install_file,644,$(PACKAGING)/systemd/sysusers.conf,$(PREFIX)/lib/sysusers.d/bhyve-armv8.conf)
	$(Q)$(call install_file,644,$(PACKAGING)/systemd/tmpfiles.conf,$(PREFIX)/lib/tmpfiles.d/bhyve-armv8.conf)
	$(Q)$(call install_all,644,$(PACKAGING)/udev/60-vmm.rules,$(PREFIX)/lib/udev/rules.d)
	$(Q)$(call install_file,644,$(PACKAGING)/completion/bhyve.bash,$(PREFIX)/share/bash-completion/completions/bhyve)
	$(Q)ln -sf bhyve $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bhyveload
	$(Q)ln -sf bhyve $(DESTDIR)$(PREFIX)/share/bash-completion/completions/bhyvectl
	$(Q)$(call install_all,644,$(PACKAGING)/completion/_bhyve,$(PREFIX)/share/zsh/vendor-completions)
	$(Q)$(call install_all,644,$(wildcard $(PACKAGING)/examples/*.conf),$(DOCDIR)/examples)
	$(Q)$(call install_all,644,README.md $(filter-out doc/README.md,$(wildcard doc/*.md)),$(DOCDIR))
	$(Q)install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/bhyve $(DESTDIR)/var/lib
	$(Q)install -d -m 711 $(DESTDIR)/var/lib/bhyve

# DKMS copies the folder before it builds in it.
install-dkms:
	$(call say,INSTALL,$(DESTDIR)$(DKMS_DIR))
	$(Q)for source in $(DKMS_SOURCES); do \
		mode=644 && if [ -x $$source ]; then mode=755; fi && $(call install_file,$$mode,$$source,$(DKMS_DIR)/$$source) || exit 1; done
	$(Q)$(call install_file,644,$(PACKAGING)/dkms/Makefile,$(DKMS_DIR)/Makefile)
	$(Q)sed 's/#MODULE_VERSION#/$(VERSION)/' $(PACKAGING)/dkms/dkms.conf > $(DESTDIR)$(DKMS_DIR)/dkms.conf

# What a fresh installation has, gone from DESTDIR; folders that are empty then, too. Configurations and disks stay.
uninstall: | $(ALL_TOOLS)
	$(Q)list=$$(mktemp -d) && trap 'rm -rf $$list' EXIT && $(MAKE) install install-dkms DESTDIR=$$list PREFIX=$(PREFIX) > /dev/null && \
		cd $$list && find . ! -type d -printf '$(DESTDIR)/%P\0' | xargs -0 rm -f && \
		find . -mindepth 1 -depth -type d -printf '$(DESTDIR)/%P\0' | xargs -0 rmdir --ignore-fail-on-non-empty 2> /dev/null; true
