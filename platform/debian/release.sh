# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# release.sh - which Debian the emulated host is. HOST is debian12 or debian13; debian12-backports and debian13-backports have
# their backports' kernel; and each of these may end in -rt or -cloud, for that flavour of the kernel.

# host_name: HOST, checked
host_name() {
	local name=${HOST:-$(cat "$(dirname "${BASH_SOURCE[0]}")/default-host")}
	if [[ ! $name =~ ^debian(12|13)(-backports)?(-rt|-cloud)?$ ]]; then
		echo "HOST=$name: must be debian12 or debian13, with -backports for the newer kernel, and -rt or -cloud for another flavour" >&2
		return 1
	fi
	echo "$name"
}

# host_codename: that release's name in package archives
host_codename() {
	case $(host_name) in
	debian12*) echo bookworm ;;
	debian13*) echo trixie ;;
	*) return 1 ;;
	esac
}

# host_kernel_suite: the suite that has its kernel, if that is not the release's own
host_kernel_suite() {
	case $(host_name) in
	*-backports*) echo "$(host_codename)-backports" ;;
	esac
}

# host_flavour: what its kernel packages' names end in: arm64, rt-arm64, cloud-arm64
host_flavour() {
	case $(host_name) in
	*-rt) echo rt-arm64 ;;
	*-cloud) echo cloud-arm64 ;;
	*) echo arm64 ;;
	esac
}

# pc_codename: this PC's own release
pc_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }
