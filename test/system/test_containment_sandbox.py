# SPDX-License-Identifier: BSD-2-Clause
"""A bhyve that its guest has taken over gets out of its sandbox by no way that we know (doc/security.md)."""
from cases import on_host
from harness import Failure, expect_equal

HOST = {"disks": 3}
ESCAPES = 16
NOBODY = "65534"


@on_host(**HOST)
def containment_of_a_bhyve_that_is_taken_over(host):
    host.load_vmm()
    host.run("bhyveload -m 64M -k /guest/Image victim")
    host.run("echo there > /tmp/escape.file; echo secret > /tmp/escape.secret; chmod 666 /tmp/escape.*; sleep 1000 & echo $! > /tmp/other")
    before = host.run("cat /proc/sys/kernel/core_pattern").output
    for thread in "loop", "network", "vcpu":
        found = host.run(f"escape {thread} $(cat /tmp/other)", check=False)
        done = [line for line in found.lines if line.endswith(": DONE")]
        if found.status or done or len(found.lines) < ESCAPES:
            raise Failure(f"{thread}: {done or found.output}")
    expect_equal(host.run("cat /proc/sys/kernel/core_pattern").output, before, "core_pattern")
    expect_equal(host.vms(), ["victim"], "virtual machines")
    expect_equal(host.run("cat /tmp/escape.file; ls -d /tmp/escape.*").lines,
                 ["there", "/tmp/escape.file", "/tmp/escape.secret"], "files")
    host.run("kill $(cat /tmp/other); rm /tmp/escape.* /tmp/other; bhyvectl --vm=victim --destroy")


def fields(host, pid, thread):
    lines = host.run(f"cat /proc/{pid}/task/{thread}/status").lines
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@on_host(**HOST)
def containment_of_each_thread_of_a_bhyve_of_root(host):
    host.load_vmm()
    guest = host.linux(cpus=2).login()
    pid = guest.job.pid()
    threads = host.run(f"ls /proc/{pid}/task").output.split()
    found = {thread: fields(host, pid, thread) for thread in threads}
    # io_uring's workers, which are the kernel's, have no filter of their own and no way to user space
    found = {thread: status for thread, status in found.items() if not status["Name"].startswith("iou-")}
    filters = {status["Name"]: status["Seccomp_filters"] for status in found.values()}
    expect_equal(filters, {"bhyve": "1", "vcpu 0": "2", "vcpu 1": "2"}, "filters of each thread")
    for status in found.values():
        expect_equal(status["Uid"].split(), [NOBODY] * 4, "user")
        expect_equal(status["Gid"].split(), [NOBODY] * 4, "group")
        expect_equal(status["Groups"].split(), [], "groups")
        expect_equal((status["CapEff"], status["CapPrm"], status["NoNewPrivs"]), ("0" * 16, "0" * 16, "1"), "rights")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**HOST)
def containment_is_left_out_where_that_is_asked_for_and_said(host):
    host.load_vmm()
    guest = host.linux(options="-o sandbox=off").login()
    if "without a sandbox" not in guest.stderr():
        raise Failure(f"nothing is said of it: {guest.stderr()}")
    pid = guest.job.pid()
    expect_equal(host.run(f"grep -c 'Seccomp:.0' /proc/{pid}/status").output, "1", "without seccomp")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")
    found = host.run("bhyve -m 64M -o user=no-such-user -o console=null -o kernel=/guest/Image none", check=False)
    assert found.status == 4 and "no such user" in found.output, found.output
    expect_equal(host.vms(), [], "virtual machines")
