# SPDX-License-Identifier: BSD-2-Clause
# mk/package.mk - `make deb`: Debian packages for arm64 hosts, in $(BUILD)/deb, checked by lintian.

DEB_DIR         := $(BUILD)/deb
DEB_WORK        := $(DEB_DIR)/bhyve-armv8-$(VERSION)
PACKAGING_READY := $(PC_BUILD)/.stamp/packaging
DEBS             = $(DEB_DIR)/bhyve-armv8_$(VERSION)_arm64.deb $(DEB_DIR)/bhyve-armv8-dkms_$(VERSION)_all.deb
DEB_SOURCES      = $(shell find debian packaging doc man README.md LICENSE CHANGELOG.md Makefile mk -type f) $(DKMS_SOURCES)

$(PACKAGING_READY): $(DEBIAN)/packages $(PACKAGING)/pc.list | $(PACKAGES_READY)
	$(Q)$(DEBIAN)/packages $(PACKAGING)/pc.list
	$(Q)mkdir -p $(@D) && touch $@

# debhelper works in a copy of debian: it writes there. The build dependencies are of this PC's database, and not asked for.
$(DEBS) &: $(DEB_SOURCES) $(ALL_TOOLS) $(BUILD)/lib/libvmmapi.a | $(PACKAGING_READY) $(SYSROOT_READY)
	$(call say,DEB,$(DEB_DIR))
	$(Q)head -n 1 debian/changelog | grep -qF '($(VERSION))' || { echo 'debian/changelog: its newest entry is not for $(VERSION)' >&2; exit 1; }
	$(Q)rm -rf $(DEB_DIR) && mkdir -p $(DEB_WORK)
	$(Q)cp -rL debian $(DEB_WORK)/
	$(Q)$(PACKAGING)/shlibdeps-admin $(BUILD) $(DEB_DIR)/admin
	+$(Q)cd $(DEB_WORK) && TOP=$(CURDIR) TREE_MAKE=BUILD=$(BUILD) SHLIBDEPS_ADMIN=$(abspath $(DEB_DIR))/admin MAKEFLAGS= DEB_BUILD_OPTIONS=nocheck \
		dpkg-buildpackage -aarm64 -b -d -uc -us > ../log 2>&1 || { cat ../log >&2; exit 1; }
	$(Q)rm -rf $(DEB_WORK) $(DEB_DIR)/admin

## make install  the tools, the service and their files on this arm64 machine, or under DESTDIR (PREFIX=/usr/local)
## make deb      Debian packages for an arm64 host, build/HOST/deb: bhyve-armv8, and bhyve-armv8-dkms with the driver
LINT_TARGETS += lint-deb
.PHONY: deb lint-deb
deb: $(DEBS) lint-deb
	$(Q)ls -1 $(DEBS)

lint-deb: $(DEBS)
	$(call say,LINTIAN,$(notdir $(DEBS)))
	$(Q)lintian --fail-on error,warning,info --tag-display-limit 0 $(DEBS)
