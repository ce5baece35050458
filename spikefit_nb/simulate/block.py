"""Run some samples through the whole network, a window of steps at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.kernels import deliver
from spikefit_nb.kernels import rows as rows_kernel
from spikefit_nb.kernels.neurons import Fired, Seen
from spikefit_nb.simulate.plan import Plan, Stage
from spikefit_nb.simulate.rows import Rows, share_out

BLOCK_BYTES = 64e6  # of the state of a block's largest population and its inputs
WINDOW_BYTES = 1e6  # of the sums of one population, so that they stay in the cache

Sent = Callable[[str, int, int], list[Rows]]  # population, first and last step: its spikes


@dataclass(frozen=True, eq=False)
class Written:
    """What a block of samples leaves behind.

    Parameters
    ----------
    counts : dict of name to (n_samples, n_neurons) int32
    spikes : (n_samples, n_steps, n_shown) int32, of the population shown
    potential : (n_samples, n_steps, n_shown) float32
    updated : (n_samples, n_steps, bytes) uint8, or no bytes
    kept : list of (first neuron, Rows), or empty where events are not kept
    overflows : dict of name to int, how often a number of that population left its range
    """

    counts: dict[str, np.ndarray]
    spikes: np.ndarray
    potential: np.ndarray
    updated: np.ndarray
    kept: list[tuple[int, Rows]]
    overflows: dict[str, int]


def block_samples(plan: Plan, dataset: SpikeDataset) -> int:
    """Samples that run together: enough to share the work out, more where a loop lets only few steps run at once.

    Parameters
    ----------
    plan : Plan
    dataset : SpikeDataset

    Returns
    -------
    int, which does not depend on the number of threads, nor does anything that is written
    """
    most = 16 if plan.longest_window is None else 64
    fits = BLOCK_BYTES // (4 * plan.widest + dataset.n_steps * dataset.n_channels)
    return int(min(most, max(1, fits), dataset.n_samples))


def window_steps(plan: Plan, n_samples: int, n_steps: int) -> int:
    """Steps that are run at once.

    Parameters
    ----------
    plan : Plan
    n_samples, n_steps : int, of the block

    Returns
    -------
    int, at least 1
    """
    fits = max(1, int(WINDOW_BYTES // (4 * plan.widest * n_samples)))
    return min(fits, n_steps, plan.longest_window or n_steps)


class Running:
    """One population while it runs: its state, its spikes of late, what is written down."""

    def __init__(self, stage: Stage, shape: tuple[int, int], window: int, seen: Seen, keep: bool):
        n_samples, n_rows = shape[0], shape[0] * window
        self.stage, self.seen, self.keep = stage, seen, keep
        self.state = stage.neurons.start(n_samples, bool(seen.potential.shape[2] or seen.updated.shape[2]))
        self.current: np.ndarray = np.zeros((n_samples, window, stage.n_neurons), stage.neurons.current)
        self.sums: list[np.ndarray | None] = [None if r.is_current and len(stage.routes) == 1
                     else np.zeros((n_samples, window, stage.n_neurons), r.sums) for r in stage.routes]  # fmt: skip
        self.neuron = np.empty(n_rows * stage.n_neurons + 8, np.int32)
        self.amount = np.empty(n_rows * stage.n_neurons if stage.neurons.amounts else 0, np.int32)
        self.eights = np.zeros(-(-stage.n_neurons // 8), np.uint64)
        self.past: list[Rows] = []

    def run(self, first: int, last: int, sent: Sent) -> Rows:
        """Run steps ``first`` to ``last``; ``sent`` gives the spikes of a population."""
        n_window = last - first
        current = self.current[:, :n_window] if n_window < self.current.shape[1] else self.current
        current = np.ascontiguousarray(current)
        arrived = self._gather(first, last, current, sent)
        start, stop = np.empty(arrived.shape, np.int64), np.empty(arrived.shape, np.int64)
        out = Fired(start, stop, self.neuron, self.amount, self.eights.view(np.uint8), self.eights)
        n_events = self.stage.neurons.run(self.state, current, arrived, first, out, self.seen)
        neuron, amount = self.neuron[:n_events], self.amount[:n_events] if self.amount.size else None
        if self.keep or self.stage.remember:
            neuron, amount = neuron.copy(), None if amount is None else amount.copy()
        rows = Rows(start, stop, neuron, amount, first)
        self.past = [old for old in self.past if old.first_step + old.start.shape[1] > first - self.stage.remember]
        self.past.append(rows)
        return rows

    def _gather(self, first: int, last: int, current: np.ndarray, sent: Sent) -> np.ndarray:
        """Fill the current of a window, each projection added up alone; returns how many events arrived."""
        arrived = np.zeros(current.shape[:2], np.int64)
        if len(self.sums) < 2 and all(sums is None for sums in self.sums):
            current[:] = 0
        for k, (route, sums) in enumerate(zip(self.stage.routes, self.sums, strict=True)):
            into = current if sums is None else sums[:, : current.shape[1]]
            into = np.ascontiguousarray(into)
            mine = np.zeros_like(arrived)
            for rows in sent(route.source, first - route.delay_steps, last - route.delay_steps):
                at = rows.first_step + route.delay_steps - first
                route.kernel(rows.start, rows.stop, rows.neuron, rows.amount, *route.arrays, into, mine, at)
            if sums is not None:
                deliver.collect(into, mine, route.scale, route.n_last, current, k > 0)
            arrived += mine
        return arrived


def run_block(plan: Plan, rows: Rows, n_steps: int, shown: str, keep: bool, stopped: Event) -> Written:
    """Run the samples whose input events are given.

    Parameters
    ----------
    plan : Plan
    rows : Rows, of all channels and steps
    n_steps : int
    shown : str, the population whose spikes and potential are written down step by step
    keep : bool, whether all events and update bits are kept
    stopped : Event; once it is set, the run ends with the window it is in

    Returns
    -------
    Written
    """
    n_samples = rows.start.shape[0]
    window = window_steps(plan, n_samples, n_steps)
    n_bits = sum(stage.n_neurons for stage in plan.stages)
    updated = np.zeros((n_samples, n_steps, (n_bits + 7) // 8 if keep else 0), np.uint8)
    counts = {name: np.zeros((n_samples, n), np.int32) for name, n in plan.inputs}
    inputs = dict(zip(counts, share_out(rows, [n for _, n in plan.inputs]), strict=True))
    for name, part in inputs.items():
        amount = None if part.amount is None or part.amount.dtype == np.float32 else part.amount
        rows_kernel.count_rows(part.start, part.stop, part.neuron, amount, counts[name])
    running = {}
    for stage in plan.stages:
        counts[stage.name] = np.zeros((n_samples, stage.n_neurons), np.int32)
        n_shown = stage.n_neurons if stage.name == shown else 0
        seen = Seen(counts[stage.name], np.zeros((n_samples, n_steps, n_shown), np.int32),
                    np.zeros((n_samples, n_steps, n_shown), np.float32), updated, stage.first_bit)  # fmt: skip
        running[stage.name] = Running(stage, (n_samples, n_steps), window, seen, keep)

    def sent(name: str, first: int, last: int) -> list[Rows]:
        past = [inputs[name]] if name in inputs else running[name].past
        return [part for old in past if (part := old.between(first, last)) is not None]

    kept: list[tuple[int, Rows]] = []
    n_channels = sum(n for _, n in plan.inputs)
    for first in range(0, n_steps, window):
        for stage in plan.stages:
            fired = running[stage.name].run(first, min(first + window, n_steps), sent)
            if keep:
                kept.append((n_channels + stage.first_bit, fired))
        if stopped.is_set():
            break
    if keep:
        starts = np.cumsum([0] + [n for _, n in plan.inputs])
        kept = [(int(at), part) for at, part in zip(starts, inputs.values(), strict=False)] + kept
    seen = running[shown].seen
    overflows = {name: each.stage.neurons.overflows(each.state) for name, each in running.items()}
    return Written(counts, seen.spikes, seen.potential, updated, kept, overflows)
