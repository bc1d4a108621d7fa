# SPDX-License-Identifier: BSD-2-Clause
"""How a test says which host it runs on."""
from dataclasses import dataclass
from typing import Callable

CASES = []


class Skip(Exception):
    """Raised by a test that cannot be run here, with the reason."""


@dataclass
class Case:
    name: str
    function: Callable
    config: tuple
    fresh: bool
    seconds: int
    long: bool = False


def on_host(fresh=False, seconds=5, long=False, **config):
    """The test's host: arguments of harness.Host. fresh: no other test may use this boot after it. seconds: how long it
    takes, roughly, for the order in which tests are begun. long: it runs only where its area is asked for ("system install")."""
    def register(function):
        area = function.__module__.removeprefix("test_")
        CASES.append(Case(f"system {area}: {function.__name__}", function, tuple(sorted(config.items())), fresh, seconds, long))
        return function
    return register


# The config of tests that need no host
PC = ("pc",)


def on_pc(function):
    """A test of programs of this PC; takes no host."""
    area = function.__module__.removeprefix("test_")
    CASES.append(Case(f"system {area}: {function.__name__}", function, PC, False, 5))
    return function
