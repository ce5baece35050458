"""Time a recurrent network of 10,000 neurons beside its peers: ``uv run python -m
tests.benchmarks.w2``.
"""

from contextlib import ExitStack

import numpy as np

from spikefit_nb.simulate import SpikeRecord
from tests.benchmarks import ours, workloads
from tests.benchmarks.bounds import scatter_bound
from tests.benchmarks.contest import Counts, Peer, bounds_table, enter, options, pinned, race, table

NAMES = ("brian2", "torch", "sanafe")
SLOW = {"sanafe": 200}  # steps that show its speed


def neuron_counts(record: SpikeRecord) -> dict[str, np.ndarray]:
    """Spikes in each step and of each neuron, as ``reference`` has them."""
    return {
        "step": record.output_spikes[0].sum(axis=1),
        "neuron": record.spike_counts["neurons"][0],
    }


def reference(arrays: workloads.Arrays, n_steps: int) -> Counts:
    """Spikes in each of the first steps, of each neuron in them, and of all neurons."""
    n_spikes = int(arrays["per"][:n_steps].sum())
    per_neuron = np.bincount(arrays["fired"][:n_spikes], minlength=len(arrays["v0"]))
    return {
        "step": arrays["per"][:n_steps].tolist(),
        "neuron": per_neuron.tolist(),
        "all": [n_spikes],
    }


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = options(__doc__, 9, NAMES)
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1000)
    given = parser.parse_args(arguments)
    path = workloads.w2(given.neurons, given.steps)
    arrays = workloads.read(path)
    n_events = workloads.w2_events(arrays, given.steps)
    peers = []
    for name in NAMES:
        n_run = min(given.steps, SLOW.get(name, given.steps))
        part = f"{n_run} of {given.steps} steps" * (n_run < given.steps)
        peers.append(
            Peer(
                name,
                f"w2_{name}",
                n_run,
                reference(arrays, n_run),
                workloads.w2_events(arrays, n_run),
                part,
            )
        )
    with pinned(1), ExitStack() as stack:
        mine = ours.contestants(
            *ours.w2_network(arrays, given.steps),
            neuron_counts,
            reference(arrays, given.steps),
            n_events,
        )
        bounds = scatter_bound(arrays["post"], arrays["w"], arrays["fired"])
        results = race([*mine, *enter(peers, path, given, stack), *bounds], given.repeats)
    print(table("W2, one thread", results[: -len(bounds)], n_events))
    print(bounds_table("Scatter", results[0], results[-len(bounds) :]))


if __name__ == "__main__":
    main()
