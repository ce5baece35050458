"""What a kernel keeps that is never restarted: ``uv run python -m tests.benchmarks.endurance``.

A search of many trials, and a live card drawn anew as often as a day has seconds; for panels made
and closed see ``tests.benchmarks.panels``. Printed as they go: memory of the process, how long a
tenth took, and how much a trial grew the study's file.
"""

import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ipywidgets.widgets.widget import _instances

import spikefit_nb as sf
from spikefit_nb.widgets.live_study import LiveStudy
from tests.benchmarks.panels import resident_bytes
from tests.browser.stand_ins import whole_study
from tests.networks import spikes, two_layers

ROW = "{:>9} {:>9} {:>12} {:>12}"


def tenths(n: int) -> Iterator[int]:
    """The counts at which a row is printed."""
    return (n * k // 10 for k in range(1, 11))


def trials(n: int) -> None:
    """One search of so many random designs of a small network, told as it goes."""
    network = two_layers(7)
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)
    print(ROW.format("trials", "s", "MB", "file B each"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "it.study"
        asked = {"n_trials": n, "seed": 0, "sampler": "random", "storage": place}
        study = sf.search(network, sf.load_profile("loihi1"), dataset, **asked)
        began, size, before = time.perf_counter(), 0, 0
        for count in tenths(n):
            while len(study.trials) < count and study.state == "running":
                time.sleep(0.5)
            took, began = time.perf_counter() - began, time.perf_counter()
            grown, size = os.path.getsize(place) - size, os.path.getsize(place)
            each, before = grown / max(len(study.trials) - before, 1), len(study.trials)
            memory = resident_bytes() / 1e6
            print(ROW.format(before, f"{took:.1f}", f"{memory:.1f}", f"{each:.0f}"), flush=True)
        study.wait()
        print(study.headline, flush=True)


def ticks(n: int) -> None:
    """A card of thirty trials, drawn anew so many times."""
    card = LiveStudy(whole_study(30))
    known = len(_instances)
    print(ROW.format("drawings", "s", "MB", "widgets"), flush=True)
    drawn, began = 0, time.perf_counter()
    for count in tenths(n):
        for _ in range(count - drawn):
            card.refresh()
        took, began, drawn = time.perf_counter() - began, time.perf_counter(), count
        memory, more = resident_bytes() / 1e6, len(_instances) - known
        print(ROW.format(drawn, f"{took:.1f}", f"{memory:.1f}", f"{more:+d}"), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Print both curves."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--ticks", type=int, default=86_400)
    given = parser.parse_args(arguments)
    if given.trials:
        trials(given.trials)
    if given.ticks:
        ticks(given.ticks)


if __name__ == "__main__":
    main()
