# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's virt machine with Debian's U-Boot for it, and its prompt on a socket."""
import os
import re
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from harness import BUILD, PATIENCE, Failure, Stream

FIRMWARE = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
PROMPT = r"=> $"


def sfdisk(image, table):
    subprocess.run(["/sbin/sfdisk", "-q", image], input=table, text=True, check=True)


def fat_disk(path, files, size=64):
    """A disk of size MiB with one FAT partition that holds files: {name: path or bytes}."""
    with open(path, "wb") as image:
        image.truncate(size << 20)
    sfdisk(path, "label: dos\nstart=2048, type=c, bootable\n")
    volume = f"{path}@@1M"
    offset = str((size << 10) - 1024)
    with tempfile.TemporaryDirectory() as folder:
        fat = Path(folder) / "fat"
        subprocess.run(["/sbin/mkfs.fat", "-F", "32", "-C", fat, offset], check=True, stdout=subprocess.DEVNULL)
        with open(path, "r+b") as image:
            image.seek(1 << 20)
            image.write(fat.read_bytes())
        for name, content in files.items():
            if isinstance(content, bytes):
                source = Path(folder) / "file"
                source.write_bytes(content)
            else:
                source = content
            if "/" in name:
                subprocess.run(["mmd", "-D", "s", "-i", volume, os.path.dirname(name)], stderr=subprocess.DEVNULL)
            subprocess.run(["mcopy", "-o", "-i", volume, source, f"::{name}"], check=True)
    return path


class UBoot:
    """with UBoot(disk=..., tftp=...) as uboot: uboot.command("printenv")"""

    def __init__(self, disk=None, tftp=None, memory="1G", arguments=(), autoboot=False, network=None, firmware=FIRMWARE):
        self.autoboot = autoboot
        self.arguments = ["qemu-system-aarch64", "-M", "virt,gic-version=3,virtualization=on", "-cpu", "cortex-a53",
                          "-smp", "2", "-m", memory, "-nodefaults", "-no-user-config", "-display", "none",
                          *(["-bios", str(firmware)] if firmware else []), "-serial", "stdio", "-monitor", "none"]
        if disk:
            self.arguments += ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={disk}",
                               "-device", "virtio-blk-device,drive=disk"]
        network = network or "user,id=net" + (f",tftp={tftp},bootfile=boot.scr.uimg" if tftp else "")
        self.arguments += ["-netdev", network, "-device", "virtio-net-device,netdev=net", *arguments]

    def __enter__(self):
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(self.arguments, stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True)
        theirs.close()
        (BUILD / "log").mkdir(parents=True, exist_ok=True)
        log = BUILD / "log/uboot.log"
        log.unlink(missing_ok=True)
        self.stream = Stream("U-Boot", ours, log)
        try:
            if not self.autoboot:
                self.stop_autoboot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.stream.close()

    def stop_autoboot(self):
        self.expect(r"Hit any key to stop autoboot", 60)
        self.stream.send("\n")
        self.expect(PROMPT, 60)

    def expect(self, pattern, timeout=60):
        return self.stream.expect(pattern, timeout * PATIENCE, alive=lambda: self.process.poll() is None)

    def command(self, text, timeout=60):
        """Type a command; return what it prints."""
        self.stream.send(text + "\n")
        self.expect(re.escape(text) + r"\r*\n", timeout)
        output, _ = self.expect(PROMPT, timeout)
        return output

    def run_until(self, text, pattern, timeout=60):
        """Type a command that does not come back to the prompt; return (what came before, the match)."""
        self.stream.send(text + "\n")
        return self.expect(pattern, timeout)


def payload_of(output, match):
    """EL, DTB's verdict and command line that the payload has printed."""
    found = re.search(r"payload: EL(\d) dtb (\w+) args ([^\n]*)", output + match[0])
    if not found:
        raise Failure("the payload has not run:\n" + output + match[0])
    return int(found[1]), found[2], found[3]
