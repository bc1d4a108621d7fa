# SPDX-License-Identifier: BSD-2-Clause
"""Nothing of one virtual machine, or of the host, is in registers that another one reads (doc/security.md)."""
import re
import shlex

from bare_metal import finish, start
from cases import on_host
from harness import Failure

# Host CPUs, and what the host's kernel is told so that the driver can be loaded there
CPUS = {
    "cortex-a53": "",
    "cortex-a57": "",
    "cortex-a72": "",
    "cortex-a76": "id_aa64mmfr1.vh=0",
    "neoverse-n1": "id_aa64mmfr1.vh=0",
    "max": "id_aa64mmfr1.vh=0 arm64.nosve arm64.nosme",
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


def registers_on(cpu, append):
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
    test.__module__ = __name__
    test.__name__ = f"containment_of_system_registers_on_{cpu.replace('-', '_')}"
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
