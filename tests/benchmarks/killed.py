"""Kill a search by force at random moments, and see what is left of it:
``uv run python -m tests.benchmarks.killed``.

After each kill the file must tell of every trial that the killed process knew as finished, each of
its lines must be whole or cut off by the next writer, and the search that goes on from it must end
with the trials of one that nobody killed. ``--again`` kills the search that goes on, too, until one
comes to its end.
"""

import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

import numpy as np

import spikefit_nb as sf
from tests.networks import spikes, two_layers

Told = dict[int, dict[str, float]]  # numbers of finished trials


class Counts(NamedTuple):
    """What the kills did."""

    n_kills: int
    n_known: int  # finished trials that killed processes knew
    n_lost: int
    n_corrupt: int
    n_other: int  # searches that went on to other trials than one that nobody killed


def main(arguments: list[str] | None = None) -> Counts:
    """Kill, load, go on, compare; print the counts."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--workers", type=int, default=0, help="processes that try the designs")
    parser.add_argument("--again", action="store_true", help="kill also the search that goes on")
    given = parser.parse_args(arguments)
    draw = random.Random(given.seed)
    asked = {"n_trials": given.trials, "seed": 2, "executor": given.workers or None}
    asked["batch"] = max(given.workers, 1)
    with tempfile.TemporaryDirectory() as folder:
        _to_the_end(Path(folder) / "first.study", asked)  # compiles what is compiled
        began = time.perf_counter()
        whole = _to_the_end(Path(folder) / "whole.study", asked)
        lasts = time.perf_counter() - began
        found = Counts(0, 0, 0, 0, 0)
        for k in range(given.kills):
            place = Path(folder) / f"{k}.study"
            found = _killed_once(place, asked, draw, lasts, whole, found)
            while given.again and found.n_kills < given.kills and draw.random() < 0.7:
                found = _killed_once(place, asked, draw, lasts, whole, found)
            if found.n_kills >= given.kills:
                break
    print(
        f"{found.n_kills} kills within {lasts:.1f} s: {found.n_lost} of {found.n_known} finished "
        f"trials lost, {found.n_corrupt} corrupt files, {found.n_other} other sequences"
    )
    return found


def _killed_once(place: Path, asked, draw, lasts: float, whole: str, before: Counts) -> Counts:
    """Kill one search after a random time; load what is left, and compare what goes on from it."""
    known = _killed_after(draw.uniform(0, lasts), place, asked)
    is_whole = _is_whole(place)
    left = {t.number: dict(t.numbers) for t in _all_trials(sf.load_study(place))} if known else {}
    lost = [number for number, numbers in known.items() if left.get(number) != numbers]
    copy = place.with_suffix(".copy")
    copy.write_bytes(place.read_bytes() if place.exists() else b"")
    is_other = _to_the_end(copy, asked) != whole
    return Counts(
        before.n_kills + 1,
        before.n_known + len(known),
        before.n_lost + len(lost),
        before.n_corrupt + (not is_whole),
        before.n_other + is_other,
    )


def _problem():
    network = two_layers(7)
    dataset = sf.SpikeDataset(spikes(network, 7, n_samples=20), np.arange(20) % 3)
    return network, sf.load_profile("loihi1"), dataset


def _search(place: Path, asked):
    """A search at a place: begun, or gone on with."""
    network, profile, dataset = _problem()
    if not place.exists() or b'"spikefit"' not in place.read_bytes():  # killed before it began
        return sf.search(network, profile, dataset, storage=place, **asked)
    more = {"profile": profile, "dataset": dataset, "executor": asked["executor"]}
    study = sf.load_study(place, network=network, **more)
    study.resume()
    return study


def _all_trials(study):
    return [*filter(None, (study.reference,)), *study.trials]


def _is_whole(place: Path) -> bool:
    """Whether every line of a file is JSON, the last apart, which the next writer cuts off."""
    lines = place.read_bytes().split(b"\n")[:-1] if place.exists() else []
    try:
        return all(isinstance(json.loads(line), dict) for line in lines)
    except ValueError:
        return False


def _to_the_end(place: Path, asked) -> str:
    """Every trial of a search that comes to its end, in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = _forked(_end, place, asked, theirs)
    told = ours.recv() if ours.poll(300) else "nothing came"
    process.join()
    return told


def _end(place: Path, asked, pipe) -> None:
    study = _search(place, asked)
    study.wait()
    pipe.send(study.to_json())


def _killed_after(seconds: float, place: Path, asked) -> Told:
    """What a process knew of finished trials that was killed so long after it began."""
    ours, theirs = multiprocessing.Pipe()
    process = _forked(_tell_of_each, place, asked, theirs)
    theirs.close()
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    known: Told = {}
    try:
        while ours.poll():
            known |= ours.recv()
    except EOFError:
        pass
    return known


def _tell_of_each(place: Path, asked, pipe) -> None:
    study = _search(place, asked)
    told: set[int] = set()

    def tell() -> None:
        new = [t for t in _all_trials(study) if t.number not in told]
        told.update(t.number for t in new)
        if new:
            pipe.send({t.number: dict(t.numbers) for t in new})

    study.on_change(tell)
    study.wait()
    tell()
    time.sleep(60)  # until it is killed


def _forked(function, *given):
    """A process that has all that this one has imported."""
    process = multiprocessing.get_context("fork").Process(target=function, args=given)
    process.start()
    return process


if __name__ == "__main__":
    main()
