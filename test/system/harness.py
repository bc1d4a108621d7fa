# SPDX-License-Identifier: BSD-2-Clause
"""The emulated host and its guests, as objects that tests talk to.

    with Host(disks=1) as host:
        host.run("modprobe vmm")                       # -> Result(status, output), raises CommandFailed if not 0
        host.run("false", check=False).status          # 1
        job = host.start("dd if=/dev/zero of=/dev/null")  # runs beside; job.wait(), job.stop()
        guest = host.bhyve("vm0", "-c 2 -m 256M ...")  # starts bhyve with the guest's console on a port of ours
        guest.login()
        guest.run("uname -m").output

Every wait is for an event, with a deadline that only a hang reaches; it then shows what the consoles said last.
"""
import itertools
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# What runs on this PC, and what is for the emulated host of the release HOST (platform/debian/release.sh)
PC_BUILD = TOP / "build"
HOST = os.environ.get("HOST") or (TOP / "platform/debian/default-host").read_text().strip()
BUILD = PC_BUILD / HOST
# Of hosts whose test names none
DEFAULT_CPU = os.environ.get("HOST_CPU") or "cortex-a53"
# A slow, shared CI machine may take many times what a PC takes; only hangs should reach these.
PATIENCE = float(os.environ.get("TEST_PATIENCE", "1"))
BOOT = 120 * PATIENCE
COMMAND = 120 * PATIENCE
# The kernel's own deadlines count this PC's seconds, which an emulated CPU may get few of.
KERNEL_PATIENCE = (f"rcupdate.rcu_cpu_stall_timeout={min(300, 21 * PATIENCE):.0f} watchdog_thresh={min(60, 10 * PATIENCE):.0f}"
                   f" sysctl.kernel.hung_task_timeout_secs={120 * PATIENCE:.0f}")

_marks = itertools.count(1)
_boots = itertools.count(1)


class Failure(AssertionError):
    """What a test found to be wrong, said so that the report needs no traceback."""


class Timeout(Failure):
    pass


class HostDied(Failure):
    pass


class CommandFailed(Failure):
    pass


@dataclass
class Result:
    status: int
    output: str

    @property
    def lines(self):
        return self.output.splitlines()


def expect_equal(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")


def tail(text, lines=25):
    return "\n".join("    | " + line for line in text.splitlines()[-lines:])


class Stream:
    """A byte stream with a peer, read by a thread into a buffer that expect() consumes."""

    def __init__(self, name, connection, log):
        self.name = name
        self.connection = connection
        self.log = open(log, "ab")
        self.buffer = ""
        self.history = ""
        self.total = 0
        self.closed = False
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = self.connection.recv(65536)
            except OSError:
                data = b""
            with self.changed:
                if not data:
                    self.closed = True
                    self.changed.notify_all()
                    return
                self.log.write(data)
                self.log.flush()
                text = data.decode("utf-8", "replace").replace("\r", "")
                self.buffer += text
                self.total += len(text)
                self.history = (self.history + text)[-20000:]
                self.changed.notify_all()

    def send(self, text):
        try:
            self.connection.sendall(text.encode())
        except OSError as error:
            raise HostDied(f"{self.name}: the emulated host has gone: {error.strerror}") from None

    def forget(self):
        """Drop what has come in but was not expected."""
        with self.changed:
            self.buffer = ""

    def expect(self, pattern, timeout=COMMAND, alive=None, until=None):
        """Wait until pattern (a regular expression) comes in; return what precedes it, and the match.

        Gives up early when the pattern until comes in first, or alive() says that there is nobody left to send it.
        """
        regex = re.compile(pattern, re.S | re.M)
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                match = regex.search(self.buffer)
                if match:
                    before = self.buffer[: match.start()]
                    self.buffer = self.buffer[match.end():]
                    return before, match
                if self.closed:
                    raise HostDied(f"{self.name}: closed while waiting for {pattern!r}:\n{tail(self.history)}")
                if until is not None and re.search(until, self.buffer):
                    raise Failure(f"{self.name}: ended while waiting for {pattern!r}:\n{tail(self.history)}")
                if alive is not None and not alive():
                    # One more look: the last output may have come with the end.
                    self.changed.wait(0.5)
                    if not regex.search(self.buffer):
                        raise Failure(f"{self.name}: ended while waiting for {pattern!r}:\n{tail(self.history)}")
                    continue
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Timeout(f"{self.name}: no {pattern!r} within {timeout:.0f} s:\n{tail(self.history)}")
                self.changed.wait(min(left, 1 if alive else 5))

    def await_mark(self, mark, timeout=COMMAND):
        """Wait until mark, a line of its own, has come in, and with it all that was sent before; it leaves no trace."""
        line = f"\n{mark}\n"
        deadline = time.monotonic() + timeout
        with self.changed:
            while line not in self.history:
                left = deadline - time.monotonic()
                if self.closed or left <= 0:
                    raise Timeout(f"{self.name}: what was sent last did not come within {timeout:.0f} s")
                self.changed.wait(left)
            self.buffer = self.buffer.replace(line, "")
            self.history = self.history.replace(line, "")

    def close(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()


class Shell:
    """A shell of the host behind a virtio-serial port; runs one command at a time, each in a subshell."""

    def __init__(self, stream):
        self.stream = stream

    def begin(self, command):
        self.mark = f"end-{next(_marks)}"
        self.stream.forget()
        self.stream.send(f"(\n{command}\n) </dev/null 2>&1; printf '\\n%s %d\\n' {self.mark} $?\n")

    def end(self, timeout):
        output, match = self.stream.expect(rf"\n{self.mark} (\d+)\n", timeout)
        return Result(int(match[1]), output.strip("\n"))


class Job:
    """A command that runs on the host beside others."""

    def __init__(self, host, command):
        self.host, self.command = host, command
        self.shell = host._take_shell()
        self.pid_file = f"/run/job-{next(_marks)}"
        self.result = None
        # exec, so that signals reach the program itself: command is one program with arguments and redirections,
        # or else "sh -c ..." with a list of them.
        self.shell.begin(f"sh -c {shlex.quote(f'echo $$ > {self.pid_file}; exec {command}')}")

    def wait(self, timeout=COMMAND):
        if self.result is None:
            try:
                self.result = self.shell.end(timeout)
            except Timeout as timed_out:
                raise Timeout(f"host: {self.command!r} did not end:\n{timed_out}") from None
            self.host._give_shell(self.shell)
        return self.result

    def running(self):
        if self.result is not None:
            return False
        with self.shell.stream.changed:
            return re.search(rf"\n{self.shell.mark} \d+\n", self.shell.stream.buffer) is None

    def pid(self):
        return int(self.host.run(f"until [ -s {self.pid_file} ]; do usleep 10000; done; cat {self.pid_file}").output)

    def signal(self, name="TERM"):
        if self.running():
            self.host.run(f"kill -{name} {self.pid()}", check=False)

    def stop(self, name="TERM", timeout=COMMAND):
        self.signal(name)
        return self.wait(timeout)


class Guest:
    """A virtual machine that bhyve runs in the foreground of a job, its console on one of the host's ports."""

    def __init__(self, host, name, command, port):
        self.host, self.name, self.port = host, name, port
        self.console = host.streams[port]
        self.errors = f"/run/{name}.stderr"
        self.console.forget()
        self.console.history = ""
        device = f"/dev/virtio-ports/{port}"
        self.job = Job(host, f"{command} <>{device} >&0 2>{self.errors}")
        self.logged_in = False

    def expect(self, pattern, timeout=COMMAND):
        try:
            return self.console.expect(pattern, timeout, alive=self.job.running)
        except Failure as failure:
            raise type(failure)(f"guest {failure}\n  bhyve said:\n{tail(self.stderr())}") from None

    def send(self, text):
        self.console.send(text)

    def login(self, timeout=BOOT):
        """Wait for the guest's shell, and make it quiet, so that run() sees the output of commands alone."""
        self.expect(r"root@[\w-]+:[^\n]*# $", timeout)
        self.quiet()
        return self

    def quiet(self):
        mark = next(_marks)
        self.send(f"exec env PS1= PS2= ENV= NO_COLOR=1 dash -c 'stty -echo; printf \"%s-%d\\n\" quiet {mark}; exec dash -i'\n")
        self.expect(rf"^quiet-{mark}\n")
        self.logged_in = True

    def run(self, command, timeout=COMMAND, check=True):
        mark = f"end-{next(_marks)}"
        self.console.forget()
        self.send(f"(\n{command}\n) 2>&1; printf '\\n%s %d\\n' {mark} $?\n")
        output, match = self.expect(rf"\n{mark} (\d+)\n", timeout)
        result = Result(int(match[1]), output.strip("\n"))
        if check and result.status != 0:
            raise CommandFailed(f"guest {self.name}: {command!r}: status {result.status}:\n{tail(result.output)}")
        return result

    def dmesg_errors(self):
        return [line for line in self.run("dmesg -r").lines if _is_error(line)]

    def stderr(self):
        try:
            return self.host.run(f"cat {self.errors}", check=False, timeout=20).output
        except Failure as failure:
            return str(failure)

    def activity(self):
        """Of a guest that does not get on: two looks at what its vCPUs count, and where each is."""
        counts = f"bhyvectl --vm={self.name} --get-stats | cut -c1-250"
        try:
            return self.host.run(f"{counts}; sleep 2; {counts}; for cpu in $(seq 0 15); do bhyvectl --vm={self.name} --cpu=$cpu "
                                 "--get-all | grep -E '^(pc|x30|pstate|sp-el1|cntv-)'; done", check=False, timeout=60).output
        except Failure as failure:
            return str(failure)

    def wait(self, timeout=COMMAND):
        """Wait for bhyve to end, and for the last of the guest's output; return bhyve's exit status."""
        try:
            result = self.job.wait(timeout)
        except Timeout as timed_out:
            raise Timeout(f"{timed_out}\n  the guest said:\n{tail(self.console.history)}\n  bhyve said:\n{tail(self.stderr())}\n"
                          f"  what its vCPUs do:\n{self.activity()}") from None
        mark = f"last-{next(_marks)}"
        self.host.run(f"printf '\\n{mark}\\n' > /dev/virtio-ports/{self.port}")
        self.console.await_mark(mark)
        self.host._give_port(self.port)
        return result.status

    def poweroff(self, timeout=COMMAND):
        self.send("poweroff\n")
        return self.wait(timeout)

    def kill(self, name="KILL"):
        self.job.signal(name)
        return self.wait()


def _log_folder():
    """build/HOST/log/PROCESS/N: what the consoles said in one boot. Those of runs that are over are removed."""
    (BUILD / "log").mkdir(exist_ok=True)
    for old in (BUILD / "log").iterdir():
        if old.name.isdigit() and not Path(f"/proc/{old.name}").exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = BUILD / "log" / str(os.getpid()) / str(next(_boots))
    folder.mkdir(parents=True)
    return folder


def _is_error(line):
    match = re.match(r"<(\d+)>", line)
    return match is not None and int(match[1]) & 7 <= 3


def disk_paths(disks):
    """The host's disks, as Host has them: a number of copies of the guests' root disk, or names of images in build/HOST/guest."""
    names = ["disk.img"] * disks if isinstance(disks, int) else disks
    return [BUILD / "guest" / name for name in names]


class Host:
    """One boot of the emulated host.

    disks: /dev/vda, vdb... are that many copies of the guests' root disk; or, of a tuple of names of images in build/HOST/guest, a
    copy of each. What is written to them is gone with the host.
    """

    def __init__(self, smp=2, memory="2G", cpu=DEFAULT_CPU, machine=None, append="", disks=0, guests=4, shells=8,
                 qemu_args="", initramfs=None):
        self.smp, self.memory, self.cpu, self.machine, self.append = smp, memory, cpu, machine, append
        self.disks, self.guests, self.shells, self.qemu_args = disks, guests, shells, qemu_args
        self.initramfs = initramfs
        self.streams = {}
        self.process = self.folder = None

    def __enter__(self):
        try:
            return self.boot()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def boot(self):
        missing = [path for path in disk_paths(self.disks) if not path.exists()]
        if missing:
            raise Failure(f"{missing[0].relative_to(TOP)} is not built; make check builds it")
        self.folder = Path(tempfile.mkdtemp(prefix="host-"))
        self.logs = _log_folder()
        names = ["console", "qmp", *(f"shell{i}" for i in range(self.shells)),
                 *(f"guest{i}" for i in range(self.guests))]
        listeners = {}
        for name in names:
            listeners[name] = socket.socket(socket.AF_UNIX)
            listeners[name].bind(str(self.folder / name))
            listeners[name].listen(1)
            listeners[name].settimeout(BOOT)
        environment = dict(os.environ, HOST_SOCKETS=str(self.folder), HOST_SMP=str(self.smp), HOST_MEM=self.memory,
                           HOST_CPU=self.cpu, HOST_APPEND=f"oops=panic {KERNEL_PATIENCE} {self.append}", HOST_SHELLS=str(self.shells),
                           HOST_GUESTS=str(self.guests), QEMU_ARGS=self.qemu_args, HOST_DISK_MODE="snapshot",
                           HOST_DISKS=" ".join(map(str, disk_paths(self.disks))))
        if self.machine:
            environment["HOST_MACHINE"] = self.machine
        if self.initramfs:
            environment["HOST_INITRAMFS"] = str(self.initramfs)
        # A runner that is killed takes its emulators with it.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", TOP / "platform/qemu-virt/launch", BUILD],
                                        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        threading.Thread(target=self._watch, args=(listeners,), daemon=True).start()
        for name, listener in listeners.items():
            try:
                connection, _ = listener.accept()
            except OSError:
                raise HostDied(f"qemu-system-aarch64 did not start:\n{tail(self.qemu_output)}") from None
            connection.settimeout(None)
            self.streams[name] = Stream(name, connection, self.logs / f"{name}.log")
            listener.close()
        self.free_shells = [Shell(self.streams[f"shell{i}"]) for i in range(self.shells)]
        self.free_ports = [f"guest{i}" for i in range(self.guests)]
        self.seen_errors = 0
        try:
            self.run("true", timeout=BOOT)
        except Failure as failure:
            raise type(failure)(f"the host did not boot:\n{tail(self.streams['console'].history)}") from failure
        self.boot_errors, self.seen_errors = self.dmesg_errors(), 0
        return self

    qemu_output = ""

    def _watch(self, listeners):
        self.qemu_output = self.process.stdout.read().decode("utf-8", "replace")
        self.process.wait()
        for listener in listeners.values():
            # Wakes an accept() that nobody would answer any more.
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for stream in self.streams.values():
            stream.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def busy(self):
        """Whether a command was started that nobody has waited for."""
        return len(self.free_shells) != self.shells

    def _take_shell(self):
        if not self.free_shells:
            raise Failure("the test runs more commands at once than the host has shells")
        return self.free_shells.pop(0)

    def _give_shell(self, shell):
        self.free_shells.append(shell)

    def _give_port(self, port):
        if port not in self.free_ports:
            self.free_ports.append(port)
            self.free_ports.sort()

    def run(self, command, timeout=COMMAND, check=True):
        """Run a command on the host; its output has both stdout and stderr."""
        shell = self._take_shell()
        shell.begin(command)
        try:
            result = shell.end(timeout)
        except Timeout as timed_out:
            raise Timeout(f"host: {command!r} did not end:\n{timed_out}\n  the host's console:\n"
                          f"{tail(self.streams['console'].history)}") from None
        self._give_shell(shell)
        if check and result.status != 0:
            raise CommandFailed(f"host: {command!r}: status {result.status}:\n{tail(result.output)}")
        return result

    def start(self, command):
        """Start one program, with arguments and redirections, beside what else runs."""
        return Job(self, command)

    def dmesg_errors(self):
        """Lines of the host's kernel log at level err or worse, since the last call."""
        errors = [line for line in self.run("dmesg -r").lines if _is_error(line)]
        new, self.seen_errors = errors[self.seen_errors:], len(errors)
        return new

    def load_vmm(self):
        self.run("[ -e /dev/vmmctl ] || modprobe vmm")

    def unload_vmm(self):
        self.run("rmmod vmm")

    def vms(self):
        return self.run("ls /dev/vmm 2>/dev/null", check=False).output.split()

    def bhyve(self, name, options, port=None, command="bhyve"):
        """Start bhyve OPTIONS NAME (or another command) with the guest's console, on standard input and output, at a port of ours."""
        if not self.free_ports:
            raise Failure("the test runs more guests at once than the host has ports")
        port = port or self.free_ports[0]
        self.free_ports.remove(port)
        return Guest(self, name, f"{command} {options} {name}", port)

    # What most guests are started with: the stock kernel and initrd, and the disk of that number.
    def linux(self, name="vm0", cpus=1, memory="256M", disk="/dev/vda", append="", devices=None, options="", command="bhyve"):
        root = f"root={'/dev/vda'} rw" if disk else ""
        slots = devices if devices is not None else ["virtio-net,slirp", "virtio-rnd"]
        if disk:
            slots = [f"virtio-blk,{disk}", *slots]
        words = [f"-c {cpus} -m {memory} -o console=stdio -o kernel=/guest/Image -o initrd=/guest/initrd",
                 "-o " + shlex.quote(f"cmdline=console=ttyAMA0 quiet {root} {append}".strip()),
                 *(f"-s {slot},{shlex.quote(device)}" for slot, device in enumerate(slots)), options]
        return self.bhyve(name, " ".join(words), command=command)
