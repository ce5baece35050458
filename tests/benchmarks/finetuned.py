"""What training the weights brings: ``uv run python -m tests.benchmarks.finetuned braille``.

Right answers in a chip's own integers, on recordings that no change has seen: rounded or shared
alone, adapted with a calibration set, and trained; each fold is another split into 60 % to learn
from and 40 % to test on. The control is the float network, trained by the same recipe, with the
same epochs and split. McNemar's exact test tells whether trained and adapted differ, over all folds
together. All jobs but ``digits`` and ``letters`` need their files in the folder in
``SPIKEFIT_DATA``.
"""

import argparse
import time

import numpy as np
from scipy.stats import binomtest

from spikefit_nb.adapt import Design, adapt, chip_scales, finetune, observe, retime
from spikefit_nb.adapt.held import Grid, HeldNetwork, Real
from spikefit_nb.adapt.learn import DISTIL, grids_of, held_back
from spikefit_nb.adapt.retune import retune_for_chip
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.hardware import HardwareProfile, load_profile
from spikefit_nb.network import Network
from spikefit_nb.simulate import simulate
from spikefit_nb.train import Latents, Recipe, Told, epochs, goal_of
from tests.benchmarks.finetuned_jobs import JOBS, Fold

SETTINGS = {
    "4 bits": Design(weight_bits=4),
    "3 bits": Design(weight_bits=3),
    "ternary": Design(weight_bits=2),
    "16 values": Design(weight_values=16),
    "8 values": Design(weight_values=8),
    "4 values": Design(weight_values=4),
    "3 values": Design(weight_values=3),
    "2 values": Design(weight_values=2),
    # nine synapses of ten gone in all: of recurrent Braille, and of networks without a loop
    "pruned": Design(weight_bits=8, prune_fraction=0.7, prune_neurons=0.5),
    "pruned more": Design(weight_bits=8, prune_fraction=0.8, prune_neurons=0.5),
    "4 axons": Design(weight_values=4, max_fan_in=256),
}
WAYS = ["rounded", "k-means", "adapted", "trained", "fixed"]


def right(network: Network, profile: HardwareProfile, dataset: SpikeDataset) -> np.ndarray:
    """Which answers are right on the chip, (n_samples,) bool."""
    timed = retime(network, profile)
    recordings = dataset.extend(timed.extra_steps)
    record = simulate(timed.network, recordings, arithmetic=profile.arithmetic)
    return np.asarray(record.predictions == dataset.labels)


class Fixed(HeldNetwork):
    """One whose levels and scales are not learned."""

    def told(self, told: Told, slide: float = 1.0) -> Latents:
        """No derivative by a level or a scale."""
        grown = super().told(told, slide)
        return {
            key: 0 * each if key[0] in ("level", "scale") else each for key, each in grown.items()
        }


def trained(
    network: Network, profile: HardwareProfile, dataset: SpikeDataset, given, *, seed: int, grids
) -> Network:
    """The network trained by the same recipe, real or with fixed levels; with the chip's delays."""
    timed = retime(network, profile)
    held: dict[str, Grid] = grids or {p.name: Real() for p in network.neuron_populations}
    kind = Fixed if grids else HeldNetwork
    learnt = kind(timed.network, held, chip_scales(profile), pools=False)
    goal, arithmetic = goal_of(network, dataset, "count", DISTIL), profile.arithmetic
    recordings = dataset.extend(timed.extra_steps)
    recipe = Recipe(given.epochs)
    counted = arithmetic if grids else "float32"
    for _ in epochs(learnt, recordings, counted, recipe, goal, seed=seed):
        pass
    return learnt.network()


def ways_to(
    name: str, here: Fold, profile: HardwareProfile, seed: int, given
) -> dict[str, np.ndarray]:
    """Which answers are right with a setting, by way there."""
    network, calibration, unseen = here
    design, start = SETTINGS[name], time.process_time()
    learnt = finetune(
        network, profile, calibration, design=design, epochs=given.epochs, seed=seed
    ).network
    cpu_s = time.process_time() - start
    activity = observe(network, calibration)
    ways = {
        "rounded": lambda: adapt(network, profile, design).network,
        "k-means": lambda: (
            retune_for_chip(
                adapt(network, profile, design).network, profile, activity=activity
            ).network
        ),
        "adapted": lambda: adapt(network, profile, design, activity).network,
        "trained": lambda: learnt,
    }
    found = {way: right(made(), profile, unseen) for way, made in ways.items() if way in given.ways}
    if "fixed" in given.ways:
        grids, timed = grids_of(network, profile, design), retime(network, profile)
        learned = held_back(calibration, seed)[0]
        fixed = trained(network, profile, learned, given, seed=seed, grids=grids)
        late = unseen.extend(timed.extra_steps)
        record = simulate(fixed, late, arithmetic=profile.arithmetic)
        found["fixed"] = record.predictions == unseen.labels
    left = f"{learnt.n_synapses:,} of {network.n_synapses:,} synapses"
    print(f"  fold {seed}, {name}: {shares(found)}; {left}, training {cpu_s:.1f} CPU s", flush=True)
    return found


def shares(found: dict[str, np.ndarray]) -> str:
    """How much is right, in words."""
    return ", ".join(f"{way} {100 * each.mean():.1f} %" for way, each in found.items())


def fold(here: Fold, profile: HardwareProfile, seed: int, given) -> dict:
    """Which answers are right, by setting and way there."""
    network, calibration, unseen = here
    timed = retime(network, profile)
    late = unseen.extend(timed.extra_steps)
    learned = held_back(calibration, seed)[0]
    control = trained(network, profile, learned, given, seed=seed, grids=None)
    found = {
        "float": {
            "as given": simulate(timed.network, late).predictions == unseen.labels,
            "control": simulate(control, late).predictions == unseen.labels,
        }
    }
    print(f"  fold {seed}, float: {shares(found['float'])}", flush=True)
    for name in given.settings:
        found[name] = ways_to(name, here, profile, seed, given)
    return found


def mcnemar(one: np.ndarray, other: np.ndarray) -> float:
    """The exact p of McNemar's test that two ways are right as often."""
    won, lost = int((one & ~other).sum()), int((other & ~one).sum())
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("--chip", default="loihi1")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS)[:8])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS[:4])
    given = parser.parse_args(arguments)
    profile = load_profile(given.chip)
    folds = [fold(each, profile, k, given) for k, each in enumerate(JOBS[given.job](given.folds))]
    whole = {
        name: {way: np.concatenate([f[name][way] for f in folds]) for way in folds[0][name]}
        for name in folds[0]
    }
    level = 100 * whole["float"]["control"].mean()
    print(f"{given.job} on {profile.title}, {len(folds)} folds, {given.epochs} epochs")
    print(f"float as given {100 * whole['float']['as given'].mean():.1f} %, control {level:.1f} %")
    for name in given.settings:
        ways = whole[name]
        below = level - 100 * ways["trained"].mean()
        apart = [f"{way} {mcnemar(ways['trained'], ways[way]):.1g}" for way in ways]
        told = ", ".join(words for words in apart if not words.startswith("trained"))
        print(f"{name:10} {shares(ways)}; below control {below:.1f}; McNemar's p against {told}")


if __name__ == "__main__":
    main()
