"""Put the spikes of all populations into one list, ordered as they happened."""

from itertools import chain

import numpy as np

from spikefit_nb.kernels.rows import place_rows
from spikefit_nb.simulate.block import Written
from spikefit_nb.simulate.record import SpikeEvents


def join_events(written: list[Written], starts: dict[str, int]) -> SpikeEvents:
    """All events by sample, step, population in order of evaluation, and neuron."""
    n_each = np.concatenate([_n_each(w) for w in written])
    ptr = np.concatenate([[0], np.cumsum(n_each, dtype=np.int64)])
    neuron, count = np.empty(ptr[-1], np.int32), np.empty(ptr[-1], np.int32)
    n_steps, at = written[0].updated.shape[1], 0
    for w in written:
        n_rows = len(w.updated) * n_steps
        place = ptr[at : at + n_rows].reshape(-1, n_steps).copy()
        for name, parts in w.kept.items():
            for rows in parts:
                is_whole = rows.amount is not None and rows.amount.dtype != np.float32
                amount = rows.amount if is_whole else None
                first, at_step = starts[name], rows.first_step
                place_rows(
                    rows.start, rows.stop, rows.neuron, amount, first, at_step, place, neuron, count
                )
        at += n_rows
    return SpikeEvents(ptr, neuron, count, np.concatenate([w.updated for w in written]))


def _n_each(written: Written) -> np.ndarray:
    """Events of each sample and step, (n_samples * n_steps,) int64."""
    n_each = np.zeros(written.updated.shape[:2], np.int64)
    for rows in chain.from_iterable(written.kept.values()):
        n_each[:, rows.first_step : rows.first_step + rows.start.shape[1]] += rows.stop - rows.start
    return n_each.ravel()
