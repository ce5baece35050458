"""The first steps of a recorded run: one simulation holds every shorter one."""

from dataclasses import replace

import numpy as np

from spikefit_nb.errors import DatasetProblem
from spikefit_nb.network import Network
from spikefit_nb.simulate.record import SpikeEvents, SpikeRecord


def cut_record(
    record: SpikeRecord, network: Network, n_steps: int, samples: np.ndarray | None = None
) -> SpikeRecord:
    """Keep the first steps of a run: the same record that running no more of them leaves behind.

    Numbers that left a chip's range are counted over a whole run only, and are not told of a part.

    Parameters
    ----------
    record : SpikeRecord, made with ``record="events"``
    network : Network, that was run
    n_steps : int, from 1 to all
    samples : (n,) int, optional, which samples to keep; None: all

    Returns
    -------
    SpikeRecord

    Raises
    ------
    DatasetProblem
        There are no so many steps, or the record holds counts only.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> network, dataset = sf.load_network("digits"), sf.load_dataset("digits").take(30)
    >>> record = sf.simulate(network, dataset, record="events")
    >>> early = cut_record(record, network, 20)
    >>> early.synaptic_operations.sum() == sf.simulate(
    ...     network, dataset.take_steps(20)).synaptic_operations.sum()
    np.True_
    """
    if record.events is None:
        raise DatasetProblem(
            "A run is cut by its events and this record holds counts: simulate(..., "
            "record='events')."
        )
    if not 1 <= n_steps <= record.n_steps:
        raise DatasetProblem(
            f"n_steps is {n_steps}; this run has {record.n_steps} steps: give one of them."
        )
    kept = np.arange(record.n_samples) if samples is None else np.asarray(samples)
    events = _cut_events(record.events, kept, record.n_steps, n_steps)
    counts = {name: _counts(events, network, name, n_steps) for name in network.starts}
    operations = np.zeros(kept.size, np.int64)
    for e in network.projections:
        operations += counts[e.source] @ e.out_degree()  # in int64
    potential = record.output_potential
    return replace(
        record,
        spike_counts=counts,
        output_spikes=record.output_spikes[kept, :n_steps],
        output_potential=None if potential is None else potential[kept, :n_steps],
        labels=None if record.labels is None else _cut_labels(record.labels[kept], n_steps),
        events=events,
        synaptic_operations=operations,
        warnings=(),
        overflows={},
    )


def _cut_labels(labels: np.ndarray, n_steps: int) -> np.ndarray:
    return labels if labels.ndim == 1 else labels[:, :n_steps]


def _cut_events(events: SpikeEvents, kept: np.ndarray, n_before: int, n_steps: int) -> SpikeEvents:
    first = events.ptr[kept * n_before]
    of_sample = events.ptr[kept * n_before + n_steps] - first
    in_row = np.diff(events.ptr).reshape(-1, n_before)[kept, :n_steps]
    ptr = np.concatenate([[0], np.cumsum(in_row)])
    which = np.arange(ptr[-1]) + np.repeat(first - ptr[:-1:n_steps], of_sample)
    return SpikeEvents(
        ptr, events.neuron[which], events.count[which], events.updated[kept, :n_steps]
    )


def _counts(events: SpikeEvents, network: Network, name: str, n_steps: int) -> np.ndarray:
    """Spikes of one population, (n_samples, n_neurons) int32."""
    n_neurons, n_samples = network[name].n_neurons, (events.ptr.size - 1) // n_steps
    row, neuron, count = events.of(network.starts[name], n_neurons)
    key = row // n_steps * n_neurons + neuron
    spikes = np.bincount(key, weights=count, minlength=n_samples * n_neurons)
    return spikes.astype(np.int32).reshape(n_samples, n_neurons)
