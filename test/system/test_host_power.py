# SPDX-License-Identifier: BSD-2-Clause
"""The host's own power: kexec, a crash kernel, suspend, hibernation and reboot while virtual machines run."""
import os
import re
import shutil
import struct
import tempfile
from contextlib import contextmanager
from pathlib import Path

from bare_metal import finish, start
from cases import on_host
from harness import BOOT, BUILD, Failure, Shell, expect_equal

CRASH_MEMORY = "crashkernel=320M"


@contextmanager
def host_initramfs():
    """What the next kernel of the host is to begin with, where this one finds it; each host has its own."""
    with tempfile.NamedTemporaryFile(dir=BUILD / "share", prefix="next-initramfs-") as copy:
        shutil.copyfile(BUILD / "host/initramfs", copy.name)
        os.chmod(copy.name, 0o644)
        yield f"/mnt/pc/{Path(copy.name).name}"


def next_kernel(host, flags="", append=""):
    """Has the host load the kernel that it runs as its next one."""
    with host_initramfs() as initramfs:
        host.run(f"next_kernel {flags} /guest/Image {initramfs} \"$(cat /proc/cmdline) nextkernel {append}\"")


def boot_another(host, command):
    """Starts a command on the host that ends its kernel; another one comes up behind the same ports."""
    host.streams["console"].forget()
    job = host.start(command)
    host.streams["console"].expect("This is the emulated host", BOOT)
    host.free_shells = [Shell(host.streams[f"shell{i}"]) for i in range(host.shells)]
    host.free_ports = [f"guest{i}" for i in range(host.guests)]
    host.seen_errors = 0
    host.run("true", timeout=BOOT)
    return job


def expect_clean_el2(host):
    """It was entered at EL2 on every CPU, and KVM and the driver find nothing odd there."""
    log = host.run("dmesg").output
    if "CPU: All CPU(s) started at EL2" not in log:
        raise Failure("the next kernel was not started at EL2")
    host.run("kvm_smoke")
    host.load_vmm()
    finish(start(host, "gic", 2))
    finish(start(host, "state", 2))
    host.unload_vmm()
    host.run("kvm_smoke")


# Programs of machines: one computes for ever, one waits for an interrupt that does not come.
PROGRAMS = {"spin": [0x14000000],              # b .
            "sleep": [0xd503207f, 0x17ffffff]}  # wfi; b .-4


def run_programs(host, *names):
    """A machine for each name; they are being run when this returns."""
    host.load_vmm()
    for number, name in enumerate(names):
        words = PROGRAMS[name]
        octal = "".join(f"\\{byte:03o}" for byte in struct.pack(f"<{len(words)}I", *words))
        host.run(f"printf '{octal}' > /tmp/{name}.bin")
        host.start(f"bhyve -m 64M -o console=null -o kernel=/tmp/{name}.bin {name}{number}")
        host.run(f"until bhyvectl --list | grep -q '^{name}{number} .*running'; do usleep 10000; done")


def run_all(host):
    """More machines than CPUs."""
    run_programs(host, "spin", "spin", "spin", "sleep")


def run_guest(host):
    """A guest with two CPUs that compute, beside machines that do nothing else, and one that sleeps."""
    run_programs(host, "spin", "sleep")
    guest = host.linux(cpus=2).login()
    guest.run("for cpu in 0 1; do while :; do :; done & done")
    return guest


@on_host(fresh=True, seconds=60)
def kexec_with_running_machines_gives_the_next_kernel_a_clean_el2(host):
    next_kernel(host)
    run_all(host)
    boot_another(host, "next_kernel -e")
    host.run("grep -qw nextkernel /proc/cmdline")
    expect_clean_el2(host)


@on_host(fresh=True, append=CRASH_MEMORY, seconds=60)
def a_crash_with_running_machines_gives_the_crash_kernel_a_clean_el2(host):
    next_kernel(host, "-p", "nr_cpus=1")
    run_all(host)
    boot_another(host, "sh -c 'echo c > /proc/sysrq-trigger'")
    host.run("grep -qw nextkernel /proc/cmdline")
    expect_clean_el2(host)


@on_host(fresh=True, qemu_args="-action reboot=reset", seconds=60)
def a_reboot_with_running_machines_gives_the_next_kernel_a_clean_el2(host):
    run_all(host)
    host.run("touch /run/before")
    boot_another(host, "reboot -f")
    host.run("[ ! -e /run/before ]")
    expect_clean_el2(host)


# What a guest's kernel says when something of its machine was not as it had been
BROKEN = "Internal error|Unable to handle|nobody cared|I/O error|Bad mode"


def expect_all_go_on(host, guest):
    """The guest answers; the others still are where they were; and all of them end. That time has passed, in which it did not
    run, a guest may say (a stall of RCU), as nobody tells it why; it says so on the console, between what the command prints."""
    wrong = [line for line in guest.run(f"dmesg | grep -E '{BROKEN}' || true").lines if re.search(BROKEN, line)]
    if wrong:
        raise Failure(f"the guest's log: {wrong}")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("for vm in spin0 sleep1; do bhyvectl --list | grep -q \"^$vm .*running\" || exit 1; done; "
             "for vm in spin0 sleep1 vm0; do bhyvectl --vm=$vm --destroy || exit 1; done")
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host(disks=1, fresh=True, seconds=60)
def machines_go_on_after_the_host_was_suspended(host):
    """Each phase of a suspend on its own, then all of it, until the clock's alarm. What the host has by 9p is gone then: a fresh boot."""
    guest = run_guest(host)
    host.run("echo 0 > /sys/module/suspend/parameters/pm_test_delay")
    for phase in ("freezer", "devices", "platform"):
        host.run(f"echo {phase} > /sys/power/pm_test && echo mem > /sys/power/state")
    host.run("echo none > /sys/power/pm_test && echo +10 > /sys/class/rtc/rtc0/wakealarm && echo mem > /sys/power/state")
    expect_all_go_on(host, guest)


def prepare_to_hibernate(host):
    host.run("mkswap /dev/vdb && swapon /dev/vdb && umount /guest /mnt/pc && echo 0 > /sys/power/image_size")


@on_host(disks=2, fresh=True, qemu_args="-action reboot=reset", seconds=60)
def machines_go_on_after_the_host_hibernated_and_booted(host):
    guest = run_guest(host)
    prepare_to_hibernate(host)
    # The kernel that comes back has its shells where they were: those of bhyve, of the job, and idle ones.
    _, *idle, last = host.free_shells  # the first will have the job
    job = boot_another(host, "sh -c 'echo reboot > /sys/power/disk && echo disk > /sys/power/state'")
    host.free_shells = idle
    last.begin("umount /guest /mnt/pc; cat /sys/block/vdb/dev > /sys/power/resume")
    expect_equal(job.wait(BOOT).status, 0, "status of the write that hibernated")
    expect_all_go_on(host, guest)
