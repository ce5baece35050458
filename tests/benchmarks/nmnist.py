"""Time a convolutional network on N-MNIST beside sinabs: ``uv run python -m
tests.benchmarks.nmnist``.

The network is one published with NIR, 34 x 34 pixels to ten digits. Float sums depend on the order
of adding, so that what has to be the same is the answer to every recording.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from spikefit_nb.datasets import SpikeDataset, load_dataset
from spikefit_nb.fetch import find_local
from spikefit_nb.nir_file import read_nir
from spikefit_nb.simulate import simulate
from tests.benchmarks import ours
from tests.benchmarks.contest import Peer, enter, options, pinned, race, table

NETWORK = "cnn_sinabs.nir"


def write_workload(dataset: SpikeDataset, network: Path, path: Path) -> None:
    """What the peer reads: the events, how they are arranged, and where the network is."""
    parts = [
        np.nonzero(dataset.block(k, k + 1)[0]) for k in range(dataset.n_samples)
    ]  # one by one: it is large
    values = [dataset.block(k, k + 1)[0][part] for k, part in enumerate(parts)]
    np.savez(
        path,
        sample=np.repeat(np.arange(dataset.n_samples), [value.size for value in values]),
        step=np.concatenate([step for step, _ in parts]),
        channel=np.concatenate([channel for _, channel in parts]),
        count=np.concatenate(values),
        n_steps=dataset.n_steps,
        channel_shape=dataset.channel_shape,
        nir=str(network),
    )


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = options(__doc__, 3, ["sinabs"])
    parser.add_argument("--samples", type=int, default=1000)
    given = parser.parse_args(arguments)
    path = find_local(NETWORK)
    if path is None:
        raise SystemExit(
            f"{NETWORK} is needed: put it into a folder and set SPIKEFIT_DATA to that folder."
        )
    network = read_nir(path, reset="subtract", max_spikes_per_step=None)
    dataset = load_dataset("nmnist", n_samples=given.samples)
    record = simulate(network, dataset)
    n_events, expected = (
        int(record.synaptic_operations.sum()),
        {"prediction": record.predictions.tolist()},
    )
    with pinned(1), tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        mine, _ = ours.contestants(
            network, dataset, lambda record: {"prediction": record.predictions}, expected, n_events
        )
        events = Path(folder) / "nmnist.npz"
        write_workload(dataset, path, events)
        peer = Peer("sinabs", "nmnist_sinabs", given.samples, expected, n_events)
        results = race([mine, *enter([peer], events, given, stack)], given.repeats)
    print(
        table(
            f"N-MNIST, {given.samples} recordings, {record.accuracy:.1%} right, one thread",
            results,
            n_events,
        )
    )


if __name__ == "__main__":
    main()
