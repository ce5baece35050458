"""Spikes of one population, row by row: one row a sample and step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.datasets.lazy import Events, Repeated
from spikefit_nb.kernels import rows as k


@dataclass(eq=False, slots=True)
class Rows:
    """Events of a stretch of steps; those of sample b in step ``first_step + w`` are ``start[b,
    w]`` to ``stop[b, w]``.
    """

    start: np.ndarray  # (n_samples, n_window) int64
    stop: np.ndarray  # (n_samples, n_window) int64
    neuron: np.ndarray  # (n_events,) int32
    amount: np.ndarray | None  # (n_events,) int32 spikes or float32 currents; None: one spike each
    first_step: int = 0
    # list of int, events before each step, where there are many steps; None: not counted
    before: list[int] | None = None

    @property
    def last_step(self) -> int:
        """The step after the last one that is here."""
        return self.first_step + self.start.shape[1]

    def between(self, first: int, last: int) -> "Rows | None":
        """The rows of steps ``first`` to ``last`` that are here; None if nothing happened then."""
        a = max(first - self.first_step, 0)
        b = min(last - self.first_step, self.start.shape[1])
        if (
            a >= b
            or self.neuron.size == 0
            or (self.before is not None and self.before[a] == self.before[b])
        ):
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
        k.row_bounds(
            spikes.ptr[first : last + 1] - spikes.ptr[first],
            spikes.step[within],
            shape[1],
            start,
            stop,
        )
        return Rows(
            start, stop, spikes.channel[within].astype(np.int32), _amount(spikes.value, within)
        )
    on = shape[1]
    if isinstance(spikes, Repeated):  # every step reads the same events
        dense, on = np.ascontiguousarray(spikes.current[first:last, None]), spikes.n_on
    else:
        dense = np.ascontiguousarray(spikes[first:last])
    n_read = dense.shape[1]
    begin, end = (
        np.zeros((last - first, n_read), np.int64),
        np.zeros((last - first, n_read), np.int64),
    )
    neuron = np.empty(np.count_nonzero(dense) + 1, np.int32)
    neuron = neuron[: k.find_events(dense, begin, end, neuron)]
    start[:, :on], stop[:, :on] = begin, end
    return Rows(
        start,
        stop,
        neuron,
        None if dense.dtype == bool else _amount(dense[dense != 0], slice(None)),
    )


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
        amount = None if rows.amount is None else rows.amount[mine]
        part = Rows(
            before[rows.start], before[rows.stop], rows.neuron[mine] - np.int32(begin), amount
        )
        parts.append(counted(part))
        begin += size
    return parts


def join_rows(windows: Sequence[Rows]) -> Rows:
    """Make one stretch of steps of several that follow each other."""
    ends = np.cumsum([0] + [rows.neuron.size for rows in windows])
    start, stop = (
        np.concatenate(
            [getattr(rows, side) + end for rows, end in zip(windows, ends, strict=False)], axis=1
        )
        for side in ("start", "stop")
    )
    amounts = [rows.amount for rows in windows if rows.amount is not None]
    neuron, amount = (
        np.concatenate([rows.neuron for rows in windows]),
        np.concatenate(amounts) if amounts else None,
    )
    return counted(Rows(start, stop, neuron, amount, windows[0].first_step))


def counted(rows: Rows) -> Rows:
    """The same, knowing in which steps nothing happens."""
    n_each = (rows.stop - rows.start).sum(axis=0)
    return replace(rows, before=[0, *np.cumsum(n_each).tolist()])
