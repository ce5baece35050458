"""What training the weights brings: ``uv run python -m tests.benchmarks.finetuned braille``.

Right answers in a chip's own integers, on recordings that no change has seen: rounded or shared
alone, adapted with a calibration set, and trained; each fold is another split into 60 % to learn
from and 40 % to test on. The control is the float network, trained by the same recipe, with the
same epochs and split. McNemar's exact test tells whether trained and adapted differ, over all folds
together. ``braille`` and ``braille_subtract`` need their files in the folder in ``SPIKEFIT_DATA``.
"""

import argparse
import time

import numpy as np
from scipy.stats import binomtest

from spikefit_nb.adapt import Design, adapt, chip_scales, finetune, observe, retime
from spikefit_nb.adapt.held import Grid, HeldNetwork, Real
from spikefit_nb.adapt.learn import DISTIL, grids_of, held_back
from spikefit_nb.adapt.retune import retune_for_chip
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.hardware import HardwareProfile, load_profile
from spikefit_nb.network import Network
from spikefit_nb.nir_file import load_network
from spikefit_nb.simulate import simulate
from spikefit_nb.train import Latents, Recipe, Told, epochs, goal_of

SETTINGS = {
    "4 bits": Design(weight_bits=4),
    "3 bits": Design(weight_bits=3),
    "ternary": Design(weight_bits=2),
    "16 values": Design(weight_values=16),
    "8 values": Design(weight_values=8),
    "4 values": Design(weight_values=4),
    "3 values": Design(weight_values=3),
    "2 values": Design(weight_values=2),
}


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


def fold(
    network: Network, profile: HardwareProfile, dataset: SpikeDataset, seed: int, given
) -> dict[str, dict[str, np.ndarray]]:
    """Which answers are right, by setting and way there."""
    calibration, unseen = dataset.split(0.6, seed=seed)
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
    said = ", ".join(f"{way} {100 * each.mean():.1f}" for way, each in found["float"].items())
    print(f"  fold {seed}, float: {said} %", flush=True)
    activity = observe(network, calibration)
    for name in given.settings:
        design, start = SETTINGS[name], time.process_time()
        made = finetune(
            network, profile, calibration, design=design, epochs=given.epochs, seed=seed
        ).network
        cpu_s = time.process_time() - start
        ways = {
            "rounded": adapt(network, profile, design).network,
            "k-means": retune_for_chip(
                adapt(network, profile, design).network, profile, activity=activity
            ).network,
            "adapted": adapt(network, profile, design, activity).network,
            "trained": made,
        }
        found[name] = {way: right(each, profile, unseen) for way, each in ways.items()}
        if given.fixed:
            grids = grids_of(network, profile, design)
            fixed = trained(network, profile, learned, given, seed=seed, grids=grids)
            record = simulate(fixed, late, arithmetic=profile.arithmetic)
            found[name]["fixed"] = record.predictions == unseen.labels
        said = ", ".join(f"{way} {100 * each.mean():.1f}" for way, each in found[name].items())
        print(f"  fold {seed}, {name}: {said} %; training {cpu_s:.1f} CPU s", flush=True)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=("braille", "braille_subtract", "digits"))
    parser.add_argument("--chip", default="loihi1")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--fixed", action="store_true", help="also train with fixed levels")
    given = parser.parse_args(arguments)
    network, profile = load_network(given.network), load_profile(given.chip)
    dataset = load_dataset("digits" if given.network == "digits" else "braille")
    folds = [fold(network, profile, dataset, seed, given) for seed in range(given.folds)]
    whole = {
        name: {way: np.concatenate([f[name][way] for f in folds]) for way in folds[0][name]}
        for name in folds[0]
    }
    level = 100 * whole["float"]["control"].mean()
    print(f"{given.network} on {profile.title}, {given.folds} folds, {given.epochs} epochs")
    print(f"float as given {100 * whole['float']['as given'].mean():.1f} %, control {level:.1f} %")
    for name in given.settings:
        ways = whole[name]
        won = int((ways["trained"] & ~ways["adapted"]).sum())
        lost = int((ways["adapted"] & ~ways["trained"]).sum())
        p = binomtest(won, won + lost).pvalue if won + lost else 1.0
        shares = "  ".join(f"{way} {100 * each.mean():5.1f} %" for way, each in ways.items())
        below = level - 100 * ways["trained"].mean()
        print(f"{name:10} {shares}  below control {below:5.1f}  McNemar p {p:.1g}")


if __name__ == "__main__":
    main()
