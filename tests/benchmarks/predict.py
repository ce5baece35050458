"""Time predicted prices beside replayed ones, and tell their errors: ``uv run python -m
tests.benchmarks.predict``.

Both price the same run on the same mapping and count the same packets and synaptic operations; a
prediction is first made of rates that have been asked before, as when many mappings are screened,
and then of a record seen for the first time. SANA-FE's own network is read from ``--examples``, the
folder of that name in its package.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spikefit_nb.adapt import retime
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.fetch import find_local
from spikefit_nb.hardware import load_profile
from spikefit_nb.mapping import CoreMap, map_network
from spikefit_nb.network import Network
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.replay import FiringRates, PredictionError, Price, predict, replay
from spikefit_nb.sanafe_file import read_sanafe_arch, read_sanafe_network
from spikefit_nb.simulate import SpikeRecord, simulate
from tests.benchmarks.contest import Contestant, options, pinned, race, table
from tests.benchmarks.peers.pacing import Job, timed
from tests.sanafe_mapping import evenly

LAYERS = (
    1,
    4,
    16,
    16,
    4,
    1,
)  # cores of each layer of SANA-FE's own network, as its tutorial 5 maps them
NMNIST = "cnn_sinabs.nir"
COUNTED = ("spikes", "packets", "synaptic_operations")

Case = tuple[str, SpikeRecord, CoreMap]


def price_counts(price: Price) -> dict[str, list]:
    """What both have to count alike."""
    return {"all": [price.counts[name] for name in COUNTED]}


def on_loihi(
    title: str, network: Network, dataset: SpikeDataset, neurons_per_core: int | None
) -> Case:
    """A network on the cores of Loihi, in the numbers that SANA-FE calibrated."""
    chip = load_profile("loihi1", coefficients="calibrated")
    network = retime(network, chip).network
    record = simulate(network, dataset, record="events")
    return title, record, map_network(network, chip, neurons_per_core=neurons_per_core)


def cases(n_recordings: int, examples: Path) -> Iterator[Case]:
    """Runs and their mappings; those whose files are not at hand are named and left out."""
    yield on_loihi("Digits", load_network("digits"), load_dataset("digits"), 16)
    if (path := find_local(NMNIST)) is not None:
        network = read_nir(path, reset="subtract", max_spikes_per_step=None)
        yield on_loihi("N-MNIST", network, load_dataset("nmnist", n_samples=n_recordings), None)
        yield on_loihi("Braille", load_network("braille"), load_dataset("braille"), 8)
    else:
        print(f"N-MNIST and Braille: skipped, {NMNIST} is in no folder named by SPIKEFIT_DATA")
    if (examples / "dvs_challenge.npz").is_file():
        network = read_sanafe_network(examples / "dvs_challenge.npz")
        record = simulate(
            network,
            SpikeDataset(np.zeros((1, 1000, 1), bool)),
            arithmetic="sanafe_loihi",
            record="events",
        )
        yield (
            "SANA-FE's own",
            record,
            evenly(network, read_sanafe_arch(examples / "loihi.yaml"), LAYERS),
        )
    else:
        print(f"SANA-FE's own: skipped, there is no dvs_challenge.npz in {examples}")


def contest(title: str, record: SpikeRecord, mapping: CoreMap, n_repeats: int) -> None:
    """Print a table, and below it how far the prediction is off."""
    rates, replayed = FiringRates.of(record, mapping.network), replay(record, mapping)
    expected = price_counts(replayed)
    jobs = {
        "predict": Job("", lambda: predict(rates, mapping), price_counts),
        "predict from a record": Job("", lambda: predict(record, mapping), price_counts),
        "replay": Job("", lambda: replay(record, mapping), price_counts),
    }
    contestants = [
        Contestant(name, lambda job=job: timed(job), expected, round(expected["all"][2]))
        for name, job in jobs.items()
    ]
    with pinned(1):
        results = race(contestants, n_repeats)
    said = (
        f"{title}, {record.n_samples} x {record.n_steps} steps on {mapping.cores_in_words}, "
        "one thread"
    )
    print(table(said, results, round(expected["all"][2])))
    print(f"  {PredictionError(predict(rates, mapping), replayed)}")


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = options(__doc__, 9)
    parser.add_argument("--recordings", type=int, default=100, help="of N-MNIST")
    parser.add_argument(
        "--examples", type=Path, default=Path(os.environ.get("SPIKEFIT_SANAFE", ".")) / "examples"
    )
    given = parser.parse_args(arguments)
    for title, record, mapping in cases(given.recordings, given.examples):
        contest(title, record, mapping, given.repeats)


if __name__ == "__main__":
    main()
