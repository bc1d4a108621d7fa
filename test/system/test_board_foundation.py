# SPDX-License-Identifier: BSD-2-Clause
"""Arm's model as the host: the command line that would start it, and what is said where it is not."""
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from cases import on_pc
from harness import BUILD, PC_BUILD, TOP, Failure

sys.path.insert(0, str(Path(__file__).resolve().parent / "board"))
from uboot import UBoot  # noqa: E402

LAUNCH = TOP / "platform/foundation/launch"


def launch(*arguments, status=0, **environment):
    done = subprocess.run([LAUNCH, BUILD, *arguments], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, **{name: str(value) for name, value in environment.items()}))
    if done.returncode != status:
        raise Failure(f"launch: status {done.returncode}, not {status}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def pretended(folder, name):
    """A model that says with which words it was started, and firmware files for it."""
    folder = Path(folder)
    (folder / name).write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (folder / name).chmod(0o755)
    (folder / "bl1.bin").write_bytes(b"firmware")
    # A FIP as TF-A makes it, with stand-ins for its programs, and Debian's tree for that of TF-A
    tree = "fvp-base-revc.dtb" if name.startswith("FVP") else "foundation-v8-gicv3-psci.dtb"
    arm = BUILD / "kernel/dtb" / "arm"
    fiptool("create", "--tb-fw", folder / "bl1.bin", "--soc-fw", folder / "bl1.bin", "--hw-config", arm / tree,
            folder / "fip.bin")
    return {"FOUNDATION_MODEL": folder / name, "FOUNDATION_BL1": folder / "bl1.bin", "FOUNDATION_FIP": folder / "fip.bin"}


def fiptool(*arguments):
    subprocess.run(["fiptool", *arguments], check=True, capture_output=True)


def loads_of(words):
    """{address: file} of the model's --data."""
    loads = (word.removeprefix("--data=").rsplit("@", 1) for word in words if word.startswith("--data="))
    return {int(at, 16): name for name, at in loads}


def cells(tree, node, name):
    return [int(word, 16) for word in subprocess.run(["fdtget", "-t", "x", tree, node, name], check=True, capture_output=True,
                                                     text=True).stdout.split()]


@on_pc
def foundation_platform_is_started_as_an_armv8_0_machine_with_gicv3():
    with tempfile.TemporaryDirectory() as folder:
        words = launch(FOUNDATION_CORES=4, **pretended(folder, "Foundation_Platform")).splitlines()
        for word in ("--cores=4", "--arm-v8.0", "--gicv3", "--secure-memory", "--use-real-time", f"--data={folder}/bl1.bin@0x0",
                     f"--data={BUILD}/foundation/fip.bin@0x08000000", f"--block-device={BUILD}/espressobin/sd.img"):
            assert word in words, (word, words)
    loads = loads_of(words)
    ranges = sorted((at, at + max(Path(name).stat().st_size, 0x2010000 if name.endswith("Image") else 0))
                    for at, name in loads.items() if not name.startswith(folder))
    # TF-A puts the device tree there.
    ranges = sorted([*ranges, (0x82000000, 0x83000000)])
    assert all(first[1] <= second[0] for first, second in zip(ranges, ranges[1:])), ranges
    assert loads[0x88000000] == f"{BUILD}/kernel/Image" and 0x88000000 % (2 << 20) == 0


@on_pc
def device_tree_in_the_fip_names_command_line_and_initramfs():
    with tempfile.TemporaryDirectory() as folder:
        launch("--dry-run", FOUNDATION_APPEND="loglevel=8", **pretended(folder, "Foundation_Platform"))
    tree = BUILD / "foundation/hw-config.dtb"
    fiptool("unpack", "--force", "--hw-config", tree, "--out", BUILD / "foundation", BUILD / "foundation/fip.bin")
    assert tree.stat().st_size <= 0x10000
    arguments = subprocess.run(["fdtget", tree, "/chosen", "bootargs"], check=True, capture_output=True, text=True).stdout
    assert "console=ttyAMA0" in arguments and "root=LABEL=bhyve-root" in arguments and "loglevel=8" in arguments
    start, end = cells(tree, "/chosen", "linux,initrd-start")[1], cells(tree, "/chosen", "linux,initrd-end")[1]
    assert end - start == (BUILD / "espressobin/initramfs").stat().st_size
    done = subprocess.run([PC_BUILD / "board/dtcheck", tree], capture_output=True, text=True)
    assert done.returncode == 0 and "can run vmm" in done.stdout, done.stdout


@on_pc
def fvp_is_started_without_armv8_1():
    with tempfile.TemporaryDirectory() as folder:
        words = shlex.split(launch("--dry-run", **pretended(folder, "FVP_Base_RevC-2xAEMvA")))
    for word in ("cluster0.has_arm_v8-1=0", "cluster0.NUM_CORES=2", "bp.refcounter.use_real_time=1",
                 f"bp.secureflashloader.fname={folder}/bl1.bin",
                 f"bp.flashloader0.fname={BUILD}/foundation/fip.bin", f"bp.virtioblockdevice.image_path={BUILD}/espressobin/sd.img"):
        assert word in words, (word, words)


@on_pc
def missing_model_or_firmware_is_told_with_where_it_was_looked_for():
    with tempfile.TemporaryDirectory() as folder:
        said = launch(status=1, HOME=folder, FOUNDATION_MODEL="")
        assert "Arm's model is not here" in said and f"{folder}/Foundation_Platform*" in said and "FOUNDATION_MODEL=" in said
        assert "no such program" in launch(status=1, FOUNDATION_MODEL="/none")
        there = pretended(folder, "Foundation_Platform")
        assert "TF-A's bl1.bin is needed" in launch(status=1, **{**there, "FOUNDATION_BL1": ""})
        assert "/none: no such file (FIP)" in launch(status=1, **{**there, "FOUNDATION_FIP": "/none"})
        assert "not a FIP" in launch(status=1, **{**there, "FOUNDATION_FIP": there["FOUNDATION_BL1"]})
        bare = Path(folder) / "bare"
        fiptool("create", "--soc-fw", there["FOUNDATION_BL1"], bare)
        assert "has no device tree (HW_CONFIG)" in launch(status=1, **{**there, "FOUNDATION_FIP": bare})
        assert "1 to 4 are right" in launch(status=1, **there, FOUNDATION_CORES="9")


@on_pc
def what_the_model_is_given_boots_in_qemu():
    """Kernel, initial RAM disk, command line and disk from the model's own words; QEMU has its own firmware and tree."""
    with tempfile.TemporaryDirectory() as folder:
        words = launch(**pretended(folder, "Foundation_Platform")).splitlines()
    loads = loads_of(words)
    disk = next(word for word in words if word.startswith("--block-device=")).removeprefix("--block-device=")
    append = subprocess.run(["fdtget", BUILD / "foundation/host.dtb", "/chosen", "bootargs"], check=True, capture_output=True,
                            text=True).stdout.strip().replace("earlycon=pl011,0x1c090000 ", "")
    with UBoot(disk=disk, firmware=None, autoboot=True,
               arguments=["-kernel", loads[0x88000000], "-initrd", loads[0x8C000000], "-append", append]) as machine:
        machine.expect(r"root@espressobin:[^\n]*# $", 240)
        machine.stream.send("modprobe vmm && echo vmm-is-$(test -c /dev/vmmctl && echo there)\n")
        machine.expect(r"^vmm-is-there\r*\n", 120)
