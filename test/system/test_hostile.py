# SPDX-License-Identifier: BSD-2-Clause
"""Guests that misbehave (guest/hostile): the host and the other machines take no notice, and any of them can be stopped."""
import os
import random
import re
import time

from cases import on_host
from harness import COMMAND, Failure, expect_equal
from test_conformance import finish
from test_load import WORK

# Those that end by themselves; side by side, each machine has a few of them one after the other.
MACHINES = (("gic", "sgis", "timers"), ("devices", "queues", "holes"), ("el1", "el0", "tables"),
            ("calls", "power", "wfi", "code"))
ATTACKS = [attack for machine in MACHINES for attack in machine]
SECONDS_IN_ALL = 600
# Anonymous memory of a bhyve, in KiB: its own, without the guest's
BHYVE_MEMORY = 16 * 1024
BHYVE_FILES = 64
LATENESS_NS = 200_000


# Guests that write code leave millions of translations behind in QEMU, which looks at all of a page whenever the host clears
# a line of it: a CPU then seems to hang in clear_page(). So there are few at a time, and the next test has another host.
HOST = {"disks": 1, "guests": 5, "qemu_args": "-accel tcg,tb-size=128"}


def start(host, name, attacks, seconds, seed, cpus=4, options="-D"):
    host.run(f"truncate -s 8M /tmp/{name}.img")
    words = " ".join([f"seconds={seconds} seed={seed:#x}", *(f"attack={attack}" for attack in attacks)])
    return host.bhyve(name, f"{options} -c {cpus} -m 64M -o console=stdio -s 0,virtio-blk,/tmp/{name}.img"
                            " -s 1,virtio-net,slirp -s 2,virtio-rnd -s 3,virtio-console,null"
                            f" -o kernel=/guest/conformance/hostile.img -o 'cmdline={words}'")


def new_seed():
    """The same in each run, so that a failure is one of what changed; TEST_SEED=random looks for new ones."""
    wanted = os.environ.get("TEST_SEED", "0x7692fbd0")
    seed = random.randrange(1, 1 << 32) if wanted == "random" else int(wanted, 0)
    print(f"     seed {seed:#x}", flush=True)
    return seed


def log_of_the_driver(host):
    """What the driver says at any level: a guest must not be able to fill the host's log."""
    return host.run("dmesg -r | grep -c vmm", check=False).output


def clocks(host, guest):
    """(host's clock before, guest's clock, host's clock after), in seconds."""
    uptime = "cut -d' ' -f1 /proc/uptime"
    # A guest's shell may first tell of its jobs.
    return [float(machine.run(uptime).lines[-1]) for machine in (host, guest, host)]


def check_clock(before, after):
    least, most = after[0] - before[2], after[2] - before[0]
    passed = after[1] - before[1]
    if not least - 0.05 <= passed <= most + 0.05:
        raise Failure(f"{passed:.2f} s have passed in the other machine, {least:.2f} to {most:.2f} s on the host")


def check_processes(host):
    # One that ends meanwhile has nothing to show.
    found = host.run("for pid in $(pidof bhyve); do echo $(awk '/^RssAnon:/ { print $2 }' /proc/$pid/status 2>/dev/null)"
                     " $(ls /proc/$pid/fd 2>/dev/null | wc -l); done").lines
    for memory, files in (line.split() for line in found if " " in line):
        if int(memory) > BHYVE_MEMORY or int(files) > BHYVE_FILES:
            raise Failure(f"a bhyve has {memory} KiB of memory of its own and {files} open files")


@on_host(**HOST, fresh=True, seconds=200)
def ten_minutes_of_hostile_guests_disturb_neither_the_host_nor_another_machine(host):
    seed = new_seed()
    host.load_vmm()
    said = log_of_the_driver(host)
    other = host.linux(name="other", cpus=2).login()
    seconds = -(-SECONDS_IN_ALL // len(ATTACKS))
    longest = seconds * max(len(machine) for machine in MACHINES)
    other.run(WORK)
    before = clocks(host, other)
    other.console.forget()
    other.send("for kind in cpu memory disk; do (mkdir -p /tmp/$kind; sed \"s,/tmp/data,/tmp/$kind/data,g\" /tmp/work"
               f" > /tmp/$kind/work; sh /tmp/$kind/work {longest} $kind; echo $kind-status-$?) & done; wait;"
               " echo all-done\n")
    hostile = [start(host, f"hostile{i}", machine, seconds, seed + i) for i, machine in enumerate(MACHINES)]
    end = time.monotonic() + 2 * longest + COMMAND
    while any(guest.job.running() for guest in hostile) and time.monotonic() < end:
        check_processes(host)
        host.run("sleep 5")
    for guest, machine in zip(hostile, MACHINES):
        # the others are skipped, and count for none
        expect_equal(finish(guest), len(machine), f"attacks of {guest.name}, seed {seed:#x}")
    output, _ = other.expect(r"^all-done\n", timeout=600)
    for kind in ("cpu", "memory", "disk"):
        if f"{kind}-status-0\n" not in output:
            raise Failure(f"the other machine's {kind} work went wrong, seed {seed:#x}:\n{output}")
    check_clock(before, clocks(host, other))
    assert not other.dmesg_errors(), "\n".join(other.dmesg_errors())
    expect_equal(other.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=other --destroy")
    expect_equal(log_of_the_driver(host), said, "lines of the driver in the host's log")


def force_poweroff(host, guest):
    host.run(f"bhyvectl --vm={guest.name} --force-poweroff")
    expect_equal(guest.wait(), 1, "bhyve's exit status")


def destroy(host, guest):
    host.run(f"bhyvectl --vm={guest.name} --destroy")
    if guest.wait() in (0, 1):
        raise Failure("bhyve ended as if the guest had ended it")


def terminate(_, guest):
    """The first one is a press of the power button where the guest listens to it, and it does nothing about that."""
    guest.job.signal("TERM")
    expect_equal(guest.kill("TERM"), 5, "bhyve's exit status")


def kill(_, guest):
    expect_equal(guest.kill("KILL"), 128 + 9, "bhyve's exit status")


@on_host(**HOST, seconds=45)
def hostile_guests_are_stopped_in_every_way(host):
    seed = new_seed()
    host.load_vmm()
    batches = [*MACHINES, ("legs", "legs")]
    for stop in (force_poweroff, destroy, terminate, kill):
        for batch in batches:
            guests = [start(host, f"{attack}{i}", [attack], 0, seed, options="-M") for i, attack in enumerate(batch)]
            for guest in guests:
                guest.expect(r"^# attack=\w+ seed=\w+\n")
            for guest in guests:
                if guest.name.startswith("legs"):
                    guest.expect(r"^# CPUs are lost, reset\n")
                stop(host, guest)
                if guest.name in host.vms():
                    host.run(f"bhyvectl --vm={guest.name} --destroy")


@on_host(smp=1, shells=4, guests=1, qemu_args="-icount shift=0,sleep=off", seconds=180)
def a_hostile_guest_does_not_hold_a_cpu_with_interrupts_off(host):
    """The clock of this host counts instructions, so that what else this PC does has no part in the figure."""
    seed = new_seed()
    host.load_vmm()
    host.run("cp /guest/conformance/hostile.img /run")
    for attack in ATTACKS:
        guest = start(host, attack, [attack], 0, seed)
        guest.expect(r"^# attack=\w+ seed=\w+\n")
        found = host.run("lateness 300").output
        force_poweroff(host, guest)
        late = [int(word) for word in re.findall(r"(\d+) ns late", found)]
        print(f"     {attack}: {max(late)} ns", flush=True)
        if max(late) > LATENESS_NS:
            raise Failure(f"{attack}: the host's timer was late, seed {seed:#x}:\n{found}")
