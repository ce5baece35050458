"""Time an evaluation as a search asks for it: ``uv run python -m tests.benchmarks.evaluation``.

Random designs of the knobs a search turns, each another one, on three published networks; told is
the CPU time of one thread an evaluation. With ``--other FOLDER``, another checkout with its own
``.venv``, both evaluate the same designs in turn; how many have other values is told.
With ``--few`` a tenth of the recordings is run first here, and what that rules out ends.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).parents[2]
# neurons on a core, from and below
FEWEST_TO_MOST = {"digits": (2, 75), "braille": (4, 80), "nmnist": (40, 1025)}
TOLERATED = 0.02  # of accuracy
ENDED = ("('dominated',)", "('pruned',)")  # on few recordings
JOBS = ("digits", "braille", "nmnist")


def arguments_of(job: str) -> tuple:
    """The network, chip and recordings of a job, as trained."""
    import spikefit_nb as sf
    from spikefit_nb.fetch import find_local

    if job != "nmnist":
        return sf.load_network(job), sf.load_profile("loihi1"), sf.load_dataset(job)
    network = sf.read_nir(find_local("cnn_sinabs.nir"), reset="subtract", max_spikes_per_step=1)
    zeroed = [
        p if p.is_input else replace(p, neuron=replace(p.neuron, reset="zero"))
        for p in network.populations
    ]
    dataset = sf.load_dataset("nmnist", n_samples=40)
    return network.replace(populations=zeroed), sf.load_profile("loihi1"), dataset


def designs(job: str, n: int, seed: int = 0) -> Iterator[dict]:
    """Knobs of one random design after the other."""
    random = np.random.default_rng(seed)
    for _ in range(n):
        yield {
            "weight_bits": int(random.integers(2, 9)),
            "prune_fraction": round(float(random.uniform(0, 0.9)), 2),
            "threshold_scale": round(float(random.uniform(0.5, 2.0)), 2),
            "neurons_per_core": int(random.integers(*FEWEST_TO_MOST[job])),
        }


def evaluated(job: str) -> Callable[[dict], tuple]:
    """What a search asks of a design, by the functions that the checkout has."""
    from spikefit_nb.adapt import Design
    from spikefit_nb.deploy import deploy

    given = arguments_of(job)

    def evaluate(knobs: dict) -> tuple:
        report = deploy(*given, design=Design(**knobs))
        return told(report) if report.fits else ("does not fit", str(report.n_cores))

    return evaluate


def told(report) -> tuple:
    """What is compared of a report, in its own units."""
    # the energy of events was the only one once
    energy_j = getattr(report, "event_energy_j", report.energy_j)
    numbers = report.accuracy, energy_j, report.latency_s, report.n_cores
    return tuple(float(value) for value in (*numbers, report.synaptic_operations))


def evaluated_on_few_first(job: str) -> Callable[[dict], tuple]:
    """The same by few recordings first, beside the front so far and a limit on accuracy."""
    from spikefit_nb.adapt import Design
    from spikefit_nb.case import Case
    from spikefit_nb.search.fidelity import evaluate
    from spikefit_nb.search.objectives import is_best, losses_of

    case, front = Case(*arguments_of(job)), [np.zeros((0, 3))]
    names = ("accuracy", "event_energy_j", "latency_s")
    trained = evaluate(case, names)
    at_least = {"accuracy": trained.values["accuracy"] - TOLERATED}

    def evaluate_design(knobs: dict) -> tuple:
        made = replace(case, design=Design(**knobs))
        found = evaluate(made, names, front=front[0], at_least=at_least)
        if found.state == "infeasible":
            return "does not fit", str(found.report.n_cores)
        if found.state != "done":
            return (found.state,)
        if found.values["accuracy"] >= at_least["accuracy"]:
            losses = np.vstack([front[0], losses_of(found.values, names)])
            front[0] = losses[is_best(losses)]
        return told(found.report)

    return evaluate_design


def work() -> None:
    """Answer each "job knobs" that comes in with CPU seconds and the values."""
    jobs: dict[str, Callable[[dict], tuple]] = {}
    make = evaluated_on_few_first if "--few" in sys.argv else evaluated
    for line in sys.stdin:
        job, _, knobs = line.partition(" ")
        if job not in jobs:
            jobs[job] = make(job)
            jobs[job]({})  # compiles
        began = time.process_time()
        values = jobs[job](json.loads(knobs))
        print(time.process_time() - began, repr(values), sep="\t", file=sys.stderr, flush=True)


class Worker:
    """A checkout at work in a process of its own, on one core."""

    def __init__(self, folder: Path, *options: str):
        command = [folder / ".venv" / "bin" / "python", __file__, "--work", *options]
        environment = os.environ | {"PYTHONPATH": str(folder), "NUMBA_NUM_THREADS": "1"}
        environment |= {"OPENBLAS_NUM_THREADS": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)
        os.sched_setaffinity(self.process.pid, {min(os.sched_getaffinity(0))})

    def run(self, job: str, knobs: dict) -> tuple[float, str]:
        """CPU seconds, and the values."""
        print(job, json.dumps(knobs), file=self.process.stdin, flush=True)
        for line in self.process.stderr:
            words = line.rstrip().split("\t")
            if len(words) == 2:
                return float(words[0]), words[1]
        raise SystemExit(f"{self.process.args} ended.")


def main(arguments: list[str] | None = None) -> None:
    """Print a line a job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--designs", type=int, default=20)
    parser.add_argument("--jobs", nargs="+", default=JOBS, choices=JOBS)
    parser.add_argument("--few", action="store_true", help="here by few recordings first")
    given = parser.parse_args(arguments)
    here = Worker(HERE, *(["--few"] if given.few else []))
    other = Worker(given.other.resolve()) if given.other else None
    for job in given.jobs:
        mine, theirs, n_other = [], [], 0
        for knobs in designs(job, given.designs):
            took, values = here.run(job, knobs)
            mine.append(took)
            if other is not None:
                took, others = other.run(job, knobs)
                theirs.append(took)
                n_other += others != values and values not in ENDED
        said = f"{job:8} {np.mean(mine):.4f} s an evaluation, median {np.median(mine):.4f}"
        if theirs:
            ratio = np.sum(mine) / np.sum(theirs)
            said += f"; there {np.mean(theirs):.4f}, median {np.median(theirs):.4f}: x {ratio:.3f}"
            said += f", {n_other} of {given.designs} with other values"
        print(said, flush=True)


if __name__ == "__main__":
    work() if sys.argv[1:2] == ["--work"] else main()
