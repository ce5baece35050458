"""Ways to share cores among the layers of a run: asked of its rates, and replayed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from spikefit_nb.balance.spreading import (
    cores_by_population,
    in_turn,
    is_within,
    n_cores_by_population,
)
from spikefit_nb.balance.work import work_of
from spikefit_nb.frozen import Frozen
from spikefit_nb.mapping import CoreMap, Partitioner, equal_work, most_neurons
from spikefit_nb.replay import FiringRates, Price, predict, replay_by_core
from spikefit_nb.simulate import SpikeRecord

MORE_AND_FEWER = (1.1, 1.0, 0.92)  # of the cores in use, those that are tried
AT_ONCE = 0.05  # of its cores, what a layer that is waited for gets at a time

Shapes = Mapping[str, Partitioner]
Waits = Mapping[str, np.ndarray]  # seconds that a layer's busiest core works in each step


class Confirmed(NamedTuple):
    """A mapping on which a run was replayed, and how its layers are cut where that is known."""

    mapping: CoreMap
    shapes: Shapes | None
    price: Price
    predicted: Price
    waits: Waits


class Proposed(NamedTuple):
    """A mapping, and how long a run on it should take."""

    expected_s: float
    mapping: CoreMap
    shapes: Shapes


@dataclass(frozen=True, eq=False)
class Tries(Frozen):
    """A run, and within which limits other mappings for it are tried."""

    record: SpikeRecord
    mapping: CoreMap  # to begin with
    growth: float
    core_budget: int | None
    neurons_per_core: Any

    @cached_property
    def first(self) -> Confirmed:
        """The mapping to begin with."""
        return self.confirm(self.mapping)

    @cached_property
    def rates(self) -> FiringRates:
        """What the run is predicted from."""
        return FiringRates.of(self.record, self.mapping.network)

    @cached_property
    def work(self) -> dict[str, np.ndarray]:
        """Of each neuron in a mean step."""
        return work_of(self.rates, self.mapping.network, self.mapping.profile)

    @cached_property
    def most(self) -> dict[str, float]:
        """How many neurons of each population may lie on a core."""
        return most_neurons(self.mapping.network, self.mapping.profile, self.neurons_per_core)

    @property
    def most_cores(self) -> int:
        """How many cores there are for the network, at most."""
        n_neurons = self.mapping.network.n_neurons
        return min(
            n_neurons, *(n or n_neurons for n in (self.core_budget, self.mapping.chip_n_cores))
        )

    def confirm(self, mapping: CoreMap, shapes: Shapes | None = None) -> Confirmed:
        """Replay the run on a mapping, and predict the same of its rates."""
        price, core_s = replay_by_core(self.record, mapping)
        cores = cores_by_population(mapping)
        waits = {name: core_s[:, own].max(axis=1) for name, own in cores.items()}
        return Confirmed(mapping, shapes, price, predict(self.rates, mapping), waits)

    def seconds(self, confirmed: Confirmed) -> float:
        """How long a run takes; for ever where a limit is passed."""
        price, is_first = confirmed.price, confirmed.mapping is self.mapping
        is_allowed = self._is_cheap(price, self.first.price) and self._holds(confirmed.mapping)
        return (price.latency_s or 0.0) if is_first or is_allowed else np.inf

    def propose(self, base: Confirmed, shapes: Shapes) -> Iterator[Proposed]:
        """Share cores by what a run waits for on other cores, and predict what that changes."""
        before = _mean_waits(base.mapping, base.predicted)
        totals = {min(self.most_cores, int(k * base.mapping.n_cores)) for k in MORE_AND_FEWER}
        for total in sorted(totals):
            n_cores = shared_by_waits(base.waits, base.mapping, self.mapping, total)
            mapping = self._cut(shapes, n_cores)
            price = predict(self.rates, mapping)
            if not (self._is_cheap(price, self.first.predicted) and self._holds(mapping)):
                continue
            after = _mean_waits(mapping, price)
            expected = [
                wait_s * after[name] / before[name]
                for name, wait_s in base.waits.items()
                if before[name] > 0
            ]
            yield Proposed(float(np.max(expected, axis=0).sum()), mapping, shapes)

    def _cut(self, shapes: Shapes, n_cores: Mapping[str, int]) -> CoreMap:
        pieces = {
            p.name: equal_work(shapes[p.name], p, n_cores[p.name], self.work[p.name])
            for p in self.mapping.network.neuron_populations
        }
        return in_turn(self.mapping, pieces)

    def _is_cheap(self, price: Price, before: Price) -> bool:
        if price.energy_j is None or before.energy_j is None:
            return True
        return price.energy_j <= before.energy_j * (1 + self.growth)

    def _holds(self, mapping: CoreMap) -> bool:
        return is_within(mapping, self.most) and mapping.n_cores <= self.most_cores


def shared_by_waits(waits: Waits, mapping: CoreMap, fewest: CoreMap, total: int) -> dict[str, int]:
    """Cores of each layer, a few at a time to the one that is waited for longest; ``waits`` are
    those of ``mapping``, and become shorter as cores become more.
    """
    n_now, least = n_cores_by_population(mapping), n_cores_by_population(fewest)
    names, n = list(waits), np.array([least[name] for name in waits])
    most = np.array([mapping.network[name].n_neurons for name in names])
    alone_s = np.array([waits[name] * n_now[name] for name in names])
    while n.sum() < total:
        layer_s = alone_s / n[:, None]
        waited_s = np.bincount(layer_s.argmax(axis=0), layer_s.max(axis=0), n.size)
        waited_s[n >= most] = 0
        k = int(waited_s.argmax())
        if waited_s[k] == 0:
            break
        n[k] += max(1, min(int(AT_ONCE * n[k]), total - n.sum(), most[k] - n[k]))
    return dict(zip(names, n.tolist(), strict=True))


def _mean_waits(mapping: CoreMap, price: Price) -> dict[str, float]:
    """Seconds that each layer's busiest core works in a mean step, as predicted."""
    step_s = (price.latency_s or 0.0) / price.n_steps
    cores = cores_by_population(mapping)
    return {name: float(price.core_loads[own].max()) * step_s for name, own in cores.items()}
