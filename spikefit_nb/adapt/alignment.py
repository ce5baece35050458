"""Lay the spikes of a changed network over those of the one it was made from, and say where they
part.
"""

from typing import NamedTuple

import numpy as np

from spikefit_nb.network import Network
from spikefit_nb.simulate import SpikeRecord


class Spikes(NamedTuple):
    """Spikes of one population, ordered: one entry for each sample, step and neuron that fired."""

    key: np.ndarray  # (n,) int64: (sample * n_steps + step) * n_neurons + neuron
    count: np.ndarray  # type: ignore[assignment]  # (n,) int32
    shape: tuple[int, int, int]  # n_samples, n_steps, n_neurons

    @property
    def per_neuron(self) -> np.ndarray:
        """Spikes of each neuron over all samples and steps, (n_neurons,)."""
        return np.bincount(self.key % self.shape[2], self.count, self.shape[2])


class Parting(NamedTuple):
    """Where two runs of one population part."""

    agreement: float  # spikes at the same sample, step and neuron, of all that either run has
    # (n_samples,) the first step in which they differ; n_steps where they never do
    first: np.ndarray


def lags(before: Network, after: Network) -> dict[str, int]:
    """By how many steps each population hears later in the network after than in the one before."""
    first, then = _lateness(before), _lateness(after)
    return {name: then[name] - first[name] for name in first if name in then}


def _lateness(network: Network) -> dict[str, int]:
    late = dict.fromkeys((p.name for p in network.populations), 0)
    onward = [
        e
        for e in network.projections
        if e.delay_steps == 0 or e.source not in network.reach[e.target]
    ]
    for _ in network.populations:  # the longest way, however the populations are listed
        for e in onward:
            late[e.target] = max(late[e.target], late[e.source] + e.delay_steps)
    return late


def aligned_spikes(
    record: SpikeRecord, network: Network, population: str, lag: int, n_steps: int
) -> Spikes:
    """The spikes of a population in ``n_steps`` steps from step ``lag`` on, counted from there."""
    events, start, n = record.events, network.starts[population], network[population].n_neurons
    here = (events.neuron >= start) & (events.neuron < start + n)  # type: ignore[union-attr]
    row = np.repeat(np.arange(events.ptr.size - 1), np.diff(events.ptr))[here]  # type: ignore[union-attr]
    neuron, count = events.neuron[here] - start, events.count[here]  # type: ignore[union-attr]
    sample, step = np.divmod(row, record.n_steps)
    inside = (step >= lag) & (step < lag + n_steps)
    key = ((sample * n_steps + step - lag) * n + neuron)[inside]
    return Spikes(key, count[inside], (record.n_samples, n_steps, n))


def parting(before: Spikes, after: Spikes) -> Parting:
    """Compare two runs of one population spike by spike."""
    n_samples, n_steps, n_neurons = before.shape
    shared, at_first, at_then = np.intersect1d(
        before.key, after.key, assume_unique=True, return_indices=True
    )
    common = int(np.minimum(before.count[at_first], after.count[at_then]).sum())
    either = int(before.count.sum()) + int(after.count.sum()) - common
    alone = np.setxor1d(before.key, after.key, assume_unique=True)
    differing = (
        np.concatenate([alone, shared[before.count[at_first] != after.count[at_then]]]) // n_neurons
    )
    first = np.full(n_samples, n_steps)
    np.minimum.at(first, differing // n_steps, differing % n_steps)
    return Parting(common / either if either else 1.0, first)
