# SPDX-License-Identifier: BSD-2-Clause
"""What a short and a long run of ioctl_fuzz have in common."""
import re

from harness import PATIENCE, Failure, tail

# A kernel that looks at every object and page that it frees, and ends at the first thing that it finds odd
CHECKING_KERNEL = "slub_debug=FZPU page_poison=1 init_on_free=1 panic_on_warn=1"
# What must have been done at least once for a run to mean anything
NEEDED = ("create", "destroy", "set-memseg", "vcpu-on", "run", "get-reg", "set-reg", "irq-line", "irqfd", "ioeventfd",
          "reinit", "map", "touch")


def fuzz(host, seed, seconds, options=""):
    """One run of ioctl_fuzz; returns the figures of its last line and what each action did."""
    result = host.run(f"ioctl_fuzz -s {seed:#x} -t {seconds} {options}", timeout=seconds + 300 * PATIENCE, check=False)
    counts = {name: (int(done), int(refused))
              for name, done, refused in re.findall(r"^(\S+) +(\d+) done +(\d+) refused$", result.output, re.M)}
    verdict = re.search(r"^ioctl_fuzz: seed \S+: (\d+) actions, (\d+) exits of vCPUs, (\d+) processes: nothing wrong$",
                        result.output, re.M)
    if result.status != 0 or not verdict:
        raise Failure(f"ioctl_fuzz, seed {seed:#x}: status {result.status}:\n{tail(result.output, 60)}")
    return tuple(map(int, verdict.groups())), counts


def expect_nothing_in_the_log(host):
    """A process that a cgroup's limit ended is in the log too, as it should be."""
    errors = [line for line in host.dmesg_errors() if "Memory cgroup out of memory: Killed process" not in line]
    if errors:
        raise Failure("the host's kernel log has errors:\n" + tail("\n".join(errors)))


def expect_nothing_left(host):
    """No virtual machine, and nothing that keeps the driver."""
    if host.vms():
        raise Failure(f"virtual machines are left: {' '.join(host.vms())}")
    host.unload_vmm()
