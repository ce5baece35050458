"""What a run does on mapped cores on average, and how long its busiest core works: no step is
looked at.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from spikefit_nb.hardware import HardwareProfile
from spikefit_nb.kernels import expected as k
from spikefit_nb.kernels import replay_run
from spikefit_nb.mapping import CoreMap
from spikefit_nb.replay.counters import MappedRun
from spikefit_nb.replay.rates import FiringRates
from spikefit_nb.replay.timing import longest_ways, work_times

# standard deviations: a load whose mean lies further below the largest is taken never to be the
# largest
FAR = 4.0


class Busiest(NamedTuple):
    """How long the busiest core works in a step, taken for normal, and how long each core does on
    average.
    """

    mean_s: float
    variance_s2: float
    core_s: np.ndarray  # (n_cores,) float64


@dataclass(frozen=True, eq=False, repr=False)
class ExpectedCounters(MappedRun):
    """Expected counts of a run, in the columns of ``Counters``."""

    record: FiringRates
    mapping: CoreMap
    known_by = "rates are"

    @property
    def spikes(self) -> np.ndarray:
        """Spikes of each neuron, all samples together, inputs first."""
        return self.record.spikes

    @cached_property
    def totals(self) -> np.ndarray:
        """Counts of all samples together, (n_columns, n_cores) float64; but for active updates
        exact below 2**53.
        """
        totals = np.zeros((len(self.columns), self.mapping.n_cores))
        k.count_spikes(self.spikes, self.layout, totals)
        totals[len(self.formats) + replay_run.ACTIVE] = self.active * self.n_rows
        return totals

    @cached_property
    def active(self) -> np.ndarray:
        """Neurons of each core that have something to do in a step, (n_cores,) float64."""
        return self._by_core(self.mapping.copies * self.record.active.mean(axis=0))

    def _by_core(self, amount: np.ndarray) -> np.ndarray:
        """Add up what the neurons of each core have; amount (n_neurons,), of which inputs are left
        out.
        """
        first, n_cores = self.mapping.network.n_channels, self.mapping.n_cores
        return np.bincount(self.mapping.core_of[first:], weights=amount[first:], minlength=n_cores)

    def busiest(self, profile: HardwareProfile, timing: str) -> Busiest:
        """Expect how long the core that works longest does so."""
        # Source: Clark 1961, Operations Research 9(2):145-162, the greatest of a finite set of
        # random variables.
        times = work_times(self, profile, timing)
        n_cores, rates = self.mapping.n_cores, self.record
        active_s = times.generation[len(self.formats) + replay_run.ACTIVE]
        effects, n_loads = self._effects(times), n_cores * (1 + times.at_once)
        means, by_row = np.zeros((1, n_loads)), np.zeros((len(rates.rows), n_loads))
        k.add_means(self.spikes[None] / self.n_rows, effects, means)
        means[0, :n_cores] += times.neurons + self.active * active_s
        if len(by_row) > 1:
            k.add_means(rates.rows, effects, by_row)
            by_row -= by_row.mean(axis=0)
        variances = by_row.var(axis=0)
        k.add_variances(rates.variance, effects, variances)
        mean, core_s = means[0], means[0].reshape(-1, n_cores).max(axis=0)
        highest = mean + FAR * np.sqrt(variances)
        kept = np.flatnonzero(highest >= (mean - FAR * np.sqrt(variances)).max())
        kept = kept[np.argsort(-mean[kept], kind="stable")]
        place = np.full(n_loads, -1)
        place[kept] = np.arange(kept.size)
        scratch, half = (
            np.empty(int(np.diff(effects.ptr).max()), np.int64),
            np.zeros((kept.size, kept.size)),
        )
        k.add_covariances(rates.variance, effects, place, scratch, half)
        covariance = half + half.T + by_row[:, kept].T @ by_row[:, kept] / len(by_row)
        mean_s, variance_s2 = k.largest(mean[kept], covariance)
        return Busiest(max(mean_s, mean.max()), variance_s2, core_s)

    def _effects(self, times: replay_run.Times) -> k.Effects:
        layout = self.layout
        n_neurons, n_effects = layout.core_of.size, layout.core_of.size + layout.fan_core.size
        effects = k.Effects(
            np.empty(n_neurons + 1, np.int64), np.empty(n_effects, np.int64), np.empty(n_effects)
        )
        k.list_effects(
            layout,
            times.generation,
            times.processing,
            self.mapping.n_cores * times.at_once,
            effects,
        )
        return effects

    def longest_way_s(self, profile: HardwareProfile) -> float:
        """Expect the seconds of the longest way that a packet takes in a step."""
        way_s = longest_ways(self.mapping, profile)
        order = np.argsort(-way_s, kind="stable")
        with np.errstate(divide="ignore"):
            silent = np.log1p(-np.minimum(self.record.rows[:, order], 1.0)).cumsum(axis=1)
        further_s = -np.diff(way_s[order], append=0.0)  # than the next shorter way
        return float(((1.0 - np.exp(silent)) @ further_s).mean())
