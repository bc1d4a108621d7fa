# SPDX-License-Identifier: BSD-2-Clause
"""make run and make host as a person at a terminal meets them: a pseudo-terminal of a size of its own, and the keys."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
from pathlib import Path

from cases import on_pc
from harness import BOOT, BUILD, COMMAND, TOP, Failure, expect_equal, tail

QEMU_VIRT = TOP / "platform/qemu-virt"


class Terminal:
    """A command on a terminal; what it shows is read as far as it is expected."""

    def __init__(self, *command, rows=33, columns=111, **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(str(command[0]), [str(word) for word in command], dict(os.environ, **environment))
        self.shown, self.seen = "", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)  # hangs up
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def expect(self, pattern, timeout=COMMAND):
        """Wait for the pattern; what stands before it, and the match."""
        deadline = time.monotonic() + timeout
        while not (match := re.compile(pattern).search(self.shown, self.seen)):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise Failure(f"no {pattern!r} on the terminal:\n{tail(self.shown)}")
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                raise Failure(f"ended before {pattern!r} was on the terminal:\n{tail(self.shown)}")
            self.shown += data.decode("utf-8", "replace").replace("\r", "")
        before = self.shown[self.seen:match.start()]
        self.seen = match.end()
        return before, match

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def status(self):
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def refused(*command, **environment):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=dict(os.environ, **environment), timeout=COMMAND)
    expect_equal(done.returncode, 1, "its exit status")
    return done.stdout


@on_pc
def a_host_without_a_terminal_is_refused_with_a_reason():
    said = refused(QEMU_VIRT / "launch", BUILD)
    assert said.startswith("launch: standard input is not a terminal") and said.count("\n") == 1, said


@on_pc
def the_guest_of_make_run_knows_the_terminal_and_its_keys_reach_bhyve():
    with tempfile.NamedTemporaryFile(prefix="disk-", dir=BUILD) as disk:  # which no other test's host has
        shutil.copy(Path(BUILD) / "guest/disk.img", disk.name)
        meet_the_guest(disk.name)


def meet_the_guest(disk):
    with Terminal(QEMU_VIRT / "run", BUILD, HOST_DISKS=disk, HOST_DISK_MODE="snapshot", TERM="xterm-256color") as terminal:
        terminal.expect(r"Ctrl-A x ends the guest at once, Ctrl-\\ x the host")
        terminal.expect(r"root@guest:~# ", BOOT)
        terminal.type("stty size; echo kind $TERM\r")
        terminal.expect(r"\n33 111\nkind xterm-256color\n")
        # Beside it, a second host that would write to the disk
        said = refused(QEMU_VIRT / "launch", BUILD, HOST_DISKS=disk)
        assert re.search(rf"launch: \S+ is the disk of another emulated host that runs \(process {terminal.pid}\): end that host", said), said
        assert "HOST_DISK_MODE=snapshot" in said and "lock" not in said, said
        terminal.type("\x01h")
        terminal.expect(r"Ctrl-A x  end the virtual machine")
        terminal.type("\x01x")
        terminal.expect(r"host: the guest is powered off|host: bhyve: status \d+")
        expect_equal(terminal.status(), 0, "the status of make run")


@on_pc
def ctrl_backslash_x_ends_the_host():
    with Terminal(QEMU_VIRT / "launch", BUILD, rows=40, columns=90) as terminal:
        terminal.expect(r"Leave with `exit`, or Ctrl-\\ x\.\n", BOOT)
        terminal.expect(r"host# ")
        terminal.type("stty size; [ -n \"$CONSOLE_SIZE\" ] || echo it is not kept\r")
        terminal.expect(r"\n40 90\nit is not kept\n")
        terminal.type("\x1cx")
        expect_equal(terminal.status(), 0, "QEMU's status")
