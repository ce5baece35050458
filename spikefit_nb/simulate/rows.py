"""Spikes of one population, row by row: one row a sample and step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikefit_nb.datasets import Events, Repeated, SpikeDataset
from spikefit_nb.frozen import read_only
from spikefit_nb.kernels import rows as k


@dataclass(eq=False, slots=True)
class Rows:
    """Events of a stretch of steps, by sample and step.

    Examples
    --------
    >>> rows = Rows(np.array([[0, 1]]), np.array([[1, 1]]), np.array([7]), None)
    >>> rows.last_step, rows.between(1, 2).stop.tolist()
    (2, [[1]])
    """

    start: np.ndarray  # (n_samples, n_window) int64, where the events of sample and step begin
    stop: np.ndarray  # (n_samples, n_window) int64, and where they end
    neuron: np.ndarray  # (n_events,) int32
    amount: np.ndarray | None  # (n_events,) int32 spikes or float32 currents; None: one spike each
    first_step: int = 0
    before: list[int] | None = None  # events before each step; None: not counted

    @property
    def last_step(self) -> int:
        """The step after the last one that is here."""
        return self.first_step + self.start.shape[1]

    def between(self, first: int, last: int) -> "Rows | None":
        """The rows of steps ``first`` to ``last`` that are here; None if nothing happened then."""
        a = max(first - self.first_step, 0)
        b = min(last - self.first_step, self.start.shape[1])
        if a >= b or self.neuron.size == 0:
            return None
        if self.before is not None and self.before[a] == self.before[b]:
            return None
        if (a, b) == (0, self.start.shape[1]):
            return self
        start, stop = (np.ascontiguousarray(part[:, a:b]) for part in (self.start, self.stop))
        return Rows(start, stop, self.neuron, self.amount, self.first_step + a)


def read_rows(dataset: SpikeDataset, first: int, last: int) -> Rows:
    """List the input events of some samples."""
    spikes, shape = dataset.spikes, (last - first, dataset.n_steps)
    start, stop = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    if isinstance(spikes, Events):
        within = slice(spikes.ptr[first], spikes.ptr[last])
        ptr = spikes.ptr[first : last + 1] - spikes.ptr[first]
        k.row_bounds(ptr, spikes.step[within], shape[1], start, stop)
        channel = spikes.channel[within].astype(np.int32)
        return Rows(start, stop, channel, _amount(spikes.value, within))
    on = shape[1]
    if isinstance(spikes, Repeated):  # every step reads the same events
        dense, on = np.ascontiguousarray(spikes.current[first:last, None]), spikes.n_on
    else:
        dense = np.ascontiguousarray(spikes[first:last])
    begin, end = np.zeros(dense.shape[:2], np.int64), np.zeros(dense.shape[:2], np.int64)
    neuron = np.empty(np.count_nonzero(dense) + 1, np.int32)
    neuron = neuron[: k.find_events(read_only(dense), begin, end, neuron)]
    start[:, :on], stop[:, :on] = begin, end
    amount = None if dense.dtype == bool else _amount(dense[dense != 0], slice(None))
    return Rows(start, stop, neuron, amount)


def _amount(value: np.ndarray | None, within: slice) -> np.ndarray | None:
    if value is None:
        return None
    return value[within] if value.dtype == np.float32 else value[within].astype(np.int32)


def share_out(rows: Rows, sizes: list[int]) -> list[Rows]:
    """Deal the channels out to several input populations."""
    if len(sizes) == 1:
        return [counted(rows)]
    parts, begin = [], 0
    for size in sizes:
        mine = (rows.neuron >= begin) & (rows.neuron < begin + size)
        before = np.concatenate([[0], np.cumsum(mine)])
        neuron = rows.neuron[mine] - np.int32(begin)
        amount = None if rows.amount is None else rows.amount[mine]
        parts.append(counted(Rows(before[rows.start], before[rows.stop], neuron, amount)))
        begin += size
    return parts


def join_rows(windows: Sequence[Rows]) -> Rows:
    """Make one stretch of steps of several that follow each other."""
    ends = np.cumsum([0] + [rows.neuron.size for rows in windows])
    start = [rows.start + end for rows, end in zip(windows, ends, strict=False)]
    stop = [rows.stop + end for rows, end in zip(windows, ends, strict=False)]
    amounts = [rows.amount for rows in windows if rows.amount is not None]
    joined = Rows(
        np.concatenate(start, axis=1),
        np.concatenate(stop, axis=1),
        np.concatenate([rows.neuron for rows in windows]),
        np.concatenate(amounts) if amounts else None,
        windows[0].first_step,
    )
    return counted(joined)


def counted(rows: Rows) -> Rows:
    """The same, knowing in which steps nothing happens."""
    n_each = (rows.stop - rows.start).sum(axis=0)
    return replace(rows, before=[0, *np.cumsum(n_each).tolist()])
