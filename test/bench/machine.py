# SPDX-License-Identifier: BSD-2-Clause
"""The emulated host whose clock counts instructions, and the guests that run on it under KVM and under bhyve."""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
from harness import BUILD, PATIENCE, Failure, Host  # noqa: E402

LONG = 900 * PATIENCE
# Guest images on the host; in the peer's root they are in /guest.
GUEST = "/run/guest"
BOOTS = 2
# One nanosecond of the machine's clock is one instruction, whoever executes it; time without instructions is skipped.
QEMU_ARGS = ("-icount shift=0,sleep=off "
             f"-drive if=none,id=peer,format=raw,readonly=on,file={BUILD}/bench/peer.img "
             "-device virtio-blk-device,drive=peer")
KVM = ("chroot /peer qemu-system-aarch64 -accel kvm -cpu host -M virt,gic-version=3 -nodefaults -no-user-config "
       "-display none -global virtio-mmio.force-legacy=false -serial stdio")


def counting_host(disks=0):
    # No shell or guest port more than is used: each is a device that the host's kernel looks after.
    return Host(smp=2, memory="4G", shells=4, guests=1, disks=disks, qemu_args=QEMU_ARGS)


def is_vhe(host):
    """Does the host's kernel run at EL2 itself?"""
    return not host.run("dmesg | grep -q 'running in VHE mode\\|VHE mode initialized'", check=False).status


def prepare_peer(host):
    """Everything that is read, in memory: while the host waits for the PC, its clock goes on without instructions."""
    device = host.run("for disk in /dev/vd?; do [ \"$(dd if=$disk bs=1 skip=1144 count=4 2>/dev/null)\" = peer ] "
                      "&& echo $disk; done; true").output
    if not device:
        raise Failure("the emulated host does not see build/HOST/bench/peer.img")
    host.run(f"mkdir -p /peer && mount -o ro {device} /peer && mount --bind /dev /peer/dev && "
             f"mkdir {GUEST} && mount --bind {GUEST} /peer/guest && mount -t tmpfs tmp /peer/tmp")
    host.run(f"cp /guest/Image /guest/initrd /guest/conformance/bench.img {GUEST} && "
             "find /peer/usr/bin/qemu-system-aarch64 /peer/usr/lib /peer/usr/share/qemu -type f | xargs cat > /dev/null",
             timeout=LONG)


def figures(output):
    """{name: (median, least, greatest)} of the lines that guest/bench prints."""
    found = {name: tuple(map(int, values.split()))
             for name, values in re.findall(r"^bench (\S+) (\d+ \d+ \d+)\r?$", output, re.M)}
    wrong = re.findall(r"^(not ok .*|# \S+:\d+: .*|Bail out!.*)$", output.replace("\r", ""), re.M)
    if wrong or not found:
        raise Failure("the benchmark guest says: " + ("; ".join(wrong) or output[-2000:] or "nothing"))
    return found


def run_kvm(host, arguments="", cpus=2, memory="256M"):
    append = f"-append '{arguments}'" if arguments else ""
    command = f"{KVM} -smp {cpus} -m {memory} -kernel /guest/bench.img {append} -device virtio-rng-device"
    return figures(host.run(f"{command} > /tmp/kvm.out 2>&1; cat /tmp/kvm.out", timeout=LONG).output)


def bhyve_command(name, arguments="", cpus=2, memory="256M", slots="-s 0,virtio-rnd"):
    cmdline = f"-o cmdline='{arguments}'" if arguments else ""
    return f"bhyve -D -c {cpus} -m {memory} -o console=stdio -o kernel={GUEST}/bench.img {cmdline} {slots} {name}"


def run_bhyve(host, name="bench", arguments="", **machine):
    command = bhyve_command(name, arguments, **machine)
    return figures(host.run(f"{command} > /tmp/{name}.out 2>&1; cat /tmp/{name}.out", timeout=LONG).output)


# The first line of /proc/timer_list has the clock in nanoseconds: the number of instructions so far.
CLOCK = r"sed -n 's/^now at \([0-9]*\) nsecs.*/\1/p' /proc/timer_list"
# Debian's kernel unpacks the initrd, starts init, and is switched off: no device but the console takes part.
LINUX_ARGUMENTS = "console=ttyAMA0 rdinit=/bin/busybox -- poweroff -f"


def _boot(host, command):
    """Instructions from the start of a VMM to its end after the guest's power-off."""
    host.run(f"{{ {CLOCK}; {command} < /dev/null > /tmp/boot.out 2>&1; {CLOCK}; }} > /tmp/clock", timeout=LONG)
    output = host.run("cat /tmp/boot.out").output
    times = [int(word) for word in host.run("cat /tmp/clock").output.split()]
    if "reboot: Power down" not in output or len(times) != 2:
        raise Failure(f"{command}: the guest did not boot and power off:\n{output[-2000:]}")
    return times[1] - times[0]


def _boots(host, command):
    """The least of some: what waits for the PC would be counted as well."""
    return min(_boot(host, command) for _ in range(BOOTS))


def boot_kvm(host):
    return _boots(host, f"{KVM} -smp 1 -m 256M -kernel /guest/Image -initrd /guest/initrd -append '{LINUX_ARGUMENTS}'")


def boot_bhyve(host):
    return _boots(host, f"bhyve -D -c 1 -m 256M -o console=stdio -o kernel={GUEST}/Image -o initrd={GUEST}/initrd "
                       f"-o cmdline='{LINUX_ARGUMENTS}' boot")


# More vCPUs than the host has CPUs: 2
MANY_VCPUS = 16
# 16 pipelines of three processes each, which have all CPUs wake each other
PIPES = ("i=0; while [ $i -lt 16 ]; do busybox yes | busybox head -c 400000 | busybox wc -c & i=$((i+1)); done; wait; "
         "busybox poweroff -f")
PIPES_ARGUMENTS = f'console=ttyAMA0 rdinit=/bin/busybox -- sh -c "{PIPES}"'


def overcommit_kvm(host):
    """{key: instructions} of 16 vCPUs on the host's two CPUs."""
    linux = f"{KVM} -smp {MANY_VCPUS} -m 512M -kernel /guest/Image -initrd /guest/initrd -append"
    found = run_kvm(host, "bench=overcommit", cpus=MANY_VCPUS)
    return {key: values[0] for key, values in found.items()} | {
        "boot": _boot(host, f"{linux} '{LINUX_ARGUMENTS}'"), "pipes": _boot(host, f"{linux} '{PIPES_ARGUMENTS}'")}


def overcommit_bhyve(host):
    linux = (f"bhyve -D -c {MANY_VCPUS} -m 512M -o console=stdio -o kernel={GUEST}/Image -o initrd={GUEST}/initrd "
             "-o cmdline=")
    found = run_bhyve(host, arguments="bench=overcommit", cpus=MANY_VCPUS)
    return {key: values[0] for key, values in found.items()} | {
        "boot": _boot(host, f"{linux}'{LINUX_ARGUMENTS}' many"), "pipes": _boot(host, f"{linux}'{PIPES_ARGUMENTS}' many")}


# A guest that has booted and does nothing; the console says when.
IDLE_ARGUMENTS = "console=ttyAMA0 rdinit=/bin/busybox -- sleep 1000000"
IDLE_SECONDS = 10
# All threads of a VMM's processes, in nanoseconds of a CPU
CPU_TIME = "for pid in $(pidof %s); do cat /proc/$pid/task/*/schedstat; done | awk '{ used += $1 } END { printf \"%%.0f\\n\", used }'"


def _idle(host, command, program):
    """The CPU time that a VMM takes in IDLE_SECONDS, once its guest's kernel has nothing left to do."""
    host.run(f"setsid {command} < /dev/null > /tmp/idle.out 2>&1 &")
    host.run("until grep -q 'as init process' /tmp/idle.out; do usleep 100000; done; sleep 10", timeout=LONG)
    used = CPU_TIME % program
    before, after = host.run(f"{used}; sleep {IDLE_SECONDS}; {used}", timeout=LONG).output.split()
    host.run(f"kill -9 $(pidof {program}); while pidof {program}; do usleep 100000; done", timeout=LONG)
    return int(after) - int(before)


def idle_kvm(host):
    return _idle(host, f"{KVM} -smp 1 -m 256M -kernel /guest/Image -initrd /guest/initrd -append '{IDLE_ARGUMENTS}'",
                 "qemu-system-aarch64")


def idle_bhyve(host):
    return _idle(host, f"bhyve -c 1 -m 256M -o console=stdio -o kernel={GUEST}/Image -o initrd={GUEST}/initrd "
                       f"-o cmdline='{IDLE_ARGUMENTS}' idle", "bhyve")


class Sleepers:
    """Virtual machines that do nothing, for as long as the block lasts."""

    def __init__(self, host, name="sleeper", **machine):
        self.host, self.name, self.machine, self.names = host, name, machine, []

    def grow(self, count):
        new = [f"{self.name}{n}" for n in range(len(self.names), count)]
        for name in new:
            self.names.append(name)
            command = bhyve_command(name, "bench=idle", **self.machine)
            self.host.run(f"setsid {command} < /dev/null > /tmp/{name}.out 2>&1 &")
        for name in new:
            self.host.run(f"until grep -q '^idle' /tmp/{name}.out; do usleep 20000; done", timeout=LONG)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.names:
            self.host.run(f"bhyvectl --vm={name} --force-poweroff", check=False, timeout=LONG)
        for name in self.names:
            self.host.run(f"while [ -e /dev/vmm/{name} ]; do usleep 20000; done", timeout=LONG)


def vm_overhead(host, vcpus):
    with Sleepers(host, cpus=vcpus, memory="64M") as sleepers:
        sleepers.grow(1)
        return int(re.search(r"overhead\D*(\d+)", host.run("bhyvectl --vm=sleeper0 --json --get-all").output)[1])


def _private(host, name):
    """Private memory of the bhyve that runs a VM, in bytes, without the guest's memory that it has mapped."""
    private, guest = 0, False
    for line in host.run("for pid in $(pidof bhyve); do case \"$(tr '\\0' ' ' < /proc/$pid/cmdline)\" in "
                         f"*' {name} ') cat /proc/$pid/smaps;; esac; done").lines:
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            guest = "/dev/vmm/" in line
        elif (match := re.match(r"Private_(?:Clean|Dirty): *(\d+) kB", line)) and not guest:
            private += 1024 * int(match[1])
    if private == 0:
        raise Failure(f"{name}: no bhyve runs it")
    return private


def bhyve_memory(host):
    """(private memory of bhyve with a disk and a net device while another runs, and while it is the only one), in bytes.

    The difference is the text of programs and libraries, which all that run share.
    """
    slots = "-s 0,virtio-blk,/dev/vdb -s 1,virtio-net,slirp"
    with Sleepers(host, "measured", cpus=1, memory="64M", slots=slots) as measured:
        measured.grow(1)
        alone = _private(host, "measured0")
        with Sleepers(host, "another", cpus=1, memory="64M", slots="-s 0,virtio-rnd -s 1,virtio-net,slirp") as another:
            another.grow(1)
            return _private(host, "measured0"), alone


def scale_machines(host, counts):
    """{number of VMs: figures of one while all others sleep}"""
    with Sleepers(host, cpus=1, memory="32M") as sleepers:
        found = {}
        for count in counts:
            sleepers.grow(count - 1)
            found[count] = run_bhyve(host, arguments="bench=scale", cpus=1, memory="32M")
        return found


def scale_vcpus(host, counts):
    """{number of vCPUs: figures of the first while all others sleep}"""
    return {count: run_bhyve(host, arguments="bench=scale", cpus=count) for count in counts}


def file_sizes():
    """Bytes of the EL2 image and of bhyve without symbols."""
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["aarch64-linux-gnu-strip", "-o", stripped.name, BUILD / "bin/bhyve"], check=True)
        return (BUILD / "hyp/hyp.bin").stat().st_size, Path(stripped.name).stat().st_size
