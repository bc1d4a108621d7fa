# SPDX-License-Identifier: BSD-2-Clause
"""vmm.ko: takes EL2 on a stock kernel, gives it back, and refuses where it is not to be had."""
import re

from bare_metal import finish, start
from cases import on_host
from harness import Failure, expect_equal


def steps(host):
    return [line.split("vmm: ", 1)[1] for line in host.run("dmesg").lines if "vmm: " in line]


@on_host()
def loading_prints_numbered_lines_from_start_to_stop(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    before = len(steps(host))
    host.run("modprobe vmm")
    said = [line for line in steps(host)[before:] if line.startswith(("START", "[", "STOP"))]
    assert said[0].startswith("START"), said
    assert said[-1].startswith("STOP: ready"), said
    count = len(said) - 2
    assert [line.split("]")[0] for line in said[1:-1]] == [f"[{i + 1}/{count}" for i in range(count)], said


@on_host()
def kvm_works_before_loading_and_after_unloading(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    for _ in range(3):
        assert host.run("kvm_smoke", check=False).status == 0, "KVM does not work without vmm"
        host.load_vmm()
        assert host.run("kvm_smoke", check=False).status == 2, "KVM is not kept out while vmm is loaded"
        host.unload_vmm()
    host.run("kvm_smoke")


@on_host()
def loading_is_refused_while_kvm_has_a_virtual_machine_which_lives_on(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm; mkfifo /run/hold")
    holder = host.start("sh -c 'exec kvm_smoke hold < /run/hold > /run/holder'")
    host.run("exec 9> /run/hold; until grep -q works /run/holder; do usleep 10000; done; "
             "! modprobe vmm && [ ! -e /dev/vmmctl ]")
    reason = "cannot take EL2: KVM has a virtual machine; stop it first"
    assert any(reason in line for line in steps(host)), steps(host)
    expect_equal(holder.wait().status, 0, "status of KVM's virtual machine")
    host.dmesg_errors()
    host.run("kvm_smoke")
    host.load_vmm()
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host(seconds=60)
def loading_and_virtual_machines_of_kvm_exclude_each_other_at_any_moment(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    # EIO in place of EBUSY: KVM was past the first of its functions when the driver came.
    machines = host.start("sh -c 'while [ ! -e /run/enough ]; do kvm_smoke; case $? in 0) echo worked;; 2) echo busy;; esac; "
                          "done > /run/machines 2>&1'")
    host.run("for i in $(seq 25); do until modprobe vmm 2> /dev/null; do :; done; rmmod vmm || exit 1; done", timeout=600)
    host.run("touch /run/enough")
    machines.wait()
    said = set(host.run("sort -u /run/machines").lines)
    known = {"worked", "busy", "kvm_smoke: KVM works", "kvm_smoke: KVM_CREATE_VM: Device or resource busy",
             "kvm_smoke: KVM_CREATE_VM: Input/output error",
             # Where the kernel itself is at EL2: it was made, and no process had it yet, when the driver looked.
             "kvm_smoke: KVM_RUN: Device or resource busy"}
    assert said <= known, said - known
    other = [line for line in host.dmesg_errors() if "KVM has a virtual machine" not in line and "not loaded" not in line
             and "has it" not in line]
    assert not other, other
    host.run("kvm_smoke")
    host.load_vmm()
    host.unload_vmm()


# Instructions from a timer's expiry to the guest's handler; it takes some 400. The host's tick is millions away.
TIMELY = 20000


def timer_lateness(host, cpu):
    output = host.run(f"taskset {1 << cpu:x} bhyve -D -c 1 -m 64M -o console=stdio -o kernel=/run/bench.img "
                      f"-o cmdline=bench=interrupts late < /dev/null; true", timeout=600).output
    found = re.search(r"^bench timer-running \d+ \d+ (\d+)", output, re.M)
    if not found:
        raise Failure(f"the guest measured nothing:\n{output}")
    return int(found[1])


@on_host(shells=4, guests=1, qemu_args="-icount shift=0,sleep=off", seconds=120)
def virtual_timers_come_on_time_on_every_cpu(host):
    """The clock of this host counts instructions, so that what else this PC does has no part in the figure."""
    host.run("cp /guest/conformance/bench.img /run; [ ! -e /dev/vmmctl ] || rmmod vmm")
    host.load_vmm()
    late = {f"CPU {cpu}": timer_lateness(host, cpu) for cpu in (0, 1)}
    host.run("echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online")
    late["CPU 1, which was off line"] = timer_lateness(host, 1)
    host.unload_vmm()
    print(f"     {late}", flush=True)
    if max(late.values()) > TIMELY:
        raise Failure(f"a guest's timer came late, by instructions: {late}")


@on_host()
def driver_loads_and_unloads_fifty_times(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    host.run("for i in $(seq 50); do modprobe vmm && rmmod vmm || exit 1; done", timeout=300)


@on_host()
def rmmod_refuses_while_a_virtual_machine_exists(host):
    host.load_vmm()
    host.run("bhyvectl --vm=keeps --create")
    refusal = host.run("rmmod vmm", check=False)
    host.run("bhyvectl --vm=keeps --destroy")
    if refusal.status == 0:
        raise Failure("rmmod took the driver from under a virtual machine")
    host.unload_vmm()


@on_host()
def a_cpu_goes_off_and_on_line_with_the_driver_loaded(host):
    host.load_vmm()
    for _ in range(5):
        host.run("echo 0 > /sys/devices/system/cpu/cpu1/online && echo 1 > /sys/devices/system/cpu/cpu1/online")
    assert host.run("nproc").output == "2"
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host()
def driver_loads_with_a_cpu_off_line_and_takes_it_later(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm")
    host.run("echo 0 > /sys/devices/system/cpu/cpu1/online; modprobe vmm; echo 1 > /sys/devices/system/cpu/cpu1/online")
    host.unload_vmm()
    host.run("kvm_smoke")


def expect_refused(host, *reasons):
    """The driver is refused, and each reason is in the log, and in the error of who asks for the driver."""
    assert host.run("modprobe vmm", check=False).status != 0
    told = host.run("bhyvectl --vm=none --create", check=False).output
    for reason in reasons:
        assert any(reason in line for line in steps(host)), steps(host)
        assert reason in told, told
    host.dmesg_errors()


@on_host(machine="virt,gic-version=3")
def a_host_booted_at_el1_is_refused_with_the_reason(host):
    expect_refused(host, "cannot take EL2: the kernel was booted at EL1")


@on_host(machine="virt,gic-version=2", append="kvm-arm.mode=none")
def a_host_is_refused_with_all_that_is_in_the_way_at_once(host):
    expect_refused(host, "cannot take EL2: the kernel was booted at EL1", "GICv3")


@on_host(append="kvm-arm.mode=protected")
def a_host_whose_kvm_is_in_protected_mode_is_refused_with_the_parameter_that_helps(host):
    expect_refused(host, "boot without kvm-arm.mode=protected")
    host.run("kvm_smoke")


@on_host(machine="virt,virtualization=on,gic-version=2")
def a_host_without_gicv3_is_refused_with_the_reason(host):
    expect_refused(host, "GICv3")


@on_host(append="kvm-arm.mode=none")
def a_host_without_kvm_is_taken_too(host):
    host.load_vmm()
    host.unload_vmm()
    host.load_vmm()


@on_host()
def a_thousand_virtual_machines_leave_no_memory_behind(host):
    host.load_vmm()
    free = "sync; echo 3 > /proc/sys/vm/drop_caches; awk '/MemFree/ { print $2 }' /proc/meminfo"
    host.run("vmchurn leak 200 8", timeout=300)
    # The kernel keeps some MiB of free pages in lists of its own, now more and now less. A leak of one page a round is 4000
    # KiB every time.
    for _ in range(4):
        before = int(host.run(free).output)
        host.run("vmchurn leak 1000 8", timeout=900)
        gone = before - int(host.run(free).output)
        if gone < 2000:
            return
    raise Failure(f"{gone} KiB are gone after the last 1000 rounds, and not less after those before")


@on_host()
def tools_create_and_destroy_a_hundred_virtual_machines(host):
    host.load_vmm()
    host.run("for i in $(seq 100); do bhyvectl --vm=many$i --create || exit 1; done", timeout=300)
    expect_equal(len(host.vms()), 100, "virtual machines in /dev/vmm")
    expect_equal(len(host.run("bhyvectl --list").lines), 101, "lines of bhyvectl --list")
    host.run("for i in $(seq 100); do bhyvectl --vm=many$i --destroy || exit 1; done", timeout=300)


@on_host()
def every_ioctl_does_what_it_says_and_refuses_what_is_wrong(host):
    host.load_vmm()
    # A thread that is registered for restartable sequences leaves VMM_RUN for a moment whenever it was preempted, which is
    # right, but a runner that is expected to be inside would not be.
    result = host.run("GLIBC_TUNABLES=glibc.pthread.rseq=0 ioctl_smoke", check=False, timeout=600)
    if result.status != 0:
        raise Failure(result.output)
