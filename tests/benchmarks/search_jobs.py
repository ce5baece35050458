"""What a search finds on real networks: ``uv run python -m tests.benchmarks.search_jobs``.

A part of the recordings is kept back, and never searched on. Told for each job and seed is the
hypervolume, on that part, of the front that a search found in few trials, beside that of many
random trials of the same space: accuracy from the limit up, the logarithms of costs from a tenth
above those of the network as trained down (where that does not fit, of the worst on any front).
With ``--gains`` the cheapest designs of the whole space stand beside those of four knobs for all
populations, and of knobs for each population beside one for all: the cheapest at no less accuracy.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import NamedTuple

import numpy as np

import spikefit_nb as sf
from spikefit_nb.fetch import find_local
from spikefit_nb.search import Study, Trial, default_space, search
from spikefit_nb.search.confirm import keep_back
from spikefit_nb.search.gaussian_process import GaussianProcessSampler
from spikefit_nb.search.hypervolume import hypervolume
from spikefit_nb.search.objectives import is_best, losses_of

BEHIND = np.log10(1.1)  # the cost that a front is scored from, over that of the network as trained
EQUAL = 0.01  # of accuracy that the cheapest design may lose
PARTS_SEED = 0
Values = dict[str, float]


class Job(NamedTuple):
    """A network on a chip, and what is traded."""

    network: Callable[[], sf.Network]
    chip: str
    dataset: str
    n_samples: int | None  # recordings; None: all
    objectives: tuple[str, ...]


def _cnn(reset: str) -> sf.Network:
    path = find_local("cnn_sinabs.nir")
    if path is None:
        raise SystemExit("cnn_sinabs.nir is needed: set SPIKEFIT_DATA to a folder that has it.")
    network = sf.read_nir(path, reset="subtract", max_spikes_per_step=1)
    neurons = [
        p if p.is_input else replace(p, neuron=replace(p.neuron, reset=reset))
        for p in network.populations
    ]
    return network.replace(populations=neurons)


PRICED = ("accuracy", "event_energy_j", "latency_s")
COUNTED = ("accuracy", "synaptic_operations", "n_cores")
JOBS = {
    "digits": Job(lambda: sf.load_network("digits"), "loihi1", "digits", None, PRICED),
    "braille": Job(lambda: sf.load_network("braille"), "loihi1", "braille", None, PRICED),
    "cnn": Job(lambda: _cnn("zero"), "loihi1", "nmnist", 200, PRICED),
    "speck": Job(lambda: _cnn("subtract"), "speck", "nmnist", 200, COUNTED),
    "truenorth": Job(
        lambda: sf.load_network("digits"),
        "truenorth",
        "digits",
        None,
        ("accuracy", "event_energy_j", "n_cores"),
    ),
}


@cache
def parts(job: str) -> tuple:
    """Network, chip, the recordings to choose by and those kept back."""
    of = JOBS[job]
    dataset = sf.load_dataset(of.dataset, **({"n_samples": of.n_samples} if of.n_samples else {}))
    n_back = min(400, dataset.n_samples // 2)
    chosen_by, kept = keep_back(dataset, PARTS_SEED, n_back)
    return of.network(), sf.load_profile(of.chip), chosen_by, kept


def searched(job: str, folder: str, seed: int, n_trials: int, **changes) -> Study:
    """A search that has ended."""
    network, profile, chosen_by, kept = parts(job)
    storage = tempfile.mktemp(suffix=".study", dir=folder)
    asked = {"objectives": JOBS[job].objectives, "confirm": kept, "storage": storage} | changes
    study = search(network, profile, chosen_by, n_trials=n_trials, seed=seed, **asked)
    study.wait()
    return study


def confirmed(study: Study, trial: Trial, names: tuple[str, ...]) -> Values:
    """The quantities of a trial on the recordings kept back."""
    report = sf.deploy(trial.case.network, trial.case.profile, study.kept_back, design=trial.design)
    return {name: float(getattr(report, name)) for name in names}


def front_of(study: Study, n_trials: int) -> np.ndarray:
    """Losses, on the recordings kept back, of the best designs of the first trials."""
    done = [study.reference, *study.trials[:n_trials]]
    done = [t for t in done if t.state == "done" and study.is_within_limits(t)]
    losses = np.array([losses_of(t.values, study.objectives) for t in done])
    best = [t for t, is_good in zip(done, is_best(losses), strict=True) if is_good]
    values = [confirmed(study, t, study.objectives) for t in best]
    return np.array([losses_of(v, study.objectives) for v in values])


def reference_of(study: Study, fronts: list[np.ndarray]) -> np.ndarray:
    """What fronts are scored from: the limit on accuracy, and a little more than costs were."""
    if study.reference.state == "done":
        worst = losses_of(confirmed(study, study.reference, study.objectives), study.objectives)
    else:
        worst = np.vstack(fronts).max(axis=0)
    worst = worst + BEHIND
    worst[study.objectives.index("accuracy")] = -study.at_least["accuracy"]
    return worst


@contextmanager
def suggestions_timed() -> Iterator[list[float]]:
    """The CPU seconds of every suggestion that the default sampler makes meanwhile."""
    seconds, plain = [], GaussianProcessSampler.sample_relative

    def timed(self, *arguments):
        began = time.thread_time()
        found = plain(self, *arguments)
        seconds.append(time.thread_time() - began)
        return found

    GaussianProcessSampler.sample_relative = timed
    try:
        yield seconds
    finally:
        GaussianProcessSampler.sample_relative = plain


def compare(job: str, folder: str, given: argparse.Namespace) -> None:
    """A line a seed: the search beside random trials."""
    with suggestions_timed() as seconds:
        ours = [searched(job, folder, seed, given.trials) for seed in range(given.seeds)]
    n = given.random * (given.seeds if given.own_random else 1)
    others = [
        searched(job, folder, 100 + k, given.random, sampler="random")
        for k in range(n // given.random)
    ]
    fronts = [front_of(study, given.trials) for study in ours]
    beside = [front_of(study, given.random) for study in others]
    reference = reference_of(ours[0], fronts + beside)
    n_won = 0
    for seed, study in enumerate(ours):
        k = seed % len(others)
        mine, theirs = hypervolume(fronts[seed], reference), hypervolume(beside[k], reference)
        few = hypervolume(front_of(others[k], given.trials), reference)
        n_won += mine >= theirs
        print(
            f"{job:9} seed {seed}: {mine:.4f} after {given.trials} trials, random {few:.4f}, "
            f"{theirs:.4f} after {given.random}: x {mine / max(theirs, 1e-12):.3f}; "
            f"{states(study)}",
            flush=True,
        )
    print(
        f"{job:9} {n_won} of {given.seeds} seeds at least as good; "
        f"a suggestion {np.median(seconds):.3f} s of CPU, at most {max(seconds):.3f}",
        flush=True,
    )


def states(study: Study) -> str:
    """How many trials came out how."""
    done = [t for t in study.trials if t.state == "done"]
    within = sum(map(study.is_within_limits, done))
    n = len(study.trials)
    return f"{within} of {n} within the limits, {n - len(done)} not run to the end"


def cheapest(study: Study, cost: str, accuracy: float) -> Values | None:
    """The cheapest trial of that accuracy on the recordings kept back, and its numbers there.

    Only trials that are as good on the recordings they were chosen by are looked at.
    """
    done = [t for t in (study.reference, *study.trials) if t.state == "done"]
    for trial in sorted(done, key=lambda t: t.numbers[cost]):
        if study.is_within_limits(trial):
            told = confirmed(study, trial, ("accuracy", "event_energy_j", "energy_j"))
            if told["accuracy"] >= accuracy:
                return told
    return None


def gain(job: str, folder: str, given: argparse.Namespace, *, cost: str, spaces: list) -> None:
    """Print how much less the cheapest design of one space costs than that of another."""
    limits = {"accuracy": trained_accuracy(job) - EQUAL}
    for seed in range(given.seeds):
        found: list[Values] = []
        for space in spaces:
            study = searched(
                job,
                folder,
                seed,
                given.trials_of_gains,
                objectives=(cost,),
                at_least=limits,
                space=space,
            )
            accuracy = found[0]["accuracy"] if found else 0.0
            told = cheapest(study, cost, accuracy)
            found.append(told or {"accuracy": np.nan, cost: np.nan})
        less = 100 * (1 - found[1][cost] / found[0][cost])
        print(
            f"{job:9} seed {seed}, {cost}: {found[0][cost]:.3g} J at {found[0]['accuracy']:.3f}, "
            f"{found[1][cost]:.3g} J at {found[1]['accuracy']:.3f}: {less:.1f} % less",
            flush=True,
        )


def trained_accuracy(job: str) -> float:
    """Of the network as trained, on the recordings to choose by."""
    network, profile, chosen_by, _ = parts(job)
    return sf.deploy(network, profile, chosen_by).accuracy


def gains(job: str, folder: str, given: argparse.Namespace) -> None:
    """The whole space beside four knobs for all populations; with steps and mapping held, knobs
    for each population beside those.
    """
    network = parts(job)[0]
    most = max(p.n_neurons for p in network.neuron_populations)
    plain = {"weight_bits": (2, 8), "prune_fraction": (0.0, 0.9), "threshold_scale": (0.5, 2.0)}
    of_old = only(job, plain | {"neurons_per_core": (1, most)})
    gain(job, folder, given, cost="energy_j", spaces=[of_old, None])
    one_for_all = only(job, plain)
    each = only(job, {}, but=(*plain, "prune_neurons"))
    gain(job, folder, given, cost="event_energy_j", spaces=[one_for_all, each])


def only(job: str, given: Mapping, but: tuple[str, ...] = ()) -> dict:
    """A space of knobs given, and of some kinds as they are; all others as trained."""
    network, profile, chosen_by, _ = parts(job)
    space = default_space(network, profile, chosen_by)
    fixed = {k.name: k.found.as_trained for k in space.knobs}
    kinds = (*given, *but)
    return {n: v for n, v in fixed.items() if n.partition(".")[0] not in kinds} | dict(given)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", default="digits,braille", help=f"of {', '.join(JOBS)}")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--random", type=int, default=200, help="random trials, of one study a job")
    parser.add_argument("--own-random", action="store_true", help="a study of random trials a seed")
    parser.add_argument("--recordings", type=int, help="of N-MNIST; half of them are kept back")
    parser.add_argument("--gains", action="store_true", help="how much less energy is found")
    parser.add_argument("--trials-of-gains", type=int, default=200)
    given = parser.parse_args(arguments)
    for name, job in JOBS.items():
        if given.recordings and job.n_samples:
            JOBS[name] = job._replace(n_samples=given.recordings)
    with tempfile.TemporaryDirectory() as folder:
        for job in given.jobs.split(","):
            (gains if given.gains else compare)(job, folder, given)


if __name__ == "__main__":
    main()
