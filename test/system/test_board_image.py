# SPDX-License-Identifier: BSD-2-Clause
"""a3700-image as a user meets it: disks as targets, signed images, TF-A's own description of an image."""
import contextlib
import hashlib
import os
import stat
import struct
import subprocess
import tempfile
from pathlib import Path

from cases import Skip, on_pc
from harness import PC_BUILD, Failure

TOOL = PC_BUILD / "board/a3700-image"
WTMI, OBMI = b"WTMI-test" * 1000, b"\x5a" * 300001
RECIPE = "[DDR3]\nDDR_INIT_ENABLE: 1\nWRITE: 0xC00002C4 0x00100030\nWRITE: 0xC0000200 0x000E0001\n"


def tool(*arguments, status=0):
    done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    output = done.stdout + done.stderr
    if done.returncode != status:
        raise Failure(f"a3700-image {' '.join(map(str, arguments))}: status {done.returncode}, not {status}:\n{output}")
    return output


@contextlib.contextmanager
def image(recipe=RECIPE, name="recipe"):
    """A folder with an untrusted image and its parts; yields the folder."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / name).write_text(recipe)
        (folder / "wtmi").write_bytes(WTMI)
        (folder / "obmi").write_bytes(OBMI)
        tool("create", "--recipe", folder / name, "--output", folder / "image", folder / "wtmi", folder / "obmi")
        yield folder


@contextlib.contextmanager
def loop_device(path, size, *options):
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        raise Skip("needs root and loop devices")
    path.write_bytes(b"\xee" * size)
    done = subprocess.run(["losetup", *options, "-f", "--show", path], capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"no loop device: {done.stderr.strip()}")
    device = Path(done.stdout.strip())
    try:
        yield device
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


def content(device, size):
    with open(device, "rb") as stream:
        return stream.read(size)


@on_pc
def disk_that_is_the_target_is_written_in_place_and_stays_a_disk():
    with image() as folder, loop_device(folder / "disk", 4 << 20) as device:
        tool("convert", "--to", "sata", folder / "image", folder / "wanted")
        wanted = (folder / "wanted").read_bytes()
        (folder / "link").symlink_to(device)
        for target in (device, folder / "link"):
            output = tool("convert", "--to", "sata", folder / "image", target)
            assert "type 0x4d (MBR) or 6828311A-BA55-42A4-BCDE-A89BB5EDECAE (GPT)" in output, output
            assert stat.S_ISBLK(os.lstat(device).st_mode), f"{device} is no disk any more"
            assert content(device, len(wanted)) == wanted
            assert "SATA disk (sata)" in tool("info", "--for", "sata", "--board", "v7-1g", target)
            assert content(device, 4 << 20)[len(wanted):] == b"\xee" * ((4 << 20) - len(wanted))
            with open(device, "r+b") as stream:
                stream.write(b"\xee" * len(wanted))
        assert (folder / "link").is_symlink()
        assert not list(Path("/dev").glob(f"{device.name}.*")), "a temporary file beside the device"


@on_pc
def disk_larger_than_any_image_is_read_from_its_beginning():
    with image() as folder, loop_device(folder / "disk", 80 << 20) as device:
        tool("convert", "--to", "sata", folder / "image", device)
        assert "boot device: SATA disk" in tool("info", device)


@on_pc
def disk_that_is_too_small_in_use_or_read_only_is_left_alone():
    with image() as folder:
        size = (folder / "image").stat().st_size
        with loop_device(folder / "disk", size // 512 * 512 - 512) as device:
            output = tool("convert", "--to", "sata", folder / "image", device, status=1)
            assert f"{size} are needed: nothing was written" in output, output
            assert content(device, size).strip(b"\xee") == b""
        with loop_device(folder / "disk", 4 << 20) as device:
            holder = os.open(device, os.O_RDWR | os.O_EXCL)
            output = tool("convert", "--to", "sata", folder / "image", device, status=1)
            os.close(holder)
            assert f"{device}: in use" in output, output
            assert content(device, size).strip(b"\xee") == b""
        with loop_device(folder / "disk", 4 << 20, "--read-only") as device:
            output = tool("convert", "--to", "sata", folder / "image", device, status=1)
            assert f"{device}: read-only: nothing was written" in output, output
            assert stat.S_ISBLK(os.lstat(device).st_mode)
            assert content(device, size).strip(b"\xee") == b""


@on_pc
def output_that_does_not_all_arrive_is_a_failure():
    with image() as folder, open("/dev/full", "w", encoding="ascii") as full:
        dtb = folder / "empty.dtb"
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", dtb], input="/dts-v1/; / {};", text=True, check=True)
        for command in ([TOOL, "info", folder / "image"], [PC_BUILD / "board/dtcheck", dtb]):
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
            if done.returncode != 1 or "standard output: No space left on device" not in done.stderr:
                raise Failure(f"{command}: status {done.returncode}: {done.stderr}")


def record(name, following, flash, load, size, hashed, digest):
    return struct.pack("<4s4s5I64sIIII", name[::-1], following[::-1] if following else b"\xff" * 4, flash, load, size, hashed,
                       32, digest, 0, 0, 0, 0)


def header(name, trusted, sign, images, keys, reserved):
    return struct.pack("<I4sII4sI16sIIII", 0x00030600, name[::-1], trusted, 0x22112026, b"LVRM", 0, b"\xff" * 16, sign,
                       images, keys, reserved)


def signed(timn_at, keys, sign=0x5350490A):
    """A signed image as this test understands the format, not as the tool does: TIMH, TIMN, WTMI, OBMI."""
    reserved = b"HTPO" + struct.pack("<I", 2) + b"PAMI" + struct.pack("<II", 32, 1) + b"TKSC" + struct.pack(
        "<IIII", 0, timn_at, 0, 0) + b"mreT" + struct.pack("<I", 8)
    size = 0x38 + 0x6c + keys * 0x254 + len(reserved)
    timh = header(b"TIMH", 1, sign, 1, keys, len(reserved)) + record(
        b"TIMH", None, 0, 0x20006000, size + 0x32c, size, bytes(64)) + os.urandom(keys * 0x254) + reserved + os.urandom(0x32c)
    writes = [(0xC00002C4, 0x30), (0xC0000200, 0x000E0001)]
    code = struct.pack("<IIII", 1, len(writes), 1, 1) + b"".join(struct.pack("<III", 1, *one) for one in writes)
    reserved = (b"HTPO" + struct.pack("<I", 3) + b"2VRC" + struct.pack("<IIII", 20, 1, 2, 0x1FFF0760) +
                b"3RDD" + struct.pack("<I", 8 + len(code)) + code + b"mreT" + struct.pack("<I", 8))
    size = 0x38 + 3 * 0x6c + len(reserved)
    timn = header(b"TIMN", 1, sign, 3, 0, len(reserved))
    timn += record(b"TIMN", b"WTMI", timn_at, 0x20003000, size + 0x32c, size, bytes(64))
    for name, following, flash, load, part in ((b"WTMI", b"OBMI", 0x8000, 0x1FFF0000, WTMI),
                                               (b"OBMI", None, 0x19000, 0x64100000, OBMI)):
        timn += record(name, following, flash, load, len(part), len(part), hashlib.sha256(part).digest() + bytes(32))
    timn += reserved + os.urandom(0x32c)
    whole = bytearray(0x19000 + len(OBMI))
    for at, part in ((0, timh), (timn_at, timn), (0x8000, WTMI), (0x19000, OBMI)):
        whole[at:at + len(part)] = part
    return bytes(whole)


@on_pc
def signed_images_are_read_taken_apart_and_left_as_they_are():
    for timn_at, keys in ((0x4000, 16), (0x1000, 1)):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "image").write_bytes(signed(timn_at, keys))
            output = tool("info", "--for", "spinor", "--board", "v7-1g", folder / "image")
            for part in ("TIMH 3.6, trusted", "TIMN 3.6, trusted", "none: signed", "DDR_TOPOLOGY 5", "SHA-256 good"):
                assert part in output, output
            tool("extract", folder / "image", folder / "parts")
            assert (folder / "parts/wtmi.bin").read_bytes() == WTMI
            assert (folder / "parts/obmi.bin").read_bytes() == OBMI
            assert "only the owner of its keys" in tool("convert", "--to", "sata", folder / "image", folder / "other", status=1)
            assert not (folder / "other").exists()
            assert "only the owner of its keys" in tool("extract", "--uart", folder / "image", folder / "uart", status=1)
            assert "make and sign one" in tool("create", "--recipe", folder / "parts/recipe.txt", "--output",
                                               folder / "other", folder / "parts/wtmi.bin", folder / "parts/obmi.bin", status=1)
            tool("convert", "--to", "spinor", folder / "image", folder / "same")
            assert (folder / "same").read_bytes() == (folder / "image").read_bytes()


@on_pc
def memory_chosen_at_run_time_has_a_status_of_its_own():
    choosing = ("[DDR3]\nTEST_ADDR_AND_BRANCH: 0xC0013808 1 1 == D4\nWRITE: 0xC00002C4 0x20\nWRITE: 0xC0000200 0x000E0001\n"
                "BRANCH: OUT\nLABEL: D4\nWRITE: 0xC00002C4 0x30\nWRITE: 0xC0000200 0x000E0001\nLABEL: OUT\n")
    with image(choosing) as folder:
        assert "DRAM: cannot be told" in tool("info", folder / "image")
        for board in ("v7-1g", "v5-1g-1chip"):
            assert "cannot be told: ask who built it" in tool("info", "--board", board, folder / "image", status=4)
        tool("info", "--board", "v7-1g", "--for", "emmc", folder / "image", status=3)


@on_pc
def conversion_sets_the_partition_that_the_device_needs_and_says_where_it_goes():
    def partitions(path):
        content = path.read_bytes()
        return [struct.unpack_from("<I", content, 0x38 + 0x6c * i + 0x5c)[0] for i in range(3)]

    with image() as folder:
        for arguments, wanted, says in (
                (("emmc",), 1, "boot partition 1 (Linux: mmcblkNboot0)"), (("emmcalt",), 1, "mmc partconf DEV 1 1 0"),
                (("emmc", "--partition", "2"), 2, "mmcblkNboot1"), (("emmc", "--partition", "0"), 0, "EXT_CSD byte 179"),
                (("sata",), 0, "block 0 of a disk without partitions"), (("uart",), 0, "")):
            output = tool("convert", "--to", *arguments, folder / "image", folder / "out")
            assert partitions(folder / "out") == [wanted] * 3 and says in output, output
            tool("info", "--for", arguments[0], folder / "out")
        tool("convert", "--to", "emmc", folder / "image", folder / "emmc")
        tool("convert", "--to", "spinor", folder / "emmc", folder / "back")
        assert (folder / "back").read_bytes() == (folder / "image").read_bytes()
        tool("create", "--recipe", folder / "recipe", "--boot", "emmc", "--output", folder / "made", folder / "wtmi", folder / "obmi")
        assert (folder / "made").read_bytes() == (folder / "emmc").read_bytes()


NTIM = """Version:                        0x00030600
Trusted:                        0x00000000
Issue Date:                     0x22112026		; today's date
OEM UniqueID:                   0x4D52564C		; MRVL
Stepping:                       0x00000000
Processor Type:                 <undefined>		; ARMADA3700
Boot Flash Signature:           0x5350490A		; Select SPI'0A
Number of Images:               3
Size of Reserved in bytes:      16

""" + "".join(f"""Image ID:                       0x{name}
Next Image ID:                  0x{following}
Flash Entry Address:            0x{flash}
Load Address:                   0x{load}
Image Size To CRC in bytes:     0xFFFFFFFF
Hash Algorithm ID:              32			; SHA-256
Partition Number:               0
Image Filename: {name}.bin

""" for name, following, flash, load in (("54494D48", "57544d49", "0", "20006000"), ("57544d49", "4F424d49", "4000", "1FFF0000"),
                                         ("4F424d49", "FFFFFFFF", "15000", "64100000"))) + """Reserved Data:
0x4F505448	;OPTH
0x00000001	; Number of Reserved Packages
0x5465726D	;Term
0x00000008	; Size of this package in bytes

Extended Reserved Data:
DDR Initialization:
DDR_PID: DDR3
Operations:
DDR_INIT_ENABLE: 0x00000001
End Operations:
Instructions:
WRITE: 0xC00002C4 0x00100030
WRITE: 0xC0000200 0x000E0001
End Instructions:
End DDR Initialization:
End Extended Reserved Data:
"""


@on_pc
def description_that_tfas_build_leaves_makes_the_same_image():
    with image() as ours, image(NTIM, "atf-ntim.txt") as folder:
        assert (folder / "image").read_bytes() == (ours / "image").read_bytes()
