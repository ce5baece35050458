"""What a run does on mapped cores, in exact counts: per core, format and step."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.frozen import Frozen
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.mapping import FORMATS, CoreMap, Links
from spikefit_nb.simulate import SpikeRecord, n_threads

BLOCK_BYTES = (
    1e6  # of the counts of the rows that are counted together, so that they stay in the cache
)
OTHERS = ("updates_active", "spikes", "packets", "packets_in")  # columns behind the formats


@dataclass(frozen=True, eq=False, repr=False)
class MappedRun(Frozen):
    """A run of a network on mapped cores, of which events are known or only their rates."""

    record: Any  # of the run: its samples, steps and spike counts
    mapping: CoreMap  # of the same network

    def __post_init__(self) -> None:
        network = self.mapping.network
        ran = {name: counts.shape[1] for name, counts in self.record.spike_counts.items()}
        mapped = {name: network[name].n_neurons for name in network.starts}
        if list(ran.items()) != list(mapped.items()):
            raise NetworkProblem(
                f"The run is of {_in_words(ran, 'inputs and neurons')}, but "
                f"{_in_words(mapped, 'are mapped')}: give the record or the rates of the network "
                "that was mapped (with the chip's delays, where it has any)."
            )

    @cached_property
    def spikes(self) -> np.ndarray:
        """Spikes of each neuron, all samples together, inputs first."""
        counts = self.record.spike_counts.values()
        return np.concatenate([n.sum(axis=0) for n in counts])

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """Formats of synapses in use, at least one."""
        return tuple(compress(FORMATS, self.mapping.fan_formats.any(axis=1))) or FORMATS[:1]

    @property
    def columns(self) -> tuple[str, ...]:
        """What is counted of each core."""
        return (*(f"synaptic_operations_{name}" for name in self.formats), *OTHERS)

    @property
    def n_rows(self) -> int:
        """Steps of all samples together."""
        return self.record.n_samples * self.record.n_steps

    @cached_property
    def arriving(self) -> dict[str, np.ndarray]:
        """Messages at each core, of all samples together, that are told apart: those from inputs,
        and those that meet the one synapse of neurons wired one to one; (n_cores,) each.
        """
        m = self.mapping
        axons = np.repeat(self.spikes, np.diff(m.fan_ptr))
        outside = np.arange(axons.size) < m.fan_ptr[m.network.n_channels]
        kinds = {"input_packets": outside}
        if m.profile.has("energy_packet_in_single"):
            kinds["packets_in_single"] = self.meets_one
        return {
            kind: np.bincount(m.fan_core[which], axons[which], m.n_cores)
            for kind, which in kinds.items()
        }

    @cached_property
    def fired_steps(self) -> np.ndarray:
        """Steps of all samples in which each input and neuron fires, (n_neurons,): counted, or
        expected of rates.
        """
        if not isinstance(self.record, SpikeRecord):
            return self.record.fired_steps
        neuron = self.record.events.neuron  # type: ignore[union-attr]
        return np.bincount(neuron, minlength=self.mapping.core_of.size)

    @cached_property
    def meets_one(self) -> np.ndarray:
        """Whether each axon meets one synapse at its core, of neurons wired one to one."""
        m, network = self.mapping, self.mapping.network
        alone = np.zeros(m.core_of.size, bool)
        for name, start in network.starts.items():
            most = [e.out_degree().max() for e in network.projections if e.source == name]
            alone[start : start + network[name].n_neurons] = max(most, default=0) == 1
        return np.repeat(alone, np.diff(m.fan_ptr)) & (m.fan_formats.sum(axis=0) == 1)

    @cached_property
    def layout(self) -> k.Layout:
        """The mapping as the kernels read it."""
        m = self.mapping
        synapses = m.fan_formats[[FORMATS.index(name) for name in self.formats]]
        return k.Layout(m.core_of, m.copies, m.fan_ptr, m.fan_core, synapses, runs=_runs(m))

    @cached_property
    def links(self) -> Links:
        """Packets between cores, of all samples together."""
        layout, n_cores = self.layout, self.mapping.n_cores
        pair = np.empty_like(layout.fan_core)
        packets = np.empty(pair.size, self.spikes.dtype)
        n = k.list_packets(self.spikes, layout, n_cores, pair, packets)
        pairs, packets = _sum_by_key(pair[:n], packets[:n])
        return Links(pairs // n_cores, pairs % n_cores, packets)


@dataclass(frozen=True, eq=False, repr=False)
class Counters(MappedRun):
    """Exact counts of a recorded run on mapped cores; what is priced from them is priced again
    without counting.

    A row is one step of one sample. A spike's synaptic operations belong to the step it is sent in.

    Parameters
    ----------
    record : SpikeRecord, made with ``record="events"``
    mapping : CoreMap, of the same network

    Raises
    ------
    NetworkProblem
        The record holds counts only, or is of another network.

    Examples
    --------
    >>> import spikefit_nb as sf
    >>> from spikefit_nb.mapping import map_network
    >>> network, loihi = sf.load_network("digits"), sf.load_profile("loihi1")
    >>> record = sf.simulate(network, sf.load_dataset("digits").take(30), record="events")
    >>> counters = Counters(record, map_network(network, loihi))
    >>> counters.per_step("synaptic_operations").shape  # samples, steps, cores
    (30, 64, 2)
    """

    record: SpikeRecord
    mapping: CoreMap

    def __post_init__(self) -> None:
        if self.record.events is None:
            raise NetworkProblem(
                "replay needs events and this record holds counts: simulate(..., record='events')."
            )
        super().__post_init__()

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """First and last row of each block, which do not depend on the number of threads."""
        row_bytes = 8 * len(self.columns) * self.mapping.n_cores
        size = max(1, int(BLOCK_BYTES // row_bytes))
        return [(first, min(first + size, self.n_rows)) for first in range(0, self.n_rows, size)]

    @cached_property
    def cells(self) -> tuple[np.ndarray, ...]:
        """All counts, block by block: (n_rows, n_columns, n_cores) int64 each."""
        with ThreadPoolExecutor(max_workers=n_threads()) as pool:
            return tuple(pool.map(self.count, self.blocks))

    def count(self, block: tuple[int, int]) -> np.ndarray:
        """Count a block of rows.

        Parameters
        ----------
        block : (int, int), first and last row

        Returns
        -------
        (n_rows, n_columns, n_cores) int64
        """
        first, last = block
        cells = np.zeros((last - first, len(self.columns), self.mapping.n_cores), np.int64)
        events = self.record.events[:3]  # type: ignore[index]
        k.count_rows(*events, self.updated, first, self.layout, cells)
        return cells

    @property
    def updated(self) -> np.ndarray:
        """Update bits by row, (n_rows, bytes) uint8."""
        bits = self.record.events.updated  # type: ignore[union-attr]
        return bits.reshape(self.n_rows, bits.shape[2])

    def per_step(self, counter: str) -> np.ndarray:
        """One counter per sample, step and core.

        Parameters
        ----------
        counter : "synaptic_operations" of all formats, "updates_inactive", or one of ``columns``

        Returns
        -------
        (n_samples, n_steps, n_cores) int64

        Raises
        ------
        NetworkProblem
            There is no such counter.
        """
        cells = np.concatenate(self.cells)
        counted = {column: cells[:, i] for i, column in enumerate(self.columns)}
        counted["synaptic_operations"] = cells[:, : len(self.formats)].sum(axis=1)
        counted["updates_inactive"] = self.mapping.n_neurons - counted["updates_active"]
        if counter not in counted:
            raise NetworkProblem(f"counter is {counter!r}; it can be {', '.join(counted)}.")
        return counted[counter].reshape(self.record.n_samples, self.record.n_steps, -1)

    def __repr__(self) -> str:
        record = self.record
        return (
            f"Counters({record.n_samples} samples x {record.n_steps} steps on "
            f"{self.mapping.cores_in_words})"
        )


def _in_words(sizes: Mapping[str, int], of: str) -> str:
    """Such as "12 are mapped (in 4, out 8)"."""
    each = ", ".join(f"{name} {size}" for name, size in sizes.items())
    return f"{sum(sizes.values())} {of} ({each})"


def _runs(mapping: CoreMap) -> np.ndarray:
    """Stretches of neurons on one core, laid out equally often, as places of update bits; (n_runs,
    4) int64.
    """
    n_inputs = mapping.network.n_channels
    core, copies = mapping.core_of[n_inputs:], mapping.copies[n_inputs:]
    first = np.flatnonzero((np.diff(core, prepend=-1) != 0) | (np.diff(copies, prepend=-1) != 0))
    return np.stack([first, np.append(first[1:], core.size), core[first], copies[first]], axis=1)


def _sum_by_key(key: np.ndarray, amount: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different keys in ascending order, and the sum of the amounts of each."""
    if (
        key.size and key.max() < 8 * key.size
    ):  # a table of all keys is small, and sums below 2**53 are exact in it
        table = np.bincount(key, weights=amount)
        present = np.flatnonzero(table)
        return present, table[present].astype(amount.dtype)
    order = np.argsort(key, kind="stable")
    key, amount = key[order], amount[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return key[first], np.add.reduceat(amount, first) if first.size else amount
