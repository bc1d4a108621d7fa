# SPDX-License-Identifier: BSD-2-Clause
"""More vCPUs than the host has CPUs, which have other work besides."""
import contextlib

from bare_metal import finish, start
from cases import on_host

VCPUS = 16
# What guest/ipi numbers and sends; with two busy loops beside it a host of two emulated CPUs makes some thousand a second.
IPIS = 20_000


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
    finish(start(host, "ipi", 2, options=f"-o cmdline=ipis={IPIS}"))
