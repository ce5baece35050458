"""Print what it brings to give cores to what a run waits for: ``uv run python -m
tests.benchmarks.partition``.

Latency and energy are predictions of the package, replayed; seconds of the processor are those of
the choice alone, the second time; energy is told beside that of cores filled in order. The
published CNN is looked for in the folder in SPIKEFIT_DATA, the network and chip that come with
SANA-FE in ``--examples``, the folder of that name in its package.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import numpy as np

import spikefit_nb as sf
from spikefit_nb.balance import Auto, Bottleneck
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.fetch import find_local
from spikefit_nb.fit import judge
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import CoreMap, map_network
from spikefit_nb.network import Network, Population
from spikefit_nb.replay import replay
from spikefit_nb.sanafe_file import read_sanafe_arch, read_sanafe_network
from spikefit_nb.simulate import SpikeRecord, simulate
from spikefit_nb.units import text
from tests.benchmarks.sanafe_replay import LAYERS, N_STEPS
from tests.sanafe_mapping import evenly

HEADER = ("", "cores", "latency", "energy of events", "CPU s")
Row = tuple[str, ...]


class InOrder:
    """Neurons as they are counted, whatever the shape of a map: as other tools fill cores."""

    def order(self, population: Population) -> np.ndarray:
        """The neurons in the order in which they fill cores."""
        return np.arange(population.n_neurons)


def networks(n_samples: int) -> Iterator[tuple[str, Network, SpikeDataset, HardwareProfile]]:
    """Each network with recordings and a chip."""
    published = sf.load_profile("loihi1")
    calibrated = sf.load_profile("loihi1", coefficients="calibrated")
    for name in ("digits", "braille"):
        yield name, sf.load_network(name), sf.load_dataset(name).take(n_samples), published
    path = find_local("cnn_sinabs.nir")
    if path is not None:
        network = sf.read_nir(path, reset="zero")
        dataset = sf.load_dataset("nmnist", n_samples=min(20, n_samples))
        yield "N-MNIST CNN", network, dataset, published
        yield "N-MNIST CNN, calibrated", network, dataset, calibrated


def rows(title: str, network: Network, dataset: SpikeDataset, chip: HardwareProfile) -> list[Row]:
    """A line for each way to lay a network out."""
    case = Case(network, chip, dataset, design=sf.Design(suit_chip=True))
    fit = judge(case)
    return rows_of(title, case.run(fit.network).record, fit.mapping)


def rows_of(title: str, record: SpikeRecord, filled: CoreMap) -> list[Row]:
    """A line for each way to lay out the network of a run."""
    in_order = map_network(filled.network, filled.profile, partition=InOrder())
    ways: dict[str, Callable[[], CoreMap]] = {
        "filled in order": lambda: in_order,
        "filled": lambda: filled,
        "best even cut": lambda: even(record, filled),
        "auto": lambda: Auto().choose(record, filled),
        "auto, live at 1 ms": lambda: Auto().choose(
            record, filled, scenario="real_time", dt_s=1e-3
        ),
        "bottleneck": lambda: Bottleneck().spread(record, filled),
    }
    before_j = replay(record, in_order).energy_j or 0.0
    return [row(f"{title}: {name}", record, choose, before_j) for name, choose in ways.items()]


def sanafe_rows(examples: Path) -> list[Row]:
    """The lines of the network that comes with SANA-FE, on its own chip, and of its tutorial's
    map.
    """
    network = read_sanafe_network(examples / "dvs_challenge.npz")
    chip = read_sanafe_arch(examples / "loihi.yaml")
    dataset = SpikeDataset(np.zeros((1, N_STEPS["dvs"], 1), bool))
    record = simulate(network, dataset, arithmetic="sanafe_loihi", record="events")
    told = rows_of("SANA-FE's own", record, map_network(network, chip))
    in_order = map_network(network, chip, partition=InOrder())
    before_j = replay(record, in_order).energy_j or 0.0
    tutorial = evenly(network, chip, LAYERS)
    return [*told, row("SANA-FE's own: its tutorial", record, lambda: tutorial, before_j)]


def even(record: SpikeRecord, filled: CoreMap) -> CoreMap:
    """The quickest of all cuts into pieces of as many neurons each, about a dozen sizes."""
    network, chip = filled.network, filled.profile
    largest = max(p.n_neurons for p in network.neuron_populations)
    sizes = sorted({max(1, int(largest / 1.3**k)) for k in range(24)})
    tried = [map_network(network, chip, neurons_per_core=n) for n in sizes]
    able = [m for m in tried if m.n_cores <= (m.chip_n_cores or m.n_cores)]
    return min(able, key=lambda mapping: replay(record, mapping).latency_s or 0.0)


def row(name: str, record: SpikeRecord, choose: Callable[[], CoreMap], before_j: float) -> Row:
    """One line of the table."""
    choose()
    started = process_time()
    mapping = choose()
    took_s, price = process_time() - started, replay(record, mapping)
    growth = f"{100 * ((price.energy_j or 0.0) / before_j - 1):+.1f} %"
    return name, str(mapping.n_cores), text(price.latency_s, "s"), growth, f"{took_s:.3f}"


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=60, help="recordings of each data set")
    parser.add_argument(
        "--examples", type=Path, default=os.environ.get("SPIKEFIT_SANAFE", ".") + "/examples"
    )
    given = parser.parse_args(arguments)
    told = [HEADER]
    for network in networks(given.samples):
        told += rows(*network)
    if (given.examples / "dvs_challenge.npz").is_file():
        told += sanafe_rows(given.examples)
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    for line in told:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    main()
