# SPDX-License-Identifier: BSD-2-Clause
"""Performance monitors of guests, and of the host beside them."""
from bare_metal import finish, start
from cases import on_host
from harness import Failure, expect_equal


def cycles(output):
    """What count_cycles has printed."""
    words = dict(line.split(": ") for line in output.splitlines())
    if int(words["cycles"]) == 0 or int(words["samples"]) < 10:
        raise Failure(f"count_cycles says:\n{output}")
    return int(words["cycles"])


@on_host(disks=1)
def perf_counts_in_a_guest_and_on_the_host_beside_it(host):
    host.load_vmm()
    cycles(host.run("count_cycles").output)
    host.run("dd if=/usr/bin/count_cycles of=/tmp/program bs=512 conv=sync")
    guest = host.linux(cpus=2, devices=["virtio-blk,/tmp/program,ro"]).login()
    guest.run("dmesg | grep -q 'hw perfevents: enabled with armv8_pmuv3'")
    guest.run("cat /dev/vdb > /run/count_cycles && chmod +x /run/count_cycles")
    cycles(guest.run("/run/count_cycles", timeout=120).output)
    # Both at once: each has its own
    beside = host.start("count_cycles")
    cycles(guest.run("/run/count_cycles", timeout=120).output)
    cycles(beside.wait().output)
    assert int(guest.run("awk '/arm-pmu/ { print $2 + $3 }' /proc/interrupts").output) > 0
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    cycles(host.run("count_cycles").output)
    host.run("bhyvectl --vm=vm0 --destroy; rm /tmp/program")


@on_host()
def a_bare_metal_guest_is_offered_monitors_unless_they_are_off(host):
    host.load_vmm()
    guest = start(host, "pmu", 2)
    assert finish(guest) > 0 and "SKIP" not in guest.console.history, guest.console.history
    guest = start(host, "pmu", 2, name="without", options="-o pmu=off")
    finish(guest)
    assert guest.console.history.count("SKIP the CPU has no performance monitors") == 7, guest.console.history


@on_host(cpu="cortex-a53,pmu=off")
def a_host_without_monitors_says_so_when_they_are_asked_for(host):
    host.load_vmm()
    guest = start(host, "pmu", 1)
    finish(guest)
    assert "SKIP the CPU has no performance monitors" in guest.console.history
    said = host.run("bhyve -m 64M -o pmu=on -o console=null -o kernel=/guest/conformance/pmu.img vm0", check=False)
    assert said.status == 4 and "pmu=on: this host has no performance monitors for guests; leave it out" in said.output, said.output
