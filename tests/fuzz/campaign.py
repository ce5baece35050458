"""Trials by the thousand in a process that may die: it is watched, and begun again after it."""

import multiprocessing
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from tests.fuzz.watch import GOOD, HANG_S, Outcome, limit_memory

Try = Callable[[int], Outcome]  # the trial of a number, which draws what it needs from it
DEAD_S = 9 * HANG_S  # without a word: it hangs where no signal reaches
START = multiprocessing.get_context("fork")


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

    def add(self, number: int, found: Outcome) -> None:
        """Count what a trial came to; what nobody should see once for each of its signs."""
        self.counts[found.kind] += 1
        if found.kind not in GOOD:
            self.findings.setdefault(found, []).append(number)

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
    child = START.Process(target=_try_all, args=(make, numbers, end, there), daemon=True)
    child.start()
    there.close()
    at = numbers.start
    for number, found in _heard(here):
        tally.add(number, found)
        at = number + 1
    child.join(1)
    if child.is_alive():
        child.kill()
        child.join()
        tally.add(at, Outcome("hang", f"no signal is heard in {DEAD_S} s"))
    elif child.exitcode:
        tally.add(at, Outcome("crash", f"exit code {child.exitcode}"))
    else:
        return numbers.stop
    return at + 1


def _heard(pipe: Connection) -> Iterator[tuple[int, Outcome]]:
    """What a process says, until it ends or is silent for too long."""
    while pipe.poll(DEAD_S):
        try:
            yield pipe.recv()
        except EOFError:
            return


def _try_all(make: Callable[[], Try], numbers: range, end: float, pipe: Connection) -> None:
    """Try numbers in this process, and say what each comes to."""
    limit_memory()
    warnings.simplefilter("ignore")
    trial = make()
    for number in numbers:
        pipe.send((number, trial(number)))
        if time.monotonic() > end:
            return
