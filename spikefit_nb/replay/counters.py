"""What a run does on mapped cores, in exact counts: per core, format and step."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikefit_nb.errors import NetworkProblem
from spikefit_nb.kernels import replay_run as k
from spikefit_nb.mapping import FORMATS, CoreMap
from spikefit_nb.replay.belongs import expect_same_network
from spikefit_nb.replay.price import Links
from spikefit_nb.simulate import SpikeRecord, n_threads

BLOCK_BYTES = (
    1e6  # of the counts of the rows that are counted together, so that they stay in the cache
)
OTHERS = ("updates_active", "spikes", "packets", "packets_in")  # columns behind the formats


@dataclass(frozen=True, eq=False, repr=False)
class Counters:
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
    >>> from spikefit_nb.datasets import SpikeDataset
    >>> from spikefit_nb.hardware import load_profile
    >>> from spikefit_nb.mapping import map_network
    >>> from spikefit_nb.network import IF, Input, Network, Population, Projection
    >>> from spikefit_nb.simulate import simulate
    >>> network = Network([Population("in", (1,), Input()), Population("out", (2,), IF(1.0))],
    ...                   [Projection("in", "out", np.ones((1, 2)))])
    >>> record = simulate(network, SpikeDataset(np.ones((1, 3, 1), bool)), record="events")
    >>> counters = Counters(record, map_network(network, load_profile("loihi1")))
    >>> counters.per_step("synaptic_operations").ravel()
    array([2, 2, 2])
    """

    record: SpikeRecord
    mapping: CoreMap

    def __post_init__(self) -> None:
        if self.record.events is None:
            raise NetworkProblem(
                "replay needs events and this record holds counts: simulate(..., record='events')."
            )
        sizes = {name: counts.shape[1] for name, counts in self.record.spike_counts.items()}
        expect_same_network(sizes, self.mapping, "The record is of")

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """Formats of synapses in use, at least one."""
        return formats_in_use(self.mapping)

    @cached_property
    def layout(self) -> k.Layout:
        """The mapping as the kernels read it."""
        return lay_out(self.mapping, self.formats)

    @property
    def n_rows(self) -> int:
        """Steps of all samples together."""
        return self.record.n_samples * self.record.n_steps

    @property
    def columns(self) -> tuple[str, ...]:
        """What the columns of ``cells`` count."""
        return (*(f"synaptic_operations_{name}" for name in self.formats), *OTHERS)

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
        k.count_rows(*self.record.events[:3], self.updated, first, self.layout, cells)  # type: ignore[index]
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
        known = (*self.columns, "synaptic_operations", "updates_inactive")
        if counter not in known:
            raise NetworkProblem(f"counter is {counter!r}; it can be {', '.join(known)}.")
        cells = np.concatenate(self.cells)
        if counter == "synaptic_operations":
            counted = cells[:, : len(self.formats)].sum(axis=1)
        elif counter == "updates_inactive":
            counted = self.mapping.n_neurons - cells[:, self.columns.index("updates_active")]
        else:
            counted = cells[:, self.columns.index(counter)]
        return counted.reshape(self.record.n_samples, self.record.n_steps, -1)

    @cached_property
    def links(self) -> Links:
        """Packets between cores, of all samples together."""
        network = self.mapping.network
        order = (*network.inputs, *network.neuron_populations)
        spikes = np.concatenate(
            [self.record.spike_counts[p.name].sum(axis=0, dtype=np.int64) for p in order]
        )
        return packet_links(spikes, self.layout, self.mapping.n_cores)

    def __repr__(self) -> str:
        record = self.record
        return (
            f"Counters({record.n_samples} samples x {record.n_steps} steps on "
            f"{self.mapping.cores_in_words})"
        )


def formats_in_use(mapping: CoreMap) -> tuple[str, ...]:
    """Formats of synapses in use, at least one."""
    used = [
        name for name, some in zip(FORMATS, mapping.fan_formats.any(axis=1), strict=True) if some
    ]
    return tuple(used) or FORMATS[:1]


def lay_out(mapping: CoreMap, formats: tuple[str, ...]) -> k.Layout:
    """Put a mapping as the kernels read it."""
    m = mapping
    synapses = m.fan_formats[[FORMATS.index(name) for name in formats]]
    return k.Layout(m.core_of, m.copies, m.fan_ptr, m.fan_core, synapses, runs=_runs(m))


def packet_links(spikes: np.ndarray, layout: k.Layout, n_cores: int) -> Links:
    """Add up the packets that neurons send from core to core."""
    pair, packets = np.empty_like(layout.fan_core), np.empty(layout.fan_core.size, spikes.dtype)
    n = k.list_packets(spikes, layout, n_cores, pair, packets)
    pairs, packets = _sum_by_key(pair[:n], packets[:n])
    return Links(pairs // n_cores, pairs % n_cores, packets)


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
