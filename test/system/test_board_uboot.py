# SPDX-License-Identifier: BSD-2-Clause
"""boot.scr in Debian's U-Boot for the ESPRESSObin itself: the board's binary on a machine that is all memory."""
import re
import sys
import tempfile
from pathlib import Path

from cases import on_pc
from harness import BUILD, PC_BUILD

sys.path.insert(0, str(Path(__file__).resolve().parent / "board"))
from board_uboot import DDR3, DDR4, BoardUBoot  # noqa: E402
from uboot import payload_of  # noqa: E402

# What old vendor U-Boots lack
VENDOR_LACKS = ("kernel_addr_r ramdisk_addr_r fdt_addr_r fdt_addr fdtfile devnum distro_bootpart scriptaddr board "
                "boot_targets soc vendor").split()
SOURCE = "source 0x6d00000"


class Loaded:
    """Files where the script expects them when it has no environment to ask."""

    def __init__(self, tree, dram, script=0x6D00000):
        self.folder = tempfile.TemporaryDirectory()
        initrd = Path(self.folder.name) / "initrd"
        initrd.write_bytes(b"not a real one" * 100)
        trees = BUILD / "kernel/dtb" / "marvell"
        self.uboot = BoardUBoot({0x7000000: PC_BUILD / "board/test/payload-board.bin", 0xA000000: initrd,
                                 0x6F00000: trees / tree, script: BUILD / "espressobin/boot.scr"}, dram)

    def __enter__(self):
        return self.uboot.__enter__()

    def __exit__(self, *arguments):
        self.uboot.__exit__(*arguments)
        self.folder.cleanup()


def boots(uboot, commands="", source=SOURCE):
    """Source the script after commands; return (exception level, verdict on the tree, arguments, all that was said)."""
    uboot.type(f"{commands}setenv devtype memory; setenv filesize 578; {source}\n")
    output, match = uboot.expect(r"payload: end|cannot boot.*|syntax error")
    return *payload_of(output, match), output


@on_pc
def debians_binary_enters_the_payload_at_el2_with_the_boards_device_tree():
    with Loaded("armada-3720-espressobin.dtb", DDR3) as uboot:
        uboot.command("env default -a")
        assert "fdtfile=marvell/armada-3720-espressobin" in uboot.command("printenv fdtfile")
        level, tree, arguments, output = boots(uboot)
    assert (level, tree) == (2, "good"), output
    assert "console=ttyMV0,115200n8 earlycon=ar3700_uart,0xd0012000 root=LABEL=bhyve-root" in arguments
    # The script found that the tree keeps the firmware's memory.
    assert "0x04000000 0x00000000 0x00200000" in output


@on_pc
def vendors_environment_boots_and_the_board_is_told_by_its_memory():
    # Whatever the bits beside the type of DRAM are
    for tree, dram in (("armada-3720-espressobin-v7.dtb", DDR4 | 5), ("armada-3720-espressobin.dtb", DDR3)):
        with Loaded(tree, dram) as uboot:
            uboot.command("".join(f"setenv {name}; " for name in VENDOR_LACKS))
            level, verdict, _, output = boots(uboot)
        assert (level, verdict) == (2, "good"), output
        assert f"by its memory it is {tree} " in output, output
        assert "booti 0x7000000 0xa000000:578 0x6f00000" in output, output


@on_pc
def each_variable_may_be_missing_on_the_board():
    for name in ("kernel_addr_r", "ramdisk_addr_r", "fdt_addr_r", "fdt_addr", "fdtfile", "board", "devnum distro_bootpart"):
        with Loaded("armada-3720-espressobin.dtb", DDR3) as uboot:
            level, verdict, arguments, output = boots(uboot, "".join(f"setenv {one}; " for one in name.split()))
        assert (level, verdict) == (2, "good"), f"without {name}: {output}"
        assert "console=ttyMV0" in arguments, f"without {name}: {arguments}"
        assert "booti 0x7000000 0xa000000:578 0x6f00000" in output, f"without {name}: {output}"


@on_pc
def device_tree_that_stays_in_place_has_room_for_what_u_boot_adds():
    """The vendor's environment has fdt_high and initrd_high set so that nothing is moved."""
    with Loaded("armada-3720-espressobin.dtb", DDR3) as uboot:
        level, verdict, arguments, output = boots(
            uboot, "setenv fdt_high 0xffffffffffffffff; setenv initrd_high 0xffffffffffffffff; "
            f"setenv host_args {'a' * 200}; ")
    assert (level, verdict) == (2, "good"), output
    assert arguments.rstrip().endswith("a" * 200), arguments
    assert re.search(r"Using Device Tree in place at 0+6f00000", output), output


@on_pc
def debians_binary_boots_the_emmc_before_the_card_and_has_what_the_guide_types_against_it():
    with Loaded("armada-3720-espressobin.dtb", DDR3) as uboot:
        uboot.command("env default -a")
        targets = re.search(r"boot_targets=(.*)", uboot.command("printenv boot_targets"))[1].split()
        assert targets[:2] == ["mmc1", "mmc0"], targets
        assert "devnum=0" in uboot.command("printenv bootcmd_mmc0")


@on_pc
def environment_that_openwrt_leaves_boots_from_its_own_address():
    with Loaded("armada-3720-espressobin-v7.dtb", DDR4, script=0x4D00000) as uboot:
        uboot.command("".join(f"setenv {name}; " for name in VENDOR_LACKS))
        uboot.command("setenv bootargs root=/dev/mmcblk0p2 rw; setenv fdt_name fdt.dtb; setenv image_name Image; setenv ramfs_name -")
        level, verdict, arguments, output = boots(uboot, source="source 0x4d00000")
    assert (level, verdict) == (2, "good"), output
    assert "root=LABEL=bhyve-root" in arguments and "mmcblk0p2" not in arguments, arguments
