# SPDX-License-Identifier: BSD-2-Clause
"""The board tools, on this PC: dtcheck on real device trees, a3700-image read back by independent means."""
import hashlib
import os
import struct
import subprocess
import tempfile
from pathlib import Path

from cases import on_pc
from harness import BUILD, PC_BUILD, Failure

TOOLS = PC_BUILD / "board"

# Machines of Debian's kernel, and what dtcheck must say: 0 can, 2 cannot, 3 cannot be told
OTHERS = {
    "rockchip/rk3399-rockpro64": (0, "can run vmm"),
    "rockchip/rk3568-evb1-v10": (0, "arm,cortex-a55 has VHE"),
    "rockchip/rk3328-rock64": (2, "arm,gic-400: vmm needs a GICv3"),
    "broadcom/bcm2711-rpi-4-b": (2, "arm,gic-400: vmm needs a GICv3"),
    "broadcom/bcm2837-rpi-3-b": (2, "brcm,bcm2836-l1-intc: vmm needs a GICv3"),
    "amlogic/meson-g12b-odroid-n2": (2, "arm,gic-400"),
    "freescale/fsl-ls1028a-rdb": (3, "no PSCI"),
    "freescale/fsl-ls1043a-rdb": (2, "arm,gic-400"),
    "freescale/imx8mq-evk": (0, "can run vmm"),
    "freescale/imx8mm-evk": (0, "can run vmm"),
    "apm/apm-mustang": (2, "arm,cortex-a15-gic"),
    "arm/juno": (2, "arm,gic-400"),
    "arm/foundation-v8": (2, "arm,gic-400"),
    "arm/foundation-v8-gicv3-psci": (0, "can run vmm"),
    "arm/fvp-base-revc": (0, "can run vmm"),
    "cavium/thunder-88xx": (0, "can run vmm"),
    "cavium/thunder2-99xx": (0, "cavium,thunder2 has VHE"),
    "hisilicon/hi6220-hikey": (2, "arm,gic-400"),
    "hisilicon/hip07-d05": (0, "can run vmm"),
    "marvell/armada-8040-mcbin": (2, "arm,gic-400"),
    "nvidia/tegra210-p2371-2180": (2, "arm,gic-400"),
    "qcom/apq8016-sbc": (2, "qcom,msm-qgic2"),
    "qcom/sdm845-db845c": (3, "not a core that is known here"),
    "qcom/apq8096-db820c": (3, "may run vmm: EL2 is normally held by Qualcomm's own hypervisor (Gunyah or QHEE; not on "
                               "Chromebooks): dmesg must say \"started at EL2\"\n"),
    "qcom/sc8280xp-lenovo-thinkpad-x13s": (3, "normally held by Qualcomm's own hypervisor"),
    "ti/k3-am654-base-board": (0, "can run vmm"),
    "allwinner/sun50i-a64-pine64": (2, "arm,gic-400"),
    "xilinx/zynqmp-zcu102-rev1.0": (2, "arm,gic-400"),
}
ESPRESSOBINS = ["espressobin", "espressobin-emmc", "espressobin-v7", "espressobin-v7-emmc", "espressobin-ultra"]


def dtbs():
    return BUILD / "kernel/dtb"


def tool(name, *arguments, status=0):
    done = subprocess.run([TOOLS / name, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr
    if done.returncode != status:
        raise Failure(f"{name} {' '.join(map(str, arguments))}: status {done.returncode}, not {status}:\n{output}")
    return output


@on_pc
def dtcheck_says_that_every_espressobin_can_run_vmm():
    for board in ESPRESSOBINS:
        output = tool("dtcheck", dtbs() / f"marvell/armada-3720-{board}.dtb")
        for part in ("GICv3", "maintenance interrupt 25", "virtual timer's interrupt is 27",
                     "hypervisor timer's interrupt is 26", "distributor at 0xd1d00000",
                     "redistributors at 0xd1d40000", "PSCI (arm,psci-0.2) by SMC",
                     "kept by firmware: 0x4000000 to 0x41fffff", "can run vmm"):
            assert part in output, f"{board}: no {part!r} in:\n{output}"


@on_pc
def dtcheck_tells_other_machines_that_can_from_those_that_cannot():
    for name, (status, part) in OTHERS.items():
        output = tool("dtcheck", dtbs() / f"{name}.dtb", status=status)
        assert part in output, f"{name}: no {part!r} in:\n{output}"


@on_pc
def dtcheck_has_a_verdict_for_every_device_tree_of_debian():
    files = sorted(dtbs().rglob("*.dtb"))
    done = subprocess.run([TOOLS / "dtcheck", *files], capture_output=True, text=True, timeout=120)
    verdicts = sum(line.startswith(str(dtbs())) and " run vmm" in line for line in done.stdout.splitlines())
    assert done.stderr == "", done.stderr
    assert verdicts == len(files) > 100, f"{verdicts} verdicts on {len(files)} files"


@on_pc
def dtcheck_says_of_no_qualcomm_machine_that_it_can():
    files = sorted(dtbs().glob("qcom/*.dtb"))
    done = subprocess.run([TOOLS / "dtcheck", *files], capture_output=True, text=True, timeout=120)
    verdicts = [line for line in done.stdout.splitlines() if line.startswith(str(dtbs())) and " run vmm" in line]
    assert len(verdicts) == len(files) > 50, f"{len(verdicts)} verdicts on {len(files)} files"
    assert not [line for line in verdicts if ": can run vmm" in line], verdicts


@on_pc
def dtcheck_refuses_broken_files_with_the_reason():
    whole = (dtbs() / "marvell/armada-3720-espressobin.dtb").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        for name, content, part in (("cut", whole[:5000], "cut short: "), ("empty", b"", "not a device tree blob"),
                                    ("source", b"/dts-v1/; / { };" * 9, "compile it with dtc first"),
                                    ("broken", whole[:100] + b"\xff" * 100 + whole[200:], "broken: ")):
            path = Path(folder) / name
            path.write_bytes(content)
            output = tool("dtcheck", path, status=1)
            assert part in output and output.count("\n") == 1, output
        assert "No such file" in tool("dtcheck", f"{folder}/none", status=1)


def read_tim(image):
    """The TIM's records as this test understands the format, not as the tool does."""
    version, name, trusted = struct.unpack_from("<I4sI", image)
    assert (version, name, trusted) == (0x00030600, b"HMIT", 0)
    sign, count = struct.unpack_from("<II", image, 0x28)
    records = [struct.unpack_from("<7I64sI", image, 0x38 + 0x6c * i) for i in range(count)]
    return sign, records


def check_hashes(image):
    sign, records = read_tim(image)
    for i, (_, _, flash, _, size, hashed, algorithm, digest, _) in enumerate(records):
        content = image[flash:flash + size]
        if i == 0:
            content = content[:0x54] + bytes(64) + content[0x94:]
        assert len(content) == size == hashed and algorithm == 32
        assert digest == hashlib.sha256(content).digest() + bytes(32), f"hash of record {i}"
    return sign


RECIPE = """[CRV2]
RELEASE: 2 0x1FFF0760
[CIDP]
CONSUMER: TBRI GPP1 DDR3
[GPP1]
IGNORE_INSTRUCTION_TIMEOUTS: 0
WRITE: 0xC0013010 0x0
[DDR3]
DDR_INIT_ENABLE: 1
WRITE: 0xC00002C4 0x00100030
WRITE: 0xC0000200 0x000E0001
"""


@on_pc
def boot_image_goes_round_trip_through_every_verb():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "recipe").write_text(RECIPE)
        (path / "wtmi").write_bytes(os.urandom(10668))
        (path / "obmi").write_bytes(os.urandom(300000))
        tool("a3700-image", "create", "--recipe", path / "recipe", "--output", path / "image", path / "wtmi",
             path / "obmi")
        image = (path / "image").read_bytes()
        assert check_hashes(image) == 0x5350490A
        assert image[0x4000:0x4000 + 10668] == (path / "wtmi").read_bytes()
        assert image[0x15000:] == (path / "obmi").read_bytes()

        tool("a3700-image", "extract", path / "image", path / "parts")
        tool("a3700-image", "create", "--recipe", path / "parts/recipe.txt", "--output", path / "again",
             path / "parts/wtmi.bin", path / "parts/obmi.bin")
        assert (path / "again").read_bytes() == image

        for device, sign in (("uart", 0x55415223), ("emmc", 0x454D4D08), ("sata", 0x53415432)):
            tool("a3700-image", "convert", "--to", device, path / "image", path / "converted")
            assert check_hashes((path / "converted").read_bytes()) == sign
            tool("a3700-image", "info", "--for", device, path / "converted")
            tool("a3700-image", "info", "--for", "spinor", path / "converted", status=3)
        tool("a3700-image", "convert", "--to", "spinor", path / "converted", path / "back")
        assert (path / "back").read_bytes() == image
        assert "DDR_TOPOLOGY 5" in tool("a3700-image", "info", "--board", "v7-1g", path / "image")
        assert "would not boot" in tool("a3700-image", "info", "--board", "v5-1g-2chip", path / "image", status=3)


@on_pc
def boot_image_tool_says_what_is_wrong_with_a_file():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image"
        path.write_bytes(b"#!/bin/sh\n" * 10)
        assert "not a boot image" in tool("a3700-image", "info", path, status=2)
        assert "No such file" in tool("a3700-image", "info", f"{folder}/none", status=1)
        assert "no such boot device" in tool("a3700-image", "convert", "--to", "floppy", path, path, status=1)
        assert "usage:" in tool("a3700-image", "frobnicate", status=1)
