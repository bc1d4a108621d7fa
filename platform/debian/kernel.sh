# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# kernel.sh - which packages make a kernel, by what apt-cache says of them.

# depends PACKAGE[=VERSION] PATTERN: the names in what that package depends on that match the whole PATTERN
depends() {
	apt-cache show --no-all-versions "$1" 2> /dev/null | sed -nE 's/^Depends: //p' | tr ',|' '\n\n' | sed -E 's/^ +//; s/[ :(].*//' |
		grep -xE "$2"
}

# image_packages IMAGE[=VERSION]: that package, and those that have the kernel and its modules where it is empty itself (from 7.3 on)
image_packages() {
	local version=${1#"${1%%=*}"} package
	echo "$1"
	depends "$1" 'linux-(base|binary|modules)-[0-9].*' | while read -r package; do echo "$package$version"; done || true
}

# kernel_packages FLAVOUR PC-ARCH: those of the newest version that is there whole, with headers and with kernel build tools for
# PC-ARCH. 1 where there is none. A mirror's lists may be of different hours: what one architecture has, another lacks.
kernel_packages() {
	local meta=linux-image-$1 version image abi common kbuild package packages
	while read -r version; do
		image=$(depends "$meta=$version" "linux-image-[0-9].*-$1" | sed -n 1p) || continue
		abi=${image#linux-image-}
		common=$(depends "linux-headers-$abi=$version" 'linux-headers-[0-9].*-common(-rt)?' | sed -n 1p) || continue
		kbuild=$(depends "linux-headers-$abi=$version" 'linux-kbuild-.*' | sed -n 1p) || continue
		packages=$(image_packages "$image=$version" && printf '%s\n' "linux-headers-$abi=$version" "$common=$version" "$kbuild:$2=$version")
		for package in $packages; do
			# It ends with 0 and says nothing where it knows the package in another version alone.
			[[ -n $(apt-cache show "$package" 2> /dev/null) ]] || continue 2
		done
		echo "$packages"
		return
	done < <(apt-cache madison "$meta" | awk '{ print $3 }')
	return 1
}
