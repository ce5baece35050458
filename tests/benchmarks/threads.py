"""Time W1 with one thread and with two: ``uv run python -m tests.benchmarks.threads``.

A process has as many threads as it has processors, so that each number of them is a process of its
own. Whatever the number, all that is recorded must be the same to the last bit.
"""

import os
import sys
from contextlib import ExitStack

from tests.benchmarks import w1, workloads
from tests.benchmarks.contest import Contestant, options, process, race, table, turns


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = options(__doc__, 15)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args(arguments)
    if not hasattr(os, "sched_setaffinity"):
        raise SystemExit(
            "This system cannot keep a process on one processor, so there is nothing to compare."
        )
    path = workloads.w1(given.samples, given.steps)
    arrays = workloads.read(path)
    n_events, expected = (
        workloads.w1_events(arrays, given.samples),
        w1.reference(arrays, given.samples),
    )
    contestants = []
    with ExitStack() as stack:
        for n_cpus in range(1, min(2, len(os.sched_getaffinity(0))) + 1):
            command = [sys.executable, "-m", "tests.benchmarks.pinned_w1", str(path), str(n_cpus)]
            name = f"{n_cpus} thread{'s' * (n_cpus > 1)}"
            ask = stack.enter_context(process(name, command))
            warm_up = ask()
            expected.setdefault(
                "digest", warm_up["counts"]["digest"]
            )  # the first says what the second has to record
            contestants.append(Contestant(name, turns(warm_up, ask), expected, n_events))
        results = race(contestants, given.repeats)
    print(table("W1, all records equal", results, n_events))
    if len(results) == 1:
        print("There is one processor here, so two threads were not tried.")
    else:
        print(
            f"Two threads take {results[0].wall_s / results[1].wall_s:.2f} times "
            "less time on the clock."
        )


if __name__ == "__main__":
    main()
