"""Trials by the thousand in a process that may die: it is watched, and begun again behind the death."""

import multiprocessing
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.sharedctypes import Synchronized
from typing import NamedTuple

from tests.fuzz.watch import GOOD, HANG_S, Outcome, limit_memory

Try = Callable[[int], Outcome]  # the trial of a number, which draws what it needs from it
DEAD_S = 3 * HANG_S  # without a word: it hangs where no signal reaches
START = multiprocessing.get_context("fork")


class Finding(NamedTuple):
    """What nobody should see, and the number of the trial."""

    number: int
    outcome: Outcome


class Tally:
    """What the trials of one campaign came to."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.findings: dict[Outcome, list[int]] = {}

    @property
    def n_trials(self) -> int:
        return sum(self.counts.values())

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def add(self, kind: str, n: int = 1) -> None:
        self.counts[kind] += n

    def find(self, finding: Finding) -> None:
        """Count what nobody should see, once for each of its signs."""
        self.findings.setdefault(finding.outcome, []).append(finding.number)
        self.add(finding.outcome.kind)

    def report(self) -> str:
        """Counts, then each finding with the first of its numbers."""
        counts = ", ".join(f"{n:,} {kind}" for kind, n in self.counts.most_common())
        lines = [f"{self.n_trials:,} trials: {counts or 'none'}"]
        for found, numbers in sorted(self.findings.items()):
            which = ", ".join(map(str, numbers[:3]))
            lines.append(f"    {len(numbers):5,} x {found.kind}: {found.sign}  (number {which})")
        return "\n".join(lines)


def run(make: Callable[[], Try], numbers: range, seconds: float) -> Tally:
    """Try these numbers one after the other, until they or the seconds are over.

    ``make`` is called in the process that tries, so that what it opens dies with it.
    """
    tally, end = Tally(), time.monotonic() + seconds
    at = numbers.start
    while at < numbers.stop and time.monotonic() < end:
        at = _until_death(make, range(at, numbers.stop), end, tally)
    return tally


def _until_death(make: Callable[[], Try], numbers: range, end: float, tally: Tally) -> int:
    """Watch one process; returns the number to go on from."""
    here, there = START.Pipe(duplex=False)
    now = START.Value("q", numbers.start)
    child = START.Process(target=_try_all, args=(make, numbers, end, now, there), daemon=True)
    child.start()
    there.close()
    for kind, count, finding in _heard(here, child):
        tally.find(finding) if finding else tally.add(kind, count)
    child.join(1)
    if child.is_alive():
        child.kill()
        child.join()
        tally.find(Finding(now.value, Outcome("hang", f"no signal is heard in {DEAD_S} s")))
        return now.value + 1
    if child.exitcode:
        tally.find(Finding(now.value, Outcome("crash", f"exit code {child.exitcode}")))
        return now.value + 1
    return numbers.stop


def _heard(pipe, child) -> Iterator[tuple[str, int, Finding | None]]:
    """What a process says, until it ends or is silent for too long."""
    while pipe.poll(DEAD_S):
        try:
            yield pipe.recv()
        except EOFError:
            return


def _try_all(make: Callable[[], Try], numbers: range, end: float, now: Synchronized, pipe) -> None:
    """Try numbers in this process; say what they come to, at least once a second."""
    limit_memory()
    warnings.simplefilter("ignore")
    trial = make()
    counts: Counter[str] = Counter()
    said = time.monotonic()
    for number in numbers:
        now.value = number
        found = trial(number)
        if found.kind in GOOD:
            counts[found.kind] += 1
        else:
            pipe.send((found.kind, 1, Finding(number, found)))
        clock = time.monotonic()
        if clock - said > 1 or clock > end:
            for kind, n in counts.items():
                pipe.send((kind, n, None))
            counts.clear()
            said = clock
        if clock > end:
            break
    for kind, n in counts.items():
        pipe.send((kind, n, None))
