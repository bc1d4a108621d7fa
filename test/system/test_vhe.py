# SPDX-License-Identifier: BSD-2-Clause
"""Hosts whose kernel runs at EL2 itself (VHE), with no boot parameter."""
from bare_metal import finish, start
from cases import on_host
from gdbstub import CPSR, PAN, PC, Stub, symbol
from harness import expect_equal
from test_containment import registers_on
from test_driver import (a_cpu_goes_off_and_on_line_with_the_driver_loaded, driver_loads_with_a_cpu_off_line_and_takes_it_later,
                         kvm_works_before_loading_and_after_unloading,
                         loading_is_refused_while_kvm_has_a_virtual_machine_which_lives_on)

HOST = {"cpu": "neoverse-n1", "disks": 1}


def on_vhe(function, name=None, **config):
    def test(host):
        function(host)
    test.__module__ = __name__
    test.__name__ = name or f"{function.__name__}_on_vhe"
    on_host(**HOST, **config)(test)


@on_host(**HOST)
def the_kernel_is_at_el2_and_keeps_it(host):
    host.run("dmesg | grep -q 'VHE mode initialized' && ! grep -q vh=0 /proc/cmdline")
    host.load_vmm()


for _function in (kvm_works_before_loading_and_after_unloading, loading_is_refused_while_kvm_has_a_virtual_machine_which_lives_on,
                  a_cpu_goes_off_and_on_line_with_the_driver_loaded, driver_loads_with_a_cpu_off_line_and_takes_it_later):
    on_vhe(_function)


@on_host(**HOST)
def a_vcpu_of_kvm_that_runs_without_an_open_file_keeps_the_driver_out(host):
    host.run("[ ! -e /dev/vmmctl ] || rmmod vmm; mkfifo /run/closed")
    holder = host.start("sh -c 'exec kvm_smoke closed < /run/closed > /run/closer'")
    host.run("exec 9> /run/closed; until grep -q works /run/closer; do usleep 10000; done; "
             "! modprobe vmm && [ ! -e /dev/vmmctl ]")
    assert any("KVM has a virtual machine" in line for line in host.dmesg_errors())
    holder.wait()
    host.load_vmm()


def conforms(image, cpus):
    def test(host):
        host.load_vmm()
        finish(start(host, image, cpus))
    on_vhe(test, f"{image}_conforms_with_{cpus}_vcpus_on_vhe")


for _image in ("gic", "timer", "pmu", "psci", "exceptions", "mmio", "state", "cache", "stage2"):
    conforms(_image, 2)
conforms("gic", 4)
conforms("state", 16)


@on_host(**HOST, seconds=30)
def linux_guests_run_side_by_side_on_vhe(host):
    """More vCPUs than CPUs, while the host computes, too, and a machine is killed beside them."""
    host.load_vmm()
    work = host.start("sh -c 'while [ ! -e /run/enough ]; do :; done'")
    host.bhyve("killed", "-c 2 -m 64M -o console=null -o kernel=/guest/conformance/gic.img").kill()
    guest = host.linux(cpus=4).login()
    expect_equal(guest.run("nproc").output, "4", "nproc")
    guest.run("for i in 1 2 3 4; do dd if=/dev/urandom bs=64k count=5 2>/dev/null | sha256sum; done")
    expect_equal(guest.dmesg_errors(), [], "errors in the guest's log")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("touch /run/enough; bhyvectl --vm=vm0 --destroy")
    work.wait()


@on_host(**HOST, fresh=True)
def a_fault_at_el2_ends_that_machine_alone(host):
    """The world switch of one of two machines goes on at an address where nothing is."""
    host.load_vmm()
    guest_sync = symbol(host, "guest_sync")
    broken = start(host, "gic", 2, name="broken")
    with Stub(host) as stub:
        stub.stop_at(guest_sync)
        stub.write(PC, 0x1000)
        stub.go_on()
    expect_equal(broken.wait(), 4, "bhyve's exit status")
    said = "\n".join(host.dmesg_errors())
    for words in ("fault at EL2 on CPU", "instruction abort", "elr 0000000000001000", "block + 0x3"):
        assert words in said, said
    finish(start(host, "gic", 2, name="other"))
    host.run("bhyvectl --vm=broken --destroy")
    host.unload_vmm()
    host.run("kvm_smoke")


@on_host(**HOST, fresh=True)
def the_host_has_its_own_pstate_after_an_exit(host):
    """PAN is clear in the conformance guests, and an exit leaves it in PSTATE."""
    host.load_vmm()
    guest_sync, vcpu_exit = symbol(host, "guest_sync"), symbol(host, "vcpu_exit")
    guest = start(host, "mmio", 1)
    with Stub(host) as stub:
        stub.stop_at(guest_sync)
        inside = stub.read(CPSR)
        stub.stop_at(vcpu_exit)
        outside = stub.read(CPSR)
        stub.go_on()
    assert not inside & PAN, f"the guest's PSTATE is {inside:x}"
    assert outside & PAN, f"the host's PSTATE is {outside:x}"
    finish(guest)


for _cpu in ("cortex-a76", "neoverse-n1"):
    registers_on(_cpu, "", f"containment_of_system_registers_on_{_cpu.replace('-', '_')}_with_vhe", __name__)
