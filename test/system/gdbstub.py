# SPDX-License-Identifier: BSD-2-Clause
"""The emulator's own debugger stub, by which a test stops a host's CPU anywhere: GDB's remote protocol, as much as is needed."""
import json
import re
import socket

from harness import COMMAND, Failure

# Numbers of registers (org.gnu.gdb.aarch64.core)
PC, CPSR = 32, 33
PAN = 1 << 22


class Stub:
    """The debugger of a host: its CPUs are stopped from here to go_on, but while stop_at waits."""

    def __init__(self, host, timeout=COMMAND):
        path = host.folder / "gdb"
        monitor = host.streams["qmp"]
        for command, arguments in (("qmp_capabilities", {}),
                                   ("human-monitor-command", {"command-line": f"gdbserver unix:{path},server=on,wait=off"})):
            monitor.send(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            monitor.expect(r'"return": ', timeout)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.received = b""
        self._send("qSupported:hwbreak+")
        while not self._read_packet().startswith("PacketSize="):
            pass  # that the machine has stopped
        # Registers can be asked for by number once their description has been.
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _read_packet(self):
        while not (packet := re.search(rb"\$([^#]*)#[0-9a-f]{2}", self.received)):
            data = self.socket.recv(4096)
            if not data:
                raise Failure("the emulator has closed its debugger stub")
            self.received += data
        self.received = self.received[packet.end():]
        self.socket.sendall(b"+")
        return packet[1].decode()

    def _send(self, text):
        self.socket.sendall(f"${text}#{sum(text.encode()) & 0xff:02x}".encode())

    def ask(self, text):
        self._send(text)
        return self._read_packet()

    def _command(self, text):
        if (answer := self.ask(text)) != "OK":
            raise Failure(f"the debugger stub answers {answer!r} to {text!r}")

    def stop_at(self, address):
        """Let all CPUs run until one is at that address; it is the one whose registers are read and written then."""
        self._command(f"Z1,{address:x},4")
        answer = self.ask("c")
        self._command(f"z1,{address:x},4")
        if thread := re.search(r"thread:([^;]+);", answer):
            self._command(f"Hg{thread[1]}")

    def read(self, register):
        answer = self.ask(f"p{register:x}")
        if not re.fullmatch("([0-9a-f]{2})+", answer):
            raise Failure(f"the debugger stub answers {answer!r} for register {register}")
        return int.from_bytes(bytes.fromhex(answer), "little")

    def write(self, register, value, size=8):
        self._command(f"P{register:x}={value.to_bytes(size, 'little').hex()}")

    def go_on(self):
        """The CPUs run, and the stub is left."""
        self._command("D")


def symbol(host, name):
    """Where a function of the driver is."""
    lines = host.run(f"grep ' {name}\\s\\[vmm\\]' /proc/kallsyms").lines
    return int(lines[0].split()[0], 16)
