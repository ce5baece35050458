"""Print what it brings to give cores to what a run waits for: ``uv run python -m
tests.benchmarks.partition``.

Latency and energy are predictions of the package, replayed; seconds of the processor are those of
the choice alone, the second time. The published CNN is looked for in the folder in SPIKEFIT_DATA.
"""

import argparse
from collections.abc import Callable, Iterator
from time import process_time

import spikefit_nb as sf
from spikefit_nb.balance import Auto, Bottleneck
from spikefit_nb.case import Case
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.fetch import find_local
from spikefit_nb.fit import judge
from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.mapping import CoreMap, map_network
from spikefit_nb.network import Network
from spikefit_nb.replay import replay
from spikefit_nb.simulate import SpikeRecord
from spikefit_nb.units import text

HEADER = ("", "cores", "latency", "energy of events", "CPU s")
Row = tuple[str, ...]


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
    record, filled = case.run(fit.network).record, fit.mapping
    ways: dict[str, Callable[[], CoreMap]] = {
        "filled": lambda: filled,
        "best even cut": lambda: even(record, filled),
        "auto": lambda: Auto().choose(record, filled),
        "auto, live at 1 ms": lambda: Auto().choose(
            record, filled, scenario="real_time", dt_s=1e-3
        ),
        "bottleneck": lambda: Bottleneck().spread(record, filled),
    }
    before_j = replay(record, filled).energy_j or 0.0
    return [row(f"{title}: {name}", record, choose, before_j) for name, choose in ways.items()]


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
    n_samples = parser.parse_args(arguments).samples
    told = [HEADER]
    for network in networks(n_samples):
        told += rows(*network)
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    for line in told:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    main()
