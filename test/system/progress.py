# SPDX-License-Identifier: BSD-2-Clause
"""How many tests of a run are done, and about how long the rest will take: by the last run's record, or else by what the tests
declare, and by how this run has kept to that so far."""
import json
import threading

# How many seconds of tests it takes until a run's own pace counts for as much as the record
TRUST = 30


class Progress:
    def __init__(self, record, first, chains, jobs):
        """record: the file with the last run's seconds. chains: for each that is run one after the other, {name: seconds declared}.
        jobs: how many chains are at work at once, when the one called first is over."""
        self.record, self.jobs = record, jobs
        self.lock = threading.Lock()
        try:
            self.known = json.loads(record.read_text())
        except (OSError, ValueError):
            self.known = {}
        self.left = [{name: self.known.get(name, seconds) for name, seconds in chain.items()} for chain in (first, *chains)]
        self.all = sum(map(len, self.left))
        self.expected = self.took = 0

    def done(self, name, seconds):
        """Note that it took seconds; "[N of ALL, about 5 min left]"."""
        with self.lock:
            for chain in self.left:
                self.expected += chain.pop(name, 0)
            self.took += seconds
            self.known[name] = round(seconds, 1)
            count = self.all - sum(map(len, self.left))
            left = self.seconds_left()
            return f"[{count} of {self.all}{f', about {in_words(left)} left' if count < self.all else ''}]"

    def seconds_left(self):
        first, *chains = (sum(chain.values()) for chain in self.left)
        pace = (self.took + TRUST) / (self.expected + TRUST)
        return pace * (first + max([sum(chains) / self.jobs, *chains]))

    def save(self):
        """For the next run. A record that cannot be written is none."""
        try:
            self.record.write_text(json.dumps(self.known, indent=1, sort_keys=True) + "\n")
        except OSError:
            pass


def in_words(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{max(seconds, 1):.0f} s"
