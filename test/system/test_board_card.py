# SPDX-License-Identifier: BSD-2-Clause
"""The SD card of the ESPRESSObin: its layout read back by independent tools, rehearsals, flashing, netboot server."""
import fnmatch
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import Skip, on_pc
from harness import BUILD, TOP, Failure

IMAGE = BUILD / "espressobin/sd.img"
BOOT = BUILD / "espressobin/boot"
SCRIPTS = TOP / "platform/espressobin"
sys.path.insert(0, str(TOP / "test/system/board"))
from uboot import UBoot  # noqa: E402

# As doc/espressobin.md has it
WHOLE_CARD = "echo ', +' | sfdisk -q --no-reread -N 2 /dev/mmcblk0; partx -u /dev/mmcblk0; resize2fs /dev/mmcblk0p2"


def out(*command, status=0, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, errors="replace", timeout=600,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode != status:
        raise Failure(f"{' '.join(map(str, command))}: status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def partitions():
    return json.loads(out("/sbin/sfdisk", "--json", IMAGE))["partitiontable"]


def root_offset():
    return partitions()["partitions"][1]["start"] * 512


def debugfs(command):
    return out("/sbin/debugfs", "-R", command, f"{IMAGE}?offset={root_offset()}")


@on_pc
def partition_table_has_a_boot_and_a_root_partition():
    table = partitions()
    assert table["label"] == "dos"
    boot, root = table["partitions"]
    assert (boot["start"], boot["type"], boot["bootable"]) == (2048, "c", True), boot
    assert root["type"] == "83" and root["start"] == boot["start"] + boot["size"], root
    assert IMAGE.stat().st_size == 512 * (root["start"] + root["size"])


@on_pc
def boot_partition_has_every_file_that_boots_a_board():
    with tempfile.TemporaryDirectory() as folder:
        out("mcopy", "-s", "-n", "-i", f"{IMAGE}@@1M", "::/", folder)
        found = {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
        served = {str(path.relative_to(BOOT)): path.read_bytes() for path in BOOT.rglob("*") if path.is_file()}
        assert found == served, sorted(set(found) ^ set(served))
    for board in ("espressobin", "espressobin-emmc", "espressobin-v7", "espressobin-v7-emmc", "espressobin-ultra"):
        tree = found[f"marvell/armada-3720-{board}.dtb"]
        source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts"], input=tree, capture_output=True, check=True)
        assert b"marvell,armada3720" in source.stdout
    assert found["Image"][56:60] == b"ARM\x64"
    assert found["initrd.img"][:6] == b"070701"
    assert found["EFI/BOOT/BOOTAA64.EFI"][:2] == b"MZ"
    out("/sbin/fsck.fat", "-n", extract_fat())


def extract_fat():
    path = BUILD / "log/fat.img"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(IMAGE, "rb") as image, open(path, "wb") as fat:
        image.seek(1 << 20)
        fat.write(image.read(partitions()["partitions"][0]["size"] * 512))
    return path


@on_pc
def boot_script_is_a_script_image_for_arm64():
    text = out("dumpimage", "-l", BOOT / "boot.scr")
    assert "AArch64 Linux Script" in text and "bhyve-armv8 host" in text, text
    with tempfile.TemporaryDirectory() as folder:
        out("dumpimage", "-T", "script", "-p", "0", "-o", f"{folder}/boot.cmd", BOOT / "boot.scr")
        assert (SCRIPTS / "boot.cmd").read_bytes() in Path(f"{folder}/boot.cmd").read_bytes()


@on_pc
def root_partition_is_a_clean_file_system_with_all_that_is_needed():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "root"
        out("dd", f"if={IMAGE}", f"of={path}", "bs=1M", f"skip={root_offset() >> 20}", "conv=sparse", "status=none")
        out("/sbin/e2fsck", "-fn", path)
    version = (BUILD / "kernel/version").read_text().strip()
    compression = "" if next((BUILD / "kernel/modules/kernel/drivers/net").glob("tun.ko*")).suffix == ".ko" else ".xz"
    for name in ("/usr/sbin/bhyve", "/usr/sbin/bhyveload", "/usr/sbin/bhyvectl", f"/usr/lib/modules/{version}/extra/vmm.ko",
                 "/usr/share/man/man8/bhyve.8", "/usr/share/man/man4/vmm.4", "/guest/Image", "/guest/initrd",
                 "/guest/disk.img", "/usr/sbin/init", "/etc/inittab", "/usr/lib/aarch64-linux-gnu/libfdt.so.1",
                 *(f"/usr/lib/modules/{version}/kernel/drivers/net/{name}.ko{compression}"
                   for name in ("ethernet/marvell/mvneta", "dsa/mv88e6xxx/mv88e6xxx"))):
        assert "Type: regular" in debugfs(f"stat {name}") or "Type: symlink" in debugfs(f"stat {name}"), name
    with tempfile.TemporaryDirectory() as folder:
        debugfs(f"dump /usr/lib/modules/{version}/extra/vmm.ko {folder}/vmm.ko")
        assert out("/sbin/modinfo", "-F", "vermagic", f"{folder}/vmm.ko").startswith(version)
        debugfs(f"dump /usr/lib/modules/{version}/modules.dep {folder}/modules.dep")
        assert "extra/vmm.ko:" in Path(f"{folder}/modules.dep").read_text()
    owner = debugfs("stat /etc/passwd")
    assert re.search(r"User:\s+0\s+Group:\s+0", owner), owner


# What the board's devices say that they are, and the driver of each
DRIVERS = {
    "marvell,armada-3700-neta": "mvneta", "marvell,orion-mdio": "mvmdio", "marvell,mv88e6085": "mv88e6xxx",
    "marvell,armada-3700-sdhci": "sdhci_xenon_driver", "regulator-gpio": "gpio_regulator", "jedec,spi-nor": "spi_nor",
    "marvell,armada-3700-spi": "spi_armada_3700", "marvell,armada-3700-ahci": "ahci_mvebu",
    "marvell,armada3700-xhci": "xhci_plat_hcd", "marvell,armada-3700-ehci": "ehci_orion",
    "marvell,comphy-a3700": "phy_mvebu_a3700_comphy", "marvell,a3700-utmi-otg-phy": "phy_mvebu_a3700_utmi",
    "marvell,armada-3700-wdt": "armada_37xx_wdt",
}
# Without these, no card, disk or stick is found.
ROOT_DRIVERS = {"sdhci_xenon_driver", "gpio_regulator", "ahci_mvebu", "xhci_plat_hcd", "ehci_orion", "phy_mvebu_a3700_comphy",
                "phy_mvebu_a3700_utmi"}


def drivers_of(aliases, compatible):
    """The modules that modules.alias names for a device of the device tree."""
    lines = [line.split() for line in aliases.splitlines() if line.startswith("alias of:")]
    return {module for _, alias, module in lines if fnmatch.fnmatchcase(f"of:NanyT(null)C{compatible}", alias)}


@on_pc
def every_device_of_the_board_has_its_driver_on_the_card():
    version = (BUILD / "kernel/version").read_text().strip()
    tree = out("dtc", "-q", "-I", "dtb", "-O", "dts", BOOT / "marvell/armada-3720-espressobin.dtb")
    with tempfile.TemporaryDirectory() as folder:
        debugfs(f"dump /usr/lib/modules/{version}/modules.alias {folder}/alias")
        on_card = Path(f"{folder}/alias").read_text()
    in_initrd = subprocess.run(["cpio", "-i", "--quiet", "--to-stdout", "*/modules.alias"], check=True, capture_output=True,
                               input=(BOOT / "initrd.img").read_bytes()).stdout.decode()
    for compatible, driver in DRIVERS.items():
        assert f'"{compatible}' in tree or f"\\0{compatible}" in tree, f"{compatible}: not in the device tree"
        assert driver in drivers_of(on_card, compatible), f"{compatible}: the root file system has no {driver}"
        if driver in ROOT_DRIVERS:
            assert driver in drivers_of(in_initrd, compatible), f"{compatible}: the initramfs has no {driver}"


@on_pc
def kernel_fits_where_the_boot_script_puts_it():
    """See boot.cmd: below the initial RAM disk, and, as old U-Boots copy it to 0, below TF-A."""
    addresses = dict(re.findall(r"setenv (\w+_addr_r) (0x7\w+|0xa\w+)", (SCRIPTS / "boot.cmd").read_text()))
    kernel, initrd = int(addresses["kernel_addr_r"], 16), int(addresses["ramdisk_addr_r"], 16)
    offset, size = struct.unpack_from("<QQ", (BOOT / "Image").read_bytes(), 8)
    assert offset == 0 and kernel % (2 << 20) == 0, (offset, kernel)
    assert kernel + size <= initrd, f"{size:#x} bytes of kernel reach {initrd:#x}"
    assert size <= 0x4000000, f"{size:#x} bytes of kernel reach TF-A"
    # The smallest board has 512 MiB, at whose end U-Boot is.
    assert initrd + (BOOT / "initrd.img").stat().st_size < 0x1c000000


@on_pc
def same_inputs_give_the_same_image_bit_for_bit():
    with tempfile.TemporaryDirectory(dir=BUILD / "espressobin") as folder:
        again = Path(folder) / "again.img"
        out(SCRIPTS / "sd-image", BUILD, again)

        def digest(path):
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
                    hashlib.sha256(file.read()).hexdigest()
        assert digest(again) == digest(IMAGE), out("cmp", again, IMAGE, status=1)


def rehearsal():
    """The program rehearse as a module."""
    loader = importlib.machinery.SourceFileLoader("rehearse", str(SCRIPTS / "rehearse"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("rehearse", loader))
    loader.exec_module(module)
    return module


def rehearse(way):
    rehearsal().rehearse(BUILD, way, tell=lambda line: None)


@on_pc
def card_boots_in_the_emulator_up_to_a_guest():
    rehearse("card")


@on_pc
def network_boots_in_the_emulator_up_to_a_guest():
    rehearse("tftp")


@on_pc
def efi_program_boots_without_a_script_to_a_complete_system():
    """From a card of 3 GiB, so that the guide's command for the whole of it has something to do."""
    program, module = "load virtio 0:1 ${kernel_addr_r} EFI/BOOT/BOOTAA64.EFI; bootefi ${kernel_addr_r} ${fdt_addr}\n", rehearsal()
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder) / "card"
        out("qemu-img", "create", "-q", "-f", "qcow2", "-b", IMAGE, "-F", "raw", disk, "3G")
        with UBoot(arguments=["-drive", f"if=none,id=card,format=qcow2,file={disk}", "-device",
                              "virtio-blk-device,drive=card"]) as uboot:
            uboot.stream.send(program)
            uboot.expect(module.SHELL, 240)
            shell = module.Rehearsal(uboot).shell
            found = shell("man -k bhyve") + shell("apropos vmm")
            for page in ("bhyve(8)", "bhyveload(8)", "bhyvectl(8)", "bhyve_config(5)", "vmm(4)"):
                assert page in found, f"{page}: not in {found}"
            assert "bhyve(8)" in shell("whatis bhyve")
            assert "run a virtual machine" in shell("man bhyve | head -n 5")
            assert "ii  kmod" in shell("dpkg -l kmod | cat")
            # The board's switch, by the name of its ports
            assert shell("modprobe -R 'of:NswitchT(null)Cmarvell,mv88e6085'").splitlines()[-1] == "mv88e6xxx"
            shell("for port in wan lan0 lan1; do ip link add $port type dummy; done; /etc/init.d/network start")
            assert shell("cat /sys/class/net/br0/brif/{lan0,lan1,wan}/state").split()[-3:] == ["3", "3", "3"]
            shell(WHOLE_CARD.replace("mmcblk0p", "vda").replace("mmcblk0", "vda"))
            assert int(shell("df -m --output=size / | tail -n 1").split()[-1]) > 2500


@on_pc
def flash_refuses_what_is_no_removable_disk():
    flash = SCRIPTS / "flash"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(b"")
        for device, reason in (("", "which disk?"), ("/dev/no-such-disk", "no such device"), (path, "not a disk"),
                               ("/dev/null", "not a disk")):
            assert reason in out(flash, IMAGE, device, status=1), device
    mounted = [line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if line.startswith("/dev/")]
    disks = [disk for disk in os.listdir("/sys/block") if any(device.startswith(f"/dev/{disk}") for device in mounted)]
    for disk in disks:
        assert re.search("not removable|in use", out(flash, IMAGE, f"/dev/{disk}", status=1)), disk


@on_pc
def flash_writes_a_removable_disk_and_reads_it_back():
    """The disk is a loop device; what the kernel says of it is replaced, in this process's view, by that of a card."""
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        raise Skip("needs root and loop devices")
    with tempfile.TemporaryDirectory() as folder:
        image, disk = Path(folder) / "image", Path(folder) / "disk"
        image.write_bytes(os.urandom(5 << 20))
        with open(disk, "wb") as file:
            file.truncate(8 << 20)
        loop = out("losetup", "-f", "--show", disk).strip()
        try:
            block = Path(folder) / "block" / Path(loop).name
            (block / "holders").mkdir(parents=True)
            (block / "removable").write_text("1\n")
            (block / "size").write_text(f"{(8 << 20) // 512}\n")
            script = f"mount --bind {folder}/block /sys/class/block && exec {SCRIPTS}/flash {image} {loop}"
            assert "not removable" in out(SCRIPTS / "flash", image, loop, status=1)
            (block / "partition").write_text("1\n")
            assert "a partition; name the whole disk" in out("unshare", "--mount", "bash", "-c", script, status=1)
            (block / "partition").unlink()
            out("/sbin/mke2fs", "-q", loop)
            mounted = f"mkdir {folder}/there && mount {loop} {folder}/there && {script}"
            assert f"{loop} is in use ({folder}/there)" in out("unshare", "--mount", "bash", "-c", mounted, status=1)
            with open(disk, "r+b") as file:
                file.write(bytes(8 << 20))
            said = out("unshare", "--mount", "bash", "-c", script, status=1)
            assert "nothing was written" in said and not any(disk.read_bytes()), said
            said = out("unshare", "--mount", "bash", "-c", script, env=dict(os.environ, FLASH_YES="1"))
            assert "Everything on it will be lost" in said and "written and verified" in said, said
            assert "Reading back" in said and said.count(" copied, ") >= 2, f"no progress: {said}"
            assert disk.read_bytes()[:5 << 20] == image.read_bytes()
            # A card that does not keep what was written, by a dd that spoils it
            spoil = Path(folder) / "bin/dd"
            spoil.parent.mkdir()
            spoil.write_text(f'#!/bin/sh\n[ "${{1#if=/dev}}" = "$1" ] || printf X | /bin/dd of={loop} seek=4999999 bs=1 conv=notrunc '
                             'status=none\nexec /bin/dd "$@"\n')
            spoil.chmod(0o755)
            said = out("unshare", "--mount", "bash", "-c", script, status=1,
                       env=dict(os.environ, FLASH_YES="1", PATH=f"{spoil.parent}:{os.environ['PATH']}"))
            assert "not what was written" in said and "verified" not in said, said
            (block / "size").write_text("2048\n")
            assert "1 MiB; the image has 5 MiB" in out("unshare", "--mount", "bash", "-c", script, status=1)
        finally:
            out("losetup", "-d", loop)


@on_pc
def netboot_server_boots_a_machine_on_its_interface_and_no_other():
    """The machine is QEMU on a tap interface, in a network of their own."""
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        raise Skip("needs root and /dev/net/tun for a network of its own")
    # The test's program runs again inside the namespace.
    text = out("unshare", "--net", sys.executable, TOP / "test/system/board/netboot.py", SCRIPTS / "serve", BOOT)
    for part in (r"serve: DHCP and TFTP on pc0 \(192\.168\.37\.1/24\)", r"serve: DHCPDISCOVER\(pc0\)", r"serve: DHCPACK\(pc0\)",
                 r"serve: sent \S*/boot\.scr\.uimg to 192\.168\.37\.1\d\d", r"serve: sent \S*/Image to",
                 r"serve: sent \S*/initrd\.img to", "boot.scr: host from the TFTP server 192.168.37.1", "Starting kernel",
                 r"listens: 192\.168\.37\.1:69"):
        assert re.search(part, text), f"no {part!r} in:\n{text}"
    assert not re.search(r"listens: (0\.0\.0\.0|192\.168\.99\.1|\*):69", text), text
    for asked in ("DHCP", "TFTP at 192.168.99.1", "TFTP at 192.168.37.1"):
        assert f"stranger: {asked} is silent" in text, f"{asked}: answered on another interface:\n{text}"
    assert "the address is gone again" in text, text


@on_pc
def netboot_server_says_why_it_does_not_start():
    for interface, reason in (("", "which interface?"), ("none0", "no such interface"), ("lo", "no board is there")):
        assert reason in out(SCRIPTS / "serve", BOOT, interface, status=1)
