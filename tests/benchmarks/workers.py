"""How many trials a second two workers bring, beside one:
``uv run python -m tests.benchmarks.workers``.

Each trial takes half a second of CPU: an objective of its own computes so long. Of a machine that
others use too, the wall clock says little, so the load is told, and the CPU that a trial took.
"""

import os
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

import spikefit_nb as sf
from spikefit_nb.search import Objective

FIRST = 4  # trials that are not timed


class Pace(NamedTuple):
    """What some workers did."""

    n_workers: int
    n_trials: int
    wall_s: float
    cpu_s: float  # of this process: asking, telling, pickling

    @property
    def trials_hz(self) -> float:
        """Trials per second."""
        return self.n_trials / self.wall_s


def main(arguments: list[str] | None = None) -> list[Pace]:
    """Search with one worker and with two, and print the pace of both."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=0.5, help="CPU of a trial")
    given = parser.parse_args(arguments)

    def busy(_report: object) -> float:
        """Compute for some time of this process's own."""
        end = time.process_time() + given.seconds
        while time.process_time() < end:
            pass
        return 1.0

    own = Objective("always 1", "", False, False, name="busy", of=busy)
    paces = []
    for n_workers in (1, 2):
        paces.append(_pace(n_workers, given.trials, own))
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        print(
            f"{n_workers} worker(s): {paces[-1].trials_hz:.2f} trials a second, "
            f"{paces[-1].wall_s:.1f} s, of which {paces[-1].cpu_s:.1f} s of CPU in the process "
            f"that asks; load {load:.1f} on {os.cpu_count()} processors"
        )
    print(f"Two workers do {paces[1].trials_hz / paces[0].trials_hz:.2f} times as many.")
    return paces


def _pace(n_workers: int, n_trials: int, own: Objective) -> Pace:
    """Time a search from its fourth trial on, when all workers have started."""
    network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(40)
    asked = {"objectives": ("accuracy", "event_energy_j", own), "batch": None, "seed": 1}
    told = list[tuple[float, float]]()
    with tempfile.TemporaryDirectory() as folder:
        study = sf.search(
            network,
            sf.load_profile("loihi1"),
            dataset,
            n_trials=FIRST + n_trials,
            storage=Path(folder) / "it.study",
            executor=n_workers,
            **asked,
        )
        study.on_change(lambda: told.append((time.perf_counter(), time.process_time())))
        study.wait()
    # the last call tells of the end
    (wall, cpu), (wall_end, cpu_end) = told[-2 - n_trials], told[-2]
    return Pace(n_workers, n_trials, wall_end - wall, cpu_end - cpu)


if __name__ == "__main__":
    main()
