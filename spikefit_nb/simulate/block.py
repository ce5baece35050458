"""Run some samples through the whole network, a window of steps at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

import numpy as np

from spikefit_nb.datasets import SpikeDataset
from spikefit_nb.kernels import deliver
from spikefit_nb.kernels import rows as rows_kernel
from spikefit_nb.kernels.neurons import Fired, Loop, Seen
from spikefit_nb.simulate.plan import Plan, Stage
from spikefit_nb.simulate.routes import Route
from spikefit_nb.simulate.rows import Rows, share_out
from spikefit_nb.simulate.threads import n_threads

BLOCK_BYTES = 64e6  # of the state of a block's largest population and its inputs
ONE = np.ones(1, np.float32)
WINDOW_BYTES = 2e6  # of the sums of one population, so that they stay in the cache
LOOP_BYTES = 256e3  # of those of the steps that a loop lets run at once
FEWEST, MOST = 16, 64  # samples of a block, to share the work out

Sent = Callable[[str, int, int], list[Rows]]  # population, first and last step: its spikes


@dataclass(frozen=True, eq=False)
class Written:
    """What a block of samples leaves behind."""

    counts: dict[str, np.ndarray]  # (n_samples, n_neurons) int32
    spikes: np.ndarray  # (n_samples, n_steps, n_shown) uint8, int32 where several a step may be
    potential: np.ndarray  # (n_samples, n_steps, n_shown) float32; n_shown 0: not asked for
    updated: np.ndarray  # (n_samples, n_steps, bytes) uint8, or no bytes
    kept: dict[str, list[Rows]]  # window after window; empty where spikes are not kept
    overflows: dict[str, int]  # how often a number left its range
    # spikes and potential of every population, (n_samples, n_steps, n_neurons); or none
    states: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)


def block_samples(plan: Plan, dataset: SpikeDataset) -> int:
    """Samples that run together: few enough to share the work out, and to stay in the cache."""
    if plan.longest_window is None:
        cached = WINDOW_BYTES // (4 * plan.widest * dataset.n_steps)
        most = min(max(FEWEST, cached), MOST)
    else:  # a loop lets only few steps run at once, and starting each takes time
        cached = LOOP_BYTES // (4 * plan.widest * plan.longest_window)
        most = max(MOST, min(cached, -(-dataset.n_samples // n_threads())))
    fits = BLOCK_BYTES // (4 * plan.widest + dataset.n_steps * dataset.n_channels)
    return int(min(most, max(1, fits), dataset.n_samples))


def window_steps(plan: Plan, n_samples: int, n_steps: int) -> int:
    """Steps that are run at once."""
    fits = max(1, int(WINDOW_BYTES // (4 * plan.widest * n_samples)))
    return min(fits, n_steps, plan.longest_window or n_steps)


class Running:
    """One population while it runs: its state, its latest spikes, what is written down."""

    def __init__(
        self, stage: Stage, n_samples: int, window: int, seen: Seen, *, keep: bool, remember: int
    ):
        self.stage, self.seen, self.n_samples = stage, seen, n_samples
        self.kernel, self.values = stage.neurons.kernel, stage.neurons.values
        self.state = stage.neurons.start(n_samples)
        self.remember = remember
        self.copies = keep or remember > 0  # else the next window writes over these spikes
        # neurons in float32 read the sums of an only projection as they are
        self.is_direct = len(stage.routes) == 1 and stage.neurons.current is np.float32
        n_most = n_samples * window * stage.n_neurons
        self.neuron = np.empty(n_most + 8, np.int32)
        amounts = stage.neurons.amounts
        self.amount: np.ndarray = np.empty(0 if amounts is None else n_most, amounts or np.int32)
        self.loops = () if stage.loop is None else (self._loop(stage.loop),)
        self.past: list[Rows] = []
        self._make_room(window)

    def _loop(self, route: Route) -> Loop:
        """The projection of the population onto itself, and room for what is under way in it."""
        shape = self.n_samples, route.delay_steps
        sums: np.ndarray = np.zeros((*shape, self.stage.n_neurons), route.sums)
        amount, arrived = self.amount if self.amount.size else None, np.zeros(shape, np.int64)
        return Loop(route.weights, route.scale, route.n_last, sums, arrived, amount=amount)

    def _make_room(self, window: int) -> None:
        """Room for what arrives in a window of steps."""
        shape = (self.n_samples, window, self.stage.n_neurons)
        self.arrived, self.mine = np.zeros(shape[:2], np.int64), np.zeros(shape[:2], np.int64)
        self.sums: list[np.ndarray] = [np.zeros(shape, route.sums) for route in self.stage.routes]
        held = (0, 0, 0) if self.is_direct else shape
        self.current: np.ndarray = np.zeros(held, self.stage.neurons.current)

    def run(self, first: int, last: int, sent: Sent) -> Rows:
        """Run steps ``first`` to ``last``; ``sent`` gives the spikes of a population."""
        if last - first < self.arrived.shape[1]:  # the last window may be a short one
            self._make_room(last - first)
        arriving = self._gather(first, last, sent)
        start, stop = np.empty_like(self.arrived), np.empty_like(self.arrived)
        out = Fired(start, stop, self.neuron, self.amount)
        n_events = self.kernel(
            self.values, self.state, *arriving, self.arrived, first, out, self.seen, *self.loops
        )
        neuron = self.neuron[:n_events]
        amount = self.amount[:n_events] if self.amount.size else None
        if self.copies:
            neuron, amount = neuron.copy(), None if amount is None else amount.copy()
        rows = Rows(start, stop, neuron, amount, first)
        oldest = first - self.remember
        self.past = [*(old for old in self.past if old.last_step > oldest), rows]
        return rows

    def _gather(self, first: int, last: int, sent: Sent) -> tuple:
        """Add up what every projection brings in a window, each alone, and count the events."""
        self.arrived.fill(0)
        if not self.is_direct:
            self.current.fill(0)
        for route, sums in zip(self.stage.routes, self.sums, strict=True):
            mine = self.arrived if self.is_direct else self.mine
            delay, any_came = route.delay_steps, False
            for rows in sent(route.source, first - delay, last - delay):
                at = rows.first_step + delay - first
                deliver.deliver(
                    rows.start, rows.stop, rows.neuron, rows.amount, route.weights, sums, mine, at
                )
                any_came = True
            if self.is_direct:
                return sums, route.scale, route.n_last
            if any_came:
                deliver.collect(sums, mine, route.scale, route.n_last, self.current)
                self.arrived += mine
                mine.fill(0)
        return (self.current, ONE, 1) if self.current.dtype == np.float32 else (self.current,)


class Shown(NamedTuple):
    """What is written down step by step."""

    population: str
    potential: bool
    events: bool  # of all populations, and update bits
    spikes: bool = False  # of all populations, without update bits: silent steps may be skipped
    states: bool = False  # the spikes and potentials of all populations, in every step


class Watch:
    """How far a run has come, seen from outside, and a word to end it."""

    def __init__(self) -> None:
        self.stopped = Event()
        self.done: list[int] = []  # sample-steps of each window, as threads finish them


def run_block(plan: Plan, rows: Rows, n_steps: int, shown: Shown, watch: Watch) -> Written:
    """Run the samples whose input events are given."""
    return run_stages(plan, share_out(rows, [n for _, n in plan.inputs]), n_steps, shown, watch)


def run_stages(
    plan: Plan, given: Sequence[Rows], n_steps: int, shown: Shown, watch: Watch
) -> Written:
    """Run the stages of a plan, where the spikes of each of its inputs are given."""
    n_samples = given[0].start.shape[0]
    window = window_steps(plan, n_samples, n_steps)
    n_bits = sum(stage.n_neurons for stage in plan.stages)
    updated = np.zeros((n_samples, n_steps, (n_bits + 7) // 8 if shown.events else 0), np.uint8)
    counts = {name: np.zeros((n_samples, n), np.int32) for name, n in plan.inputs}
    inputs = dict(zip(counts, given, strict=True))
    for name, part in inputs.items():
        amount = None if part.amount is None or part.amount.dtype == np.float32 else part.amount
        rows_kernel.count_rows(part.start, part.stop, part.neuron, amount, counts[name])
    running, keep = {}, shown.events or shown.spikes or shown.states
    for stage in plan.stages:
        seen = _seen(stage, shown, updated)
        counts[stage.name] = seen.counts
        remember = plan.remember(stage.name)
        running[stage.name] = Running(stage, n_samples, window, seen, keep=keep, remember=remember)

    def sent(name: str, first: int, last: int) -> list[Rows]:
        past = [inputs[name]] if name in inputs else running[name].past
        return [part for old in past if (part := old.between(first, last)) is not None]

    kept: dict[str, list[Rows]] = {}
    if keep:
        kept = {name: [part] for name, part in inputs.items()} | {name: [] for name in running}
    for first in range(0, n_steps, window):
        for stage in plan.stages:
            fired = running[stage.name].run(first, min(first + window, n_steps), sent)
            if keep:
                kept[stage.name].append(fired)
        watch.done.append(n_samples * min(window, n_steps - first))
        if watch.stopped.is_set():
            break
    overflows = {name: int(each.state.overflows.sum()) for name, each in running.items()}
    if shown.population in running:
        spikes, potential = running[shown.population].seen[1:3]
    else:
        spikes = np.zeros((n_samples, n_steps, 0), np.uint8)
        potential = np.zeros((n_samples, n_steps, 0), np.float32)
    states = {name: each.seen[1:3] for name, each in running.items() if shown.states}
    return Written(counts, spikes, potential, updated, kept, overflows=overflows, states=states)


def _seen(stage: Stage, shown: Shown, updated: np.ndarray) -> Seen:
    """Room for what a stage writes down."""
    n_samples, n_steps = updated.shape[:2]
    is_shown = shown.states or stage.name == shown.population
    n_shown, has_potential = stage.n_neurons * is_shown, shown.potential or shown.states
    spikes = np.uint8 if stage.neurons.most_spikes == 1 else np.int32
    return Seen(
        np.zeros((n_samples, stage.n_neurons), np.int32),
        np.zeros((n_samples, n_steps, n_shown), spikes),
        np.zeros((n_samples, n_steps, n_shown * has_potential), np.float32),
        updated,
        stage.first_bit,
        every_step=bool(n_shown * has_potential or updated.shape[2]),
    )
