# SPDX-License-Identifier: BSD-2-Clause
"""Whatever a user does to the driver by ioctls and mappings disturbs nobody (doc/security.md; `make soak` does it for hours)."""
import os
import random

from cases import on_host
from harness import Failure
from soaking import CHECKING_KERNEL, NEEDED, expect_nothing_in_the_log, expect_nothing_left, fuzz

SECONDS = 20
TURNS_MOST = 5  # a busy PC may not come to everything in the first


def new_seed():
    """The same in each run, so that a failure is one of what changed; TEST_SEED=random looks for new ones."""
    wanted = os.environ.get("TEST_SEED", "0x5eed")
    return random.randrange(1, 1 << 32) if wanted == "random" else int(wanted, 0)


def never_done(done):
    return [name for name in NEEDED if not done.get(name)]


@on_host(append=CHECKING_KERNEL, fresh=True, seconds=60)
def containment_of_random_ioctls_of_many_threads_and_machines(host):
    seed, done = new_seed(), {}
    host.load_vmm()
    for turn in range(TURNS_MOST):
        (actions, exits, processes), counts = fuzz(host, seed + turn, SECONDS)
        print(f"     seed {seed + turn:#x}: {actions} actions, {exits} exits of vCPUs, {processes} processes", flush=True)
        expect_nothing_in_the_log(host)
        for name, (succeeded, _) in counts.items():
            done[name] = done.get(name, 0) + succeeded
        if not never_done(done):
            break
    expect_nothing_left(host)
    if never_done(done):
        raise Failure(f"never done: {', '.join(never_done(done))}")
