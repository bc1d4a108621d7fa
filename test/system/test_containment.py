# SPDX-License-Identifier: BSD-2-Clause
"""Nothing of one virtual machine, or of the host, is in registers that another one reads (doc/security.md)."""
import re
import shlex

from bare_metal import finish, start
from cases import on_host
from harness import BOOT, Failure, expect_equal

# Host CPUs, and what the host's kernel is told so that the driver can be loaded there
CPUS = {
    "cortex-a53": "",
    "cortex-a57": "",
    "cortex-a72": "",
    "cortex-a76": "id_aa64mmfr1.vh=0",
    "neoverse-n1": "id_aa64mmfr1.vh=0",
    "max,pauth-impdef=on": "id_aa64mmfr1.vh=0",
}
REGISTER = re.compile(r"^(S\d_\d_c\d+_c\d+_\d)=([0-9a-f]+)\r?$", re.M)


def registers(host, name):
    """What a new virtual machine finds in the registers that it can read."""
    guest = start(host, "sysregs", 1, name=name, options="-o cmdline=list")
    finish(guest)
    found = dict(REGISTER.findall(guest.console.history))
    if len(found) < 100:
        raise Failure(f"only {len(found)} registers can be read")
    return found


def write_all(host):
    finish(start(host, "sysregs", 1, name="writer", options="-o cmdline=write"))


def expect_no_kernel_address(found):
    """The host's kernel is at the top of the address space; nothing of a guest is."""
    leaked = [f"{name}={value}" for name, value in found.items() if value.startswith("ffff") and len(value) == 16]
    if leaked:
        raise Failure(f"the host's kernel can be seen in {leaked}")


def registers_on(cpu, append, name=None, module=__name__):
    def test(host):
        host.load_vmm()
        before = registers(host, "reader")
        expect_no_kernel_address(before)
        write_all(host)
        after = registers(host, "reader")
        changed = [f"{name}: {before.get(name)} is {after.get(name)}" for name in sorted({*before, *after})
                   if before.get(name) != after.get(name)]
        if changed:
            raise Failure(f"registers have what another machine has written: {changed}")
    test.__module__ = module
    test.__name__ = name or f"containment_of_system_registers_on_{cpu.split(',')[0].replace('-', '_')}"
    # One CPU: what one machine leaves, the next one finds
    on_host(smp=1, cpu=cpu, append=append, seconds=20)(test)


for _cpu, _append in CPUS.items():
    registers_on(_cpu, _append)


# Who owns a virtual machine, and how much of them a user may have. The host has the users root, "user" and "nobody".


def user(command):
    return f"su user -c {shlex.quote(command)}"


def other(command):
    return f"su -s /bin/sh nobody -c {shlex.quote(command)}"


def refused(host, command, says, status=1):
    result = host.run(command, check=False)
    if result.status != status or not re.search(says, result.output):
        raise Failure(f"{command}: status {result.status}, said {result.output!r}, not {says!r}")


@on_host()
def containment_of_users_who_neither_open_nor_destroy_what_is_anothers(host):
    host.load_vmm()
    # As for members of one group, and with the files' own modes out of the way: the driver itself looks who comes.
    host.run(f"chmod 666 /dev/vmmctl && {user('bhyvectl --vm=mine --create')} && bhyvectl --vm=roots --create && "
             "chmod 666 /dev/vmm/mine /dev/vmm/roots")
    try:
        for who, name in ((other, "mine"), (other, "roots"), (user, "roots")):
            refused(host, who(f"bhyvectl --vm={name} --get-active-cpus"), "belongs to another user")
            refused(host, who(f"bhyvectl --vm={name} --destroy"), "belongs to another user")
            refused(host, who(f"bhyvectl --vm={name} --create"), "exists")
            refused(host, who(f"bhyve -m 16M -o kernel=/guest/Image {name}"), "belongs to another user", 4)
        assert sorted(host.vms()) == ["mine", "roots"], host.vms()
        lines = host.run(user("bhyvectl --list")).lines
        assert any(re.match(r"mine .* loading .* user$", line) for line in lines), lines
        assert any(re.match(r"roots .* private .* root$", line) for line in lines), lines
        host.run(f"{user('bhyvectl --vm=mine --get-active-cpus --destroy')} && {other('bhyvectl --vm=mine --create')} && "
                 "bhyvectl --vm=mine --get-active-cpus --destroy")
    finally:
        host.run("bhyvectl --vm=mine --destroy; bhyvectl --vm=roots --destroy; chmod 600 /dev/vmmctl", check=False)


@on_host()
def containment_of_a_users_virtual_machines_cpus_and_memory(host):
    host.load_vmm()
    folder = "/sys/module/vmm/parameters"
    host.run(f"chmod 666 /dev/vmmctl; cd {folder}; cat max_user_vms max_user_vcpus max_user_memory > /run/limits; "
             "echo 2 > max_user_vms; echo 3 > max_user_vcpus; echo 100 > max_user_memory")
    create, destroy = "bhyvectl --vm={} --create --set-mem={}M", "bhyvectl --vm={} --destroy"
    try:
        host.run(user(create.format("one", 60)))
        refused(host, user(create.format("two", 42)), "100 MiB.*max_user_memory")
        refused(host, user("bhyvectl --vm=three --create"), "2 virtual machines.*max_user_vms")
        host.run(user(destroy.format("two")))
        refused(host, user("bhyve -m 40M -c 4 -o kernel=/guest/Image two"), "3 vCPUs.*max_user_vcpus", 4)
        # What another user has, and root, is his own affair
        host.run(other(create.format("others", 60)))
        host.run("for i in 1 2 3; do bhyvectl --vm=root$i --create --set-mem=60M || exit 1; done")
        # What is destroyed counts until nobody has it open any more
        host.run(f"exec 5<> /dev/vmm/one; {user(destroy.format('one'))} && ! {user(create.format('two', 60))} && "
                 f"{user(destroy.format('two'))} && exec 5>&- && {user(create.format('two', 100))}")
    finally:
        host.run("for vm in $(ls /dev/vmm); do bhyvectl --vm=$vm --destroy; done; chmod 600 /dev/vmmctl; "
                 f"for name in max_user_vms max_user_vcpus max_user_memory; do read -r limit && echo $limit > {folder}/$name; "
                 "done < /run/limits", check=False)


# Memory has an owner: that of a guest goes with its process, and the host lives.
SMALL = {"memory": "1G", "disks": 1, "fresh": True, "seconds": 60}
KILLED = re.compile(r"Killed process \d+ \((\S+)\)")


def available(host):
    """MiB."""
    return int(host.run("awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo").output)


def victims(host):
    """The names of processes that the host's OOM killer has ended since the last call; its lines are no errors of the host."""
    killed = KILLED.findall(host.run("dmesg").output)
    before, host.seen_victims = getattr(host, "seen_victims", 0), len(killed)
    host.dmesg_errors()
    return killed[before:]


def fill(guest):
    guest.send("mount -t tmpfs -o size=99% none /mnt; dd if=/dev/zero of=/mnt/all bs=1M; dd if=/dev/zero of=/dev/shm/all bs=1M\n")


def ends_without_memory(host, guest):
    """bhyve says why, or the kernel's log does; nobody else is ended, and no memory is gone."""
    status = guest.wait(4 * BOOT)
    killed = victims(host)
    if status == 4:
        assert "no memory left for the guest" in guest.stderr() and not killed, (guest.stderr(), killed)
    else:
        expect_equal((status, killed), (128 + 9, ["bhyve"]), "bhyve's exit status, and who was killed")
    expect_equal(host.vms(), [], "virtual machines left")


@on_host(**SMALL)
def containment_of_a_guest_that_fills_all_memory_of_its_host(host):
    host.load_vmm()
    before = available(host)
    guest = host.linux(memory="900M").login()
    fill(guest)
    ends_without_memory(host, guest)
    if available(host) < before - 64:
        raise Failure(f"of {before} MiB {available(host)} are available afterwards")
    # All at once is refused, not tried
    refused(host, "bhyve -S -m 900M -o kernel=/guest/Image vm0", "has [0-9]+M of memory available now.*smaller -m", 4)
    refused(host, "bhyve -m 9000M -o kernel=/guest/Image vm0", "the host does not have that much memory", 4)
    expect_equal(host.vms(), [], "virtual machines left")


@on_host(**SMALL)
def containment_of_memory_that_no_process_has(host):
    host.load_vmm()
    # Two that are to stay, and then a process that wants what they have
    host.run("for i in 1 2; do bhyveload -S -m 250M -k /guest/Image stays$i || exit 1; done; mkdir -p /run/all; "
             "mount -t tmpfs -o size=99% none /run/all")
    wanted = available(host) + 150
    host.run(f"dd if=/dev/zero of=/run/all/file bs=1M count={wanted}", timeout=4 * BOOT)
    expect_equal((len(host.vms()), victims(host)), (1, []), "virtual machines left, and who was killed")
    log = host.run("dmesg").output
    assert re.search(r"vmm: stays\d: the host is out of memory and no process has it open: destroyed, 250 MiB", log), log[-3000:]
    host.run("for vm in $(ls /dev/vmm); do bhyvectl --vm=$vm --destroy; done")


@on_host(**SMALL)
def containment_of_a_memory_cgroup(host):
    host.load_vmm()
    group = "/sys/fs/cgroup/small"
    host.run(f"grep -q cgroup2 /proc/mounts || mount -t cgroup2 none /sys/fs/cgroup; mkdir {group}; "
             f"echo +memory > /sys/fs/cgroup/cgroup.subtree_control; mkdir -p {group} && echo 160M > {group}/memory.max")
    before = available(host)
    for _ in range(2):
        host.run(f"mkdir -p /run/bin; printf '#!/bin/sh\\necho $$ > {group}/cgroup.procs; exec /usr/bin/bhyve \"$@\"\\n' > /run/bin/bhyve; "
                 "chmod 755 /run/bin/bhyve")
        guest = host.linux(memory="256M", command="/run/bin/bhyve").login()
        assert "memory cgroup of this process allows 160M" in guest.stderr(), guest.stderr()
        fill(guest)
        ends_without_memory(host, guest)
    if available(host) < before - 64:
        raise Failure(f"of {before} MiB {available(host)} are available afterwards")
