# SPDX-License-Identifier: BSD-2-Clause
"""Nothing of one virtual machine, or of the host, is in registers that another one reads (doc/security.md)."""
import re

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
