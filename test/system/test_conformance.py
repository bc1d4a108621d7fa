# SPDX-License-Identifier: BSD-2-Clause
"""Bare-metal guests that hold the virtual machine to the architecture's specifications (guest/README.md)."""
from bare_metal import finish, start
from cases import on_host
from harness import Failure


def conforms(image, cpus, options=""):
    def test(host):
        host.load_vmm()
        finish(start(host, image, cpus, options=options))
    test.__module__ = __name__
    test.__name__ = f"{image}_conforms_with_{cpus}_vcpus"
    on_host()(test)


# As many vCPUs as CPUs, and more
for _image in ("gic", "timer", "pmu", "psci", "exceptions", "mmio", "state", "cache", "stage2"):
    conforms(_image, 2)
    conforms(_image, 4)
for _cpus in (2, 4):
    conforms("aarch32", _cpus, "-o cmdline=host=qemu")
conforms("gic", 1)
conforms("state", 16)
conforms("stage2", 16)
conforms("reset", 4, "-M")
conforms("freebsd", 2, "-s 0,virtio-net,slirp")


# sin() over many arguments, in the host's FP registers; each line must be the same
FP_WORK = "for i in $(seq 40); do awk 'BEGIN { for (i = 0; i < 20000; i++) x += sin(i) * cos(x); printf \"%.12f\\n\", x }'; done"


@on_host()
def host_and_guests_do_not_touch_each_others_fp_registers(host):
    host.load_vmm()
    work = [host.start(FP_WORK) for _ in range(2)]
    guests = [start(host, "state", 2, name=f"vm{i}") for i in range(2)]
    for guest in guests:
        finish(guest)
    answers = {line for job in work for line in job.wait().lines if line}
    if len(answers) != 1:
        raise Failure(f"the host's floating-point work has {len(answers)} different results: {sorted(answers)[:5]}")


@on_host()
def guests_side_by_side_conform(host):
    host.load_vmm()
    guests = [start(host, image, 2) for image in ("gic", "timer", "cache", "mmio")]
    for guest in guests:
        finish(guest)
