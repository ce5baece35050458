"""What training saves at equal accuracy: ``uv run python -m tests.benchmarks.finetuned_energy``.

The cheapest design of a search without training, beside the cheapest of a few that are trained with
a price on operations: Braille on Loihi, energy of events. Both are chosen on one fifth of the
recordings, by the same least accuracy, and told on two fifths that nothing else has seen. The
recordings are looked for in the folder in ``SPIKEFIT_DATA``.
"""

import argparse
import time
from itertools import product
from typing import NamedTuple

import spikefit_nb as sf
from spikefit_nb.adapt import finetune
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.network import Network

BITS, PRUNED, COSTS = (2, 3, 4), (0.0, 0.5), (0.3, 1.0, 3.0)
LEAST = (0.93, 0.9, 0.87, 0.84)


class Found(NamedTuple):
    """One design, on the recordings it is chosen by and on unseen ones."""

    words: str
    chosen: Report
    told: Report


class Parts(NamedTuple):
    """Recordings to learn from, to choose by, and to be told on."""

    learn: SpikeDataset
    choose: SpikeDataset
    unseen: SpikeDataset


def searched(network: Network, profile: HardwareProfile, parts: Parts, given) -> list[Found]:
    """Every design that a search tried that fits."""
    study = sf.search(
        network,
        profile,
        parts.choose,
        n_trials=given.trials,
        calibration=parts.learn,
        objectives=("accuracy", "event_energy_j"),
        seed=given.seed,
    )
    study.wait()
    found = []
    for trial in study.trials:
        if trial.state == "done":
            told = sf.deploy(
                network, profile, parts.unseen, design=trial.design, calibration=parts.learn
            )
            found.append(Found(str(trial.design), trial.report, told))
    return found


def trained(network: Network, profile: HardwareProfile, parts: Parts, given) -> list[Found]:
    """A few designs whose weights are learned, with operations priced more and more."""
    found = []
    for bits, pruned, cost in product(BITS, PRUNED, COSTS):
        design = sf.Design(weight_bits=bits, prune_neurons=pruned)
        made = finetune(
            network,
            profile,
            parts.learn,
            design=design,
            epochs=given.epochs,
            seed=given.seed,
            operation_cost=cost,
        )
        chosen, told = (
            sf.deploy(made.network, profile, part) for part in (parts.choose, parts.unseen)
        )
        found.append(Found(f"{design}, operation_cost={cost:g}", chosen, told))
        words = f"{told.accuracy:.1%}, {told.event_energy_j * 1e6:.2f} uJ"
        print(f"  {found[-1].words}: {words}", flush=True)
    return found


def cheapest(found: list[Found], least: float) -> Found | None:
    """The one of least energy that is right often enough on the recordings it is chosen by."""
    good = [each for each in found if each.chosen.accuracy >= least]
    return min(good, key=lambda each: each.chosen.event_energy_j, default=None)


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=80)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    network, profile = sf.load_network("braille"), sf.load_profile("loihi1")
    seen, unseen = sf.load_dataset("braille").split(0.6, seed=given.seed)
    parts = Parts(*seen.split(2 / 3, seed=given.seed), unseen)
    both, start = {}, time.process_time()
    for name, way in (("search", searched), ("trained", trained)):
        both[name] = way(network, profile, parts, given)
        print(f"{name}: {time.process_time() - start:.0f} CPU s", flush=True)
        start = time.process_time()
    for least in LEAST:
        for name, found in both.items():
            best = cheapest(found, least)
            if best is None:
                print(f"{least:.0%} {name:8} none")
                continue
            told = best.told
            print(
                f"{least:.0%} {name:8} {told.accuracy:.1%} {told.event_energy_j * 1e6:.2f} uJ "
                f"{told.latency_s * 1e6:.1f} us {told.energy_j * 1e6:.2f} uJ in all  {best.words}"
            )


if __name__ == "__main__":
    main()
