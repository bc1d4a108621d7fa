# SPDX-License-Identifier: BSD-2-Clause
"""What is measured, and the most that each may cost. Figures are instructions, on the counting host."""

# Where a wait is longer than a vCPU may keep its CPU (wfi_wait_us, 500), the host's scheduler is most of it: a part of KVM's
LONG_WAIT = 0.7
# key of guest/bench, what the table calls it, target (None: shown, not judged; a fraction: of KVM's figure)
OPERATIONS = [
    ("hypercall", "hypercall, unknown function", 120),
    ("psci-version", "PSCI_VERSION", 150),
    ("smccc-version", "SMCCC_VERSION", 150),
    ("id-register", "trapped ID register read", 150),
    ("gicd-read", "vGIC distributor read", 300),
    ("gicr-read", "vGIC redistributor read", 300),
    ("gicd-enable", "vGIC write that changes an enable", 450),
    ("sgi-running", "SGI to a running vCPU, until its handler runs", 1200),
    ("sgi-self", "SGI to itself, until the handler runs", 300),
    ("timer-running", "virtual timer, from expiry to the handler", 400),
    ("timer-wfi-short", "virtual timer wakes a vCPU from a WFI of 0.2 ms", 2500),
    ("timer-wfi", "virtual timer wakes a vCPU from a WFI of 2 ms", LONG_WAIT),
    ("eoi", "acknowledge and EOI of a virtual interrupt", 21),
    ("doorbell", "doorbell write with an eventfd", 1500),
    ("mmio-vmm", "device read answered by the VMM", 2500),
    ("sgi-wfi-short", "WFI of 0.2 ms, woken by another vCPU's SGI", 2000),
    ("sgi-wfi", "WFI of 1 ms, woken by another vCPU's SGI", LONG_WAIT),
    ("first-touch", "first touch of RAM, a 4 KiB page of a 2 MiB block", 480),
]
# Where the host's kernel is at EL2 itself, KVM has less to do, too: both hold there, the figure above and this part of KVM's.
VHE = {"hypercall": 0.5, "id-register": 0.5, "gicd-read": 0.5, "sgi-running": 0.5}
# On these hosts alone: the registers of EL1 change hands with every exit to bhyve.
VHE_ONLY = {"mmio-vmm": 0.7}

BOOT_RATIO = 0.8
# CPU time of an idle guest, in KVM's
IDLE_RATIO = 2
# key, what the table calls it, the most it may be of KVM's (None: shown, not judged)
OVERCOMMIT = [
    ("ipi-broadcast", "interrupt to the 15 others, until all have taken it", 0.9),
    ("spin-lock", "contended ticket lock, a turn", 0.9),
    ("boot", "Linux, start to power-off", 0.9),
    ("pipes", "Linux, the same with 16 pipelines of 3 processes", 0.9),
]
# How much more than with one an exit may cost with many VMs or vCPUs
SCALE_GROWTH = 1.10
SCALE_MACHINES = (1, 2, 4, 8, 16, 32, 64)
SCALE_VCPUS = (1, 2, 4, 8, 16)

KIB = 1024
EL2_IMAGE = 48 * KIB
BHYVE_STRIPPED = 400 * KIB
BHYVE_PRIVATE = 3072 * KIB


def vmm_memory(vcpus):
    return (512 + 16 * vcpus) * KIB
