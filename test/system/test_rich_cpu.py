# SPDX-License-Identifier: BSD-2-Clause
"""Hosts whose CPUs have more than ARMv8.0: what the host uses of it stays as it is, with no boot parameter."""
import re

from bare_metal import finish, start
from cases import on_host
from harness import Failure, expect_equal
from test_containment import registers_on
from test_guest32 import a_32_bit_guest_with_2_vcpus_uses_all_devices

# The emulator has all extensions there, and takes long for the architecture's own algorithm of pointer authentication.
CPU = "max,pauth-impdef=on"
MAX = {"cpu": CPU, "disks": 1}
# A host of these CPUs whose kernel is at EL1
AT_EL1 = {**MAX, "append": "id_aa64mmfr1.vh=0"}


def keeps_vectors(host):
    """A process on each CPU has SVE's registers, and SME's if the kernel has it, in use while guests compute beside it."""
    host.load_vmm()
    host.run("rm -f /run/enough")
    guest = host.linux(cpus=2).login()
    keepers = [host.start("vectors /run/enough") for _ in range(host.smp)]
    guest.run("for i in 1 2; do awk 'BEGIN { for (i = 1; i < 10000; i++) s += sqrt(i) / 3.7; print s }' & done; wait", timeout=60)
    finish(start(host, "state", 2))
    host.run("touch /run/enough")
    for keeper in keepers:
        result = keeper.wait()
        if result.status or int(re.search(r"rounds: (\d+)", result.output)[1]) < 10:
            raise Failure(f"vectors says, with status {result.status}:\n{result.output}")
    expect_equal(guest.dmesg_errors(), [], "errors in the guest's log")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


@on_host(**MAX, seconds=60)
def processes_keep_their_scalable_vectors_beside_guests(host):
    keeps_vectors(host)


@on_host(**AT_EL1, seconds=60)
def processes_keep_their_scalable_vectors_beside_guests_of_a_host_at_el1(host):
    keeps_vectors(host)


def conforms(image, cpus, config, name):
    def test(host):
        host.load_vmm()
        finish(start(host, image, cpus))
        host.unload_vmm()
        host.run("kvm_smoke")
    test.__module__ = __name__
    test.__name__ = name
    on_host(**config)(test)


# "exceptions" wants ARMv8.0's: with SVE and FEAT_IDST, some instructions have syndromes of their own, which nobody can hide.
for _image in ("gic", "state"):
    conforms(_image, 2, MAX, f"{_image}_conforms_on_all_that_the_emulator_has")
    conforms(_image, 2, AT_EL1, f"{_image}_conforms_on_all_that_the_emulator_has_of_a_host_at_el1")
registers_on(CPU, "", "containment_of_system_registers_on_max_with_vhe", __name__)


@on_host(cpu=CPU, disks=2, seconds=60)
def a_32_bit_guest_uses_all_devices_on_a_host_at_el2(host):
    a_32_bit_guest_with_2_vcpus_uses_all_devices(host)
