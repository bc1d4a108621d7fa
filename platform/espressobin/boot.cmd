# SPDX-License-Identifier: BSD-2-Clause
# boot.cmd - script for U-Boot that boots the host, from an SD card or over TFTP; mkimage makes boot.scr of it.
#
# One script for three kinds of U-Boot:
#   that of Debian for the board   sets devtype, devnum, distro_bootpart, *_addr_r and fdtfile
#   that of the vendor (Marvell>>)  may set none of these; type:
#                                     load mmc 0:1 0x6d00000 boot.scr; source 0x6d00000
#                                   or over the network: dhcp; setenv devtype dhcp;
#                                     tftpboot 0x6d00000 boot.scr; source 0x6d00000
#   qemu_arm64                      has its device tree at fdt_addr, and no fdt_addr_r
#
# What a user may set before:
#   host_fdt      device tree to use instead of the one that is found (armada-3720-espressobin-v7.dtb)
#   host_args     more words for the kernel command line
#   host_root     where the root file system is (LABEL=bhyve-root)
#   devtype       memory: a debugger has put everything in its place; filesize is that of initrd.img
#
# Old U-Boots know little: no &&, no functions, no setexpr, and exit is not to be relied on; hence the steps with
# host_ok. What is echoed from a variable has no semicolon, where old shells would begin a command.
#
# Nothing is loaded into the memory of TF-A, 0x4000000 to 0x41fffff, whose loss would stop the second CPU. U-Boots before 2017.05
# copy the kernel to 0, from where it has to end below that; later ones run it at kernel_addr_r, where it has to end below
# ramdisk_addr_r.

setenv host_ok yes
setenv host_why
setenv host_load

# 1. Which machine is it? QEMU says so, or has its device tree at the start of its memory and nowhere to load another to.
# Boards may have fdt_addr, too, for a place to load to.
setenv host_machine board
if test -z "${fdt_addr_r}"; then
	if test "${fdt_addr}" = "0x40000000"; then
		setenv host_machine qemu
	fi
fi
if test "${board}" = "qemu-arm"; then
	setenv host_machine qemu
fi

# 2. Where to load to, as far as the environment does not say
if test "${host_machine}" = "qemu"; then
	if test -z "${kernel_addr_r}"; then
		setenv kernel_addr_r 0x40400000
	fi
	if test -z "${ramdisk_addr_r}"; then
		setenv ramdisk_addr_r 0x44000000
	fi
	if test -z "${fdt_addr}"; then
		setenv fdt_addr 0x40000000
	fi
	setenv host_fdt_addr ${fdt_addr}
	setenv host_console "console=ttyAMA0"
else
	if test -z "${kernel_addr_r}"; then
		setenv kernel_addr_r 0x7000000
	fi
	if test -z "${ramdisk_addr_r}"; then
		setenv ramdisk_addr_r 0xa000000
	fi
	if test -z "${fdt_addr_r}"; then
		setenv fdt_addr_r 0x6f00000
	fi
	setenv host_fdt_addr ${fdt_addr_r}
	setenv host_console "console=ttyMV0,115200n8 earlycon=ar3700_uart,0xd0012000"
fi

# 3. Where from?
if test -z "${devtype}"; then
	if test "${host_machine}" = "qemu"; then
		setenv devtype virtio
	else
		setenv devtype mmc
	fi
fi
if test -z "${devnum}"; then
	setenv devnum 0
fi
if test -z "${distro_bootpart}"; then
	setenv distro_bootpart 1
fi
if test "${devtype}" = "dhcp"; then
	setenv devtype tftp
fi
if test "${devtype}" = "pxe"; then
	setenv devtype tftp
fi
if test "${devtype}" = "tftp"; then
	setenv host_from "the TFTP server ${serverip}"
	setenv host_load "tftpboot"
fi
if test "${devtype}" = "memory"; then
	setenv host_from "memory, where everything is already (initrd.img: ${filesize} bytes)"
	setenv host_load "true"
fi
if test -z "${host_load}"; then
	setenv host_from "${devtype} ${devnum}:${distro_bootpart}"
	setenv host_load "load ${devtype} ${devnum}:${distro_bootpart}"
fi
echo "boot.scr: host from ${host_from} (${host_machine})"

# 4. The kernel
if ${host_load} ${kernel_addr_r} Image; then
	true
else
	setenv host_ok no
	setenv host_why "no file Image on ${host_from}: is it the card that was written, or the folder of the server?"
fi

# 5. The initial RAM disk, after which nothing else is loaded before its size is kept
if test "${host_ok}" = "yes"; then
	if ${host_load} ${ramdisk_addr_r} initrd.img; then
		setenv host_initrd ${ramdisk_addr_r}:${filesize}
	else
		setenv host_ok no
		setenv host_why "no file initrd.img on ${host_from}"
	fi
fi

# 6. The device tree: named by the user, by U-Boot, or by what the board shows. DDR4 is a v7; the type of DRAM is in bits
# 7:4 of its register, 2 for DDR3 and 3 for DDR4, whatever the bits below are.
if test "${host_machine}" = "board"; then
	setenv host_dtb ${host_fdt}
	if test -z "${host_dtb}"; then
		if test -n "${fdtfile}"; then
			setenv host_dtb ${fdtfile}
		fi
	fi
	if test -z "${host_dtb}"; then
		setenv host_dtb armada-3720-espressobin
		if itest.b *0xd00002c4 -gt 0x2f; then
			if itest.b *0xd00002c4 -lt 0x40; then
				setenv host_dtb armada-3720-espressobin-v7
			fi
		fi
		if mmc dev 1; then
			setenv host_dtb ${host_dtb}-emmc
		fi
		if test "${devtype}" = "mmc"; then
			mmc dev ${devnum}
		fi
		setenv host_dtb ${host_dtb}.dtb
		echo "boot.scr: U-Boot does not name the board, by its memory it is ${host_dtb} (setenv host_fdt overrides)"
	fi
	# An Ultra has the memory and the eMMC of a v7, but the ports of its switch are others. Nothing on the board says which it is
	# but the device tree of a U-Boot that was built for it; with any other, the user has to.
	setenv host_like
	if test -z "${host_fdt}"; then
		if test "${host_dtb}" = "armada-3720-espressobin-v7-emmc.dtb"; then
			setenv host_like ultra
		fi
		if test "${host_dtb}" = "marvell/armada-3720-espressobin-v7-emmc.dtb"; then
			setenv host_like ultra
		fi
	fi
	if test "${host_like}" = "ultra"; then
		setenv host_model
		if test -n "${fdtcontroladdr}"; then
			if fdt addr ${fdtcontroladdr}; then
				fdt get value host_model / compatible
			fi
		fi
		if test "${host_model}" = "globalscale,espressobin-ultra"; then
			setenv host_dtb armada-3720-espressobin-ultra.dtb
			echo "boot.scr: by the device tree of U-Boot this is an ESPRESSObin Ultra: ${host_dtb}"
		else
			echo "boot.scr: taken for a v7 with eMMC. On an ESPRESSObin Ultra: setenv host_fdt armada-3720-espressobin-ultra.dtb"
		fi
	fi
	if test "${host_ok}" = "yes"; then
		# Its name from U-Boot may have its folder before it, that of the user may not.
		if ${host_load} ${host_fdt_addr} ${host_dtb}; then
			true
		else
			if ${host_load} ${host_fdt_addr} marvell/${host_dtb}; then
				true
			else
				setenv host_ok no
				setenv host_why "no device tree ${host_dtb} on ${host_from}, setenv host_fdt to one of those in marvell/"
			fi
		fi
	fi
fi

# 7. Is it a device tree? On a board, the memory of TF-A must be kept out of the hands of Linux.
if test "${host_ok}" = "yes"; then
	if fdt addr ${host_fdt_addr}; then
		true
	else
		setenv host_ok no
		setenv host_why "what is at ${host_fdt_addr} is no device tree, is the file whole?"
	fi
fi
if test "${host_ok}${host_machine}" = "yesboard"; then
	# Room for what U-Boot adds. This form of it old U-Boots know, too; they would only round up for fdt resize SIZE,
	# and with fdt_high set as the vendor does, nobody makes room later.
	fdt move ${host_fdt_addr} ${host_fdt_addr} 0x10000
	if fdt print /reserved-memory/psci-area@4000000 reg; then
		true
	else
		echo "boot.scr: the device tree does not keep the memory of TF-A: reserving it"
		if fdt rsvmem add 0x4000000 0x200000; then
			true
		else
			setenv host_ok no
			setenv host_why "the memory of TF-A cannot be reserved in the device tree"
		fi
	fi
fi

# 8. Go
if test "${host_ok}" = "yes"; then
	if test -z "${host_root}"; then
		setenv host_root "LABEL=bhyve-root"
	fi
	setenv bootargs "${host_console} root=${host_root} quiet panic=10 ${host_args}"
	echo "boot.scr: booti ${kernel_addr_r} ${host_initrd} ${host_fdt_addr}"
	booti ${kernel_addr_r} ${host_initrd} ${host_fdt_addr}
	setenv host_why "booti came back: what it says above is wrong with Image, initrd.img or the memory"
fi
echo "boot.scr: cannot boot: ${host_why}"
