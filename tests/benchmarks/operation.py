"""Print what stored and live input cost: ``uv run python -m tests.benchmarks.operation``.

Networks and recordings are published ones, looked for in the folder in SPIKEFIT_DATA. Nothing is
timed: the numbers are predictions of the package, each a count times figures.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import spikefit_nb as sf
from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.deploy import Report
from spikefit_nb.errors import FileProblem
from spikefit_nb.fetch import find_local
from spikefit_nb.network import Network
from spikefit_nb.robustness import robustness
from spikefit_nb.units import text

STEPS = (64, 20, 16)
HEADER = ("", "accuracy", "events", "stored", "live", "times", "slack")


def reports(n_samples: int) -> Iterator[tuple[str, Report]]:
    """Each network on a chip that runs it."""
    digits, images = sf.load_network("digits"), sf.load_dataset("digits")
    for n in STEPS:
        design = sf.Design(n_steps=n, partition="layers")  # as few cores as hold them
        yield (
            f"digits, {n} steps, Loihi",
            sf.deploy(digits, sf.load_profile("loihi1"), images, design=design),
        )
    letters = sf.load_dataset("braille").take(n_samples)
    braille = sf.load_network("braille")
    yield "Braille, Loihi", sf.deploy(braille, sf.load_profile("loihi1"), letters)
    calibrated = sf.load_profile("loihi1", coefficients="calibrated")
    yield "Braille, Loihi, calibrated", sf.deploy(braille, calibrated, letters)
    subtract = sf.load_network("braille_subtract")
    yield "Braille, Xylo A3", sf.deploy(subtract, sf.load_profile("xylo_audio3"), letters)
    spinnaker = sf.load_profile("spinnaker1")
    yield "Braille, SpiNNaker", sf.deploy(braille, spinnaker, letters)
    yield from on_loihi(min(n_samples, 40))


def on_loihi(n_samples: int) -> Iterator[tuple[str, Report]]:
    """The published CNN, with the reset and the spikes a step that Loihi has."""
    path = find_local("cnn_sinabs.nir")
    if path is None:
        return
    network = sf.read_nir(path, reset="subtract", max_spikes_per_step=1)
    populations = [zeroed(p) for p in network.populations]
    network = network.replace(populations=populations)
    dataset = sf.load_dataset("nmnist", n_samples=n_samples)
    chip = sf.load_profile("loihi1", coefficients="calibrated")
    yield "N-MNIST CNN, Loihi, calibrated", sf.deploy(network, chip, dataset)


def zeroed(population: sf.Population) -> sf.Population:
    """A population that resets to zero."""
    neuron = population.neuron
    if population.is_input:
        return population
    return replace(population, neuron=replace(neuron, reset="zero"))


def row(name: str, report: Report) -> tuple[str, ...]:
    """One line of the table."""
    if not report.fits:
        return name, report.fit.headline, *[""] * 5
    stored, live = (report.operations[s] for s in ("single_stream", "real_time"))
    energies = [o.energy_j.value if o.energy_j else None for o in (stored, live)]
    times = "" if None in energies else f"{energies[1] / energies[0]:,.0f}"  # type: ignore
    slack = f"{report.dataset.dt_s / live.slowest_step_s:,.0f}" if live.slowest_step_s else ""
    cells = (text(e, "J") if e is not None else "not published" for e in energies)
    events = "" if report.event_energy_j is None else text(report.event_energy_j, "J")
    return name, f"{report.accuracy:.1%}", events, *cells, times, slack


def off_the_bench(network: Network, dataset: SpikeDataset, name: str) -> None:
    """Print what faults leave of the accuracy."""
    report = sf.deploy(network, sf.load_profile("loihi1"), dataset)
    for faults in ({"weight_mismatch": 0.2}, {"bit_flips": 1e-3}):
        found = robustness(report, **faults)  # type: ignore[arg-type]
        low, high = found.accuracies.min(), found.accuracies.max()
        print(f"{name}: {found.headline}; {low:.1%} to {high:.1%}")


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1158)
    given = parser.parse_args(arguments)
    try:
        rows = [HEADER, *(row(*made) for made in reports(given.samples))]
    except FileProblem as problem:
        raise SystemExit(str(problem)) from None
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))
    off_the_bench(sf.load_network("digits"), sf.load_dataset("digits"), "digits")
    letters = sf.load_dataset("braille").take(given.samples)
    off_the_bench(sf.load_network("braille"), letters, "Braille")


if __name__ == "__main__":
    main()
