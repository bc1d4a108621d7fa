# SPDX-License-Identifier: BSD-2-Clause
"""Interrupts between vCPUs for as long as one likes: make soak-ipi (IPIS=100000000)."""
import os

from bare_metal import finish, start
from cases import on_host
from test_overcommit import VCPUS, busy_cpus

IPIS = int(os.environ.get("IPIS", "100000000"))


@on_host(long=True)
def each_ipi_of_a_soak_is_taken_once(host):
    host.load_vmm()
    with busy_cpus(host):
        guest = start(host, "ipi", VCPUS, options=f"-o cmdline=ipis={IPIS}")
        # The guest itself gives up on an interrupt that does not come.
        while guest.job.running():
            host.run("sleep 20")
        finish(guest)
