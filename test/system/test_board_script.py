# SPDX-License-Identifier: BSD-2-Clause
"""boot.scr in QEMU's U-Boot: from a disk and over TFTP, under each set of missing variables, and its messages."""
import contextlib
import itertools
import shutil
import sys
import tempfile
from pathlib import Path

from cases import on_pc
from harness import BUILD, PC_BUILD

sys.path.insert(0, str(Path(__file__).resolve().parent / "board"))
from uboot import UBoot, fat_disk, payload_of  # noqa: E402

SCRIPT = BUILD / "espressobin/boot.scr"
PAYLOAD = PC_BUILD / "board/test/payload-virt.bin"
END = r"payload: end"
# Sources the script as distro boot does
SOURCE = "load virtio 0:1 ${scriptaddr} boot.scr; source ${scriptaddr}"


def dtb(name):
    return BUILD / "kernel/dtb" / f"marvell/armada-3720-{name}.dtb"


def card(**changes):
    files = {"Image": PAYLOAD, "initrd.img": b"not a real one" * 100, "boot.scr": SCRIPT, "boot.scr.uimg": SCRIPT,
             "marvell/armada-3720-espressobin.dtb": dtb("espressobin"),
             "marvell/armada-3720-espressobin-v7.dtb": dtb("espressobin-v7")}
    files.update({name.replace("__", "/"): content for name, content in changes.items()})
    return {name: content for name, content in files.items() if content is not None}


@contextlib.contextmanager
def machine(files=None, **arguments):
    with tempfile.TemporaryDirectory() as folder:
        disk = fat_disk(Path(folder) / "disk", files or card())
        with UBoot(disk=disk, **arguments) as uboot:
            yield uboot


def boots(uboot, command=SOURCE):
    """Run the script; the machine resets afterwards, and is at its prompt again."""
    # Back at the prompt without that: it has said why.
    output, match = uboot.run_until(command, END + r"|boot\.scr: cannot boot.*\n|syntax error|\n=> $")
    payload = payload_of(output, match)
    uboot.stop_autoboot()
    return output, payload


@on_pc
def distro_boot_finds_the_script_on_the_card_by_itself():
    with machine(autoboot=True) as uboot:
        level, tree, arguments = payload_of(*uboot.expect(END, 120))
    assert (level, tree) == (2, "good"), (level, tree)
    assert "console=ttyAMA0 root=LABEL=bhyve-root" in arguments, arguments


@on_pc
def every_set_of_missing_variables_boots_from_the_card():
    names = ["kernel_addr_r", "ramdisk_addr_r", "devtype", "devnum", "distro_bootpart", "fdt_addr"]
    with machine() as uboot:
        output, (level, tree, _) = boots(uboot, "setenv board; " + SOURCE)
        assert (level, tree) == (2, "good"), f"without board: {output}"
    with machine() as uboot:
        for count in range(1, len(names) + 1):
            for gone in itertools.combinations(names, count):
                clear = "".join(f"setenv {name}; " for name in gone)
                output, (level, tree, _) = boots(uboot, clear + SOURCE)
                assert (level, tree) == (2, "good"), f"without {gone}: {output}"


@on_pc
def dhcp_and_tftp_boot_with_the_same_script():
    with tempfile.TemporaryDirectory() as folder:
        for name in ("Image", "initrd.img", "boot.scr.uimg"):
            content = card()[name]
            if isinstance(content, bytes):
                (Path(folder) / name).write_bytes(content)
            else:
                shutil.copy(content, Path(folder) / name)
        with UBoot(tftp=folder, autoboot=True) as uboot:
            output, match = uboot.expect(END, 120)
        level, tree, arguments = payload_of(output, match)
        assert (level, tree) == (2, "good")
        assert "boot.scr: host from the TFTP server 10.0.2.2" in output


# On a machine that looks like a board: somewhere to load a device tree to, and no live one
BOARD = "setenv board; setenv fdt_addr_r 0x43000000; setenv devtype virtio; setenv devnum 0; "


@on_pc
def board_boots_with_the_device_tree_that_u_boot_names():
    with machine() as uboot:
        output, (level, tree, arguments) = boots(
            uboot, BOARD + "setenv fdtfile marvell/armada-3720-espressobin-v7.dtb; " + SOURCE)
    assert (level, tree) == (2, "good")
    assert "console=ttyMV0,115200n8 earlycon=ar3700_uart,0xd0012000 root=LABEL=bhyve-root" in arguments
    assert "armada-3720-espressobin-v7.dtb" in output
    assert "0x43000000" in output


@on_pc
def user_overrides_device_tree_root_and_arguments():
    with machine() as uboot:
        output, (_, tree, arguments) = boots(
            uboot, BOARD + "setenv fdtfile marvell/none.dtb; setenv host_fdt armada-3720-espressobin.dtb; "
            "setenv host_root /dev/sda2; setenv host_args maxcpus=1; " + SOURCE)
    assert tree == "good"
    assert "root=/dev/sda2" in arguments and "maxcpus=1" in arguments, arguments


@on_pc
def each_failure_says_what_is_missing():
    for changes, clear, reason in (
            ({"Image": None}, "", "no file Image on virtio 0:1"),
            ({"initrd.img": None}, "", "no file initrd.img on virtio 0:1"),
            ({}, BOARD + "setenv fdtfile marvell/none.dtb; ", "no device tree marvell/none.dtb on virtio 0:1"),
            ({"marvell__armada-3720-espressobin.dtb": b"no tree"}, BOARD + "setenv fdtfile armada-3720-espressobin.dtb; ",
             "what is at 0x43000000 is no device tree"),
            ({"Image": b"no kernel" * 1000}, "", "booti came back: what it says above"),
            ({}, "setenv devtype mmc; ", "no file Image on mmc 0:1")):
        with machine(card(**changes)) as uboot:
            output = uboot.command(clear + SOURCE)
            assert f"boot.scr: cannot boot: {reason}" in output, output


@on_pc
def memory_of_the_firmware_is_reserved_where_the_device_tree_does_not():
    import subprocess
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.dtb"
        shutil.copy(dtb("espressobin"), bare)
        subprocess.run(["fdtput", "-r", bare, "/reserved-memory/psci-area@4000000"], check=True)
        with machine(card(marvell__bare_dtb=None, **{"marvell__bare.dtb": bare})) as uboot:
            output, (_, tree, _) = boots(uboot, BOARD + "setenv host_fdt bare.dtb; " + SOURCE)
            assert "reserving it" in output and tree == "good"


V7_EMMC, ULTRA = "armada-3720-espressobin-v7-emmc.dtb", "armada-3720-espressobin-ultra.dtb"
ASKS = f"On an ESPRESSObin Ultra: setenv host_fdt {ULTRA}"


def card_of_v7_and_ultra():
    return card(**{"marvell/" + name: dtb(name.removeprefix("armada-3720-").removesuffix(".dtb")) for name in (V7_EMMC, ULTRA)})


@on_pc
def v7_with_emmc_boots_and_the_owner_of_an_ultra_is_told_what_to_set():
    with machine(card_of_v7_and_ultra()) as uboot:
        for named in (f"marvell/{V7_EMMC}", V7_EMMC):
            output, (_, tree, _) = boots(uboot, BOARD + f"setenv fdtfile {named}; " + SOURCE)
            assert tree == "good" and ASKS in output, output
        # Whoever has set it is not asked, and who has another board neither.
        output, (_, tree, _) = boots(uboot, BOARD + f"setenv fdtfile marvell/{V7_EMMC}; setenv host_fdt {ULTRA}; " + SOURCE)
        assert tree == "good" and "Ultra" not in output, output
        output, (_, tree, _) = boots(uboot, BOARD + "setenv host_fdt; setenv fdtfile armada-3720-espressobin-v7.dtb; " + SOURCE)
        assert tree == "good" and "Ultra" not in output, output


@on_pc
def u_boot_that_was_built_for_an_ultra_gets_the_tree_of_one():
    with machine(card_of_v7_and_ultra()) as uboot:
        for control, asks in ((ULTRA, False), (V7_EMMC, True)):
            output, (_, tree, _) = boots(
                uboot, BOARD + f"load virtio 0:1 0x48000000 marvell/{control}; setenv fdtcontroladdr 0x48000000; "
                f"setenv fdtfile marvell/{V7_EMMC}; " + SOURCE)
            assert tree == "good", output
            assert (ASKS in output) == asks, output
            assert ("this is an ESPRESSObin Ultra: " + ULTRA in output) != asks, output


@on_pc
def disk_on_usb_boots_as_the_guide_says_for_a_prompt_without_distro_boot():
    with tempfile.TemporaryDirectory() as folder:
        disk = fat_disk(Path(folder) / "disk", card())
        with UBoot(arguments=["-device", "usb-ehci", "-drive", f"if=none,id=stick,format=raw,snapshot=on,file={disk}",
                              "-device", "usb-storage,drive=stick"]) as uboot:
            output, (level, tree, _) = boots(uboot, "pci enum; usb start; setenv devtype usb; load usb 0:1 0x40200000 boot.scr; "
                                             "source 0x40200000")
    assert (level, tree) == (2, "good") and "boot.scr: host from usb 0:1" in output, output


@on_pc
def disk_on_sata_boots_as_the_guide_says_for_a_prompt_without_distro_boot():
    with tempfile.TemporaryDirectory() as folder:
        disk = fat_disk(Path(folder) / "disk", card())
        with UBoot(arguments=["-device", "ahci,id=ahci", "-drive", f"if=none,id=sata,format=raw,snapshot=on,file={disk}",
                              "-device", "ide-hd,drive=sata,bus=ahci.0"]) as uboot:
            output, (level, tree, _) = boots(uboot, "pci enum; scsi scan; setenv devtype scsi; load scsi 0:1 0x40200000 boot.scr; "
                                             "source 0x40200000")
    assert (level, tree) == (2, "good") and "boot.scr: host from scsi 0:1" in output, output
