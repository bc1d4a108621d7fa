# SPDX-License-Identifier: BSD-2-Clause
"""More vCPUs than the host has CPUs, which have other work besides."""
import contextlib

from bare_metal import finish, start
from cases import on_host
from harness import Failure, expect_equal

VCPUS = 16
# What guest/ipi numbers and sends. 16 vCPUs have always somebody awake; two sleep at the same time, and then an emulated CPU does,
# too, which a busy PC wakes at its leisure.
IPIS = 10_000
IPIS_OF_TWO = 3_000


@contextlib.contextmanager
def busy_cpus(host, count=2):
    """Threads of the host that want the CPUs as well."""
    jobs = [host.start("sh -c 'while :; do :; done'") for _ in range(count)]
    try:
        yield
    finally:
        for job in jobs:
            job.stop()


@on_host(seconds=45)
def each_ipi_between_16_vcpus_on_2_busy_cpus_is_taken_once(host):
    host.load_vmm()
    with busy_cpus(host):
        finish(start(host, "ipi", VCPUS, options=f"-o cmdline=ipis={IPIS}"))


@on_host(seconds=20)
def each_ipi_between_2_vcpus_on_2_cpus_is_taken_once(host):
    host.load_vmm()
    finish(start(host, "ipi", 2, options=f"-o cmdline=ipis={IPIS_OF_TWO}"))


@on_host(seconds=40, disks=1)
def a_guest_is_told_what_time_others_had_its_cpus(host):
    host.load_vmm()
    guest = host.linux(cpus=2).login()
    if "using stolen time PV" not in guest.run("dmesg").output:
        raise Failure("the guest's kernel does not use stolen time")
    steal = "awk '/^cpu / { print $9 }' /proc/stat"
    with busy_cpus(host):
        # Until a fifth of a second of it has come, in ticks of 10 ms: two spinning vCPUs share two CPUs with two others.
        guest.run(f"for i in 1 2; do while :; do :; done & busy=\"$busy $!\"; done; before=$({steal})\n"
                  f"until [ $(($({steal}) - before)) -ge 20 ]; do :; done; kill $busy")
    told = int(host.run("bhyvectl --vm=vm0 --cpu=0 --get-stolen-time | grep -o '0x[0-9a-f]*'").output, 0)
    if told == 0:
        raise Failure("the driver has counted no time that was stolen from vCPU 0")
    expect_equal(guest.poweroff(), 1, "bhyve's exit status")
    host.run("bhyvectl --vm=vm0 --destroy")


# b . at EL1: a loop without WFE, which this emulator's CPUs would not trap anyhow
SPIN = "printf '\\000\\000\\000\\024' > /tmp/spin.bin"


@on_host(seconds=15)
def a_kernel_that_spins_is_noticed_where_others_want_the_cpu(host):
    host.load_vmm()
    host.run(SPIN)
    counted = "bhyvectl --vm=spins --get-stats | awk '$1 == \"spins\" { print $2 }'"
    guest = host.start("bhyve -m 64M -o console=null -o kernel=/tmp/spin.bin spins")
    host.run("until bhyvectl --list | grep -q '^spins .*running'; do usleep 10000; done")
    with busy_cpus(host):
        host.run(f"until [ \"$({counted})\" -gt 10 ]; do usleep 10000; done")
    host.run("bhyvectl --vm=spins --destroy")
    guest.wait()
