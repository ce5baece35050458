"""Time a perceptron of 784-512-256-10 neurons beside its peers: ``uv run python -m
tests.benchmarks.w1``.
"""

from contextlib import ExitStack

import numpy as np

from spikefit_nb.simulate import SpikeRecord
from tests.benchmarks import ours, workloads
from tests.benchmarks.bounds import row_bounds
from tests.benchmarks.contest import Counts, Peer, bounds_table, enter, options, pinned, race, table

NAMES = ("torch", "sinabs", "norse", "snntorch", "sanafe")
ALONE = {"sanafe"}  # no batch: one sample shows its speed


def layer_counts(record: SpikeRecord) -> dict[str, np.ndarray]:
    """Spikes of each layer and sample, as ``reference`` has them."""
    return {name: record.spike_counts[name].sum(axis=1) for name in workloads.W1_LAYERS}


def reference(arrays: workloads.Arrays, n_samples: int) -> Counts:
    """Spikes of each layer in each of the first samples, and of all neurons, inputs included, in
    all of these.
    """
    counts = {
        name: spikes[:n_samples].tolist()
        for name, spikes in zip(workloads.W1_LAYERS, arrays["spikes"], strict=True)
    }
    n_inputs = int(np.count_nonzero(workloads.w1_inputs(arrays)[:, :n_samples]))
    return {**counts, "all": [n_inputs + sum(map(sum, counts.values()))]}


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = options(__doc__, 9, NAMES)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--steps", type=int, default=100)
    given = parser.parse_args(arguments)
    path = workloads.w1(given.samples, given.steps)
    arrays = workloads.read(path)
    n_events = workloads.w1_events(arrays, given.samples)
    peers = []
    for name in NAMES:
        n_run = 1 if name in ALONE else given.samples
        part = f"{n_run} of {given.samples} samples" * (n_run < given.samples)
        peers.append(
            Peer(
                name,
                f"w1_{name}",
                n_run,
                reference(arrays, n_run),
                workloads.w1_events(arrays, n_run),
                part,
            )
        )
    rows = np.nonzero(workloads.w1_inputs(arrays))[2]
    with pinned(1), ExitStack() as stack:
        mine = ours.contestants(
            *ours.w1_network(arrays), layer_counts, reference(arrays, given.samples), n_events
        )
        bounds = row_bounds(arrays["W0"], rows)
        results = race([*mine, *enter(peers, path, given, stack), *bounds], given.repeats)
    print(table("W1, one thread", results[: -len(bounds)], n_events))
    print(bounds_table("Rows W[pre, :512], in the cache", results[0], results[-len(bounds) :]))


if __name__ == "__main__":
    main()
