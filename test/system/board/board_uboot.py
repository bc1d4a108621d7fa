# SPDX-License-Identifier: BSD-2-Clause
"""Debian's U-Boot for the ESPRESSObin, the very binary, on a machine of QEMU's that is nothing but memory.

Where the SoC has registers there is plain memory with values that U-Boot gets on with. The UART is a watchpoint: QEMU's
gdb server stops the CPU before each write to its data register, and before each read of what was received.
"""
import re
import select
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BUILD, PATIENCE, Failure, HostDied, Timeout, tail

UART_RX, UART_TX, UART_STATUS = 0xD0012000, 0xD0012004, 0xD001200C
STATUS_IDLE, STATUS_RECEIVED = 0x2060, 0x2070
DRAM_TYPE = 0xD00002C4
DDR3, DDR4 = 0x00100020, 0x00100030
REGISTERS = {
    UART_STATUS: STATUS_IDLE,
    # CPU windows: 1 GiB of DRAM at 0; PCIe; registers
    0xD000CF00: 1, 0xD000CF04: 0x3FFF, 0xD000CF20: 0x21, 0xD000CF24: 0x7FF, 0xD000CF28: 0xE800, 0xD000CF2C: 0xE800,
    0xD000CFE0: 0xFE0, 0xD000CFF4: 0xFFF,
    # Clocks
    0xD0013000: 0x0003C0F2, 0xD0013004: 0x1296202C, 0xD0013008: 0x21061AA9, 0xD001300C: 0x20543084, 0xD0013010: 0x9FFF,
    0xD0013014: 0x05032010, 0xD0013204: 0x00C000C0, 0xD0013208: 0x94011401, 0xD0013210: 0x014B014A,
    0xD0013220: 0x08030803, 0xD0013230: 0x00020002,
}
PC = 32


def binary():
    """u-boot.bin out of Debian's package."""
    path = BUILD / "espressobin/u-boot/usr/lib/u-boot/mvebu_espressobin-88f3720/u-boot.bin"
    if not path.exists():
        package = next(line for line in (BUILD / "apt/boot.debs").read_text().split() if "u-boot-mvebu" in line)
        subprocess.run(["dpkg-deb", "-x", package, BUILD / "espressobin/u-boot"], check=True)
    return path


class Debugger:
    """QEMU's gdb server, as far as it is needed."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        self.ask("QStartNoAckMode")
        connection.sendall(b"+")
        # QEMU reads single registers only for those who have asked which there are.
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def send(self, text):
        data = text.encode()
        self.connection.sendall(b"$" + data + b"#%02x" % (sum(data) & 255))

    def packet(self, timeout):
        """The next packet, or None when none comes in time."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(rb"\$([^#]*)#..", self.buffer)
            if match:
                self.buffer = self.buffer[match.end():]
                return match[1].decode()
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.connection], [], [], left)[0]:
                return None
            data = self.connection.recv(65536)
            if not data:
                raise HostDied("QEMU has ended")
            self.buffer += data

    def ask(self, text):
        self.send(text)
        answer = self.packet(60 * PATIENCE)
        if answer is None or answer.startswith("E"):
            raise Failure(f"gdb server: {text}: {answer}")
        return answer

    def register(self, number):
        return struct.unpack("<Q", bytes.fromhex(self.ask(f"p{number:x}"))[:8])[0]

    def word(self, address):
        return struct.unpack("<I", bytes.fromhex(self.ask(f"m{address:x},4")))[0]

    def set_word(self, address, value):
        self.ask(f"M{address:x},4:{struct.pack('<I', value).hex()}")


class BoardUBoot:
    """with BoardUBoot({address: file}, dram=DDR4) as uboot: uboot.command("printenv")"""

    prompt = r"=> $"

    def __init__(self, files, dram=DDR3):
        self.files, self.dram = files, dram

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = f"{self.folder.name}/gdb"
        arguments = ["qemu-system-aarch64", "-M", "none", "-cpu", "cortex-a53,has_el3=off", "-m", "3584M", "-display", "none",
                     "-nodefaults", "-no-user-config", "-no-reboot", "-global", "arm-cpu.psci-conduit=1", "-monitor", "none",
                     "-S", "-gdb", f"unix:{path},server=on,wait=off",
                     # Time goes by instructions, fast: U-Boot waits for a minute in all for devices that are not there.
                     "-icount", "shift=10",
                     "-device", f"loader,file={binary()},addr=0,force-raw=on,cpu-num=0"]
        for address, file in self.files.items():
            arguments += ["-device", f"loader,file={file},addr={address:#x},force-raw=on"]
        for address, value in {**REGISTERS, DRAM_TYPE: self.dram}.items():
            arguments += ["-device", f"loader,addr={address:#x},data={value:#x},data-len=4"]
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output, self.mark, self.keys = "", 0, b""
        try:
            self.debugger = Debugger(self.connect(path))
            self.debugger.ask(f"Z2,{UART_TX:x},4")
            self.debugger.ask(f"Z3,{UART_RX:x},4")
            self.debugger.send("c")
            self.expect("Hit any key to stop autoboot")
            self.type(" ")
            self.expect(self.prompt)
        except BaseException:
            self.__exit__()
            raise
        return self

    def connect(self, path):
        deadline = time.monotonic() + 60 * PATIENCE
        while time.monotonic() < deadline:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(path)
                return connection
            except OSError:
                connection.close()
                if self.process.poll() is not None:
                    raise HostDied("QEMU did not start: " + self.process.stdout.read().decode()) from None
                time.sleep(0.05)
        raise Timeout("QEMU's gdb server does not answer")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()

    def step_over(self, watchpoint):
        self.debugger.ask("z" + watchpoint)
        self.debugger.ask("s")
        self.debugger.ask("Z" + watchpoint)

    def next_key(self):
        """Show U-Boot a received character, or none."""
        if self.keys:
            self.debugger.set_word(UART_RX, self.keys[0])
            self.debugger.set_word(UART_STATUS, STATUS_RECEIVED)
        else:
            self.debugger.set_word(UART_STATUS, STATUS_IDLE)

    def stopped(self, reply):
        self.serve(reply)
        self.debugger.send("c")

    def serve(self, reply):
        """Do what the CPU has stopped for, and leave it stopped."""
        address = re.search(r"r?a?watch:([0-9a-f]+)", reply)
        if address and int(address[1], 16) == UART_TX:
            instruction = self.debugger.word(self.debugger.register(PC))
            self.output += chr(self.debugger.register(instruction & 31) & 0xFF) if instruction & 31 != 31 else "\0"
            self.step_over(f"2,{UART_TX:x},4")
        elif address:
            self.step_over(f"3,{UART_RX:x},4")
            self.keys = self.keys[1:]
            self.next_key()

    def type(self, text):
        waiting = not self.keys
        self.keys += text.encode()
        if not waiting:
            return
        self.debugger.connection.sendall(b"\x03")
        reply = self.debugger.packet(60 * PATIENCE)
        if reply is None:
            raise Timeout("the CPU does not stop")
        # QEMU drops the request to stop where the CPU has stopped just before, of itself; that does as well.
        self.serve(reply)
        self.next_key()
        self.debugger.send("c")

    def expect(self, pattern, timeout=120):
        """Wait for pattern in what comes out; return (what came before, the match)."""
        regex, deadline = re.compile(pattern, re.M), time.monotonic() + timeout * PATIENCE
        while True:
            match = regex.search(self.output, self.mark)
            if match:
                before = self.output[self.mark:match.start()]
                self.mark = match.end()
                return before, match
            if time.monotonic() > deadline:
                raise Timeout(f"board: no {pattern!r} in time:\n{tail(self.output)}")
            reply = self.debugger.packet(1)
            if reply is not None:
                self.stopped(reply)

    def command(self, text, timeout=120):
        self.type(text + "\n")
        self.expect(re.escape(text) + r"\r*\n", timeout)
        return self.expect(self.prompt, timeout)[0]
