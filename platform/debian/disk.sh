# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# disk.sh - what the scripts that build a Debian disk have in common. The packages are unpacked, not configured: no arm64
# program runs on this PC, and no root privileges are needed under fakeroot.

# unpack_packages ROOT LIST - unpack the .deb files that LIST names into ROOT, without manuals, as dpkg there knows them.
unpack_packages() {
	local root=$1 list=$2 name package
	chmod 755 "$root"
	# Merged /usr, as every Debian system of today has
	for name in bin sbin lib; do
		mkdir -p "$root/usr/$name"
		ln -s "usr/$name" "$root/$name"
	done
	mkdir -p "$root/var/lib/dpkg/info"
	: > "$root/var/lib/dpkg/status"
	while read -r package; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x -C "$root" --keep-directory-symlink --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
				--exclude='./usr/share/info/*' --exclude='./usr/share/doc/*/*[!t]' "${@:3}"
		dpkg-deb -f "$package" | sed '1a Status: install ok installed' >> "$root/var/lib/dpkg/status"
		echo >> "$root/var/lib/dpkg/status"
	done < "$list"
	for name in proc sys dev run tmp root mnt; do mkdir -p "$root/$name"; done
	chmod 1777 "$root/tmp"
}

# add_modules KERNEL ROOT PART... - copy these modules (NAME.ko, compressed or not) and folders of KERNEL/modules/kernel, with
# an index of them. It is an error if one is neither there nor built into the kernel; one that not every kernel has ends in "?".
add_modules() {
	local kernel=$1 root=$2 version modules part file found
	shift 2
	version=$(cat "$kernel/version")
	modules=$root/lib/modules/$version
	mkdir -p "$modules/kernel"
	for part; do
		found=
		for file in "$kernel/modules/kernel/${part%\?}"{,.xz,.zst}; do
			[[ -e $file ]] || continue
			mkdir -p "$modules/kernel/$(dirname "$part")"
			cp -r "$file" "$modules/kernel/$(dirname "$part")/"
			found=yes
		done
		if [[ -z $found && $part != *\? ]] && ! grep -q "^kernel/$part\(/\|$\)" "$kernel/modules/modules.builtin"; then
			echo "${0##*/}: the kernel $version has no $part" >&2
			return 1
		fi
	done
	cp "$kernel/modules/"modules.{builtin,builtin.modinfo,order} "$modules/" 2> /dev/null || true
	/sbin/depmod -b "$root" "$version"
}

# make_ext4 ROOT IMAGE SIZE LABEL EPOCH - make the ext4 file system IMAGE of ROOT.
#
# The same packages give the same image: time stamps are EPOCH, and what mke2fs would draw by lot is fixed. The times of
# change and of access cannot be fixed on this PC's files, so they are set in the image.
make_ext4() {
	local root=$1 image=$2 size=$3 label=$4 epoch=$5
	export LC_ALL=C E2FSPROGS_FAKE_TIME=$epoch
	find "$root" -exec touch -h -d "@$epoch" {} +
	rm -f "$image"
	/sbin/mke2fs -q -t ext4 -L "$label" -m 0 -U 9e570000-0000-4000-8000-000000000001 \
		-E hash_seed=9e570000-0000-4000-8000-000000000002,lazy_itable_init=0,lazy_journal_init=0,nodiscard \
		-d "$root" "$image" "$size" > /dev/null
	(cd "$root" && find . -printf 'sif "/%P" ctime @'"$epoch"'\nsif "/%P" atime @'"$epoch"'\n') |
		/sbin/debugfs -w -f - "$image" > /dev/null 2>&1
}
