"""What each change of adaptation brings:
``uv run python -m tests.benchmarks.adapted braille --bits 6 5 4``.

Accuracy on recordings that no change has seen, in float32 and in the integers of a chip, with the
chip's delays. Rows are added up: each has what the one before it has. ``braille``,
``braille_subtract`` and ``nmnist`` need their files in the folder in ``SPIKEFIT_DATA``.
"""

import argparse
from collections.abc import Iterator

from spikefit_nb.adapt import Activity, chip_scales, quantize, retime, retune
from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.errors import NetworkProblem
from spikefit_nb.fetch import find_local
from spikefit_nb.hardware import HardwareProfile, load_profile
from spikefit_nb.network import Network
from spikefit_nb.nir_file import load_network, read_nir
from spikefit_nb.simulate import simulate

RESETS = {"speck": "subtract"}  # of the CNN, which a chip that resets to zero runs so too


def workload(name: str, chip: str, n_samples: int) -> tuple[Network, SpikeDataset, SpikeDataset]:
    """A network, recordings to calibrate on, and others to test on."""
    if name == "nmnist":
        subtracts = chip in RESETS
        path = find_local("cnn_sinabs.nir")
        network = read_nir(
            path,
            reset="subtract" if subtracts else "zero",
            max_spikes_per_step=None if subtracts else 1,
        )
        dataset = load_dataset("nmnist", n_samples=n_samples)
    else:
        network, dataset = (
            load_network(name),
            load_dataset("digits" if name == "digits" else "braille"),
        )
    return network, *dataset.split(0.25, 0)


def variants(
    network: Network, profile: HardwareProfile, bits: int, calibration: SpikeDataset
) -> Iterator[tuple[str, Network]]:
    """Networks of so many bits, each with one change more."""
    activity, scales = Activity(network, calibration), chip_scales(profile)._asdict()
    yield "naive", quantize(network, bits, clip="largest").network
    yield "+ error-minimising clipping", quantize(network, bits).network
    yield f"+ a scale a {scales['scope']}", quantize(network, bits, **scales).network
    yield (
        "+ bias correction",
        quantize(
            network, bits, **scales, activity=activity, compensate=False, correct_bias=True
        ).network,
    )
    saliency = quantize(network, bits, **scales, activity=activity).network
    yield "+ saliency, no bias correction", saliency
    refused = accuracy(saliency, profile, calibration, profile.arithmetic) == "refused"
    arithmetic = "float32" if refused else profile.arithmetic
    yield (
        "+ re-tuned thresholds",
        retune(saliency, activity=activity, arithmetic=arithmetic).network,
    )


def accuracy(
    network: Network, profile: HardwareProfile, dataset: SpikeDataset, arithmetic: str
) -> str:
    """The share of right answers with the chip's delays, in per cent."""
    retimed = retime(network, profile)
    try:
        record = simulate(
            retimed.network, dataset.extend(retimed.extra_steps), arithmetic=arithmetic
        )
    except NetworkProblem:
        return "refused"
    return f"{100 * (record.accuracy or 0):.1f}"


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=("braille", "braille_subtract", "digits", "nmnist"))
    parser.add_argument("--chip", default="loihi1")
    parser.add_argument("--bits", type=int, nargs="+", default=[8, 6, 5, 4])
    parser.add_argument("--samples", type=int, default=400, help="recordings of N-MNIST")
    given = parser.parse_args(arguments)
    profile = load_profile(given.chip)
    network, calibration, dataset = workload(given.network, given.chip, given.samples)
    print(
        f"{given.network}, {dataset.n_samples} recordings, calibrated on "
        f"{calibration.n_samples} others; in float32 and"
    )
    print(
        f"on {profile.title}. As trained: {100 * (simulate(network, dataset).accuracy or 0):.1f} %"
    )
    for bits in given.bits:
        for change, made in variants(network, profile, bits, calibration):
            shown = [
                accuracy(made, profile, dataset, arithmetic)
                for arithmetic in ("float32", profile.arithmetic)
            ]
            shown = [f"{entry} %" if entry != "refused" else entry for entry in shown]
            print(f"{bits} bits  {change:32} {shown[0]:>8}  {shown[1]:>8}", flush=True)


if __name__ == "__main__":
    main()
