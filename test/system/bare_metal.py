# SPDX-License-Identifier: BSD-2-Clause
"""Bare-metal guests that judge the machine themselves, and print TAP: starting one, and reading its verdict."""
import sys

from harness import Failure, TOP, tail

sys.path.insert(0, str(TOP / "guest"))
from tap import judge  # noqa: E402

POWERED_OFF = 1


def start(host, image, cpus, name=None, options=""):
    return host.bhyve(name or image, f"-D -c {cpus} -m 256M -o console=stdio "
                                     f"-o kernel=/guest/conformance/{image}.img {options}")


def finish(guest):
    """Wait for the image's end; fail with the properties that do not hold."""
    status = guest.wait()
    output = guest.console.history
    held, _, wrong = judge(output)
    if status != POWERED_OFF:
        wrong.append(f"bhyve's exit status is {status}: {guest.stderr()}")
    if wrong:
        remarks = [line for line in output.splitlines() if line.startswith(("#", "not ok", "Bail out"))]
        raise Failure(f"{guest.name}: {', '.join(wrong)}\n" + tail("\n".join(remarks), 40))
    return held
